//! Inserts, commits and updates of persistent tables, against SQLite's file with a write-ahead log.

use crate::{
    amphi_engine,
    engine::{Engine, Fixture},
    memory_writes::update_by_key,
    redb_floor::{self, Redb},
    rows::{GROUPS, Ids, Row, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::Faster,
};
use criterion::BatchSize::PerIteration;
use redb::Durability;
use std::thread;

const RELAXED: &str = "ENGINE = persistent";
const SYNC: &str = "WITH (persistent = true, sync_on_write = true)";
/// Default caches of both: 256 MiB.
pub const CACHE_MB: u64 = 256;

fn empty(with: &'static str, synchronous: &'static str) -> [Fixture<'static>; 2] {
    [
        Fixture::new(amphi_engine::NAME, move || {
            let engine = amphi_engine::persistent(with, CACHE_MB);
            engine.create("t");
            Box::new(engine)
        }),
        Fixture::new(SQLITE, move || {
            let engine = sqlite_engine::file(synchronous, CACHE_MB * 1024);
            engine.create("t");
            Box::new(engine)
        }),
    ]
}

/// One commit per row.
fn insert_each(engine: &dyn Engine, rows: &[Row]) {
    let mut insert = engine.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", &[]);
    rows.iter().for_each(|row| insert.insert(row));
}

fn inserts(run: &mut Runner) {
    let all = rows(run.rows, GROUPS);
    // The time ends when everything is durable (SQLite: written).
    let task = Task {
        name: "persistent/insert prepared, one transaction",
        operations: all.len(),
        targets: &[Faster(SQLITE, 3.0)],
    };
    for fixture in &empty(RELAXED, "NORMAL") {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || fixture.fresh(),
                |engine| {
                    engine.insert_all("t", &all);
                    engine.flush();
                    engine
                },
                PerIteration,
            );
        });
    }
    run.time(&task, redb_floor::NAME, |b| {
        b.iter_batched(
            Redb::new,
            |redb| {
                redb.insert_all(&all);
                redb
            },
            PerIteration,
        );
    });

    let some = &all[..all.len().min(5_000)];
    let task = Task {
        name: "persistent/relaxed commits of one row",
        operations: some.len(),
        targets: &[Faster(SQLITE, 5.0)],
    };
    for fixture in &empty(RELAXED, "NORMAL") {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || fixture.fresh(),
                |engine| {
                    insert_each(&*engine, some);
                    engine.flush();
                    engine
                },
                PerIteration,
            );
        });
    }
    run.time(&task, redb_floor::NAME, |b| {
        b.iter_batched(
            Redb::new,
            |redb| {
                redb.insert_each(some, Durability::None);
                redb
            },
            PerIteration,
        );
    });

    let some = &all[..all.len().min(200)];
    let task = Task {
        name: "persistent/sync commits of one row, 1 thread",
        operations: some.len(),
        targets: &[Faster(SQLITE, 1.1)],
    };
    for fixture in &empty(SYNC, "FULL") {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || fixture.fresh(),
                |engine| {
                    insert_each(&*engine, some);
                    engine
                },
                PerIteration,
            );
        });
    }
    run.time(&task, redb_floor::NAME, |b| {
        b.iter_batched(
            Redb::new,
            |redb| {
                redb.insert_each(some, Durability::Immediate);
                redb
            },
            PerIteration,
        );
    });

    let task = Task {
        name: "persistent/sync commits of one row, 4 threads",
        operations: some.len(),
        targets: &[Faster(SQLITE, 3.0)],
    };
    for fixture in &empty(SYNC, "FULL") {
        run.time(&task, fixture.name, |b| {
            b.iter_batched(
                || {
                    let engine = fixture.fresh();
                    let connections: Vec<_> = (0..4).map(|_| engine.connect()).collect();
                    (engine, connections)
                },
                |(engine, connections)| {
                    thread::scope(|scope| {
                        for (rows, connection) in some.chunks(some.len() / 4).zip(connections) {
                            scope.spawn(move || insert_each(&*connection, rows));
                        }
                    });
                    engine
                },
                PerIteration,
            );
        });
    }
}

fn updates(run: &mut Runner) {
    let n = run.rows;
    let all = rows(n, GROUPS);
    let [amphi, sqlite] = empty(RELAXED, "NORMAL");
    for fixture in [&amphi, &sqlite] {
        let loaded = Fixture::new(fixture.name, || {
            let engine = fixture.fresh();
            engine.insert_all("t", &all);
            engine.flush();
            engine
        });
        let count = n.min(5_000);
        let task = Task {
            name: "persistent/update by key, one transaction",
            operations: count,
            targets: &[Faster(SQLITE, 2.0)],
        };
        let mut ids = Ids::new(n);
        run.engines(&task, &[&loaded], |engine, b| {
            b.iter(|| {
                engine.begin();
                update_by_key(engine, &mut ids, count);
                engine.commit();
            });
        });
    }
}

pub fn all(run: &mut Runner) {
    inserts(run);
    updates(run);
}
