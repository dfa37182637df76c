//! Transactions over memory, persistent and dual tables: atomic at commit and rollback, savepoints,
//! statement atomicity, conflicts, and what may run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::{IsolationLevel, PersistenceOptions, TransactionOptions};
use amphi_core::router::Config;
use amphi_tests::block_on::block_on;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};

/// Three tables of eight rows; where tables take turns, one in each placement.
fn three_tables(bed: &TestBed) -> Client {
    let mut c = bed.client();
    for t in ["a", "b", "c"] {
        c.ok(&format!(
            "CREATE TABLE {t} (id INT PRIMARY KEY, n INT NOT NULL, u INT UNIQUE, CHECK (n < 1000))"
        ));
        c.ok(&format!("CREATE INDEX {t}_n ON {t} (n)"));
        c.ok(&format!(
            "INSERT INTO {t} VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3), (4, 40, 4),
             (5, 50, 5), (6, 60, 6), (7, 70, 7), (8, 80, 8)"
        ));
    }
    c
}

const SUMS: &str = "SELECT (SELECT SUM(n) FROM a), (SELECT SUM(n) FROM b), (SELECT SUM(n) FROM c),
                    (SELECT COUNT(*) FROM a WHERE n > 0), (SELECT COUNT(u) FROM b), (SELECT COUNT(*) FROM c)";
const START: &str = "360 360 360 8 8 8";

#[test]
fn a_commit_shows_all_tables_at_once() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        let mut other = bed.client();
        c.all(&[
            "BEGIN",
            "UPDATE a SET n = n + 1",
            "INSERT INTO b VALUES (9, 90, 9)",
            "DELETE FROM c WHERE id <= 4",
        ]);
        assert_eq!(c.q(SUMS), "368 450 260 8 9 4");
        assert_eq!(other.q(SUMS), START, "nothing shows before the commit");
        c.ok("COMMIT");
        assert_eq!(other.q(SUMS), "368 450 260 8 9 4");
        assert_eq!(other.q("SELECT id FROM a WHERE n = 41"), "4");
        assert_eq!(other.q("SELECT id FROM b WHERE u = 9"), "9");
    });
}

#[test]
fn a_rollback_leaves_nothing_behind() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        block_on(bed.db.flush()).unwrap();
        let stored = bed.entries();
        c.all(&[
            "BEGIN",
            "UPDATE a SET n = n * 2, u = u + 100",
            "INSERT INTO b SELECT id + 100, n, u + 100 FROM b",
            "DELETE FROM c",
            "INSERT INTO c VALUES (3, 1, 1)",
            "CREATE TABLE d (x INT)",
            "INSERT INTO d VALUES (1)",
            "ALTER TABLE a ADD COLUMN z INT DEFAULT 5",
            "ROLLBACK",
        ]);
        assert_eq!(c.q(SUMS), START);
        assert_eq!(c.q("SELECT id FROM a WHERE u = 3"), "3");
        assert_eq!(c.q("SELECT id FROM c WHERE n = 30"), "3");
        assert_eq!(c.code("SELECT * FROM d"), "42P01");
        assert_eq!(c.code("SELECT z FROM a"), "42703");
        block_on(bed.db.flush()).unwrap();
        assert_eq!(bed.entries(), stored);
        // Dropping a session rolls back too.
        let mut gone = bed.client();
        gone.all(&["BEGIN", "DELETE FROM a", "DELETE FROM b"]);
        drop(gone);
        assert_eq!(c.q(SUMS), START);
        assert_eq!(bed.db.stats().open_transactions, 0);
    });
}

#[test]
fn the_same_through_the_api() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        c.session.begin(TransactionOptions::default()).unwrap();
        assert!(c.session.in_transaction());
        c.all(&["UPDATE a SET n = 0", "DELETE FROM b", "DELETE FROM c"]);
        c.session.rollback().unwrap();
        assert!(!c.session.in_transaction());
        assert_eq!(c.q(SUMS), START);
        c.session.begin(TransactionOptions::default()).unwrap();
        c.all(&["UPDATE a SET n = 1", "UPDATE b SET n = 2", "UPDATE c SET n = 3"]);
        block_on(c.session.commit()).unwrap();
        assert_eq!(c.q(SUMS), "8 16 24 8 8 8");
        // `sync`: durable when it returns, whatever the tables say.
        let mut relaxed = bed.relaxed_client();
        relaxed
            .session
            .begin(TransactionOptions {
                sync: true,
                ..TransactionOptions::default()
            })
            .unwrap();
        relaxed.all(&["UPDATE a SET n = 4", "UPDATE b SET n = 5", "UPDATE c SET n = 6"]);
        block_on(relaxed.session.commit()).unwrap();
        assert!(!bed.db.flush_due());
        for (begin, code) in [(true, "25000"), (false, "25000")] {
            if begin {
                c.ok("BEGIN");
                let twice = c.session.begin(TransactionOptions::default());
                assert_eq!(twice.unwrap_err().code(), code);
                c.ok("ROLLBACK");
            } else {
                assert_eq!(c.session.rollback().unwrap_err().code(), code);
                assert_eq!(block_on(c.session.commit()).unwrap_err().code(), code);
            }
        }
        if bed.layout() == Layout::Mixed {
            bed.crash();
            let mut c = bed.client();
            // `a` was in memory; what was beside it in the same commit is there.
            assert_eq!(c.q("SELECT SUM(n) FROM b"), "40");
            assert_eq!(c.q("SELECT SUM(n) FROM c"), "48");
        }
    });
}

#[test]
fn savepoints_nest() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        c.all(&[
            "BEGIN",
            "UPDATE a SET n = n + 1 WHERE id = 1",
            "SAVEPOINT one",
            "UPDATE b SET n = n + 1 WHERE id = 1",
            "SAVEPOINT two",
            "DELETE FROM c",
            "SAVEPOINT three",
            "INSERT INTO c VALUES (9, 9, 9)",
        ]);
        assert_eq!(c.q(SUMS), "361 361 9 8 8 1");
        c.ok("ROLLBACK TO SAVEPOINT two");
        assert_eq!(c.q(SUMS), "361 361 360 8 8 8");
        // It is still there, and the later one is not.
        c.ok("UPDATE c SET n = 0");
        c.ok("ROLLBACK TO two");
        assert_eq!(c.code("ROLLBACK TO three"), "3B001");
        c.ok("RELEASE SAVEPOINT one");
        assert_eq!(c.code("ROLLBACK TO one"), "3B001");
        assert_eq!(c.code("ROLLBACK TO two"), "3B001");
        assert_eq!(c.q(SUMS), "361 361 360 8 8 8");
        // Of two of one name the later hides the earlier until it is released.
        c.all(&[
            "SAVEPOINT s",
            "UPDATE a SET n = 1 WHERE id = 1",
            "SAVEPOINT S",
            "UPDATE b SET n = 0 WHERE id = 1",
            "ROLLBACK TO s",
        ]);
        assert_eq!(c.q(SUMS), "351 361 360 8 8 8");
        c.ok("RELEASE s");
        c.ok("ROLLBACK TO s");
        assert_eq!(c.q(SUMS), "361 361 360 8 8 8");
        c.ok("COMMIT");
        assert_eq!(bed.client().q(SUMS), "361 361 360 8 8 8");
    });
}

#[test]
fn savepoints_keep_definitions_and_placements() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = three_tables(bed);
        c.all(&[
            "BEGIN",
            "ALTER TABLE a ENGINE = dual",
            "SAVEPOINT s",
            "ALTER TABLE b ADD COLUMN z INT DEFAULT 1",
            "DROP TABLE c",
            "CREATE TABLE c (only_this INT)",
        ]);
        assert_eq!(
            c.q("SELECT COUNT(only_this), (SELECT SUM(z) FROM b) FROM c"),
            "0 8"
        );
        c.ok("ROLLBACK TO s");
        assert_eq!(c.q(SUMS), START);
        assert_eq!(c.code("SELECT z FROM b"), "42703");
        c.ok("COMMIT");
        assert_eq!(bed.db.list_persistent_tables(), ["a"]);
        assert_eq!(c.q(SUMS), START);
    });
}

#[test]
fn a_failing_statement_undoes_itself_alone() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        let failing = [
            // in the middle: a duplicate key, a NULL, a check, a unique key
            (
                "INSERT INTO a VALUES (20, 1, 20), (21, 1, 21), (3, 1, 23), (24, 1, 24)",
                "23505",
            ),
            ("INSERT INTO a VALUES (20, 1, 20), (21, NULL, 21)", "23502"),
            ("INSERT INTO a VALUES (20, 1, 20), (21, 2000, 21)", "23514"),
            (
                "INSERT INTO a VALUES (20, 1, 20), (21, 1, 21), (22, 1, 5)",
                "23505",
            ),
            // half of the rows are changed when the unique key fails
            ("UPDATE a SET u = 100, n = n + 1 WHERE id > 3", "23505"),
            ("UPDATE a SET n = n * 20", "23514"),
            ("UPDATE a SET id = 7 WHERE id IN (2, 3)", "23505"),
            (
                "INSERT INTO a SELECT id + 6, n, u + 100 FROM a ORDER BY id DESC",
                "23505",
            ),
        ];
        for inside in [false, true] {
            if inside {
                c.all(&[
                    "BEGIN",
                    "UPDATE b SET n = n + 1",
                    "INSERT INTO c VALUES (9, 9, 9)",
                ]);
            }
            for (sql, code) in failing {
                assert_eq!(c.code(sql), code, "{sql}");
                assert_eq!(
                    c.q("SELECT COUNT(*), SUM(id), SUM(n), SUM(u) FROM a"),
                    "8 36 360 36"
                );
                assert_eq!(
                    c.q("SELECT id FROM a WHERE n BETWEEN 40 AND 60 ORDER BY n"),
                    "4, 5, 6"
                );
                assert_eq!(c.q("SELECT id FROM a WHERE u = 5"), "5");
            }
            if inside {
                c.ok("UPDATE a SET n = n + 1 WHERE id = 8");
                c.ok("COMMIT");
                assert_eq!(c.q(SUMS), "361 368 369 8 8 9");
            }
        }
    });
}

#[test]
fn keys_may_move_between_rows_of_one_statement() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        // Each row takes its neighbour's unique key; allowed row by row in this order, and after a rebase.
        let mut other = bed.client();
        c.all(&["BEGIN", "UPDATE a SET u = u + 1 ORDER BY u DESC"]);
        other.ok("INSERT INTO a VALUES (20, 20, 20)");
        c.ok("COMMIT");
        assert_eq!(
            c.q("SELECT id, u FROM a ORDER BY u"),
            "1 2, 2 3, 3 4, 4 5, 5 6, 6 7, 7 8, 8 9, 20 20"
        );
    });
}

/// Runs the first texts in one transaction, the second in another, commits the first, and returns how
/// the second commit ends.
#[track_caller]
fn race(bed: &TestBed, first: &[&str], second: &[&str]) -> Result<(), Error> {
    let (mut one, mut two) = (bed.client(), bed.client());
    one.ok("BEGIN");
    two.ok("BEGIN");
    one.all(first);
    two.all(second);
    one.ok("COMMIT");
    two.run("COMMIT").map(|_| ())
}

#[track_caller]
fn conflicts(bed: &TestBed, first: &[&str], second: &[&str]) {
    let before = bed.db.stats().conflicts;
    match race(bed, first, second) {
        Err(e @ Error::WriteConflict { .. }) => assert!(e.is_retryable()),
        other => panic!("{first:?} against {second:?}: {other:?}"),
    }
    assert_eq!(bed.db.stats().conflicts, before + 1);
    bed.check();
}

#[track_caller]
fn agrees(bed: &TestBed, first: &[&str], second: &[&str]) {
    if let Err(e) = race(bed, first, second) {
        panic!("{first:?} against {second:?}: {e}");
    }
    bed.check();
}

#[test]
fn the_first_committer_wins() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        let n = |c: &mut Client, id: i64| c.q(&format!("SELECT n FROM a WHERE id = {id}"));
        conflicts(
            bed,
            &["UPDATE a SET n = 11 WHERE id = 1"],
            &[
                "UPDATE b SET n = 1",
                "UPDATE a SET n = 12 WHERE id = 1",
                "DELETE FROM c",
            ],
        );
        // Nothing of the loser is there, in no table.
        assert_eq!(c.q(SUMS), "361 360 360 8 8 8");
        // The same row, whatever was done to it, and in whatever columns.
        conflicts(
            bed,
            &["DELETE FROM a WHERE id = 2"],
            &["UPDATE a SET n = 0 WHERE id = 2"],
        );
        conflicts(
            bed,
            &["UPDATE a SET n = 31 WHERE id = 3"],
            &["DELETE FROM a WHERE id = 3"],
        );
        assert_eq!(n(&mut c, 3), "31");
        conflicts(
            bed,
            &["UPDATE a SET n = 41 WHERE id = 4"],
            &["UPDATE a SET u = 44 WHERE id = 4"],
        );
        conflicts(
            bed,
            &["DELETE FROM a WHERE id = 5", "INSERT INTO a VALUES (5, 55, 55)"],
            &["UPDATE a SET n = 0 WHERE id = 5"],
        );
        assert_eq!(n(&mut c, 5), "55");
        // The same new key, and the same new unique key in two rows.
        conflicts(
            bed,
            &["INSERT INTO a VALUES (20, 1, 20)"],
            &["INSERT INTO a VALUES (20, 2, 21)"],
        );
        conflicts(
            bed,
            &["INSERT INTO a VALUES (30, 1, 300)"],
            &["INSERT INTO a VALUES (31, 2, 300)"],
        );
        conflicts(
            bed,
            &["UPDATE a SET u = 400 WHERE id = 6"],
            &["UPDATE a SET u = 400 WHERE id = 7"],
        );
        // A row moved to a key that the other inserts.
        conflicts(
            bed,
            &["UPDATE a SET id = 50 WHERE id = 8"],
            &["INSERT INTO a VALUES (50, 1, 501)"],
        );
        assert_eq!(n(&mut c, 50), "80");
        // Without BEGIN as well: a single statement wins against an open transaction, and never loses.
        let mut open = bed.client();
        open.all(&["BEGIN", "UPDATE a SET n = 0 WHERE id = 1"]);
        c.ok("UPDATE a SET n = 1 WHERE id = 1");
        assert_eq!(open.code("COMMIT"), "40001");
        assert!(!open.session.in_transaction(), "a lost transaction is over");
        assert_eq!(n(&mut c, 1), "1");
    });
}

#[test]
fn what_does_not_meet_does_not_conflict() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        // Different rows of the same block.
        agrees(
            bed,
            &["UPDATE a SET n = 11 WHERE id = 1", "DELETE FROM a WHERE id = 3"],
            &[
                "UPDATE a SET n = 21, u = 22 WHERE id = 2",
                "INSERT INTO a VALUES (0, 1, 33)",
            ],
        );
        assert_eq!(
            c.q("SELECT * FROM a WHERE id < 5 ORDER BY id"),
            "0 1 33, 1 11 1, 2 21 22, 4 40 4",
        );
        assert_eq!(c.q("SELECT id FROM a WHERE u = 33"), "0");
        // Other tables.
        agrees(bed, &["UPDATE b SET n = 0"], &["UPDATE c SET n = 0"]);
        assert_eq!(
            c.q("SELECT (SELECT SUM(n) FROM b), (SELECT SUM(n) FROM c)"),
            "0 0"
        );
        // A unique key set free by one is not free for the other before it commits.
        agrees(
            bed,
            &["UPDATE a SET u = 70 WHERE id = 7"],
            &["UPDATE a SET u = 80 WHERE id = 8"],
        );
        // NULLs in a unique column never collide.
        agrees(
            bed,
            &["INSERT INTO a VALUES (60, 1, NULL)"],
            &["INSERT INTO a VALUES (61, 1, NULL)"],
        );
        // A row both read, one wrote.
        agrees(
            bed,
            &["UPDATE a SET n = 5 WHERE id = 5"],
            &["UPDATE a SET n = (SELECT MAX(n) FROM a WHERE id = 5) + 1 WHERE id = 6"],
        );
        assert_eq!(
            c.q("SELECT id, n FROM a WHERE id IN (5, 6) ORDER BY id"),
            "5 5, 6 51"
        );
        // Whole blocks of new rows from both sides.
        let rows = |from: i32| {
            let row = |i: i32| format!("({i}, 1, {i})");
            let rows: Vec<String> = (from..from + 40).step_by(2).map(row).collect();
            format!("INSERT INTO b VALUES {}", rows.join(", "))
        };
        agrees(bed, &[&rows(100)], &[&rows(101)]);
        assert_eq!(c.q("SELECT COUNT(*), SUM(id) FROM b WHERE id >= 100"), "40 4780");
        assert_eq!(c.q("SELECT COUNT(*) FROM b WHERE u >= 100"), "40");
    });
}

#[test]
fn generated_keys_never_meet() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, who INT)",
            "CREATE TABLE nokey (who INT)",
            "CREATE TABLE textkey (k VARCHAR(10) PRIMARY KEY, n INT UNIQUE AUTO_INCREMENT)",
        ]);
        let (mut one, mut two) = (bed.client(), bed.client());
        one.ok("BEGIN");
        two.ok("BEGIN");
        for i in 0..10 {
            for (s, who) in [(&mut one, 1), (&mut two, 2)] {
                s.ok(&format!("INSERT INTO t (who) VALUES ({who}), ({who})"));
                s.ok(&format!("INSERT INTO nokey VALUES ({who})"));
                s.ok(&format!("INSERT INTO textkey (k) VALUES ('{who}-{i}')"));
            }
        }
        one.ok("COMMIT");
        two.ok("COMMIT");
        assert_eq!(
            c.q("SELECT who, COUNT(*), COUNT(DISTINCT id) FROM t GROUP BY who ORDER BY who"),
            "1 20 20, 2 20 20"
        );
        assert_eq!(c.q("SELECT COUNT(DISTINCT id), MAX(id) FROM t"), "40 40");
        assert_eq!(
            c.q("SELECT who, COUNT(*) FROM nokey GROUP BY who ORDER BY who"),
            "1 10, 2 10"
        );
        assert_eq!(c.q("SELECT COUNT(DISTINCT n), MAX(n) FROM textkey"), "20 20");
        // What was rolled back is not handed out again.
        c.all(&[
            "BEGIN",
            "INSERT INTO t (who) VALUES (3)",
            "ROLLBACK",
            "INSERT INTO t (who) VALUES (4)",
        ]);
        assert_eq!(c.q("SELECT id FROM t WHERE who = 4"), "42");
    });
}

#[test]
fn definitions_against_rows() {
    in_layouts(&Layout::ALL, |bed| {
        let changes = [
            "ALTER TABLE t ADD COLUMN z INT DEFAULT 1",
            "CREATE INDEX t_v ON t (v)",
            "TRUNCATE TABLE t",
            "ALTER TABLE t RENAME TO renamed",
            "DROP TABLE t",
        ];
        for change in changes {
            for rows in ["INSERT INTO t VALUES (50, 50)", "UPDATE t SET v = 0 WHERE id = 1"] {
                for change_first in [true, false] {
                    let mut c = bed.client();
                    c.ok("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
                    c.ok("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)");
                    if change_first {
                        conflicts(bed, &[change], &[rows]);
                    } else {
                        conflicts(bed, &[rows], &[change]);
                    }
                    let _ = c.run("DROP TABLE t");
                    let _ = c.run("DROP TABLE renamed");
                }
            }
        }
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
        conflicts(
            bed,
            &["CREATE TABLE same (a INT)"],
            &["CREATE TABLE SAME (b INT)"],
        );
        conflicts(bed, &["ALTER TABLE t RENAME TO x"], &["CREATE TABLE x (b INT)"]);
        conflicts(
            bed,
            &["CREATE INDEX i ON x (v)"],
            &["ALTER TABLE x ADD COLUMN w INT"],
        );
        conflicts(bed, &["CREATE DATABASE one"], &["CREATE DATABASE one"]);
        conflicts(bed, &["DROP DATABASE one"], &["CREATE TABLE one.t (a INT)"]);
        c.ok("CREATE DATABASE one");
        conflicts(bed, &["CREATE TABLE one.t (a INT)"], &["DROP DATABASE one"]);
        agrees(bed, &["CREATE TABLE p (a INT)"], &["CREATE TABLE q (a INT)"]);
        assert_eq!(
            c.q("SELECT (SELECT COUNT(*) FROM p), (SELECT COUNT(*) FROM q)"),
            "0 0"
        );
        // Definitions of one table and rows of another.
        agrees(
            bed,
            &["ALTER TABLE p ADD COLUMN b INT DEFAULT 2"],
            &["INSERT INTO q VALUES (1)"],
        );
        agrees(
            bed,
            &["INSERT INTO q VALUES (2)"],
            &["ALTER TABLE p ADD COLUMN c INT DEFAULT 3"],
        );
        c.ok("INSERT INTO p (a) VALUES (1)");
        assert_eq!(c.q("SELECT * FROM p"), "1 2 3");
        assert_eq!(c.q("SELECT * FROM q ORDER BY a"), "1, 2");
    });
}

#[test]
fn tables_trade_names_while_others_commit() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        c.all(&[
            "UPDATE a SET n = 1",
            "UPDATE b SET n = 2",
            "BEGIN",
            "ALTER TABLE a RENAME TO swap",
            "ALTER TABLE b RENAME TO a",
            "ALTER TABLE swap RENAME TO b",
            "DROP TABLE c",
            "CREATE TABLE c (x INT)",
            "INSERT INTO c VALUES (3)",
        ]);
        bed.client().ok("CREATE TABLE other (x INT)");
        c.ok("COMMIT");
        for mut c in [c, bed.client()] {
            assert_eq!(c.q("SELECT MAX(a.n), MAX(b.n), MAX(x) FROM a, b, c"), "2 1 3");
            assert_eq!(c.code("SELECT * FROM swap"), "42P01");
        }
    });
}

#[test]
fn plans_follow_definitions_that_others_change() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut c, mut other) = (bed.client(), bed.client());
        c.all(&["CREATE TABLE t (a INT, b INT)", "INSERT INTO t VALUES (1, 2)"]);
        // Both know the plan of this text.
        let all = "SELECT * FROM t";
        assert_eq!((c.q(all), other.q(all)), ("1 2".into(), "1 2".into()));
        c.ok("ALTER TABLE t ADD COLUMN z INT DEFAULT 3");
        assert_eq!(other.q(all), "1 2 3");
        // Inside the transaction that changes it the plan is another one, for others not yet.
        c.all(&["BEGIN", "ALTER TABLE t DROP COLUMN a"]);
        assert_eq!((c.q(all), other.q(all)), ("2 3".into(), "1 2 3".into()));
        other.ok("CREATE TABLE between (x INT)");
        assert_eq!((c.q(all), other.q(all)), ("2 3".into(), "1 2 3".into()));
        c.ok("COMMIT");
        assert_eq!((c.q(all), other.q(all)), ("2 3".into(), "2 3".into()));
        c.all(&["BEGIN", "ALTER TABLE t ADD COLUMN y INT DEFAULT 4"]);
        assert_eq!(c.q(all), "2 3 4");
        c.ok("ROLLBACK");
        assert_eq!((c.q(all), other.q(all)), ("2 3".into(), "2 3".into()));
        // The same in READ COMMITTED, which takes over what others define between its statements.
        c.all(&["SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN"]);
        c.ok("CREATE TABLE mine (m INT)");
        assert_eq!(c.q("SELECT * FROM mine"), "");
        other.ok("ALTER TABLE t ADD COLUMN w INT DEFAULT 9");
        assert_eq!(c.q(all), "2 3 9");
        assert_eq!(c.q("SELECT * FROM mine"), "");
        assert_eq!(other.code("SELECT * FROM mine"), "42P01");
        other.ok("CREATE TABLE theirs (x INT)");
        assert_eq!(c.q("SELECT COUNT(*) FROM theirs"), "0");
        c.ok("COMMIT");
        assert_eq!(other.q("SELECT COUNT(*) FROM mine"), "0");
    });
}

#[test]
fn foreign_keys_hold_against_each_other() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE p (id INT PRIMARY KEY, code INT UNIQUE)",
            "CREATE TABLE f (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id))",
            "CREATE TABLE g (id INT PRIMARY KEY, code INT,
             FOREIGN KEY (code) REFERENCES p (code) ON DELETE CASCADE ON UPDATE CASCADE)",
            "INSERT INTO p VALUES (1, 10), (2, 20), (3, 30), (4, 40), (5, 50), (6, 60)",
        ]);
        // One of both: the parent goes, or the child comes.
        conflicts(
            bed,
            &["DELETE FROM p WHERE id = 1"],
            &["INSERT INTO f VALUES (1, 1)"],
        );
        conflicts(
            bed,
            &["INSERT INTO f VALUES (2, 2)"],
            &["DELETE FROM p WHERE id = 2"],
        );
        conflicts(
            bed,
            &["UPDATE p SET id = 33 WHERE id = 3"],
            &["INSERT INTO f VALUES (3, 3)"],
        );
        // Also where children would follow: the other's child is not deleted unseen.
        conflicts(
            bed,
            &["INSERT INTO g VALUES (4, 40)"],
            &["DELETE FROM p WHERE code = 40"],
        );
        conflicts(
            bed,
            &["INSERT INTO g VALUES (5, 50)"],
            &["UPDATE p SET code = 55 WHERE id = 5"],
        );
        conflicts(
            bed,
            &["UPDATE p SET code = 66 WHERE id = 6"],
            &["INSERT INTO g VALUES (6, 60)"],
        );
        assert_eq!(
            c.q("SELECT * FROM p ORDER BY id"),
            "2 20, 4 40, 5 50, 6 66, 33 30"
        );
        assert_eq!(c.q("SELECT * FROM f"), "2 2");
        assert_eq!(c.q("SELECT * FROM g ORDER BY id"), "4 40, 5 50");
        // Children of one parent from both sides, and a parent that only others' rows need.
        agrees(
            bed,
            &["INSERT INTO f VALUES (10, 4)"],
            &["INSERT INTO f VALUES (11, 4)"],
        );
        agrees(
            bed,
            &["UPDATE p SET code = 21 WHERE id = 2"],
            &["INSERT INTO f VALUES (12, 5)"],
        );
        // A key over a table that goes or is emptied meanwhile.
        let child = "CREATE TABLE h (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES q (id))";
        for gone in ["DROP TABLE q", "TRUNCATE TABLE q"] {
            for child_first in [true, false] {
                c.all(&["CREATE TABLE q (id INT PRIMARY KEY)", "INSERT INTO q VALUES (1)"]);
                let with_row = [child, "INSERT INTO h VALUES (1, 1)"];
                if child_first {
                    conflicts(bed, &with_row, &[gone]);
                } else {
                    conflicts(bed, &[gone], &with_row);
                }
                let _ = c.run("DROP TABLE h");
                let _ = c.run("DROP TABLE q");
            }
        }
    });
}

#[test]
fn a_lost_read_committed_transaction_keeps_what_it_had() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE p (id INT PRIMARY KEY)",
            "CREATE TABLE f (id INT PRIMARY KEY, pid INT, FOREIGN KEY (pid) REFERENCES p (id))",
            "INSERT INTO p VALUES (1), (2)",
        ]);
        let mut one = bed.client();
        one.all(&[
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "BEGIN",
            "INSERT INTO f VALUES (10, 1), (20, 2)",
        ]);
        c.ok("DELETE FROM p WHERE id = 1");
        // Its row has lost its parent: it cannot go on, nor commit as if nothing had been.
        assert_eq!(one.code("SELECT * FROM f"), "40001");
        assert_eq!(one.code("INSERT INTO f VALUES (30, 2)"), "40001");
        assert_eq!(one.code("COMMIT"), "40001");
        assert_eq!(c.q("SELECT COUNT(*) FROM f"), "0");
        // A savepoint set before is of the same kind.
        one.all(&[
            "BEGIN",
            "INSERT INTO f VALUES (20, 2)",
            "SAVEPOINT s",
            "DELETE FROM f WHERE id = 20",
        ]);
        c.ok("DELETE FROM p WHERE id = 2");
        assert_eq!(one.q("SELECT COUNT(*) FROM f"), "0");
        one.ok("ROLLBACK TO s");
        assert_eq!(one.code("COMMIT"), "40001");
        assert_eq!(c.q("SELECT COUNT(*) FROM f"), "0");
    });
}

#[test]
fn settings_remembered_meanwhile_are_not_missed() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&["BEGIN", "CREATE TABLE t (a INT)"]);
        block_on(bed.db.enable_persistence("t", PersistenceOptions::default())).unwrap();
        assert_eq!(c.code("COMMIT"), "40001");
        c.ok("CREATE TABLE t (a INT)");
        assert_eq!(bed.db.list_persistent_tables(), ["t"]);
        assert_eq!(c.q("SHOW PERSISTENCE"), "main t persistent 1 0 0 1");
        // Created after the settings were remembered, in a transaction that others overtook.
        block_on(bed.db.enable_persistence("u", PersistenceOptions::default())).unwrap();
        c.all(&["BEGIN", "CREATE TABLE u (a INT)"]);
        bed.client().ok("INSERT INTO t VALUES (1)");
        c.ok("COMMIT");
        assert_eq!(
            c.q("SHOW PERSISTENCE"),
            "main t persistent 1 0 0 1, main u persistent 1 0 0 1"
        );
    });
}

#[test]
fn read_only_transactions() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        c.ok("START TRANSACTION READ ONLY");
        for sql in [
            "INSERT INTO a VALUES (9, 9, 9)",
            "UPDATE b SET n = 0",
            "DELETE FROM c",
            "CREATE TABLE d (x INT)",
            "DROP TABLE a",
            "TRUNCATE TABLE b",
            "CREATE INDEX i ON a (u)",
        ] {
            assert_eq!(c.code(sql), "25006", "{sql}");
        }
        bed.client().ok("UPDATE a SET n = 0");
        assert_eq!(c.q(SUMS), START);
        c.ok("COMMIT");
        assert_eq!(c.q("SELECT SUM(n) FROM a"), "0");
        c.session
            .begin(TransactionOptions {
                read_only: true,
                isolation: IsolationLevel::Serializable,
                sync: false,
            })
            .unwrap();
        assert_eq!(c.code("DELETE FROM a"), "25006");
        assert_eq!(c.q("SELECT COUNT(*) FROM a"), "8");
        c.ok("COMMIT");
    });
}

#[test]
fn statements_in_the_wrong_state() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        for sql in [
            "COMMIT AND CHAIN",
            "ROLLBACK AND CHAIN",
            "SAVEPOINT s",
            "ROLLBACK TO s",
            "RELEASE SAVEPOINT s",
        ] {
            assert_eq!(c.code(sql), "25000", "{sql}");
        }
        // As in MySQL and PostgreSQL.
        c.all(&["COMMIT", "ROLLBACK"]);
        c.ok("BEGIN");
        c.ok("UPDATE a SET n = 0");
        assert_eq!(c.code("BEGIN"), "25000");
        assert_eq!(c.code("START TRANSACTION"), "25000");
        assert_eq!(c.code("ROLLBACK TO s"), "3B001");
        c.ok("ROLLBACK");
        assert_eq!(c.q(SUMS), START);
    });
}

#[test]
fn a_read_only_database() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY) ENGINE = persistent",
            "INSERT INTO t VALUES (1), (2), (3), (4), (5)",
        ]);
        block_on(bed.db.close()).unwrap();
        let stored = bed.entries();
        bed.db = bed
            .open(Config {
                writable: false,
                ..bed.layout().config()
            })
            .unwrap();
        let mut c = bed.client();
        for sql in [
            "INSERT INTO t VALUES (9)",
            "UPDATE t SET a = 0",
            "DELETE FROM t",
            "CREATE TABLE u (a INT)",
            "ALTER TABLE t ENGINE = memory",
            "DROP TABLE t",
            "CREATE DATABASE x",
        ] {
            assert_eq!(c.code(sql), "25006", "{sql}");
        }
        for result in [
            block_on(bed.db.enable_persistence("t", PersistenceOptions::default())),
            block_on(bed.db.disable_persistence("t")),
            block_on(bed.db.migrate_to_persistent("t")),
            block_on(bed.db.load_to_memory("t")),
        ] {
            assert!(matches!(result, Err(Error::ReadOnly { .. })));
        }
        c.ok("BEGIN");
        assert_eq!(c.code("DELETE FROM t"), "25006");
        assert_eq!(c.q("SELECT SUM(a) FROM t WHERE a > 1"), "14");
        c.ok("COMMIT");
        block_on(bed.db.close()).unwrap();
        assert_eq!(bed.entries(), stored);
        bed.crash();
    });
}

#[test]
fn a_closed_database_says_so() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = three_tables(bed);
        let mut open = bed.client();
        open.all(&["BEGIN", "DELETE FROM a"]);
        block_on(bed.db.close()).unwrap();
        block_on(bed.db.close()).unwrap();
        assert!(matches!(c.err("SELECT 1"), Error::Closed));
        assert!(matches!(c.err("DELETE FROM a"), Error::Closed));
        assert!(matches!(block_on(open.session.commit()), Err(Error::Closed)));
        assert!(matches!(
            c.session.begin(TransactionOptions::default()),
            Err(Error::Closed)
        ));
        assert!(matches!(block_on(bed.db.flush()), Err(Error::Closed)));
        bed.crash();
        if matches!(bed.layout(), Layout::Persistent | Layout::Dual | Layout::Pending) {
            assert_eq!(bed.client().q(SUMS), START);
        }
    });
}
