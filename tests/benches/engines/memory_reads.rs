//! Point, index and range reads of tables in memory, against SQLite's `:memory:`.

use crate::{
    amphi_engine,
    engine::{Engine, Fixture, Kind, ROW},
    floors, gluesql_engine,
    rows::{Ids, ROWS_PER_KEY, Row, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::Faster,
};
use std::{collections::BTreeMap, hint::black_box};

const POINT: &str = "SELECT a, b, c FROM t WHERE id = ?1";
const POINT_KINDS: &[Kind] = &[Kind::Int, Kind::Float, Kind::Text];
const INDEX_LOOKUP: &str = "SELECT id, a, b, c FROM t WHERE a = ?1";
const INDEX_RANGE: &str = "SELECT id, a, b, c FROM t WHERE a BETWEEN ?1 AND ?2";
const KEY_RANGE: &str = "SELECT id, a, b, c FROM t WHERE id BETWEEN ?1 AND ?2";

/// The table with an index on `a`, ten rows to a value.
pub fn load_indexed(engine: &dyn Engine, rows: &[Row]) {
    engine.create("t");
    engine.insert_all("t", rows);
    engine.run("CREATE INDEX t_a ON t (a)");
}

/// A random row by its key.
pub fn point(run: &mut Runner, task: &Task, fixtures: &[&Fixture<'_>]) {
    let mut ids = Ids::new(run.rows);
    run.engines(task, fixtures, |engine, b| {
        let mut select = engine.prepare(POINT, POINT_KINDS);
        b.iter(|| assert_eq!(select.query(&[ids.next_id()]), 1));
    });
}

/// The ten or so rows of a value of an indexed column.
pub fn index_lookup(run: &mut Runner, task: &Task, fixtures: &[&Fixture<'_>]) {
    let mut keys = Ids::new(run.rows / ROWS_PER_KEY);
    run.engines(task, fixtures, |engine, b| {
        let mut select = engine.prepare(INDEX_LOOKUP, ROW);
        b.iter(|| select.query(&[keys.next_id()]));
    });
}

/// The hundred or so rows of a range of an indexed column.
pub fn index_range(run: &mut Runner, task: &Task, fixtures: &[&Fixture<'_>]) {
    let mut keys = Ids::new(run.rows / ROWS_PER_KEY - 10);
    run.engines(task, fixtures, |engine, b| {
        let mut select = engine.prepare(INDEX_RANGE, ROW);
        b.iter(|| {
            let from = keys.next_id();
            select.query(&[from, from + 9])
        });
    });
}

/// A hundred rows in a row.
pub fn key_range(run: &mut Runner, task: &Task, fixtures: &[&Fixture<'_>]) {
    let mut ids = Ids::new(run.rows - 100);
    run.engines(task, fixtures, |engine, b| {
        let mut select = engine.prepare(KEY_RANGE, ROW);
        b.iter(|| {
            let from = ids.next_id();
            assert_eq!(select.query(&[from, from + 99]), 100);
        });
    });
}

pub fn all(run: &mut Runner) {
    let n = run.rows;
    let all = rows(n, n / ROWS_PER_KEY);
    let amphi = Fixture::new(amphi_engine::NAME, || {
        let engine = amphi_engine::memory();
        load_indexed(&engine, &all);
        Box::new(engine)
    });
    let sqlite = Fixture::new(SQLITE, || {
        let engine = sqlite_engine::memory();
        load_indexed(&engine, &all);
        Box::new(engine)
    });
    let glue = Fixture::new(gluesql_engine::NAME, || {
        let engine = gluesql_engine::memory();
        engine.create("t");
        engine.insert_all("t", &all);
        Box::new(engine)
    });
    let task = Task {
        name: "memory/point select prepared",
        operations: 1,
        targets: &[Faster(SQLITE, 2.0)],
    };
    point(run, &task, &[&amphi, &sqlite, &glue]);
    run.time(&task, floors::MAP, |b| {
        let map: BTreeMap<i64, &Row> = all.iter().map(|row| (row.id, row)).collect();
        let mut ids = Ids::new(n);
        b.iter(|| {
            let row = map[&ids.next_id()];
            black_box((row.a, row.b, row.c.clone()))
        });
    });

    let task = Task {
        name: "memory/point select as text",
        operations: 1,
        targets: &[Faster(SQLITE, 3.0)],
    };
    let mut ids = Ids::new(n);
    let texts: Vec<String> = (0..10_000)
        .map(|_| format!("SELECT a, b, c FROM t WHERE id = {}", ids.next_id()))
        .collect();
    let mut next = texts.iter().cycle();
    run.engines(&task, &[&amphi, &sqlite, &glue], |engine, b| {
        b.iter(|| assert_eq!(engine.query(next.next().unwrap(), POINT_KINDS), 1));
    });

    let task = Task {
        name: "memory/index lookup, 10 rows",
        operations: 1,
        targets: &[Faster(SQLITE, 2.0)],
    };
    index_lookup(run, &task, &[&amphi, &sqlite]);
    let task = Task {
        name: "memory/index range, 100 rows",
        operations: 1,
        targets: &[Faster(SQLITE, 3.0)],
    };
    index_range(run, &task, &[&amphi, &sqlite]);
    let task = Task {
        name: "memory/key range, 100 rows",
        operations: 1,
        targets: &[Faster(SQLITE, 3.0)],
    };
    key_range(run, &task, &[&amphi, &sqlite]);
}
