//! User variables and statements prepared in SQL beside parameters, transactions, other sessions and
//! limits. What they answer is in `slt/session`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::session::Params;
use amphi_tests::test_bed::{Layout, TestBed, in_layouts, text};

#[test]
fn variables_stand_beside_parameters() {
    let bed = TestBed::new(Layout::Memory);
    let mut c = bed.client();
    c.all(&["SET @a = 10, @b = 'x'"]);
    let params = Params::Positional(vec![1.into(), 2.into()]);
    let answer = c.run_with("SELECT ?, @a, ?, @b, @a", &params).unwrap();
    assert_eq!(text(&answer), "1 10 2 x 10");
    let named = Params::Named(vec![(":a".into(), 5.into())]);
    let answer = c.run_with("SELECT :a, @a", &named).unwrap();
    assert_eq!(text(&answer), "5 10");
    c.ok("SET @a = 'now a text'");
    let answer = c.run_with("SELECT ?, @a, ?, @b, @a", &params).unwrap();
    assert_eq!(text(&answer), "1 now a text 2 x now a text");
    let missing = c.run_with("SELECT ?, @a", &Params::None).unwrap_err();
    assert!(matches!(missing, Error::Parameter { .. }), "{missing}");
}

#[test]
fn variables_belong_to_their_session_and_to_no_transaction() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&["CREATE TABLE t (a INT PRIMARY KEY, b INT)", "BEGIN"]);
        one.all(&["SET @n = 0", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)"]);
        one.ok("SELECT SUM(b) INTO @n FROM t WHERE a >= 2");
        one.ok("ROLLBACK");
        assert_eq!(one.q("SELECT @n, (SELECT COUNT(*) FROM t)"), "5 0");
        assert_eq!(two.q("SELECT @n"), "NULL");
        // A script sees what its statements have set.
        assert_eq!(
            one.q("SET @i = 1; SET @j = @i + 1; INSERT INTO t VALUES (@i, @j); SELECT @i, b FROM t"),
            "1 2"
        );
        one.all(&["SET autocommit = 0", "SET wait_timeout = 7"]);
        one.session.reset();
        assert_eq!(one.q("SELECT @n, @i"), "NULL NULL");
        assert_eq!(one.q("SELECT @@autocommit, @@wait_timeout"), "1 28800");
        assert_eq!(one.code("EXECUTE p"), "42704");
    });
}

#[test]
fn prepared_statements_follow_the_definitions() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "INSERT INTO t VALUES (1, 10), (2, 20)",
            "PREPARE p FROM 'SELECT * FROM t WHERE a = ?'",
            "SET @k = 2",
        ]);
        assert_eq!(one.q("EXECUTE p USING @k"), "2 20");
        two.ok("ALTER TABLE t ADD COLUMN c INT DEFAULT 5");
        assert_eq!(one.q("EXECUTE p USING @k"), "2 20 5");
        assert_eq!(one.q("EXECUTE p USING 1"), "1 10 5");
        assert_eq!(one.q("EXECUTE p USING @k - 1"), "1 10 5");
        two.ok("DROP TABLE t");
        assert_eq!(one.code("EXECUTE p USING @k"), "42P01");
        assert_eq!(two.code("EXECUTE p USING @k"), "42704");
        // PREPARE cannot run itself.
        assert_eq!(one.code("PREPARE q FROM 'EXECUTE q'"), "0A000");
    });
}

#[test]
fn what_a_session_keeps_is_bounded() {
    let mut config = Layout::Memory.config();
    config.max_query_memory_mb = 1;
    let bed = TestBed::with_config(Layout::Memory, config);
    let mut c = bed.client();
    c.all(&["SET @a = REPEAT('x', 400000)", "SET @b = REPEAT('y', 400000)"]);
    let error = c.err("SET @c = REPEAT('z', 400000)");
    assert!(matches!(error, Error::QueryMemory { .. }), "{error}");
    assert_eq!(c.q("SELECT LENGTH(@a), LENGTH(@b), @c"), "400000 400000 NULL");
    c.all(&["SET @a = 1", "SET @c = REPEAT('z', 400000)"]);
    assert_eq!(c.q("SELECT @a, LENGTH(@c)"), "1 400000");
    for n in 0..256 {
        c.ok(&format!("PREPARE p{n} FROM 'SELECT {n}'"));
    }
    let message = c.err("PREPARE one_more FROM 'SELECT 1'").to_string();
    assert!(message.contains("256 statements"), "{message}");
    c.all(&[
        "PREPARE p7 FROM 'SELECT 77'",
        "DEALLOCATE PREPARE p8",
        "PREPARE one_more FROM 'SELECT 1'",
    ]);
    assert_eq!(c.q("EXECUTE p7"), "77");
}

#[test]
fn what_is_not_so_is_not_accepted() {
    let bed = TestBed::new(Layout::Memory);
    let mut c = bed.client();
    for (sql, code) in [
        ("SET autocommit = 2", "42000"),
        ("SET foreign_key_checks = 2", "42000"),
        ("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", "0A000"),
        ("SET GLOBAL autocommit = 1", "0A000"),
        ("SET @@global.autocommit = 1", "0A000"),
        ("SET no_such_variable = 1", "42704"),
        ("SELECT @@no_such_variable", "42704"),
        ("SET @a = 1, autocommit = 0", "0A000"),
        ("SELECT @n := @n + 1 FROM (SELECT 1 UNION SELECT 2) x", "0A000"),
        ("SELECT 1 + (@n := 1)", "0A000"),
        ("SHOW TABLES WHERE nope = 1", "42703"),
    ] {
        assert_eq!(c.code(sql), code, "{sql}");
    }
    c.ok("SET statement_timeout_ms = 60000");
    assert_eq!(c.q("SELECT @@statement_timeout_ms"), "60000");
}
