//! Threads: readers and writers on one database while tables change their placement and commits are
//! flushed. Sums hold in every snapshot, no row is lost, and every commit and conflict is counted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::Error;
use amphi_core::database::PersistenceOptions;
use amphi_core::router::Config;
use amphi_tests::block_on::block_on;
use amphi_tests::random::Random;
use amphi_tests::test_bed::{Client, Layout, TestBed};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const ACCOUNTS: u64 = 24;
const START: u64 = 1000;

/// What the threads of a test did.
#[derive(Default)]
struct Done {
    commits: AtomicU64,
    conflicts: AtomicU64,
    reads: AtomicU64,
    over: AtomicBool,
}

impl Done {
    /// Runs a transaction until it commits.
    fn transaction(&self, c: &mut Client, statements: &[String]) {
        loop {
            let mut run = || {
                c.run("BEGIN")?;
                for sql in statements {
                    c.run(sql)?;
                }
                c.run("COMMIT")
            };
            match run() {
                Ok(_) => break,
                Err(e) if e.is_retryable() => {
                    self.conflicts.fetch_add(1, Relaxed);
                    assert!(!c.session.in_transaction());
                }
                Err(e) => panic!("{statements:?}: {e}"),
            }
        }
        self.commits.fetch_add(1, Relaxed);
    }
}

fn config(layout: Layout) -> Config {
    Config {
        max_pending_mb: 0,
        ..layout.config()
    }
}

/// Two tables of accounts, and a log.
fn bank(bed: &TestBed) {
    let mut c = bed.client();
    for t in ["a", "b"] {
        c.ok(&format!(
            "CREATE TABLE {t} (id INT PRIMARY KEY, n INT, CHECK (n >= 0))"
        ));
        let rows: Vec<String> = (0..ACCOUNTS).map(|i| format!("({i}, {START})")).collect();
        c.ok(&format!("INSERT INTO {t} VALUES {}", rows.join(", ")));
    }
    c.ok("CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, who INT, seq INT, UNIQUE (who, seq))");
}

/// Moves money between the tables and logs it, `count` times.
fn transfer(bed: &TestBed, done: &Done, who: u64, count: u64) {
    let mut c = bed.relaxed_client();
    let mut random = Random::new(who);
    for seq in 0..count {
        let (from, to) = if random.chance(50) { ("a", "b") } else { ("b", "a") };
        let (i, j, n) = (random.below(ACCOUNTS), random.below(ACCOUNTS), random.below(5));
        let statements = [
            format!("UPDATE {from} SET n = n - {n} WHERE id = {i}"),
            format!("UPDATE {to} SET n = n + {n} WHERE id = {j}"),
            format!("INSERT INTO log (who, seq) VALUES ({who}, {seq})"),
        ];
        done.transaction(&mut c, &statements);
    }
}

/// Looks at sums until the others are done: in one statement, and in one transaction over two.
fn watch(bed: &TestBed, done: &Done) {
    let total = (2 * ACCOUNTS * START).to_string();
    let mut c = bed.relaxed_client();
    while !done.over.load(Relaxed) {
        assert_eq!(
            c.q("SELECT (SELECT SUM(n) FROM a) + (SELECT SUM(n) FROM b)"),
            total
        );
        c.ok("BEGIN");
        let a: u64 = c.q("SELECT SUM(n) FROM a").parse().unwrap();
        let logged = c.q("SELECT COUNT(*), MAX(id) FROM log");
        let b: u64 = c.q("SELECT SUM(n) FROM b").parse().unwrap();
        assert_eq!((a + b).to_string(), total);
        assert_eq!(c.q("SELECT COUNT(*), MAX(id) FROM log"), logged);
        c.ok("COMMIT");
        done.reads.fetch_add(1, Relaxed);
    }
}

/// Sets a flag when it goes, also by a panic, so that nobody waits for a thread that is gone.
struct Over<'a>(&'a Done);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Relaxed);
    }
}

fn require_all_there(bed: &TestBed, transfers: u64) {
    let mut c = bed.client();
    assert_eq!(
        c.q("SELECT (SELECT SUM(n) FROM a) + (SELECT SUM(n) FROM b)"),
        (2 * ACCOUNTS * START).to_string()
    );
    assert_eq!(
        c.q("SELECT COUNT(*), COUNT(DISTINCT id), COUNT(DISTINCT who * 100000 + seq) FROM log"),
        format!("{transfers} {transfers} {transfers}")
    );
    bed.check();
}

#[test]
fn sums_hold_while_tables_change_their_placement() {
    for layout in Layout::PLAIN {
        let mut bed = TestBed::with_config(layout, config(layout));
        bank(&bed);
        let (done, before) = (Done::default(), bed.db.stats());
        const TRANSFERS: u64 = 120;
        let switches = AtomicU64::new(0);
        std::thread::scope(|scope| {
            let (bed, done, switches) = (&bed, &done, &switches);
            for _ in 0..2 {
                scope.spawn(|| watch(bed, done));
            }
            scope.spawn(|| {
                let mut c = bed.relaxed_client();
                while !done.over.load(Relaxed) {
                    for engine in ["persistent", "dual", "memory"] {
                        for table in ["a", "log", "b"] {
                            done.transaction(&mut c, &[format!("ALTER TABLE {table} ENGINE = {engine}")]);
                            switches.fetch_add(1, Relaxed);
                            std::thread::sleep(Duration::from_millis(1));
                        }
                    }
                }
                for table in ["a", "log", "b"] {
                    done.transaction(&mut c, &[format!("ALTER TABLE {table} ENGINE = persistent")]);
                }
            });
            scope.spawn(|| {
                while !done.over.load(Relaxed) {
                    block_on(bed.db.flush()).unwrap();
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            let over = Over(done);
            let writers = [1, 2].map(|who| scope.spawn(move || transfer(bed, done, who, TRANSFERS)));
            for writer in writers {
                writer.join().unwrap();
            }
            drop(over);
        });
        let stats = bed.db.stats();
        assert_eq!(stats.commits - before.commits, done.commits.load(Relaxed));
        assert_eq!(stats.conflicts - before.conflicts, done.conflicts.load(Relaxed));
        assert_eq!(stats.total_writes - before.total_writes, 3 * 2 * TRANSFERS);
        assert_eq!(stats.open_transactions, 0);
        println!(
            "{} switches, {} reads, {} conflicts",
            switches.load(Relaxed),
            done.reads.load(Relaxed),
            done.conflicts.load(Relaxed)
        );
        assert!(switches.load(Relaxed) > 0 && done.reads.load(Relaxed) > 0);
        require_all_there(&bed, 2 * TRANSFERS);
        bed.reopen();
        require_all_there(&bed, 2 * TRANSFERS);
    }
}

#[test]
fn single_statements_never_lose() {
    // Without BEGIN there are no conflicts to handle: not for many writers of one row, nor for who
    // moves the table they write.
    for layout in Layout::PLAIN {
        let bed = TestBed::with_config(layout, config(layout));
        bank(&bed);
        let done = Done::default();
        const COUNT: u64 = 150;
        let start = Instant::now();
        let switches = AtomicU64::new(0);
        std::thread::scope(|scope| {
            let (bed, done, switches) = (&bed, &done, &switches);
            scope.spawn(move || {
                while !done.over.load(Relaxed) {
                    for with in [(false, false), (false, true), (true, false)] {
                        let options = PersistenceOptions {
                            sync_on_write: with.0,
                            cache_in_memory: with.1,
                        };
                        block_on(bed.db.enable_persistence("a", options)).unwrap();
                        block_on(bed.db.load_to_memory("a")).unwrap();
                        block_on(bed.db.migrate_to_persistent("a")).unwrap();
                        block_on(bed.db.disable_persistence("a")).unwrap();
                        switches.fetch_add(4, Relaxed);
                    }
                }
            });
            let over = Over(done);
            let writers = [0, 1, 2].map(|who| {
                scope.spawn(move || {
                    let mut c = bed.relaxed_client();
                    for seq in 0..COUNT {
                        c.ok("UPDATE a SET n = n + 1 WHERE id = 0");
                        c.ok(&format!("UPDATE a SET n = n + 1 WHERE id = {}", who + 1));
                        c.ok(&format!("INSERT INTO log (who, seq) VALUES ({who}, {seq})"));
                    }
                })
            });
            for writer in writers {
                writer.join().unwrap();
            }
            drop(over);
        });
        println!("{} switches in {:?}", switches.load(Relaxed), start.elapsed());
        let mut c = bed.client();
        assert_eq!(
            c.q("SELECT n FROM a WHERE id < 4 ORDER BY id"),
            format!("{}, {m}, {m}, {m}", START + 3 * COUNT, m = START + COUNT)
        );
        assert_eq!(c.q("SELECT COUNT(*), COUNT(DISTINCT id) FROM log"), "450 450");
        assert!(switches.load(Relaxed) >= 12);
        bed.check();
    }
}

#[test]
fn tables_come_and_go_under_running_statements() {
    for layout in Layout::PLAIN {
        let bed = TestBed::with_config(layout, config(layout));
        let done = Done::default();
        bed.client().ok("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
        std::thread::scope(|scope| {
            let (bed, done) = (&bed, &done);
            for who in 0..2 {
                scope.spawn(move || {
                    let mut c = bed.relaxed_client();
                    let mut random = Random::new(who);
                    while !done.over.load(Relaxed) {
                        let id = random.below(50);
                        let result = match random.below(4) {
                            0 => c.run(&format!(
                                "INSERT INTO t (id, n) VALUES ({id}, 1) ON DUPLICATE KEY UPDATE n = n + 1"
                            )),
                            1 => c.run(&format!("DELETE FROM t WHERE id = {id}")),
                            2 => c.run("SELECT * FROM t ORDER BY id"),
                            _ => c.run("SELECT COUNT(*), SUM(n), MAX(id) FROM t WHERE n > 0"),
                        };
                        done.reads.fetch_add(1, Relaxed);
                        match result {
                            Ok(_) | Err(Error::Unknown { .. }) => {}
                            Err(e) => panic!("{e}"),
                        }
                    }
                });
            }
            let over = Over(done);
            let mut c = bed.client();
            for round in 0..40 {
                let engine = ["memory", "persistent", "dual"][round % 3];
                c.all(&[
                    &format!("ALTER TABLE t ADD COLUMN extra INT DEFAULT {round}"),
                    "CREATE INDEX i ON t (n, extra)",
                    &format!("ALTER TABLE t ENGINE = {engine}"),
                ]);
                c.ok("DROP INDEX i ON t");
                c.ok("ALTER TABLE t DROP COLUMN extra");
                if round % 4 == 3 {
                    c.ok("DROP TABLE t");
                    c.ok(&format!(
                        "CREATE TABLE t (id INT PRIMARY KEY, n INT) ENGINE = {engine}"
                    ));
                }
            }
            drop(over);
        });
        assert!(done.reads.load(Relaxed) > 0);
        bed.check();
    }
}

#[test]
fn a_snapshot_stays_while_everything_changes() {
    for layout in Layout::PLAIN {
        let bed = TestBed::with_config(layout, config(layout));
        bank(&bed);
        bed.client()
            .all(&["ALTER TABLE a ENGINE = persistent", "ALTER TABLE b ENGINE = dual"]);
        let done = Done::default();
        std::thread::scope(|scope| {
            let (bed, done) = (&bed, &done);
            for _ in 0..3 {
                scope.spawn(move || {
                    let mut c = bed.relaxed_client();
                    while !done.over.load(Relaxed) {
                        c.ok("BEGIN");
                        let all = "SELECT a.id, a.n, b.n FROM a JOIN b ON a.id = b.id ORDER BY a.id";
                        let first = c.q(all);
                        for _ in 0..3 {
                            assert_eq!(c.q(all), first);
                        }
                        c.ok("ROLLBACK");
                        done.reads.fetch_add(1, Relaxed);
                    }
                });
            }
            let over = Over(done);
            let mut c = bed.client();
            for i in 0..60 {
                c.ok("UPDATE a SET n = n + 1");
                c.ok(&format!("DELETE FROM b WHERE id = {}", i % ACCOUNTS));
                c.ok(&format!("INSERT INTO b VALUES ({}, {i})", i % ACCOUNTS));
                if i % 10 == 0 {
                    c.all(&[
                        "ALTER TABLE a ENGINE = memory",
                        "ALTER TABLE a ENGINE = persistent",
                    ]);
                }
            }
            drop(over);
        });
        assert!(done.reads.load(Relaxed) > 0);
        bed.check();
        assert_eq!(bed.stored_trees(), 2);
    }
}

#[test]
fn a_big_table_moves_under_constant_writes() {
    // The move takes many times as long as a write: without care it would lose every time.
    let bed = TestBed::with_config(Layout::Plain, config(Layout::Plain));
    let mut c = bed.client();
    c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
    for from in (0..8000).step_by(1000) {
        let rows: Vec<String> = (from..from + 1000).map(|i| format!("({i}, 0)")).collect();
        c.ok(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
    }
    let done = Done::default();
    let written = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for who in 0..2 {
            let (bed, done, written) = (&bed, &done, &written);
            scope.spawn(move || {
                let mut c = bed.relaxed_client();
                while !done.over.load(Relaxed) {
                    c.ok(&format!("UPDATE t SET n = n + 1 WHERE id = {}", who * 4000));
                    written.fetch_add(1, Relaxed);
                }
            });
        }
        let over = Over(&done);
        while written.load(Relaxed) < 10 {
            std::thread::yield_now();
        }
        for _ in 0..3 {
            block_on(bed.db.migrate_to_persistent("t")).unwrap();
            c.ok("CREATE INDEX by_n ON t (n, id)");
            block_on(bed.db.load_to_memory("t")).unwrap();
            c.ok("DROP INDEX by_n ON t");
        }
        drop(over);
    });
    let sum = written.load(Relaxed).to_string();
    assert_eq!(c.q("SELECT SUM(n) FROM t"), sum);
    println!("{sum} writes, {} conflicts", bed.db.stats().conflicts);
    bed.check();
}

#[test]
fn the_same_on_disk() {
    // Through the public API: retried transactions, the flush thread, and redb.
    const TRANSFERS: u64 = 60;
    let directory = tempfile::TempDir::new().unwrap();
    let options = amphi::Config {
        data_dir: directory.path().to_str().unwrap().into(),
        flush_interval_ms: 3,
        cache: amphi::CacheConfig {
            max_bytes: Some(2_000),
            ..Default::default()
        },
        ..Default::default()
    };
    let db = amphi::Database::from_config(options.clone()).unwrap();
    for t in ["a", "b"] {
        db.execute(&format!("CREATE TABLE {t} (id INT PRIMARY KEY, n INT)"), ())
            .unwrap();
        for i in 0..ACCOUNTS {
            db.execute(
                &format!("INSERT INTO {t} VALUES (?, ?)"),
                (i as i64, START as i64),
            )
            .unwrap();
        }
    }
    let sum = |db: &amphi::Database| -> i64 {
        let sql = "SELECT (SELECT SUM(n) FROM a) + (SELECT SUM(n) FROM b)";
        db.query_row(sql, ()).unwrap().get(0).unwrap()
    };
    let total = (2 * ACCOUNTS * START) as i64;
    let done = Done::default();
    std::thread::scope(|scope| {
        let (db, done, sum) = (&db, &done, &sum);
        let over = Over(done);
        let writers = [1, 2].map(|who| {
            scope.spawn(move || {
                let mut random = Random::new(who);
                let mut transfers = 0;
                // On a busy machine the reader may begin late.
                while transfers < TRANSFERS || done.reads.load(Relaxed) == 0 {
                    transfers += 1;
                    let (i, j, n) = (random.below(ACCOUNTS), random.below(ACCOUNTS), random.below(9));
                    db.transaction(|tx| {
                        tx.execute("UPDATE a SET n = n - ? WHERE id = ?", (n as i64, i as i64))?;
                        tx.execute("UPDATE b SET n = n + ? WHERE id = ?", (n as i64, j as i64))
                    })
                    .unwrap();
                }
            })
        });
        scope.spawn(move || {
            while !done.over.load(Relaxed) {
                assert_eq!(sum(db), total);
                done.reads.fetch_add(1, Relaxed);
            }
        });
        scope.spawn(move || {
            for i in 0.. {
                db.enable_persistence(
                    "a",
                    PersistenceOptions {
                        cache_in_memory: i % 2 == 0,
                        ..PersistenceOptions::default()
                    },
                )
                .unwrap();
                db.migrate_to_persistent("b").unwrap();
                if done.over.load(Relaxed) {
                    break;
                }
                db.load_to_memory("b").unwrap();
                db.disable_persistence("a").unwrap();
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        drop(over);
    });
    assert!(done.reads.load(Relaxed) > 0);
    assert_eq!(db.check().unwrap().problems, []);
    drop(db); // without closing: dropping flushes
    let db = amphi::Database::from_config(options).unwrap();
    assert_eq!(sum(&db), total);
    let moved: i64 = db.query_row("SELECT SUM(n) FROM b", ()).unwrap().get(0).unwrap();
    assert!(moved > (ACCOUNTS * START) as i64, "money went from a to b");
    assert_eq!(db.check().unwrap().problems, []);
}
