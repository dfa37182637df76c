//! Random statements, each with its effect on the model.

use super::{Model, ModelTable, Row, Settings};
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};

/// Keys are below this.
const KEYS: u64 = 120;
/// Values of the unique column are below this.
const UNIQUES: u64 = 300;
/// Tables, some of which exist.
const TABLES: [&str; 6] = ["main.t0", "main.t1", "main.t2", "main.t3", "side.t0", "side.t1"];

/// A statement and what it does.
#[derive(Debug, Clone)]
pub struct Change {
    /// The statement.
    pub sql: String,
    /// The model after it; `None`: it violates a key and changes nothing.
    pub after: Option<Model>,
    /// It must be in the store when it has returned (outside a transaction): it touches a table with
    /// `sync_on_write`, or the definition of a stored one.
    pub is_sync: bool,
}

/// Random settings.
pub fn random_settings(random: &mut Random) -> Settings {
    Settings {
        persistent: random.chance(70),
        sync_on_write: random.chance(30),
        cache_in_memory: random.chance(50),
    }
}

/// A name of a table, whether it exists or not, in a schema that exists.
pub fn random_name(random: &mut Random, model: &Model) -> String {
    let exists = |t: &&&str| model.schemas.contains(t.split('.').next().unwrap_or(""));
    let names: Vec<&&str> = TABLES.iter().filter(exists).collect();
    random.pick(&names).map_or("main.t0", |n| **n).to_string()
}

fn options(settings: Settings) -> String {
    format!(
        "(persistent = {}, sync_on_write = {}, cache_in_memory = {})",
        settings.persistent, settings.sync_on_write, settings.cache_in_memory
    )
}

fn random_text(random: &mut Random) -> String {
    let length = match random.below(40) {
        0 => 3000,
        1..=4 => 200,
        _ => random.below(20),
    };
    let letter = b'a' + random.below(26) as u8;
    char::from(letter).to_string().repeat(length as usize)
}

fn sql_u(u: Option<i64>) -> String {
    u.map_or_else(|| "NULL".to_string(), |u| u.to_string())
}

/// A statement that changes something, or tries to.
pub fn random_change(random: &mut Random, model: &Model) -> Change {
    let existing: Vec<&String> = model.tables.keys().collect();
    let Some(name) = random.pick(&existing).map(|n| (*n).clone()) else {
        return create(random, model);
    };
    match random.below(100) {
        0..=7 => create(random, model),
        8..=9 => schema(model),
        10..=22 => define(random, model, &name),
        23..=52 => insert(random, model, &name),
        53..=80 => update(random, model, &name),
        _ => delete(random, model, &name),
    }
}

/// A change of one table's rows.
fn rows(model: &Model, name: &str, sql: String, change: impl FnOnce(&mut ModelTable) -> bool) -> Change {
    let mut after = model.clone();
    let (mut done, mut is_sync) = (false, false);
    if let Some(table) = after.tables.get_mut(name) {
        is_sync = table.settings.persistent && table.settings.sync_on_write;
        done = change(table);
    }
    // What changes no row commits nothing.
    is_sync &= after != *model;
    Change {
        sql,
        after: done.then_some(after),
        is_sync,
    }
}

fn insert(random: &mut Random, model: &Model, name: &str) -> Change {
    let Some(table) = model.tables.get(name) else {
        return create(random, model);
    };
    let bulk = random.chance(15);
    let count = if bulk {
        12 + random.below(20)
    } else {
        1 + random.below(4)
    };
    let first = random.below(KEYS) as i64;
    let mut new: Vec<(i64, Option<i64>, String)> = Vec::new();
    for i in 0..count as i64 {
        let key = if bulk {
            first + i
        } else {
            random.below(KEYS) as i64
        };
        let u = random.chance(60).then(|| random.below(UNIQUES) as i64);
        // Mostly statements that succeed.
        let taken = table.rows.contains_key(&key) || new.iter().any(|(k, ..)| *k == key);
        let taken_u = u.is_some_and(|u| table.has_u(u) || new.iter().any(|(_, n, _)| *n == Some(u)));
        if !(taken || taken_u) || random.chance(2) {
            new.push((key, u, random_text(random)));
        }
    }
    if new.is_empty() {
        return delete(random, model, name);
    }
    let value = |(k, u, s): &(i64, Option<i64>, String)| format!("({}, {}, '{s}')", table.key(*k), sql_u(*u));
    let values: Vec<String> = new.iter().map(value).collect();
    let sql = format!("INSERT INTO {name} (k, u, s) VALUES {}", values.join(", "));
    rows(model, name, sql, |table| {
        for (key, u, s) in new {
            if table.rows.contains_key(&key) || u.is_some_and(|u| table.has_u(u)) {
                return false;
            }
            let added = table.default_row();
            table.rows.insert(key, Row { u, s, added });
        }
        true
    })
}

/// The default of an added column: part of its name.
fn default_of(column: &str) -> i64 {
    column.trim_start_matches('c').parse().unwrap_or(0)
}

fn random_range(random: &mut Random) -> (i64, i64) {
    let from = random.below(KEYS) as i64;
    let length = if random.chance(10) {
        KEYS
    } else {
        1 + random.below(12)
    };
    (from, from + length as i64)
}

fn update(random: &mut Random, model: &Model, name: &str) -> Change {
    let Some(table) = model.tables.get(name) else {
        return create(random, model);
    };
    let (from, to) = random_range(random);
    let range = format!("k BETWEEN {} AND {}", table.key(from), table.key(to));
    let keys: Vec<i64> = table.rows.keys().copied().collect();
    let one = random.pick(&keys).copied();
    match (random.below(10), one) {
        // One row takes another unique value, or another key.
        (0..=2, Some(key)) => {
            let u = random.below(UNIQUES) as i64;
            let sql = format!("UPDATE {name} SET u = {u} WHERE k = {}", table.key(key));
            rows(model, name, sql, |table| {
                let clash = table.rows.iter().any(|(k, r)| *k != key && r.u == Some(u));
                if let Some(row) = table.rows.get_mut(&key) {
                    row.u = Some(u);
                }
                !clash
            })
        }
        (3, Some(key)) => {
            let to = random.below(KEYS) as i64;
            let sql = format!(
                "UPDATE {name} SET k = {} WHERE k = {}",
                table.key(to),
                table.key(key)
            );
            rows(model, name, sql, |table| {
                let clash = to != key && table.rows.contains_key(&to);
                if let Some(row) = table.rows.remove(&key) {
                    table.rows.insert(to, row);
                }
                !clash
            })
        }
        (4, _) if !table.added.is_empty() => {
            let column = random.below(table.added.len() as u64) as usize;
            let value = random.below(1000) as i64;
            let set = &table.added[column];
            let sql = format!("UPDATE {name} SET {set} = {value} WHERE {range}");
            rows(model, name, sql, |table| {
                table
                    .rows
                    .range_mut(from..=to)
                    .for_each(|(_, r)| r.added[column] = Some(value));
                true
            })
        }
        (5..=6, _) => {
            let sql = format!("UPDATE {name} SET u = NULL WHERE {range}");
            rows(model, name, sql, |table| {
                table.rows.range_mut(from..=to).for_each(|(_, r)| r.u = None);
                true
            })
        }
        _ => {
            let text = random_text(random);
            let sql = format!("UPDATE {name} SET s = '{text}' WHERE {range}");
            rows(model, name, sql, |table| {
                table
                    .rows
                    .range_mut(from..=to)
                    .for_each(|(_, r)| r.s.clone_from(&text));
                true
            })
        }
    }
}

fn delete(random: &mut Random, model: &Model, name: &str) -> Change {
    let Some(table) = model.tables.get(name) else {
        return create(random, model);
    };
    let (from, to) = random_range(random);
    let sql = format!(
        "DELETE FROM {name} WHERE k BETWEEN {} AND {}",
        table.key(from),
        table.key(to)
    );
    rows(model, name, sql, |table| {
        table.rows.retain(|k, _| *k < from || *k > to);
        true
    })
}

/// A change of definitions; `sync` if a stored table's.
fn defined(sql: String, after: Model, tables: &[Option<&ModelTable>]) -> Change {
    Change {
        sql,
        after: Some(after),
        is_sync: tables.iter().flatten().any(|t| t.settings.persistent),
    }
}

fn create(random: &mut Random, model: &Model) -> Change {
    let name = random_name(random, model);
    if model.tables.contains_key(&name) {
        return insert(random, model, &name);
    }
    let mut after = model.clone();
    let remembered = after.remembered.remove(&name);
    let settings = random_settings(random);
    let given = random.chance(60);
    let table = ModelTable {
        text_key: random.chance(30),
        settings: if given {
            settings
        } else {
            remembered.unwrap_or_default()
        },
        added: Vec::new(),
        indexes: BTreeSet::new(),
        rows: BTreeMap::new(),
    };
    let with = if given {
        format!(" WITH {}", options(settings))
    } else {
        String::new()
    };
    let key = if table.text_key { "VARCHAR(10)" } else { "INT" };
    let sql = format!("CREATE TABLE {name} (k {key} PRIMARY KEY, u INT UNIQUE, s VARCHAR(3000)){with}");
    after.tables.insert(name, table.clone());
    let mut change = defined(sql, after, &[Some(&table)]);
    change.is_sync |= remembered.is_some();
    change
}

/// Creates the second schema, or drops it with its tables.
fn schema(model: &Model) -> Change {
    let mut after = model.clone();
    let sql = if after.schemas.remove("side") {
        after.tables.retain(|n, _| !n.starts_with("side."));
        after.remembered.retain(|n, _| !n.starts_with("side."));
        "DROP DATABASE side"
    } else {
        after.schemas.insert("side".to_string());
        "CREATE DATABASE side"
    };
    Change {
        sql: sql.to_string(),
        after: Some(after),
        is_sync: true,
    }
}

fn define(random: &mut Random, model: &Model, name: &str) -> Change {
    let mut after = model.clone();
    let Some(table) = after.tables.get_mut(name) else {
        return create(random, model);
    };
    let before = table.clone();
    match random.below(12) {
        0 => {
            after.tables.remove(name);
            return defined(format!("DROP TABLE {name}"), after, &[Some(&before)]);
        }
        1 => {
            table.rows.clear();
            return defined(format!("TRUNCATE TABLE {name}"), after, &[Some(&before)]);
        }
        2 => {
            let column = format!("c{}", random.below(5));
            if !table.added.contains(&column) {
                let default = default_of(&column);
                table.rows.values_mut().for_each(|r| r.added.push(Some(default)));
                table.added.push(column.clone());
                let sql = format!("ALTER TABLE {name} ADD COLUMN {column} INT DEFAULT {default}");
                return defined(sql, after, &[Some(&before)]);
            }
        }
        3 if !table.added.is_empty() => {
            let i = random.below(table.added.len() as u64) as usize;
            let column = table.added.remove(i);
            for row in table.rows.values_mut() {
                row.added.remove(i);
            }
            return defined(
                format!("ALTER TABLE {name} DROP COLUMN {column}"),
                after,
                &[Some(&before)],
            );
        }
        4 => {
            let index = format!("i{}", random.below(2));
            let sql = if table.indexes.remove(&index) {
                format!("DROP INDEX {index} ON {name}")
            } else {
                table.indexes.insert(index.clone());
                let columns = ["s, u", "u DESC"][random.below(2) as usize];
                format!("CREATE INDEX {index} ON {name} ({columns})")
            };
            return defined(sql, after, &[Some(&before)]);
        }
        5 => {
            let to = random_name(random, model);
            let same_schema = to.split('.').next() == name.split('.').next();
            if same_schema && name.starts_with("main.") && !model.tables.contains_key(&to) {
                after.tables.remove(name);
                after.remembered.remove(&to);
                after.tables.insert(to.clone(), before.clone());
                let bare = to.trim_start_matches("main.");
                let sql = format!("ALTER TABLE {name} RENAME TO {bare}");
                return defined(sql, after, &[Some(&before)]);
            }
        }
        _ => {}
    }
    let Some(table) = after.tables.get_mut(name) else {
        return create(random, model);
    };
    table.settings = random_settings(random);
    let now = table.clone();
    let sql = format!("ALTER TABLE {name} SET {}", options(now.settings));
    let mut change = defined(sql, after, &[Some(&before), Some(&now)]);
    change.is_sync &= now.settings != before.settings;
    change
}
