//! Statements that are stopped: on request from another thread, and when their time is over.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::session::{Outcome, Session};
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use std::time::{Duration, Instant};

/// Statements that take hours, each through other operators.
const ENDLESS: [&str; 8] = [
    "SELECT COUNT(*) FROM t a, t b, t c, t d, t e",
    "SELECT COUNT(*) FROM t a JOIN t b ON a.g = b.g JOIN t c ON b.g = c.g JOIN t d ON c.g = d.g JOIN t e ON d.g = e.g",
    "SELECT COUNT(*) FROM t a JOIN t b ON b.k = a.k JOIN t c ON c.k = b.k JOIN t d ON d.k = c.k JOIN t e ON e.k = d.k",
    "SELECT COUNT(*) FROM generate_series(1, 9000000000000000) s(i) WHERE i < 0",
    "SELECT COUNT(DISTINCT x) FROM (SELECT a.id % 7 AS x FROM t a, t b, t c, t d, t e) q",
    "SELECT a.id, (SELECT MAX(b.id) FROM t b, t c, t d, t e WHERE b.id > a.id) FROM t a",
    "INSERT INTO t SELECT a.id + 1000, 1, 1 FROM t a, t b, t c, t d, t e WHERE a.id + b.id + c.id + d.id + e.id < 0",
    "DELETE FROM t WHERE id = (SELECT MAX(a.id) FROM t a, t b, t c, t d, t e)",
];
/// Far more than any of them takes to stop.
const SOON: Duration = Duration::from_secs(20);

fn run(session: &mut Session, sql: &str) -> Result<usize, Error> {
    match block_on(session.execute(sql, ()))? {
        Outcome::Rows(mut rows) => {
            let mut count = 0;
            while let Some(batch) = block_on(rows.next_batch())? {
                count += batch.rows();
            }
            Ok(count)
        }
        _ => Ok(0),
    }
}

/// A session on a table of 200 rows in few groups, in a transaction that has changed it.
fn with_table(placement: TestPlacement, test: impl Fn(&mut Session)) {
    let db = placement.open(placement.store()).unwrap();
    let mut session = db.session();
    run(
        &mut session,
        &placement.statement("CREATE TABLE t (id INT PRIMARY KEY, g INT, k INT, INDEX (k))"),
    )
    .unwrap();
    run(
        &mut session,
        "INSERT INTO t SELECT i, i % 2, i % 2 FROM generate_series(1, 200) s(i)",
    )
    .unwrap();
    run(&mut session, "BEGIN").unwrap();
    run(&mut session, "UPDATE t SET g = 0 WHERE id = 1").unwrap();
    test(&mut session);
    // The transaction is open, and of the statements that were stopped nothing is left.
    assert_eq!(run(&mut session, "SELECT * FROM t"), Ok(200));
    run(&mut session, "COMMIT").unwrap();
    assert_eq!(run(&mut session, "SELECT * FROM t WHERE id = 1 AND g = 0"), Ok(1));
    assert!(block_on(db.check()).unwrap().is_empty());
}

#[test]
fn a_request_stops_the_running_statement_and_no_other() {
    for placement in TestPlacement::ALL {
        with_table(placement, |session| {
            let handle = session.interrupt_handle();
            // Nothing runs, so nothing is stopped.
            handle.interrupt();
            for sql in ENDLESS {
                let began = Instant::now();
                let handle = handle.clone();
                let stopper = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(30));
                    handle.interrupt();
                });
                let stopped = run(session, sql);
                assert_eq!(
                    stopped,
                    Err(Error::Interrupted { limit_ms: None }),
                    "{placement:?}: {sql}"
                );
                assert!(began.elapsed() < SOON, "{placement:?}: {sql}");
                stopper.join().unwrap();
            }
        });
    }
}

#[test]
fn a_statement_stops_when_its_time_is_over() {
    for placement in TestPlacement::ALL {
        with_table(placement, |session| {
            session.set_statement_timeout(Some(10));
            for sql in ENDLESS {
                let late = run(session, sql);
                assert_eq!(
                    late,
                    Err(Error::Interrupted { limit_ms: Some(10) }),
                    "{placement:?}: {sql}"
                );
            }
            session.set_statement_timeout(None);
        });
    }
}

#[test]
fn the_limit_is_an_option_of_the_database_and_comes_back_with_a_reset() {
    let db = amphi::Database::from_json(r#"{"statement_timeout_ms": 10}"#).unwrap();
    let endless = "SELECT COUNT(*) FROM generate_series(1, 9000000000000000)";
    let late = db.query_row(endless, ()).map(|_| ());
    assert_eq!(late, Err(Error::Interrupted { limit_ms: Some(10) }));
    assert_eq!(late.unwrap_err().code(), "57014");
}
