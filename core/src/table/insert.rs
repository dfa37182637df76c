//! Inserting one row.

use super::index_key::{RowView, stored_columns};
use super::table::Table;
use super::undo_log::NO_NOTE;
use super::wait::{Wait, settled};
use crate::tree::{Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

impl Table {
    /// Makes every leaf resident that inserting this row touches.
    pub fn prepare_insert(
        &self,
        id: RowId,
        columns: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        if !self.may_wait() {
            return Poll::Ready(Ok(()));
        }
        let view = RowView::Full { columns, row };
        let mut key = Vec::new();
        let mut wait = Wait::default();
        wait.see(self.rows.ensure(id, pins, missing))?;
        for (tree, index) in self.indexes.iter().zip(self.keys.iter()) {
            key.clear();
            index.encode(&mut key, id, view);
            wait.see(tree.ensure(&key, pins, missing))?;
        }
        wait.done().map(Ok)
    }

    /// Inserts a row under `id`: one column per table column, values at `row`; what the row id column
    /// holds there is not looked at.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] for the row id or a unique index.
    pub fn insert(
        &mut self,
        id: RowId,
        columns: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        if columns.len() != self.def.columns.len() {
            return Poll::Ready(Err(self.wrong_width(columns.len())));
        }
        let view = RowView::Full { columns, row };
        let mut key = Vec::new();
        ready!(self.prepare_insert(id, columns, row, pins, missing))?;
        let stored = stored_columns(&self.def, columns);
        if !settled(self.rows.insert(id, &stored, row, pins, missing))? {
            return Poll::Ready(Err(self.duplicate_row_id(id)));
        }
        for i in 0..self.indexes.len() {
            let added = self.add_key(i, &mut key, id, view, pins, missing);
            if !matches!(added, Ok(true)) {
                self.take_back(i, &mut key, id, view, pins, missing)?;
                return Poll::Ready(Err(match added {
                    Err(error) => error,
                    Ok(_) => self.duplicate_key(i, id, view),
                }));
            }
        }
        self.sequence.raise_above(id);
        Poll::Ready(Ok(()))
    }

    fn add_key(
        &mut self,
        index: usize,
        key: &mut Vec<u8>,
        id: RowId,
        view: RowView<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<bool> {
        let (Some(tree), Some(keys)) = (self.indexes.get_mut(index), self.keys.get(index)) else {
            return Ok(true);
        };
        key.clear();
        keys.encode(key, id, view);
        settled(tree.insert(key, id, pins, missing))
    }

    /// Removes the row and its keys in the first `indexes` indexes.
    fn take_back(
        &mut self,
        indexes: usize,
        key: &mut Vec<u8>,
        id: RowId,
        view: RowView<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<()> {
        for (tree, keys) in self.indexes.iter_mut().zip(self.keys.iter()).take(indexes) {
            key.clear();
            keys.encode(key, id, view);
            settled(tree.remove(key, pins, missing))?;
        }
        settled(self.rows.remove(id, NO_NOTE, pins, missing)).map(|_| ())
    }

    pub(super) fn wrong_width(&self, columns: usize) -> Error {
        Error::invalid(alloc::format!(
            "a row of {columns} columns does not fit table {} of {} columns",
            self.def.name,
            self.def.columns.len()
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::table::testing::{Fixture, ints, texts};
    use crate::types::{Column, Error, Physical};

    #[test]
    fn a_duplicate_leaves_nothing_behind() {
        for mut t in Fixture::both() {
            for i in 1..=20 {
                t.insert(
                    i,
                    &[ints(&[i]), texts(&[&alloc::format!("k{i}")]), ints(&[i % 3])],
                )
                .unwrap();
            }
            let again = [ints(&[99]), texts(&["k7"]), ints(&[1])];
            assert_eq!(
                t.insert(99, &again),
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "by_name".into(),
                    key: "'k7'".into()
                })
            );
            let same_id = [ints(&[5]), texts(&["new"]), ints(&[1])];
            assert_eq!(
                t.insert(5, &same_id),
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "PRIMARY".into(),
                    key: "5".into()
                })
            );
            assert_eq!(t.check(), [""; 0]);
            assert_eq!(t.table.rows.len(), 20);
        }
    }

    #[test]
    fn nulls_never_collide_in_a_unique_index() {
        for mut t in Fixture::both() {
            for i in 1..=6 {
                t.insert(i, &[ints(&[i]), Column::nulls(Physical::Bytes, 1), ints(&[0])])
                    .unwrap();
            }
            assert_eq!(
                t.conflicts(None, &[ints(&[9]), Column::nulls(Physical::Bytes, 1), ints(&[0])]),
                []
            );
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn conflicts_name_each_row_with_all_keys_it_collides_by() {
        for mut t in Fixture::both() {
            for (i, name) in [(1, "a"), (2, "b"), (3, "c")] {
                t.insert(i, &[ints(&[i]), texts(&[name]), ints(&[0])]).unwrap();
            }
            let row = [ints(&[1]), texts(&["a"]), ints(&[0])];
            assert_eq!(t.conflicts(Some(1), &row), [(1, None), (1, Some(0))]);
            let row = [ints(&[2]), texts(&["c"]), ints(&[0])];
            assert_eq!(t.conflicts(Some(2), &row), [(2, None), (3, Some(0))]);
            let row = [ints(&[8]), texts(&["z"]), ints(&[0])];
            assert_eq!(t.conflicts(Some(8), &row), []);
        }
    }
}
