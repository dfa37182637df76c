//! The shell's machine mode as a program meets it: a process that answers lines of JSON.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

struct Amphi {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Amphi {
    fn start(arguments: &[&str]) -> Amphi {
        let mut process = Command::new(env!("CARGO_BIN_EXE_amphi"))
            .arg("--json")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Amphi {
            requests: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn send(&mut self, line: &str) {
        writeln!(self.requests, "{line}").unwrap();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    fn ask(&mut self, request: Value) -> Value {
        self.send(&request.to_string());
        self.answer()
    }

    fn sql(&mut self, sql: &str) -> Value {
        self.ask(json!({ "sql": sql }))
    }

    fn end(mut self) {
        drop(self.requests);
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn values_of_every_type_keep_their_digits() {
    let mut amphi = Amphi::start(&[":memory:"]);
    let table = "CREATE TABLE t (i BIGINT, u BIGINT UNSIGNED, d DECIMAL(30,2), f DOUBLE, b BOOLEAN, s TEXT,
                 x BLOB, day DATE, at DATETIME(6), j JSON)";
    assert_eq!(amphi.sql(&table.replace('\n', " ")), json!({"ok": 0}));
    amphi.send(
        r#"{"id":"a","sql":"INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)","params":[9007199254740993,18446744073709551615,"1234567890123456789012345678.90",2.5,true,"é\n\"",{"hex":"00ff"},"2024-02-29","2024-02-29 01:02:03.5","[1]"]}"#,
    );
    assert_eq!(amphi.answer(), json!({"id": "a", "ok": 1}));
    amphi.send(r#"{"sql":"SELECT * FROM t"}"#);
    let mut line = String::new();
    amphi.answers.read_line(&mut line).unwrap();
    assert_eq!(
        line.trim_end(),
        r#"{"columns":["i","u","d","f","b","s","x","day","at","j"],"rows":[[9007199254740993,18446744073709551615,"1234567890123456789012345678.90",2.5,true,"é\n\"",{"hex":"00FF"},"2024-02-29","2024-02-29 01:02:03.500","[1]"]]}"#
    );
    let found = amphi.ask(json!({"sql": "SELECT i FROM t WHERE x = ?", "params": [{"hex": "00FF"}]}));
    assert_eq!(found["rows"], json!([[9007199254740993u64]]));
    assert_eq!(
        amphi.sql("SELECT NULL AS n WHERE FALSE"),
        json!({"columns": ["n"], "rows": []})
    );
    amphi.end();
}

#[test]
fn errors_have_a_code_and_a_kind() {
    let mut amphi = Amphi::start(&[":memory:"]);
    amphi.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    amphi.sql("INSERT INTO t VALUES (1)");
    for (sql, code, kind) in [
        ("SELEC 1", "42601", json!("syntax")),
        ("INSERT INTO t VALUES (1)", "23505", json!("constraint")),
        ("SELECT * FROM nowhere", "42P01", Value::Null),
    ] {
        let answer = amphi.sql(sql);
        assert_eq!(
            (&answer["code"], &answer["kind"]),
            (&json!(code), &kind),
            "{answer}"
        );
    }
    let answer = amphi.sql("SELECT *\nFROM t WHERE nothing = 1");
    assert_eq!(
        (&answer["line"], &answer["column"]),
        (&json!(2), &json!(14)),
        "{answer}"
    );
    for line in ["SELECT 1", "{}", r#"{"sql":"SELECT 1","colour":1}"#, "[]"] {
        amphi.send(line);
        let answer = amphi.answer();
        assert_eq!(answer["kind"], "protocol", "{answer}");
    }
    let answer = amphi.ask(json!({"sql": "SELECT ?", "params": [[]]}));
    assert_eq!(answer["code"], "07001", "{answer}");
    amphi.end();
}

#[test]
fn sessions_have_transactions_of_their_own() {
    let mut amphi = Amphi::start(&[":memory:"]);
    amphi.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
    amphi.sql("INSERT INTO t VALUES (1, 0), (2, 0)");
    for session in [1, 2] {
        for sql in ["BEGIN", "UPDATE t SET a = a + 1 WHERE id = 1"] {
            let answer = amphi.ask(json!({"sql": sql, "session": session}));
            assert!(answer.get("ok").is_some(), "{answer}");
        }
    }
    assert_eq!(
        amphi.ask(json!({"sql": "COMMIT", "session": 1})),
        json!({"ok": 0})
    );
    assert_eq!(
        amphi.ask(json!({"sql": "COMMIT", "session": 2}))["kind"],
        "conflict"
    );
    amphi.ask(json!({"sql": "BEGIN", "session": 3}));
    amphi.ask(json!({"sql": "UPDATE t SET a = 9", "session": 3}));
    assert_eq!(amphi.ask(json!({"session": 3, "close": true})), json!({"ok": 0}));
    let rows = json!([[1, 1], [2, 0]]);
    assert_eq!(amphi.sql("SELECT * FROM t ORDER BY id")["rows"], rows);
    // The number may be used again.
    let again = amphi.ask(json!({"sql": "SELECT * FROM t ORDER BY id", "session": 3}));
    assert_eq!(again["rows"], rows);
    amphi.end();
}

#[test]
fn answers_of_a_session_come_in_the_order_of_its_requests() {
    let mut amphi = Amphi::start(&[":memory:"]);
    for id in 0..200 {
        amphi.send(&json!({"id": id, "sql": "SELECT ?", "params": [id], "session": id % 3}).to_string());
    }
    let mut next = [0, 1, 2];
    for _ in 0..200 {
        let answer = amphi.answer();
        let id = answer["id"].as_u64().unwrap();
        let expected = &mut next[id as usize % 3];
        assert_eq!((id, &answer["rows"]), (*expected, &json!([[id]])));
        *expected += 3;
    }
    amphi.end();
}

#[test]
fn a_reset_leaves_no_data_in_memory_or_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    for target in [":memory:", path.to_str().unwrap()] {
        let mut amphi = Amphi::start(&[target]);
        let engine = if target == ":memory:" {
            "memory"
        } else {
            "persistent"
        };
        amphi.sql(&format!("CREATE TABLE t (a INT) ENGINE = {engine}"));
        amphi.ask(json!({"sql": "BEGIN", "session": 1}));
        amphi.ask(json!({"sql": "INSERT INTO t VALUES (1)", "session": 1}));
        assert_eq!(
            amphi.ask(json!({"id": 7, "reset": true})),
            json!({"id": 7, "ok": 0})
        );
        assert_eq!(amphi.sql("SELECT * FROM t")["code"], "42P01");
        let created = amphi.sql(&format!("CREATE TABLE t (b INT) ENGINE = {engine}"));
        assert_eq!(created, json!({"ok": 0}));
        amphi.end();
    }
    let mut reader = Amphi::start(&["--read-only", path.to_str().unwrap()]);
    assert_eq!(reader.ask(json!({"reset": true}))["code"], "25006");
    assert_eq!(reader.sql("SELECT * FROM t")["rows"], json!([]));
    reader.end();
}

#[test]
fn what_was_answered_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let mut amphi = Amphi::start(&[path]);
    amphi.sql("CREATE TABLE t (id INT PRIMARY KEY) ENGINE = persistent");
    for id in 0..20 {
        assert_eq!(
            amphi.ask(json!({"sql": "INSERT INTO t VALUES (?)", "params": [id]})),
            json!({"ok": 1})
        );
    }
    amphi.process.kill().unwrap();
    amphi.process.wait().unwrap();
    let mut amphi = Amphi::start(&[path]);
    assert_eq!(amphi.sql("SELECT COUNT(*) FROM t")["rows"], json!([[20]]));
    amphi.end();
}
