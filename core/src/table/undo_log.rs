//! What a few row operations on one table replaced, so that they can be taken back.
//!
//! A statement that changes few rows notes them here instead of keeping the version before it: keeping
//! that would share every leaf, and each leaf changed would be copied. Changes are taken back newest
//! first, so the values of the newest are always the last in their columns.
//!
//! Taking back never waits: a leaf that an operation changed is dirty and nobody else's, so it stays
//! in memory; and what else putting a removed row back needs is in the pins the operation was given
//! (see [`Table::undo`]).

use super::table::Table;
use super::wait::settled;
use crate::table::TableDef;
use crate::tree::{Missing, Pins};
use crate::types::{Column, Result, RowId};
use alloc::vec::Vec;

/// One row operation that was done.
#[derive(Debug, Clone, Copy)]
enum Change {
    Inserted(RowId),
    Removed(RowId),
    /// The row is under `now`; so many columns have their old value in the log.
    Updated {
        was: RowId,
        now: RowId,
        columns: usize,
    },
}

/// Row operations on one table, in order, with the values they replaced.
#[derive(Debug, Default)]
pub struct UndoLog {
    changes: Vec<Change>,
    /// Replaced values: one column per table column, newest last.
    values: Vec<Column>,
    /// Table columns that updates replaced, update after update.
    set: Vec<usize>,
}

/// Instead of the note of a row that goes.
pub(super) const NO_NOTE: Option<fn(&[Column], usize)> = None;

/// Bytes of values whose room is kept for the next statement.
const KEPT: usize = 64 << 10;

impl UndoLog {
    /// Forgets everything and starts a log of operations on a table.
    pub fn start(&mut self, def: &TableDef) {
        self.clear();
        let fits = |(values, column): (&Column, &super::ColumnDef)| values.physical() == column.ty.physical();
        if self.values.len() != def.columns.len() || !self.values.iter().zip(&def.columns).all(fits) {
            self.values = def.columns.iter().map(|c| Column::new(c.ty.physical())).collect();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if !self.set.is_empty() || self.values.iter().any(|v| !v.is_empty()) {
            if self.values.iter().map(Column::memory).sum::<usize>() > KEPT {
                self.values.clear();
            }
            self.values.iter_mut().for_each(Column::clear);
            self.set.clear();
        }
        self.changes.clear();
    }

    /// Notes that a row was inserted.
    pub fn inserted(&mut self, id: RowId) {
        self.changes.push(Change::Inserted(id));
    }

    /// Notes a row that goes; `columns` are its leaf's, the row is at `at`.
    pub(super) fn removed(&mut self, def: &TableDef, id: RowId, columns: &[Column], at: usize) {
        for (column, values) in self.values.iter_mut().enumerate() {
            if let Some(old) = def.stored_index(column).and_then(|s| columns.get(s)) {
                values.push_from(old, at);
            }
        }
        self.changes.push(Change::Removed(id));
    }

    /// Notes the values of `set` that an update replaces; the row gets another id by it, or keeps its own.
    pub(super) fn updated(
        &mut self,
        def: &TableDef,
        (was, now): (RowId, RowId),
        set: &[usize],
        columns: &[Column],
        at: usize,
    ) {
        let before = self.set.len();
        for column in set {
            let old = def.stored_index(*column).and_then(|s| columns.get(s));
            if let (Some(old), Some(values)) = (old, self.values.get_mut(*column)) {
                values.push_from(old, at);
                self.set.push(*column);
            }
        }
        let columns = self.set.len() - before;
        self.changes.push(Change::Updated { was, now, columns });
    }
}

impl Table {
    /// Takes back what is in the log, newest first, and leaves it empty. `pins` are those that the
    /// operations were given, not cleared since.
    ///
    /// # Errors
    /// Those of the trees; the table is then in between.
    pub fn undo(&mut self, log: &mut UndoLog, pins: &mut Pins) -> Result<()> {
        let mut missing = Missing::new();
        while let Some(change) = log.changes.pop() {
            match change {
                Change::Inserted(id) => {
                    settled(self.remove(id, None, pins, &mut missing))?;
                }
                Change::Removed(id) => {
                    let row: Vec<Column> = log
                        .values
                        .iter_mut()
                        .map(|v| v.pop().unwrap_or_else(|| Column::nulls(v.physical(), 1)))
                        .collect();
                    settled(self.insert(id, &row, 0, pins, &mut missing))?;
                }
                Change::Updated { was, now, columns } => {
                    let mut set = log.set.split_off(log.set.len().saturating_sub(columns));
                    let old = |column: &usize| log.values.get_mut(*column).and_then(Column::pop);
                    let mut values: Vec<Column> = set.iter().filter_map(old).collect();
                    if let Some(column) = self.def.row_id_column.filter(|_| was != now) {
                        set.push(column);
                        values.push(Column::from_i64(alloc::vec![was]));
                    }
                    settled(self.update(now, &set, &values, 0, None, pins, &mut missing))?;
                }
            }
        }
        log.clear();
        Ok(())
    }
}
