//! Rows of one INSERT after the other in a transaction wait to be put in together. Nobody may notice: not
//! the statements that follow, not other sessions, not the transaction that ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::session::{Outcome, Params};
use amphi_core::{Error, Value};
use amphi_tests::block_on::block_on;
use amphi_tests::random::Random;
use amphi_tests::test_bed::{Client, Layout, in_layouts};
use std::collections::BTreeMap;

type Model = BTreeMap<i64, i64>;

fn contents(c: &mut Client, table: &str) -> String {
    c.q(&format!("SELECT id, a FROM {table} ORDER BY id"))
}

fn shown(model: &Model) -> String {
    let rows = model.iter().map(|(id, a)| format!("{id} {a}"));
    rows.collect::<Vec<_>>().join(", ")
}

fn insert(c: &mut Client, table: &str, model: &mut Model, id: i64, a: i64) {
    let inserted = c.run(&format!("INSERT INTO {table} VALUES ({id}, {a})"));
    match inserted {
        Ok(_) => {
            assert!(a < 100, "the CHECK was not made");
            assert_eq!(model.insert(id, a), None, "{id} is there twice");
        }
        Err(Error::DuplicateKey { .. }) => assert!(model.contains_key(&id), "no duplicate: {id}"),
        Err(Error::CheckViolated { .. }) => assert!(a >= 100, "the CHECK holds for {a}"),
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn statements_between_single_inserts_see_all_of_them() {
    // About 6 s in all.
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.relaxed_client();
        let tables = ["t", "u"];
        for table in tables {
            c.ok(&format!(
                "CREATE TABLE {table} (id INT PRIMARY KEY, a INT NOT NULL, CHECK (a < 100))"
            ));
        }
        let mut random = Random::new(71);
        let mut committed = [Model::new(), Model::new()];
        for _ in 0..40 {
            let mut models = committed.clone();
            let mut savepoint: Option<[Model; 2]> = None;
            c.ok("BEGIN");
            for _ in 0..random.below(60) {
                let which = usize::from(random.chance(20));
                let (table, model) = (tables[which], &mut models[which]);
                let last = model.keys().next_back().copied().unwrap_or(0);
                let any = random.below(last as u64 + 2) as i64;
                match random.below(30) {
                    0 => assert_eq!(contents(&mut c, table), shown(model)),
                    1 => {
                        let changed = c.affected(&format!("UPDATE {table} SET a = a / 2 WHERE id >= {any}"));
                        // A row that stays what it is counts as none.
                        let half = |a: i64| (a as f64 / 2.0).round() as i64;
                        let halved = model.range(any..).filter(|(_, a)| half(**a) != **a);
                        assert_eq!(changed, halved.count() as u64);
                        model.range_mut(any..).for_each(|(_, a)| *a = half(*a));
                    }
                    2 => {
                        let found = u64::from(model.remove(&last).is_some());
                        assert_eq!(
                            c.affected(&format!("DELETE FROM {table} WHERE id = {last}")),
                            found
                        );
                    }
                    3 => {
                        let a = model.get(&last).map(i64::to_string).unwrap_or_default();
                        assert_eq!(c.q(&format!("SELECT a FROM {table} WHERE id = {last}")), a);
                    }
                    4 => {
                        c.ok("SAVEPOINT s");
                        savepoint = Some(models.clone());
                    }
                    5 => {
                        if let Some(before) = savepoint.clone() {
                            c.ok("ROLLBACK TO s");
                            models = before;
                        }
                    }
                    6 => insert(&mut c, table, model, any, 5),
                    7 => insert(&mut c, table, model, last + 1, 100),
                    8 => assert!(
                        c.run(&format!("INSERT INTO {table} (id) VALUES ({})", last + 1))
                            .is_err()
                    ),
                    9 => assert!(
                        c.run(&format!("INSERT INTO {table} VALUES ({}, 'x')", last + 1))
                            .is_err()
                    ),
                    10 => {
                        let [b, d] = [last + 2, last + 4];
                        c.ok(&format!("INSERT INTO {table} VALUES ({b}, 1), ({d}, 2)"));
                        model.extend([(b, 1), (d, 2)]);
                    }
                    _ => insert(&mut c, table, model, last + 1 + random.below(2) as i64, any % 50),
                }
            }
            let mut other = bed.relaxed_client();
            assert_eq!(
                contents(&mut other, "t"),
                shown(&committed[0]),
                "not committed yet"
            );
            match random.below(5) {
                0 => c.ok("ROLLBACK"),
                _ => {
                    c.ok("COMMIT");
                    committed = models;
                }
            }
            for (table, model) in tables.iter().zip(&committed) {
                assert_eq!(contents(&mut other, table), shown(model));
            }
        }
        assert!(committed[0].len() > 100, "{}", committed[0].len());
        if bed.layout() == Layout::Persistent || bed.layout() == Layout::Dual {
            bed.reopen();
            assert_eq!(contents(&mut bed.client(), "t"), shown(&committed[0]));
        }
    });
}

#[test]
fn keys_are_generated_one_after_the_other() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT)");
        c.ok("INSERT INTO t (a) VALUES (0)");
        c.ok("BEGIN");
        for a in 1..10 {
            c.ok(&format!("INSERT INTO t (a) VALUES ({a})"));
            assert_eq!(c.session.last_insert_id(), a + 1);
        }
        c.ok("INSERT INTO t VALUES (100, 10)");
        c.ok("INSERT INTO t VALUES (NULL, 11)");
        assert_eq!(c.session.last_insert_id(), 101);
        c.ok("COMMIT");
        assert_eq!(c.q("SELECT COUNT(*), SUM(id), MAX(id) FROM t"), "12 256 101");
    });
}

#[test]
fn the_first_to_commit_a_row_wins() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut two) = (bed.client(), bed.client());
        one.ok("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
        for c in [&mut one, &mut two] {
            c.ok("BEGIN");
            (1..=20).for_each(|i| c.ok(&format!("INSERT INTO t VALUES ({i}, {i})")));
        }
        one.ok("COMMIT");
        assert!(two.err("COMMIT").is_retryable());
        assert_eq!(one.q("SELECT COUNT(*) FROM t"), "20");
    });
}

#[test]
fn prepared_inserts_run_at_once_and_all_count() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.relaxed_client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
        let (insert, _) = c.session.prepare("INSERT INTO t VALUES (?, ?)").unwrap();
        c.ok("BEGIN");
        let mut at_once = 0;
        for id in 0..700 {
            // One is too long to wait with others.
            let text = if id == 350 {
                "x".repeat(100_000)
            } else {
                id.to_string()
            };
            let values = [Value::from(id), Value::from(text)];
            let done = match c.session.execute_at_once(&insert, &values) {
                Some(done) => {
                    at_once += 1;
                    done
                }
                None => block_on(
                    c.session
                        .execute_prepared(&insert, Params::Positional(values.to_vec())),
                ),
            };
            assert!(matches!(done, Ok(Outcome::Affected { rows: 1, .. })));
        }
        assert!(at_once > 690, "{at_once}");
        c.ok("COMMIT");
        assert_eq!(
            c.q("SELECT COUNT(*), SUM(id), SUM(LENGTH(s)) FROM t"),
            format!("700 {} {}", 699 * 350, 100_000 - 3 + 10 + 180 + 1800)
        );
    });
}
