//! The running statement: what it has changed so far, and how to undo that.
//!
//! A statement that changes few rows of one table without foreign keys keeps a log of what it replaced;
//! any other keeps the version before it. The version is simpler, but shares every leaf, so that each
//! leaf the statement changes is copied; foreign keys need it to compare rows.

use super::foreign_keys::ForeignKeyCheck;
use super::{RowIdSet, WriteSet};
use crate::catalog::{Catalog, TableId};
use crate::table::UndoLog;
use crate::tree::Pins;
use crate::types::{Error, Result, RowId};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Statements that change more rows keep the version before them.
const FEW_ROWS: usize = 64;

/// What the statement is undone by.
#[derive(Default)]
enum Before {
    /// Nothing: nothing was changed yet.
    #[default]
    Untouched,
    /// The log of changes to this table, and to no other.
    Log(TableId),
    /// The version before the statement.
    Version(Catalog),
    /// Nothing: the statement is one row operation, which is all or nothing, and nothing that may fail
    /// follows it.
    Operation,
}

/// What the running statement, if there is one, has done so far. What it holds is used again by the next.
#[derive(Default)]
pub(super) struct StatementState {
    running: bool,
    before: Before,
    log: UndoLog,
    /// What putting rows of the log back needs in memory.
    pins: Pins,
    /// Rows changed: ranges of ids in the order of the changes, some maybe twice.
    rows: Vec<(TableId, RowId, RowId)>,
    /// Definitions changed.
    definitions: WriteSet,
    /// All of the transaction is checked again, on a later version: nothing may have to follow.
    pub(super) again: bool,
    /// Rows that REPLACE deleted: their children lose them, even if the new row has the same key.
    pub(super) replaced: BTreeSet<(TableId, RowId)>,
    /// Rows the statement gave another row id: where each is now, and where it was before the statement.
    pub(super) moved_to: BTreeMap<(TableId, RowId), RowId>,
    moved_from: BTreeMap<(TableId, RowId), RowId>,
    /// Rows whose foreign keys are checked although the statement did not touch them.
    pub(super) recheck: Vec<(TableId, i64, i64)>,
    /// The foreign-key check, once it runs.
    pub(super) check: Option<ForeignKeyCheck>,
}

impl StatementState {
    /// Starts a statement; the one before was ended or undone.
    pub(super) fn begin(&mut self) {
        self.running = true;
    }

    /// Starts a statement of one row operation on a table without foreign keys.
    pub(super) fn begin_operation(&mut self) {
        self.running = true;
        self.before = Before::Operation;
    }

    /// Starts a statement that stands for all of a transaction since the version `before`.
    pub(super) fn begin_again(&mut self, before: Catalog, writes: &WriteSet) {
        self.running = true;
        self.again = true;
        self.before = Before::Version(before);
        for (table, rows) in writes.rows() {
            self.rows.extend(rows.runs().map(|(from, to)| (*table, from, to)));
        }
    }

    /// Whether it has changed nothing so far.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.definitions.is_empty()
    }

    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// The version before the statement, if it is kept.
    pub(super) fn version_before(&self) -> Option<&Catalog> {
        match &self.before {
            Before::Version(before) => Some(before),
            _ => None,
        }
    }

    pub(super) fn definitions(&mut self) -> &mut WriteSet {
        &mut self.definitions
    }

    /// Keeps the version the statement starts from, before it changes anything.
    pub(super) fn keep_version(&mut self, catalog: &Catalog) {
        if self.running && matches!(self.before, Before::Untouched) {
            self.before = Before::Version(catalog.clone());
        }
    }

    /// Before the first change: the statement will change so many rows of `table`, and nothing else
    /// unless foreign keys say so.
    pub(super) fn expect_rows(&mut self, table: TableId, rows: usize, catalog: &Catalog) {
        if !self.running || !matches!(self.before, Before::Untouched) {
            return;
        }
        match catalog.get(table) {
            Some(found) if rows <= FEW_ROWS && !catalog.is_referential(table) => {
                self.log.start(&found.def);
                self.before = Before::Log(table);
            }
            _ => self.keep_version(catalog),
        }
    }

    /// Before a row of `table` changes: the log to note it in, if the statement is undone by one, and the
    /// pins to use. A log's are held until the statement ends, so that undoing it cannot wait; otherwise
    /// they are the `pins` given.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the log is another table's.
    pub(super) fn log_for<'p>(
        &'p mut self,
        table: TableId,
        catalog: &Catalog,
        pins: &'p mut Pins,
    ) -> Result<(Option<&'p mut UndoLog>, &'p mut Pins)> {
        match &self.before {
            Before::Log(logged) if *logged == table => return Ok((Some(&mut self.log), &mut self.pins)),
            Before::Log(_) => {
                return Err(Error::invalid("a statement that undoes itself changes one table"));
            }
            Before::Operation => {}
            Before::Untouched | Before::Version(_) => self.keep_version(catalog),
        }
        Ok((None, pins))
    }

    /// Records changed rows.
    #[inline]
    pub(super) fn changed(&mut self, table: TableId, from: RowId, to: RowId) {
        if let Some((t, _, last)) = self.rows.last_mut()
            && *t == table
            && last.checked_add(1) == Some(from)
        {
            *last = to;
            return;
        }
        self.rows.push((table, from, to));
    }

    /// Notes that the row under `from` is now under `to`.
    pub(super) fn moved(&mut self, table: TableId, from: RowId, to: RowId) {
        let origin = self.moved_from.remove(&(table, from)).unwrap_or(from);
        self.moved_from.insert((table, to), origin);
        self.moved_to.insert((table, origin), to);
    }

    /// Notes that REPLACE deleted a row.
    pub(super) fn replaced(&mut self, table: TableId, id: RowId) {
        if self.version_before().is_some() {
            self.replaced.insert((table, id));
        }
    }

    /// Ends the statement and adds what it changed to `writes`.
    pub(super) fn end(&mut self, writes: &mut WriteSet) {
        if self.running {
            for (table, from, to) in &self.rows {
                writes.row_range(*table, *from, *to);
            }
            if !self.definitions.is_empty() {
                writes.extend(&self.definitions);
            }
        }
        self.clear();
    }

    /// Undoes what the statement did to `catalog`, and ends it.
    ///
    /// # Errors
    /// Those of the trees; then the version is not to be used any more.
    pub(super) fn undo(&mut self, catalog: &mut Catalog) -> Result<()> {
        let undone = match core::mem::take(&mut self.before) {
            Before::Untouched | Before::Operation => Ok(()),
            Before::Version(before) => {
                *catalog = before;
                Ok(())
            }
            Before::Log(table) => catalog
                .table_mut(table)
                .and_then(|table| table.undo(&mut self.log, &mut self.pins)),
        };
        self.clear();
        undone
    }

    /// How many rows were changed, each counted once.
    pub(super) fn changed_rows(&self) -> u64 {
        match self.rows.as_slice() {
            [] => 0,
            [(_, from, to)] => to.abs_diff(*from).saturating_add(1),
            _ => self.row_sets().values().map(RowIdSet::len).sum(),
        }
    }

    /// The rows changed, as a set by table.
    pub(super) fn row_sets(&self) -> BTreeMap<TableId, RowIdSet> {
        let mut sets: BTreeMap<TableId, RowIdSet> = BTreeMap::new();
        for (table, from, to) in &self.rows {
            sets.entry(*table).or_default().insert_range(*from, *to);
        }
        sets
    }

    /// Forgets the statement; what it did stays.
    pub(super) fn clear(&mut self) {
        self.running = false;
        self.before = Before::Untouched;
        self.log.clear();
        self.pins.clear();
        self.rows.clear();
        if !self.definitions.is_empty() {
            self.definitions = WriteSet::default();
        }
        self.again = false;
        // Most statements leave these empty, and looking is cheaper than clearing.
        if !self.replaced.is_empty() {
            self.replaced.clear();
        }
        if !self.moved_to.is_empty() {
            self.moved_to.clear();
            self.moved_from.clear();
        }
        self.recheck.clear();
        self.check = None;
    }
}
