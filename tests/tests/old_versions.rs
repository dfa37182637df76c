//! What an old snapshot keeps in memory of blocks that were overwritten in the store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::session::{Outcome, Params};
use amphi_tests::block_on::block_on;
use amphi_tests::test_bed::{Layout, TestBed};

const ROWS: i64 = 400;

#[test]
fn a_reader_of_an_old_snapshot_stays_right_and_what_it_keeps_is_counted() {
    for layout in [Layout::Plain, Layout::Pending] {
        let bed = TestBed::new(layout);
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(100)) ENGINE = persistent");
        for from in (0..ROWS).step_by(50) {
            let row = |i| format!("({i}, {i}, '{}')", "old".repeat(20));
            let rows: Vec<String> = (from..from + 50).map(row).collect();
            c.ok(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
        }
        let old_bytes = || bed.db.stats().old_version_bytes as i64;
        assert_eq!(old_bytes(), 0);
        let mut session = bed.db.session();
        let outcome = block_on(session.execute("SELECT id, n, s FROM t", &Params::None));
        let Ok(Outcome::Rows(mut rows)) = outcome else {
            panic!("a query gives rows");
        };
        let first = block_on(rows.next_batch()).unwrap().unwrap();
        // Every block is overwritten twice, and some are removed. Each statement is flushed.
        for round in 0..2 {
            for from in (0..ROWS).step_by(50) {
                let to = from + 50;
                c.ok(&format!(
                    "UPDATE t SET n = -1, s = 'new {round}' WHERE id >= {from} AND id < {to}"
                ));
            }
        }
        c.ok("DELETE FROM t WHERE id >= 300");
        // 60 bytes of text and two numbers a row, of each block once.
        let held = old_bytes();
        assert!(held > ROWS * 60 && held < ROWS * 100, "{held} bytes");
        let mut next = 0;
        let mut batch = Some(first);
        while let Some(b) = batch {
            let (ids, ns, texts) = (b.column(0), b.column(1), b.column(2));
            for i in 0..b.rows() {
                assert_eq!((ids.i64s()[i], ns.i64s()[i]), (next, next));
                assert_eq!(texts.bytes_at(i), "old".repeat(20).as_bytes());
                next += 1;
            }
            batch = block_on(rows.next_batch()).unwrap();
        }
        assert_eq!(next, ROWS);
        drop(rows);
        assert_eq!(old_bytes(), 0, "nobody sees them any more");
        assert_eq!(c.q("SELECT COUNT(*), MAX(n), MIN(s) FROM t"), "300 -1 new 1");
        bed.check();
    }
}
