//! The bound on the blocks that an open transaction keeps in memory, `max_transaction_mb`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::router::Config;
use amphi_tests::test_bed::{Client, Layout, TestBed};

const LIMIT: usize = 20_000;
const ROWS: i64 = 1000;

const LAYOUTS: [Layout; 2] = [Layout::Plain, Layout::Pending];

fn bed(layout: Layout) -> TestBed {
    let config = Config {
        max_transaction_bytes: Some(LIMIT),
        ..layout.config()
    };
    TestBed::with_config(layout, config)
}

/// Rows of about 70 bytes: all of them are over three times the limit.
fn fill(c: &mut Client, engine: &str) {
    c.ok(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(100)) ENGINE = {engine}"
    ));
    for from in (0..ROWS).step_by(50) {
        let row = |i| format!("({i}, {i}, '{}')", "x".repeat(50));
        let rows: Vec<String> = (from..from + 50).map(row).collect();
        c.ok(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
    }
}

fn refused() -> Error {
    Error::TransactionMemory { limit: LIMIT }
}

#[test]
fn a_statement_that_changes_too_much_changes_nothing_and_says_which_setting() {
    for layout in LAYOUTS {
        let bed = bed(layout);
        let mut c = bed.client();
        fill(&mut c, "persistent");
        c.all(&[
            "CREATE INDEX by_n ON t (n)",
            "CREATE TABLE copy (id INT PRIMARY KEY, n INT, s VARCHAR(100)) ENGINE = persistent",
            "CREATE TABLE p (id INT PRIMARY KEY) ENGINE = persistent",
            "CREATE TABLE child (id INT PRIMARY KEY, p INT, s VARCHAR(100), \
             FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE) ENGINE = persistent",
            "INSERT INTO p VALUES (1)",
        ]);
        for from in (0..ROWS).step_by(100) {
            c.ok(&format!(
                "INSERT INTO child SELECT id, 1, s FROM t WHERE id >= {from} AND id < {}",
                from + 100
            ));
        }
        let sum = "SELECT COUNT(*), SUM(n), MIN(s) FROM t";
        let before = c.q(sum);
        for sql in [
            "UPDATE t SET n = n + 1",
            "UPDATE t SET id = -1 - id",
            "DELETE FROM t",
            "INSERT INTO copy SELECT * FROM t",
            "REPLACE INTO t SELECT id, n + 1, s FROM t",
            "INSERT INTO t SELECT * FROM t ON DUPLICATE KEY UPDATE n = t.n + 1",
            "DELETE FROM p",
        ] {
            assert_eq!(c.err(sql), refused(), "{sql}");
            assert_eq!(c.q(sum), before, "{sql}");
            assert_eq!(c.q("SELECT COUNT(*) FROM copy"), "0");
            assert_eq!(c.q("SELECT COUNT(*) FROM child"), ROWS.to_string());
            assert_eq!(
                bed.db.stats().unwritten_bytes,
                0,
                "{sql}: nothing is held any more"
            );
        }
        let message = refused().to_string();
        assert!(
            message.contains("max_transaction_mb") && message.contains("20000"),
            "{message}"
        );
        assert_eq!(refused().code(), "53400");
        bed.check();
        // In pieces everything can be done.
        for from in (0..ROWS).step_by(100) {
            assert_eq!(
                c.affected(&format!(
                    "UPDATE t SET n = n + 1 WHERE id >= {from} AND id < {}",
                    from + 100
                )),
                100
            );
        }
        assert_eq!(c.q("SELECT SUM(n) FROM t"), (ROWS * (ROWS + 1) / 2).to_string());
        bed.check();
    }
}

#[test]
fn the_statements_of_a_transaction_count_together_and_those_before_stay() {
    for layout in LAYOUTS {
        let bed = bed(layout);
        let mut c = bed.client();
        fill(&mut c, "persistent");
        c.ok("BEGIN");
        let mut done = 0;
        let error = loop {
            match c.run(&format!("UPDATE t SET n = 7777 WHERE id = {}", done * 10)) {
                Ok(_) => done += 1,
                Err(e) => break e,
            }
        };
        assert_eq!(error, refused());
        // A block has four rows of some 70 bytes, and the one it replaces counts too.
        assert!((20..60).contains(&done), "{done} blocks");
        assert_eq!(c.q("SELECT COUNT(*) FROM t WHERE n = 7777"), done.to_string());
        let held = bed.db.stats().unwritten_bytes as usize;
        assert!(held < LIMIT + LIMIT / 4, "{held}");
        c.ok("COMMIT");
        assert_eq!(c.q("SELECT COUNT(*) FROM t WHERE n = 7777"), done.to_string());
        c.all(&["BEGIN", "UPDATE t SET n = 1 WHERE id < 20", "ROLLBACK"]);
        assert_eq!(bed.db.stats().unwritten_bytes, 0);
        bed.check();
    }
}

#[test]
fn changing_the_same_rows_again_takes_no_more() {
    for layout in LAYOUTS {
        let bed = bed(layout);
        let mut c = bed.client();
        fill(&mut c, "persistent");
        c.ok("BEGIN");
        for round in 0..200 {
            c.ok(&format!("UPDATE t SET n = {round}, s = 'short' WHERE id < 40"));
            c.ok(&format!("UPDATE t SET s = '{}' WHERE id < 40", "long".repeat(20)));
            c.ok(&format!("INSERT INTO t VALUES ({}, 1, 'new')", ROWS + round));
            c.ok(&format!("DELETE FROM t WHERE id = {}", ROWS + round));
        }
        c.ok("COMMIT");
        assert_eq!(c.q("SELECT COUNT(*), MAX(n) FROM t WHERE id < 40"), "40 199");
        bed.check();
    }
}

#[test]
fn what_others_change_does_not_count() {
    let bed = bed(Layout::Plain);
    let mut c = bed.client();
    fill(&mut c, "persistent");
    let mut others: Vec<Client> = (0..6).map(|_| bed.client()).collect();
    for (i, other) in (0..).zip(&mut others) {
        let from = 500 + i * 80;
        other.all(&[
            "BEGIN",
            &format!("UPDATE t SET n = 0 WHERE id >= {from} AND id < {}", from + 80),
        ]);
    }
    assert!(bed.db.stats().unwritten_bytes as usize > 3 * LIMIT);
    c.ok("BEGIN");
    for from in (0..100).step_by(10) {
        c.ok(&format!(
            "UPDATE t SET n = 0 WHERE id >= {from} AND id < {}",
            from + 10
        ));
    }
    c.ok("COMMIT");
    assert_eq!(others[0].err("UPDATE t SET n = 1 WHERE id < 400"), refused());
    drop(others);
    assert_eq!(c.q("SELECT COUNT(*) FROM t WHERE n = 0"), "100");
    bed.check();
}

#[test]
fn tables_that_are_in_memory_anyway_are_not_bounded() {
    for engine in ["memory", "dual"] {
        let bed = bed(Layout::Plain);
        let mut c = bed.client();
        fill(&mut c, engine);
        assert_eq!(c.affected("UPDATE t SET n = n + 1"), ROWS as u64);
        assert_eq!(c.affected("DELETE FROM t"), ROWS as u64);
    }
}

#[test]
fn a_bound_of_nothing_is_refused() {
    let config = Config {
        max_transaction_mb: 0,
        ..Layout::Plain.config()
    };
    let error = config.validate(true).unwrap_err();
    assert!(error.to_string().contains("max_transaction_mb"), "{error}");
}

#[test]
fn tables_too_big_to_be_rewritten_or_indexed_at_once_are_left_as_they_are() {
    for layout in LAYOUTS {
        let bed = TestBed::with_config(
            layout,
            Config {
                max_transaction_bytes: Some(LIMIT),
                max_query_bytes: Some(LIMIT),
                ..layout.config()
            },
        );
        let mut c = bed.client();
        fill(&mut c, "persistent");
        assert_eq!(c.err("ALTER TABLE t ADD COLUMN d INT DEFAULT 7"), refused());
        assert_eq!(c.err("ALTER TABLE t DROP COLUMN n"), refused());
        assert_eq!(
            c.err("CREATE INDEX by_s ON t (s)"),
            Error::QueryMemory { limit: LIMIT }
        );
        assert_eq!(
            c.q("SELECT * FROM t WHERE id = 7"),
            format!("7 7 {}", "x".repeat(50))
        );
        assert_eq!(bed.db.stats().unwritten_bytes, 0);
        // A table in memory may be rewritten: it takes as much memory as before.
        c.all(&[
            "CREATE TABLE m (id INT PRIMARY KEY, n INT) ENGINE = memory",
            "INSERT INTO m SELECT id, n FROM t WHERE id < 400",
            "INSERT INTO m SELECT id, n FROM t WHERE id >= 400 AND id < 800",
            "ALTER TABLE m ADD COLUMN d INT DEFAULT 7",
        ]);
        assert_eq!(c.q("SELECT SUM(d) FROM m"), "5600");
        bed.check();
    }
}
