//! What a tree is to the store: its identity, whether its leaves may leave memory, how big they get.

use super::BlockCache;
use super::leaf::Leaf;
use crate::codec::{BLOCK_MARGIN, TreeId};
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, Once};
use crate::types::Physical;
use alloc::{sync::Arc, vec::Vec};
use core::fmt;

/// Whether leaves must stay in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residency {
    /// Memory and dual tables: every leaf is resident.
    Always,
    /// Persistent tables: a clean leaf is resident while the block cache keeps it.
    Cached,
}

/// How big leaves and interior nodes get before they split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSizing {
    /// Rows (index entries) of a leaf.
    pub max_rows: usize,
    /// Bytes of a leaf, in memory or as a block, whichever is less; a single bigger row still has a leaf of
    /// its own. A leaf that is full as a block fills a page of so many bytes in the store.
    pub max_bytes: usize,
    /// Children of an interior node, leaves of a directory page.
    pub fanout: usize,
}

impl Default for BlockSizing {
    fn default() -> BlockSizing {
        BlockSizing {
            max_rows: 256,
            max_bytes: 8 << 10,
            fanout: 64,
        }
    }
}

impl BlockSizing {
    /// Whether a leaf needs no splitting.
    pub(super) fn holds<L: Leaf>(&self, leaf: &L) -> bool {
        let len = leaf.len();
        let is_small = || leaf.weight_of(len) <= self.max_bytes || self.is_page(leaf.block_size());
        len <= 1 || (len <= self.max_rows && is_small())
    }

    /// Whether a block of so many bytes fits a page of the store.
    pub(super) fn is_page(&self, block: usize) -> bool {
        block + BLOCK_MARGIN <= self.max_bytes
    }
}

/// The home of a tree's blocks, shared by all versions of the tree.
///
/// Once [marked](TreeHome::mark_dropped), the id of a stored tree reaches [`Garbage`] when the last
/// version (snapshot, cursor, cell) is gone: only then may its blocks leave the store.
pub struct TreeHome {
    /// Identity in the store.
    pub id: TreeId,
    /// Whether leaves must stay in memory.
    pub residency: Residency,
    /// Whether the tree is written to the store.
    pub stored: bool,
    /// When leaves and nodes split.
    pub sizing: BlockSizing,
    /// The table's or index's name, for errors.
    pub label: Arc<str>,
    cache: Arc<BlockCache>,
    garbage: Arc<Garbage>,
    /// The stored columns of a tree of rows, once they are known.
    columns: Once<Vec<Physical>>,
    dropped: AtomicBool,
    /// Removals recorded so far, over all versions.
    removals: AtomicU64,
    /// Removals up to this number are in the store.
    flushed_removals: AtomicU64,
    /// Directory pages as the tree's header in the store counts them; 0: there is no header.
    stored_pages: AtomicU64,
    /// Whether the store has, or may have, an outline of the tree.
    outline: AtomicBool,
    /// Headers on their way to the store.
    headers_under_way: AtomicUsize,
    /// Bytes of leaves not yet written, over all versions alive.
    dirty_bytes: Arc<AtomicUsize>,
}

impl TreeHome {
    /// A home for one tree. `sizing` is clamped to what the block format allows.
    pub fn new(
        id: TreeId,
        residency: Residency,
        stored: bool,
        sizing: BlockSizing,
        label: Arc<str>,
        cache: Arc<BlockCache>,
        garbage: Arc<Garbage>,
    ) -> Arc<TreeHome> {
        let limit = crate::codec::MAX_BLOCK_ROWS;
        let sizing = BlockSizing {
            max_rows: sizing.max_rows.clamp(2, limit),
            max_bytes: sizing.max_bytes.clamp(64, 1 << 24),
            fanout: sizing.fanout.clamp(4, limit),
        };
        Arc::new(TreeHome {
            id,
            residency,
            stored,
            sizing,
            label,
            cache,
            garbage,
            columns: Once::new(),
            dropped: AtomicBool::new(false),
            removals: AtomicU64::new(0),
            flushed_removals: AtomicU64::new(0),
            stored_pages: AtomicU64::new(0),
            outline: AtomicBool::new(false),
            headers_under_way: AtomicUsize::new(0),
            dirty_bytes: Arc::default(),
        })
    }

    /// Says which stored columns the leaves of a tree of rows have: a leaf of others is not one of its own, and
    /// a row of others is not taken. To be said before any row is changed.
    pub fn set_columns(&self, columns: Vec<Physical>) {
        self.columns.call_once(|| columns);
    }

    /// The stored columns, once they are known.
    pub fn columns(&self) -> Option<&[Physical]> {
        self.columns.get().map(Vec::as_slice)
    }

    /// Declares the tree dropped: when nothing can read it any more, its id goes to the garbage.
    pub fn mark_dropped(&self) {
        self.dropped.store(true, Ordering::Release);
    }

    /// The cache that bounds the resident leaves of this tree, if its residency is `Cached`.
    pub fn cache(&self) -> &Arc<BlockCache> {
        &self.cache
    }

    /// Whether clean leaves may leave memory: they must be in the store for that.
    pub(super) fn is_cached(&self) -> bool {
        self.stored && self.residency == Residency::Cached
    }

    pub(super) fn next_removal(&self) -> u64 {
        self.removals.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn flushed_removals(&self) -> u64 {
        self.flushed_removals.load(Ordering::Acquire)
    }

    pub(super) fn set_flushed_removals(&self, upto: u64) {
        self.flushed_removals.fetch_max(upto, Ordering::AcqRel);
    }

    /// Whether a write of so many pages needs a new header.
    pub(super) fn needs_header(&self, pages: u64) -> bool {
        self.headers_under_way.load(Ordering::Acquire) > 0
            || self.stored_pages.load(Ordering::Acquire) != pages
    }

    pub(super) fn start_header(&self) {
        self.headers_under_way.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end_header(&self) {
        self.headers_under_way.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn set_stored_pages(&self, pages: u64) {
        self.stored_pages.store(pages, Ordering::Release);
    }

    pub(super) fn has_outline(&self) -> bool {
        self.outline.load(Ordering::Acquire)
    }

    pub(super) fn set_outline(&self, there: bool) {
        self.outline.store(there, Ordering::Release);
    }

    pub(super) fn dirty_bytes(&self) -> usize {
        self.dirty_bytes.load(Ordering::Relaxed)
    }

    /// Counts the bytes of leaves that are not written yet, over all versions alive.
    pub fn dirty_counter(&self) -> &Arc<AtomicUsize> {
        &self.dirty_bytes
    }

    pub(super) fn change_dirty_bytes(&self, old: usize, new: usize) {
        self.dirty_bytes
            .fetch_add(new.wrapping_sub(old), Ordering::Relaxed);
        if self.is_cached() {
            self.cache.change_unwritten(old, new);
        }
    }
}

impl Drop for TreeHome {
    fn drop(&mut self) {
        if self.stored && *self.dropped.get_mut() {
            let mut ids = self.garbage.ids.lock();
            ids.push(self.id);
            self.garbage.any.store(true, Ordering::Release);
        }
    }
}

impl fmt::Debug for TreeHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeHome")
            .field("id", &self.id)
            .field("label", &self.label)
            .field("residency", &self.residency)
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

/// Dropped trees that nothing can read any more: their ranges may be deleted from the store.
#[derive(Debug, Default)]
pub struct Garbage {
    ids: Mutex<Vec<TreeId>>,
    /// Whether there are any; changes under the lock.
    any: AtomicBool,
}

impl Garbage {
    /// No garbage yet.
    pub fn new() -> Arc<Garbage> {
        Arc::default()
    }

    /// The ids collected so far, for the next batch.
    pub fn ids(&self) -> Vec<TreeId> {
        self.ids.lock().clone()
    }

    /// Whether that tree is among it.
    pub fn contains(&self, id: TreeId) -> bool {
        self.ids.lock().contains(&id)
    }

    /// Whether there is any.
    pub fn has_any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Forgets ids whose ranges have been deleted.
    pub fn deleted(&self, ids: &[TreeId]) {
        let mut left = self.ids.lock();
        left.retain(|id| !ids.contains(id));
        self.any.store(!left.is_empty(), Ordering::Release);
    }
}
