//! What definitions say is kept: after reopening everything is as declared, and the text of SHOW CREATE TABLE
//! makes the same table again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, in_layouts};

/// Definitions, and what to look at after each.
const TABLES: [&str; 3] = [
    "CREATE TABLE t (e ENUM('it''s', 'b') COLLATE NOCASE, s SET('\\\\', 'x') NOT NULL DEFAULT 'x', x BIT(3), a INT COMMENT 'it''s \\\\', b VARCHAR(5) COLLATE NOCASE COMMENT 'b') COMMENT = 'a ''table'''",
    "CREATE TABLE t (a INT, at DATETIME(3) NULL ON UPDATE CURRENT_TIMESTAMP(3), b INT AS (a % 7) NOT NULL UNIQUE,
     c VARCHAR(9) GENERATED ALWAYS AS (CONCAT('it''s \\\\', b)) STORED COMMENT 'c')",
    "CREATE TABLE t (a INT, s VARCHAR(20), KEY low ((LOWER(s)) DESC, a), UNIQUE KEY `s``x` (s(3)), KEY (s(5)));
     CREATE UNIQUE INDEX part ON t (a, (a + 1)) WHERE s <> 'it''s' OR a IS NULL",
];

fn shown(c: &mut Client) -> [String; 3] {
    [
        "SHOW CREATE TABLE t",
        "SHOW FULL COLUMNS FROM t",
        "SHOW INDEX FROM t",
    ]
    .map(|sql| c.q(sql))
}

#[test]
fn definitions_are_kept_and_shown_as_what_makes_them() {
    in_layouts(&Layout::PLAIN, |bed| {
        for table in TABLES {
            for engine in [
                "",
                "ALTER TABLE t ENGINE = persistent",
                "ALTER TABLE t ENGINE = dual",
            ] {
                let mut c = bed.client();
                table.split(';').for_each(|sql| c.ok(sql));
                if !engine.is_empty() {
                    c.ok(engine);
                }
                let before = shown(&mut c);
                if !engine.is_empty() {
                    bed.reopen();
                    c = bed.client();
                    assert_eq!(shown(&mut c), before, "{table} {engine}");
                }
                c.ok("DROP TABLE t");
                let made = before[0].split_once(' ').unwrap().1;
                made.split(";\n").for_each(|sql| c.ok(sql));
                assert_eq!(shown(&mut c), before, "{table} {engine}");
                bed.check();
                c.ok("DROP TABLE t");
            }
        }
    });
}

#[test]
fn queries_use_indexes_on_expressions_prefixes_and_parts_of_a_table() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(30), a INT, b INT, g BIGINT AS (a * b))",
            "CREATE INDEX low ON t ((LOWER(s)))",
            "CREATE INDEX pre ON t (s(2))",
            "CREATE INDEX by_g ON t (g)",
            "CREATE INDEX part ON t (b) WHERE a > 5",
            "CREATE INDEX named ON t (id, b) WHERE a IS NOT NULL",
            "CREATE INDEX small ON t (b) WHERE a IN (1, 2, 3)",
        ]);
        let used = [
            ("SELECT id FROM t WHERE LOWER(s) = 'x'", "low: LOWER(s) = 'x'"),
            ("SELECT id FROM t WHERE 'x' <= lower(t.s)", "low: LOWER(s) >= 'x'"),
            ("DELETE FROM t WHERE LOWER(s) = 'x'", "low: LOWER(s) = 'x'"),
            ("SELECT id FROM t ORDER BY LOWER(s) LIMIT 2", "low"),
            ("SELECT id FROM t WHERE s = 'hello'", "pre: LEFT(`s`, 2) = 'he'"),
            (
                "SELECT id FROM t WHERE s IN ('ab', 'abc')",
                "pre: LEFT(`s`, 2) IN",
            ),
            ("SELECT id FROM t WHERE a * b = 6", "by_g: g = 6"),
            ("SELECT id FROM t WHERE a > 5 AND b = 1", "part: a > 5 AND b = 1"),
            ("SELECT id FROM t WHERE a = 6 AND b = 1", "part: a > 5 AND b = 1"),
            ("SELECT id FROM t WHERE a >= 6 AND b = 1", "part: a > 5 AND b = 1"),
            (
                "SELECT id FROM t WHERE a IN (7, 8) AND b = 1",
                "part: a > 5 AND b = 1",
            ),
            (
                "SELECT id FROM t WHERE a = 2 AND b = 1",
                "small: a IN (1, 2, 3) AND b = 1",
            ),
        ];
        for (sql, part) in used {
            let plan = c.q(&format!("EXPLAIN {sql}"));
            assert!(plan.contains(part), "{sql}: {plan}");
        }
        let unused = [
            ("SELECT id FROM t WHERE UPPER(s) = 'x'", "low"),
            ("SELECT id FROM t WHERE s <> 'hello'", "pre"),
            ("SELECT id FROM t WHERE s LIKE 'hello'", "pre"),
            ("SELECT id FROM t WHERE a > 4 AND b = 1", "part"),
            ("SELECT id FROM t WHERE a >= 5 AND b = 1", "part"),
            ("SELECT id FROM t WHERE a < 9 AND b = 1", "part"),
            ("SELECT id FROM t WHERE (a > 5 OR b = 2) AND b = 1", "part"),
            ("SELECT id FROM t WHERE b = 1", "part"),
            ("SELECT id FROM t WHERE b = 1 AND a <=> 3", "named"),
            ("SELECT id FROM t WHERE a IN (1, 4) AND b = 1", "small"),
        ];
        for (sql, part) in unused {
            let plan = c.q(&format!("EXPLAIN {sql}"));
            assert!(!plan.contains(&format!(": {part}")), "{sql}: {plan}");
        }
    });
}

#[test]
fn what_is_computed_stays_right_over_moves_and_reopening() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(30), n INT, g INT AS (n * 2), KEY low ((LOWER(s))), KEY (s(2)))",
            "CREATE UNIQUE INDEX part ON t (n) WHERE s IS NOT NULL",
        ]);
        for i in 0..30 {
            let s = if i % 3 == 0 {
                "NULL".to_string()
            } else {
                format!("'K{}'", i % 7)
            };
            c.ok(&format!(
                "INSERT INTO t (id, s, n) VALUES ({i}, {s}, {})",
                if i % 3 == 0 { 5 } else { i }
            ));
        }
        let looked_up = |c: &mut Client| {
            [
                "SELECT COUNT(*), SUM(g) FROM t WHERE LOWER(s) = 'k3'",
                "SELECT COUNT(*), SUM(g) FROM t WHERE s >= 'K4'",
                "SELECT COUNT(*), SUM(g) FROM t WHERE s IS NOT NULL AND n > 10",
            ]
            .map(|sql| c.q(sql))
        };
        let before = looked_up(&mut c);
        for change in [
            "ALTER TABLE t ENGINE = persistent",
            "ALTER TABLE t ENGINE = dual",
            "ALTER TABLE t ENGINE = persistent",
        ] {
            c.ok(change);
            assert_eq!(looked_up(&mut c), before, "{change}");
            bed.check();
            bed.reopen();
            c = bed.client();
            assert_eq!(looked_up(&mut c), before, "{change}, reopened");
            assert_eq!(c.code("UPDATE t SET s = 'x' WHERE id IN (0, 3)"), "23505");
            assert_eq!(c.code("INSERT INTO t (id, s, n) VALUES (99, 'x', 7)"), "23505");
            bed.check();
        }
        // One table of many changes, in a transaction that is given up and in one that is not.
        c.ok("BEGIN");
        c.ok("UPDATE t SET s = CONCAT(s, 'x'), n = n + 100 WHERE id % 2 = 0");
        c.ok("DELETE FROM t WHERE LOWER(s) = 'k3'");
        assert_eq!(c.q("SELECT COUNT(*) FROM t WHERE LOWER(s) = 'k3'"), "0");
        c.ok("ROLLBACK");
        assert_eq!(looked_up(&mut c), before);
        c.ok("UPDATE t SET s = CONCAT(s, 'x'), n = n + 100 WHERE id % 2 = 0");
        assert_eq!(
            c.q("SELECT COUNT(*) FROM t WHERE LOWER(s) LIKE 'k_x'"),
            c.q("SELECT COUNT(*) FROM t WHERE LOWER(s) >= 'k' AND LENGTH(s) = 3")
        );
        bed.check();
    });
}

#[test]
fn a_column_that_was_modified_is_so_in_every_placement_and_after_reopening() {
    in_layouts(&Layout::PLAIN, |bed| {
        for engine in ["memory", "persistent", "dual"] {
            let mut c = bed.client();
            c.ok(&format!(
                "CREATE TABLE t (id INT PRIMARY KEY, a INT, s VARCHAR(9), g INT AS (a + 1), KEY (a), KEY ((UPPER(s)))) ENGINE = {engine}"
            ));
            for i in 0..20 {
                c.ok(&format!(
                    "INSERT INTO t (id, a, s) VALUES ({i}, {}, 's{i}')",
                    i * 3
                ));
            }
            c.ok("ALTER TABLE t MODIFY a VARCHAR(12) NOT NULL FIRST, MODIFY id BIGINT UNSIGNED, MODIFY s TEXT AFTER a");
            assert_eq!(
                c.code("ALTER TABLE t MODIFY a TINYINT UNSIGNED, MODIFY s INT"),
                "22018"
            );
            bed.check();
            if engine != "memory" {
                bed.reopen();
                c = bed.client();
            }
            assert_eq!(c.q("SELECT * FROM t WHERE a = '30'"), "30 s10 10 31");
            assert_eq!(c.q("SELECT id, g FROM t WHERE UPPER(s) = 'S7'"), "7 22");
            assert_eq!(c.code("INSERT INTO t (id, a) VALUES (7, 'x')"), "23505");
            c.ok("UPDATE t SET a = '100' WHERE id = 7");
            assert_eq!(c.q("SELECT id, g FROM t WHERE a = '100'"), "7 101");
            bed.check();
            c.ok("DROP TABLE t");
        }
    });
}
