//! Reading the rows of a range of keys: the direct way gives what the general way gives, in every
//! placement, for few rows and for many, inside and outside of transactions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Value;
use amphi_core::session::{Outcome, Params};
use amphi_tests::block_on::block_on;
use amphi_tests::sql_client::{Answer, collect};
use amphi_tests::test_bed::{Client, Layout, in_layouts, text};

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, name VARCHAR(20), x DOUBLE,
    INDEX (a), INDEX (name, a DESC), UNIQUE (x))";

/// Ids from -20 on with gaps; `a` from 0 to 9 and NULL, `name` with three values and NULL, `x` unique.
fn fill(c: &mut Client, rows: i64) {
    let row = |i: i64| {
        let a = if i % 11 == 3 {
            "NULL".into()
        } else {
            (i % 10).to_string()
        };
        let name = match i % 4 {
            0 => "'oak'",
            1 => "'elm'",
            2 => "''",
            _ => "NULL",
        };
        format!("({}, {a}, {name}, {:?})", i * 3 - 20, i as f64 / 4.0)
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    c.all(&[TABLE, &format!("INSERT INTO t VALUES {}", rows.join(", "))]);
    c.ok("DELETE FROM t WHERE id IN (-20, 10, 13, 16, 19, 22, 25, 28)");
}

/// By a range of keys, and by a condition that no access path understands, in the same order.
const PAIRS: [(&str, &str); 9] = [
    (
        "SELECT * FROM t WHERE id >= ? AND id < ?",
        "SELECT * FROM t WHERE id + 0 >= ? AND id + 0 < ?",
    ),
    (
        "SELECT x, id FROM t WHERE id > ? AND id <= ? ORDER BY id DESC",
        "SELECT x, id FROM t WHERE id + 0 > ? AND id + 0 <= ? ORDER BY id + 0 DESC",
    ),
    (
        "SELECT * FROM t WHERE id >= ? ORDER BY id",
        "SELECT * FROM t WHERE id + 0 >= ?",
    ),
    (
        "SELECT name, x FROM t WHERE a = ? ORDER BY a, id",
        "SELECT name, x FROM t WHERE a + 0 = ?",
    ),
    (
        "SELECT * FROM t WHERE a >= ? AND a < ? ORDER BY a",
        "SELECT * FROM t WHERE a + 0 >= ? AND a + 0 < ? ORDER BY a + 0, id",
    ),
    (
        "SELECT id, a, name FROM t WHERE name = 'elm' AND a > ? AND a <= ? ORDER BY a DESC",
        "SELECT id, a, name FROM t WHERE concat(name, '') = 'elm' AND a + 0 > ? AND a + 0 <= ? ORDER BY a + 0 DESC, id",
    ),
    (
        "SELECT id, a FROM t WHERE x >= ? AND x < ? ORDER BY x DESC",
        "SELECT id, a FROM t WHERE x + 0 >= ? AND x + 0 < ? ORDER BY x + 0 DESC",
    ),
    (
        "SELECT name FROM t WHERE a IN (?, ?, 4) ORDER BY a, id",
        "SELECT name FROM t WHERE a + 0 IN (?, ?, 4) ORDER BY a + 0, id",
    ),
    (
        "SELECT a FROM t WHERE a < ? ORDER BY a",
        "SELECT a FROM t WHERE a + 0 < ? ORDER BY a + 0",
    ),
];

fn rows(c: &mut Client, sql: &str, values: &[Value]) -> Vec<Vec<Value>> {
    let prepared = c.session.prepare(sql).unwrap().0;
    let params = Params::from(values.to_vec());
    let run = async { collect(c.session.execute_prepared(&prepared, params).await?).await };
    match block_on(run).unwrap() {
        Answer::Rows { rows, .. } => rows,
        other => panic!("{other:?}"),
    }
}

fn same_both_ways(c: &mut Client) {
    let ends = [-14, 1, 2, 5, 30, 5000].map(Value::Int);
    let ends = || ends.iter().cloned().chain([Value::Null]);
    for (direct, general) in PAIRS {
        let parameters = direct.matches('?').count();
        for from in ends() {
            for to in ends().take(if parameters == 2 { 20 } else { 1 }) {
                let values = &[from.clone(), to][..parameters];
                let wanted = rows(c, general, values);
                assert_eq!(rows(c, direct, values), wanted, "{direct} {values:?}");
            }
        }
    }
}

#[test]
fn the_direct_way_answers_as_the_general_one() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c, 60);
        same_both_ways(&mut c);
        c.ok("BEGIN");
        c.all(&[
            "UPDATE t SET a = 4, name = 'elm' WHERE id BETWEEN -5 AND 4",
            "INSERT INTO t VALUES (13, 4, 'elm', -1)",
            "DELETE FROM t WHERE id > 100",
        ]);
        same_both_ways(&mut c);
        c.ok("ROLLBACK");
        // A plan made for other columns is not used.
        c.ok("ALTER TABLE t ADD COLUMN first INT DEFAULT 7 FIRST");
        same_both_ways(&mut c);
    });
}

#[test]
fn long_ranges_are_whole_too() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c, 900);
        for (direct, general) in PAIRS {
            for (from, to) in [(0, 748), (0, 760), (-1000, 100_000), (2, 3), (0, 9)] {
                let values = &[Value::Int(from), Value::Int(to)][..direct.matches('?').count()];
                assert_eq!(
                    rows(&mut c, direct, values),
                    rows(&mut c, general, values),
                    "{direct} {values:?}"
                );
            }
        }
    });
}

#[test]
fn few_rows_of_memory_tables_are_read_in_place() {
    in_layouts(&[Layout::Memory, Layout::Dual], |bed| {
        let mut c = bed.client();
        fill(&mut c, 900);
        for (sql, in_place) in [
            ("SELECT x FROM t WHERE id BETWEEN ? AND 300", true),
            (
                "SELECT x FROM t WHERE id BETWEEN ? AND 300 ORDER BY id DESC",
                true,
            ),
            ("SELECT x FROM t WHERE name = 'oak' AND a BETWEEN ? AND 1", true),
            ("SELECT x FROM t WHERE id >= ?", false),
            ("SELECT id FROM t WHERE id BETWEEN ? AND 300 AND a = 2", false),
        ] {
            let prepared = c.session.prepare(sql).unwrap().0;
            let params = Params::from(vec![Value::Int(0)]);
            let Ok(Outcome::Rows(mut stream)) = block_on(c.session.execute_prepared(&prepared, params))
            else {
                panic!("{sql}");
            };
            assert_eq!(stream.take_row().is_some(), in_place, "{sql}");
            // The rest still comes.
            let rest = block_on(stream.next_batch()).unwrap().unwrap();
            assert!(rest.rows() > 0, "{sql}");
        }
    });
}

#[test]
fn rows_in_hand_stay_as_they_were_read() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        fill(&mut c, 60);
        for sql in [
            "SELECT id, a FROM t WHERE a = ?",
            "SELECT id, a FROM t WHERE id < ?",
        ] {
            let select = c.session.prepare(sql).unwrap().0;
            let params = Params::from(vec![Value::Int(2)]);
            let Ok(Outcome::Rows(stream)) = block_on(c.session.execute_prepared(&select, params)) else {
                panic!("no rows");
            };
            let before = c.q(&sql.replace('?', "2"));
            c.all(&[
                "BEGIN",
                "UPDATE t SET a = 77",
                "DELETE FROM t WHERE id < 1",
                "COMMIT",
            ]);
            assert_eq!(text(&block_on(collect(Outcome::Rows(stream))).unwrap()), before);
            c.all(&[
                "DELETE FROM t",
                "INSERT INTO t SELECT n, 2, 'oak', n FROM (VALUES (1), (2), (3)) AS v (n)",
            ]);
        }
    });
}

#[test]
fn serializable_transactions_remember_the_ranges_they_asked_for() {
    for range in ["id BETWEEN 1 AND 9", "a = 5", "name = 'elm' AND a > 3"] {
        in_layouts(&Layout::ALL, |bed| {
            let (mut a, mut b) = (bed.client(), bed.client());
            fill(&mut a, 60);
            a.all(&[
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                &format!("SELECT x FROM t WHERE {range}"),
                "INSERT INTO t (id) VALUES (5000)",
            ]);
            b.ok("INSERT INTO t VALUES (5, 5, 'elm', 1000)");
            assert_eq!(a.code("COMMIT"), "40001", "{range}");
        });
    }
}
