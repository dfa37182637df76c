//! Moving a transaction's changes onto a later version of the database.
//!
//! Done at commit when others committed meanwhile, and before each statement of READ COMMITTED. Tables
//! nobody else changed are taken over whole; for the others the write set is replayed: all its rows
//! are removed from the later version, then put there as the transaction has them (in two passes, so
//! that keys may move between its rows). A unique key that collides now is a write conflict.

use super::history::Base;
use super::transaction::Moved;
use super::{Collision, Transaction, WriteSet};
use crate::catalog::{Catalog, ForeignKeyDef, NumberSequence, TableId, ViewDef};
use crate::table::Table;
use crate::tree::{Missing, Pins};
use crate::types::{Error, Result, RowId};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Poll, ready};

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Remove,
    Insert,
}

/// A resumable move of one transaction, its savepoints included, to a later base.
pub struct Rebase {
    base: Option<Base>,
    /// Versions done: those of the savepoints in order, then the transaction's own.
    done: Vec<Catalog>,
    replay: Option<Replay>,
    /// For the versions done, if they define anything.
    schema_versions: u64,
}

/// One private version being replayed on the later snapshot.
struct Replay {
    mine: Catalog,
    writes: WriteSet,
    merged: Catalog,
    /// Tables still to replay.
    tables: VecDeque<TableId>,
    pass: Pass,
    next: RowId,
    pins: Pins,
}

impl Rebase {
    /// Prepares the move of `transaction` to `base`. From `schema_versions` on, as many as the
    /// transaction has versions are nobody else's.
    ///
    /// # Errors
    /// [`Error::WriteConflict`] if others changed the same rows or definitions.
    pub fn new(transaction: &Transaction, base: Base, schema_versions: u64) -> Result<Rebase> {
        transaction.validate(&base)?;
        Ok(Rebase {
            base: Some(base),
            done: Vec::new(),
            replay: None,
            schema_versions,
        })
    }

    /// Replays until done, then moves the transaction, and returns where it was.
    ///
    /// # Errors
    /// [`Error::WriteConflict`] if a unique key collides; the transaction is unchanged then.
    pub fn step(&mut self, transaction: &mut Transaction, missing: &mut Missing) -> Poll<Result<Moved>> {
        while let (Some(base), Some((mine, writes))) = (&self.base, transaction.version(self.done.len())) {
            let replay = match &mut self.replay {
                Some(replay) => replay,
                none => none.insert(Replay::new(transaction, base, mine.clone(), writes.clone())?),
            };
            ready!(replay.step(transaction, missing))?;
            if let Some(Replay {
                mut merged, writes, ..
            }) = self.replay.take()
            {
                if writes.changes_definitions() {
                    // Neither the later version's nor the transaction's own: plans of both are wrong here.
                    merged.set_schema_version(self.schema_versions + self.done.len() as u64);
                }
                self.done.push(merged);
            }
        }
        let done = core::mem::take(&mut self.done);
        Poll::Ready(match self.base.take() {
            Some(base) => Ok(transaction.moved(base, done)),
            None => Err(Error::invalid("the transaction was moved before")),
        })
    }
}

impl Replay {
    fn new(transaction: &Transaction, base: &Base, mine: Catalog, mut writes: WriteSet) -> Result<Replay> {
        let mut merged = base.snapshot().catalog.clone();
        // Nobody else has changed these.
        merged.set_temporary_tables(&mine.temporary_tables());
        writes.forget_temporary();
        let old = &transaction.base().snapshot().catalog;
        let conflict = |t: TableId| transaction.conflict(Collision::Table(t));
        if let Some(collision) = misplaced(old, &mine, &writes, &merged) {
            return Err(transaction.conflict(collision));
        }
        if writes.schemas_changed() {
            merged.adopt_schemas(&mine);
        }
        for id in writes.defined() {
            let Some(table) = mine.get(*id) else {
                merged.remove_table(*id);
                continue;
            };
            let taken = merged
                .find(&table.def.schema, &table.def.name)
                .is_some_and(|t| t.def.id != *id && !writes.defined().contains(&t.def.id));
            let is_view = merged.find_view(&table.def.schema, &table.def.name).is_some();
            let is_sequence = merged.find_sequence(&table.def.schema, &table.def.name).is_some();
            if taken || is_view || is_sequence || merged.schema(&table.def.schema).is_none() {
                return Err(conflict(*id));
            }
            merged.put_table(table.clone());
        }
        // Others gave the name of a new view or sequence to a table.
        let is_table = |v: &ViewDef| merged.find(&v.schema, &v.name).is_some();
        let is_table_too = |s: &NumberSequence| merged.find(&s.def.schema, &s.def.name).is_some();
        let taken = || merged.views().any(is_table) || merged.sequences().values().any(is_table_too);
        if writes.schemas_changed() && taken() {
            return Err(transaction.conflict(Collision::Schemas));
        }
        if let Some(collision) = broken_reference(transaction, base, &mine, &writes, &merged) {
            return Err(transaction.conflict(collision));
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
        let (pass, pins) = (Pass::Remove, Pins::default());
        Ok(Replay {
            mine,
            writes,
            merged,
            tables,
            pass,
            next: RowId::MIN,
            pins,
        })
    }

    fn step(&mut self, transaction: &Transaction, missing: &mut Missing) -> Poll<Result<()>> {
        while let Some(table) = self.tables.front().copied() {
            let id = self
                .writes
                .rows_of(table)
                .and_then(|rows| rows.next_at(self.next));
            let Some(id) = id else {
                self.end_pass();
                continue;
            };
            match ready!(self.replay_row(table, id, missing)) {
                Err(Error::DuplicateKey { .. }) => {
                    return Poll::Ready(Err(transaction.conflict(Collision::Table(table))));
                }
                other => other?,
            }
            self.pins.clear();
            match id.checked_add(1) {
                Some(next) => self.next = next,
                None => self.end_pass(),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn end_pass(&mut self) {
        self.next = RowId::MIN;
        if self.pass == Pass::Insert {
            self.tables.pop_front();
        }
        self.pass = if self.pass == Pass::Remove {
            Pass::Insert
        } else {
            Pass::Remove
        };
    }

    fn replay_row(&mut self, table: TableId, id: RowId, missing: &mut Missing) -> Poll<Result<()>> {
        if self.pass == Pass::Remove {
            let theirs = self.merged.table_mut(table)?;
            ready!(theirs.remove(id, None, &mut self.pins, missing))?;
            return Poll::Ready(Ok(()));
        }
        let mine = self.mine.table(table)?;
        let row = ready!(mine.row(id, &mut self.pins, missing))?;
        let Some(row) = row.map(|r| r.to_columns()) else {
            return Poll::Ready(Ok(()));
        };
        self.merged
            .table_mut(table)?
            .insert(id, &row, 0, &mut self.pins, missing)
    }
}

/// A definition of this transaction that no longer fits what it refers to, or what refers to it, in the
/// merged version.
fn broken_reference(
    transaction: &Transaction,
    base: &Base,
    mine: &Catalog,
    writes: &WriteSet,
    merged: &Catalog,
) -> Option<Collision> {
    let theirs = transaction.base().commits_until(base);
    let old = &transaction.base().snapshot().catalog;
    let redefined = |t: &TableId| theirs.iter().any(|w| w.defined().contains(t));
    for id in writes.defined() {
        let foreign = merged.get(*id).map_or(&[][..], |t| t.def.foreign_keys.as_slice());
        // A key that is new was checked against the parent's rows as they were.
        let is_new = |name: &str| {
            let before = old.get(*id).map(|t| &t.def.foreign_keys);
            before.is_some_and(|b| b.iter().all(|f| f.name != name))
        };
        let changed = |t: &TableId| theirs.iter().any(|w| w.rows().contains_key(t));
        let broken = |f: &ForeignKeyDef| redefined(&f.parent) || (is_new(&f.name) && changed(&f.parent));
        if foreign.iter().any(|f| f.parent != *id && broken(f)) {
            return Some(Collision::Table(*id));
        }
        // Others referred to a table this transaction dropped, emptied or altered.
        let known = mine.children_of(*id);
        if merged.children_of(*id).iter().any(|c| !known.contains(c)) {
            return Some(Collision::Table(*id));
        }
    }
    // Others put a table into a schema this transaction dropped.
    let homeless = |t: &Arc<Table>| !t.def.id.is_temporary() && merged.schema(&t.def.schema).is_none();
    (writes.schemas_changed() && merged.tables().any(homeless)).then_some(Collision::Schemas)
}

/// Persistence settings remembered on one side for a table that the other side created.
fn misplaced(old: &Catalog, mine: &Catalog, writes: &WriteSet, theirs: &Catalog) -> Option<Collision> {
    if writes.schemas_changed() {
        let is_new = |s: &str, t: &str| old.remembered_for(s, t).is_none();
        let created = |s: &str, t: &str| theirs.find(s, t).is_some() && old.find(s, t).is_none();
        let mut names = mine.remembered().keys();
        return names
            .any(|(s, t)| is_new(s, t) && created(s, t))
            .then_some(Collision::Schemas);
    }
    let created = |id: &&TableId| old.get(**id).is_none();
    let remembered = |id: &&TableId| {
        let def = mine.get(**id).map(|t| &t.def);
        def.is_some_and(|d| theirs.remembered_for(&d.schema, &d.name).is_some())
    };
    let mut tables = writes.defined().iter().filter(created);
    tables.find(remembered).map(|t| Collision::Table(*t))
}
