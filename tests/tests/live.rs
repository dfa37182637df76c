//! Live queries: a watch fires at a commit that touches what its query read, as precisely as the read set is, and at no
//! other one; on every placement.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::database::Watch;
use amphi_core::session::{Outcome, Params, Session, Watched};
use amphi_core::{Error, Result};
use amphi_tests::block_on::block_on;
use amphi_tests::random::Random;
use amphi_tests::sql_client::{Answer, collect};
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts, text};
use std::time::Duration;

/// Runs a query in a session, and returns its answer and the watch on it.
fn try_watch(session: &mut Session, sql: &str) -> Result<(Result<Answer>, Watch)> {
    let (prepared, _) = session.prepare(sql)?;
    let Watched { rows, watch } = session.watch(&prepared, Params::None)?;
    let answer = rows.and_then(|rows| block_on(collect(Outcome::Rows(rows))));
    Ok((answer, watch))
}

fn watch(bed: &TestBed, sql: &str) -> (String, Watch) {
    match try_watch(&mut bed.db.session(), sql) {
        Ok((Ok(answer), watch)) => (text(&answer), watch),
        Ok((Err(e), _)) | Err(e) => panic!("{sql}: {e}"),
    }
}

/// Tables `t` and `u` of 20 rows each, a parent with children, views, a trigger that logs.
fn fill(c: &mut Client) {
    c.all(&[
        "CREATE TABLE t (id INT PRIMARY KEY, a INT, s VARCHAR(20), INDEX (a))",
        "CREATE TABLE u (id INT PRIMARY KEY, t_id INT, x INT UNIQUE)",
        "CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(20))",
        "CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)",
        "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(20))",
        "CREATE TABLE empty (id INT PRIMARY KEY)",
        "CREATE VIEW v AS SELECT id, a FROM t WHERE id <= 5",
        "CREATE VIEW w AS SELECT COUNT(*) AS n FROM v",
        "CREATE VIEW other AS SELECT 1 AS one",
        "CREATE TRIGGER logs AFTER UPDATE ON u FOR EACH ROW INSERT INTO log (what) VALUES ('u')",
    ]);
    let rows = |f: &dyn Fn(i64) -> String| (1..=20).map(f).collect::<Vec<_>>().join(", ");
    c.ok(&format!(
        "INSERT INTO t VALUES {}",
        rows(&|i| format!("({i}, {}, 's{i}')", i % 7))
    ));
    c.ok(&format!(
        "INSERT INTO u VALUES {}",
        rows(&|i| format!("({i}, {}, {i})", 21 - i))
    ));
    c.ok("INSERT INTO parent VALUES (1, 'one'), (2, 'two'), (3, 'three')");
    c.ok("INSERT INTO child VALUES (10, 1), (11, 1), (20, 2), (30, NULL)");
}

/// Queries, and statements of which each fires the watch.
const TOUCHED: &[(&str, &[&str])] = &[
    (
        "SELECT * FROM t",
        &[
            "INSERT INTO t VALUES (21, 0, '')",
            "INSERT INTO t VALUES (31, 0, ''), (32, 0, '')",
            "INSERT INTO t SELECT id + 100, 0, '' FROM u",
            "UPDATE t SET a = 70 WHERE id = 7",
            "UPDATE t SET a = a + 1",
            "UPDATE t JOIN u ON u.t_id = t.id SET t.a = u.x WHERE u.id < 3",
            "DELETE FROM t WHERE id = 3",
            "DELETE FROM t WHERE a = 3",
            "REPLACE INTO t VALUES (4, 40, '')",
            "INSERT INTO t VALUES (4, 40, '') ON DUPLICATE KEY UPDATE a = 41",
            "MERGE INTO t USING u ON t.id = u.id AND u.id = 1 WHEN MATCHED THEN UPDATE SET a = 9",
            "TRUNCATE TABLE t",
            "ALTER TABLE t ADD COLUMN z INT DEFAULT 5",
            "ALTER TABLE t DROP COLUMN s",
            "ALTER TABLE t RENAME COLUMN s TO r",
            "ALTER TABLE t MODIFY a VARCHAR(10)",
            "ALTER TABLE t RENAME TO tt",
            "DROP TABLE t",
        ],
    ),
    (
        "SELECT a FROM t WHERE id = 3",
        &[
            "UPDATE t SET a = 70 WHERE id = 3",
            "DELETE FROM t WHERE id < 4",
            "UPDATE t SET id = 50 WHERE id = 3",
            "DROP TABLE t",
        ],
    ),
    (
        "SELECT a FROM t WHERE id = 33",
        &[
            "INSERT INTO t VALUES (33, 1, '')",
            "UPDATE t SET id = 33 WHERE id = 3",
        ],
    ),
    (
        "SELECT COUNT(*) FROM t WHERE id BETWEEN 5 AND 7",
        &[
            "DELETE FROM t WHERE id = 7",
            "INSERT INTO u VALUES (90, 1, 90); DELETE FROM t WHERE id = 5",
        ],
    ),
    (
        "SELECT a FROM t WHERE id IN (2, 4)",
        &["UPDATE t SET a = 70 WHERE id = 4"],
    ),
    (
        "SELECT id FROM t WHERE a = 3",
        &[
            "UPDATE t SET a = 3 WHERE id = 1",
            "UPDATE t SET a = 0 WHERE id = 3",
        ],
    ),
    ("SELECT MAX(id) FROM t", &["INSERT INTO t VALUES (99, 1, '')"]),
    (
        "SELECT id FROM t ORDER BY id LIMIT 2",
        &["DELETE FROM t WHERE id = 1"],
    ),
    (
        "SELECT t.a, u.x FROM t JOIN u ON u.t_id = t.id",
        &[
            "UPDATE u SET t_id = 1 WHERE id = 3",
            "UPDATE t SET a = 70 WHERE id = 3",
        ],
    ),
    (
        "SELECT t.a, u.x FROM u LEFT JOIN t ON t.id = u.t_id WHERE u.id = 2",
        &["UPDATE t SET a = 70 WHERE id = 19"],
    ),
    (
        "SELECT 1 FROM empty WHERE EXISTS (SELECT * FROM u)",
        &["INSERT INTO empty VALUES (1)"],
    ),
    (
        "SELECT (SELECT COUNT(*) FROM u), a FROM t WHERE id = 1",
        &["DELETE FROM u WHERE id = 9"],
    ),
    (
        "SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.t_id = t.id AND u.x > 5)",
        &["DELETE FROM u WHERE id = 9"],
    ),
    (
        "SELECT id FROM t WHERE id = (SELECT MIN(t_id) FROM u)",
        &["DELETE FROM u WHERE t_id = 1", "DELETE FROM t WHERE id = 1"],
    ),
    (
        "SELECT id, (SELECT SUM(x) FROM u WHERE u.t_id < t.a) FROM t",
        &["DELETE FROM u WHERE id = 20"],
    ),
    (
        "SELECT * FROM t, LATERAL (SELECT x FROM u WHERE u.t_id = t.id LIMIT 1) l",
        &["DELETE FROM u WHERE id = 9"],
    ),
    (
        "SELECT id FROM t UNION SELECT x FROM u",
        &["DELETE FROM u WHERE id = 9"],
    ),
    (
        "SELECT id FROM t WHERE id = 1 EXCEPT SELECT x FROM u WHERE id = 5",
        &["DELETE FROM u WHERE id = 5"],
    ),
    (
        "WITH RECURSIVE r AS (SELECT id, t_id FROM u WHERE id = 1 UNION ALL SELECT u.id, u.t_id FROM r JOIN u ON u.id = r.t_id + 1) SELECT * FROM r LIMIT 5",
        &["DELETE FROM u WHERE id = 9"],
    ),
    (
        "SELECT SUM(n) OVER (ORDER BY n) FROM (SELECT COUNT(*) AS n FROM t GROUP BY a) d",
        &["DELETE FROM t WHERE id = 9"],
    ),
    (
        "SELECT * FROM v",
        &[
            "UPDATE t SET a = 70 WHERE id = 3",
            "UPDATE v SET a = 70 WHERE id = 3",
            "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE id <= 6",
            "DROP VIEW v",
            "ALTER TABLE t RENAME TO tt",
        ],
    ),
    (
        "SELECT * FROM w",
        &[
            "DELETE FROM t WHERE id = 3",
            "CREATE OR REPLACE VIEW V AS SELECT id, a FROM t WHERE id <= 6",
        ],
    ),
    ("SELECT * FROM child", &["DELETE FROM parent WHERE id = 1"]),
    ("SELECT * FROM log", &["UPDATE u SET x = 100 WHERE id = 1"]),
    (
        "SELECT column_name FROM information_schema.columns",
        &[
            "CREATE TABLE n (a INT)",
            "ALTER TABLE t DROP COLUMN s",
            "CREATE INDEX i ON t (s)",
        ],
    ),
    (
        "SELECT table_rows FROM information_schema.tables WHERE table_name = 'u'",
        &["DELETE FROM u WHERE id = 3"],
    ),
    (
        "SELECT table_name FROM information_schema.views",
        &["CREATE VIEW n AS SELECT 2 AS two"],
    ),
];

/// Queries, and statements of which none fires the watch.
const LEFT_ALONE: &[(&str, &[&str])] = &[
    (
        "SELECT * FROM t",
        &[
            "INSERT INTO u VALUES (21, 1, 21)",
            "UPDATE u SET x = 100 WHERE id = 1",
            "TRUNCATE TABLE log",
            "DROP TABLE u",
            "UPDATE t SET a = 1 WHERE id = 100",
            "INSERT IGNORE INTO t VALUES (3, 0, '')",
            "CREATE TABLE n (a INT)",
            "CREATE TABLE n ENGINE = memory AS SELECT * FROM t",
            "CREATE TEMPORARY TABLE t (id INT)",
            "CREATE VIEW n AS SELECT * FROM t",
            "DROP VIEW v",
            "CREATE SCHEMA n",
            "CREATE SEQUENCE n",
            "CREATE INDEX i ON t (s)",
            "CREATE INDEX i ON t ((a + 1))",
            "DROP INDEX a ON t",
            "ANALYZE TABLE t",
            "ALTER TABLE t COMMENT = 'rows'",
            "ALTER TABLE t ADD CHECK (a < 100)",
            "ALTER TABLE empty ADD FOREIGN KEY (id) REFERENCES t (id)",
            "CREATE TRIGGER n AFTER INSERT ON t FOR EACH ROW INSERT INTO log (what) VALUES ('t')",
        ],
    ),
    (
        "SELECT a FROM t WHERE id = 3",
        &[
            "UPDATE t SET a = 70 WHERE id = 4",
            "UPDATE t SET a = 70 WHERE id <> 3",
            "DELETE FROM t WHERE id > 3",
            "INSERT INTO t VALUES (30, 0, '')",
            "UPDATE t SET id = 50 WHERE id = 4",
        ],
    ),
    (
        "SELECT a FROM t WHERE id IN (2, 4, 6)",
        &["DELETE FROM t WHERE id IN (1, 3, 5, 7)"],
    ),
    (
        "SELECT COUNT(*) FROM t WHERE id BETWEEN 5 AND 7",
        &["DELETE FROM t WHERE id = 8", "DELETE FROM t WHERE id < 5"],
    ),
    (
        "SELECT COUNT(*) FROM t WHERE id >= 15",
        &["DELETE FROM t WHERE id = 14"],
    ),
    (
        "SELECT * FROM v",
        &[
            "DELETE FROM t WHERE id = 7",
            "DROP VIEW w",
            "CREATE OR REPLACE VIEW other AS SELECT 2 AS two",
        ],
    ),
    ("SELECT 1", &["DELETE FROM t", "CREATE TABLE n (a INT)"]),
    ("SELECT RAND(), NOW()", &["DELETE FROM t"]),
    (
        "SELECT * FROM t WHERE id = 1 UNION ALL SELECT * FROM t WHERE id = 5",
        &["DELETE FROM t WHERE id = 3"],
    ),
    (
        "SELECT * FROM child",
        &[
            "DELETE FROM parent WHERE id = 3",
            "INSERT INTO parent VALUES (4, 'four')",
        ],
    ),
    ("SELECT * FROM parent", &["DELETE FROM child WHERE id = 10"]),
    (
        "SELECT column_name FROM information_schema.columns",
        &["DELETE FROM t"],
    ),
];

/// Runs a text of one or more statements.
fn run(c: &mut Client, sql: &str) {
    for one in sql.split("; ") {
        c.ok(one);
    }
}

/// The placements one by one.
const EACH: [Layout; 4] = [Layout::Memory, Layout::Persistent, Layout::Dual, Layout::Pending];

#[test]
fn a_commit_that_touches_what_was_read_fires() {
    // All tests of this file: 12 s.
    in_layouts(&EACH, |bed| {
        for (query, statements) in TOUCHED {
            for sql in *statements {
                let bed = TestBed::new(bed.layout());
                let mut c = bed.client();
                fill(&mut c);
                let (_, watched) = watch(&bed, query);
                run(&mut c, sql);
                assert!(watched.is_touched(), "{query}: {sql}");
            }
        }
    });
}

#[test]
fn what_is_rolled_back_or_touches_something_else_does_not_fire() {
    in_layouts(&EACH, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        for (query, statements) in TOUCHED {
            for sql in *statements {
                let (_, watched) = watch(bed, query);
                c.ok("BEGIN");
                run(&mut c, sql);
                assert!(!watched.is_touched(), "{query}: {sql} is not committed");
                c.ok("ROLLBACK");
                assert!(!watched.is_touched(), "{query}: {sql} was rolled back");
            }
        }
        for (query, statements) in LEFT_ALONE {
            for sql in *statements {
                let bed = TestBed::new(bed.layout());
                let mut c = bed.client();
                fill(&mut c);
                let (_, watched) = watch(&bed, query);
                run(&mut c, sql);
                assert!(!watched.is_touched(), "{query}: {sql}");
            }
        }
    });
}

#[test]
fn a_transaction_is_one_commit_whatever_it_changes() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let (before, watched) = watch(bed, "SELECT COUNT(*), SUM(a) FROM t");
        assert_eq!(before, "20 63");
        c.all(&[
            "BEGIN",
            "DELETE FROM t WHERE id > 10",
            "UPDATE t SET a = 1",
            "INSERT INTO u VALUES (50, 1, 50)",
        ]);
        c.all(&[
            "SAVEPOINT s",
            "INSERT INTO t VALUES (90, 7, '')",
            "ROLLBACK TO SAVEPOINT s",
        ]);
        assert!(!watched.is_touched());
        c.ok("COMMIT");
        assert!(watched.is_touched());
        let (after, watched) = watch(bed, "SELECT COUNT(*), SUM(a) FROM t");
        assert_eq!(after, "10 10");
        // Everything was taken back that touched it.
        c.all(&[
            "BEGIN",
            "SAVEPOINT s",
            "DELETE FROM t",
            "ROLLBACK TO SAVEPOINT s",
            "DELETE FROM u WHERE id = 3",
            "COMMIT",
        ]);
        assert!(!watched.is_touched());
        c.all(&["SET autocommit = 0", "DELETE FROM t WHERE id = 1"]);
        assert!(!watched.is_touched());
        c.ok("SET autocommit = 1");
        assert!(watched.is_touched());
    });
}

#[test]
fn what_fails_does_not_fire() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let (_, watched) = watch(bed, "SELECT * FROM u");
        c.err("INSERT INTO u VALUES (3, 1, 100)");
        c.err("INSERT INTO u VALUES (100, 1, 100), (101, 1, 101), (102, 1, 1)");
        c.err("UPDATE u SET x = 7 WHERE id < 9");
        c.err("UPDATE u SET x = 99999999999 WHERE id > 4");
        assert!(!watched.is_touched());
        // The second committer of the same row loses.
        let mut other = bed.client();
        let (_, watched_t) = watch(bed, "SELECT * FROM t");
        c.all(&["BEGIN", "UPDATE t SET a = 50 WHERE id = 1"]);
        other.all(&[
            "BEGIN",
            "UPDATE t SET a = 51 WHERE id = 1",
            "UPDATE u SET x = 100 WHERE id = 1",
        ]);
        c.ok("COMMIT");
        assert!(watched_t.is_touched());
        let (_, watched_t) = watch(bed, "SELECT * FROM t");
        other.err("COMMIT");
        assert!(!watched.is_touched() && !watched_t.is_touched());
    });
}

#[test]
fn moving_a_table_and_writing_it_to_the_store_change_no_answer() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let (_, watched) = watch(bed, "SELECT * FROM t");
        for engine in ["persistent", "dual", "memory", "dual", "persistent", "memory"] {
            c.ok(&format!("ALTER TABLE t ENGINE = {engine}"));
            block_on(bed.db.flush()).unwrap();
            assert!(!watched.is_touched(), "to {engine}");
        }
        c.all(&[
            "BEGIN",
            "ALTER TABLE t ENGINE = persistent",
            "DELETE FROM t WHERE id = 2",
            "COMMIT",
        ]);
        assert!(watched.is_touched());
    });
}

#[test]
fn a_watch_fires_once_and_is_forgotten_when_it_is_dropped() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let (_, first) = watch(bed, "SELECT * FROM t WHERE id = 1");
        let (_, second) = watch(bed, "SELECT * FROM t WHERE id = 2");
        drop(watch(bed, "SELECT * FROM t"));
        c.ok("DELETE FROM t WHERE id = 1");
        assert!(first.is_touched() && !second.is_touched());
        c.ok("DELETE FROM t WHERE id = 2");
        assert!(second.is_touched());
        let (_, third) = watch(bed, "SELECT * FROM t WHERE id = 3");
        block_on(bed.db.close()).unwrap();
        assert!(third.is_touched(), "closing ends it");
        assert_eq!(
            try_watch(&mut bed.db.session(), "SELECT 1").err(),
            Some(Error::Closed)
        );
        bed.crash();
    });
}

#[test]
fn a_query_that_became_impossible_is_told_of_new_definitions() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&["CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE u (id INT)"]);
        let mut session = bed.db.session();
        let (prepared, _) = session.prepare("SELECT COUNT(*) FROM t").unwrap();
        let mut run = || session.watch(&prepared, Params::None).unwrap();
        let watched = run().watch;
        c.ok("DROP TABLE t");
        assert!(watched.is_touched());
        let Watched { rows, watch } = run();
        assert!(matches!(rows.err(), Some(Error::Unknown { .. })));
        c.ok("INSERT INTO u VALUES (1)");
        assert!(!watch.is_touched());
        c.ok("CREATE TABLE t (id INT PRIMARY KEY)");
        assert!(watch.is_touched());
        assert!(run().rows.is_ok());
    });
}

#[test]
fn only_queries_of_what_everybody_sees_can_be_watched() {
    in_layouts(&EACH, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let mut refused = |sql: &str| {
            let message = try_watch(&mut c.session, sql).unwrap_err().to_string();
            assert!(message.contains("watched"), "{message}");
        };
        for sql in [
            "DELETE FROM t",
            "DELETE FROM t WHERE id = 1 RETURNING id",
            "SELECT * FROM t FOR UPDATE",
            "SHOW TABLES",
            "BEGIN",
        ] {
            refused(sql);
        }
        block_on(
            c.session
                .execute("CREATE TEMPORARY TABLE own (a INT)", Params::None),
        )
        .unwrap();
        let mut refused = |sql: &str| {
            let message = try_watch(&mut c.session, sql).unwrap_err().to_string();
            assert!(message.contains("watched"), "{message}");
        };
        refused("SELECT * FROM own");
        c.ok("BEGIN");
        let error = try_watch(&mut c.session, "SELECT * FROM t").err();
        assert!(matches!(error, Some(Error::TransactionState { .. })), "{error:?}");
        c.ok("ROLLBACK");
        assert_eq!(c.q("SELECT COUNT(*) FROM t"), "20");
    });
}

#[test]
fn a_query_of_very_many_keys_watches_the_table() {
    let bed = TestBed::new(Layout::Memory);
    let mut c = bed.client();
    fill(&mut c);
    let odd = |n: i64| {
        (0..n)
            .map(|i| (2 * i + 1).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for (keys, watches_table) in [(1000, false), (1001, true)] {
        let (_, watched) = watch(&bed, &format!("SELECT a FROM t WHERE id IN ({})", odd(keys)));
        c.ok("UPDATE t SET a = a + 1 WHERE id = 2");
        assert_eq!(watched.is_touched(), watches_table, "{keys} keys");
        c.ok("UPDATE t SET a = a + 1 WHERE id = 3");
        assert!(watched.is_touched());
    }
}

/// A statement of a random history over `t` and `u`.
fn change(r: &mut Random) -> String {
    let id = 1 + r.below(24);
    let n = r.below(30);
    let table = ["t", "u"][r.below(2) as usize];
    let column = if table == "t" { "a" } else { "t_id" };
    match r.below(11) {
        0 => format!("INSERT IGNORE INTO t VALUES ({id}, {n}, 'n')"),
        1 => format!("INSERT IGNORE INTO u VALUES ({id}, {n}, {n})"),
        2 => format!("DELETE FROM {table} WHERE id = {id}"),
        3 => format!("DELETE FROM {table} WHERE id BETWEEN {id} AND {}", id + 2),
        4 => format!("UPDATE {table} SET {column} = {n} WHERE id = {id}"),
        5 => format!("UPDATE {table} SET {column} = {column} + 1 WHERE id > {n}"),
        6 => format!("REPLACE INTO t VALUES ({id}, {n}, 'r')"),
        7 => format!("UPDATE IGNORE t SET id = {n} WHERE id = {id}"),
        8 => format!("DELETE FROM parent WHERE id = {}", r.below(9)),
        9 => format!(
            "INSERT IGNORE INTO parent VALUES ({0}, 'p'), ({1}, 'q')",
            r.below(9),
            n
        ),
        _ => format!("INSERT IGNORE INTO child VALUES ({id}, (SELECT MIN(id) FROM parent))"),
    }
}

#[test]
fn whenever_an_answer_changes_its_watch_has_fired() {
    const QUERIES: [&str; 16] = [
        "SELECT id, a, s FROM t ORDER BY id",
        "SELECT a FROM t WHERE id = 7",
        "SELECT id, a FROM t WHERE id BETWEEN 10 AND 14 ORDER BY id",
        "SELECT id, a FROM t WHERE id IN (3, 9, 22) ORDER BY id",
        "SELECT id FROM t WHERE a = 5 ORDER BY id",
        "SELECT COUNT(*), SUM(a) FROM t WHERE id > 15",
        "SELECT * FROM v ORDER BY id",
        "SELECT * FROM w",
        "SELECT t.id, u.x FROM t JOIN u ON u.t_id = t.id ORDER BY t.id, u.x",
        "SELECT u.id, t.a FROM u LEFT JOIN t ON t.id = u.t_id WHERE u.id < 5 ORDER BY u.id",
        "SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.t_id = t.id) ORDER BY id",
        "SELECT id, (SELECT COUNT(*) FROM u WHERE u.t_id < t.a) FROM t ORDER BY id",
        "SELECT id FROM t WHERE id = (SELECT MAX(t_id) FROM u WHERE id < 4)",
        "SELECT x FROM u WHERE x = 11",
        "SELECT id, p FROM child ORDER BY id",
        "SELECT COUNT(*) FROM log",
    ];
    // 120 commits of up to three statements in each of six layouts.
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c);
        let mut r = Random::new(bed.layout() as u64 + 1);
        let mut known: Vec<(String, Watch)> = QUERIES.iter().map(|q| watch(bed, q)).collect();
        let (mut fired, mut changed) = (0, 0);
        for _ in 0..120 {
            let statements = r.below(4);
            if statements > 0 {
                c.ok("BEGIN");
                for _ in 0..statements {
                    let _ = c.run(&change(&mut r));
                }
                c.ok(if r.chance(80) { "COMMIT" } else { "ROLLBACK" });
            } else {
                let _ = c.run(&change(&mut r));
            }
            for (query, (answer, watched)) in QUERIES.iter().zip(&mut known) {
                let is_touched = watched.is_touched();
                let now = c.q(query);
                assert!(is_touched || now == *answer, "{query} was {answer}, is {now}");
                fired += usize::from(is_touched);
                changed += usize::from(now != *answer);
                if is_touched {
                    (*answer, *watched) = watch(bed, query);
                    assert_eq!(*answer, now);
                }
            }
        }
        println!(
            "{fired} of {} fired, {changed} answers changed",
            120 * QUERIES.len()
        );
        assert!(changed > 100 && fired < 80 * QUERIES.len());
    });
}

#[test]
fn no_commit_is_lost_between_two_runs() {
    // Writers and live queries in threads: each sees the last commit, whatever ran meanwhile.
    const WRITERS: i64 = 3;
    const COMMITS: i64 = 150;
    let directory = tempfile::tempdir().unwrap();
    let db = amphi::Database::open(directory.path()).unwrap();
    for engine in ["memory", "persistent", "dual"] {
        db.execute(
            &format!("CREATE TABLE {engine} (id INT PRIMARY KEY, n INT) ENGINE = {engine}"),
            (),
        )
        .unwrap();
        for id in 0..WRITERS {
            db.execute(&format!("INSERT INTO {engine} VALUES (?, 0)"), (id,))
                .unwrap();
        }
        std::thread::scope(|scope| {
            for id in 0..WRITERS {
                let db = &db;
                scope.spawn(move || {
                    let update = db
                        .prepare(&format!("UPDATE {engine} SET n = n + 1 WHERE id = ?"))
                        .unwrap();
                    for _ in 0..COMMITS {
                        update.execute((id,)).unwrap();
                    }
                });
                scope.spawn(move || {
                    let mut one = db
                        .live(&format!("SELECT n FROM {engine} WHERE id = ?"), (id,))
                        .unwrap();
                    let mut all = db.live(&format!("SELECT SUM(n) FROM {engine}"), ()).unwrap();
                    for (live, last) in [(&mut one, COMMITS), (&mut all, WRITERS * COMMITS)] {
                        let mut seen = -1;
                        let mut runs = 0;
                        while seen < last {
                            let row = live.query().unwrap().next().unwrap().unwrap();
                            let now = row.get::<i64>(0).unwrap();
                            assert!(now > seen, "{now} after {seen}: nothing had changed");
                            (seen, runs) = (now, runs + 1);
                            if seen < last {
                                assert!(live.wait_timeout(Duration::from_secs(60)), "stuck at {seen}");
                            }
                        }
                        assert!(runs <= last + 1 && !live.changed());
                    }
                });
            }
        });
    }
}
