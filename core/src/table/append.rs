//! Inserting many rows at the end of the table: by columns into the row tree, in key order into indexes.

use super::index_key::{IndexKey, RowView, stored_columns};
use super::table::Table;
use super::wait::{Wait, settled};
use crate::tree::{IndexTree, Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::vec::Vec;
use core::task::{Poll, ready};

/// The keys of a run of rows in one index, end to end, and their order.
struct BatchKeys {
    data: Vec<u8>,
    /// End of each row's key in `data`.
    ends: Vec<usize>,
    /// Whether each row's key is unique.
    unique: Vec<bool>,
    /// Rows by ascending key; equal keys by ascending row.
    order: Vec<u32>,
}

impl BatchKeys {
    fn new(index: &IndexKey, ids: &[RowId], columns: &[Column], from: usize) -> BatchKeys {
        let mut keys = BatchKeys {
            data: Vec::with_capacity(ids.len() * 16),
            ends: Vec::with_capacity(ids.len()),
            unique: Vec::with_capacity(ids.len()),
            order: (0..ids.len() as u32).collect(),
        };
        for (i, id) in ids.iter().enumerate() {
            let view = RowView::Full {
                columns,
                row: from + i,
            };
            keys.unique.push(index.encode(&mut keys.data, *id, view));
            keys.ends.push(keys.data.len());
        }
        let mut order = core::mem::take(&mut keys.order);
        order.sort_unstable_by(|a, b| keys.get(*a).cmp(keys.get(*b)).then(a.cmp(b)));
        keys.order = order;
        keys
    }

    fn get(&self, row: u32) -> &[u8] {
        let row = row as usize;
        let start = row
            .checked_sub(1)
            .and_then(|r| self.ends.get(r).copied())
            .unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.data.get(start..end).unwrap_or(&[])
    }

    fn ensure(
        &self,
        tree: &IndexTree,
        wait: &mut Wait,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<()> {
        for row in &self.order {
            wait.see(tree.ensure(self.get(*row), pins, missing))?;
        }
        Ok(())
    }

    /// Inserts all keys; if one exists, takes back what was inserted and returns false.
    fn insert_into(
        &self,
        tree: &mut IndexTree,
        ids: &[RowId],
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<bool> {
        for (done, row) in self.order.iter().enumerate() {
            let id = ids.get(*row as usize).copied().unwrap_or_default();
            let added = settled(tree.insert(self.get(*row), id, pins, missing));
            if !matches!(added, Ok(true)) {
                self.take_back(tree, done, pins, missing)?;
                return added;
            }
        }
        Ok(true)
    }

    /// Removes the first `done` keys in key order.
    fn take_back(
        &self,
        tree: &mut IndexTree,
        done: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<()> {
        for row in self.order.iter().take(done) {
            settled(tree.remove(self.get(*row), pins, missing))?;
        }
        Ok(())
    }

    /// The first row whose key exists in the tree or in an earlier row of the batch.
    fn first_duplicate(
        &self,
        tree: &IndexTree,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<Option<u32>> {
        let mut first: Option<u32> = None;
        let mut previous: Option<u32> = None;
        for row in self.order.iter().copied() {
            let repeats = previous.is_some_and(|p| self.get(p) == self.get(row));
            previous = Some(row);
            let unique = self.unique.get(row as usize).copied().unwrap_or(false);
            if unique
                && first.is_none_or(|f| row < f)
                && (repeats || settled(tree.get(self.get(row), pins, missing))?.is_some())
            {
                first = Some(row);
            }
        }
        Ok(first)
    }
}

impl Table {
    /// Inserts a run of rows, `ids[i]` with the values at `from + i` of the columns (one per table
    /// column; the row id column is not looked at). The ids ascend, all above the last row id: if they
    /// do not, nothing is inserted and the result is 0. Otherwise it is the number of rows, all of them.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] naming the first row at fault; then nothing is inserted.
    pub fn append(
        &mut self,
        ids: &[RowId],
        columns: &[Column],
        from: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<usize>> {
        if columns.len() != self.def.columns.len() {
            return Poll::Ready(Err(self.wrong_width(columns.len())));
        }
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            return Poll::Ready(Ok(0));
        };
        let above = |end: Option<RowId>| end.is_none_or(|end| end < *first);
        if !ids.is_sorted_by(|a, b| a < b) || !above(ready!(self.rows.last_row_id(pins, missing))?) {
            return Poll::Ready(Ok(0));
        }
        let keys: Vec<BatchKeys> = self
            .keys
            .iter()
            .map(|k| BatchKeys::new(k, ids, columns, from))
            .collect();
        if self.may_wait() {
            let mut wait = Wait::default();
            wait.see(self.rows.ensure_append(ids, pins, missing))?;
            for (tree, keys) in self.indexes.iter().zip(&keys) {
                keys.ensure(tree, &mut wait, pins, missing)?;
            }
            ready!(wait.done());
        }
        for done in 0..keys.len() {
            let (Some(tree), Some(batch)) = (self.indexes.get_mut(done), keys.get(done)) else {
                break;
            };
            let inserted = batch.insert_into(tree, ids, pins, missing);
            if !matches!(inserted, Ok(true)) {
                self.take_back_keys(&keys, done, pins, missing)?;
                return Poll::Ready(Err(match inserted {
                    Err(error) => error,
                    Ok(_) => self.duplicate_of(&keys, ids, columns, from, pins, missing)?,
                }));
            }
        }
        let stored = stored_columns(&self.def, columns);
        if let Err(error) = settled(self.rows.append(ids, &stored, from, pins, missing)) {
            self.take_back_keys(&keys, keys.len(), pins, missing)?;
            return Poll::Ready(Err(error));
        }
        self.sequence.raise_above(*last);
        Poll::Ready(Ok(ids.len()))
    }

    /// Removes the batch's keys from the first `indexes` indexes.
    fn take_back_keys(
        &mut self,
        keys: &[BatchKeys],
        indexes: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<()> {
        for (tree, batch) in self.indexes.iter_mut().zip(keys).take(indexes) {
            batch.take_back(tree, batch.order.len(), pins, missing)?;
        }
        Ok(())
    }

    /// The error for the first row of the batch that collides, in whichever index.
    fn duplicate_of(
        &self,
        keys: &[BatchKeys],
        ids: &[RowId],
        columns: &[Column],
        from: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<Error> {
        let mut first: Option<(u32, usize)> = None;
        for (index, (tree, batch)) in self.indexes.iter().zip(keys).enumerate() {
            let found = batch.first_duplicate(tree, pins, missing)?;
            if let Some(row) = found
                && first.is_none_or(|(f, _)| row < f)
            {
                first = Some((row, index));
            }
        }
        let (row, index) = first.unwrap_or_default();
        let id = ids.get(row as usize).copied().unwrap_or_default();
        let view = RowView::Full {
            columns,
            row: from + row as usize,
        };
        Ok(self.duplicate_key(index, id, view))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::table::testing::{Fixture, ints, texts};
    use crate::types::{Column, Error};
    use alloc::{format, string::String, vec::Vec};

    fn rows(names: &[String]) -> [Column; 3] {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let groups: Vec<i64> = (0..names.len() as i64).map(|i| i % 3).collect();
        [ints(&groups), texts(&names), ints(&groups)]
    }

    #[test]
    fn a_batch_goes_in_whole_and_later_batches_follow() {
        for mut t in Fixture::both() {
            let names: Vec<String> = (0..50).map(|i| format!("n{}", (i * 37) % 50)).collect();
            let ids: Vec<i64> = (1..=50).collect();
            assert_eq!(t.append(&ids, &rows(&names), 0), Ok(50));
            let names: Vec<String> = (0..30).map(|i| format!("m{i}")).collect();
            assert_eq!(t.append(&[60, 70, 80], &rows(&names), 27), Ok(3));
            assert_eq!(t.text(80, 1).as_deref(), Some("m29"));
            assert_eq!(t.check(), [""; 0]);
            assert_eq!(
                t.append(&[75, 90], &rows(&names), 0),
                Ok(0),
                "not above the last row id"
            );
            assert_eq!(t.append(&[91, 91], &rows(&names), 0), Ok(0), "not ascending");
            assert_eq!(t.table.rows.len(), 53);
        }
    }

    #[test]
    fn a_batch_goes_where_deleted_rows_left_empty_leaves() {
        for mut t in Fixture::both() {
            let names: Vec<String> = (0..24).map(|i| format!("n{i}")).collect();
            let ids: Vec<i64> = (1..=24).collect();
            t.append(&ids, &rows(&names), 0).unwrap();
            t.store_all();
            (5..=24).for_each(|id| assert_eq!(t.remove(id), Ok(true)));
            t.store_all();
            assert_eq!(t.append(&[6, 13, 23, 40], &rows(&names), 4), Ok(4));
            assert_eq!(t.text(23, 1).as_deref(), Some("n6"));
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn a_duplicate_leaves_nothing_of_the_batch_and_is_the_first_in_row_order() {
        let by_name = |key: &str| Error::DuplicateKey {
            table: "t".into(),
            index: "by_name".into(),
            key: key.into(),
        };
        let names = |list: &[&str]| list.iter().map(|s| String::from(*s)).collect::<Vec<_>>();
        for mut t in Fixture::both() {
            t.append(&[1, 2], &rows(&names(&["b", "y"])), 0).unwrap();
            let within = rows(&names(&["z", "q", "z", "a", "q"]));
            assert_eq!(t.append(&[3, 4, 5, 6, 7], &within, 0), Err(by_name("'z'")));
            let existing = rows(&names(&["z", "y", "b"]));
            assert_eq!(t.append(&[3, 4, 5], &existing, 0), Err(by_name("'y'")));
            assert_eq!(t.table.rows.len(), 2);
            assert_eq!(t.check(), [""; 0]);
        }
    }
}
