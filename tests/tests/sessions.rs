//! Random work of several sessions against a naive model of snapshot isolation: who sees what, which
//! statement fails and how, which commit loses.
//!
//! `AMPHI_SEED=n` repeats one seed in every layout; a failure names it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::random::Random;
use amphi_tests::test_bed::{Client, Layout, TestBed};
use std::collections::{BTreeMap, BTreeSet};

const TABLES: [&str; 3] = ["a", "b", "c"];
const KEYS: u64 = 24;

type Key = (&'static str, i64);
/// `u` (unique) and `v` by table and key.
type Rows = BTreeMap<Key, (Option<i64>, i64)>;

/// A version and the rows changed since its base.
#[derive(Clone, Default)]
struct Version {
    rows: Rows,
    touched: BTreeSet<Key>,
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

struct Open {
    level: Level,
    /// Tables it read whole.
    read: BTreeSet<&'static str>,
    /// Tables it read in any way.
    used: BTreeSet<&'static str>,
    /// How many commits it has seen.
    base: usize,
    now: Version,
    savepoints: Vec<Version>,
}

#[derive(Default)]
struct Model {
    rows: Rows,
    commits: Vec<BTreeSet<Key>>,
}

fn has_u(rows: &Rows, table: &str, u: i64) -> bool {
    rows.iter().any(|((t, _), (x, _))| *t == table && *x == Some(u))
}

impl Model {
    /// Replays a version on what is committed; `None`: a unique value is taken.
    fn replay(&self, version: &Version) -> Option<Version> {
        let mut rows = self.rows.clone();
        rows.retain(|key, _| !version.touched.contains(key));
        for key in &version.touched {
            let Some(row) = version.rows.get(key) else {
                continue;
            };
            if row.0.is_some_and(|u| has_u(&rows, key.0, u)) {
                return None;
            }
            rows.insert(*key, *row);
        }
        Some(Version {
            rows,
            touched: version.touched.clone(),
        })
    }

    /// Moves a transaction to what is committed; false: it conflicts, and stays.
    fn rebase(&self, open: &mut Open, with_savepoints: bool) -> bool {
        if open.base == self.commits.len() {
            return true;
        }
        if self.commits[open.base..]
            .iter()
            .any(|c| !c.is_disjoint(&open.now.touched))
        {
            return false;
        }
        let savepoints = if with_savepoints {
            &open.savepoints[..]
        } else {
            &[]
        };
        let moved: Option<Vec<Version>> = savepoints
            .iter()
            .chain([&open.now])
            .map(|v| self.replay(v))
            .collect();
        let Some(mut moved) = moved else { return false };
        open.now = moved.pop().unwrap_or_default();
        open.savepoints = moved;
        open.base = self.commits.len();
        true
    }

    /// Whether a later commit changed one of these tables.
    fn changed_since(&self, base: usize, tables: &BTreeSet<&str>) -> bool {
        let mut keys = self.commits[base..].iter().flatten();
        keys.any(|(table, _)| tables.contains(table))
    }

    fn commit(&mut self, version: Version) {
        if !version.touched.is_empty() {
            self.rows = version.rows;
            self.commits.push(version.touched);
        }
    }
}

/// A random statement, and what it does to a version: false if it violates a key.
fn statement(random: &mut Random) -> (String, Box<dyn Fn(&mut Version) -> bool>) {
    let table = TABLES[random.below(3) as usize];
    let k = random.below(KEYS) as i64;
    let u = random.chance(50).then(|| random.below(40) as i64);
    let v = random.below(100) as i64;
    let sql_u = u.map_or("NULL".to_string(), |u| u.to_string());
    let to = k + random.below(5) as i64;
    let insert = move |version: &mut Version, k: i64, u: Option<i64>| {
        if version.rows.contains_key(&(table, k)) || u.is_some_and(|u| has_u(&version.rows, table, u)) {
            return false;
        }
        version.rows.insert((table, k), (u, v));
        version.touched.insert((table, k));
        true
    };
    match random.below(12) {
        0..=2 => (
            format!("INSERT INTO {table} VALUES ({k}, {sql_u}, {v})"),
            Box::new(move |version| insert(version, k, u)),
        ),
        3 => (
            format!(
                "INSERT INTO {table} VALUES ({k}, {sql_u}, {v}), ({}, NULL, {v})",
                k + 30
            ),
            Box::new(move |version| insert(version, k, u) && insert(version, k + 30, None)),
        ),
        4..=5 => (
            format!("UPDATE {table} SET v = {v} WHERE k BETWEEN {k} AND {to}"),
            Box::new(move |version| {
                for (key, row) in version.rows.range_mut((table, k)..=(table, to)) {
                    row.1 = v;
                    version.touched.insert(*key);
                }
                true
            }),
        ),
        6 => (
            format!("UPDATE {table} SET u = {sql_u} WHERE k = {k}"),
            Box::new(move |version| {
                let Some(old) = version.rows.get(&(table, k)).copied() else {
                    return true;
                };
                if u.is_some_and(|u| old.0 != Some(u) && has_u(&version.rows, table, u)) {
                    return false;
                }
                version.rows.insert((table, k), (u, old.1));
                version.touched.insert((table, k));
                true
            }),
        ),
        7 => (
            format!("UPDATE {table} SET k = {to} WHERE k = {k}"),
            Box::new(move |version| {
                let Some(row) = version.rows.get(&(table, k)).copied() else {
                    return true;
                };
                if to != k && version.rows.contains_key(&(table, to)) {
                    return false;
                }
                version.rows.remove(&(table, k));
                version.rows.insert((table, to), row);
                version.touched.extend([(table, k), (table, to)]);
                true
            }),
        ),
        8 => (
            format!("REPLACE INTO {table} VALUES ({k}, {sql_u}, {v})"),
            Box::new(move |version| {
                let clashes = |(key, row): (&Key, &(Option<i64>, i64))| {
                    key.0 == table && (key.1 == k || (u.is_some() && row.0 == u))
                };
                let gone: Vec<Key> = version
                    .rows
                    .iter()
                    .filter(|r| clashes(*r))
                    .map(|(k, _)| *k)
                    .collect();
                for key in gone {
                    version.rows.remove(&key);
                    version.touched.insert(key);
                }
                insert(version, k, u)
            }),
        ),
        9 => (
            format!("INSERT INTO {table} VALUES ({k}, NULL, {v}) ON DUPLICATE KEY UPDATE v = v + 1"),
            Box::new(move |version| {
                if let Some(row) = version.rows.get_mut(&(table, k)) {
                    row.1 += 1;
                    version.touched.insert((table, k));
                    return true;
                }
                insert(version, k, None)
            }),
        ),
        _ => (
            format!("DELETE FROM {table} WHERE k BETWEEN {k} AND {to}"),
            Box::new(move |version| {
                let gone: Vec<Key> = version
                    .rows
                    .range((table, k)..=(table, to))
                    .map(|(k, _)| *k)
                    .collect();
                for key in gone {
                    version.rows.remove(&key);
                    version.touched.insert(key);
                }
                true
            }),
        ),
    }
}

fn shown(rows: &Rows, table: &str) -> String {
    let text = |((_, k), (u, v)): (&Key, &(Option<i64>, i64))| {
        format!("{k} {} {v}", u.map_or("NULL".to_string(), |u| u.to_string()))
    };
    let rows = rows.iter().filter(|((t, _), _)| *t == table);
    rows.map(text).collect::<Vec<_>>().join(", ")
}

/// How a statement ended, as its code.
fn outcome(c: &mut Client, sql: &str) -> &'static str {
    match c.run(sql) {
        Ok(_) => "ok",
        Err(e) => e.code(),
    }
}

fn run(layout: Layout, seed: u64) {
    let bed = TestBed::new(layout);
    let mut random = Random::new(seed);
    let mut model = Model::default();
    for table in TABLES {
        bed.client().ok(&format!(
            "CREATE TABLE {table} (k INT PRIMARY KEY, u INT UNIQUE, v INT)"
        ));
    }
    let mut sessions: Vec<(Client, Option<Open>)> = (0..3).map(|_| (bed.client(), None)).collect();
    for _ in 0..150 {
        let i = random.below(3) as usize;
        let (c, open) = &mut sessions[i];
        println!("-- session {i}");
        match (random.below(100), open.take()) {
            (0..=24, None) => {
                let (level, name) = [
                    (Level::ReadCommitted, "READ COMMITTED"),
                    (Level::RepeatableRead, "REPEATABLE READ"),
                    (Level::Serializable, "SERIALIZABLE"),
                ][random.below(3) as usize];
                c.ok(&format!("START TRANSACTION ISOLATION LEVEL {name}"));
                let now = Version {
                    rows: model.rows.clone(),
                    touched: BTreeSet::new(),
                };
                *open = Some(Open {
                    level,
                    read: BTreeSet::new(),
                    used: BTreeSet::new(),
                    base: model.commits.len(),
                    now,
                    savepoints: Vec::new(),
                });
            }
            (0..=11, Some(mut tx)) => {
                // What it read has changed: all of it, or something of a table it looked into.
                let writes = !tx.now.touched.is_empty();
                let serializable = writes && tx.level == Level::Serializable;
                let must_lose = serializable && model.changed_since(tx.base, &tx.read);
                let may_lose = serializable && model.changed_since(tx.base, &tx.used);
                let lost = writes && !model.rebase(&mut tx, false);
                let ended = outcome(c, "COMMIT");
                match (lost || must_lose, may_lose) {
                    (true, _) => assert_eq!(ended, "40001"),
                    (false, false) => assert_eq!(ended, "ok"),
                    (false, true) => assert!(ended == "ok" || ended == "40001", "{ended}"),
                }
                if ended == "ok" {
                    model.commit(tx.now);
                }
            }
            (12..=15, Some(_)) => c.ok("ROLLBACK"),
            (16..=20, Some(mut tx)) => {
                c.ok(&format!("SAVEPOINT s{}", tx.savepoints.len()));
                tx.savepoints.push(tx.now.clone());
                *open = Some(tx);
            }
            (21..=25, Some(mut tx)) if !tx.savepoints.is_empty() => {
                let to = random.below(tx.savepoints.len() as u64) as usize;
                c.ok(&format!("ROLLBACK TO s{to}"));
                tx.savepoints.truncate(to + 1);
                tx.now = tx.savepoints[to].clone();
                *open = Some(tx);
            }
            (26..=45, mut tx) => {
                // A look at one table.
                let table = TABLES[random.below(3) as usize];
                let sql = format!("SELECT * FROM {table} ORDER BY k");
                let lost = tx
                    .as_mut()
                    .is_some_and(|t| t.level == Level::ReadCommitted && !model.rebase(t, true));
                if let Some(tx) = &mut tx {
                    tx.read.insert(table);
                    tx.used.insert(table);
                }
                if lost {
                    assert_eq!(outcome(c, &sql), "40001");
                } else {
                    let rows = tx.as_ref().map_or(&model.rows, |t| &t.now.rows);
                    assert_eq!(c.q(&sql), shown(rows, table));
                }
                *open = tx;
            }
            (_, Some(mut tx)) => {
                let (sql, change) = statement(&mut random);
                tx.used
                    .extend(TABLES.iter().filter(|t| sql.contains(&format!(" {t} "))));
                if tx.level == Level::ReadCommitted && !model.rebase(&mut tx, true) {
                    assert_eq!(outcome(c, &sql), "40001");
                } else {
                    let mut after = tx.now.clone();
                    let done = change(&mut after);
                    assert_eq!(outcome(c, &sql), if done { "ok" } else { "23505" });
                    if done {
                        tx.now = after;
                    }
                }
                *open = Some(tx);
            }
            (_, None) => {
                let (sql, change) = statement(&mut random);
                let mut after = Version {
                    rows: model.rows.clone(),
                    touched: BTreeSet::new(),
                };
                let done = change(&mut after);
                assert_eq!(outcome(c, &sql), if done { "ok" } else { "23505" });
                if done {
                    model.commit(after);
                }
            }
        }
    }
    drop(sessions);
    let mut c = bed.client();
    for table in TABLES {
        assert_eq!(
            c.q(&format!("SELECT * FROM {table} ORDER BY k")),
            shown(&model.rows, table)
        );
    }
    bed.check();
}

#[test]
fn sessions_behave_as_the_model_says() {
    let seeds = match std::env::var("AMPHI_SEED") {
        Ok(seed) => {
            let seed: u64 = seed.parse().expect("AMPHI_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..std::env::var("AMPHI_SEEDS").map_or(25, |n| n.parse().expect("AMPHI_SEEDS is a number")),
    };
    for seed in seeds {
        for layout in Layout::ALL {
            println!("AMPHI_SEED={seed} layout {layout:?}");
            run(layout, seed);
        }
    }
}
