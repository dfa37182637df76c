//! Foreign keys left to the commit, beside other sessions and over restarts; and SET DEFAULT with them. What
//! single sessions may do is in `slt/constraints/foreign_key_deferred.slt` and `foreign_key_set_default.slt`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Layout, TestBed, in_layouts};

fn create(bed: &TestBed) {
    bed.client().all(&[
        "CREATE TABLE p (id INT PRIMARY KEY, v INT)",
        "CREATE TABLE c (id INT PRIMARY KEY, pid INT DEFAULT (1 + 1), CONSTRAINT fk FOREIGN KEY (pid) REFERENCES p (id) \
         ON UPDATE SET DEFAULT DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO p VALUES (1, 0), (2, 0)",
        "INSERT INTO c VALUES (1, 1)",
    ]);
}

#[test]
fn a_commit_that_leaves_a_child_alone_fails_as_a_whole() {
    in_layouts(&Layout::ALL, |bed| {
        create(bed);
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "BEGIN",
            "UPDATE p SET v = 7",
            "INSERT INTO c VALUES (2, 2), (3, 3)",
        ]);
        assert_eq!(one.code("COMMIT"), "23503");
        assert!(!one.session.in_transaction());
        assert_eq!(
            one.q("SELECT COUNT(*), SUM(v) FROM c JOIN p ON pid = p.id"),
            "1 0"
        );
        // The parent of a child that waits may be another session's, if it is committed by then.
        one.all(&["BEGIN", "INSERT INTO c VALUES (3, 3)"]);
        two.ok("INSERT INTO p VALUES (3, 0)");
        let done = one.run("COMMIT");
        // It started before the parent was there, and sees its own version only.
        assert_eq!(done.unwrap_err().code(), "23503");
        one.all(&["BEGIN", "INSERT INTO c VALUES (3, 3)", "COMMIT"]);
        assert_eq!(one.q("SELECT COUNT(*) FROM c"), "2");
    });
}

#[test]
fn what_others_did_meanwhile_is_checked_too() {
    in_layouts(&Layout::ALL, |bed| {
        create(bed);
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&["BEGIN", "INSERT INTO c VALUES (2, 2)"]);
        two.ok("DELETE FROM p WHERE id = 2");
        assert_eq!(one.code("COMMIT"), "40001");
        one.all(&[
            "BEGIN",
            "DELETE FROM p WHERE id = 1",
            "UPDATE c SET pid = NULL WHERE id = 1",
        ]);
        two.ok("INSERT INTO c VALUES (9, 1)");
        assert_eq!(one.code("COMMIT"), "40001");
        assert_eq!(one.q("SELECT id, pid FROM c ORDER BY id"), "1 1, 9 1");
    });
}

#[test]
fn read_committed_waits_as_well() {
    in_layouts(&Layout::ALL, |bed| {
        create(bed);
        let (mut one, mut two) = (bed.client(), bed.client());
        one.all(&[
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "BEGIN",
            "INSERT INTO c VALUES (3, 3)",
        ]);
        two.ok("UPDATE p SET v = 5 WHERE id = 2");
        // It moves onto that, its child still without a parent.
        assert_eq!(one.q("SELECT v FROM p WHERE id = 2"), "5");
        two.ok("INSERT INTO p VALUES (3, 0)");
        assert_eq!(one.q("SELECT COUNT(*) FROM p"), "3");
        one.ok("COMMIT");
        assert_eq!(two.q("SELECT pid FROM c WHERE id = 3"), "3");
    });
}

#[test]
fn constraints_are_kept_and_shown() {
    in_layouts(&[Layout::Persistent, Layout::Dual, Layout::Pending], |bed| {
        create(bed);
        bed.crash();
        let mut c = bed.client();
        let shown = c.q("SHOW CREATE TABLE c");
        assert!(
            shown.contains("ON UPDATE SET DEFAULT DEFERRABLE INITIALLY DEFERRED"),
            "{shown}"
        );
        c.all(&[
            "BEGIN",
            "INSERT INTO c VALUES (4, 4)",
            "INSERT INTO p VALUES (4, 0)",
            "COMMIT",
        ]);
        c.ok("UPDATE p SET id = 10 WHERE id = 1");
        assert_eq!(c.q("SELECT pid FROM c ORDER BY id"), "2, 4");
        // Rows that are there are looked at when the constraint is added.
        c.all(&[
            "CREATE TABLE late (pid INT)",
            "INSERT INTO late VALUES (77)",
            "BEGIN",
        ]);
        let add = "ALTER TABLE late ADD FOREIGN KEY (pid) REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED";
        assert_eq!(c.code(add), "23503");
        c.ok("ROLLBACK");
        assert_eq!(
            c.code("CREATE TABLE x (a INT REFERENCES p (id) NOT DEFERRABLE INITIALLY DEFERRED)"),
            "42000"
        );
        assert_eq!(c.code("CREATE TABLE x (a INT UNIQUE DEFERRABLE)"), "0A000");
    });
}
