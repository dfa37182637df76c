//! Temporary tables beside other sessions, in transactions that are rolled back, moved or lost, and what of
//! them reaches the store: nothing. What they answer is in `slt/ddl/temporary.slt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::session::Params;
use amphi_tests::block_on::block_on;
use amphi_tests::test_bed::{Layout, in_layouts};

#[test]
fn sessions_have_tables_of_one_name_side_by_side() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two, mut three) = (bed.client(), bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY)",
            "INSERT INTO t VALUES (1), (2)",
        ]);
        one.ok("BEGIN");
        two.ok("BEGIN");
        one.all(&[
            "CREATE TEMPORARY TABLE t (x INT PRIMARY KEY)",
            "INSERT INTO t VALUES (1), (5)",
        ]);
        two.all(&[
            "CREATE TEMPORARY TABLE t (y VARCHAR(9))",
            "INSERT INTO t VALUES ('mine')",
        ]);
        assert_eq!(three.q("SELECT a FROM t ORDER BY a"), "1, 2");
        one.ok("COMMIT");
        two.ok("COMMIT");
        assert_eq!(one.q("SELECT x FROM t ORDER BY x"), "1, 5");
        assert_eq!(two.q("SELECT y FROM t"), "mine");
        // The same text means each session's own table, whoever planned it first.
        assert_eq!(three.q("SELECT COUNT(*) FROM t"), "2");
        assert_eq!(two.q("SELECT COUNT(*) FROM t"), "1");
        assert_eq!(three.q("SELECT COUNT(*) FROM t"), "2");
        for n in 10..20 {
            one.ok(&format!("INSERT INTO t VALUES ({n})"));
            three.ok(&format!("INSERT INTO t VALUES ({n})"));
            two.ok("INSERT INTO t VALUES ('more')");
        }
        assert_eq!(one.q("SELECT COUNT(*) FROM t WHERE x = 13"), "1");
        assert_eq!(two.q("SELECT COUNT(*) FROM t"), "11");
        assert_eq!(three.q("SELECT COUNT(*), MAX(a) FROM t"), "12 19");
        one.session.reset();
        assert_eq!(one.q("SELECT COUNT(*), MAX(a) FROM t"), "12 19");
        assert_eq!(bed.client().q("SELECT COUNT(*) FROM t"), "12");
    });
}

#[test]
fn a_transaction_takes_their_rows_and_definitions_with_it() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY)",
            "CREATE TEMPORARY TABLE s (x INT PRIMARY KEY)",
            "INSERT INTO s VALUES (1), (2), (3)",
            "BEGIN",
            "UPDATE s SET x = x + 10",
            "INSERT INTO t SELECT x FROM s",
            "CREATE TEMPORARY TABLE fresh (z INT)",
            "SAVEPOINT p",
            "DROP TABLE s",
            "DELETE FROM t",
        ]);
        assert_eq!(c.code("SELECT * FROM s"), "42P01");
        c.ok("ROLLBACK TO p");
        assert_eq!(c.q("SELECT x FROM s ORDER BY x"), "11, 12, 13");
        // A statement that fails changes nothing of them.
        assert_eq!(c.code("INSERT INTO s VALUES (20), (11)"), "23505");
        assert_eq!(c.q("SELECT COUNT(*) FROM s"), "3");
        c.ok("ROLLBACK");
        assert_eq!(c.q("SELECT x FROM s ORDER BY x"), "1, 2, 3");
        assert_eq!(c.code("SELECT * FROM fresh"), "42P01");
        assert_eq!(c.code("INSERT INTO s VALUES (20), (1)"), "23505");
        assert_eq!(c.q("SELECT COUNT(*) FROM s"), "3");
    });
}

#[test]
fn a_transaction_that_loses_leaves_them_as_they_were() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "INSERT INTO t VALUES (1, 0), (2, 0)",
            "CREATE TEMPORARY TABLE s (x INT)",
            "BEGIN",
            "INSERT INTO s VALUES (1)",
            "UPDATE t SET b = 1 WHERE a = 1",
        ]);
        two.ok("UPDATE t SET b = 2 WHERE a = 1");
        assert_eq!(one.code("COMMIT"), "40001");
        assert_eq!(one.q("SELECT COUNT(*) FROM s"), "0");
        // One that is moved onto what others committed keeps them.
        one.all(&[
            "BEGIN",
            "INSERT INTO s VALUES (2), (3)",
            "UPDATE t SET b = 5 WHERE a = 2",
        ]);
        two.all(&["UPDATE t SET b = 6 WHERE a = 1", "CREATE TABLE other (x INT)"]);
        one.ok("COMMIT");
        assert_eq!(one.q("SELECT x FROM s ORDER BY x"), "2, 3");
        assert_eq!(two.q("SELECT b FROM t ORDER BY a"), "6, 5");
    });
}

#[test]
fn read_committed_moves_around_them() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY)",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "BEGIN",
            "CREATE TEMPORARY TABLE s (x INT PRIMARY KEY)",
            "INSERT INTO s VALUES (1), (2)",
        ]);
        two.ok("INSERT INTO t VALUES (2)");
        assert_eq!(one.q("SELECT a, x FROM t JOIN s ON a = x"), "2 2");
        one.all(&[
            "SAVEPOINT p",
            "INSERT INTO s VALUES (3)",
            "INSERT INTO t VALUES (30)",
        ]);
        two.all(&[
            "INSERT INTO t VALUES (3)",
            "DROP TABLE IF EXISTS s",
            "CREATE TABLE s (y INT)",
        ]);
        assert_eq!(one.q("SELECT a, x FROM t JOIN s ON a = x ORDER BY a"), "2 2, 3 3");
        one.ok("ROLLBACK TO p");
        assert_eq!(one.q("SELECT a, x FROM t JOIN s ON a = x ORDER BY a"), "2 2");
        one.ok("COMMIT");
        assert_eq!(one.q("SELECT COUNT(x) FROM s"), "2");
        assert_eq!(two.q("SELECT COUNT(y) FROM s"), "0");
    });
}

#[test]
fn nothing_of_them_reaches_the_store() {
    in_layouts(&[Layout::Persistent, Layout::Dual, Layout::Pending], |bed| {
        let mut c = bed.client();
        c.all(&["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)"]);
        block_on(bed.db.flush()).unwrap();
        let before = bed.entries();
        // Whatever the defaults of the database are.
        c.all(&[
            "CREATE TEMPORARY TABLE s (a INT PRIMARY KEY, b VARCHAR(10), KEY (b))",
            "INSERT INTO s VALUES (1, 'x'), (2, 'y'), (3, 'z'), (4, 'z'), (5, 'z'), (6, 'z')",
            "BEGIN",
            "UPDATE s SET b = 'w' WHERE a > 3",
            "ALTER TABLE s ADD COLUMN c INT",
            "COMMIT",
        ]);
        block_on(bed.db.flush()).unwrap();
        assert_eq!(bed.entries(), before);
        assert_eq!(c.code("ALTER TABLE s SET (persistent = true)"), "42000");
        assert_eq!(c.code("CREATE TEMPORARY TABLE p (a INT) ENGINE = dual"), "42000");
        assert_eq!(bed.db.list_persistent_tables().len(), 1);
        c.all(&["BEGIN", "INSERT INTO t SELECT a FROM s", "COMMIT"]);
        bed.reopen();
        let mut c = bed.client();
        assert_eq!(c.q("SELECT COUNT(*) FROM t"), "7");
        assert_eq!(c.code("SELECT * FROM s"), "42P01");
    });
}

#[test]
fn prepared_statements_of_all_see_their_own() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "INSERT INTO t VALUES (1, 10), (2, 20)",
        ]);
        two.all(&[
            "CREATE TEMPORARY TABLE t (a INT PRIMARY KEY, b INT)",
            "INSERT INTO t VALUES (1, -1), (2, -2)",
        ]);
        for (sql, first, second) in [
            ("SELECT b FROM t WHERE a = ?", "20", "-2"),
            ("SELECT b FROM t WHERE a >= ? ORDER BY a", "20", "-2"),
            ("UPDATE t SET b = b * 2 WHERE a = ?", "", ""),
            ("SELECT b FROM t WHERE a = ?", "40", "-4"),
            ("DELETE FROM t WHERE a = ?", "", ""),
            ("SELECT COUNT(*) FROM t WHERE a <> ?", "1", "1"),
        ] {
            let params = Params::Positional(vec![2.into()]);
            for (c, expected) in [(&mut one, first), (&mut two, second)] {
                let answer = c.run_with(sql, &params).unwrap();
                assert_eq!(amphi_tests::test_bed::text(&answer), expected, "{sql}");
            }
        }
        assert_eq!(one.q("SELECT a, b FROM t"), "1 10");
        assert_eq!(two.q("SELECT a, b FROM t"), "1 -1");
    });
}
