//! Views over restarts and crashes, in transactions, between sessions, and what they say when they cannot
//! be used. What they answer is in `slt/ddl/views.slt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::Error;
use amphi_core::database::{Database, salvage};
use amphi_core::kv::MemoryStore;
use amphi_core::session::Params;
use amphi_tests::block_on::block_on;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::{Layout, TestBed, in_layouts, text};
use std::sync::Arc;

const STORED: [Layout; 4] = [
    Layout::Persistent,
    Layout::Dual,
    Layout::Pending,
    Layout::MixedPending,
];

#[test]
fn a_view_survives_reopening_and_crashes_with_its_tables() {
    in_layouts(&STORED, |bed| {
        // In the mixed layout the second and third table are stored.
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE gone (a INT)",
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "CREATE TABLE u (a INT PRIMARY KEY, c INT)",
            "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30), (4, 40), (5, 50)",
            "INSERT INTO u VALUES (2, 200), (4, 400), (5, 500)",
            "CREATE VIEW j AS SELECT t.*, c FROM t JOIN u ON t.a = u.a",
            "CREATE VIEW k (id, total) AS SELECT a, SUM(b + c) FROM j GROUP BY a",
            "CREATE VIEW dropped AS SELECT 1 AS one",
            "DROP VIEW dropped",
        ]);
        let shown = c.q("SHOW CREATE VIEW k");
        for crash in [false, true] {
            assert_eq!(c.q("SELECT * FROM k ORDER BY id"), "2 220, 4 440, 5 550");
            assert_eq!(c.q("SELECT total FROM k WHERE id = 4"), "440");
            if crash {
                bed.crash();
            } else {
                bed.reopen();
            }
            c = bed.client();
            assert_eq!(c.q("SHOW CREATE VIEW k"), shown);
            assert_eq!(c.code("SELECT * FROM dropped"), "42P01");
        }
        c.ok("CREATE OR REPLACE VIEW k AS SELECT a FROM j WHERE c > 300");
        bed.crash();
        assert_eq!(bed.client().q("SELECT * FROM k ORDER BY a"), "4, 5");
    });
}

#[test]
fn tables_change_through_views_in_every_layout_and_after_crashes() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE other (a INT)",
            "CREATE TABLE t (a INT PRIMARY KEY, b INT, n VARCHAR(9) DEFAULT 'none')",
            "CREATE VIEW low AS SELECT a, b, a + b AS both FROM t WHERE b < 1000",
            "CREATE VIEW v (id, x) AS SELECT a, b FROM low WHERE b > 0 WITH CHECK OPTION",
            "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(20))",
            "CREATE TRIGGER r AFTER UPDATE ON t FOR EACH ROW INSERT INTO log (what) VALUES (CONCAT(OLD.b, '>', NEW.b))",
        ]);
        for i in 0..20 {
            c.ok(&format!("INSERT INTO v VALUES ({i}, {})", i + 1));
        }
        assert_eq!(c.code("INSERT INTO v VALUES (100, 0)"), "44000");
        assert_eq!(c.code("INSERT INTO v SELECT id + 50, x * 100 FROM v"), "44000");
        c.all(&[
            "BEGIN",
            "UPDATE v SET x = x * 10 WHERE id IN (3, 7, 15)",
            "DELETE FROM low WHERE `both` < 6",
        ]);
        assert_eq!(c.q("SELECT COUNT(*), SUM(b) FROM t"), "17 456");
        c.ok("ROLLBACK");
        c.all(&[
            "UPDATE v SET x = x * 10 WHERE id IN (3, 7, 15)",
            "DELETE FROM low WHERE `both` < 6",
            "INSERT INTO v VALUES (5, 1), (90, 9) ON DUPLICATE KEY UPDATE x = x + 500",
        ]);
        assert_eq!(c.code("UPDATE v SET x = 1000 WHERE id = 5"), "44000");
        let rows = "SELECT a, b, n FROM t WHERE a IN (3, 5, 90) ORDER BY a";
        let seen = "3 40 none, 5 506 none, 90 9 none";
        assert_eq!(c.q(rows), seen);
        assert_eq!(
            c.q("SELECT what FROM log ORDER BY id"),
            "4>40, 8>80, 16>160, 6>506"
        );
        if STORED.contains(&bed.layout()) {
            bed.crash();
            let mut c = bed.client();
            assert_eq!(c.code("INSERT INTO v VALUES (100, 0)"), "44000");
            assert_eq!(c.q(rows), seen);
        }
    });
}

#[test]
fn a_view_says_which_table_was_in_memory_only() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE m (a INT)",
            "CREATE TABLE p (a INT) ENGINE = persistent",
            "CREATE VIEW v AS SELECT m.a FROM m JOIN p ON m.a = p.a",
            "CREATE VIEW w AS SELECT a FROM v",
        ]);
        bed.reopen();
        let mut c = bed.client();
        let message = c.err("SELECT * FROM w").to_string();
        assert!(
            message.contains("view w") && message.contains("view v") && message.contains("table m"),
            "{message}"
        );
        assert_eq!(c.code("SHOW COLUMNS FROM v"), "42000");
        c.all(&[
            "CREATE TABLE m (a INT, more INT)",
            "INSERT INTO m VALUES (1, 2)",
            "INSERT INTO p VALUES (1)",
        ]);
        assert_eq!(c.q("SELECT * FROM w"), "1");
    });
}

#[test]
fn an_error_in_a_view_stands_where_the_view_is_named() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT, b INT)",
            "CREATE VIEW v AS SELECT a,\n\n\n       b FROM t",
            "ALTER TABLE t DROP COLUMN b",
        ]);
        let error = c.err("SELECT a\n  FROM v");
        let at = error.position().map(|p| (p.line, p.column));
        assert_eq!(at, Some((2, 8)), "{error}");
        assert!(
            error.to_string().contains("view v") && error.to_string().contains("column b"),
            "{error}"
        );
    });
}

#[test]
fn definitions_of_views_belong_to_their_transaction() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY)",
            "INSERT INTO t VALUES (1), (2), (3)",
            "CREATE VIEW v AS SELECT a FROM t WHERE a > 1",
            "BEGIN",
            "CREATE VIEW w AS SELECT a FROM v",
            "CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 2",
        ]);
        assert_eq!(one.q("SELECT * FROM w"), "3");
        assert_eq!(two.q("SELECT * FROM v"), "2, 3");
        assert_eq!(two.code("SELECT * FROM w"), "42P01");
        one.all(&["SAVEPOINT s", "DROP VIEW v"]);
        assert!(one.err("SELECT * FROM w").to_string().contains("unknown table v"));
        one.ok("ROLLBACK TO s");
        assert_eq!(one.q("SELECT * FROM w"), "3");
        one.ok("ROLLBACK");
        assert_eq!(one.q("SELECT * FROM v"), "2, 3");
        assert_eq!(one.code("SELECT * FROM w"), "42P01");
        // An old reader keeps its version; a dropped view that fails takes nothing with it.
        two.all(&["BEGIN", "SELECT * FROM v"]);
        one.ok("DROP VIEW v");
        assert_eq!(two.q("SELECT * FROM v"), "2, 3");
        two.ok("COMMIT");
        assert_eq!(two.code("SELECT * FROM v"), "42P01");
        one.all(&["CREATE VIEW a AS SELECT 1 AS x", "CREATE VIEW b AS SELECT 2 AS x"]);
        assert_eq!(one.code("DROP VIEW a, b, c"), "42704");
        assert_eq!(one.q("SELECT a.x, b.x FROM a, b"), "1 2");
    });
}

#[test]
fn sessions_cannot_both_take_a_name() {
    // (what the first does, what the second does)
    let pairs = [
        ("CREATE VIEW v AS SELECT 1 AS x", "CREATE VIEW v AS SELECT 2 AS x"),
        ("CREATE VIEW v AS SELECT 1 AS x", "CREATE TABLE v (a INT)"),
        ("CREATE TABLE v (a INT)", "CREATE VIEW v AS SELECT 1 AS x"),
        ("CREATE VIEW v AS SELECT 1 AS x", "ALTER TABLE t RENAME TO v"),
        ("ALTER TABLE t RENAME TO v", "CREATE VIEW v AS SELECT 1 AS x"),
        // Each would make the other read itself.
        (
            "CREATE OR REPLACE VIEW p AS SELECT x FROM q",
            "CREATE OR REPLACE VIEW q AS SELECT x FROM p",
        ),
        // A schema with a new view in it is not dropped.
        ("CREATE VIEW s.v AS SELECT 1 AS x", "DROP DATABASE s"),
    ];
    in_layouts(&Layout::ALL, |bed| {
        for (first, second) in pairs {
            let (mut one, mut two) = (bed.client(), bed.client());
            one.all(&[
                "CREATE TABLE t (a INT)",
                "CREATE VIEW p AS SELECT 1 AS x",
                "CREATE VIEW q AS SELECT 1 AS x",
                "CREATE DATABASE s",
            ]);
            one.all(&["BEGIN", first]);
            two.all(&["BEGIN", second]);
            one.ok("COMMIT");
            assert_eq!(two.code("COMMIT"), "40001", "{first}; {second}");
            one.all(&[
                "DROP VIEW IF EXISTS v",
                "DROP TABLE IF EXISTS v",
                "DROP VIEW p, q",
                "DROP TABLE IF EXISTS t",
                "DROP DATABASE s",
            ]);
        }
    });
}

#[test]
fn chains_of_views_are_bounded() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        c.ok("CREATE VIEW v1 AS SELECT 1 AS x");
        let create = |n: usize| format!("CREATE VIEW v{n} AS SELECT x + 1 AS x FROM v{}", n - 1);
        for n in 2..=32 {
            c.ok(&create(n));
        }
        assert_eq!(c.q("SELECT x FROM v32"), "32");
        c.ok(&create(33));
        let message = c.err("SELECT x FROM v33").to_string();
        assert!(message.contains("more than 32 views"), "{message}");
        // Each doubles what it is made of.
        c.ok("CREATE VIEW d1 AS SELECT 1 AS x");
        for n in 2..=6 {
            let m = n - 1;
            c.ok(&format!(
                "CREATE VIEW d{n} AS SELECT a.x FROM d{m} a JOIN d{m} b ON a.x = b.x"
            ));
        }
        assert_eq!(c.q("SELECT x FROM d6"), "1");
        let doubled = "CREATE VIEW d7 AS SELECT a.x FROM d6 a JOIN d6 b ON a.x = b.x";
        let message = c.err(doubled).to_string();
        assert!(message.contains("more than 100 times"), "{message}");
    });
}

#[test]
fn filters_reach_the_tables_of_a_view() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "CREATE VIEW v AS SELECT b AS two, a AS one FROM t",
            "CREATE VIEW w AS SELECT one FROM v WHERE two > 0",
        ]);
        let plan = c.q("EXPLAIN SELECT one FROM w WHERE one = 7");
        assert!(
            plan.contains("Lookup t (memory): a = 7; filter t.b > 0"),
            "{plan}"
        );
    });
}

#[test]
fn parameters_and_prepared_statements_see_the_view_of_the_moment() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY)",
            "INSERT INTO t VALUES (1), (2), (3), (4), (5)",
            "CREATE VIEW v AS SELECT a FROM t WHERE a > 1",
        ]);
        let error = c.err("CREATE VIEW p AS SELECT a FROM t WHERE a > ?");
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
        for (definition, expected) in [
            ("ALTER VIEW v AS SELECT a FROM t WHERE a > 2", "3"),
            (
                "ALTER VIEW v AS SELECT a * 10 AS a FROM t WHERE a <= 4",
                "10, 20, 30",
            ),
        ] {
            c.ok(definition);
            let query = "SELECT a FROM v WHERE a <= ? AND (a < 4 OR a >= 10) ORDER BY a";
            let answer = c.run_with(query, &Params::Positional(vec![30.into()]));
            assert_eq!(text(&answer.unwrap()), expected);
        }
    });
}

#[test]
fn backups_and_salvaged_databases_have_the_views() {
    let bed = TestBed::new(Layout::Persistent);
    bed.client().all(&[
        "CREATE TABLE t (a INT)",
        "INSERT INTO t VALUES (7)",
        "CREATE VIEW v AS SELECT a AS seven FROM t",
    ]);
    let config = Layout::Persistent.config();
    let (copy, saved) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    block_on(bed.db.backup(&*copy)).unwrap();
    block_on(salvage(&*copy, &*saved, &config)).unwrap();
    for store in [copy, saved] {
        let opened = Database::open(Some(store), Arc::new(SystemHost::new()), config.clone());
        let mut session = block_on(opened).unwrap().session();
        let rows = block_on(session.execute("SELECT seven FROM v", ())).unwrap();
        assert_eq!(text(&block_on(collect(rows)).unwrap()), "7");
    }
}
