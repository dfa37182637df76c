//! The older cells that a write will overwrite in the store.
//!
//! They must stay resident until that write is done or given up, because a failed write leaves them
//! the store's truth and a done one makes their bytes unreadable; hence each carries a pin of this
//! set. Weak references: nobody is kept alive for it, and a cell nobody holds needs no care.

use super::cache::BlockCache;
use super::leaf::Leaf;
use super::slot::Slot;
use alloc::{
    boxed::Box,
    sync::{Arc, Weak},
    vec::Vec,
};

/// A cell that will be overwritten, and the weight of its leaf.
pub(super) struct Replaced<L: Leaf> {
    cell: Weak<Slot<L>>,
    bytes: u32,
}

impl<L: Leaf> Clone for Replaced<L> {
    fn clone(&self) -> Replaced<L> {
        Replaced {
            cell: self.cell.clone(),
            bytes: self.bytes,
        }
    }
}

struct List<L: Leaf> {
    cells: Vec<Replaced<L>>,
    cache: Arc<BlockCache>,
}

impl<L: Leaf> List<L> {
    fn bytes(&self) -> usize {
        self.cells.iter().map(|r| r.bytes as usize).sum()
    }
}

/// See the module. Invariant: one pin per cell alive in the list, and all of the list counted by its cache
/// as unwritten.
///
/// Few cells have any: without, it is one pointer, because there is one in every cell.
pub(super) struct Overwritten<L: Leaf>(Option<Box<List<L>>>);

impl<L: Leaf> Overwritten<L> {
    pub(super) fn none() -> Overwritten<L> {
        Overwritten(None)
    }

    /// The list, without its pins.
    pub(super) fn cells(&self) -> Vec<Replaced<L>> {
        self.0.as_ref().map(|l| l.cells.clone()).unwrap_or_default()
    }

    /// Bytes of the leaves that are in memory because of it.
    pub(super) fn held_bytes(&self) -> usize {
        let cells = self.0.iter().flat_map(|l| &l.cells);
        let alive = cells.filter(|r| r.cell.strong_count() > 0);
        alive.map(|r| r.bytes as usize).sum()
    }

    /// What an older cell overwrites (its list as `older`), and the cell itself with its leaf, whose pin
    /// the caller hands over. The older list stays as it is: its cell may be written before, after or
    /// never.
    pub(super) fn with_pinned(older: Vec<Replaced<L>>, cell: &Arc<Slot<L>>, leaf: &L) -> Overwritten<L> {
        let mut cells = older;
        cells.retain(|r| {
            r.cell.upgrade().is_some_and(|cell| {
                cell.pin();
                true
            })
        });
        cells.push(Replaced {
            cell: Arc::downgrade(cell),
            bytes: u32::try_from(leaf.weight_of(leaf.len())).unwrap_or(u32::MAX),
        });
        let cache = cell.home().cache().clone();
        let list = List { cells, cache };
        list.cache.change_unwritten(0, list.bytes());
        Overwritten(Some(Box::new(list)))
    }

    /// The write is done: cells that a snapshot still holds stay resident for good.
    pub(super) fn supersede(mut self) {
        self.end(|cell| {
            cell.supersede();
            cell.unpin();
        });
    }

    fn end(&mut self, each: impl Fn(Arc<Slot<L>>)) {
        if let Some(list) = self.0.take() {
            list.cache.change_unwritten(list.bytes(), 0);
            list.cells.iter().filter_map(|r| r.cell.upgrade()).for_each(each);
        }
    }
}

impl<L: Leaf> Drop for Overwritten<L> {
    fn drop(&mut self) {
        self.end(|cell| cell.unpin());
    }
}
