//! The model: maps of plain values.

use std::collections::{BTreeMap, BTreeSet};

/// A table's persistence settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// `persistent`
    pub persistent: bool,
    /// `sync_on_write`
    pub sync_on_write: bool,
    /// `cache_in_memory`
    pub cache_in_memory: bool,
}

/// A row without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The unique column.
    pub u: Option<i64>,
    /// The text.
    pub s: String,
    /// The columns added later, in order.
    pub added: Vec<Option<i64>>,
}

/// One table: `k` (the primary key), `u INT UNIQUE`, `s VARCHAR`, and integer columns added later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTable {
    /// Whether the key is a text.
    pub text_key: bool,
    /// Where it lives.
    pub settings: Settings,
    /// Names of the added columns.
    pub added: Vec<String>,
    /// Names of secondary indexes.
    pub indexes: BTreeSet<String>,
    /// The rows by key.
    pub rows: BTreeMap<i64, Row>,
}

impl ModelTable {
    /// A key as the table has it, as a SQL literal.
    pub fn key(&self, key: i64) -> String {
        if self.text_key {
            format!("'k{key:05}'")
        } else {
            key.to_string()
        }
    }

    /// Whether a row has that value in `u`.
    pub fn has_u(&self, u: i64) -> bool {
        self.rows.values().any(|r| r.u == Some(u))
    }
}

/// Everything a database shows. Tables go by `schema.name` in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Model {
    /// Schemas.
    pub schemas: BTreeSet<String>,
    /// Tables.
    pub tables: BTreeMap<String, ModelTable>,
    /// Settings of tables that do not exist.
    pub remembered: BTreeMap<String, Settings>,
}

impl Model {
    /// A new database.
    pub fn new() -> Model {
        Model {
            schemas: ["main".to_string()].into(),
            ..Model::default()
        }
    }

    /// How many trees its stored tables have: rows, `u`, other indexes, and a key that is a text.
    pub fn stored_trees(&self) -> usize {
        let stored = self.tables.values().filter(|t| t.settings.persistent);
        stored
            .map(|t| 2 + t.indexes.len() + usize::from(t.text_key))
            .sum()
    }

    /// What is left of it after a restart.
    pub fn stored(&self) -> Model {
        let mut stored = self.clone();
        stored.tables.retain(|_, t| t.settings.persistent);
        stored
    }
}
