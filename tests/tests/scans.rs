//! Scans of tables of many leaves, on every placement: filters, LIKE, groups and the first rows of an
//! order give what a list of the rows gives, also after rows were deleted and leaves emptied.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Value;
use amphi_core::router::Config;
use amphi_core::tree::BlockSizing;
use amphi_tests::random::Random;
use amphi_tests::sql_client::Answer;
use amphi_tests::test_bed::{Client, Layout, TestBed};
use std::collections::BTreeMap;

/// As many rows as make reading texts late worth it.
const ROWS: i64 = 13_000;

#[derive(Debug, Clone)]
struct Row {
    id: i64,
    a: Option<i64>,
    b: Option<f64>,
    c: Option<String>,
}

impl Row {
    fn random(id: i64, random: &mut Random) -> Row {
        let words = ["oak", "Elm", "ASH", "%", "", "fir tree"];
        let text: String = (0..random.below(4))
            .map(|_| *random.pick(&words).unwrap())
            .collect();
        Row {
            id,
            a: (!random.chance(10)).then(|| random.below(100) as i64 - 50),
            b: (!random.chance(10)).then(|| random.below(4000) as f64 / 4.0 - 500.0),
            c: (!random.chance(10)).then_some(text),
        }
    }

    fn literal(&self) -> String {
        let or_null = |v: Option<String>| v.unwrap_or("NULL".into());
        let (a, b) = (self.a.map(|a| a.to_string()), self.b.map(|b| format!("{b:?}")));
        let c = self.c.as_ref().map(|c| format!("'{c}'"));
        format!("({}, {}, {}, {})", self.id, or_null(a), or_null(b), or_null(c))
    }

    fn values(&self) -> Vec<Value> {
        vec![
            Value::Int(self.id),
            self.a.map_or(Value::Null, Value::Int),
            self.b.map_or(Value::Null, Value::Float),
            self.c.clone().map_or(Value::Null, Value::Text),
        ]
    }
}

/// The table `t` in a layout, with gaps, and the rows it has.
fn table(client: &mut Client) -> Vec<Row> {
    let mut random = Random::new(3);
    client.ok("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b DOUBLE, c TEXT)");
    let mut rows: Vec<Row> = (0..ROWS)
        .map(|i| Row::random(i * 2 - 5000, &mut random))
        .collect();
    for chunk in rows.chunks(2000) {
        let literals: Vec<String> = chunk.iter().map(Row::literal).collect();
        client.ok(&format!("INSERT INTO t VALUES {}", literals.join(", ")));
    }
    // Whole leaves, single rows, and rows at both ends.
    client.ok("DELETE FROM t WHERE id BETWEEN 1000 AND 1800 OR id % 14 = 0 OR id < -4900");
    client.ok("UPDATE t SET c = 'a birch', a = 7 WHERE id % 22 = 2");
    rows.retain(|r| !((1000..=1800).contains(&r.id) || r.id % 14 == 0 || r.id < -4900));
    for row in rows.iter_mut().filter(|r| r.id % 22 == 2) {
        (row.a, row.c) = (Some(7), Some("a birch".into()));
    }
    assert!(rows.len() >= 10_000);
    rows
}

fn rows(client: &mut Client, sql: &str) -> Vec<Vec<Value>> {
    match client.run(sql) {
        Ok(Answer::Rows { rows, .. }) => rows,
        other => panic!("{sql}: {other:?}"),
    }
}

/// Runs a test on the table in every placement.
fn on_tables(test: impl Fn(&mut Client, &[Row])) {
    for layout in [Layout::Memory, Layout::Persistent, Layout::Dual, Layout::Pending] {
        let sizing = BlockSizing {
            max_rows: 50,
            ..BlockSizing::default()
        };
        let config = Config {
            sizing,
            ..layout.config()
        };
        let bed = TestBed::with_config(layout, config);
        let mut client = bed.client();
        let rows = table(&mut client);
        test(&mut client, &rows);
        bed.check();
    }
}

#[test]
fn filters_keep_the_rows_that_pass() {
    type Condition = (&'static str, fn(&Row) -> bool);
    let conditions: [Condition; 8] = [
        ("a < -45", |r| r.a.is_some_and(|a| a < -45)),
        ("a < 45", |r| r.a.is_some_and(|a| a < 45)),
        ("b > 499 AND a <> 7", |r| {
            r.b.is_some_and(|b| b > 499.0) && r.a.is_some_and(|a| a != 7)
        }),
        ("a IS NULL", |r| r.a.is_none()),
        ("c LIKE '%aSh%'", |r| {
            r.c.as_ref().is_some_and(|c| c.to_lowercase().contains("ash"))
        }),
        ("c LIKE '%k%' AND id BETWEEN -77 AND 9000", |r| {
            r.c.as_ref().is_some_and(|c| c.contains('k')) && (-77..=9000).contains(&r.id)
        }),
        ("id >= 700 AND id < 2000", |r| (700..2000).contains(&r.id)),
        ("a > 1000", |_| false),
    ];
    on_tables(|client, all| {
        for (sql, passes) in conditions {
            let expected: Vec<Vec<Value>> = all.iter().filter(|r| passes(r)).map(Row::values).collect();
            assert_eq!(
                rows(client, &format!("SELECT * FROM t WHERE {sql}")),
                expected,
                "{sql}"
            );
            let texts: Vec<Vec<Value>> = expected.iter().map(|r| vec![r[3].clone()]).collect();
            assert_eq!(
                rows(client, &format!("SELECT c FROM t WHERE {sql}")),
                texts,
                "{sql}"
            );
            let count = rows(client, &format!("SELECT count(*) FROM t WHERE {sql}"));
            assert_eq!(count, [[Value::Int(expected.len() as i64)]], "{sql}");
        }
    });
}

#[test]
fn long_lists_keep_the_rows_that_are_in_them() {
    on_tables(|client, all| {
        let numbers: Vec<String> = (0..600).map(|i| (i * 3 - 900).to_string()).collect();
        let words = ["oak", "oakElm", "a birch"].map(String::from);
        let texts = words.iter().cloned().chain((0..600).map(|i| format!("word {i}")));
        let texts: Vec<String> = texts.map(|t| format!("'{t}'")).collect();
        let (numbers, texts) = (numbers.join(", "), texts.join(", "));
        let a = |r: &Row, is_in: bool| r.a.is_some_and(|a| (a % 3 == 0) == is_in);
        let c = |r: &Row| r.c.as_ref().is_some_and(|c| words.contains(c));
        let count = |passes: &dyn Fn(&Row) -> bool| all.iter().filter(|r| passes(r)).count();
        for (condition, expected) in [
            (format!("a IN ({numbers})"), count(&|r| a(r, true))),
            (format!("a NOT IN ({numbers})"), count(&|r| a(r, false))),
            (format!("a IN ({numbers}, NULL)"), count(&|r| a(r, true))),
            (format!("a NOT IN ({numbers}, NULL)"), 0),
            (format!("c IN ({texts})"), count(&c)),
            (format!("c IN ({texts}) OR a NOT IN ({numbers})"), {
                count(&|r| c(r) || a(r, false))
            }),
        ] {
            let found = rows(client, &format!("SELECT COUNT(*) FROM t WHERE {condition}"));
            let start: String = condition.chars().take(30).collect();
            assert_eq!(found, [[Value::Int(expected as i64)]], "{start}");
        }
        // The set is made once.
        let plan = rows(
            client,
            &format!("EXPLAIN SELECT id FROM t WHERE a IN ({numbers})"),
        );
        let is_set = |line: &Vec<Value>| line.contains(&Value::Text("Subquery 1 (set)".into()));
        assert!(plan.iter().any(is_set), "{plan:?}");
    });
}

#[test]
fn groups_of_integers_are_found_whether_near_or_far_apart() {
    on_tables(|client, all| {
        // The second key leaves the range of the first ones after many rows.
        let keys: [(&str, fn(&Row) -> Option<i64>); 3] = [
            ("a", |r| r.a),
            ("CASE WHEN id < 15000 THEN a ELSE a * 1000000000000 END", |r| {
                r.a.map(|a| if r.id < 15000 { a } else { a * 1_000_000_000_000 })
            }),
            ("id DIV 3", |r| Some(r.id / 3)),
        ];
        for (sql, key) in keys {
            let mut groups: BTreeMap<Option<i64>, (i64, Option<f64>)> = BTreeMap::new();
            for row in all {
                let group = groups.entry(key(row)).or_default();
                group.0 += 1;
                if let Some(b) = row.b {
                    *group.1.get_or_insert(0.0) += b;
                }
            }
            let expected = groups.into_iter().map(|(k, (n, sum))| {
                vec![
                    k.map_or(Value::Null, Value::Int),
                    Value::Int(n),
                    sum.map_or(Value::Null, Value::Float),
                ]
            });
            let expected: Vec<_> = expected.collect();
            let sql = format!("SELECT {sql} AS k, count(*), sum(b) FROM t GROUP BY k ORDER BY k");
            assert_eq!(rows(client, &sql), expected, "{sql}");
        }
    });
}

#[test]
fn the_first_rows_of_an_order_come_whole_and_ties_in_row_id_order() {
    on_tables(|client, all| {
        let mut by_b: Vec<&Row> = all.iter().collect();
        by_b.sort_by(|x, y| x.b.partial_cmp(&y.b).unwrap());
        let first = |rows: &[&Row], n: usize| -> Vec<Vec<Value>> {
            rows.iter().take(n).map(|r| r.values()).collect()
        };
        assert_eq!(
            rows(client, "SELECT * FROM t ORDER BY b LIMIT 20"),
            first(&by_b, 20)
        );
        let nulls = all.iter().filter(|r| r.b.is_none()).count();
        let sql = format!("SELECT * FROM t ORDER BY b LIMIT 10 OFFSET {}", nulls - 4);
        assert_eq!(rows(client, &sql), first(&by_b[nulls - 4..], 10));
        by_b.sort_by(|x, y| y.b.partial_cmp(&x.b).unwrap().then(x.id.cmp(&y.id)));
        assert_eq!(
            rows(client, "SELECT * FROM t ORDER BY b DESC LIMIT 20"),
            first(&by_b, 20)
        );
        let sevens: Vec<&Row> = by_b.iter().copied().filter(|r| r.a == Some(7)).collect();
        let found = rows(client, "SELECT * FROM t WHERE a = 7 ORDER BY b DESC, id LIMIT 5");
        assert_eq!(found, first(&sevens, 5));
        // A tie on `a` is decided by the row id alone.
        let mut by_a: Vec<&Row> = all.iter().collect();
        by_a.sort_by_key(|r| std::cmp::Reverse(r.a));
        assert_eq!(
            rows(client, "SELECT * FROM t ORDER BY a DESC LIMIT 30"),
            first(&by_a, 30)
        );
    });
}
