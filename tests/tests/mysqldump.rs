//! A dump that mariadb-dump wrote (`--hex-blob`) loads as it is: version comments, variables that are kept and put
//! back, LOCK TABLES, DELIMITER, tables before the parents of their foreign keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::sql::parse::split;
use amphi_tests::test_bed::{Client, Layout, in_layouts};

const DUMP: &str = include_str!("../fixtures/mysqldump.sql");

fn load(c: &mut Client) {
    for statement in split(DUMP) {
        c.run(statement.text)
            .unwrap_or_else(|e| panic!("{}: {e}", statement.text));
    }
}

fn look(c: &mut Client) {
    assert_eq!(
        c.q("SELECT id, owner, boss FROM accounts ORDER BY id"),
        "1 2 3, 2 NULL 1, 3 1 NULL"
    );
    assert_eq!(
        c.q("SELECT kind, tags + 0, balance, HEX(photo) FROM customers ORDER BY id"),
        "business 3 12.50 00FF10, private NULL -3.00 NULL"
    );
    assert_eq!(
        c.q("SELECT notes FROM customers WHERE id = 1"),
        "line1\nline2\t\"q\" \\ end"
    );
    assert_eq!(c.q("SELECT name FROM rich"), "Ann O'Hara");
}

#[test]
fn a_dump_loads_twice_and_is_what_it_was() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        load(&mut c);
        look(&mut c);
        load(&mut c);
        look(&mut c);
        // What was put aside is back: foreign keys are checked, and each has its parent.
        assert_eq!(c.q("SELECT @@foreign_key_checks, @@unique_checks"), "1 1");
        assert_eq!(c.code("INSERT INTO accounts VALUES (9, 77, NULL)"), "23503");
        c.ok("DELETE FROM customers WHERE id = 1");
        assert_eq!(c.q("SELECT owner FROM accounts WHERE id = 3"), "NULL");
        assert_eq!(c.q("SELECT COUNT(*) FROM orders"), "1");
        // The trigger's.
        c.ok("INSERT INTO orders (customer) VALUES (2)");
        assert_eq!(c.q("SELECT total FROM orders ORDER BY id DESC LIMIT 1"), "0");
        assert_eq!(c.q("SELECT NEXTVAL(numbers)"), "5100");
    });
}

#[test]
fn a_parent_may_come_after_its_children_and_after_a_restart() {
    in_layouts(&[Layout::Persistent, Layout::Pending], |bed| {
        let mut c = bed.client();
        c.all(&[
            "SET FOREIGN_KEY_CHECKS = 0",
            "CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT up FOREIGN KEY (p) REFERENCES p (id))",
            "INSERT INTO c VALUES (1, 1), (2, 5)",
        ]);
        drop(c);
        bed.reopen();
        let mut c = bed.client();
        assert_eq!(c.code("INSERT INTO c VALUES (3, 1)"), "23503");
        c.all(&["CREATE TABLE p (id INT PRIMARY KEY)", "INSERT INTO p VALUES (1)"]);
        c.ok("INSERT INTO c VALUES (3, 1)");
        assert_eq!(c.code("INSERT INTO c VALUES (4, 2)"), "23503");
        assert_eq!(c.code("DROP TABLE p"), "42000");
        c.all(&[
            "SET FOREIGN_KEY_CHECKS = 0",
            "DROP TABLE p",
            "SET FOREIGN_KEY_CHECKS = 1",
        ]);
        assert_eq!(c.code("INSERT INTO c VALUES (4, 1)"), "23503");
        c.all(&["CREATE TABLE p (id INT PRIMARY KEY)", "INSERT INTO p VALUES (4)"]);
        c.ok("INSERT INTO c VALUES (4, 4)");
        assert_eq!(c.code("DELETE FROM p"), "23503");
    });
}

#[test]
fn locked_tables_are_nobody_elses_until_they_are_unlocked() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut a, mut b) = (bed.client(), bed.client());
        a.ok("CREATE TABLE t (a INT PRIMARY KEY)");
        a.all(&["LOCK TABLES t WRITE", "INSERT INTO t VALUES (1)"]);
        assert_eq!(b.q("SELECT COUNT(*) FROM t"), "0");
        a.all(&["ALTER TABLE t DISABLE KEYS", "UNLOCK TABLES", "UNLOCK TABLES"]);
        assert_eq!(b.q("SELECT COUNT(*) FROM t"), "1");
        // Who locked for reading does not write, and sees no change of others.
        a.ok("LOCK TABLES t READ");
        assert_eq!(a.q("SELECT COUNT(*) FROM t"), "1");
        b.ok("INSERT INTO t VALUES (2)");
        assert_eq!(a.q("SELECT COUNT(*) FROM t"), "1");
        assert_eq!(a.code("INSERT INTO t VALUES (3)"), "25006");
        a.ok("UNLOCK TABLES");
        assert_eq!(a.q("SELECT COUNT(*) FROM t"), "2");
        // What one read and another changed meanwhile is a conflict.
        a.ok("LOCK TABLES t WRITE");
        assert_eq!(a.q("SELECT MAX(a) FROM t"), "2");
        a.ok("INSERT INTO t VALUES (10)");
        b.ok("INSERT INTO t VALUES (4)");
        assert_eq!(a.code("UNLOCK TABLES"), "40001");
        assert_eq!(a.code("LOCK TABLES nothing READ"), "42P01");
    });
}
