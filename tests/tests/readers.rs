//! A reader waits for nobody: not for a commit, a flush or the move of a table, wherever these have got to.
//!
//! The store holds every commit back until the test goes on, and answers reads at once. So whoever is
//! held back stands still, and a reader that waited for it would not be ready at the first poll.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_core::kv::MemoryStore;
use amphi_core::router::Config;
use amphi_core::session::{Params, Session};
use amphi_tests::eager::Eager;
use amphi_tests::placements::TestPlacement;
use amphi_tests::slow_store::SlowStore;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::text;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The answer of a future that has nobody to wait for.
#[track_caller]
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the reader waits"),
    }
}

#[track_caller]
fn read(session: &mut Session, sql: &str) -> String {
    let answer = at_once(async { collect(session.execute(sql, &Params::None).await?).await });
    text(&answer.unwrap())
}

const ROWS: i64 = 200;

/// Runs statements and a flush, to the first commit that is held back.
fn run(db: &Database, statements: Vec<String>) -> Eager<()> {
    let (db, mut session) = (db.clone(), db.session());
    Eager::start(async move {
        for sql in statements {
            session.execute(&sql, &Params::None).await.map(drop).unwrap();
        }
        db.flush().await.unwrap();
    })
}

/// Does `work` in steps from one commit of the store to the next, and reads between any two.
fn readers_go_on_during(engine: &str, work: &'static str) {
    println!("{work} ({engine})");
    let config = Config {
        // Several batches for a table.
        write_ahead_bytes: 500,
        ..TestPlacement::Memory.config()
    };
    let store = Arc::new(SlowStore::new(Arc::new(MemoryStore::new())));
    let open = Database::open(Some(store), Arc::new(SystemHost::new()), config);
    let db = Eager::start(open).finish().unwrap();
    let rows: Vec<String> = (0..ROWS).map(|i| format!("({i}, {i})")).collect();
    let setup = [
        format!("CREATE TABLE t (id INT PRIMARY KEY, n INT) ENGINE = {engine}"),
        "CREATE INDEX t_n ON t (n)".to_string(),
        format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "CREATE TABLE log (id INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true)".to_string(),
    ];
    run(&db, setup.to_vec()).finish();
    let sum = (0..ROWS).sum::<i64>().to_string();

    let (mut fresh, mut old) = (db.session(), db.session());
    read(&mut old, "BEGIN");
    let work = run(&db, work.split("; ").map(String::from).collect());
    let mut held = 0;
    while !work.is_done() {
        held += 1;
        // Whoever began before sees the state before; whoever begins now sees that or the one after.
        assert_eq!(read(&mut old, "SELECT SUM(n) FROM t"), sum);
        for sql in [
            "SELECT COUNT(*) FROM t WHERE id = 77",
            "SELECT COUNT(*) FROM t WHERE n >= 0",
        ] {
            assert!(
                ["1", "200", "0"].contains(&read(&mut fresh, sql).as_str()),
                "{sql}"
            );
        }
        assert_eq!(read(&mut fresh, "SELECT COUNT(*) FROM t"), ROWS.to_string());
        work.step();
        assert!(held < 10_000, "it does not end");
    }
    println!("held back {held} times");
    assert!(held > 0, "nothing was held back");
}

#[test]
fn of_a_durable_commit() {
    for engine in ["memory", "persistent", "dual"] {
        let work = "BEGIN; UPDATE t SET n = n + 1; INSERT INTO log VALUES (1); COMMIT";
        readers_go_on_during(engine, work);
    }
}

#[test]
fn of_a_flush() {
    for engine in ["persistent", "dual"] {
        readers_go_on_during(engine, "UPDATE t SET n = n + 1");
    }
}

#[test]
fn of_a_move() {
    for engine in ["memory", "persistent", "dual"] {
        readers_go_on_during(
            engine,
            "ALTER TABLE t ENGINE = persistent; ALTER TABLE t ENGINE = memory; ALTER TABLE t ENGINE = dual",
        );
    }
}

#[test]
fn of_an_index_that_is_built() {
    for engine in ["persistent", "dual"] {
        readers_go_on_during(engine, "CREATE INDEX another ON t (n, id)");
    }
}
