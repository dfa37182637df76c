//! EXPLAIN ANALYZE of statements that change rows: it makes the changes, as PostgreSQL does, and says how many rows
//! each operator and each change had, and how often each trigger ran.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::test_bed::{Client, Layout, in_layouts};

/// The lines of a plan that begin with one of these words, without placements and times.
fn made(c: &mut Client, sql: &str) -> Vec<String> {
    let words = ["Insert", "Update", "Delete", "Trigger", "Scan"];
    let plan = c
        .q(&format!("EXPLAIN ANALYZE {sql}"))
        .replace("rows in 1 batch, ", "rows, ");
    let marks = words.iter().flat_map(|w| plan.match_indices(w).map(|(at, _)| at));
    let mut starts: Vec<usize> = marks.collect();
    starts.sort_unstable();
    let line = |at: &usize| {
        let text = &plan[*at..];
        let text = &text[..text.find(" ms").unwrap()];
        let (what, counts) = text.split_once("  [").unwrap();
        let name = what.split([':', '(']).next().unwrap().trim();
        let count = counts.rsplit_once(',').unwrap().0;
        format!("{name}: {}", count.rsplit(';').next().unwrap().trim())
    };
    starts.iter().map(line).collect()
}

#[test]
fn changes_are_made_and_counted_in_every_layout() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE other (a INT)",
            "CREATE TABLE t (a INT PRIMARY KEY, b INT)",
            "CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, what INT)",
        ]);
        let values: Vec<String> = (1..=50).map(|i| format!("({i}, {i})")).collect();
        let values = values.join(", ");
        assert_eq!(
            made(&mut c, &format!("INSERT INTO t VALUES {values}")),
            ["Insert into t: 50 rows"]
        );
        assert_eq!(
            made(&mut c, "REPLACE INTO t VALUES (1, 5), (60, 1)"),
            // The row it deletes counts too.
            ["Insert into t: 3 rows"]
        );
        assert_eq!(
            made(&mut c, "UPDATE t SET b = 0 WHERE a > 48"),
            ["Update t: 3 rows", "Scan t: 3 rows"]
        );
        c.ok("CREATE TRIGGER r AFTER DELETE ON t FOR EACH ROW INSERT INTO log (what) VALUES (OLD.a)");
        c.ok("CREATE TRIGGER s BEFORE INSERT ON log FOR EACH ROW SET NEW.what = NEW.what + 100");
        assert_eq!(
            made(&mut c, "DELETE FROM t WHERE a <= 2"),
            [
                "Delete from t: 2 rows",
                "Scan t: 2 rows",
                "Trigger r: 2 calls",
                "Trigger s: 2 calls"
            ]
        );
        assert_eq!(c.q("SELECT what FROM log ORDER BY id"), "101, 102");
        let merged = made(
            &mut c,
            "MERGE INTO t USING (SELECT 3 AS k UNION ALL SELECT 4 UNION ALL SELECT 99) s ON t.a = s.k \
             WHEN MATCHED AND k = 3 THEN DELETE WHEN MATCHED THEN UPDATE SET b = 7 WHEN NOT MATCHED THEN INSERT VALUES (k, k)",
        );
        assert_eq!(
            merged[..3],
            ["Delete from t: 1 row", "Update t: 1 row", "Insert into t: 1 row"]
        );
        // It is a statement like any other: what fails is undone, what is rolled back too, nothing changes in READ ONLY.
        assert_eq!(
            c.code("EXPLAIN ANALYZE INSERT INTO t VALUES (98, 1), (99, 1)"),
            "23505"
        );
        c.ok("BEGIN");
        assert_eq!(
            made(&mut c, "DELETE FROM t WHERE a > 10")[0],
            "Delete from t: 42 rows"
        );
        c.ok("ROLLBACK");
        c.ok("BEGIN READ ONLY");
        assert_eq!(c.code("EXPLAIN ANALYZE DELETE FROM t"), "25006");
        c.ok("ROLLBACK");
        c.ok("EXPLAIN DELETE FROM t");
        assert_eq!(c.q("SELECT COUNT(*), SUM(b) FROM t"), "49 1272");
    });
}
