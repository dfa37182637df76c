//! Commits of several threads, their readers, flushes and crashes, under many schedules.
//!
//! What is not about the statements themselves runs before the threads begin, so that the schedules
//! differ in the commits.
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Result;
use amphi_core::database::Database;
use amphi_shuttle::{Bed, Client, explore, together};
use shuttle::future::{JoinHandle, block_on, spawn_local, yield_now};
use shuttle::rand::{Rng, thread_rng};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::task::Poll;

/// A dual table, a persistent one, and a log with durable commits.
const BANK: &[&str] = &[
    "CREATE TABLE d (id INT PRIMARY KEY, n INT) ENGINE = dual",
    "CREATE TABLE p (id INT PRIMARY KEY, n INT) ENGINE = persistent",
    "CREATE TABLE log (id INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true, cache_in_memory = false)",
    "INSERT INTO d VALUES (1, 100), (2, 100), (3, 100)",
    "INSERT INTO p VALUES (1, 100), (2, 100), (3, 100)",
];
const SUM: &str = "SELECT (SELECT SUM(n) FROM d) + (SELECT SUM(n) FROM p)";
const ROWS_OF_P: &str = "SELECT n FROM p ORDER BY id";

type Thread = Box<dyn FnOnce() + Send>;

fn begun(bed: &Bed, statements: &[&str]) -> Client {
    let mut c = bed.client();
    c.begin(statements);
    c
}

/// Commits what was begun, or does it again until it commits.
fn commits(bed: &Bed, statements: &'static [&'static str]) -> Thread {
    let (bed, mut c) = (bed.clone(), begun(bed, statements));
    Box::new(move || {
        while !c.commit() {
            c = begun(&bed, statements);
        }
    })
}

fn flushes(bed: &Bed) -> Thread {
    let db = bed.db.clone();
    Box::new(move || (0..2).for_each(|_| block_on(db.flush()).unwrap()))
}

fn runs(bed: &Bed, sql: &'static str) -> Thread {
    let mut c = bed.client();
    Box::new(move || c.ok(sql))
}

#[test]
fn three_committers() {
    explore("three committers and a flush", BANK, |bed| {
        // Two relaxed commits in conflict with each other, and a durable one that is not.
        together(vec![
            commits(
                &bed,
                &[
                    "UPDATE d SET n = n - 1 WHERE id = 1",
                    "UPDATE p SET n = n + 1 WHERE id = 1",
                ],
            ),
            commits(
                &bed,
                &[
                    "UPDATE d SET n = n - 2 WHERE id = 1",
                    "UPDATE p SET n = n + 2 WHERE id = 3",
                ],
            ),
            commits(
                &bed,
                &[
                    "UPDATE d SET n = n - 4 WHERE id = 2",
                    "UPDATE p SET n = n + 4 WHERE id = 2",
                    "INSERT INTO log VALUES (1)",
                ],
            ),
            flushes(&bed),
        ]);
        let require_all = |bed: &Bed| {
            let mut c = bed.client();
            assert_eq!(c.q("SELECT n FROM d ORDER BY id"), "97, 96, 100");
            assert_eq!(c.q(ROWS_OF_P), "101, 104, 102");
            assert_eq!(c.q("SELECT id FROM log"), "1");
            bed.check();
        };
        require_all(&bed);
        block_on(bed.db.close()).unwrap();
        require_all(&bed.crashed());
    });
}

#[test]
fn a_live_query_misses_no_commit() {
    explore(
        "a live query, two relaxed commits and a durable one",
        BANK,
        |bed| {
            let mut c = bed.client();
            let watches: Thread = Box::new(move || {
                let mut last = None;
                loop {
                    // Whoever misses a commit waits for ever, which shuttle sees.
                    let (sum, watch) = c.watch("SELECT SUM(n) FROM d");
                    assert_ne!(last, Some(sum.clone()), "told of nothing");
                    if sum == "307" {
                        return;
                    }
                    last = Some(sum);
                    block_on(poll_fn(|cx| watch.poll_touched(cx)));
                }
            });
            together(vec![
                watches,
                runs(&bed, "UPDATE d SET n = n + 1 WHERE id = 1"),
                commits(
                    &bed,
                    &["UPDATE d SET n = n + 2 WHERE id = 2", "UPDATE p SET n = 0"],
                ),
                commits(
                    &bed,
                    &[
                        "UPDATE d SET n = n + 4 WHERE id = 3",
                        "INSERT INTO log VALUES (1)",
                    ],
                ),
            ]);
        },
    );
}

#[test]
fn a_flush_during_a_commit_leaves_nothing_behind() {
    explore("a relaxed commit and a flush", BANK, |bed| {
        together(vec![
            commits(&bed, &["UPDATE p SET n = 0 WHERE id = 1"]),
            flushes(&bed),
        ]);
        block_on(bed.db.flush()).unwrap();
        assert_eq!(bed.crashed().client().q(ROWS_OF_P), "0, 100, 100");
    });
}

#[test]
fn a_durable_commit_is_durable_when_it_returns() {
    explore("a durable commit, relaxed ones and a flush", BANK, |bed| {
        let mut c = begun(
            &bed,
            &["UPDATE p SET n = 0 WHERE id = 1", "INSERT INTO log VALUES (1)"],
        );
        bed.client().ok("UPDATE p SET n = 7 WHERE id = 3");
        let writer = bed.clone();
        together(vec![
            Box::new(move || {
                assert!(c.commit());
                // And with it all that was committed before.
                let mut c = writer.crashed().client();
                assert_eq!(c.q("SELECT n FROM p WHERE id <> 2 ORDER BY id"), "0, 7");
                assert_eq!(c.q("SELECT id FROM log"), "1");
            }),
            commits(&bed, &["UPDATE p SET n = 8 WHERE id = 2"]),
            flushes(&bed),
        ]);
        block_on(bed.db.flush()).unwrap();
        assert_eq!(bed.crashed().client().q(ROWS_OF_P), "0, 8, 7");
    });
}

#[test]
fn a_crash_leaves_whole_commits() {
    explore("a crash during two commits and a flush", BANK, |bed| {
        let crashing = bed.clone();
        together(vec![
            commits(
                &bed,
                &[
                    "UPDATE d SET n = n - 1 WHERE id = 1",
                    "UPDATE p SET n = n + 1 WHERE id = 3",
                ],
            ),
            commits(
                &bed,
                &[
                    "UPDATE p SET n = n - 2 WHERE id = 1",
                    "INSERT INTO p VALUES (4, 2)",
                    "INSERT INTO log VALUES (1)",
                ],
            ),
            flushes(&bed),
            Box::new(move || {
                let crashed = crashing.crashed();
                let mut c = crashed.client();
                assert_eq!(c.q(SUM), "600");
                assert_eq!(
                    c.q("SELECT COUNT(*) FROM log"),
                    c.q("SELECT COUNT(*) FROM p WHERE id = 4")
                );
                crashed.check();
            }),
        ]);
        bed.check();
    });
}

#[test]
fn readers_see_whole_commits() {
    explore("readers during publication and eviction", BANK, |bed| {
        let mut reader = bed.client();
        together(vec![
            commits(
                &bed,
                &[
                    "UPDATE d SET n = n - 1 WHERE id = 1",
                    "UPDATE p SET n = n + 1 WHERE id = 3",
                ],
            ),
            commits(
                &bed,
                &[
                    "DELETE FROM p WHERE id = 1",
                    "INSERT INTO p VALUES (4, 60)",
                    "UPDATE d SET n = n + 40 WHERE id = 2",
                ],
            ),
            flushes(&bed),
            Box::new(move || {
                assert_eq!(reader.q(SUM), "600");
                reader.ok("BEGIN");
                let d: i64 = reader.q("SELECT SUM(n) FROM d").parse().unwrap();
                let p: i64 = reader.q("SELECT SUM(n) FROM p").parse().unwrap();
                assert_eq!(d + p, 600);
                assert_eq!(reader.q("SELECT SUM(n) FROM d"), d.to_string());
            }),
        ]);
        assert_eq!(bed.client().q(SUM), "600");
        bed.check();
    });
}

#[test]
fn first_committer_wins() {
    explore("three writers of one row", BANK, |bed| {
        let added = Arc::new(AtomicI64::new(0));
        let add = |n: i64| -> Thread {
            let (mut c, added) = (bed.client(), added.clone());
            Box::new(move || {
                c.ok("BEGIN");
                let before: i64 = c.q("SELECT n FROM p WHERE id = 2").parse().unwrap();
                c.ok(&format!("UPDATE p SET n = {} WHERE id = 2", before + n));
                if c.commit() {
                    added.fetch_add(n, SeqCst);
                }
            })
        };
        together(vec![add(1), add(2), add(4)]);
        let added = added.load(SeqCst);
        assert!(added > 0, "nobody committed");
        assert_eq!(
            bed.client().q("SELECT n FROM p WHERE id = 2"),
            (100 + added).to_string()
        );
    });
}

#[test]
fn serializable_prevents_write_skew() {
    explore("write skew", BANK, |bed| {
        let withdraw = |from: &str| -> Thread {
            let mut c = bed.client();
            c.ok("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE");
            let sql = format!("UPDATE {from} SET n = n - 200 WHERE id = 1");
            Box::new(move || {
                c.ok("BEGIN");
                let both = "SELECT (SELECT n FROM d WHERE id = 1) + (SELECT n FROM p WHERE id = 1)";
                if c.q(both).parse::<i64>().unwrap() >= 200 {
                    c.ok(&sql);
                }
                c.commit();
            })
        };
        together(vec![withdraw("d"), withdraw("p")]);
        assert_eq!(bed.client().q(SUM), "400");
    });
}

#[test]
fn single_statements_never_lose() {
    explore("autocommit statements on one row in memory", &[], |bed| {
        bed.client().ok("CREATE TABLE m (id INT PRIMARY KEY, n INT)");
        bed.client()
            .ok("INSERT INTO m VALUES (1, 100), (2, 100), (3, 100)");
        let (mut reader, mut other) = (bed.client(), bed.client());
        together(vec![
            runs(&bed, "UPDATE m SET n = n + 1 WHERE id = 1"),
            runs(&bed, "UPDATE m SET n = n + 2 WHERE id = 1"),
            runs(&bed, "UPDATE m SET n = n + 4 WHERE id <= 2"),
            // Whoever holds a version keeps it, whatever others change.
            Box::new(move || {
                reader.ok("BEGIN");
                let first = reader.q("SELECT n FROM m ORDER BY id");
                assert_eq!(reader.q("SELECT n FROM m ORDER BY id"), first);
            }),
            Box::new(move || {
                let rows = other.q("SELECT n FROM m ORDER BY id");
                let n: Vec<i64> = rows.split(", ").map(|n| n.parse().unwrap()).collect();
                // The third statement changed both rows or none.
                assert_eq!(n[1] == 104, (n[0] - 100) & 4 == 4, "{rows}");
            }),
        ]);
        assert_eq!(bed.client().q("SELECT n FROM m ORDER BY id"), "107, 104, 100");
        bed.check();
    });
}

#[test]
fn single_statements_beside_a_durable_commit_a_flush_and_a_reader() {
    explore(
        "autocommit statements in place, and everybody else",
        BANK,
        |bed| {
            let (mut fails, mut reader) = (bed.client(), bed.client());
            together(vec![
                runs(&bed, "UPDATE p SET n = n + 1 WHERE id = 1"),
                runs(&bed, "INSERT INTO d VALUES (4, 0), (5, 0)"),
                Box::new(move || assert!(fails.run("INSERT INTO d VALUES (6, 0), (3, 0)").is_err())),
                commits(
                    &bed,
                    &[
                        "UPDATE p SET n = n + 2 WHERE id = 1",
                        "INSERT INTO log VALUES (1)",
                    ],
                ),
                flushes(&bed),
                Box::new(move || {
                    reader.ok("BEGIN");
                    let p: i64 = reader.q("SELECT n FROM p WHERE id = 1").parse().unwrap();
                    let log = reader.q("SELECT COUNT(*) FROM log");
                    assert_eq!(p & 2 == 2, log == "1", "{p} and {log}"); // 100 is without
                    let d = reader.q("SELECT COUNT(*) FROM d");
                    assert!(d == "3" || d == "5", "{d}");
                    assert_eq!(reader.q("SELECT n FROM p WHERE id = 1"), p.to_string());
                }),
            ]);
            let require_all = |bed: &Bed| {
                let mut c = bed.client();
                assert_eq!(c.q(ROWS_OF_P), "103, 100, 100");
                assert_eq!(c.q("SELECT id FROM d ORDER BY id"), "1, 2, 3, 4, 5");
                bed.check();
            };
            require_all(&bed);
            block_on(bed.db.flush()).unwrap();
            require_all(&bed.crashed());
        },
    );
}

#[test]
fn a_table_moves_under_a_writer_and_a_reader() {
    explore("a migration, a writer and a reader", BANK, |bed| {
        let mut reader = bed.client();
        together(vec![
            runs(&bed, "ALTER TABLE d ENGINE = persistent"),
            runs(&bed, "ALTER TABLE p ENGINE = dual"),
            runs(&bed, "UPDATE d SET n = n + 1 WHERE id = 3"),
            Box::new(move || {
                reader.ok("BEGIN");
                let sum = reader.q(SUM);
                assert!(sum == "600" || sum == "601", "{sum}");
                assert_eq!(reader.q(SUM), sum);
            }),
        ]);
        assert_eq!(bed.client().q(SUM), "601");
        bed.check();
        block_on(bed.db.close()).unwrap();
        let crashed = bed.crashed();
        assert_eq!(crashed.client().q(SUM), "601");
        crashed.check();
    });
}

#[test]
fn closing_keeps_what_was_committed() {
    explore("a commit and a close", BANK, |bed| {
        let expected = Arc::new(AtomicI64::new(100));
        let (mut c, closer, set) = (
            begun(&bed, &["UPDATE p SET n = 0 WHERE id = 1"]),
            bed.clone(),
            expected.clone(),
        );
        together(vec![
            Box::new(move || {
                if c.run("COMMIT").is_ok() {
                    set.store(0, SeqCst);
                }
            }),
            Box::new(move || block_on(closer.db.close()).unwrap()),
        ]);
        let expected = expected.load(SeqCst).to_string();
        assert_eq!(bed.crashed().client().q("SELECT n FROM p WHERE id = 1"), expected);
    });
}

/// Polls a future a few times, and drops it.
fn given_up(future: impl Future<Output = Result<()>> + 'static) -> JoinHandle<()> {
    let polls = thread_rng().gen_range(0..9);
    spawn_local(async move {
        let mut future = pin!(future);
        for _ in 0..polls {
            if poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await {
                break;
            }
            yield_now().await;
        }
    })
}

#[test]
fn a_flush_that_is_given_up_leaves_its_work_to_the_next() {
    // What waits to be written; the blocks of a dropped table wait to be removed.
    for waits in ["UPDATE p SET n = 2 WHERE id = 2", "DROP TABLE d"] {
        explore("flushes dropped on their way", BANK, move |bed| {
            bed.client().ok(waits);
            let flush = |db: Database| given_up(async move { db.flush().await });
            for flush in [flush(bed.db.clone()), flush(bed.db.clone())] {
                block_on(flush).unwrap();
            }
            block_on(bed.db.flush()).unwrap();
            bed.check();
            let mut before = bed.client();
            assert_eq!(bed.crashed().client().q(ROWS_OF_P), before.q(ROWS_OF_P));
        });
    }
}

#[test]
fn a_commit_that_is_given_up_holds_nobody_up() {
    explore("commits dropped on their way", BANK, |bed| {
        let task = |mut c: Client| given_up(async move { c.execute("COMMIT").await.map(drop) });
        let tasks = [
            task(begun(&bed, &["UPDATE p SET n = 1 WHERE id = 1"])),
            task(begun(
                &bed,
                &["UPDATE p SET n = 2 WHERE id = 2", "INSERT INTO log VALUES (7)"],
            )),
        ];
        let mut c = begun(
            &bed,
            &["UPDATE p SET n = 3 WHERE id = 3", "INSERT INTO log VALUES (8)"],
        );
        let kept = spawn_local(async move { c.execute("COMMIT").await.unwrap() });
        for task in tasks {
            block_on(task).unwrap();
        }
        block_on(kept).unwrap();
        let mut c = bed.client();
        c.ok("INSERT INTO log VALUES (9)");
        // Whole or not at all, in memory and in the store alike.
        let (p, log) = (c.q(ROWS_OF_P), c.q("SELECT id FROM log ORDER BY id"));
        let second = if log.starts_with('7') { "2" } else { "100" };
        assert!(
            [1, 100].map(|first| format!("{first}, {second}, 3")).contains(&p),
            "{p} and {log}"
        );
        assert!(log.ends_with("8, 9"), "{log}");
        bed.check();
        let mut c = bed.crashed().client();
        assert_eq!((c.q(ROWS_OF_P), c.q("SELECT id FROM log ORDER BY id")), (p, log));
    });
}
