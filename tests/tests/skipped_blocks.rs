//! Blocks that a scan passes over because of the bounds of their columns: they are not read from the store, nothing
//! is wrongly passed over, and EXPLAIN ANALYZE and `stats()` tell.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Value;
use amphi_core::session::Params;
use amphi_tests::sql_client::Answer;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};

const ROWS: i64 = 400;
/// Of the test's tables.
const BLOCK_ROWS: i64 = 4;

/// A table whose rows came in the order of their dates, and whose other column is in no order.
fn table(client: &mut Client) {
    client.ok("CREATE TABLE sale (id INT PRIMARY KEY, day DATE, n INT, note TEXT)");
    let row = |i: i64| {
        let (month, day) = (1 + i / 40, 1 + i % 40 / 2);
        format!(
            "({i}, '2024-{month:02}-{day:02}', {}, 'note {i}')",
            i * 7919 % ROWS
        )
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    client.ok(&format!("INSERT INTO sale VALUES {}", rows.join(", ")));
}

fn rows(client: &mut Client, sql: &str) -> Vec<Vec<Value>> {
    match client.run(sql) {
        Ok(Answer::Rows { rows, .. }) => rows,
        other => panic!("{sql}: {other:?}"),
    }
}

/// The rows of a query, and how many leaves were read and passed over for them.
fn read(bed: &TestBed, client: &mut Client, sql: &str) -> (Vec<Vec<Value>>, u64, u64) {
    let before = bed.db.stats();
    let rows = rows(client, sql);
    let after = bed.db.stats();
    let skipped = after.blocks_skipped - before.blocks_skipped;
    (rows, after.total_reads - before.total_reads, skipped)
}

#[test]
fn only_the_blocks_of_a_range_are_read_from_a_cold_store() {
    for layout in [Layout::Persistent, Layout::Pending] {
        let mut bed = TestBed::new(layout);
        table(&mut bed.client());
        bed.reopen();
        let mut client = bed.client();
        let before = bed.db.stats();
        let found = rows(
            &mut client,
            "SELECT COUNT(*), MIN(id), MAX(id) FROM sale WHERE day BETWEEN '2024-03-05' AND '2024-03-08'",
        );
        assert_eq!(found, [[Value::Int(8), Value::Int(88), Value::Int(95)]]);
        let after = bed.db.stats();
        let (read, all) = (after.store_reads - before.store_reads, (ROWS / BLOCK_ROWS) as u64);
        assert_eq!(read, 2, "{layout:?}");
        assert_eq!(
            after.blocks_skipped - before.blocks_skipped,
            all - read,
            "{layout:?}"
        );
        bed.check();
    }
}

#[test]
fn blocks_are_passed_over_in_every_placement() {
    in_layouts(&Layout::ALL, |bed| {
        let mut client = bed.client();
        table(&mut client);
        for (condition, count) in [
            ("day = '2024-10-20'", 2),
            ("day > '2024-10-19'", 2),
            ("'2024-01-02' > day", 2),
            ("day IN ('2024-01-01', '2024-10-20')", 4),
            ("day = '2024-01-01' OR day >= '2024-10-20'", 4),
            ("day > '2025-01-01'", 0),
            ("day IS NULL", 0),
            ("note >= 'note 98' AND day < '2024-04-01'", 2),
            ("day BETWEEN '2024-01-01' AND '2024-01-01' AND n >= 0", 2),
        ] {
            let sql = format!("SELECT COUNT(*) FROM sale WHERE {condition}");
            let (found, read, skipped) = read(bed, &mut client, &sql);
            assert_eq!(found, [[Value::Int(count)]], "{condition}");
            assert!(
                skipped > 60 && read < 40,
                "{condition}: {read} read, {skipped} passed over"
            );
        }
        // Backwards too, and beginning in the middle.
        let sql = "SELECT id FROM sale WHERE id < 300 AND day = '2024-02-03' ORDER BY id DESC";
        let (found, read, skipped) = read(bed, &mut client, sql);
        assert_eq!(found, [[Value::Int(45)], [Value::Int(44)]]);
        assert!(skipped > 60 && read < 10, "{read} read, {skipped} passed over");
    });
}

#[test]
fn parameters_subqueries_and_outer_rows_say_what_is_needed() {
    in_layouts(&Layout::ALL, |bed| {
        let mut client = bed.client();
        table(&mut client);
        let mut run = |sql: &str, params: &Params| {
            let before = bed.db.stats().blocks_skipped;
            let Ok(Answer::Rows { rows, .. }) = client.run_with(sql, params) else {
                panic!("{sql}");
            };
            (rows, bed.db.stats().blocks_skipped - before)
        };
        let params = Params::Positional(vec!["2024-10-20".into(), Value::Int(1_000)]);
        let (rows, skipped) = run("SELECT COUNT(*) FROM sale WHERE day >= ? AND n < ?", &params);
        assert_eq!(rows, [[Value::Int(2)]]);
        assert!(skipped > 90, "{skipped}");
        let (rows, skipped) = run(
            "SELECT COUNT(*) FROM sale WHERE day = (SELECT MAX(day) FROM sale)",
            &Params::None,
        );
        assert_eq!(rows, [[Value::Int(2)]]);
        assert!(skipped > 90, "{skipped}");
        let (rows, skipped) = run(
            "SELECT s.id, (SELECT COUNT(*) FROM sale t WHERE t.day > s.day AND t.n <> s.n) FROM sale s WHERE s.id IN (395, 396)",
            &Params::None,
        );
        assert_eq!(
            rows,
            [[Value::Int(395), Value::Int(4)], [Value::Int(396), Value::Int(2)]]
        );
        assert!(skipped > 180, "{skipped}");
    });
}

#[test]
fn changes_are_found_whether_written_or_not() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut client, mut relaxed) = (bed.client(), bed.relaxed_client());
        table(&mut client);
        let count =
            |client: &mut Client| rows(client, "SELECT COUNT(*) FROM sale WHERE n > 5000")[0][0].clone();
        assert_eq!(count(&mut client), Value::Int(0));
        // In one leaf, again and again; with and without a reader of the version before.
        for i in 0..6 {
            relaxed.ok(&format!(
                "UPDATE sale SET n = {} WHERE id = {}",
                6000 + i,
                200 + i
            ));
            assert_eq!(count(&mut relaxed), Value::Int(i + 1));
            if i % 2 == 0 {
                client.ok("SELECT 1");
            }
            assert_eq!(count(&mut client), Value::Int(i + 1));
        }
        client.ok("BEGIN");
        client.ok("UPDATE sale SET n = 9000 WHERE id = 7");
        assert_eq!(count(&mut client), Value::Int(7));
        assert_eq!(count(&mut relaxed), Value::Int(6));
        client.ok("ROLLBACK");
        assert_eq!(count(&mut client), Value::Int(6));
        client.ok("DELETE FROM sale WHERE n = 6003");
        client.ok("UPDATE sale SET n = NULL WHERE id BETWEEN 40 AND 47");
        assert_eq!(count(&mut client), Value::Int(5));
        bed.check();
        if bed.layout() != Layout::Memory {
            let stays = !matches!(bed.layout(), Layout::Mixed | Layout::MixedPending);
            bed.reopen();
            let mut client = bed.client();
            if stays {
                assert_eq!(count(&mut client), Value::Int(5));
                let nulls = "SELECT COUNT(*) FROM sale WHERE n IS NULL";
                let (found, read, _) = read(bed, &mut client, nulls);
                assert_eq!((found, read), (vec![vec![Value::Int(8)]], 2));
            }
        }
    });
}

#[test]
fn a_write_that_fails_or_is_undone_leaves_no_wrong_bounds() {
    in_layouts(&Layout::ALL, |bed| {
        let (mut one, mut other) = (bed.relaxed_client(), bed.relaxed_client());
        table(&mut one);
        let count = |client: &mut Client, n: i64| {
            rows(client, &format!("SELECT COUNT(*) FROM sale WHERE n = {n}"))[0][0].clone()
        };
        // A reader holds the version whose leaves are not yet written.
        other.ok("BEGIN");
        assert_eq!(count(&mut other, 7000), Value::Int(0));
        one.ok("UPDATE sale SET n = 7000 WHERE id IN (10, 90)");
        assert_eq!(count(&mut other, 7000), Value::Int(0));
        one.ok("UPDATE sale SET n = 7001 WHERE id = 10");
        one.err("UPDATE sale SET id = 11, n = 8000 WHERE id = 10");
        let mut writing = bed.client();
        assert_eq!(count(&mut writing, 7001), Value::Int(1));
        one.ok("UPDATE sale SET n = 7002 WHERE id = 10");
        assert_eq!(count(&mut writing, 7002), Value::Int(1));
        assert_eq!(count(&mut writing, 8000), Value::Int(0));
        assert_eq!(count(&mut other, 7000), Value::Int(0));
        other.ok("COMMIT");
        assert_eq!(count(&mut other, 7002), Value::Int(1));
        bed.check();
    });
}

#[test]
fn explain_analyze_tells_how_many() {
    in_layouts(&[Layout::Memory, Layout::Persistent, Layout::Dual], |bed| {
        let mut client = bed.client();
        table(&mut client);
        let query = "SELECT id FROM sale WHERE day = '2024-05-01'";
        let text = |rows: Vec<Vec<Value>>| {
            rows.iter()
                .map(|r| r[0].to_string())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let plan = text(rows(&mut client, &format!("EXPLAIN ANALYZE {query}")));
        assert!(plan.contains(", 99 blocks skipped]"), "{plan}");
        let plan = text(rows(
            &mut client,
            &format!("EXPLAIN ANALYZE FORMAT = JSON {query}"),
        ));
        assert!(plan.contains("\"blocks_skipped\": 99"), "{plan}");
        let plan = text(rows(
            &mut client,
            "EXPLAIN ANALYZE SELECT id FROM sale WHERE n >= 0",
        ));
        assert!(!plan.contains("skipped"), "{plan}");
    });
}

#[test]
fn ranges_are_estimated_by_the_bounds_of_leaves() {
    in_layouts(&[Layout::Memory, Layout::Persistent, Layout::Dual], |bed| {
        let mut client = bed.client();
        client.ok("CREATE TABLE reading (id INT PRIMARY KEY, at INT, d DOUBLE, price DECIMAL(9,2))");
        // `at` grows with the rows, slowly at first; `d` is anything from 0 to 1.
        let row = |i: i64| {
            let d = (i * 7919 % 2000) as f64 / 2000.0;
            format!("({i}, {}, {d:e}, {i}.5)", i * i)
        };
        let rows_of: Vec<String> = (0..2000).map(row).collect();
        client.ok(&format!("INSERT INTO reading VALUES {}", rows_of.join(", ")));
        for (condition, count) in [
            ("at < 1000000", 1000.0),
            ("at BETWEEN 3240000 AND 3610000", 100.0),
            ("d < 0.5", 1000.0),
            ("d BETWEEN 0.25 AND 0.3", 100.0),
            ("price > 1500", 500.0),
            // Of 500 leaves 64 are looked at.
            ("at > 9000000", 8.0),
        ] {
            let plan = rows(
                &mut client,
                &format!("EXPLAIN SELECT id FROM reading WHERE {condition}"),
            );
            let plan: String = plan.iter().map(|r| format!("{}\n", r[0])).collect();
            let scan = plan.lines().find(|l| l.contains("Scan")).unwrap();
            let estimated: f64 = scan
                .split("[~")
                .nth(1)
                .and_then(|rest| rest.split(' ').next())
                .unwrap()
                .parse()
                .unwrap();
            let is_near = estimated >= count * 0.6 && estimated <= count * 1.5 + 1.0;
            assert!(is_near, "{condition}: {estimated}, not {count}\n{plan}");
        }
    });
}
