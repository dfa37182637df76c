//! Texts that share a plan because they differ in literals only: they must answer as texts that are
//! planned one by one, with the same rows, names, types and errors.
//!
//! A statement with parameters, even none of them, is planned as it is written. So every text runs both ways,
//! on a database each: a wide choice of literals against every type, the random statements of the differential
//! test, and all `.slt` files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod random_sql;

use amphi_core::Error;
use amphi_core::session::Params;
use amphi_tests::random::Random;
use amphi_tests::sql_client::Answer;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};
use random_sql::{Case, Step};
use sqllogictest::Record;
use std::path::{Path, PathBuf};

/// Two databases that get the same texts.
struct Both {
    _beds: [TestBed; 2],
    by_template: Client,
    as_written: Client,
}

impl Both {
    fn new(layout: Layout) -> Both {
        let beds = [TestBed::new(layout), TestBed::new(layout)];
        Both {
            by_template: beds[0].relaxed_client(),
            as_written: beds[1].relaxed_client(),
            _beds: beds,
        }
    }

    /// What a text answers, if both ways agree.
    #[track_caller]
    fn run(&mut self, sql: &str) -> Result<Answer, Error> {
        let by_template = self.by_template.run_with(sql, &Params::None);
        let as_written = self.as_written.run_with(sql, &Params::Positional(Vec::new()));
        // As text, where NaN is NaN.
        assert_eq!(
            format!("{by_template:?}"),
            format!("{as_written:?}"),
            "by template, as written:\n{sql}"
        );
        by_template
    }
}

const TYPES: [&str; 24] = [
    "BOOLEAN",
    "TINYINT",
    "INT",
    "BIGINT",
    "BIGINT UNSIGNED",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(5, 2)",
    "DECIMAL(38, 10)",
    "DECIMAL(20, 0) UNSIGNED",
    "CHAR(3)",
    "VARCHAR(5)",
    "TEXT",
    "TEXT COLLATE NOCASE",
    "BLOB",
    "DATE",
    "TIME",
    "DATETIME",
    "DATETIME(3)",
    "TIMESTAMP(6)",
    "JSON",
    "UUID",
    "VECTOR(2)",
    "GEOMETRY",
];

const LITERALS: [&str; 62] = [
    "0",
    "1",
    "-1",
    "- 1",
    "+1",
    "2",
    "127",
    "128",
    "-128",
    "300",
    "2147483648",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "99999999999999999999999999999999999999",
    "999999999999999999999999999999999999999999",
    "1.0",
    "1.5",
    "-0.0",
    "-0e0",
    "1.50",
    "1.234567890123456789",
    "0.1",
    "999.99",
    "999.999",
    "1e3",
    "-1.5E-3",
    "1e999",
    "1e400",
    "16777217",
    ".5",
    "5.",
    "'1'",
    "'-1.50'",
    "' 1'",
    "'1x'",
    "''",
    "'abc'",
    "'ABC'",
    "'abcdef'",
    "'it''s'",
    r"'a\nb\\\'c'",
    r"'100\%'",
    "'ä€😀'",
    "'2024-02-29'",
    "'2024-02-30'",
    "'2024-02-29 12:30:45'",
    "'2024-02-29 12:30:45.123456'",
    "'12:30:45'",
    "'-800:00:00.5'",
    "'2024-2-9'",
    "'20240229'",
    r#"'{"a": 1}'"#,
    "'00112233-4455-6677-8899-aabbccddeeff'",
    "'[1, 2]'",
    "'POINT(1 2)'",
    "NULL",
    "TRUE",
];

/// Literals that are well-formed for a type, so that its table has rows.
const ROWS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "1.5",
    "9007199254740993",
    "'abc'",
    "'ABC'",
    "''",
    "'2024-02-29'",
    "'2024-02-29 12:30:45.123'",
    "'12:30:45'",
    "'00112233-4455-6677-8899-aabbccddeeff'",
    "'[1, 2]'",
    "NULL",
];

/// A table of one type, with an index that half of the queries may use.
fn table(both: &mut Both, ty: &str) {
    both.run("DROP TABLE IF EXISTS t").unwrap();
    both.run(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a {ty}, b {ty})"
    ))
    .unwrap();
    let _ = both.run("CREATE INDEX ia ON t (a)");
    for row in ROWS {
        let _ = both.run(&format!("INSERT INTO t (a, b) VALUES ({row}, {row})"));
    }
}

/// Some of many: all would take minutes.
fn some(random: &mut Random, n: usize, mut of: Vec<String>) -> Vec<String> {
    while of.len() > n {
        of.swap_remove(random.below(of.len() as u64) as usize);
    }
    of
}

#[test]
fn any_literal_compares_with_any_type_as_it_does_when_planned_alone() {
    let mut random = Random::new(7);
    let mut both = Both::new(Layout::Memory);
    for ty in TYPES {
        table(&mut both, ty);
        for l in LITERALS {
            let other = *random.pick(&LITERALS).unwrap();
            let column = *random.pick(&["a", "b"]).unwrap();
            let operator = *random
                .pick(&["=", "<>", "<", "<=", ">", ">=", "!=", "<=>"])
                .unwrap();
            let conditions = vec![
                format!("{column} = {l}"),
                format!("{column} {operator} {l}"),
                format!("{l} {operator} {column}"),
                format!("{column} IN ({l}, {other})"),
                format!("{column} NOT IN ({other}, {l}, {column})"),
                format!("{column} BETWEEN {l} AND {other}"),
                format!("NOT {column} BETWEEN {other} AND {l} AND id > 2"),
                format!("id IN (1, {l}) AND {column} IS NOT NULL"),
                format!("coalesce({column}, {l}) = {l}"),
            ];
            for condition in some(&mut random, 3, conditions) {
                let _ = both.run(&format!("SELECT id, {column} FROM t WHERE {condition}"));
            }
        }
    }
}

#[test]
fn any_literal_is_stored_as_it_is_when_planned_alone() {
    let mut random = Random::new(8);
    let mut both = Both::new(Layout::Memory);
    for ty in TYPES {
        table(&mut both, ty);
        for l in LITERALS {
            let (other, third) = (*random.pick(&LITERALS).unwrap(), *random.pick(&LITERALS).unwrap());
            let changes = vec![
                format!("INSERT INTO t (a) VALUES ({l})"),
                format!("INSERT INTO t (b, a) VALUES ({l}, {other})"),
                format!("INSERT INTO t (b, a) VALUES ({l}, {other}), ({third}, {l})"),
                format!("INSERT INTO t (b, a) VALUES ({other}, {other}), ({l}, {l}), ({l}, {third})"),
                format!("REPLACE INTO t VALUES (2, {l}, concat({other}, ''))"),
                format!("UPDATE t SET a = {l} WHERE id = 1"),
                format!("UPDATE t SET b = {other}, a = {l} WHERE a = {third} AND id <= 3"),
                format!("DELETE FROM t WHERE a = {l} AND id > 14"),
            ];
            for change in some(&mut random, 3, changes) {
                let _ = both.run(&change);
            }
        }
        both.run("SELECT * FROM t ORDER BY id").unwrap();
    }
}

#[test]
fn many_rows_in_one_text_are_one_statement() {
    in_layouts(&Layout::ALL, |bed| {
        let mut both = Both::new(bed.layout());
        both.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT NOT NULL, c DOUBLE DEFAULT 5)")
            .unwrap();
        let rows = |from: i64, n: i64, last: &str| {
            let row = |i: i64| {
                format!(
                    "({i}, {}, 'text {i}')",
                    if i % 7 == 0 {
                        "NULL".into()
                    } else {
                        (i * 3).to_string()
                    }
                )
            };
            let mut rows: Vec<String> = (from..from + n - 1).map(row).collect();
            rows.push(last.to_owned());
            format!("INSERT INTO t (id, a, b) VALUES {}", rows.join(",\n "))
        };
        let changed = both.run(&rows(1, 2500, "(2500, 1, '')"));
        assert_eq!(changed, Ok(Answer::Affected(2500)));
        // The last row fails: no row is there.
        for last in [
            "(1, 1, 'x')",
            "(9000, 1, NULL)",
            "(9000, 'x', 'x')",
            "(9000, 1)",
            "(9000, 1, y)",
        ] {
            assert!(both.run(&rows(5000, 1500, last)).is_err(), "{last}");
            let count = both.run("SELECT count(*), sum(c) FROM t").unwrap();
            assert_eq!(amphi_tests::test_bed::text(&count), "2500 12500");
        }
        let upsert = "ON DUPLICATE KEY UPDATE a = VALUES(a) + 1, b = 'again'";
        for n in [1, 3] {
            let changed = both.run(&format!("{} {upsert}", rows(10, n, "(2600, 1, 'x')")));
            assert!(changed.is_ok());
        }
        both.run(&format!(
            "{} RETURNING b || '!', id",
            rows(3000, 4, "(3100, NULL, 'x')")
        ))
        .unwrap();
        both.run("SELECT * FROM t ORDER BY id").unwrap();
    });
}

#[test]
fn a_plan_is_not_used_for_a_table_that_has_changed() {
    in_layouts(&Layout::ALL, |bed| {
        let mut both = Both::new(bed.layout());
        for sql in [
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT)",
            "INSERT INTO t VALUES (1, 10, '5')",
            "SELECT * FROM t WHERE id = 1",
            "SELECT * FROM t WHERE b = '5'",
            "UPDATE t SET b = '7' WHERE id = 1",
            "BEGIN",
            "ALTER TABLE t DROP COLUMN a",
            "SELECT * FROM t WHERE id = 1",
            "INSERT INTO t VALUES (2, 'x')",
            "INSERT INTO t VALUES (3, 11, 'x')",
            "ROLLBACK",
            "INSERT INTO t VALUES (2, 'x')",
            "INSERT INTO t VALUES (3, 11, 'x')",
            "SELECT * FROM t WHERE id = 3",
            "ALTER TABLE t DROP COLUMN b",
            "ALTER TABLE t ADD COLUMN b INT DEFAULT 5 FIRST",
            "SELECT * FROM t WHERE b = '5'",
            "SELECT * FROM t WHERE id = 3",
            "UPDATE t SET b = '7' WHERE id = 1",
            "INSERT INTO t VALUES (12, 4, 13)",
            "CREATE SCHEMA other",
            "USE other",
            "SELECT * FROM t WHERE id = 3",
            "CREATE TABLE t (id TEXT)",
            "SELECT * FROM t WHERE id = 3",
            "INSERT INTO t VALUES (12)",
            "SELECT * FROM t WHERE id = '12'",
            "DROP TABLE t",
            "SELECT * FROM t WHERE id = '12'",
        ] {
            let _ = both.run(sql);
        }
    });
}

#[test]
fn random_statements() {
    for layout in [Layout::Memory, Layout::Persistent, Layout::Dual, Layout::Pending] {
        for seed in 0..15 {
            let mut both = Both::new(layout);
            for step in Case::generate(9_000_000 + seed).steps {
                let (Step::Change(sql) | Step::Query(sql)) = step;
                let _ = both.run(&sql);
            }
        }
    }
}

fn slt_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            slt_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "slt") {
            found.push(path);
        }
    }
}

/// What differs from run to run.
fn is_repeatable(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    let by_chance = [
        "rand",
        "uuid()",
        "now",
        "current_",
        "sysdate",
        "localtime",
        "unix_timestamp",
        "utc_",
        "curdate",
        "curtime",
    ];
    !by_chance.iter().any(|f| sql.contains(f))
}

#[test]
fn all_slt_files() {
    let mut files = Vec::new();
    slt_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("slt"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        let mut both = Both::new(Layout::Memory);
        for record in sqllogictest::parse_file::<sqllogictest::DefaultColumnType>(&file).unwrap() {
            if let Record::Statement { sql, .. } | Record::Query { sql, .. } = record
                && is_repeatable(&sql)
            {
                let _ = both.run(&sql);
            }
        }
    }
}
