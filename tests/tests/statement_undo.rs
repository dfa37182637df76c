//! A statement that fails after it changed rows leaves exactly what was there before: with the log of
//! a few changes as with the version that is kept for many rows or foreign keys.
//!
//! Two tables get the same random statements. One is referred to by a foreign key, so the version
//! before each statement is kept for it; a few rows of the other are undone by the log. Both must give
//! the same answers and hold the same rows, and a failed statement must change nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_tests::random::Random;
use amphi_tests::test_bed::{Client, Layout, in_layouts};

const COLUMNS: &str = "id INT PRIMARY KEY AUTO_INCREMENT, u INT UNIQUE, g INT, s VARCHAR(200), \
                       INDEX (g), UNIQUE (g, u), CHECK (id < 900)";

/// Rows start with ids 1 to 40 and the same `u`; statements that collide aim at them.
fn fill(client: &mut Client) {
    client.ok(&format!("CREATE TABLE logged ({COLUMNS})"));
    client.ok(&format!("CREATE TABLE kept ({COLUMNS})"));
    client.ok("CREATE TABLE child (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) REFERENCES kept (id))");
    let rows: Vec<String> = (1..=40)
        .map(|i| format!("({i}, {i}, {}, 's{i}')", i % 5))
        .collect();
    for table in ["logged", "kept"] {
        client.ok(&format!("INSERT INTO {table} VALUES {}", rows.join(", ")));
    }
}

/// A row for VALUES: mostly new, sometimes one that collides.
fn row(random: &mut Random, fresh: &mut u64, collides: bool) -> String {
    *fresh += 1;
    let id = match random.below(4) {
        0 => format!("{}", 100 + random.below(700)),
        _ => "NULL".to_string(),
    };
    let u = match collides {
        true => 1 + random.below(45),
        false => 1000 + *fresh,
    };
    let s = "x".repeat(random.below(120) as usize);
    match random.chance(10) {
        true => format!("({id}, NULL, {}, NULL)", random.below(5)),
        false => format!("({id}, {u}, {}, '{s}')", random.below(5)),
    }
}

/// A statement on `{}`; many of them fail at some row after the first.
fn statement(random: &mut Random, fresh: &mut u64) -> String {
    let few = 1 + random.below(9);
    let from = 1 + random.below(40);
    let mut rows = |random: &mut Random, n: u64, percent: u64| {
        let collides = random.chance(percent);
        let rows: Vec<String> = (1..=n).map(|i| row(random, fresh, collides && i == n)).collect();
        rows.join(", ")
    };
    match random.below(12) {
        0..=2 => format!("INSERT INTO {{}} VALUES {}", rows(random, few, 70)),
        // The value returned for the last row is not a number.
        3 => format!(
            "INSERT INTO {{}} (u, s) VALUES {}, ({}, 'no number') RETURNING CAST(s AS INT)",
            (0..few)
                .map(|i| format!("({}, '{i}')", 100_000 + random.below(1 << 40)))
                .collect::<Vec<_>>()
                .join(", "),
            200_000 + random.below(1 << 40),
        ),
        4 => format!(
            "INSERT INTO {{}} VALUES {} ON DUPLICATE KEY UPDATE u = u + {}, s = 'changed'",
            rows(random, few, 100),
            random.below(3)
        ),
        5 => format!("REPLACE INTO {{}} VALUES {}", rows(random, few, 80)),
        // An AUTO_INCREMENT value that breaks the CHECK is met after the row went in.
        6 => format!(
            "INSERT INTO {{}} VALUES (895, NULL, 0, NULL), {}",
            rows(random, few, 0)
        ),
        7 => format!(
            "UPDATE {{}} SET u = u + {} WHERE id BETWEEN {from} AND {}",
            few,
            from + few
        ),
        8 => format!(
            "UPDATE {{}} SET s = repeat('y', {}), u = CASE WHEN id = {} THEN 1 ELSE u END WHERE id >= {from} \
             ORDER BY id LIMIT {few}",
            random.below(150),
            from + few - 1,
        ),
        9 => format!(
            "UPDATE {{}} SET id = id + {few}, g = 7 WHERE id BETWEEN {from} AND {}",
            from + few
        ),
        10 => format!(
            "DELETE FROM {{}} WHERE id BETWEEN {from} AND {}",
            from + random.below(6)
        ),
        // More rows than are logged.
        _ => format!(
            "UPDATE {{}} SET g = g + 1, u = u + {} WHERE id > 0",
            random.below(2)
        ),
    }
}

fn contents(client: &mut Client, table: &str) -> [String; 3] {
    [
        client.q(&format!("SELECT * FROM {table} ORDER BY id")),
        client.q(&format!("SELECT id FROM {table} WHERE u > 0 ORDER BY u")),
        client.q(&format!("SELECT g, id FROM {table} WHERE g >= 0 ORDER BY g, id")),
    ]
}

/// The outcome of a statement, in words that do not name the table.
fn outcome(client: &mut Client, sql: &str, table: &str) -> Result<String, Error> {
    let sql = sql.replace("{}", table);
    client.run(&sql).map(|answer| format!("{answer:?}"))
}

#[test]
fn a_statement_that_fails_half_way_changes_nothing() {
    // About 10 s in all.
    in_layouts(&Layout::ALL, |bed| {
        let mut random = Random::new(bed.layout() as u64 + 1);
        let mut client = bed.client();
        fill(&mut client);
        let (mut fresh, mut failed) = (0, 0);
        let mut before = contents(&mut client, "logged");
        for step in 0..160 {
            if random.chance(8) {
                client.ok(if client.session.in_transaction() {
                    "COMMIT"
                } else {
                    "BEGIN"
                });
            }
            if client.session.in_transaction() && random.chance(8) {
                client.ok("SAVEPOINT here");
            }
            let sql = statement(&mut random, &mut fresh);
            let logged = outcome(&mut client, &sql, "logged");
            let kept = outcome(&mut client, &sql, "kept");
            let after = contents(&mut client, "logged");
            assert_eq!(after, contents(&mut client, "kept"), "step {step}: {sql}");
            match (&logged, &kept) {
                (Err(a), Err(b)) => {
                    assert_eq!(a.code(), b.code(), "step {step}: {sql}");
                    assert_eq!(after, before, "step {step}: {sql}");
                    failed += 1;
                }
                (a, b) => assert_eq!(a, b, "step {step}: {sql}"),
            }
            if step % 20 == 0 && !client.session.in_transaction() {
                bed.check();
            }
            before = after;
        }
        if client.session.in_transaction() {
            client.ok("COMMIT");
        }
        assert!(failed > 40, "only {failed} statements failed");
        if !matches!(
            bed.layout(),
            Layout::Memory | Layout::Mixed | Layout::MixedPending
        ) {
            bed.reopen();
            let mut client = bed.client();
            assert_eq!(contents(&mut client, "logged"), before);
            assert_eq!(contents(&mut client, "kept"), before);
        }
    });
}
