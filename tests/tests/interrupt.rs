//! Statements that are stopped: on request from another thread, and when their time is over.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::Database;
use amphi_core::host::Host;
use amphi_core::session::{Outcome, Session};
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// A clock on which a millisecond passes whenever somebody looks: a limit of n ms is over when a statement asks for
/// the n-th time whether it may go on.
struct Looked(AtomicU64);

impl Host for Looked {
    fn unix_micros(&self) -> i64 {
        0
    }

    fn monotonic_micros(&self) -> u64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }

    fn random(&self) -> u64 {
        4
    }
}

const ROWS: u64 = 320;

/// Statements, and how often each asks at least: of 320 rows scans ask six times in memory, cursors of jobs for each of 80
/// leaves, changes every 64 rows, foreign keys and functions for every row.
const STOPPABLE: [(&str, u64); 22] = [
    ("INSERT INTO t SELECT id + 1000, g, k, s FROM t", 10),
    (
        "INSERT INTO t SELECT id, g, k, s FROM t ON DUPLICATE KEY UPDATE g = t.g + 1",
        11,
    ),
    ("REPLACE INTO t SELECT id, g + 1, k, s FROM t", 11),
    ("UPDATE t SET g = g + 1", 11),
    ("UPDATE t SET id = id + 1", 11),
    (
        "UPDATE t JOIN child ON child.p = t.id SET t.g = 9, child.v = 9",
        340,
    ),
    ("DELETE FROM t WHERE g >= 0", 11),
    ("DELETE FROM parent", 4 * ROWS),
    (
        "INSERT INTO child SELECT i, i - 1000, 0 FROM generate_series(1001, 1100) s(i)",
        100,
    ),
    ("CREATE INDEX i ON t (s, g)", 84),
    ("CREATE UNIQUE INDEX i ON t (s)", 84),
    ("ALTER TABLE t ADD COLUMN x INT DEFAULT 5", 160),
    ("ALTER TABLE t MODIFY g BIGINT NOT NULL", 160),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (g < 10)", 81),
    (
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES parent (id)",
        400,
    ),
    ("ANALYZE TABLE t", 80),
    ("CREATE TABLE u AS SELECT * FROM t", 10),
    ("SELECT * FROM t ORDER BY s DESC, g", 7),
    ("SELECT * FROM t ORDER BY s DESC LIMIT 100", 8),
    (
        "SELECT SUM(g) OVER (ORDER BY s ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING), LAG(g) OVER (ORDER BY g) FROM t",
        12,
    ),
    ("SELECT COUNT(*) FROM t JOIN parent ON parent.v = t.g", 100),
    ("SELECT LEVENSHTEIN(s, 'row 100'), REPEAT(s, 2) FROM t", 2 * ROWS),
];

#[test]
fn a_statement_can_be_stopped_in_every_phase_and_changes_nothing_then() {
    for placement in TestPlacement::ALL {
        for (sql, least) in STOPPABLE {
            let host = Arc::new(Looked(AtomicU64::new(0)));
            let db = block_on(Database::open(
                placement.store(),
                host.clone(),
                placement.config(),
            ))
            .unwrap();
            let mut session = db.session();
            for table in [
                "CREATE TABLE parent (id INT PRIMARY KEY, v INT)",
                "CREATE TABLE child (id INT PRIMARY KEY, p INT, v INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
                "CREATE TABLE t (id INT PRIMARY KEY, g INT, k INT, s VARCHAR(20), INDEX (k))",
            ] {
                run(&mut session, &placement.statement(table)).unwrap();
            }
            for rows in [
                "INSERT INTO parent SELECT i, 0 FROM generate_series(1, 320) s(i)",
                "INSERT INTO child SELECT i, i, 0 FROM generate_series(1, 320) s(i)",
                "INSERT INTO t SELECT i, 0, i % 7, CONCAT('row ', i) FROM generate_series(1, 320) s(i)",
                "BEGIN",
                "UPDATE t SET s = 'changed' WHERE id = 3",
            ] {
                run(&mut session, rows).unwrap();
            }
            let state = |session: &mut Session| {
                let tables = ["parent", "child", "t"];
                let state = tables.map(|t| texts(session, &format!("SELECT * FROM {t}")));
                (
                    state,
                    texts(session, "SHOW TABLES"),
                    texts(session, "SHOW CREATE TABLE t"),
                )
            };
            let before = state(&mut session);
            let mut limit = 1;
            let asked = loop {
                session.set_statement_timeout(Some(limit));
                let began = host.0.load(Ordering::Relaxed);
                let stopped = run(&mut session, sql);
                session.set_statement_timeout(None);
                if stopped.is_ok() {
                    break (host.0.load(Ordering::Relaxed) - began) / 1000;
                }
                let expected = Err(Error::Interrupted {
                    limit_ms: Some(limit),
                });
                assert_eq!(stopped, expected, "{placement:?}: {sql}");
                assert!(
                    state(&mut session) == before,
                    "{placement:?}: {sql} after {limit}"
                );
                limit += 1 + limit / 3;
            };
            assert!(asked >= least, "{placement:?}: {sql} asks {asked} times");
            run(&mut session, "COMMIT").unwrap();
            assert!(block_on(db.check()).unwrap().is_empty(), "{placement:?}: {sql}");
        }
    }
}

/// The rows of a query as texts.
fn texts(session: &mut Session, sql: &str) -> Vec<String> {
    let Outcome::Rows(mut rows) = block_on(session.execute(sql, ())).unwrap() else {
        panic!("{sql} has no rows")
    };
    let types: Vec<_> = rows.columns().iter().map(|c| c.ty.clone()).collect();
    let mut found = Vec::new();
    while let Some(batch) = block_on(rows.next_batch()).unwrap() {
        let columns: Vec<_> = (0..types.len()).map(|i| batch.column(i)).collect();
        for row in 0..batch.rows() {
            let mut text = String::new();
            for (column, ty) in columns.iter().zip(&types) {
                column.write_text(row, ty, &mut text);
                text.push('|');
            }
            found.push(text);
        }
    }
    found
}
