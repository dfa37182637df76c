//! Bytes of memory and of files per row.

use crate::{
    allocation, amphi_engine,
    engine::{Engine, directory, file_bytes},
    rows::{GROUPS, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::Within,
};

/// Bytes SQLite has allocated now, in all connections.
fn sqlite_memory() -> i64 {
    // SAFETY: reads a counter of the library.
    unsafe { rusqlite::ffi::sqlite3_memory_used() }
}

pub fn all(run: &mut Runner) {
    let all = rows(run.rows, GROUPS);
    let per_row = |bytes: f64| bytes / all.len() as f64;
    let task = Task {
        name: "memory/bytes per row",
        operations: 1,
        targets: &[Within(SQLITE, 1.1)],
    };
    run.figure(&task, amphi_engine::NAME, || {
        let (_engine, bytes) = allocation::of(|| {
            let engine = amphi_engine::memory();
            engine.create("t");
            engine.insert_all("t", &all);
            engine
        });
        per_row(bytes as f64)
    });
    run.figure(&task, SQLITE, || {
        let before = sqlite_memory();
        let engine = sqlite_engine::memory();
        engine.create("t");
        engine.insert_all("t", &all);
        per_row((sqlite_memory() - before) as f64)
    });

    let task = Task {
        name: "persistent/file bytes per row",
        operations: 1,
        targets: &[Within(SQLITE, 1.0)],
    };
    run.figure(&task, amphi_engine::NAME, || {
        let at = directory();
        let engine = amphi_engine::Amphi::on(amphi_engine::open(at.path(), 256), "ENGINE = persistent");
        engine.create("t");
        engine.insert_all("t", &all);
        engine.db.close().unwrap();
        per_row(file_bytes(at.path()) as f64)
    });
    run.figure(&task, SQLITE, || {
        let at = directory();
        let engine = sqlite_engine::Sqlite::on(sqlite_engine::open(&at.path().join("db"), "NORMAL", 4096));
        engine.create("t");
        engine.insert_all("t", &all);
        drop(engine);
        per_row(file_bytes(at.path()) as f64)
    });
}
