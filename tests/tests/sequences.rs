//! Sequences: a number that anybody has heard of is never given again, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};
use std::collections::BTreeSet;

/// Where there is a store.
const STORED: [Layout; 4] = [
    Layout::Persistent,
    Layout::Pending,
    Layout::Mixed,
    Layout::MixedPending,
];

fn number(c: &mut Client, sql: &str) -> i64 {
    c.q(sql).parse().unwrap()
}

#[test]
fn numbers_go_on_after_a_clean_close_and_beyond_after_a_crash() {
    in_layouts(&STORED, |bed| {
        let mut c = bed.relaxed_client();
        c.all(&[
            "CREATE SEQUENCE one NOCACHE",
            "CREATE SEQUENCE some CACHE 5",
            "CREATE SEQUENCE down INCREMENT BY -3 CACHE 4",
            "CREATE SEQUENCE around MAXVALUE 3 CYCLE CACHE 2",
        ]);
        let mut given: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); 3];
        for round in 0..6 {
            for _ in 0..=round {
                for (name, given) in ["one", "some", "down"].iter().zip(&mut given) {
                    let n = number(&mut c, &format!("SELECT NEXTVAL({name})"));
                    assert!(given.insert(n), "{name} gave {n} twice");
                }
                assert!((1..=3).contains(&number(&mut c, "SELECT NEXTVAL(around)")));
            }
            drop(c);
            match round % 2 {
                0 => bed.crash(),
                _ => bed.reopen(),
            }
            c = bed.relaxed_client();
            // A crash leaves out what the store was ahead; a clean close nothing.
            let last = |given: &BTreeSet<i64>| *given.last().unwrap();
            let next = number(&mut c, "SELECT NEXTVAL(some)");
            let left_out = next - last(&given[1]) - 1;
            assert!(given[1].insert(next), "some gave {next} twice");
            match round % 2 {
                0 => assert!(left_out <= 5, "{left_out} numbers left out"),
                _ => assert_eq!(left_out, 0),
            }
        }
    });
}

#[test]
fn rows_and_their_numbers_stay_together() {
    in_layouts(&STORED, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE SEQUENCE s CACHE 3",
            "CREATE TABLE t (id BIGINT DEFAULT NEXTVAL(s) PRIMARY KEY, x INT) WITH (persistent = true)",
        ]);
        for round in 0..5 {
            c.ok("INSERT INTO t (x) VALUES (1), (2)");
            c.ok("BEGIN");
            c.ok("INSERT INTO t (x) SELECT x FROM t LIMIT 5");
            c.ok(if round % 2 == 0 { "COMMIT" } else { "ROLLBACK" });
            drop(c);
            bed.crash();
            c = bed.client();
        }
        // A number given again would have collided with a row.
        c.ok("INSERT INTO t (x) VALUES (3)");
        assert_eq!(c.q("SELECT COUNT(*) = COUNT(DISTINCT id) FROM t"), "1");
    });
}

#[test]
fn sessions_share_a_sequence_and_not_what_they_got() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut a, mut b) = (bed.client(), bed.client());
        a.ok("CREATE SEQUENCE s");
        assert_eq!(a.q("SELECT NEXTVAL(s)"), "1");
        assert_eq!(b.q("SELECT LASTVAL(s)"), "NULL");
        assert_eq!(b.q("SELECT NEXTVAL(s)"), "2");
        assert_eq!(a.q("SELECT LASTVAL(s)"), "1");
        // A definition in an open transaction is its own; the numbers are everybody's.
        a.all(&["BEGIN", "ALTER SEQUENCE s INCREMENT BY 10"]);
        assert_eq!(a.q("SELECT NEXTVAL(s)"), "3");
        assert_eq!(b.q("SELECT NEXTVAL(s)"), "13");
        assert_eq!(a.q("SELECT NEXTVAL(s)"), "14");
        a.ok("ROLLBACK");
        assert_eq!(a.q("SELECT NEXTVAL(s)"), "24");
        a.all(&["BEGIN", "DROP SEQUENCE s"]);
        assert_eq!(a.code("SELECT NEXTVAL(s)"), "42704");
        assert_eq!(b.q("SELECT NEXTVAL(s)"), "25");
        a.ok("COMMIT");
        assert_eq!(b.code("SELECT NEXTVAL(s)"), "42704");
    });
}

#[test]
fn definitions_of_sequences_are_kept_and_backed_up() {
    let mut bed = TestBed::new(Layout::Persistent);
    let mut c = bed.client();
    c.all(&[
        "CREATE SEQUENCE s START WITH 7 MINVALUE -5 MAXVALUE 70 INCREMENT BY 7 CACHE 20 CYCLE",
        "CREATE SEQUENCE empty MAXVALUE 1",
    ]);
    c.q("SELECT NEXTVAL(s), NEXTVAL(empty)");
    let shown = c.q("SHOW CREATE SEQUENCE s");
    drop(c);
    bed.reopen();
    let mut c = bed.client();
    assert_eq!(c.q("SHOW CREATE SEQUENCE s"), shown);
    assert_eq!(c.q("SELECT NEXTVAL(s)"), "14");
    assert_eq!(c.code("SELECT NEXTVAL(empty)"), "22003");
    c.ok(&shown.split_once(' ').unwrap().1.replace("`s`", "`again`"));
    assert_eq!(c.q("SHOW CREATE SEQUENCE again").replace("again", "s"), shown);
}
