//! Blocks that a step needs and does not have, and blocks that must not leave memory meanwhile.

use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::{fmt, mem};
use hashbrown::HashSet;

/// A leaf cell as the driver sees it: something to fetch by key and fill.
pub trait StoredBlock: Send + Sync {
    /// The key of the block in the store.
    fn store_key(&self) -> Vec<u8>;
    /// Takes the fetched bytes and becomes resident; does nothing if it is resident already.
    /// Absent or bad bytes are [`Error::Corrupted`](crate::Error::Corrupted).
    fn fill(&self, bytes: Option<&[u8]>) -> Result<()>;
    /// Keeps the block resident from its next [`fill`](StoredBlock::fill) on until [`unpin`](StoredBlock::unpin).
    fn pin(&self);
    /// Takes one pin back.
    fn unpin(&self);
    /// The table or index it belongs to.
    fn label(&self) -> &str;
}

/// What a step could not read, for the driver to fetch before the next step, and what it did read.
#[derive(Default)]
pub struct Missing {
    /// Blocks to fetch, each once.
    pub blocks: Vec<Arc<dyn StoredBlock>>,
    /// Leaves visited in trees that are always resident.
    pub memory_reads: u64,
    /// Leaves of cached trees found in memory.
    pub cache_hits: u64,
    /// Leaves of cached trees found missing.
    pub cache_misses: u64,
}

impl Missing {
    /// Nothing missing.
    pub fn new() -> Missing {
        Missing::default()
    }

    /// Records a block to fetch, once.
    pub fn push(&mut self, block: Arc<dyn StoredBlock>) {
        let same = |b: &Arc<dyn StoredBlock>| address(b) == address(&block);
        if !self.blocks.iter().rev().any(same) {
            self.blocks.push(block);
        }
    }

    /// Takes the blocks to fetch and leaves the counters.
    pub fn take_blocks(&mut self) -> Vec<Arc<dyn StoredBlock>> {
        mem::take(&mut self.blocks)
    }
}

impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Missing")
            .field("blocks", &self.blocks.len())
            .field("memory_reads", &self.memory_reads)
            .field("cache_hits", &self.cache_hits)
            .field("cache_misses", &self.cache_misses)
            .finish()
    }
}

/// Blocks held in memory for a reader; unpinned by [`Pins::clear`] and on drop.
///
/// Invariant: each block in `blocks` holds exactly one pin of this set.
#[derive(Default)]
pub struct Pins {
    blocks: Vec<Arc<dyn StoredBlock>>,
    addresses: HashSet<usize>,
}

impl Pins {
    /// Nothing pinned.
    pub fn new() -> Pins {
        Pins::default()
    }

    /// Pins a block, once.
    pub fn push(&mut self, block: Arc<dyn StoredBlock>) {
        if self.addresses.insert(address(&block)) {
            block.pin();
            self.blocks.push(block);
        }
    }

    /// Unpins everything.
    pub fn clear(&mut self) {
        self.addresses.clear();
        self.blocks.drain(..).for_each(|b| b.unpin());
    }

    /// Whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many blocks are pinned.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pins({})", self.blocks.len())
    }
}

fn address(block: &Arc<dyn StoredBlock>) -> usize {
    Arc::as_ptr(block).cast::<u8>() as usize
}
