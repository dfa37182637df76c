//! What a transaction changed: row ids by table, and which tables it defined anew.

use super::RowIdSet;
use crate::catalog::{TableId, ViewKey};
use alloc::collections::{BTreeMap, BTreeSet};

/// The rows (by table and row id) a transaction changed, and the tables whose definition or trees it
/// replaced as a whole (CREATE, DROP, ALTER, TRUNCATE, a change of placement).
#[derive(Debug, Clone, Default)]
pub struct WriteSet {
    rows: BTreeMap<TableId, RowIdSet>,
    defined: BTreeSet<TableId>,
    /// Those of them in which queries find something else.
    reshaped: BTreeSet<TableId>,
    schemas: bool,
    views: BTreeSet<ViewKey>,
}

impl WriteSet {
    /// Records a changed row.
    pub fn row(&mut self, table: TableId, id: i64) {
        self.rows.entry(table).or_default().insert(id);
    }

    /// Records the changed rows `from..=to`.
    pub fn row_range(&mut self, table: TableId, from: i64, to: i64) {
        self.rows.entry(table).or_default().insert_range(from, to);
    }

    /// Puts the rows in order, so that looking at them costs little.
    pub fn seal(&mut self) {
        self.rows.values_mut().for_each(RowIdSet::seal);
    }

    /// Records that the table as a whole was created, dropped, altered or moved.
    pub fn define(&mut self, table: TableId) {
        self.defined.insert(table);
    }

    /// Records that queries find another table, or none: that it was created, dropped, emptied, renamed or given other
    /// columns.
    pub fn reshape(&mut self, table: TableId) {
        self.define(table);
        self.reshaped.insert(table);
    }

    /// Records that a view was created, dropped or given another text.
    pub fn define_view(&mut self, view: ViewKey) {
        self.touch_schemas();
        self.views.insert(view);
    }

    /// Records that schemas, views or remembered persistence settings changed.
    pub fn touch_schemas(&mut self) {
        self.schemas = true;
    }

    /// Forgets what is about temporary tables: no other transaction can collide with it.
    pub fn forget_temporary(&mut self) {
        self.rows.retain(|table, _| !table.is_temporary());
        self.defined.retain(|table| !table.is_temporary());
        self.reshaped.retain(|table| !table.is_temporary());
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.defined.is_empty() && !self.schemas
    }

    /// Changed rows by table.
    pub fn rows(&self) -> &BTreeMap<TableId, RowIdSet> {
        &self.rows
    }

    /// Changed rows of one table.
    pub fn rows_of(&self, table: TableId) -> Option<&RowIdSet> {
        self.rows.get(&table)
    }

    /// Tables defined anew.
    pub fn defined(&self) -> &BTreeSet<TableId> {
        &self.defined
    }

    /// The tables among them in which queries find something else; see [`WriteSet::reshape`].
    pub fn reshaped(&self) -> &BTreeSet<TableId> {
        &self.reshaped
    }

    /// Views that were created, dropped or given another text.
    pub fn views(&self) -> &BTreeSet<ViewKey> {
        &self.views
    }

    /// Whether anything but rows changed.
    pub fn changes_definitions(&self) -> bool {
        self.schemas || !self.defined.is_empty()
    }

    /// Whether schemas, views or remembered persistence settings changed.
    pub fn schemas_changed(&self) -> bool {
        self.schemas
    }

    /// Every table touched in any way.
    pub fn tables(&self) -> BTreeSet<TableId> {
        self.rows.keys().chain(self.defined.iter()).copied().collect()
    }

    /// Adds all of another write set.
    pub fn extend(&mut self, other: &WriteSet) {
        for (table, rows) in &other.rows {
            self.rows.entry(*table).or_default().extend(rows);
        }
        self.defined.extend(other.defined.iter().copied());
        self.reshaped.extend(other.reshaped.iter().copied());
        self.views.extend(other.views.iter().cloned());
        self.schemas |= other.schemas;
    }

    /// The first table that both changed in ways that cannot both stand: the same row, a definition
    /// and anything else of the same table, or schemas on both sides.
    pub fn collision(&self, other: &WriteSet) -> Option<Collision> {
        if self.schemas && other.schemas {
            return Some(Collision::Schemas);
        }
        let defined = |a: &WriteSet, b: &WriteSet| {
            a.defined
                .iter()
                .find(|t| b.defined.contains(t) || b.rows.contains_key(t))
                .copied()
        };
        if let Some(table) = defined(self, other).or_else(|| defined(other, self)) {
            return Some(Collision::Table(table));
        }
        self.rows
            .iter()
            .find(|(table, rows)| other.rows.get(table).is_some_and(|o| o.intersects(rows)))
            .map(|(table, _)| Collision::Table(*table))
    }
}

/// Where two write sets collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collision {
    /// In this table.
    Table(TableId),
    /// In the lists of schemas and views.
    Schemas,
}
