//! Joins of tables that come in the order of their keys: walked side by side they give what a hash table gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, in_layouts};

/// a and b by id, with gaps in different places; d by an index on k, with duplicates and NULLs, which tells k and v.
fn tables(c: &mut Client) {
    c.all(&[
        "CREATE TABLE a (id INT PRIMARY KEY, x INT, s VARCHAR(20))",
        "CREATE TABLE b (id BIGINT PRIMARY KEY, y INT)",
        "CREATE TABLE d (id INT PRIMARY KEY, k INT, v INT, w DOUBLE, KEY kv (k, v))",
        "INSERT INTO a SELECT value, value % 7, CONCAT('s', value) FROM generate_series(0, 499) WHERE value % 3 > 0",
        "INSERT INTO b SELECT value, value % 11 FROM generate_series(100, 699) WHERE value % 5 > 0",
        "INSERT INTO d SELECT value, IF(value % 9 = 0, NULL, value % 40 * 13), value % 3, value FROM generate_series(0, 199)",
        "ANALYZE",
    ]);
}

/// A query of which `=>` stands for the equality of a join: walked side by side, and with a hash table.
#[track_caller]
fn same(c: &mut Client, sql: &str) {
    let merged = sql.replace("=>", "=");
    let plan = c.q(&format!("EXPLAIN {merged}"));
    assert!(plan.contains("Merge join"), "{sql}: {plan}");
    let hashed = sql.replace("=>", "+ 0 =");
    let other = c.q(&format!("EXPLAIN {hashed}"));
    let merges = |plan: &str| plan.matches("Merge join").count();
    assert!(merges(&other) < merges(&plan), "{sql}: {other}");
    let rows = |c: &mut Client, sql: &str| {
        let mut rows: Vec<String> = c.q(sql).split(", ").map(String::from).collect();
        rows.sort();
        rows
    };
    let (merged, hashed) = (rows(c, &merged), rows(c, &hashed));
    assert!(merged.len() > 1, "{sql}");
    assert_eq!(merged, hashed, "{sql}");
}

#[test]
fn inputs_in_the_order_of_their_keys_are_merged() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        tables(&mut c);
        for sql in [
            "SELECT a.id, a.s, b.y FROM a JOIN b ON a.id => b.id",
            "SELECT a.id, a.s, b.id, b.y FROM a LEFT JOIN b ON a.id => b.id",
            "SELECT a.id, b.id FROM a LEFT JOIN b ON a.id => b.id AND a.x < b.y",
            "SELECT a.id, b.id FROM a JOIN b ON a.id => b.id AND a.x < b.y WHERE a.x > 1 AND b.y < 9",
            "SELECT a.id, b.id FROM b LEFT JOIN a ON b.id => a.id WHERE b.id BETWEEN 50 AND 300",
            "SELECT a.id, a.s, d.v, d.id FROM a JOIN d ON a.id => d.k",
            "SELECT a.id, a.s, d.v, d.id FROM a LEFT JOIN d ON a.id => d.k",
            "SELECT d.k, d.v, a.id FROM d LEFT JOIN a ON d.k => a.id",
            "SELECT a.id, b.id, e.x FROM a JOIN b ON a.id = b.id JOIN a AS e ON a.id => e.id",
        ] {
            same(&mut c, sql);
        }
        // The order is kept, and needs no sort.
        let sql = "SELECT a.id, b.y FROM a LEFT JOIN b ON a.id = b.id ORDER BY a.id";
        let plan = c.q(&format!("EXPLAIN {sql}"));
        assert!(
            plan.contains("Merge join (left)") && !plan.contains("Sort"),
            "{plan}"
        );
        let ids: Vec<i64> = c
            .q("SELECT id FROM a ORDER BY id")
            .split(", ")
            .map(|i| i.parse().unwrap())
            .collect();
        let joined: Vec<i64> = c
            .q(sql)
            .split(", ")
            .map(|r| r.split(' ').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(joined, ids);
        // Another order is one more step, and does not turn the inputs round.
        let sql = "SELECT a.id, b.y FROM a JOIN b ON a.id = b.id ORDER BY a.id DESC";
        let plan = c.q(&format!("EXPLAIN {sql}"));
        assert!(plan.contains("Merge join") && plan.contains("Sort"), "{plan}");
        let mut backwards: Vec<i64> = c
            .q(sql)
            .split(", ")
            .map(|r| r.split(' ').next().unwrap().parse().unwrap())
            .collect();
        backwards.reverse();
        assert!(
            backwards.is_sorted() && backwards.len() == 214,
            "{}",
            backwards.len()
        );
    });
}
