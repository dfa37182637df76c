//! Reading one row by its key: the direct way gives what the general way gives, in every placement, inside
//! and outside of transactions, and after the table has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Value;
use amphi_core::session::{Outcome, Params, Prepared, Session};
use amphi_tests::block_on::block_on;
use amphi_tests::sql_client::{Answer, collect};
use amphi_tests::test_bed::{Client, Layout, in_layouts, text};
use std::sync::Arc;

const TABLE: &str = "CREATE TABLE t (a INT, id INTEGER PRIMARY KEY, name VARCHAR(20) COLLATE NOCASE UNIQUE,
    price DECIMAL(8, 2), day DATE, x INT, UNIQUE (x, day DESC))";

const ROWS: &str = "INSERT INTO t VALUES
    (10, 1, 'Ada', 1.50, '2024-02-29', 7), (20, 2, 'bo', NULL, '1999-12-31', 7), (NULL, 3, NULL, 0.01, NULL, 7),
    (40, -5, 'Zoë', 12.00, '2024-03-01', NULL), (50, 900, 'c''d', -1.25, '2024-02-29', 8)";

fn prepare(session: &mut Session, sql: &str) -> Arc<Prepared> {
    session.prepare(sql).unwrap().0
}

fn answer(session: &mut Session, prepared: &Prepared, values: &[Value]) -> Answer {
    let params = Params::from(values.to_vec());
    block_on(async { collect(session.execute_prepared(prepared, params).await?).await }).unwrap()
}

/// The only row as it is read in place; `None` if there is none, or it came in a batch.
fn in_place(session: &mut Session, prepared: &Prepared, values: &[Value]) -> Option<Vec<Value>> {
    let params = Params::from(values.to_vec());
    let Ok(Outcome::Rows(mut stream)) = block_on(session.execute_prepared(prepared, params)) else {
        panic!("no rows");
    };
    let columns = stream.columns().clone();
    let row = stream.take_row()?;
    let values = (0..columns.len()).map(|i| row.value(i).to_value());
    let values = values.collect();
    assert!(stream.is_at_end());
    assert!(block_on(stream.next_batch()).unwrap().is_none());
    Some(values)
}

/// By a key, and by a condition that no access path understands.
const PAIRS: [(&str, &str); 6] = [
    ("SELECT * FROM t WHERE id = ?", "SELECT * FROM t WHERE id + 0 = ?"),
    (
        "SELECT price, id, price, name FROM t WHERE ? = id",
        "SELECT price, id, price, name FROM t WHERE ? = id + 0",
    ),
    (
        "SELECT id FROM t WHERE id = ?",
        "SELECT id FROM t WHERE id + 0 = ?",
    ),
    (
        "SELECT day, a, id FROM t WHERE name = ?",
        "SELECT day, a, id FROM t WHERE concat(name, '') COLLATE NOCASE = ?",
    ),
    (
        "SELECT * FROM t WHERE x = ? AND day = ?",
        "SELECT * FROM t WHERE x + 0 = ? AND concat(day, '') = concat(?, '')",
    ),
    (
        "SELECT a + 1, name FROM t WHERE id = ?",
        "SELECT a + 1, name FROM t WHERE id + 0 = ?",
    ),
];

fn keys(pair: usize) -> Vec<Vec<Value>> {
    let ints = [1, 2, 3, -5, 900, 901, 0, 4, i64::MAX, i64::MIN];
    let days = ["2024-02-29", "1999-12-31", "2024-03-01"].map(Value::from);
    match pair {
        3 => ["ada", "ADA", "BO", "Zoë", "zOë", "ZOË", "c'd", "", "nobody"]
            .map(|n| vec![Value::from(n)])
            .into(),
        4 => ints
            .map(|x| days.clone().map(|d| vec![Value::from(x.wrapping_sub(893)), d]))
            .concat(),
        _ => ints.map(|i| vec![Value::from(i)]).into(),
    }
}

fn same_both_ways(c: &mut Client) {
    for (i, (direct, general)) in PAIRS.iter().enumerate() {
        let (direct, general) = (prepare(&mut c.session, direct), prepare(&mut c.session, general));
        let null = vec![Value::Null; direct.parsed().parameter_count()];
        for key in keys(i).into_iter().chain([null]) {
            let wanted = answer(&mut c.session, &general, &key);
            assert_eq!(
                answer(&mut c.session, &direct, &key),
                wanted,
                "{} {key:?}",
                PAIRS[i].0
            );
            let Answer::Rows { rows, .. } = wanted else {
                panic!()
            };
            if let Some(found) = in_place(&mut c.session, &direct, &key) {
                assert_eq!([found], rows[..], "{} {key:?}", PAIRS[i].0);
            }
        }
    }
}

#[test]
fn the_direct_way_answers_as_the_general_one() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[TABLE, ROWS]);
        same_both_ways(&mut c);
        c.ok("BEGIN");
        c.all(&[
            "UPDATE t SET name = 'ADA2', price = 7 WHERE id = 1",
            "DELETE FROM t WHERE id = 2",
            "INSERT INTO t VALUES (1, 4, 'bo', 2, '2024-03-01', -3)",
        ]);
        same_both_ways(&mut c);
        c.ok("ROLLBACK");
        same_both_ways(&mut c);
        // A plan made for other columns is not used.
        c.all(&[
            "ALTER TABLE t DROP COLUMN a",
            "ALTER TABLE t ADD COLUMN a INT DEFAULT 5 FIRST",
        ]);
        same_both_ways(&mut c);
    });
}

#[test]
fn rows_of_memory_tables_are_read_in_place() {
    in_layouts(&[Layout::Memory, Layout::Dual], |bed| {
        let mut c = bed.client();
        c.all(&[TABLE, ROWS]);
        let by_id = prepare(&mut c.session, "SELECT name, id FROM t WHERE id = ?");
        let by_name = prepare(&mut c.session, "SELECT name, id FROM t WHERE name = ?");
        let ada = Some(vec![Value::from("Ada"), Value::from(1)]);
        let before = bed.db.stats().memory_reads;
        assert_eq!(in_place(&mut c.session, &by_id, &[Value::from(1)]), ada);
        assert_eq!(bed.db.stats().memory_reads - before, 1);
        assert_eq!(in_place(&mut c.session, &by_name, &[Value::from("ADA")]), ada);
        assert_eq!(bed.db.stats().memory_reads - before, 3);
    });
}

#[test]
fn a_block_that_is_missing_is_fetched_at_once_from_a_store_that_answers_at_once() {
    for (layout, at_once) in [(Layout::Persistent, true), (Layout::Pending, false)] {
        in_layouts(&[layout], |bed| {
            bed.client().all(&[TABLE, ROWS]);
            bed.reopen();
            let mut c = bed.client();
            let select = prepare(&mut c.session, "SELECT name, id FROM t WHERE id = ?");
            let (mut fetched, mut refused) = (0, 0);
            for (id, name) in [(1, Some("Ada")), (900, Some("c'd")), (4, None), (1, Some("Ada"))] {
                let (before, id) = (bed.db.stats().cache_misses, Value::from(id));
                let Some(done) = c.session.execute_at_once(&select, std::slice::from_ref(&id)) else {
                    refused += 1;
                    // The general way fetches it.
                    answer(&mut c.session, &select, &[id]);
                    continue;
                };
                let Ok(Outcome::Rows(mut rows)) = done else {
                    panic!("rows of {id}");
                };
                let found = rows.take_row().map(|row| row.value(0).to_value());
                assert_eq!(found, name.map(Value::from), "{id}");
                fetched += bed.db.stats().cache_misses - before;
            }
            assert_eq!(
                (fetched > 1, refused > 1),
                (at_once, !at_once),
                "{fetched} {refused}"
            );
        });
    }
}

#[test]
fn a_row_in_hand_stays_as_it_was_read() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[TABLE, ROWS]);
        let select = prepare(&mut c.session, "SELECT name, id FROM t WHERE id = ?");
        let params = Params::from(vec![Value::from(2)]);
        let Ok(Outcome::Rows(stream)) = block_on(c.session.execute_prepared(&select, params)) else {
            panic!("no rows");
        };
        c.all(&[
            "UPDATE t SET name = 'other' WHERE id = 2",
            "DELETE FROM t WHERE id = 2",
        ]);
        let answer = block_on(collect(Outcome::Rows(stream))).unwrap();
        assert_eq!(text(&answer), "bo 2");
    });
}

#[test]
fn serializable_transactions_remember_the_keys_they_asked_for() {
    for key in ["id = 2", "id = 77", "name = 'bo'", "name = 'nobody'"] {
        in_layouts(&Layout::ALL, |bed| {
            let (mut a, mut b) = (bed.client(), bed.client());
            a.all(&[TABLE, ROWS]);
            a.all(&[
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                &format!("SELECT price FROM t WHERE {key}"),
                "INSERT INTO t (id) VALUES (5000)",
            ]);
            b.all(&[
                "UPDATE t SET price = 3 WHERE id = 2",
                "INSERT INTO t (id, name) VALUES (77, 'nobody')",
            ]);
            assert_eq!(a.code("COMMIT"), "40001", "{key}");
            // Rows it did not ask for may change.
            a.all(&[
                "BEGIN ISOLATION LEVEL SERIALIZABLE",
                "SELECT price FROM t WHERE id = 2",
                "INSERT INTO t (id) VALUES (5000)",
            ]);
            b.ok("UPDATE t SET price = 3 WHERE id = 900");
            a.ok("COMMIT");
        });
    }
}

#[test]
fn read_committed_sees_what_was_committed_before_the_statement() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut a, mut b) = (bed.client(), bed.client());
        a.all(&[TABLE, ROWS, "BEGIN ISOLATION LEVEL READ COMMITTED"]);
        assert_eq!(a.q("SELECT a FROM t WHERE id = 1"), "10");
        b.ok("UPDATE t SET a = 11 WHERE id = 1");
        assert_eq!(a.q("SELECT a FROM t WHERE id = 1"), "11");
        a.all(&["COMMIT", "BEGIN"]);
        assert_eq!(a.q("SELECT a FROM t WHERE id = 1"), "11");
        b.ok("UPDATE t SET a = 12 WHERE id = 1");
        assert_eq!(a.q("SELECT a FROM t WHERE id = 1"), "11");
    });
}
