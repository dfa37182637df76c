//! Removing one row.

use super::index_key::RowView;
use super::table::Table;
use super::undo_log::UndoLog;
use super::wait::{Wait, settled};
use crate::tree::{Missing, Pins};
use crate::types::{Column, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

impl Table {
    /// Makes every leaf resident that removing this row touches, and returns the row's keys in all
    /// indexes; `None` if there is no such row.
    fn keys_of(
        &self,
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<Vec<Vec<u8>>>>> {
        let Some(at) = ready!(self.rows.get(id, pins, missing))? else {
            return Poll::Ready(Ok(None));
        };
        let (columns, row) = at.leaf.columns_at(at.pos);
        let view = RowView::Stored { columns, row };
        let keys: Vec<Vec<u8>> = self.keys.iter().map(|k| k.encoded(id, view).0).collect();
        if self.may_wait() {
            let mut wait = Wait::default();
            wait.see(self.rows.ensure(id, pins, missing))?;
            for (tree, key) in self.indexes.iter().zip(&keys) {
                wait.see(tree.ensure(key, pins, missing))?;
            }
            ready!(wait.done());
        }
        Poll::Ready(Ok(Some(keys)))
    }

    /// Makes every leaf resident that removing this row touches.
    pub fn prepare_remove(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        if !self.may_wait() {
            return Poll::Ready(Ok(()));
        }
        self.keys_of(id, pins, missing).map_ok(|_| ())
    }

    /// Removes a row, noting it in `undo`; false if there is none of that id.
    pub fn remove(
        &mut self,
        id: RowId,
        undo: Option<&mut UndoLog>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let def = &self.def;
        let before = undo.map(|undo| move |columns: &[Column], at: usize| undo.removed(def, id, columns, at));
        if self.indexes.is_empty() {
            return self.rows.remove(id, before, pins, missing);
        }
        let Some(keys) = ready!(self.keys_of(id, pins, missing))? else {
            return Poll::Ready(Ok(false));
        };
        for (done, key) in keys.iter().enumerate() {
            let Some(tree) = self.indexes.get_mut(done) else {
                break;
            };
            if let Err(error) = settled(tree.remove(key, pins, missing)) {
                for (tree, key) in self.indexes.iter_mut().zip(&keys).take(done) {
                    settled(tree.insert(key, id, pins, missing))?;
                }
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(settled(self.rows.remove(id, before, pins, missing)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::table::testing::{Fixture, ints, texts};

    #[test]
    fn a_removed_row_frees_its_keys() {
        for mut t in Fixture::both() {
            for i in 1..=30 {
                t.insert(
                    i,
                    &[ints(&[i]), texts(&[&alloc::format!("k{i}")]), ints(&[i % 3])],
                )
                .unwrap();
            }
            for i in (1..=30).filter(|i| i % 2 == 0) {
                assert!(t.remove(i).unwrap());
            }
            assert!(!t.remove(2).unwrap(), "a row is removed once");
            assert_eq!(t.table.rows.len(), 15);
            t.insert(2, &[ints(&[2]), texts(&["k4"]), ints(&[0])]).unwrap();
            assert_eq!(t.check(), [""; 0]);
        }
    }
}
