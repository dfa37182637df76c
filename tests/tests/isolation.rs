//! What each isolation level shows of others' commits, and what SERIALIZABLE validates, in every placement
//! and on a mix of them. The anomalies themselves are in `anomalies.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};

const LEVELS: [&str; 4] = [
    "READ UNCOMMITTED",
    "READ COMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
];

/// Two tables of twelve rows each, one per account, and three clients.
fn accounts(bed: &TestBed) -> [Client; 3] {
    let mut c = bed.client();
    for t in ["x", "y"] {
        c.ok(&format!("CREATE TABLE {t} (id INT PRIMARY KEY, n INT, grp INT)"));
        c.ok(&format!("CREATE INDEX {t}_grp ON {t} (grp)"));
        let rows: Vec<String> = (1..=12).map(|i| format!("({i}, 100, {})", i % 3)).collect();
        c.ok(&format!("INSERT INTO {t} VALUES {}", rows.join(", ")));
    }
    [c, bed.client(), bed.client()]
}

fn begin(c: &mut Client, level: &str) {
    c.ok(&format!("SET SESSION TRANSACTION ISOLATION LEVEL {level}"));
    c.ok("BEGIN");
}

/// Runs a test at some levels in every layout, with fresh accounts each time.
fn at(levels: &[&str], test: impl Fn(&str, [Client; 3])) {
    in_layouts(&Layout::ALL, |bed| {
        for level in levels {
            println!("level {level}");
            test(level, accounts(bed));
            bed.check();
            bed.client().all(&["DROP TABLE x", "DROP TABLE y"]);
        }
    });
}

#[test]
fn read_committed_sees_what_is_committed_before_each_statement() {
    at(&LEVELS[..2], |level, [mut one, mut two, _]| {
        begin(&mut one, level);
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "100");
        two.ok("UPDATE x SET n = 150 WHERE id = 1");
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "150");
        // Beside own uncommitted changes, in the same block and in others.
        one.all(&[
            "UPDATE x SET n = 1 WHERE id = 2",
            "INSERT INTO x VALUES (20, 5, 1)",
            "DELETE FROM x WHERE id = 12",
        ]);
        two.all(&[
            "UPDATE x SET n = 160 WHERE id = 1",
            "INSERT INTO x VALUES (21, 6, 1)",
            "DELETE FROM x WHERE id = 11",
            "UPDATE y SET n = 0",
        ]);
        assert_eq!(
            one.q("SELECT id, n FROM x WHERE id < 3 OR id > 10 ORDER BY id"),
            "1 160, 2 1, 20 5, 21 6"
        );
        assert_eq!(
            one.q("SELECT id FROM x WHERE grp = 1 ORDER BY id"),
            "1, 4, 7, 10, 20, 21"
        );
        assert_eq!(one.q("SELECT SUM(n) FROM y"), "0");
        // A change sees the latest too: no update is lost.
        two.ok("UPDATE x SET n = n + 10 WHERE id = 3");
        one.ok("UPDATE x SET n = n + 1 WHERE id = 3");
        // Savepoints move along.
        one.ok("SAVEPOINT s");
        two.ok("UPDATE x SET n = 44 WHERE id = 4");
        one.ok("DELETE FROM x WHERE id < 9");
        two.ok("INSERT INTO x VALUES (22, 7, 2)");
        one.ok("ROLLBACK TO s");
        assert_eq!(
            one.q("SELECT id, n FROM x WHERE id < 5 OR id > 10 ORDER BY id"),
            "1 160, 2 1, 3 111, 4 44, 20 5, 21 6, 22 7"
        );
        one.ok("COMMIT");
        assert_eq!(
            two.q("SELECT id, n FROM x WHERE id < 5 OR id > 10 ORDER BY id"),
            "1 160, 2 1, 3 111, 4 44, 20 5, 21 6, 22 7"
        );
    });
}

#[test]
fn repeatable_read_sees_one_moment() {
    at(&LEVELS[2..], |level, [mut one, mut two, _]| {
        begin(&mut one, level);
        two.ok("UPDATE x SET n = 1 WHERE id = 1");
        // The moment is when the transaction began, not when it first read.
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "100");
        two.all(&[
            "UPDATE x SET n = n + 1",
            "DELETE FROM x WHERE grp = 2",
            "INSERT INTO x VALUES (30, 1, 0)",
            "INSERT INTO y SELECT id + 100, n, grp FROM x",
            "DROP INDEX x_grp ON x",
        ]);
        for _ in 0..2 {
            assert_eq!(one.q("SELECT COUNT(*), SUM(n) FROM x"), "12 1200");
            assert_eq!(one.q("SELECT id FROM x WHERE grp = 2 ORDER BY id"), "2, 5, 8, 11");
            assert_eq!(one.q("SELECT COUNT(*) FROM y"), "12");
            assert_eq!(
                one.q("SELECT COUNT(*) FROM x JOIN y ON x.id = y.id AND x.n = y.n"),
                "12"
            );
        }
        one.ok("COMMIT");
        assert_eq!(one.q("SELECT COUNT(*), SUM(n) FROM x"), "9 710");
    });
}

#[test]
fn serializable_notices_what_it_read() {
    // Each reads in its own way what the other changes; the ways are what a plan can do.
    let reads = [
        "SELECT n FROM x WHERE id = 7",
        "SELECT n FROM x WHERE id BETWEEN 6 AND 8",
        "SELECT n FROM x WHERE id IN (1, 7)",
        "SELECT SUM(n) FROM x",
        "SELECT COUNT(*) FROM x WHERE grp = 1",
        "SELECT COUNT(*) FROM y JOIN x ON x.id = y.id",
        "SELECT COUNT(*) FROM y WHERE id IN (SELECT id FROM x)",
        "UPDATE y SET n = (SELECT n FROM x WHERE id = 7) WHERE id = 2",
        "DELETE FROM y WHERE id = 2 AND (SELECT n FROM x WHERE id = 7) = 100",
        "INSERT INTO y SELECT id + 50, n, grp FROM x WHERE id = 7",
    ];
    let writes = ["UPDATE x SET n = 5 WHERE id = 7", "DELETE FROM x WHERE id = 7"];
    at(&["SERIALIZABLE"], |level, [mut one, mut two, _]| {
        for read in reads {
            for write in writes {
                two.all(&["DELETE FROM x WHERE id = 7", "INSERT INTO x VALUES (7, 100, 1)"]);
                begin(&mut one, level);
                one.run(read).unwrap();
                two.ok(write);
                one.ok("UPDATE y SET n = n + 1 WHERE id = 1");
                assert_eq!(one.code("COMMIT"), "40001", "{read} against {write}");
            }
        }
        // A row that was not there is read as well.
        two.ok("INSERT INTO x VALUES (7, 100, 1)");
        for read in [
            "SELECT * FROM x WHERE id = 70",
            "SELECT * FROM x WHERE id > 60",
            reads[4],
        ] {
            begin(&mut one, level);
            one.run(read).unwrap();
            two.ok("INSERT INTO x VALUES (70, 1, 1)");
            one.ok("UPDATE y SET n = n + 1 WHERE id = 1");
            assert_eq!(one.code("COMMIT"), "40001", "{read}");
            two.ok("DELETE FROM x WHERE id = 70");
        }
    });
}

#[test]
fn what_is_read_for_update_stays_as_it_was_read_at_every_level() {
    let reads = [
        "SELECT n FROM x WHERE id = 7 FOR UPDATE",
        "SELECT n FROM x WHERE id = 7 FOR SHARE",
        "SELECT COUNT(*) FROM x WHERE grp = 1 FOR UPDATE NOWAIT",
    ];
    at(&LEVELS, |level, [mut one, mut two, _]| {
        for read in reads {
            begin(&mut one, level);
            one.run(read).unwrap();
            two.ok("UPDATE x SET n = n + 5 WHERE id = 7");
            let written = one.run("UPDATE y SET n = n + 1 WHERE id = 1");
            let refused = written.is_err() || one.code("COMMIT") == "40001";
            assert!(refused, "{level}: {read}");
            let _ = one.run("ROLLBACK");
            // Other rows, and statements outside a transaction.
            one.run(read).unwrap();
            begin(&mut one, level);
            one.run(reads[0]).unwrap();
            two.ok("UPDATE x SET n = n + 5 WHERE id = 8");
            one.all(&["UPDATE x SET n = n + 1 WHERE id = 7", "COMMIT"]);
        }
        // Without it, only what is written counts.
        if level != "SERIALIZABLE" {
            begin(&mut one, level);
            one.run("SELECT n FROM x WHERE id = 7").unwrap();
            two.ok("UPDATE x SET n = n + 5 WHERE id = 7");
            one.all(&["UPDATE y SET n = n + 1 WHERE id = 1", "COMMIT"]);
        }
    });
}

#[test]
fn serializable_lets_pass_what_does_not_matter() {
    at(&["SERIALIZABLE"], |level, [mut one, mut two, _]| {
        // Other rows of the table than those it read by key.
        begin(&mut one, level);
        assert_eq!(one.q("SELECT n FROM x WHERE id = 7"), "100");
        assert_eq!(one.q("SELECT SUM(n) FROM x WHERE id BETWEEN 9 AND 12"), "400");
        two.all(&[
            "UPDATE x SET n = 5 WHERE id = 8",
            "INSERT INTO x VALUES (70, 1, 1)",
            "DELETE FROM x WHERE id = 1",
        ]);
        one.ok("UPDATE y SET n = 7 WHERE id = 1");
        one.ok("COMMIT");
        // A transaction that only read takes its place where it began.
        begin(&mut one, level);
        assert_eq!(one.q("SELECT SUM(n) FROM y"), "1107");
        two.ok("UPDATE y SET n = 0");
        assert_eq!(one.q("SELECT SUM(n) FROM y"), "1107");
        one.ok("COMMIT");
        // Blind writes to other rows.
        begin(&mut one, level);
        one.ok("INSERT INTO y VALUES (90, 1, 1)");
        two.ok("INSERT INTO y VALUES (91, 1, 1)");
        one.ok("COMMIT");
        assert_eq!(two.q("SELECT COUNT(*) FROM y WHERE id >= 90"), "2");
    });
}

#[test]
fn the_level_is_the_sessions_and_the_next_transactions() {
    at(&["SERIALIZABLE"], |_, [mut one, mut two, _]| {
        one.ok("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        one.ok("BEGIN");
        two.ok("UPDATE x SET n = 0 WHERE id = 1");
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "0");
        one.ok("COMMIT");
        // Named by START TRANSACTION's own clause, for one transaction.
        one.ok("START TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        two.ok("UPDATE x SET n = 1 WHERE id = 1");
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "0");
        one.ok("COMMIT");
        one.ok("BEGIN");
        two.ok("UPDATE x SET n = 2 WHERE id = 1");
        assert_eq!(one.q("SELECT n FROM x WHERE id = 1"), "2");
        one.ok("COMMIT");
    });
}
