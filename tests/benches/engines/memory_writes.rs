//! Inserts, updates and deletes of tables in memory, against SQLite's `:memory:`.

use crate::{
    amphi_engine,
    clock::one_way,
    engine::{Engine, Fixture},
    floors, gluesql_engine,
    rows::{GROUPS, Ids, Row, different, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::Faster,
};
use criterion::BatchSize::PerIteration;
use std::{collections::BTreeMap, fmt::Write as _};

/// Rows of one INSERT statement with several rows.
const ROWS_PER_STATEMENT: usize = 500;
/// Statements of one measured transaction or run of autocommit statements.
const STATEMENTS: usize = 2_000;

/// Empty databases in memory.
fn empty<'a>() -> [Fixture<'a>; 3] {
    [
        Fixture::new(amphi_engine::NAME, || Box::new(amphi_engine::memory())),
        Fixture::new(SQLITE, || Box::new(sqlite_engine::memory())),
        Fixture::new(gluesql_engine::NAME, || Box::new(gluesql_engine::memory())),
    ]
}

/// INSERT statements of many rows as text.
fn statements(rows: &[Row]) -> Vec<String> {
    let texts = rows.chunks(ROWS_PER_STATEMENT).map(|rows| {
        let mut text = String::from("INSERT INTO t VALUES ");
        for (i, Row { id, a, b, c }) in rows.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(text, "{comma}({id}, {a}, {b:?}, '{c}')").unwrap();
        }
        text
    });
    texts.collect()
}

fn inserts(run: &mut Runner) {
    let all = rows(run.rows, GROUPS);
    let fixtures = empty();
    let task = Task {
        name: "memory/insert prepared, one transaction",
        operations: all.len(),
        targets: &[Faster(SQLITE, 2.0)],
    };
    let create = |fixture: &Fixture<'_>| {
        let engine = fixture.fresh();
        engine.create("t");
        engine
    };
    for fixture in &fixtures[..2] {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || create(fixture),
                |engine| {
                    engine.insert_all("t", &all);
                    engine
                },
                PerIteration,
            );
        });
    }
    run.time(&task, floors::MAP, |b| {
        b.iter_with_large_drop(|| {
            let mut map = BTreeMap::new();
            for row in &all {
                map.insert(row.id, (row.a, row.b, row.c.clone()));
            }
            map
        });
    });

    let some = &all[..all.len().min(20_000)];
    let texts = statements(some);
    let task = Task {
        name: "memory/insert text, 500 rows a statement",
        operations: some.len(),
        targets: &[Faster(SQLITE, 1.5)],
    };
    for fixture in &fixtures {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || create(fixture),
                |engine| {
                    texts.iter().for_each(|text| engine.run(text));
                    engine
                },
                PerIteration,
            );
        });
    }

    let some = &all[..all.len().min(STATEMENTS)];
    let task = Task {
        name: "memory/insert prepared, autocommit",
        operations: some.len(),
        targets: &[Faster(SQLITE, 1.2)],
    };
    for fixture in &fixtures {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || create(fixture),
                |engine| {
                    let mut insert = engine.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", &[]);
                    some.iter().for_each(|row| insert.insert(row));
                    drop(insert);
                    engine
                },
                PerIteration,
            );
        });
    }
}

/// Updates of random rows by key.
pub fn update_by_key(engine: &dyn Engine, ids: &mut Ids, count: usize) {
    let mut update = engine.prepare("UPDATE t SET a = ?1 WHERE id = ?2", &[]);
    for i in 0..count {
        assert_eq!(update.execute(&[i as i64, ids.next_id()]), 1);
    }
}

fn changes(run: &mut Runner) {
    let n = run.rows;
    let all = rows(n, GROUPS);
    let load = |engine: &dyn Engine| {
        engine.create("t");
        engine.insert_all("t", &all);
    };
    let [amphi, sqlite, glue] = [
        Fixture::new(amphi_engine::NAME, || {
            let engine = amphi_engine::memory();
            load(&engine);
            Box::new(engine)
        }),
        Fixture::new(SQLITE, || {
            let engine = sqlite_engine::memory();
            load(&engine);
            Box::new(engine)
        }),
        Fixture::new(gluesql_engine::NAME, || {
            let engine = gluesql_engine::memory();
            engine.create("t");
            statements(&all).iter().for_each(|text| engine.run(text));
            Box::new(engine)
        }),
    ];
    let count = STATEMENTS.min(n);
    let task = Task {
        name: "memory/update by key, autocommit",
        operations: count,
        targets: &[Faster(SQLITE, 1.2)],
    };
    let mut ids = Ids::new(n);
    run.engines(&task, &[&amphi, &sqlite], |engine, b| {
        b.iter(|| update_by_key(engine, &mut ids, count));
    });
    if n <= gluesql_engine::MOST_ROWS {
        // It reads the whole table for each.
        run.time_some(&task, gluesql_engine::NAME, 3, |b| {
            b.iter(|| update_by_key(glue.shared(), &mut ids, 3));
        });
    }

    let task = Task {
        name: "memory/update by key, one transaction",
        operations: count,
        targets: &[Faster(SQLITE, 1.5)],
    };
    run.engines(&task, &[&amphi, &sqlite], |engine, b| {
        b.iter(|| {
            engine.begin();
            update_by_key(engine, &mut ids, count);
            engine.commit();
        });
    });

    let task = Task {
        name: "memory/delete by key, one transaction",
        operations: count,
        targets: &[Faster(SQLITE, 1.5)],
    };
    let victims = different(count, n);
    run.engines(&task, &[&amphi, &sqlite], |engine, b| {
        let delete = || {
            engine.begin();
            let mut delete = engine.prepare("DELETE FROM t WHERE id = ?1", &[]);
            for id in &victims {
                assert_eq!(delete.execute(&[*id]), 1);
            }
            drop(delete);
            engine.commit();
        };
        let restore = |()| {
            engine.begin();
            let mut insert = engine.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", &[]);
            victims.iter().for_each(|id| insert.insert(&all[*id as usize]));
            drop(insert);
            engine.commit();
        };
        one_way(b, delete, restore);
    });
}

pub fn all(run: &mut Runner) {
    inserts(run);
    changes(run);
}
