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

    /// What a new row has in the columns added later: their defaults, which are part of their names.
    pub fn default_row(&self) -> Vec<Option<i64>> {
        let default = |c: &String| c.trim_start_matches('c').parse().ok();
        self.added.iter().map(default).collect()
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

    /// What a commit of `mine` leaves when `theirs` was committed since both began with `base`. `None`:
    /// both changed a row, or one changed the definition of a table that the other changed too, so that
    /// the commit must fail.
    pub fn merged(base: &Model, mine: &Model, theirs: &Model) -> Option<Model> {
        let mut merged = Model {
            schemas: newer(&base.schemas, &mine.schemas, &theirs.schemas)?.clone(),
            ..Model::default()
        };
        for name in names(&mine.remembered, &theirs.remembered) {
            let [b, m, t] = [base, mine, theirs].map(|model| model.remembered.get(name));
            if let Some(settings) = newer(&b, &m, &t)? {
                merged.remembered.insert(name.clone(), **settings);
            }
        }
        for name in names(&mine.tables, &theirs.tables) {
            let [b, m, t] = [base, mine, theirs].map(|model| model.tables.get(name));
            let table = match (newer(&b, &m, &t), b, m, t) {
                (Some(table), ..) => table.cloned(),
                (None, Some(b), Some(m), Some(t)) => Some(merged_rows(b, m, t)?),
                _ => return None,
            };
            merged.tables.extend(table.map(|t| (name.clone(), t)));
        }
        Some(merged)
    }
}

/// Whichever differs from the base; `None` if both do.
fn newer<'a, T: PartialEq>(base: &T, mine: &'a T, theirs: &'a T) -> Option<&'a T> {
    match (mine == base, theirs == base) {
        (true, _) => Some(theirs),
        (_, true) => Some(mine),
        _ => None,
    }
}

fn names<'a, T>(a: &'a BTreeMap<String, T>, b: &'a BTreeMap<String, T>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

/// The changes of both, row by row; their definitions must not differ.
fn merged_rows(base: &ModelTable, mine: &ModelTable, theirs: &ModelTable) -> Option<ModelTable> {
    let definition = |t: &ModelTable| ModelTable {
        rows: BTreeMap::new(),
        ..t.clone()
    };
    if definition(base) != definition(mine) || definition(base) != definition(theirs) {
        return None;
    }
    let mut merged = definition(base);
    for key in mine.rows.keys().chain(theirs.rows.keys()) {
        let [b, m, t] = [base, mine, theirs].map(|table| table.rows.get(key));
        if let Some(row) = newer(&b, &m, &t)? {
            merged.rows.insert(*key, (*row).clone());
        }
    }
    Some(merged)
}
