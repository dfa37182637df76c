//! The shell's files: `.import`, `.export` and `.dump`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod process;

use process::{ok, run_with};
use std::fs;
use tempfile::TempDir;

const SHOP: &str = "CREATE TABLE t (i BIGINT, d DECIMAL(6,2), s TEXT, b BOOLEAN, f DOUBLE, day DATE, j JSON);
INSERT INTO t VALUES (9007199254740993, 1.50, 'a,\"b\"\n2nd', TRUE, 0.1, '2024-02-29', '{\"a\": [1]}'),
 (-20, NULL, '', FALSE, 1e300, NULL, NULL), (3, 2.25, NULL, NULL, NULL, '0001-01-01', '\"x\"');
";

#[test]
fn what_is_exported_is_imported_again() {
    for file in ["t.csv", "t.json", "t.jsonl", "t.ndjson"] {
        // CSV does not tell an empty text from NULL.
        let s = if file == "t.csv" { "NULLIF(s, '')" } else { "s" };
        let all = format!("SELECT i, d, {s} AS s, b, f, day, j FROM t ORDER BY i;\n");
        let directory = TempDir::new().unwrap();
        let script = format!("{SHOP}.mode json\n{all}.export {file} t\n");
        let before = ok(&directory, &[":memory:"], &script);
        let schema = SHOP.lines().next().unwrap();
        let script = format!("{schema}\n.import {file} t\n.mode json\n{all}");
        assert_eq!(ok(&directory, &[":memory:"], &script), before, "{file}");
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[test]
fn json_files_make_tables_of_fitting_types() {
    let directory = TempDir::new().unwrap();
    let array = r#" [{"id": 1, "name": "Ada", "tags": ["x", 1], "zip": "007", "mixed": 1},
        {"id": 2, "price": 1.25, "flag": true, "day": "2024-02-29", "mixed": "1", "NAME": "Grace \"G\""}, {}]"#;
    fs::write(directory.path().join("array.json"), array).unwrap();
    let lines = "{\"a\": 123456789012345678901, \"b\": null}\n\n{\"b\": \"\"}\n";
    fs::write(directory.path().join("lines.jsonl"), lines).unwrap();
    let script = ".import array.json people\nSHOW COLUMNS FROM people;\nSELECT * FROM people ORDER BY id;
.import lines.jsonl l\nSHOW COLUMNS FROM l;\nSELECT * FROM l ORDER BY a;\n";
    let out = ok(&directory, &[":memory:", "--mode=tsv"], script);
    let first = |line: &str| line.split('\t').take(2).collect::<Vec<_>>().join(" ");
    let lines: Vec<&str> = out.lines().collect();
    let types: Vec<String> = lines[1..9].iter().map(|l| first(l)).collect();
    let expected = [
        "id BIGINT",
        "name TEXT",
        "tags JSON",
        "zip TEXT",
        "mixed JSON",
        "price DOUBLE",
        "flag BOOLEAN",
        "day DATE",
    ];
    assert_eq!(types, expected);
    assert_eq!(
        lines[10..13],
        [
            "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N",
            "1\tAda\t[\"x\", 1]\t007\t1\t\\N\t\\N\t\\N",
            "2\tGrace \"G\"\t\\N\t\\N\t\"1\"\t1.25\t1\t2024-02-29"
        ]
    );
    assert_eq!(first(lines[14]), "a DECIMAL(38,0)");
    assert_eq!(first(lines[15]), "b TEXT");
    assert_eq!(lines[17..], ["\\N\t", "123456789012345678901\t\\N"]);
}

#[test]
fn a_json_file_is_imported_whole_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    let files = [
        (
            "broken.json",
            "[{\"a\": 1},\n {\"a\": }]",
            "broken.json: expected value",
        ),
        ("short.json", "[{\"a\": 1}", "EOF"),
        ("scalar.json", "[{\"a\": 1}, 2]", "an object, one for each row"),
        ("wrong.jsonl", "{\"a\": 1}\n{\"a\": \"x\"}\n", "object 2, field a"),
        ("more.jsonl", "{\"a\": 1, \"x\": 1}\n", "unknown column x"),
        ("empty.json", "[]", "no objects"),
        ("twice.json", "[{\"a\": 1}] [{\"a\": 1}]", "trailing"),
    ];
    for (name, text, _) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    for (name, _, named) in files {
        let script = format!("CREATE TABLE t (a INT);\n.import {name} t\nSELECT COUNT(*) AS n FROM t;\n");
        let arguments = [":memory:", "--mode=csv", "--continue-on-error"];
        let ended = run_with(&directory, &arguments, &script);
        assert!(ended.err.contains(named), "{name}: {}", ended.err);
        assert_eq!(ended.out, "n\n0\n", "{name}");
    }
}

#[test]
fn queries_are_exported_in_the_format_that_is_named() {
    let directory = TempDir::new().unwrap();
    let script =
        format!("{SHOP}.export --csv out.txt SELECT i, 'x y' AS s FROM t WHERE i < 10 ORDER BY i;\n");
    assert_eq!(ok(&directory, &[":memory:"], &script), "");
    let written = fs::read_to_string(directory.path().join("out.txt")).unwrap();
    assert_eq!(written, "i,s\n-20,x y\n3,x y\n");
    // What fails leaves the file as it was, and what is no query is not run.
    for (command, named) in [
        (
            ".export --csv out.txt SELECT i, CAST(s AS DATE) + nothing FROM t",
            "nothing",
        ),
        (".export --csv out.txt DELETE FROM t", "table or a query"),
        (".export out.txt t", "--csv"),
        (".export --xml out.txt t", "xml"),
        (".export out.csv", "usage: .export"),
        (".export missing/out.csv t", "missing"),
    ] {
        let script = format!("{SHOP}{command}\nSELECT COUNT(*) AS n FROM t;\n");
        let ended = run_with(
            &directory,
            &[":memory:", "--mode=csv", "--continue-on-error"],
            &script,
        );
        assert!(ended.err.contains(named), "{command}: {}", ended.err);
        assert_eq!(ended.out, "n\n3\n", "{command}");
    }
    assert_eq!(
        fs::read_to_string(directory.path().join("out.txt")).unwrap(),
        written
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_dump_is_read_again() {
    let directory = TempDir::new().unwrap();
    let script = format!(
        "{SHOP}ALTER TABLE t ENGINE = persistent;
CREATE TABLE `a b` (id INT PRIMARY KEY AUTO_INCREMENT, t TEXT DEFAULT 'it''s;') ENGINE = dual;
INSERT INTO `a b` (t) VALUES ('x;\\r\\n'), (DEFAULT), ('--'), ('\\\\');
CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO `a b` (t) VALUES ('gone;'); DELETE FROM `a b` WHERE id < 0; END;
CREATE VIEW v AS SELECT i FROM t;
.dump
"
    );
    let dump = ok(&directory, &["one"], &script);
    fs::write(directory.path().join("dump.sql"), &dump).unwrap();
    assert_eq!(ok(&directory, &["two"], ".read dump.sql\n.dump\n"), dump);
    let again =
        "DELETE FROM t WHERE i = 3; INSERT INTO `a b` (t) VALUES ('new'); SELECT id, HEX(t) AS h FROM `a b`;";
    let out = ok(&directory, &["--mode=csv", "two", "-c", again], "");
    assert_eq!(
        out,
        "id,h\n1,783B0D0A\n2,697427733B\n3,2D2D\n4,5C\n5,676F6E653B\n6,6E6577\n"
    );
    // One table alone, into another name's schema.
    let one = ok(&directory, &["one", "-c", ".dump v"], "");
    assert_eq!(one, "CREATE VIEW `v` (`i`) AS SELECT i FROM t;\n");
    let missing = run_with(&directory, &["one", "-c", ".dump nothing"], "");
    assert!(missing.err.contains("unknown table nothing"), "{}", missing.err);
}

#[test]
fn schema_shows_tables_with_their_triggers_and_views() {
    let directory = TempDir::new().unwrap();
    let script = "CREATE TABLE t (a INT);\nCREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
CREATE VIEW v AS SELECT a FROM t;\n.schema\n";
    let shown = ok(&directory, &[":memory:"], script);
    for part in [
        "CREATE TABLE `t` (",
        "CREATE TRIGGER `g` BEFORE INSERT ON `t`",
        "CREATE VIEW `v`",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert_eq!(ok(&directory, &[":memory:"], &format!("{shown}.schema\n")), shown);
}

#[test]
fn explain_shows_plans_of_queries_or_of_each() {
    let directory = TempDir::new().unwrap();
    let script =
        "CREATE TABLE t (a INT PRIMARY KEY);\n.explain SELECT * FROM t WHERE a = 1;\n.explain on\n.explain
INSERT INTO t VALUES (1);\nSELECT a FROM t;\n.explain off\nSELECT a FROM t;\n";
    let out = ok(&directory, &[":memory:", "--mode=csv"], script);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].contains('t') && lines[0].contains("a = 1"), "{out}");
    assert_eq!(lines.iter().filter(|l| **l == "on").count(), 1, "{out}");
    assert!(lines.iter().any(|l| l.starts_with("Insert")), "{out}");
    assert!(lines.iter().any(|l| l.starts_with("Scan t")), "{out}");
    assert!(out.ends_with("a\n1\na\n1\n"), "{out}");
}
