//! Random changes and random conditions: what a scan finds that passes over blocks is what one finds that looks at
//! every row, in every placement, whether changes are written, undone, or read by older snapshots.
//!
//! `AMPHI_SEEDS=n` runs so many histories, `AMPHI_SEED=n` that one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Value;
use amphi_core::session::Params;
use amphi_core::types::Decimal;
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use amphi_tests::sql_client::Answer;
use amphi_tests::test_bed::{Client, Layout, TestBed};
use std::sync::atomic::{AtomicU64, Ordering};

const COLUMNS: [&str; 7] = ["i", "d", "m", "day", "s", "nc", "b"];

/// A value for a column, as SQL; in about the order of the row ids, so that blocks differ.
fn literal(column: &str, id: i64, random: &mut Random) -> String {
    if random.chance(8) {
        return "NULL".into();
    }
    let near = match random.below(12) {
        0 => random.below(400) as i64 - 200,
        _ => id + random.below(5) as i64,
    };
    match column {
        "i" if random.chance(2) => {
            ["9223372036854775807", "-9223372036854775808"][random.below(2) as usize].into()
        }
        "i" => (near << random.below(3)).to_string(),
        "d" => format!("{:e}", near as f64 * 0.75 - 30.0),
        "m" => format!("{}.{:02}", near - 100, random.below(100)),
        "day" => format!("DATE_ADD('2024-01-01', INTERVAL {near} DAY)"),
        "s" => format!("'{}{near:04}'", random.pick(&["row", "row", "", "ROW"]).unwrap()),
        "nc" => format!("'{}{near:04}'", random.pick(&["row", "Row", "ROW"]).unwrap()),
        _ => u8::from(near > 60).to_string(),
    }
}

/// A value to compare with: often one that is not of the column's own type.
fn constant(column: &str, random: &mut Random) -> String {
    let id = random.below(140) as i64;
    let number = match random.below(4) {
        0 => format!("{}.5", id - 60),
        1 => format!("{:e}", id as f64 - 60.0),
        2 => format!("{}.{:04}", id - 60, random.below(10_000)),
        _ => id.to_string(),
    };
    match column {
        "i" | "d" | "m" if random.chance(40) => number,
        "day" if random.chance(20) => format!("TIMESTAMP '2024-02-{:02} 12:00:00'", 1 + id % 28),
        _ => literal(column, id, random),
    }
}

fn condition(random: &mut Random, depth: u32) -> String {
    let column = *random.pick(&COLUMNS).unwrap();
    let op = *random.pick(&["=", "<", "<=", ">", ">=", "<>", "<=>"]).unwrap();
    let c = |random: &mut Random| constant(column, random);
    match random.below(if depth == 0 { 9 } else { 12 }) {
        0 => format!("{column} BETWEEN {} AND {}", c(random), c(random)),
        1 => format!("{column} IN ({}, {}, {})", c(random), c(random), c(random)),
        2 => format!("{column} IS {}NULL", random.pick(&["", "NOT "]).unwrap()),
        3 => format!("{} {op} {column}", c(random)),
        4 => "b".into(),
        5 => "NOT b".into(),
        6 => format!(
            "{column} {op} (SELECT {}({column}) FROM t)",
            random.pick(&["MIN", "MAX"]).unwrap()
        ),
        9 => format!(
            "({} OR {})",
            condition(random, depth - 1),
            condition(random, depth - 1)
        ),
        10 => format!(
            "({} AND {})",
            condition(random, depth - 1),
            condition(random, depth - 1)
        ),
        11 => format!("NOT ({})", condition(random, depth - 1)),
        _ => format!("{column} {op} {}", c(random)),
    }
}

fn rows(client: &mut Client, sql: &str, params: &Params) -> Vec<Vec<Value>> {
    match client.run_with(sql, params) {
        Ok(Answer::Rows { rows, .. }) => rows,
        other => panic!("{sql}: {other:?}"),
    }
}

fn change(client: &mut Client, random: &mut Random) {
    let id = random.below(130) as i64;
    let sql = match random.below(8) {
        0 | 1 => {
            let rows = (0..1 + random.below(12) as i64).map(|k| {
                let values: Vec<String> = COLUMNS.iter().map(|c| literal(c, id + k, random)).collect();
                format!("({}, {})", id + k, values.join(", "))
            });
            format!(
                "INSERT IGNORE INTO t (id, i, d, m, day, s, nc, b) VALUES {}",
                rows.collect::<Vec<_>>().join(", ")
            )
        }
        2 => format!(
            "DELETE FROM t WHERE id BETWEEN {id} AND {}",
            id + random.below(9) as i64
        ),
        3 => format!("DELETE FROM t WHERE id = {id}"),
        4 => {
            let d = *random.pick(&[0.0, -0.0, f64::MIN, 1e-300]).unwrap();
            let params = Params::Positional(vec![Value::Float(d), Value::Int(id)]);
            return drop(
                client
                    .run_with("UPDATE t SET d = ? WHERE id = ?", &params)
                    .unwrap(),
            );
        }
        5 => format!(
            "UPDATE t SET i = NULL, s = NULL WHERE id BETWEEN {id} AND {}",
            id + 6
        ),
        _ => {
            let column = *random.pick(&COLUMNS).unwrap();
            let value = literal(column, id, random);
            format!(
                "UPDATE t SET {column} = {value} WHERE id BETWEEN {id} AND {}",
                id + random.below(3) as i64
            )
        }
    };
    client.ok(&sql);
}

/// Asks for the rows of random conditions twice: so that blocks are passed over, and so that none can be.
fn compare(client: &mut Client, random: &mut Random) {
    for _ in 0..4 {
        let condition = condition(random, 2);
        let mut ask = |filter: String| {
            rows(
                client,
                &format!("SELECT id FROM t WHERE {filter} ORDER BY id"),
                &Params::None,
            )
        };
        let found = ask(condition.clone());
        assert_eq!(found, ask(format!("COALESCE({condition}, FALSE)")), "{condition}");
    }
    let n = Value::Int(random.below(140) as i64 - 10);
    let m = Value::Decimal(Decimal::new(i128::from(random.below(20_000)) - 10_000, 2));
    let d = Value::Float(
        *random
            .pick(&[0.0, -0.0, f64::MAX, f64::MIN_POSITIVE, 12.25])
            .unwrap(),
    );
    for (condition, params) in [
        ("i >= ? AND m < ?", vec![n.clone(), m.clone()]),
        ("d = ?", vec![d.clone()]),
        ("d <= ? OR i = ?", vec![d.clone(), n.clone()]),
        ("m BETWEEN ? AND ?", vec![m, n]),
        ("d >= ?", vec![d]),
    ] {
        let params = Params::Positional(params);
        let mut ask = |filter: &str| rows(client, &format!("SELECT id FROM t WHERE {filter}"), &params);
        let found = ask(condition);
        let all = ask(&format!("COALESCE({condition}, FALSE)"));
        assert_eq!(found, all, "{condition} {params:?}");
    }
}

#[test]
fn nothing_is_passed_over_that_a_condition_lets_through() {
    let skipped = AtomicU64::new(0);
    // 10 s
    let seeds = for_seeds(18, |seed| {
        let mut random = Random::new(seed);
        let layout = Layout::ALL[seed as usize % Layout::ALL.len()];
        let mut bed = TestBed::new(layout);
        bed.client().ok(
            "CREATE TABLE t (id INT PRIMARY KEY, i BIGINT, d DOUBLE, m DECIMAL(12,2), day DATE, s TEXT, \
             nc TEXT COLLATE NOCASE, b BOOLEAN)",
        );
        let mut client = bed.client();
        (0..12).for_each(|_| change(&mut client, &mut random));
        for step in 0..14 {
            let mut client = if random.chance(40) {
                bed.client()
            } else {
                bed.relaxed_client()
            };
            let mut reader = bed.relaxed_client();
            let reads = random.chance(40);
            if reads {
                reader.ok("BEGIN");
                compare(&mut reader, &mut random);
            }
            let ends = *random.pick(&["", "", "COMMIT", "ROLLBACK"]).unwrap();
            if !ends.is_empty() {
                client.ok("BEGIN");
            }
            (0..1 + random.below(5)).for_each(|_| change(&mut client, &mut random));
            compare(&mut client, &mut random);
            if !ends.is_empty() {
                client.ok(ends);
            }
            if reads {
                compare(&mut reader, &mut random);
                reader.ok("COMMIT");
            }
            compare(&mut reader, &mut random);
            let is_kept = matches!(layout, Layout::Persistent | Layout::Dual | Layout::Pending);
            if step % 5 == 4 {
                bed.check();
                skipped.fetch_add(bed.db.stats().blocks_skipped, Ordering::Relaxed);
                if is_kept {
                    bed.reopen();
                    compare(&mut bed.client(), &mut random);
                }
            }
        }
        bed.check();
    });
    let skipped = skipped.into_inner();
    assert!(skipped > 500 * seeds, "only {skipped} blocks were passed over");
}
