//! Blocks that a step needs and does not have, and blocks that must not leave memory meanwhile.

use crate::interrupt::Stop;
use crate::kv::KvBackend;
use crate::types::Result;
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use core::task::{Context, Poll, Waker};
use core::{fmt, future::Future, mem, pin::pin};

/// A leaf cell as the driver sees it: something to fetch by key and fill.
pub trait StoredBlock: Send + Sync {
    /// The key of the block in the store.
    fn store_key(&self) -> Vec<u8>;
    /// Takes the bytes fetched under its `key` and becomes resident; does nothing if it is resident already.
    /// Absent or bad bytes are [`Error::Corrupted`](crate::Error::Corrupted).
    fn fill(&self, key: &[u8], bytes: Option<Vec<u8>>) -> Result<()>;
    /// Keeps the block resident from its next [`fill`](StoredBlock::fill) on until [`unpin`](StoredBlock::unpin).
    fn pin(&self);
    /// Takes one pin back.
    fn unpin(&self);
    /// The table or index it belongs to.
    fn label(&self) -> &str;
    /// What tells it from every other block alive.
    fn identity(&self) -> usize;
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
    /// Leaves that a scan passed over, since the bounds of their columns say that it needs none of their rows.
    pub blocks_skipped: u64,
    /// What may stop the step; `None`: nothing.
    stop: Option<Stop>,
}

impl Missing {
    /// Nothing missing.
    pub fn new() -> Missing {
        Missing::default()
    }

    /// Nothing missing, for steps that stop when the statement is to.
    pub fn stoppable(stop: Stop) -> Missing {
        Missing {
            stop: Some(stop),
            ..Missing::default()
        }
    }

    /// To be asked by steps that go through many rows or leaves.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if the step is to stop.
    #[inline]
    pub fn check_interrupt(&self) -> Result<()> {
        self.stop.as_ref().map_or(Ok(()), Stop::check)
    }

    /// Records a block to fetch, once.
    pub fn push(&mut self, block: Arc<dyn StoredBlock>) {
        let identity = block.identity();
        if !self.blocks.iter().rev().any(|b| b.identity() == identity) {
            self.blocks.push(block);
        }
    }

    /// Records a block to fetch that is not among them.
    pub(super) fn push_new(&mut self, block: Arc<dyn StoredBlock>) {
        self.blocks.push(block);
    }

    /// Fetches the blocks in one trip and makes them resident.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted) for an absent or bad block, and the store's own.
    pub async fn fetch(&mut self, store: &dyn KvBackend) -> Result<()> {
        let blocks = self.take_blocks();
        let keys: Vec<_> = blocks.iter().map(|b| b.store_key()).collect();
        let mut values = store.get_many(&keys).await?.into_iter();
        for (block, key) in blocks.iter().zip(&keys) {
            block.fill(key, values.next().flatten())?;
        }
        Ok(())
    }

    /// As [`Missing::fetch`], from a store that [answers at once](KvBackend::answers_at_once); `None` from another.
    ///
    /// # Errors
    /// As [`Missing::fetch`].
    pub fn fetch_at_once(&mut self, store: &dyn KvBackend) -> Option<Result<()>> {
        if !store.answers_at_once() {
            return None;
        }
        match pin!(self.fetch(store)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(fetched) => Some(fetched),
            Poll::Pending => None,
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
            .field("blocks_skipped", &self.blocks_skipped)
            .finish()
    }
}

/// Blocks held in memory for a reader; unpinned by [`Pins::clear`] and on drop.
///
/// A pinned block is also kept alive: clear the set when an operation (a row, a batch) is done.
/// Invariant: each block in `blocks` holds exactly one pin of this set.
#[derive(Default)]
pub struct Pins {
    /// The blocks, by what tells them apart.
    blocks: Vec<(usize, Arc<dyn StoredBlock>)>,
    /// Where each of them is, once they are many: of few, looking through them is faster.
    places: BTreeMap<usize, usize>,
}

impl Pins {
    /// More blocks than this are many.
    const FEW: usize = 64;

    /// Nothing pinned.
    pub fn new() -> Pins {
        Pins::default()
    }

    fn place_of(&self, identity: usize) -> Option<usize> {
        match self.places.is_empty() {
            true => self.blocks.iter().position(|(i, _)| *i == identity),
            false => self.places.get(&identity).copied(),
        }
    }

    fn add(&mut self, identity: usize, block: Arc<dyn StoredBlock>) {
        let place = self.blocks.len();
        self.blocks.push((identity, block));
        if !self.places.is_empty() {
            self.places.insert(identity, place);
        } else if place >= Self::FEW {
            let blocks = self.blocks.iter().enumerate();
            self.places
                .extend(blocks.map(|(place, (identity, _))| (*identity, place)));
        }
    }

    /// Pins a block, once.
    pub fn push(&mut self, block: Arc<dyn StoredBlock>) {
        let identity = block.identity();
        if self.place_of(identity).is_none() {
            block.pin();
            self.add(identity, block);
        }
    }

    /// Takes over a pin the caller has on a block.
    pub(super) fn push_pinned(&mut self, block: Arc<dyn StoredBlock>) {
        let identity = block.identity();
        match self.place_of(identity) {
            None => self.add(identity, block),
            Some(_) => block.unpin(),
        }
    }

    pub(super) fn contains(&self, identity: usize) -> bool {
        self.place_of(identity).is_some()
    }

    /// Unpins one block; false if it was not pinned here.
    pub(super) fn release(&mut self, identity: usize) -> bool {
        let Some(place) = self.place_of(identity) else {
            return false;
        };
        let (_, block) = self.blocks.swap_remove(place);
        if !self.places.is_empty() {
            self.places.remove(&identity);
            if let Some((moved, _)) = self.blocks.get(place) {
                self.places.insert(*moved, place);
            }
        }
        block.unpin();
        true
    }

    /// Unpins everything.
    pub fn clear(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        self.places.clear();
        self.blocks.drain(..).for_each(|(_, block)| block.unpin());
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
