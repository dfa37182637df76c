//! The `amphi` shell as a user meets it: as a process.
#![allow(clippy::unwrap_used, clippy::panic)]

mod process;

use process::{ok, run, run_with, shell};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const TYPES: &str = "CREATE TABLE t (i BIGINT, d DECIMAL(6,2), s TEXT, b BOOLEAN);
INSERT INTO t VALUES (1, 1.50, 'a,\"b\"', TRUE), (-20, NULL, '', FALSE), (3, 2.25, NULL, NULL);
SELECT * FROM t ORDER BY d IS NULL, d;";

#[test]
fn every_mode_shows_the_same_rows() {
    let out = |mode| {
        let ended = run(&[":memory:", "--mode", mode], TYPES);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended.out
    };
    assert_eq!(
        out("table"),
        "+-----+------+-------+------+\n\
         |   i |    d | s     | b    |\n\
         +-----+------+-------+------+\n\
         |   1 | 1.50 | a,\"b\" | 1    |\n\
         |   3 | 2.25 | NULL  | NULL |\n\
         | -20 | NULL |       | 0    |\n\
         +-----+------+-------+------+\n\
         (3 rows)\n"
    );
    assert_eq!(
        out("csv"),
        "i,d,s,b\n1,1.50,\"a,\"\"b\"\"\",1\n3,2.25,,\n-20,,\"\",0\n"
    );
    assert_eq!(
        out("tsv"),
        "i\td\ts\tb\n1\t1.50\ta,\"b\"\t1\n3\t2.25\t\\N\t\\N\n-20\t\\N\t\t0\n"
    );
    assert_eq!(
        out("json"),
        "[{\"i\":1,\"d\":1.50,\"s\":\"a,\\\"b\\\"\",\"b\":true},\n \
         {\"i\":3,\"d\":2.25,\"s\":null,\"b\":null},\n \
         {\"i\":-20,\"d\":null,\"s\":\"\",\"b\":false}]\n"
    );
}

#[test]
fn commands_of_the_command_line_run_in_order_and_end() {
    let arguments = [
        ":memory:",
        "--mode=csv",
        "-c",
        "SELECT 1 AS a; SELECT 2 AS b",
        "-c",
        "SELECT 3 AS c",
    ];
    assert_eq!(run(&arguments, "SELECT 4").out, "a\n1\nb\n2\nc\n3\n");
}

#[test]
fn a_script_stops_at_its_first_error_and_says_where() {
    let script = "SELECT 1 AS a;\n\nSELECT x\n  FROM nowhere;\nSELECT 2 AS a;";
    let ended = run(&[":memory:", "--mode", "csv"], script);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.out, "a\n1\n");
    assert!(ended.err.contains("stdin:4"), "{}", ended.err);
    assert!(
        ended.err.contains("42P01") && ended.err.contains("nowhere"),
        "{}",
        ended.err
    );

    let ended = run(&[":memory:", "--mode", "csv", "--continue-on-error"], script);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.out, "a\n1\na\n2\n");
    assert!(ended.err.contains("nowhere"), "{}", ended.err);
}

#[test]
fn mistakes_in_commands_and_options_are_explained() {
    let ended = run(&[":memory:"], ".tabels\n");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("did you mean .tables?"), "{}", ended.err);
    assert_eq!(run(&["--no-such-option"], "").code, Some(2));
    assert_eq!(run(&["--help"], "").code, Some(0));
}

#[test]
fn files_are_read_and_may_read_others() {
    let directory = TempDir::new().unwrap();
    let write = |name, text| fs::write(directory.path().join(name), text).unwrap();
    write(
        "outer.sql",
        "CREATE TABLE t (a INT);\n.read inner.sql\nSELECT count(*) AS n FROM t;",
    );
    write("inner.sql", "INSERT INTO t VALUES (1),\n (2);");
    write(
        "broken.sql",
        "INSERT INTO t VALUES (3);\n\nINSERT INTO t VALUES ('x');\n",
    );
    write("forever.sql", ".read forever.sql");
    let out = ok(&directory, &[":memory:", "--mode=csv"], ".read outer.sql\n");
    assert_eq!(out, "n\n2\n");

    let ended = run_with(
        &directory,
        &[":memory:"],
        ".read outer.sql\n.read broken.sql\nSELECT 'not reached';",
    );
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("broken.sql:3"), "{}", ended.err);
    assert!(!ended.out.contains("not reached"));
    for wrong in [".read forever.sql", ".read missing.sql"] {
        assert_eq!(
            run_with(&directory, &[":memory:"], wrong).code,
            Some(1),
            "{wrong}"
        );
    }
}

#[test]
fn commands_show_what_there_is() {
    let directory = TempDir::new().unwrap();
    let script = "CREATE TABLE b (id INT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE a (x INT);
.persist b dual sync
.tables
.mode json
.mode
.persist
.schema b
.check
";
    let out = ok(&directory, &[], script);
    assert!(out.starts_with("a\nb\njson\n"), "{out}");
    assert!(out.contains("\"placement\":\"dual\""), "{out}");
    assert!(out.contains("CREATE TABLE") && out.contains("NOT NULL"), "{out}");
    assert!(out.ends_with("ok\n"), "{out}");
    let script = "CREATE SCHEMA other; USE other; CREATE TABLE c (x INT);\n.persist c\n.mode csv\n.persist\n";
    let out = ok(&directory, &[], script);
    assert!(out.contains("other,c,persistent"), "{out}");
    // What .schema prints makes the same table again.
    let schema = ok(&directory, &["-c", ".schema b"], "");
    let again = TempDir::new().unwrap();
    assert_eq!(ok(&again, &[], &format!("{schema}\n.schema b\n")), schema);
}

#[test]
fn a_csv_file_is_imported_with_its_types() {
    let directory = TempDir::new().unwrap();
    let csv = "\u{feff}id,zip,price,big,flag,day,at,note,\n\
        1,007,1.5,123456789012345678901,true,2024-02-29,2024-02-29 01:02:03,\"a, \"\"b\"\"\n2nd line\",\n\
        2,12345,-2,0.5,FALSE,,2024-03-01T00:00:00,,\n";
    fs::write(directory.path().join("data.csv"), csv).unwrap();
    let out = ok(
        &directory,
        &[":memory:", "--mode=tsv"],
        ".import data.csv things\nSHOW COLUMNS FROM things;\nSELECT * FROM things ORDER BY id;",
    );
    let types: Vec<(&str, &str)> = out
        .lines()
        .skip(1)
        .take(9)
        .map(|line| {
            let mut fields = line.split('\t');
            (fields.next().unwrap(), fields.next().unwrap())
        })
        .collect();
    let expected = [
        ("id", "BIGINT"),
        ("zip", "TEXT"),
        ("price", "DOUBLE"),
        ("big", "DECIMAL(38,1)"),
        ("flag", "BOOLEAN"),
        ("day", "DATE"),
        ("at", "DATETIME(6)"),
        ("note", "TEXT"),
        ("column9", "TEXT"),
    ];
    assert_eq!(types, expected);
    let rows: Vec<&str> = out.lines().skip(11).collect();
    let first = "1\t007\t1.5\t123456789012345678901.0\t1\t2024-02-29\t2024-02-29 01:02:03.000000\ta, \"b\"\\n2nd line\t\\N";
    assert_eq!(rows[0], first);
    assert_eq!(
        rows[1],
        "2\t12345\t-2\t0.5\t0\t\\N\t2024-03-01 00:00:00.000000\t\\N\t\\N"
    );
}

#[test]
fn an_import_into_a_table_appends_by_column_name() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("data.csv"), "B,A\nx,1\ny,2\n").unwrap();
    fs::write(directory.path().join("wrong.csv"), "a,b,c\n1,x,2\n").unwrap();
    fs::write(directory.path().join("bad.csv"), "a,b\n3,x\nthree,x\n").unwrap();
    fs::write(directory.path().join("twice.csv"), "a,b\n9,x\n1,x\n").unwrap();
    let table = "CREATE TABLE t (a INT PRIMARY KEY, b TEXT, c TEXT DEFAULT 'z');\n.import data.csv t\n";
    let script = format!("{table}SELECT * FROM t ORDER BY a;");
    let out = ok(&directory, &[":memory:", "--mode=csv"], &script);
    assert_eq!(out, "a,b,c\n1,x,z\n2,y,z\n");

    for (file, named) in [
        ("wrong.csv", ""),
        ("bad.csv", "line 3, column 1"),
        ("twice.csv", "23505"),
    ] {
        let script = format!("{table}.import {file} t\nSELECT count(*) AS n FROM t;");
        let ended = run_with(
            &directory,
            &[":memory:", "--mode=csv", "--continue-on-error"],
            &script,
        );
        assert!(
            !ended.err.is_empty() && ended.err.contains(named),
            "{file}: {}",
            ended.err
        );
        assert_eq!(ended.out, "n\n2\n", "{file}: something was imported");
    }
}

#[test]
fn a_faulty_csv_file_imports_nothing() {
    let directory = TempDir::new().unwrap();
    let mut good = "a,b\n".to_owned();
    (0..5_000).for_each(|i| good.push_str(&format!("{i},x\n")));
    let first = b"a,b\n";
    let many = good.as_bytes();
    for (name, head, tail, expected) in [
        ("ragged", many, &b"1,x,2\n"[..], "line 5002, column 3"),
        ("short", many, b"1\n", "line 5002, column 2"),
        ("latin1", many, b"1,caf\xe9\n", "line 5002, column 2"),
        ("first-row", first, b"1,caf\xe9\n", "line 2, column 2"),
    ] {
        let file = format!("{name}.csv");
        fs::write(directory.path().join(&file), [head, tail].concat()).unwrap();
        let script = format!(".import {file} t\n.tables\nSELECT 1 AS alive;");
        let ended = run_with(
            &directory,
            &[":memory:", "--mode=csv", "--continue-on-error"],
            &script,
        );
        assert!(ended.err.contains(expected), "{name}: {}", ended.err);
        assert!(ended.err.contains("22000"), "{name}: {}", ended.err);
        assert_eq!(ended.out, "alive\n1\n", "{name}");
    }
    for (name, text) in [("empty", ""), ("header", "a,b\n")] {
        let file = format!("{name}.csv");
        fs::write(directory.path().join(&file), text).unwrap();
        let ended = run_with(&directory, &[":memory:"], &format!(".import {file} t\n"));
        assert_eq!(
            ended.code,
            Some(i32::from(name == "empty")),
            "{name}: {}",
            ended.err
        );
    }
}

#[test]
fn an_import_inside_a_transaction_is_part_of_it() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("data.csv"), "a\n1\n2\n").unwrap();
    fs::write(directory.path().join("bad.csv"), "a\n3\nx\n").unwrap();
    let script = "CREATE TABLE t (a INT);
BEGIN;
.import data.csv t
.import bad.csv t
SELECT count(*) AS n FROM t;
ROLLBACK;
SELECT count(*) AS n FROM t;";
    let ended = run_with(
        &directory,
        &[":memory:", "--mode=csv", "--continue-on-error"],
        script,
    );
    assert_eq!(ended.out, "n\n2\nn\n0\n", "{}", ended.err);
}

/// A shell that runs, and the lines it prints.
struct Running {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Running {
    fn start(directory: &TempDir) -> Running {
        let mut child = shell(directory)
            .args(["--mode=csv"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Running { child, lines }
    }

    fn send(&mut self, text: &str) {
        self.child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Waits until a line has been printed.
    fn wait_for(&self, wanted: &str) {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let left = limit.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("{wanted} never came"));
            if line == wanted {
                return;
            }
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn what_was_committed_survives_sigkill() {
    let directory = TempDir::new().unwrap();
    let mut running = Running::start(&directory);
    running.send(
        "CREATE TABLE m (a INT);
CREATE TABLE p (a INT PRIMARY KEY, b TEXT) ENGINE = persistent;
CREATE TABLE d (a INT PRIMARY KEY, b TEXT);
INSERT INTO d VALUES (1, 'before');
.persist d dual sync
ALTER TABLE p SET (sync_on_write = true);
INSERT INTO m VALUES (1);
INSERT INTO p VALUES (1, 'one'), (2, 'two');
BEGIN;
INSERT INTO d VALUES (2, 'with p');
INSERT INTO p VALUES (3, 'with d');
COMMIT;
SELECT 'marker' AS x;
BEGIN;
INSERT INTO p VALUES (4, 'not committed');
SELECT 'open' AS y;
",
    );
    running.wait_for("open");
    running.kill();
    let out = ok(
        &directory,
        &["--mode=csv"],
        "SELECT a, b FROM p ORDER BY a;\nSELECT a, b FROM d ORDER BY a;\n.tables\nSHOW PERSISTENCE;\n.check\n",
    );
    let expected = "a,b\n1,one\n2,two\n3,with d\na,b\n1,before\n2,with p\nd\np\n\
        schema,table,placement,persistent,sync_on_write,cache_in_memory,exists\n\
        main,p,persistent,1,1,0,1\nmain,d,dual,1,1,1,1\nok\n";
    assert_eq!(out, expected);
}

#[test]
fn what_the_shell_has_answered_is_durable() {
    for round in 0..5 {
        let directory = TempDir::new().unwrap();
        let mut running = Running::start(&directory);
        running.send("CREATE TABLE p (a INT) ENGINE = persistent;\n");
        (0..100).for_each(|a| running.send(&format!("INSERT INTO p VALUES ({a});\n")));
        running.send("SELECT 'answered' AS x;\n");
        running.wait_for("answered");
        running.kill();
        let out = ok(
            &directory,
            &["--mode=csv", "-c", "SELECT count(*) AS n FROM p"],
            "",
        );
        assert_eq!(out, "n\n100\n", "round {round}");
    }
}

#[test]
fn relaxed_commits_are_durable_within_the_flush_interval() {
    let directory = TempDir::new().unwrap();
    let mut running = Running::start(&directory);
    running.send(
        "CREATE TABLE p (a INT) ENGINE = persistent;\nINSERT INTO p VALUES (1);\nSELECT 'done' AS x;\n",
    );
    running.wait_for("done");
    // Many times the interval of 50 ms: this waits for a background thread on a busy machine.
    std::thread::sleep(Duration::from_millis(1_500));
    running.kill();
    assert_eq!(
        ok(&directory, &["--mode=csv", "-c", "SELECT * FROM p"], ""),
        "a\n1\n"
    );
}

#[test]
fn a_second_shell_is_locked_out() {
    let directory = TempDir::new().unwrap();
    let mut running = Running::start(&directory);
    running.send("SELECT 'here' AS x;\n");
    running.wait_for("here");
    let ended = run_with(&directory, &["-c", "SELECT 1"], "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("AM003") && ended.err.contains("amphi-data"),
        "{}",
        ended.err
    );
    running.kill();
    ok(&directory, &["-c", "SELECT 1"], "");
}

#[test]
fn a_read_only_shell_reads_and_refuses_writes() {
    let directory = TempDir::new().unwrap();
    ok(
        &directory,
        &[
            "-c",
            "CREATE TABLE p (a INT) ENGINE = dual; INSERT INTO p VALUES (7)",
        ],
        "",
    );
    let script = "SELECT a FROM p; INSERT INTO p VALUES (8); SELECT count(*) AS n FROM p;";
    let arguments = ["--read-only", "--mode=csv", "--continue-on-error"];
    let ended = run_with(&directory, &arguments, script);
    assert_eq!(ended.out, "a\n7\nn\n1\n");
    assert!(ended.err.contains("25006"), "{}", ended.err);
    assert_eq!(run(&["--read-only", "missing"], "").code, Some(1));
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let other = directory.path().join("amphi-data");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.tex"), "years of work").unwrap();
    let ended = run_with(&directory, &["-c", "CREATE TABLE t (a INT)"], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("AM004"), "{}", ended.err);
    let left: Vec<_> = fs::read_dir(&other).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [other.join("thesis.tex")]);
    assert_eq!(fs::read_to_string(Path::new(&left[0])).unwrap(), "years of work");
}

#[test]
fn output_that_nobody_reads_is_no_panic() {
    let directory = TempDir::new().unwrap();
    let mut child = shell(&directory)
        .args([":memory:", "--mode=csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..100 {
        if stdin.write_all(b"SELECT 1;\n").is_err() {
            break;
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!err.contains("panicked"), "{err}");
}

#[test]
fn a_whole_database_is_saved_into_one_file_and_loaded() {
    let directory = TempDir::new().unwrap();
    let script = "CREATE TABLE m (a INT); INSERT INTO m VALUES (7);
CREATE TABLE p (a INT) ENGINE = persistent; INSERT INTO p VALUES (8);
.save all.amphi
";
    ok(&directory, &["data"], script);
    let loaded = ok(
        &directory,
        &["--mode=csv", "copy"],
        ".load all.amphi\nSELECT m.a, p.a AS b FROM m, p;\n.persist\n",
    );
    assert!(loaded.starts_with("a,b\n7,8\n"), "{loaded}");
    assert!(loaded.contains("p") && loaded.contains("persistent"), "{loaded}");
    for refused in [".save all.amphi\n", ".load all.amphi\n"] {
        let refused = run_with(&directory, &["copy"], refused);
        assert_eq!(refused.code, Some(1), "{}", refused.err);
    }
    fs::write(directory.path().join("damaged"), "AMPHIEXP").unwrap();
    let refused = run_with(&directory, &["new"], ".load damaged\n");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("export"), "{}", refused.err);
}

#[test]
fn a_database_is_copied_compacted_and_saved_from_damage() {
    let directory = TempDir::new().unwrap();
    let script = "CREATE TABLE t (a INT PRIMARY KEY, b TEXT) ENGINE = persistent;
INSERT INTO t VALUES (1, 'one'), (2, 'two');
.backup copy
.compact
.check
";
    let out = ok(&directory, &["data"], script);
    assert!(out.contains("bytes before") && out.ends_with("ok\n"), "{out}");
    let query = ["--mode=csv", "-c", "SELECT b FROM t ORDER BY a"];
    let rows = |database: &str| ok(&directory, &[&query[..], &[database]].concat(), "");
    assert_eq!(rows("copy"), "b\none\ntwo\n");

    let refused = run_with(&directory, &["data"], ".backup copy\n");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("copy"), "{}", refused.err);

    let saved = ok(&directory, &["--salvage", "data", "saved"], "");
    assert!(saved.contains("main.t: 2 rows saved"), "{saved}");
    assert_eq!(rows("saved"), "b\none\ntwo\n");
    fs::write(directory.path().join("data/amphi.redb"), "damaged").unwrap();
    let nothing = run_with(&directory, &["--salvage", "data", "again"], "");
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.err.contains("nothing can be saved"), "{}", nothing.err);
    assert!(!directory.path().join("again").exists());
}
