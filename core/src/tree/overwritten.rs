//! The older cells that a write will overwrite in the store.
//!
//! They must stay resident until that write is done or given up, because a failed write leaves them
//! the store's truth and a done one makes their bytes unreadable; hence each carries a pin of this
//! set. Weak references: nobody is kept alive for it, and a cell nobody holds needs no care.

use super::leaf::Leaf;
use super::slot::Slot;
use alloc::{
    sync::{Arc, Weak},
    vec::Vec,
};
use spin::Mutex;

/// See the module. Invariant: one pin per cell alive in the list.
pub(super) struct Overwritten<L: Leaf>(Mutex<Vec<Weak<Slot<L>>>>);

impl<L: Leaf> Overwritten<L> {
    pub(super) fn none() -> Overwritten<L> {
        Overwritten(Mutex::new(Vec::new()))
    }

    /// What `older` overwrites, and `cell`, whose pin the caller hands over. `older` stays as it is: its
    /// cell may be written before, after or never.
    pub(super) fn with_pinned(older: &Overwritten<L>, cell: &Arc<Slot<L>>) -> Overwritten<L> {
        let mut cells: Vec<_> = older.0.lock().clone();
        cells.retain(|w| {
            w.upgrade().is_some_and(|s| {
                s.pin();
                true
            })
        });
        cells.push(Arc::downgrade(cell));
        Overwritten(Mutex::new(cells))
    }

    /// The write is done: cells that a snapshot still holds stay resident for good.
    pub(super) fn supersede(&self) {
        let cells = core::mem::take(&mut *self.0.lock());
        for cell in cells.iter().filter_map(Weak::upgrade) {
            cell.supersede();
            cell.unpin();
        }
    }
}

impl<L: Leaf> Drop for Overwritten<L> {
    fn drop(&mut self) {
        let cells = core::mem::take(self.0.get_mut());
        cells.iter().filter_map(Weak::upgrade).for_each(|s| s.unpin());
    }
}
