//! Rows by their ids, many at a time: all missing leaves are asked for in one trip.

use crate::tree::{Missing, Pins, RowAt, RowTree};
use crate::types::{Result, RowId};
use alloc::vec::Vec;
use core::task::Poll;

/// A reader of rows by id. Invariant: `found[i]` is what became of `ids[i]`, if known yet.
pub struct RowFetch {
    tree: RowTree,
    pins: Pins,
    ids: Vec<RowId>,
    found: Vec<Option<Option<RowAt>>>,
}

impl RowFetch {
    /// Reads from this version of a table.
    pub fn new(tree: RowTree) -> RowFetch {
        RowFetch {
            tree,
            pins: Pins::default(),
            ids: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Whether rows are asked for and not yet taken.
    pub fn is_busy(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Asks for rows.
    pub fn start(&mut self, ids: Vec<RowId>) {
        self.found.clear();
        self.found.resize(ids.len(), None);
        self.ids = ids;
    }

    /// The rows asked for, in the order of their ids, `None` for an id without a row. Pending until all
    /// their leaves were resident once.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<Vec<Option<RowAt>>>> {
        let mut pending = false;
        for (id, found) in self.ids.iter().zip(&mut self.found) {
            if found.is_none() {
                match self.tree.get(*id, &mut self.pins, missing) {
                    Poll::Ready(row) => *found = Some(row?),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            return Poll::Pending;
        }
        self.pins.clear();
        self.ids.clear();
        Poll::Ready(Ok(self.found.drain(..).map(Option::flatten).collect()))
    }
}
