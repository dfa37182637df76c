//! What the Rust API adds to the engine: handles, streaming, closing, retries, durability.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::{
    CacheConfig, Config, Database, Error, IsolationLevel, PersistenceOptions, Placement, Rows, Session,
    Statement, Transaction, TransactionOptions,
};
use std::thread;
use tempfile::TempDir;

const PLACEMENTS: [Placement; 3] = [Placement::Memory, Placement::Persistent, Placement::Dual];

/// A database on a store with a cache so small that persistent blocks come from the store.
fn open(directory: &TempDir) -> Database {
    Database::from_config(Config {
        data_dir: directory.path().to_str().unwrap().to_owned(),
        cache: CacheConfig {
            max_bytes: Some(1),
            ..CacheConfig::default()
        },
        ..Config::default()
    })
    .unwrap()
}

fn count(db: &Database, table: &str) -> i64 {
    db.query_row(&format!("SELECT count(*) FROM {table}"), ())
        .unwrap()
        .get(0)
        .unwrap()
}

#[test]
fn handles_go_to_other_threads() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    shared::<Database>();
    shared::<Session>();
    shared::<Transaction>();
    shared::<Statement<'static>>();
    sent::<Rows>();
}

#[test]
fn rows_stream_from_the_snapshot_they_started_on() {
    let directory = TempDir::new().unwrap();
    let db = open(&directory);
    for placement in PLACEMENTS {
        let table = format!("t_{placement}");
        db.execute(
            &format!("CREATE TABLE {table} (a INT PRIMARY KEY) ENGINE = {placement}"),
            (),
        )
        .unwrap();
        let insert = db.prepare(&format!("INSERT INTO {table} VALUES (?)")).unwrap();
        db.transaction(|tx| {
            let insert = tx.prepare(insert.sql())?;
            (0..5_000).try_for_each(|a| insert.execute((a,)).map(|_| ()))
        })
        .unwrap();
        let mut rows = db
            .query(&format!("SELECT a FROM {table} ORDER BY a"), ())
            .unwrap();
        assert_eq!(rows.next().unwrap().unwrap().get::<i64>(0), Ok(0));
        db.execute(&format!("DELETE FROM {table} WHERE a >= 10"), ())
            .unwrap();
        assert_eq!(count(&db, &table), 10);
        let rest: Vec<i64> = rows.map(|row| row.unwrap().get(0).unwrap()).collect();
        assert_eq!(rest, (1..5_000).collect::<Vec<i64>>(), "{placement}");
    }
}

#[test]
fn a_panic_in_a_transaction_rolls_it_back() {
    let db = Database::memory().unwrap();
    db.execute("CREATE TABLE t (a INT)", ()).unwrap();
    let panicked = thread::scope(|scope| {
        let work = || {
            db.transaction(|tx| -> amphi::Result<()> {
                tx.execute("INSERT INTO t VALUES (1)", ())?;
                panic!("in the closure")
            })
        };
        scope.spawn(work).join()
    });
    assert!(panicked.is_err());
    assert_eq!(count(&db, "t"), 0);
    db.execute("INSERT INTO t VALUES (2)", ()).unwrap();
    assert_eq!(count(&db, "t"), 1);
}

#[test]
fn concurrent_counters_lose_no_increment_in_any_placement() {
    const THREADS: usize = 4;
    const TIMES: usize = 50;
    let directory = TempDir::new().unwrap();
    let db = open(&directory);
    for placement in PLACEMENTS {
        let table = format!("c_{placement}");
        db.execute(
            &format!("CREATE TABLE {table} (id INT PRIMARY KEY, n INT) ENGINE = {placement}"),
            (),
        )
        .unwrap();
        db.execute(&format!("INSERT INTO {table} VALUES (1, 0)"), ())
            .unwrap();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let (db, table) = (db.clone(), &table);
                scope.spawn(move || {
                    for _ in 0..TIMES {
                        db.transaction(|tx| {
                            let read = format!("SELECT n FROM {table} WHERE id = 1");
                            let n: i64 = tx.query_row(&read, ())?.get(0)?;
                            tx.execute(&format!("UPDATE {table} SET n = ? WHERE id = 1"), (n + 1,))
                        })
                        .unwrap();
                    }
                });
            }
        });
        let n: i64 = db
            .query_row(&format!("SELECT n FROM {table}"), ())
            .unwrap()
            .get(0)
            .unwrap();
        assert_eq!(n, (THREADS * TIMES) as i64, "{placement}");
    }
}

#[test]
fn a_lost_conflict_is_reported_by_a_plain_transaction() {
    let db = Database::memory().unwrap();
    db.execute_script("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0);")
        .unwrap();
    let (a, b) = (db.begin_transaction().unwrap(), db.begin_transaction().unwrap());
    a.execute("UPDATE t SET n = 1", ()).unwrap();
    b.execute("UPDATE t SET n = 2", ()).unwrap();
    a.commit().unwrap();
    let lost = b.commit();
    assert!(
        matches!(&lost, Err(e @ Error::WriteConflict { .. }) if e.is_retryable()),
        "{lost:?}"
    );
    assert_eq!(db.stats().conflicts, 1);
    let n: i64 = db.query_row("SELECT n FROM t", ()).unwrap().get(0).unwrap();
    assert_eq!(n, 1);
}

#[test]
fn isolation_levels_differ_in_what_they_see() {
    let db = Database::memory().unwrap();
    db.execute_script("CREATE TABLE t (a INT); INSERT INTO t VALUES (1);")
        .unwrap();
    let begin = |isolation| {
        let options = TransactionOptions {
            isolation,
            ..TransactionOptions::default()
        };
        db.begin_transaction_with(options).unwrap()
    };
    let committed = begin(IsolationLevel::ReadCommitted);
    let repeatable = begin(IsolationLevel::RepeatableRead);
    db.execute("INSERT INTO t VALUES (2)", ()).unwrap();
    let seen = |tx: &Transaction| tx.query("SELECT * FROM t", ()).unwrap().count();
    assert_eq!((seen(&committed), seen(&repeatable)), (2, 1));
}

#[test]
fn statements_that_need_a_session_are_refused_on_the_handle() {
    let db = Database::memory().unwrap();
    let refused = db.execute("BEGIN", ());
    assert!(
        matches!(refused, Err(Error::TransactionState { .. })),
        "{refused:?}"
    );
    db.execute("CREATE SCHEMA other", ()).unwrap();
    assert!(db.execute("USE other", ()).is_err());
    db.session().execute("USE other", ()).unwrap();
}

#[test]
fn everything_stored_is_there_after_reopening_and_nothing_else() {
    let directory = TempDir::new().unwrap();
    let db = open(&directory);
    for placement in PLACEMENTS {
        db.execute(
            &format!("CREATE TABLE t_{placement} (a INT PRIMARY KEY, b TEXT) ENGINE = {placement}"),
            (),
        )
        .unwrap();
    }
    db.enable_persistence("later", PersistenceOptions::default())
        .unwrap();
    db.transaction(|tx| {
        for placement in PLACEMENTS {
            let sql = format!("INSERT INTO t_{placement} VALUES (?, ?)");
            for a in 0..1_000 {
                tx.execute(&sql, (a, format!("row {a}")))?;
            }
        }
        Ok(())
    })
    .unwrap();
    drop(db);
    let db = open(&directory);
    assert_eq!(db.list_persistent_tables(), ["t_dual", "t_persistent"]);
    assert_eq!((count(&db, "t_dual"), count(&db, "t_persistent")), (1_000, 1_000));
    assert!(matches!(
        db.query("SELECT * FROM t_memory", ()),
        Err(Error::Unknown { .. })
    ));
    db.execute("CREATE TABLE later (a INT)", ()).unwrap();
    assert_eq!(
        db.get_persistence_config("later").unwrap().placement(),
        Placement::Persistent
    );
    assert_eq!(db.check().unwrap().problems, []);
}

#[test]
fn closing_releases_the_directory_for_every_handle() {
    let directory = TempDir::new().unwrap();
    let db = open(&directory);
    let other = db.clone();
    let statement = db.prepare("SELECT 1").unwrap();
    assert!(matches!(
        Database::open(directory.path()),
        Err(Error::Locked { .. })
    ));
    db.close().unwrap();
    other.close().unwrap();
    assert_eq!(other.execute("SELECT 1", ()), Err(Error::Closed));
    assert_eq!(statement.execute(()), Err(Error::Closed));
    Database::open(directory.path()).unwrap();
}

#[test]
fn a_result_keeps_the_store_open_until_it_is_read() {
    let directory = TempDir::new().unwrap();
    let db = open(&directory);
    db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())
        .unwrap();
    db.transaction(|tx| {
        (0..3_000).try_for_each(|a| tx.execute("INSERT INTO t VALUES (?)", (a,)).map(|_| ()))
    })
    .unwrap();
    let rows = db.query("SELECT a FROM t", ()).unwrap();
    drop(db);
    let rows: Vec<_> = rows.map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3_000);
    Database::open(directory.path()).unwrap();
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let db = Database::memory().unwrap();
    for result in [
        db.query_row("SELECT ?", ()),
        db.query_row("SELECT ?", (1, 2)),
        db.query_row("SELECT :a", amphi::named_params! { ":b": 1 }),
    ] {
        assert!(matches!(result, Err(Error::Parameter { .. })), "{result:?}");
    }
    let row = db
        .query_row("SELECT :a + :a", amphi::named_params! { ":a": 4 })
        .unwrap();
    assert_eq!(row.get::<i64>(0), Ok(8));
}

#[test]
fn without_a_store_nothing_can_be_persistent() {
    let db = Database::memory().unwrap();
    db.execute("CREATE TABLE t (a INT)", ()).unwrap();
    let refused = db.enable_persistence("t", PersistenceOptions::default());
    assert!(matches!(refused, Err(Error::NoStore { .. })), "{refused:?}");
    let refused = db.execute("CREATE TABLE p (a INT) ENGINE = persistent", ());
    assert!(matches!(refused, Err(Error::NoStore { .. })), "{refused:?}");
    let config = r#"{ "default_persistent": true }"#;
    assert!(matches!(Database::from_json(config), Err(Error::Config { .. })));
}
