//! Point, index and range reads of persistent tables, cached and not, and opening a database.

use crate::{
    amphi_engine,
    clock::one_way,
    engine::{Engine, Fixture, Kind, directory},
    memory_reads::{self, load_indexed},
    persistent_writes::CACHE_MB,
    redb_floor::{self, Redb},
    rows::{GROUPS, Ids, ROWS_PER_KEY, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::{Faster, Within},
};
use std::hint::black_box;

fn reads(run: &mut Runner) {
    let n = run.rows;
    let all = rows(n, n / ROWS_PER_KEY);
    let fixtures = |cache_mb: u64, cache_kb: u64| {
        let all = &all;
        [
            Fixture::new(amphi_engine::NAME, move || {
                let engine = amphi_engine::persistent("ENGINE = persistent", cache_mb);
                load_indexed(&engine, all);
                engine.flush();
                Box::new(engine)
            }),
            Fixture::new(SQLITE, move || {
                let engine = sqlite_engine::file("NORMAL", cache_kb);
                load_indexed(&engine, all);
                Box::new(engine)
            }),
        ]
    };
    let [amphi, sqlite] = fixtures(CACHE_MB, CACHE_MB * 1024);
    let task = Task {
        name: "persistent/point select, cached",
        operations: 1,
        targets: &[Faster(SQLITE, 2.5)],
    };
    memory_reads::point(run, &task, &[&amphi, &sqlite]);
    run.time(&task, redb_floor::NAME, |b| {
        let redb = Redb::new();
        redb.insert_all(&all);
        let mut ids = Ids::new(n);
        b.iter(|| black_box(redb.get(ids.next_id()).unwrap()));
    });
    let task = Task {
        name: "persistent/index lookup, 10 rows, cached",
        operations: 1,
        targets: &[Faster(SQLITE, 2.0)],
    };
    memory_reads::index_lookup(run, &task, &[&amphi, &sqlite]);
    let task = Task {
        name: "persistent/index range, 100 rows, cached",
        operations: 1,
        targets: &[Faster(SQLITE, 3.0)],
    };
    memory_reads::index_range(run, &task, &[&amphi, &sqlite]);
    let task = Task {
        name: "persistent/key range, 100 rows, cached",
        operations: 1,
        targets: &[Faster(SQLITE, 3.0)],
    };
    memory_reads::key_range(run, &task, &[&amphi, &sqlite]);

    let [amphi, sqlite] = fixtures(0, 8);
    let task = Task {
        name: "persistent/point select, one block read",
        operations: 1,
        targets: &[Faster(SQLITE, 1.0)],
    };
    memory_reads::point(run, &task, &[&amphi, &sqlite]);
}

/// From nothing to the first row of a big table.
fn open(run: &mut Runner) {
    const SQL: &str = "SELECT a, b, c FROM t WHERE id = 77";
    const KINDS: &[Kind] = &[Kind::Int, Kind::Float, Kind::Text];
    let task = Task {
        name: "persistent/open + first point select",
        operations: 1,
        targets: &[Within(SQLITE, 1.0)],
    };
    let all = rows(run.rows, GROUPS);
    let at = directory();
    let mut loaded = false;
    run.time(&task, amphi_engine::NAME, |b| {
        if !loaded {
            let db = amphi_engine::open(at.path(), CACHE_MB);
            let engine = amphi_engine::Amphi::on(db, "ENGINE = persistent");
            engine.create("t");
            engine.insert_all("t", &all);
            engine.db.close().unwrap();
            loaded = true;
        }
        one_way(
            b,
            || {
                let db = amphi_engine::open(at.path(), CACHE_MB);
                amphi_engine::read(&db.query_row(SQL, ()).unwrap(), KINDS);
                db
            },
            |db| db.close().unwrap(),
        );
    });
    let at = directory();
    let path = at.path().join("db");
    let mut loaded = false;
    run.time(&task, SQLITE, |b| {
        if !loaded {
            let engine = sqlite_engine::Sqlite::on(sqlite_engine::open(&path, "NORMAL", CACHE_MB * 1024));
            engine.create("t");
            engine.insert_all("t", &all);
            loaded = true;
        }
        let first = || {
            let connection = sqlite_engine::open(&path, "NORMAL", CACHE_MB * 1024);
            let read = connection.query_row(SQL, [], |row| {
                sqlite_engine::read(row, KINDS);
                Ok(())
            });
            read.unwrap();
            connection
        };
        one_way(b, first, drop);
    });
}

pub fn all(run: &mut Runner) {
    reads(run);
    open(run);
}
