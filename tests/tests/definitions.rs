//! What definitions say is kept: after reopening everything is as declared, and the text of SHOW CREATE TABLE
//! makes the same table again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, in_layouts};

/// Definitions, and what to look at after each.
const TABLES: [&str; 2] = [
    "CREATE TABLE t (a INT COMMENT 'it''s \\\\', b VARCHAR(5) COLLATE NOCASE COMMENT 'b') COMMENT = 'a ''table'''",
    "CREATE TABLE t (a INT, at DATETIME(3) NULL ON UPDATE CURRENT_TIMESTAMP(3), b INT AS (a % 7) NOT NULL UNIQUE,
     c VARCHAR(9) GENERATED ALWAYS AS (CONCAT('it''s \\\\', b)) STORED COMMENT 'c')",
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
                c.ok(table);
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
                c.ok(before[0].split_once(' ').unwrap().1);
                assert_eq!(shown(&mut c), before, "{table} {engine}");
                bed.check();
                c.ok("DROP TABLE t");
            }
        }
    });
}
