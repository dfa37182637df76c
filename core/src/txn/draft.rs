//! A version of the database while it is being changed: what a statement works on.
//!
//! The version may be a transaction's own or, for a small autocommit statement, the published one that
//! nobody else holds; the statement does not see the difference.

use super::ConstraintModes;
use super::WriteSet;
use super::appends::Appends;
use super::bound::Bound;
use super::column_defaults::ColumnDefaults;
use super::foreign_keys::ChildWalk;
use super::statement::StatementState;
use crate::catalog::{Catalog, TableId};
use crate::types::{Result, RowId};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Row ids taken from a sequence for a row operation that is Pending, so that its repetition uses the same.
pub(super) struct Reserved {
    pub(super) table: TableId,
    pub(super) first: i64,
    pub(super) count: u64,
}

/// What was changed in a version, and the statement that is changing it.
#[derive(Default)]
pub struct Changes {
    pub(super) writes: WriteSet,
    pub(super) statement: StatementState,
    pub(super) reserved: Option<Reserved>,
    pub(super) child_walks: Vec<ChildWalk>,
    pub(super) appends: Option<Appends>,
    /// `None`: the statement is small.
    pub(super) bound: Option<Bound>,
    /// For SET DEFAULT; `None`: the statement touches no foreign keys.
    pub(super) defaults: Option<Arc<dyn ColumnDefaults>>,
    /// Which foreign keys wait for the commit.
    pub(super) modes: ConstraintModes,
    /// Whether foreign keys are left unchecked.
    pub(super) unchecked: bool,
}

/// A version of the database that is being changed, and what was changed in it.
pub struct Draft<'a> {
    pub(super) catalog: &'a mut Catalog,
    pub(super) changes: &'a mut Changes,
}

impl<'a> Draft<'a> {
    /// Changes `catalog`, recording in `changes`.
    pub fn new(catalog: &'a mut Catalog, changes: &'a mut Changes) -> Draft<'a> {
        Draft { catalog, changes }
    }

    /// The version as it is now.
    pub fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// Starts a statement that is one row operation on a table without foreign keys: all or nothing in
    /// itself, so there is nothing to undo it by.
    pub fn begin_operation(&mut self) {
        debug_assert!(self.changes.appends.is_none(), "rows wait");
        self.changes.statement.begin_operation();
    }

    /// Starts a statement.
    pub fn begin_statement(&mut self) {
        self.changes.statement.begin();
    }

    /// Says, before the first change of a statement, how many rows of which table it will change: what
    /// it takes to undo it depends on that.
    pub fn expect_rows(&mut self, table: TableId, rows: usize) {
        self.changes.statement.expect_rows(table, rows, self.catalog);
    }

    /// Before a row of `table` is changed.
    ///
    /// # Errors
    /// [`Error::TransactionMemory`](crate::Error::TransactionMemory).
    #[inline]
    pub(super) fn require_room(&mut self, table: TableId) -> Result<()> {
        match &mut self.changes.bound {
            Some(bound) => bound.require_room(self.catalog, table),
            None => Ok(()),
        }
    }

    /// How many rows the statement has changed, each once.
    pub fn changed_rows(&self) -> u64 {
        self.changes.statement.changed_rows()
    }

    /// Undoes what the statement did, and ends it.
    ///
    /// # Errors
    /// Those of the trees; then the version is not to be used any more.
    pub fn undo_statement(&mut self) -> Result<()> {
        self.changes.undo_statement(self.catalog)
    }

    /// As [`Draft::undo_statement`], for a statement that is Pending and will be run another way: ids
    /// taken for a row stay that row's.
    ///
    /// # Errors
    /// As there.
    pub fn put_off_statement(&mut self) -> Result<()> {
        let reserved = self.changes.reserved.take();
        let undone = self.undo_statement();
        self.changes.reserved = reserved;
        undone
    }
}

impl Changes {
    /// Forgets everything but the ids taken for a row operation that was Pending.
    pub fn restart(&mut self) {
        self.statement.clear();
        if !self.writes.is_empty() {
            self.writes = WriteSet::default();
        }
    }

    /// Forgets a statement that did nothing.
    pub(super) fn drop_statement(&mut self) {
        self.statement.clear();
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.statement.is_empty()
    }

    /// Takes what was changed, the running statement included.
    pub fn take_writes(&mut self) -> WriteSet {
        self.end_statement();
        self.writes.seal();
        core::mem::take(&mut self.writes)
    }

    /// Keeps what the statement did.
    pub(super) fn end_statement(&mut self) {
        self.statement.end(&mut self.writes);
        self.reserved = None;
        self.child_walks.clear();
    }

    /// Forgets the statement, whose version is given up.
    pub(super) fn abandon_statement(&mut self) {
        self.statement.clear();
        self.reserved = None;
        self.child_walks.clear();
    }

    pub(super) fn undo_statement(&mut self, catalog: &mut Catalog) -> Result<()> {
        self.reserved = None;
        self.child_walks.clear();
        self.statement.undo(catalog)
    }

    /// Records changed rows, by the running statement or outside one.
    #[inline]
    pub(super) fn changed(&mut self, table: TableId, from: RowId, to: RowId) {
        match self.statement.is_running() {
            true => self.statement.changed(table, from, to),
            false => self.writes.row_range(table, from, to),
        }
    }

    /// Where changed definitions are recorded.
    pub(super) fn definitions(&mut self) -> &mut WriteSet {
        match self.statement.is_running() {
            true => self.statement.definitions(),
            false => &mut self.writes,
        }
    }
}
