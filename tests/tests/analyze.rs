//! ANALYZE makes estimates better: what it finds is kept, follows the definition, and decides how tables are joined.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};

/// The estimated rows of the first operator of a plan.
fn estimate(c: &mut Client, sql: &str) -> f64 {
    let plan = c.q(&format!("EXPLAIN {sql}"));
    let (_, rest) = plan.split_once("[~").unwrap();
    rest.split_once(" rows").unwrap().0.parse().unwrap()
}

/// 2000 rows: n has 20 values in order, u a value of its own in each, d is NULL in every fourth row, and day ascends through 100 days.
fn table(c: &mut Client) {
    c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT, u INT, d DECIMAL(8, 2), day DATE, s VARCHAR(20))");
    for from in [0, 1000] {
        c.ok(&format!(
            "INSERT INTO t SELECT value, value DIV 100, value * 7, IF(value % 4 = 0, NULL, value / 4), \
             DATE_ADD('2024-01-01', INTERVAL (value DIV 20) DAY), CHAR(97 + value % 26) \
             FROM generate_series({from}, {})",
            from + 999
        ));
    }
}

#[track_caller]
fn near(c: &mut Client, sql: &str, rows: f64) {
    let estimated = estimate(c, sql);
    let actual: f64 = c
        .q(&format!("SELECT COUNT(*) FROM ({sql}) AS q"))
        .parse()
        .unwrap();
    assert!((actual - rows).abs() <= rows * 0.05 + 1.0, "{sql}: {actual} rows");
    assert!(
        (estimated - rows).abs() <= rows * 0.1 + 2.0,
        "{sql}: {estimated} estimated, {rows} are"
    );
}

fn check_estimates(c: &mut Client) {
    near(c, "SELECT * FROM t WHERE u = 7", 1.0);
    near(c, "SELECT * FROM t WHERE s = 'c'", 77.0);
    near(c, "SELECT * FROM t WHERE s IN ('a', 'z', 'm')", 231.0);
    near(c, "SELECT * FROM t WHERE d IS NULL", 500.0);
    near(c, "SELECT * FROM t WHERE u < 1400", 200.0);
    near(c, "SELECT * FROM t WHERE u >= 1400 AND u <= 2800", 200.0);
    near(c, "SELECT * FROM t WHERE u BETWEEN 1400 AND 2800", 200.0);
    near(c, "SELECT * FROM t WHERE day < '2024-01-26'", 500.0);
    near(c, "SELECT * FROM t WHERE 250 < d", 750.0);
    near(c, "SELECT * FROM t WHERE u > 100000", 0.0);
    near(c, "SELECT s, COUNT(*) FROM t GROUP BY s", 26.0);
    near(c, "SELECT DISTINCT day FROM t", 100.0);
    near(c, "SELECT a.id FROM t AS a JOIN t AS b ON a.u = b.u", 2000.0);
}

#[test]
fn estimates_follow_what_was_found_wherever_the_table_lives() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        table(&mut c);
        c.ok("ANALYZE TABLE t");
        check_estimates(&mut c);
    });
}

#[test]
fn what_was_found_is_stored_moves_and_changes_with_the_definition() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        table(&mut c);
        c.ok("ANALYZE TABLE t");
        for engine in ["persistent", "dual"] {
            c.ok(&format!("ALTER TABLE t ENGINE = {engine}"));
            bed.reopen();
            c = bed.client();
            check_estimates(&mut c);
        }
        c.all(&[
            "ALTER TABLE t ADD COLUMN first INT FIRST",
            "ALTER TABLE t DROP COLUMN n",
            "ALTER TABLE t RENAME COLUMN u TO v",
            "ALTER TABLE t RENAME TO r",
        ]);
        near(&mut c, "SELECT * FROM r WHERE v < 1400", 200.0);
        near(&mut c, "SELECT * FROM r WHERE s = 'c'", 77.0);
        // In a new type they would mean something else.
        c.ok("ALTER TABLE r MODIFY v DECIMAL(12, 4)");
        assert!(estimate(&mut c, "SELECT * FROM r WHERE v IS NULL") > 100.0);
        c.ok("BEGIN");
        c.ok("ANALYZE r");
        near(&mut c, "SELECT * FROM r WHERE v IS NULL", 0.0);
        c.ok("ROLLBACK");
        assert!(estimate(&mut c, "SELECT * FROM r WHERE v IS NULL") > 100.0);
        // Half of the rows: as many values where they are few, half as many where each row had one.
        c.ok("DELETE FROM r WHERE id % 2 = 0");
        assert_eq!(estimate(&mut c, "SELECT s, COUNT(*) FROM r GROUP BY s"), 26.0);
        let halved = estimate(&mut c, "SELECT d, COUNT(*) FROM r GROUP BY d");
        assert!((730.0..=770.0).contains(&halved), "{halved}");
    });
}

/// The tables of a plan in the order in which they are joined.
fn order<'a>(plan: &str, tables: &[&'a str]) -> Vec<&'a str> {
    let mut found: Vec<(usize, &str)> = tables
        .iter()
        .filter_map(|t| {
            let line = plan.split(", ").find(|l| l.contains(&format!(" {t} (")))?;
            Some((line.len() - line.trim_start().len(), *t))
        })
        .collect();
    found.sort_by_key(|(depth, _)| core::cmp::Reverse(*depth));
    found.into_iter().map(|(_, t)| t).collect()
}

#[test]
fn skewed_tables_are_joined_in_another_order_with_the_same_answer() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE sale (id INT PRIMARY KEY, shop INT, item INT)",
            "CREATE TABLE shop (id INT PRIMARY KEY, kind INT)",
            "CREATE TABLE item (id INT PRIMARY KEY, code INT)",
            "INSERT INTO sale SELECT value, value % 600, value % 599 FROM generate_series(0, 899)",
            "INSERT INTO shop SELECT value, value % 2 FROM generate_series(0, 599)",
            "INSERT INTO item SELECT value, value * 3 FROM generate_series(0, 599)",
        ]);
        // Every other shop is of that kind, but only one item has that code.
        let sql = "SELECT sale.id, shop.id, item.id FROM sale JOIN shop ON shop.id = sale.shop JOIN item ON item.id = sale.item \
                   WHERE shop.kind = 1 AND item.code = 33 ORDER BY sale.id";
        let explain = format!("EXPLAIN {sql}");
        let tables = ["sale", "shop", "item"];
        let (before, rows) = (c.q(&explain), c.q(sql));
        assert_eq!(order(&before, &tables).last(), Some(&"item"), "{before}");
        c.ok("ANALYZE TABLE sale, shop, item");
        let after = c.q(&explain);
        assert_eq!(order(&after, &tables).last(), Some(&"shop"), "{after}");
        assert_eq!(c.q(sql), rows);
        assert_eq!(rows, "11 11 11");
    });
}

#[test]
fn a_glance_at_leaves_in_memory_tells_few_values_from_many() {
    let bed = TestBed::new(Layout::Memory);
    let mut c = bed.client();
    table(&mut c);
    c.ok("CREATE INDEX n ON t (n, u)");
    for (sql, least, most) in [
        ("SELECT * FROM t WHERE n = 7", 50.0, 200.0),
        ("SELECT * FROM t WHERE n = 7 AND u = 4900", 0.0, 10.0),
        ("SELECT * FROM t WHERE u = 7", 0.0, 10.0),
        ("SELECT * FROM t WHERE id < 500", 450.0, 550.0),
        ("SELECT * FROM t WHERE n BETWEEN 5 AND 9", 450.0, 550.0),
        ("SELECT * FROM t WHERE n > 100", 0.0, 10.0),
    ] {
        let rows = estimate(&mut c, sql);
        assert!((least..=most).contains(&rows), "{sql}: {rows} estimated");
    }
}

#[test]
fn it_can_be_interrupted_and_reads_as_much_as_its_time_allows() {
    in_layouts(&[Layout::Memory, Layout::Pending], |bed| {
        let mut c = bed.client();
        table(&mut c);
        c.session.set_statement_timeout(Some(0));
        assert!(matches!(c.err("ANALYZE TABLE t"), Error::Interrupted { .. }));
        c.session.set_statement_timeout(None);
        c.ok("ANALYZE TABLE t");
    });
}
