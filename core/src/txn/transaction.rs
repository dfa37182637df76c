//! A transaction: a private version of the catalog on top of a base snapshot.
//!
//! Reading is reading the private version. Writing changes it copy-on-write and records what changed.
//! Rolling back is dropping it; a savepoint is a kept copy. Nothing here touches the store: committing
//! is the router's.

use super::foreign_keys::{ChildWalk, ForeignKeyCheck};
use super::history::Base;
use super::{Collision, ReadSet, WriteSet};
use crate::catalog::{Catalog, TableId};
use crate::types::{Error, Result, RowId};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Isolation levels; see [`crate::sql::plan::Isolation`] for how SQL names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IsolationLevel {
    /// Every statement sees what was committed before it started.
    ReadCommitted,
    /// Every statement sees what was committed before the transaction started: snapshot isolation.
    #[default]
    RepeatableRead,
    /// Snapshot isolation, and what was read must still hold at commit.
    Serializable,
}

/// How a transaction runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransactionOptions {
    /// Isolation level.
    pub isolation: IsolationLevel,
    /// Refuse every write.
    pub read_only: bool,
    /// Make the commit durable before it returns, whatever the tables' settings.
    pub sync: bool,
}

struct Savepoint {
    name: String,
    catalog: Catalog,
    writes: WriteSet,
}

/// What one statement has done so far.
pub(super) struct StatementState {
    /// The private version before the statement.
    pub(super) before: Catalog,
    /// What the statement changed.
    pub(super) writes: WriteSet,
    /// All of the transaction is checked again, on a later version: nothing may have to follow.
    pub(super) again: bool,
    /// Rows that REPLACE deleted: their children lose them, even if the new row has the same key.
    pub(super) replaced: BTreeSet<(TableId, RowId)>,
    /// Rows the statement gave another row id: where each is now, and where it was before the statement.
    pub(super) moved_to: BTreeMap<(TableId, RowId), RowId>,
    pub(super) moved_from: BTreeMap<(TableId, RowId), RowId>,
    /// Rows whose foreign keys are checked although the statement did not touch them.
    pub(super) recheck: Vec<(TableId, i64, i64)>,
    /// The foreign-key check, once it runs.
    pub(super) check: Option<ForeignKeyCheck>,
}

impl StatementState {
    fn new(before: Catalog, writes: WriteSet) -> StatementState {
        StatementState {
            before,
            writes,
            again: false,
            replaced: BTreeSet::new(),
            moved_to: BTreeMap::new(),
            moved_from: BTreeMap::new(),
            recheck: Vec::new(),
            check: None,
        }
    }

    /// Notes that the row under `from` is now under `to`.
    pub(super) fn moved(&mut self, table: TableId, from: RowId, to: RowId) {
        let origin = self.moved_from.remove(&(table, from)).unwrap_or(from);
        self.moved_from.insert((table, to), origin);
        self.moved_to.insert((table, origin), to);
    }
}

/// Row ids taken from a sequence for a row operation that is Pending, so that its repetition uses the same.
pub(super) struct Reserved {
    pub(super) table: TableId,
    pub(super) first: i64,
    pub(super) count: u64,
}

/// An open transaction.
pub struct Transaction {
    base: Base,
    options: TransactionOptions,
    pub(super) catalog: Catalog,
    writes: WriteSet,
    reads: ReadSet,
    pub(super) statement: Option<StatementState>,
    pub(super) reserved: Option<Reserved>,
    pub(super) child_walks: Vec<ChildWalk>,
    savepoints: Vec<Savepoint>,
    /// A later base was taken while savepoints were set, whose foreign keys were not checked there.
    savepoints_moved: bool,
    /// The version is a savepoint's of that kind.
    needs_recheck: bool,
}

/// Where a transaction was before a move to a later base.
pub struct Moved {
    base: Base,
    versions: Vec<Catalog>,
}

impl Transaction {
    /// Starts on a base snapshot.
    pub fn new(base: Base, options: TransactionOptions) -> Transaction {
        let catalog = base.snapshot().catalog.clone();
        Transaction {
            base,
            options,
            catalog,
            writes: WriteSet::default(),
            reads: ReadSet::default(),
            statement: None,
            reserved: None,
            child_walks: Vec::new(),
            savepoints: Vec::new(),
            savepoints_moved: false,
            needs_recheck: false,
        }
    }

    /// This transaction's version of the database, own changes included.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The snapshot the transaction started from (or was last moved to).
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// How it runs.
    pub fn options(&self) -> &TransactionOptions {
        &self.options
    }

    /// What it changed, the running statement excluded.
    pub fn writes(&self) -> &WriteSet {
        &self.writes
    }

    /// What it read, to be validated at commit: recorded for SERIALIZABLE only.
    pub fn record_reads(&mut self) -> Option<&mut ReadSet> {
        (self.options.isolation == IsolationLevel::Serializable).then_some(&mut self.reads)
    }

    /// Starts a statement: from here on everything is undone by [`Transaction::undo_statement`].
    pub fn begin_statement(&mut self) {
        self.undo_statement(); // one whose caller gave up waiting for it
        self.statement = Some(StatementState::new(self.catalog.clone(), WriteSet::default()));
    }

    /// Starts a statement that stands for the whole transaction since its base, so that
    /// [`Transaction::finish_statement`] checks all foreign keys again: after a move to a later base.
    pub fn begin_recheck(&mut self) {
        let before = self.base.snapshot().catalog.clone();
        let statement = StatementState::new(before, self.writes.clone());
        self.statement = Some(StatementState {
            again: true,
            ..statement
        });
    }

    /// Keeps what the foreign keys did in [`Transaction::begin_recheck`]'s statement.
    pub fn end_recheck(&mut self) {
        self.end_statement();
        self.needs_recheck = false;
    }

    /// Whether the foreign keys of this version were never checked on its base.
    pub fn needs_recheck(&self) -> bool {
        self.needs_recheck
    }

    /// Keeps what the statement did.
    pub fn end_statement(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.writes.extend(&statement.writes);
        }
    }

    /// Undoes what the statement did.
    pub fn undo_statement(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.catalog = statement.before;
        }
        self.reserved = None;
        self.child_walks.clear();
    }

    /// Where changes are recorded: the running statement, or the transaction outside one.
    pub(super) fn recorder(&mut self) -> &mut WriteSet {
        match &mut self.statement {
            Some(statement) => &mut statement.writes,
            None => &mut self.writes,
        }
    }

    /// Sets a savepoint; one of the same name is hidden until this one is released.
    pub fn savepoint(&mut self, name: &str) {
        self.savepoints.push(Savepoint {
            name: name.to_string(),
            catalog: self.catalog.clone(),
            writes: self.writes.clone(),
        });
    }

    fn find_savepoint(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .rposition(|s| s.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::Unknown {
                kind: "savepoint",
                name: name.to_string(),
                nearest: None,
                position: None,
            })
    }

    /// Undoes everything since the savepoint, which stays.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such savepoint.
    pub fn rollback_to(&mut self, name: &str) -> Result<()> {
        let i = self.find_savepoint(name)?;
        self.savepoints.truncate(i + 1);
        if let Some(s) = self.savepoints.last() {
            self.catalog = s.catalog.clone();
            self.writes = s.writes.clone();
            self.needs_recheck |= self.savepoints_moved;
        }
        Ok(())
    }

    /// Forgets the savepoint and all set after it; changes stay.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is no such savepoint.
    pub fn release(&mut self, name: &str) -> Result<()> {
        let i = self.find_savepoint(name)?;
        self.savepoints.truncate(i);
        Ok(())
    }

    /// The error for a collision, naming the table.
    pub(super) fn conflict(&self, collision: Collision) -> Error {
        let name = match collision {
            Collision::Schemas => "(schemas)".to_string(),
            Collision::Table(id) => self
                .catalog
                .get(id)
                .or_else(|| self.base.snapshot().catalog.get(id))
                .map_or_else(|| alloc::format!("#{}", id.0), |t| t.def.name.clone()),
        };
        Error::WriteConflict { table: name }
    }

    /// Checks what this transaction read and wrote against the commits since its base.
    ///
    /// # Errors
    /// [`Error::WriteConflict`].
    pub fn validate(&self) -> Result<()> {
        for writes in self.base.commits_since() {
            if let Some(collision) = self.writes.collision(&writes) {
                return Err(self.conflict(collision));
            }
            // A read-only transaction saw one snapshot: it takes its place in the order there.
            if self.options.isolation == IsolationLevel::Serializable
                && !self.writes.is_empty()
                && let Some(table) = self.reads.invalidated_by(&writes)
            {
                return Err(self.conflict(Collision::Table(table)));
            }
        }
        Ok(())
    }

    /// Forgets all savepoints: at commit.
    pub fn release_all(&mut self) {
        self.savepoints.clear();
    }

    /// The private versions, oldest first: one per savepoint, then the current one.
    pub(super) fn version(&self, i: usize) -> Option<(&Catalog, &WriteSet)> {
        match self.savepoints.get(i) {
            Some(s) => Some((&s.catalog, &s.writes)),
            None => (i == self.savepoints.len()).then_some((&self.catalog, &self.writes)),
        }
    }

    /// How many private versions there are.
    pub fn versions(&self) -> usize {
        self.savepoints.len() + 1
    }

    /// Moves the transaction to a later base with the given private versions (as [`Transaction::version`]
    /// counts them), own changes replayed on it. Returns where it was.
    pub(super) fn moved(&mut self, base: Base, versions: Vec<Catalog>) -> Moved {
        self.savepoints_moved |= !self.savepoints.is_empty();
        let old = core::mem::replace(&mut self.base, base);
        let slots = self.savepoints.iter_mut().map(|s| &mut s.catalog);
        let mut before = Vec::with_capacity(versions.len());
        for (slot, new) in slots.chain([&mut self.catalog]).zip(versions) {
            before.push(core::mem::replace(slot, new));
        }
        Moved {
            base: old,
            versions: before,
        }
    }

    /// Takes a move back, and what a recheck after it did.
    pub fn move_back(&mut self, to: Moved) {
        self.undo_statement();
        self.moved(to.base, to.versions);
    }

    /// Takes the transaction apart for publishing.
    pub fn into_parts(self) -> (Base, Catalog, WriteSet) {
        (self.base, self.catalog, self.writes)
    }
}
