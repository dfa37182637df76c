//! Small statements that are their own transactions change the current version itself. Nobody may see one
//! half done, whoever reads, flushes or commits beside it, and keys are generated without gaps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_tests::block_on::block_on;
use amphi_tests::test_bed::{Layout, in_layouts};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Rows that every statement changes together.
const ROWS: u64 = 12;

#[test]
fn nobody_sees_half_a_statement() {
    // About 5 s in all.
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, a INT, u INT UNIQUE, INDEX (a))");
        for i in 1..=ROWS {
            c.ok(&format!("INSERT INTO t VALUES ({i}, 0, {i})"));
        }
        let over = AtomicBool::new(false);
        let ids: Vec<String> = (1..=ROWS).map(|i| i.to_string()).collect();
        let all = format!("id IN ({})", ids.join(", "));
        let clients = [bed.relaxed_client(), bed.relaxed_client(), bed.relaxed_client()];
        let mut writer = bed.relaxed_client();
        let db = bed.db.clone();
        std::thread::scope(|scope| {
            for (i, mut reader) in clients.into_iter().enumerate() {
                let over = &over;
                scope.spawn(move || {
                    let equal = |reader: &mut _, sql: &str| -> String {
                        let reader: &mut amphi_tests::test_bed::Client = reader;
                        let seen = reader.q(sql);
                        let (least, most) = seen.split_once(' ').unwrap();
                        assert_eq!(least, most, "half a statement: {sql}");
                        seen
                    };
                    while !over.load(Relaxed) {
                        equal(&mut reader, "SELECT MIN(a), MAX(a) FROM t");
                        if i == 0 {
                            continue;
                        }
                        reader.ok("BEGIN");
                        let first = equal(&mut reader, "SELECT MIN(a), MAX(a) FROM t");
                        let again = equal(&mut reader, "SELECT MIN(a), MAX(a) FROM t WHERE a >= 0");
                        assert_eq!(first, again);
                        reader.ok("ROLLBACK");
                    }
                });
            }
            let over = &over;
            scope.spawn(move || {
                while !over.load(Relaxed) {
                    block_on(db.flush()).unwrap();
                }
            });
            for step in 1..=60 {
                writer.ok(&format!("UPDATE t SET a = a + 1 WHERE {all}"));
                // The last of its rows collides with the first.
                let failed = writer.run(&format!(
                    "UPDATE t SET a = a + 7, u = CASE WHEN id = {ROWS} THEN 1 ELSE u END WHERE {all} ORDER BY id LIMIT {ROWS}"
                ));
                assert!(matches!(failed, Err(Error::DuplicateKey { .. })), "{failed:?}");
                let failed = writer.run(&format!(
                    "INSERT INTO t VALUES ({}, -1, 0), (1, 1, 1)",
                    100 + step
                ));
                assert!(matches!(failed, Err(Error::DuplicateKey { .. })), "{failed:?}");
            }
            over.store(true, Relaxed);
        });
        assert_eq!(
            c.q("SELECT MIN(a), MAX(a), COUNT(*) FROM t"),
            format!("60 60 {ROWS}")
        );
    });
}

#[test]
fn keys_are_generated_without_gaps_also_where_their_block_has_to_be_fetched() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, s VARCHAR(100), UNIQUE (s))");
        c.ok("CREATE TABLE other (id INT PRIMARY KEY, s VARCHAR(100))");
        for i in 0..30 {
            // Reading another table takes the block out of the cache.
            c.ok(&format!("INSERT INTO other VALUES ({i}, 'x')"));
            c.q("SELECT * FROM other");
            c.ok(&format!("INSERT INTO t (s) VALUES ('one{}')", i * 7 % 30));
            c.q("SELECT * FROM other");
            c.ok(&format!("INSERT INTO t (s) VALUES ('a{i}'), ('b{i}'), ('c{i}')"));
        }
        assert_eq!(c.q("SELECT COUNT(*), MIN(id), MAX(id) FROM t"), "120 1 120");
    });
}
