//! Texts of several statements, run by one call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::session::Params;
use amphi_tests::test_bed::{Layout, in_layouts};

#[test]
fn each_statement_is_done_and_the_last_one_answers() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (a INT PRIMARY KEY, b TEXT)");
        c.ok("DELETE FROM t; -- a comment;\nINSERT INTO t VALUES (1, 'x;y')");
        assert_eq!(
            c.q("BEGIN; INSERT INTO t VALUES (2, 'z'); SELECT COUNT(*) FROM t; ROLLBACK; SELECT a, b FROM t"),
            "1 x;y"
        );
        assert_eq!(
            c.q("INSERT INTO t VALUES (3, ';'); SELECT b FROM t WHERE a = 3;"),
            ";"
        );
    });
}

#[test]
fn a_statement_before_the_last_is_computed_and_its_error_is_reported_where_it_stands() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a BIGINT)",
            "INSERT INTO t VALUES (1), (9223372036854775807)",
        ]);
        let script = "INSERT INTO t VALUES (2);\nSELECT a + 1 FROM t;\nINSERT INTO t VALUES (3)";
        let error = c.run_with(script, &Params::None).unwrap_err();
        assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
        assert_eq!(
            c.q("SELECT COUNT(*) FROM t"),
            "3",
            "what came before stays, nothing comes after"
        );

        let error = c
            .run_with("SELECT 1;\n  SELECT b FROM t; SELECT 2", &Params::None)
            .unwrap_err();
        let position = error.position().expect("an unknown column has a place");
        assert_eq!((position.line, position.column), (2, 10), "{error}");
        // Of what looks like one statement with many rows, too.
        let script = "INSERT INTO t VALUES (4), (5); RETURNING a";
        let error = c.run_with(script, &Params::None).unwrap_err();
        assert_eq!(
            error.position().expect("so has a word too many").column,
            32,
            "{error}"
        );
        assert_eq!(c.q("SELECT COUNT(*) FROM t"), "5");
        let error = c.run_with("SELECT 1; SELECT (2", &Params::None).unwrap_err();
        assert_eq!(
            error.position().expect("so has what is missing").column,
            20,
            "{error}"
        );
    });
}

#[test]
fn several_statements_take_no_parameters() {
    in_layouts(&[Layout::Memory], |bed| {
        let mut c = bed.client();
        let params = Params::Positional(vec![1.into()]);
        let error = c.run_with("SELECT ?; SELECT 2", &params).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    });
}
