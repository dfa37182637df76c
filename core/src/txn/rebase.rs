//! Moving a transaction's changes onto a later version of the database.
//!
//! Done at commit when others committed meanwhile, and before each statement of READ COMMITTED. Tables
//! nobody else changed are taken over whole; for the others the write set is replayed: all its rows
//! are removed from the later version, then put there as the transaction has them (in two passes, so
//! that keys may move between its rows). A unique key that collides now is a write conflict.

use super::history::Base;
use super::{Collision, Transaction};
use crate::catalog::{Catalog, TableId};
use crate::table::Table;
use crate::tree::{Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Poll, ready};

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Remove,
    Insert,
}

/// A resumable move of one transaction to a later base.
pub struct Rebase {
    base: Option<Base>,
    merged: Catalog,
    /// Tables still to replay.
    tables: VecDeque<TableId>,
    pass: Pass,
    next: RowId,
    pins: Pins,
}

impl Rebase {
    /// Prepares the move of `transaction` to `base`, which must be current while it runs.
    ///
    /// # Errors
    /// [`Error::WriteConflict`] if others changed the same rows or definitions.
    pub fn new(transaction: &Transaction, base: Base) -> Result<Rebase> {
        transaction.validate()?;
        let mut merged = base.snapshot().catalog.clone();
        let (mine, old) = (transaction.catalog(), &transaction.base().snapshot().catalog);
        let writes = transaction.writes();
        let conflict = |t: TableId| transaction.conflict(Collision::Table(t));
        if writes.schemas_changed() {
            merged.adopt_schemas(mine);
        }
        for id in writes.defined() {
            let Some(table) = mine.get(*id) else {
                merged.remove_table(*id);
                continue;
            };
            let taken = merged
                .find(&table.def.schema, &table.def.name)
                .is_some_and(|t| t.def.id != *id);
            if taken || merged.schema(&table.def.schema).is_none() {
                return Err(conflict(*id));
            }
            merged.put_table(table.clone());
        }
        // What a definition refers to must still be there.
        for id in writes.defined() {
            let gone = |t: &Arc<Table>| {
                t.def
                    .foreign_keys
                    .iter()
                    .any(|f| mine.get(f.parent).is_some() && merged.get(f.parent).is_none())
            };
            if merged.get(*id).is_some_and(gone) {
                return Err(conflict(*id));
            }
        }
        let mut tables = VecDeque::new();
        for id in writes.rows().keys().filter(|t| !writes.defined().contains(t)) {
            let Some(theirs) = merged.get(*id) else {
                return Err(conflict(*id));
            };
            if old.get(*id).is_some_and(|o| Arc::ptr_eq(o, theirs)) {
                if let Some(table) = mine.get(*id) {
                    merged.replace_rows(table.clone());
                }
            } else {
                tables.push_back(*id);
            }
        }
        Ok(Rebase {
            base: Some(base),
            merged,
            tables,
            pass: Pass::Remove,
            next: RowId::MIN,
            pins: Pins::default(),
        })
    }

    /// Replays until done, then moves the transaction.
    ///
    /// # Errors
    /// [`Error::WriteConflict`] if a unique key collides; the transaction is unchanged then.
    pub fn step(&mut self, transaction: &mut Transaction, missing: &mut Missing) -> Poll<Result<()>> {
        while let Some(table) = self.tables.front().copied() {
            let Some(rows) = transaction.writes().rows_of(table) else {
                self.tables.pop_front();
                continue;
            };
            let Some(id) = rows.next_at(self.next) else {
                self.next = RowId::MIN;
                match self.pass {
                    Pass::Remove => self.pass = Pass::Insert,
                    Pass::Insert => {
                        self.pass = Pass::Remove;
                        self.tables.pop_front();
                    }
                }
                continue;
            };
            let replayed = match self.pass {
                Pass::Remove => {
                    let theirs = self.merged.table_mut(table)?;
                    ready!(theirs.remove(id, &mut self.pins, missing)).map(|_| ())
                }
                Pass::Insert => {
                    let mine = transaction.catalog().table(table)?.clone();
                    match ready!(full_row(&mine, id, &mut self.pins, missing))? {
                        Some(row) => {
                            let theirs = self.merged.table_mut(table)?;
                            ready!(theirs.insert(id, &row, 0, &mut self.pins, missing))
                        }
                        None => Ok(()),
                    }
                }
            };
            match replayed {
                Err(Error::DuplicateKey { .. }) => {
                    return Poll::Ready(Err(transaction.conflict(Collision::Table(table))));
                }
                other => other?,
            }
            self.pins.clear();
            match id.checked_add(1) {
                Some(next) => self.next = next,
                None if self.pass == Pass::Remove => (self.pass, self.next) = (Pass::Insert, RowId::MIN),
                None => {
                    (self.pass, self.next) = (Pass::Remove, RowId::MIN);
                    self.tables.pop_front();
                }
            }
        }
        if let Some(base) = self.base.take() {
            transaction.moved(base, core::mem::take(&mut self.merged));
        }
        Poll::Ready(Ok(()))
    }
}

/// A row as one column of one value per table column; `None` if there is no such row.
pub(super) fn full_row(
    table: &Table,
    id: RowId,
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Option<Vec<Column>>>> {
    let Some(at) = ready!(table.rows.get(id, pins, missing))? else {
        return Poll::Ready(Ok(None));
    };
    let value = |c: usize| match table.def.stored_index(c).and_then(|s| at.leaf.columns().get(s)) {
        Some(column) => column.slice(at.pos, at.pos + 1),
        None => Column::from_i64(alloc::vec![id]),
    };
    Poll::Ready(Ok(Some((0..table.def.columns.len()).map(value).collect())))
}
