//! What a query or a transaction read: a SERIALIZABLE one is validated against it at commit, a
//! [`Watch`](super::Watch) waits for somebody to write it.

use super::{RowIdSet, WriteSet};
use crate::catalog::{TableId, ViewKey};
use crate::types::RowId;
use alloc::collections::{BTreeMap, BTreeSet};

/// Ranges of row ids read, by table, and what was read of definitions. A scan without bounds, and any use of an
/// index, reads the whole table: more conflicts than needed, never fewer.
#[derive(Debug, Clone, Default)]
pub struct ReadSet {
    rows: BTreeMap<TableId, RowIdSet>,
    views: BTreeSet<ViewKey>,
    /// All definitions.
    definitions: bool,
    /// All rows of all tables.
    database: bool,
}

impl ReadSet {
    /// Records that the ids `from..=to` of the table were looked at, whether or not they exist.
    pub fn range(&mut self, table: TableId, from: RowId, to: RowId) {
        // Without any id the table itself was looked at.
        self.rows.entry(table).or_default().insert_range(from, to);
    }

    /// Records that the whole table was read.
    pub fn table(&mut self, table: TableId) {
        self.range(table, RowId::MIN, RowId::MAX);
    }

    /// Records that the table was looked at, but none of its rows.
    pub fn no_rows(&mut self, table: TableId) {
        self.rows.entry(table).or_default();
    }

    /// Records that the text of a view was read.
    pub fn view(&mut self, view: ViewKey) {
        self.views.insert(view);
    }

    /// Records that all definitions were read.
    pub fn definitions(&mut self) {
        self.definitions = true;
    }

    /// Records that everything was read.
    pub fn database(&mut self) {
        self.definitions();
        self.database = true;
    }

    /// Tables of which something was read.
    pub fn tables(&self) -> impl Iterator<Item = TableId> + '_ {
        self.rows.keys().copied()
    }

    /// Whether it is not enough to look at the [tables](ReadSet::tables) that were written.
    pub fn reads_definitions(&self) -> bool {
        self.definitions || !self.views.is_empty()
    }

    /// Whether all rows of all tables were read.
    pub fn reads_database(&self) -> bool {
        self.database
    }

    /// Puts all in order, so that looking at it costs little.
    pub fn seal(&mut self) {
        self.rows.values_mut().for_each(RowIdSet::seal);
    }

    /// Takes tables of which more than `most` ranges were read as read whole.
    pub fn limit(&mut self, most: usize) {
        for rows in self.rows.values_mut() {
            if rows.runs().nth(most).is_some() {
                *rows = RowIdSet::default();
                rows.insert_range(RowId::MIN, RowId::MAX);
            }
        }
    }

    /// A table of which something that was read has been written by `writes`, whatever was changed of its
    /// definition. Views and definitions do not count: a statement that finds them changed is planned again.
    pub fn invalidated_by(&self, writes: &WriteSet) -> Option<TableId> {
        self.rows
            .iter()
            .find(|(table, rows)| writes.defined().contains(table) || is_written(**table, rows, writes))
            .map(|(table, _)| *table)
    }

    /// Whether what was read may read otherwise after `writes`: moving a table or giving it an index changes nothing.
    pub fn touched_by(&self, writes: &WriteSet) -> bool {
        self.database
            || (self.definitions && writes.changes_definitions())
            || writes.views().iter().any(|view| self.views.contains(view))
            || writes
                .reshaped()
                .iter()
                .any(|table| self.rows.contains_key(table))
            || self
                .rows
                .iter()
                .any(|(table, rows)| is_written(*table, rows, writes))
    }
}

fn is_written(table: TableId, read: &RowIdSet, writes: &WriteSet) -> bool {
    writes.rows_of(table).is_some_and(|rows| rows.intersects(read))
}
