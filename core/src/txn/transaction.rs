//! A transaction: a private version of the catalog on top of a base snapshot.
//!
//! Reading is reading the private version. Writing changes it copy-on-write and records what changed.
//! Rolling back is dropping it; a savepoint is a kept copy. Nothing here touches the store: committing
//! is the router's.

use super::bound::Bound;
use super::draft::{Changes, Draft};
use super::history::Base;
use super::{Collision, ColumnDefaults, ConstraintModes, ReadSet, WriteSet};
use crate::catalog::{Catalog, ForeignKeyDef, TemporaryTables};
use crate::tree::{Missing, Pins};
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Poll;

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

/// An open transaction.
pub struct Transaction {
    base: Base,
    options: TransactionOptions,
    pub(super) catalog: Catalog,
    pub(super) changes: Changes,
    reads: ReadSet,
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
            changes: Changes::default(),
            reads: ReadSet::default(),
            savepoints: Vec::new(),
            savepoints_moved: false,
            needs_recheck: false,
        }
    }

    /// The transaction with a bound in bytes on the blocks it keeps in memory: beyond it, changing a row
    /// is [`Error::TransactionMemory`].
    pub fn bounded(mut self, limit: usize) -> Transaction {
        self.changes.bound = Some(Bound::new(limit, self.base.snapshot().catalog.clone()));
        self
    }

    /// This transaction's version of the database, own changes included.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The version, to be changed by a statement.
    pub fn draft(&mut self) -> Draft<'_> {
        Draft::new(&mut self.catalog, &mut self.changes)
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
        debug_assert!(self.changes.appends.is_none(), "rows wait");
        &self.changes.writes
    }

    /// Whether it changed nothing, the running statement excluded.
    pub fn is_unchanged(&self) -> bool {
        self.changes.writes.is_empty() && self.changes.appends.is_none()
    }

    /// Puts in the rows that wait to be [appended](Draft::append): before anything else is done with the
    /// version.
    ///
    /// # Errors
    /// Those of the trees; then the transaction is to be rolled back.
    pub fn settle(&mut self) -> Result<()> {
        self.changes.settle(&mut self.catalog)
    }

    /// Says how defaults of columns are evaluated.
    pub fn set_defaults(&mut self, defaults: Arc<dyn ColumnDefaults>) {
        self.changes.defaults = Some(defaults);
    }

    /// Leaves foreign keys that are deferred to the commit: in a transaction of several statements.
    pub fn defer_foreign_keys(&mut self) {
        self.changes.modes = ConstraintModes::waiting();
    }

    /// Which foreign keys are left to the commit.
    pub fn constraint_modes(&mut self) -> &mut ConstraintModes {
        &mut self.changes.modes
    }

    /// Whether statements from now on check foreign keys. Those that do not leave children without parents, and
    /// parents' children where they are.
    pub fn check_foreign_keys(&mut self, check: bool) {
        self.changes.unchecked = !check;
    }

    /// Before it is committed: whether foreign keys were left to that, and are to be
    /// [checked](Transaction::begin_recheck) now.
    pub fn has_deferred(&mut self) -> bool {
        let modes = core::mem::take(&mut self.changes.modes);
        let is_deferred = |f: &ForeignKeyDef| modes.waits(f);
        let tables = self.changes.writes.tables();
        let deferred = self.catalog.tables().any(|child| {
            let touched = tables.contains(&child.def.id);
            let mut foreign = child.def.foreign_keys.iter();
            foreign.any(|f| is_deferred(f) && (touched || tables.contains(&f.parent)))
        });
        if deferred {
            self.seal();
        }
        deferred
    }

    /// Takes over the temporary tables of its session: at its start.
    pub fn adopt_temporary(&mut self, tables: &TemporaryTables) {
        if !tables.is_empty() {
            self.catalog.set_temporary_tables(tables);
        }
    }

    /// Gives up the temporary tables before it is committed, and returns them as they are now: they are no part
    /// of what others see.
    pub fn take_temporary(&mut self) -> TemporaryTables {
        debug_assert!(self.changes.appends.is_none(), "rows wait");
        let tables = self.catalog.temporary_tables();
        self.catalog.set_temporary_tables(&TemporaryTables::default());
        self.changes.writes.forget_temporary();
        tables
    }

    /// What it reads, to be validated at commit: recorded for SERIALIZABLE only.
    pub fn record_reads(&mut self) -> Option<&mut ReadSet> {
        (self.options.isolation == IsolationLevel::Serializable).then_some(&mut self.reads)
    }

    /// What a statement read that asked for locks (FOR UPDATE, FOR SHARE): validated at commit at every level.
    pub fn record_locks(&mut self) -> &mut ReadSet {
        &mut self.reads
    }

    /// Starts a statement: from here on everything is undone by [`Transaction::undo_statement`].
    ///
    /// # Errors
    /// As [`Transaction::undo_statement`], for a statement whose caller gave up waiting for it.
    pub fn begin_statement(&mut self) -> Result<()> {
        debug_assert!(self.changes.appends.is_none(), "rows wait");
        if self.changes.statement.is_running() {
            self.undo_statement()?;
        }
        self.changes.statement.begin();
        Ok(())
    }

    /// Starts a statement that stands for the whole transaction since its base, so that
    /// [`Transaction::finish_statement`] checks all foreign keys again: after a move to a later base.
    pub fn begin_recheck(&mut self) {
        let before = self.base.snapshot().catalog.clone();
        let Changes {
            statement, writes, ..
        } = &mut self.changes;
        statement.begin_again(before, writes);
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

    /// Checks the foreign keys of everything the statement touched; see [`Draft::check_foreign_keys`].
    ///
    /// # Errors
    /// As [`Draft::check_foreign_keys`].
    pub fn finish_statement(&mut self, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        match self.changes.unchecked {
            true => Poll::Ready(Ok(())),
            false => self.draft().check_foreign_keys(pins, missing),
        }
    }

    /// Whether a statement was started and neither ended nor undone.
    pub fn is_in_statement(&self) -> bool {
        self.changes.statement.is_running()
    }

    /// Ends a statement that did nothing.
    pub fn drop_statement(&mut self) {
        self.changes.drop_statement();
    }

    /// Takes over the ids taken for a row operation that was Pending, and memory to use again.
    pub fn reuse(&mut self, mut changes: Changes) {
        changes.restart();
        changes.bound = self.changes.bound.take();
        changes.defaults = self.changes.defaults.take();
        changes.modes = core::mem::take(&mut self.changes.modes);
        changes.unchecked = self.changes.unchecked;
        self.changes = changes;
    }

    /// Keeps what the statement did.
    pub fn end_statement(&mut self) {
        self.changes.end_statement();
    }

    /// Undoes what the statement did.
    ///
    /// # Errors
    /// Those of the trees; then the transaction as a whole is to be rolled back.
    pub fn undo_statement(&mut self) -> Result<()> {
        self.changes.undo_statement(&mut self.catalog)
    }

    /// Sets a savepoint; one of the same name is hidden until this one is released.
    pub fn savepoint(&mut self, name: &str) {
        debug_assert!(self.changes.appends.is_none(), "rows wait");
        self.seal();
        self.savepoints.push(Savepoint {
            name: name.to_string(),
            catalog: self.catalog.clone(),
            writes: self.changes.writes.clone(),
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
            self.changes.writes = s.writes.clone();
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

    /// Checks what this transaction read and wrote against the commits after its base, up to a later one.
    ///
    /// # Errors
    /// [`Error::WriteConflict`].
    pub fn validate(&self, later: &Base) -> Result<()> {
        for writes in self.base.commits_until(later) {
            if let Some(collision) = self.changes.writes.collision(&writes) {
                return Err(self.conflict(collision));
            }
            // A read-only SERIALIZABLE transaction saw one snapshot: it takes its place in the order there.
            // Reads of other transactions are only those that asked for locks.
            let is_serializable = self.options.isolation == IsolationLevel::Serializable;
            if !(is_serializable && self.changes.writes.is_empty())
                && let Some(table) = self.reads.invalidated_by(&writes)
            {
                return Err(self.conflict(Collision::Table(table)));
            }
        }
        Ok(())
    }

    /// Before it is committed: forgets all savepoints, and puts in order what it changed.
    pub fn release_all(&mut self) {
        self.savepoints.clear();
        self.seal();
    }

    /// Puts in order what it changed and read: before others look at that.
    pub fn seal(&mut self) {
        self.changes.writes.seal();
        self.reads.seal();
    }

    /// The private versions, oldest first: one per savepoint, then the current one.
    pub(super) fn version(&self, i: usize) -> Option<(&Catalog, &WriteSet)> {
        match self.savepoints.get(i) {
            Some(s) => Some((&s.catalog, &s.writes)),
            None => (i == self.savepoints.len()).then_some((&self.catalog, &self.changes.writes)),
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
        if let Some(bound) = &mut self.changes.bound {
            bound.moved(self.base.snapshot().catalog.clone());
        }
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
        self.changes.abandon_statement();
        self.moved(to.base, to.versions);
    }

    /// Takes the transaction apart for publishing.
    pub fn into_parts(self) -> (Base, Catalog, WriteSet) {
        (self.base, self.catalog, self.changes.writes)
    }
}
