//! Reading a short range of a tree at once: no snapshot of its own, nothing allocated, no read-ahead.
//!
//! For a range that may be long, or whose leaves may be missing, there is the [`Cursor`](super::Cursor).

use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::Children;
use super::slot::{Slot, corrupted};
use super::tree::Tree;
use crate::types::Result;
use alloc::sync::Arc;
use core::{
    borrow::Borrow,
    ops::{Bound, ControlFlow},
    task::{Poll, ready},
};

impl<L: Leaf> Tree<L> {
    /// Calls `visit` with every leaf that has entries between two bounds, and with the positions of the
    /// first of them and of the one after the last, ascending, until it breaks.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted). `Pending` if a leaf is missing; those before it have been visited then.
    pub fn visit_range(
        &self,
        from: Bound<&L::Key>,
        to: Bound<&L::Key>,
        pins: &mut Pins,
        missing: &mut Missing,
        mut visit: impl FnMut(&Arc<L>, usize, usize) -> ControlFlow<()>,
    ) -> Poll<Result<()>> {
        let mut key = match from {
            Bound::Included(k) | Bound::Excluded(k) => Some(k),
            Bound::Unbounded => None,
        };
        loop {
            let Some((cell, next)) = self.cell_and_next(key) else {
                return Poll::Ready(Err(corrupted(self.home(), &[])));
            };
            if cell.rows() > 0 {
                let leaf = ready!(Tree::visit(cell, pins, missing));
                let (first, end) = positions_within(&*leaf, from, to);
                if first < end && visit(&leaf, first, end).is_break() {
                    return Poll::Ready(Ok(()));
                }
            }
            let is_within = |next: &&L::Key| match to {
                Bound::Included(k) => *next <= k,
                Bound::Excluded(k) => *next < k,
                Bound::Unbounded => true,
            };
            key = next.map(Borrow::borrow).filter(is_within);
            if key.is_none() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// The cell that `key` belongs to (the first without one), and the separator of the one after it.
    fn cell_and_next(&self, key: Option<&L::Key>) -> Option<(&Arc<Slot<L>>, Option<&L::Separator>)> {
        let (mut node, mut next) = (&**self.root(), None);
        loop {
            let i = key.map_or(0, |k| node.child_for(k));
            next = node.separators().get(i + 1).or(next);
            match node.children() {
                Children::Nodes(nodes) => node = nodes.get(i)?,
                Children::Cells(cells) => return Some((cells.get(i)?, next)),
            }
        }
    }
}

/// The first entry of a leaf between two bounds, and the one after the last.
pub(super) fn positions_within<L: Leaf>(
    leaf: &L,
    from: Bound<&L::Key>,
    to: Bound<&L::Key>,
) -> (usize, usize) {
    let at = |key: &L::Key, after: bool| match leaf.search(key) {
        Ok(i) => i + usize::from(after),
        Err(i) => i,
    };
    let from = match from {
        Bound::Included(k) => at(k, false),
        Bound::Excluded(k) => at(k, true),
        Bound::Unbounded => 0,
    };
    let to = match to {
        Bound::Included(k) => at(k, true),
        Bound::Excluded(k) => at(k, false),
        Bound::Unbounded => leaf.len(),
    };
    (from, to)
}
