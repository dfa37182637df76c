//! The older cells that a write will overwrite in the store.
//!
//! They must stay resident until that write is done or given up, because a failed write leaves them
//! the store's truth and a done one makes their bytes unreadable; hence each carries a pin of this
//! set. Weak references: nobody is kept alive for it, and a cell nobody holds needs no care.

use super::leaf::Leaf;
use super::slot::Slot;
use alloc::{
    boxed::Box,
    sync::{Arc, Weak},
    vec::Vec,
};

/// See the module. Invariant: one pin per cell alive in the list.
///
/// Few cells have any: without, it is one pointer, because there is one in every cell.
#[allow(clippy::box_collection)]
pub(super) struct Overwritten<L: Leaf>(Option<Box<Vec<Weak<Slot<L>>>>>);

impl<L: Leaf> Overwritten<L> {
    pub(super) fn none() -> Overwritten<L> {
        Overwritten(None)
    }

    /// The list, without its pins.
    pub(super) fn cells(&self) -> Vec<Weak<Slot<L>>> {
        self.0.as_deref().cloned().unwrap_or_default()
    }

    /// What an older cell overwrites (its list as `older`), and the cell itself, whose pin the caller hands
    /// over. The older list stays as it is: its cell may be written before, after or never.
    pub(super) fn with_pinned(older: Vec<Weak<Slot<L>>>, cell: &Arc<Slot<L>>) -> Overwritten<L> {
        let mut cells = older;
        cells.retain(|w| {
            w.upgrade().is_some_and(|s| {
                s.pin();
                true
            })
        });
        cells.push(Arc::downgrade(cell));
        Overwritten(Some(Box::new(cells)))
    }

    /// The write is done: cells that a snapshot still holds stay resident for good.
    pub(super) fn supersede(mut self) {
        for cell in self.take().iter().filter_map(Weak::upgrade) {
            cell.supersede();
            cell.unpin();
        }
    }

    fn take(&mut self) -> Vec<Weak<Slot<L>>> {
        self.0.take().map(|cells| *cells).unwrap_or_default()
    }
}

impl<L: Leaf> Drop for Overwritten<L> {
    fn drop(&mut self) {
        self.take()
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|s| s.unpin());
    }
}
