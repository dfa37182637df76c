//! Moving a table between memory and disk, against `INSERT … SELECT` between SQLite's databases.

use crate::{
    amphi_engine,
    clock::one_way,
    engine::{Engine, directory},
    rows::{GROUPS, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::Faster,
};

pub fn all(run: &mut Runner) {
    let all = rows(run.rows, GROUPS);
    let task = |name| Task {
        name,
        operations: all.len(),
        targets: &[Faster(SQLITE, 3.0)],
    };
    let out = task("migration/memory to persistent");
    let back = task("migration/persistent to memory");

    let load = || {
        let engine = amphi_engine::persistent("", 256);
        engine.create("t");
        engine.insert_all("t", &all);
        engine
    };
    let store = |db: &amphi::Database| {
        db.migrate_to_persistent("t").unwrap();
        db.flush().unwrap();
    };
    // With the removal of the stored copy.
    let fetch = |db: &amphi::Database| {
        db.disable_persistence("t").unwrap();
        db.flush().unwrap();
    };
    let mut engine = None;
    run.time(&out, amphi_engine::NAME, |b| {
        let db = &engine.get_or_insert_with(load).db;
        one_way(b, || store(db), |()| fetch(db));
    });
    let mut engine = None;
    run.time(&back, amphi_engine::NAME, |b| {
        let engine = engine.get_or_insert_with(|| {
            let engine = load();
            store(&engine.db);
            engine
        });
        one_way(b, || fetch(&engine.db), |()| store(&engine.db));
    });

    let at = directory();
    let attach = || {
        let engine = sqlite_engine::memory();
        let path = at.path().join("disk");
        engine.run(&format!("ATTACH '{}' AS disk", path.display()));
        engine.run("PRAGMA disk.journal_mode = WAL; PRAGMA disk.synchronous = NORMAL");
        engine.create("main.t");
        engine.run("DROP TABLE IF EXISTS disk.t");
        engine.create("disk.t");
        engine
    };
    let mut sqlite = None;
    run.time(&out, SQLITE, |b| {
        let engine = sqlite.get_or_insert_with(|| {
            let engine = attach();
            engine.insert_all("main.t", &all);
            engine
        });
        one_way(
            b,
            || engine.run("INSERT INTO disk.t SELECT * FROM main.t"),
            |()| engine.run("DELETE FROM disk.t"),
        );
    });
    drop(sqlite);
    let mut sqlite = None;
    run.time(&back, SQLITE, |b| {
        let engine = sqlite.get_or_insert_with(|| {
            let engine = attach();
            engine.insert_all("disk.t", &all);
            engine
        });
        one_way(
            b,
            || engine.run("INSERT INTO main.t SELECT * FROM disk.t"),
            |()| engine.run("DELETE FROM main.t"),
        );
    });
}
