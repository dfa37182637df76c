//! Row operations of a transaction: the table's own, plus generated keys and the write set.
//!
//! Each is all or nothing: `Pending` or an error leaves the transaction as it was, so that the caller
//! fetches and calls again with the same arguments.

use super::draft::{Changes, Draft, Reserved};
use crate::catalog::{TableDef, TableId};
use crate::table::{Table, Updated};
use crate::tree::{Missing, Pins};
use crate::types::{Column, DataType, Error, Physical, Result, RowId};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::task::{Poll, ready};

/// The AUTO_INCREMENT column that is not the row id.
fn generated_column(def: &TableDef) -> Option<usize> {
    def.columns
        .iter()
        .position(|c| c.auto_increment)
        .filter(|i| Some(*i) != def.row_id_column)
}

/// The integer in a column of keys, whichever representation the column has (BIGINT UNSIGNED is a decimal).
fn key_at(column: &Column, row: usize) -> Option<i64> {
    if column.is_null(row) {
        return None;
    }
    match column.physical() {
        Physical::Decimal => column.decimals().get(row).and_then(|v| i64::try_from(*v).ok()),
        _ => column.i64s().get(row).copied(),
    }
}

/// Whether a value of the sequence fits its column; `None`: it goes into none.
///
/// # Errors
/// [`Error::OutOfRange`] if a generated value does not fit its column.
pub(super) fn require_range(def: &TableDef, column: Option<usize>, value: i64) -> Result<()> {
    let Some(column) = column.and_then(|c| def.columns.get(c)) else {
        return Ok(());
    };
    let fits = match &column.ty {
        DataType::Int(int) => (int.range().0..=int.range().1).contains(&value),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(Error::OutOfRange {
        value: alloc::format!("the next AUTO_INCREMENT value {value}"),
        expected: column.ty.to_string(),
        column: Some(alloc::format!("{}.{}", def.name, column.name)),
    })
}

impl Draft<'_> {
    /// Inserts the row at `row` of `columns` (one per table column). A NULL in the row id column or in
    /// an AUTO_INCREMENT column becomes the next value of the table's sequence.
    ///
    /// Returns the row id and, if one was generated, the value.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`](crate::Error::DuplicateKey), [`Error::OutOfRange`](crate::Error::OutOfRange)
    /// when the sequence is used up.
    pub fn insert_row(
        &mut self,
        table: TableId,
        columns: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<(RowId, Option<i64>)>> {
        self.require_room(table)?;
        let Draft { catalog, changes } = self;
        let found = catalog.table(table)?;
        let def = &*found.def;
        let given = def
            .row_id_column
            .and_then(|c| columns.get(c))
            .and_then(|c| key_at(c, row));
        let column = generated_column(def);
        let wanted = column.and_then(|c| columns.get(c)).and_then(|c| key_at(c, row));
        // One number serves as hidden row id and as AUTO_INCREMENT value.
        let id = match given {
            Some(id) => {
                found.sequence.raise_above(id);
                id
            }
            None => {
                let id = changes.reserve(found, 1)?;
                require_range(def, def.row_id_column.or(column), id)?;
                id
            }
        };
        let mut generated = given.is_none() && def.row_id_column.is_some();
        let patched: Option<Vec<Column>> = match (column, wanted) {
            (Some(c), None) => {
                generated = true;
                Some(patch(columns, c, row, id))
            }
            (Some(_), Some(value)) => {
                found.sequence.raise_above(value);
                None
            }
            (None, _) => None,
        };
        let (log, pins) = changes.statement.log_for(table, catalog, pins)?;
        let (columns, row) = match &patched {
            Some(patched) => (patched.as_slice(), 0),
            None => (columns, row),
        };
        ready!(catalog.table_mut(table)?.insert(id, columns, row, pins, missing))?;
        if let Some(log) = log {
            log.inserted(id);
        }
        changes.reserved = None;
        changes.changed(table, id, id);
        Poll::Ready(Ok((id, generated.then_some(id))))
    }

    /// The key that a row is going to have in a column of keys, for when other values depend on it: the next value of
    /// the table's sequence, until a row was inserted.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if none is left that fits the column.
    pub fn reserve_key(&mut self, table: TableId, column: usize) -> Result<RowId> {
        let found = self.catalog.table(table)?;
        let key = self.changes.reserve(found, 1)?;
        require_range(&found.def, Some(column), key)?;
        Ok(key)
    }

    /// Inserts `rows` rows at once where the bulk path applies: row ids all generated, or ascending
    /// above the last one. `None`: it does not apply, insert row by row.
    ///
    /// # Errors
    /// As [`Draft::insert_row`]; then no row of the batch is there.
    pub fn insert_batch(
        &mut self,
        table: TableId,
        columns: &[Column],
        rows: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<(Vec<RowId>, Option<i64>)>>> {
        self.require_room(table)?;
        let found = self.catalog.table(table)?.clone();
        let def = &found.def;
        if rows == 0 {
            return Poll::Ready(Ok(Some((Vec::new(), None))));
        }
        if generated_column(def).is_some() {
            return Poll::Ready(Ok(None));
        }
        let key = def.row_id_column.and_then(|c| columns.get(c));
        let all_null = key.is_none_or(|k| k.null_bitmap().is_some_and(|n| n.count_ones() >= rows));
        let no_null = key.is_some_and(|k| k.null_bitmap().is_none());
        let last = ready!(found.rows.last_row_id(pins, missing))?;
        let (ids, generated) = if all_null {
            let first = self.changes.reserve(&found, rows as u64)?;
            require_range(def, def.row_id_column, first.saturating_add(rows as i64 - 1))?;
            if last.is_some_and(|l| l >= first) {
                return Poll::Ready(Ok(None));
            }
            (
                (0..rows as i64).map(|i| first.saturating_add(i)).collect(),
                key.map(|_| first),
            )
        } else if let (true, Some(key)) = (no_null, key) {
            let ids = key.i64s().get(..rows).unwrap_or(&[]);
            let ascending = ids.len() == rows
                && ids.windows(2).all(|w| w[0] < w[1])
                && ids.first().is_some_and(|f| last.is_none_or(|l| l < *f));
            if !ascending {
                return Poll::Ready(Ok(None));
            }
            if let Some(last) = ids.last() {
                found.sequence.raise_above(*last);
            }
            (ids.to_vec(), None)
        } else {
            return Poll::Ready(Ok(None));
        };
        drop(found); // or every leaf would be copied
        let appended = ready!(self.append_rows(table, &ids, columns, pins, missing))?;
        Poll::Ready(Ok(appended.then_some((ids, generated))))
    }

    /// Appends rows, `ids[i]` with the values at `i` of the columns, if the ids ascend above the last row
    /// id. False, and nothing was done, if they do not.
    ///
    /// # Errors
    /// As [`Draft::insert_row`]; then no row is there.
    pub(super) fn append_rows(
        &mut self,
        table: TableId,
        ids: &[RowId],
        columns: &[Column],
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let (log, pins) = self.changes.statement.log_for(table, self.catalog, pins)?;
        let found = self.catalog.table_mut(table)?;
        if ready!(found.append(ids, columns, 0, pins, missing))? != ids.len() {
            return Poll::Ready(Ok(false)); // then none was
        }
        if let Some(log) = log {
            ids.iter().for_each(|id| log.inserted(*id));
        }
        self.changes.reserved = None;
        for run in ids.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            if let (Some(from), Some(to)) = (run.first(), run.last()) {
                self.changes.changed(table, *from, *to);
            }
        }
        Poll::Ready(Ok(true))
    }

    /// The rows an insert of this row would collide with: their ids, and on which index (`None`: the row id).
    ///
    /// # Errors
    /// None of its own; those of the trees.
    pub fn conflicts(
        &mut self,
        table: TableId,
        columns: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Vec<(RowId, Option<usize>)>>> {
        let table = self.catalog.table(table)?;
        let id = table
            .def
            .row_id_column
            .and_then(|c| columns.get(c))
            .and_then(|c| key_at(c, row));
        table.conflicts(id, columns, row, pins, missing)
    }

    /// Replaces the columns `set` of a row by the values at `row` of `values`; `None`: there is no such row.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`](crate::Error::DuplicateKey).
    pub fn update_row(
        &mut self,
        table: TableId,
        id: RowId,
        set: &[usize],
        values: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<Updated>>> {
        self.require_room(table)?;
        let (log, pins) = self.changes.statement.log_for(table, self.catalog, pins)?;
        let found = self.catalog.table_mut(table)?;
        let Some(updated) = ready!(found.update(id, set, values, row, log, pins, missing))? else {
            return Poll::Ready(Ok(None));
        };
        let new = updated.id;
        self.changes.changed(table, id, id);
        if new != id {
            found.sequence.raise_above(new);
            self.changes.statement.moved(table, id, new);
            self.changes.changed(table, new, new);
        }
        Poll::Ready(Ok(Some(updated)))
    }

    /// Removes a row; false if there is none.
    ///
    /// # Errors
    /// None of its own; those of the trees.
    pub fn delete_row(
        &mut self,
        table: TableId,
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        self.require_room(table)?;
        let (log, pins) = self.changes.statement.log_for(table, self.catalog, pins)?;
        let found = self.catalog.table_mut(table)?;
        if !ready!(found.remove(id, log, pins, missing))? {
            return Poll::Ready(Ok(false));
        }
        self.changes.changed(table, id, id);
        Poll::Ready(Ok(true))
    }

    /// As [`Draft::delete_row`], for REPLACE: ON DELETE is carried out although a row of the same
    /// key may follow.
    ///
    /// # Errors
    /// None of its own; those of the trees.
    pub fn replace_row(
        &mut self,
        table: TableId,
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let deleted = ready!(self.delete_row(table, id, pins, missing))?;
        if deleted {
            self.changes.statement.replaced(table, id);
        }
        Poll::Ready(Ok(deleted))
    }
}

impl Changes {
    /// The next `count` values of the table's sequence; the same again while the operation is Pending.
    fn reserve(&mut self, table: &Table, count: u64) -> Result<RowId> {
        match &self.reserved {
            Some(r) if r.table == table.def.id && r.count == count => Ok(r.first),
            _ => {
                let (table, first) = (table.def.id, table.sequence.next(count)?);
                self.reserved = Some(Reserved { table, first, count });
                Ok(first)
            }
        }
    }
}

/// Row `row` of the columns as columns of one row, with an integer put into column `column`.
fn patch(columns: &[Column], column: usize, row: usize, value: i64) -> Vec<Column> {
    let one = |(i, c): (usize, &Column)| {
        if i != column {
            return c.slice(row, row + 1);
        }
        match c.physical() {
            Physical::Decimal => Column::from_decimals(alloc::vec![i128::from(value)]),
            _ => Column::from_i64(alloc::vec![value]),
        }
    };
    columns.iter().enumerate().map(one).collect()
}
