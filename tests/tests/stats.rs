//! `stats()` and SHOW STATS: what is counted, by placement and by cause, and the cache's bound.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::router::{CacheConfig, CachePolicy, Config, Stats};
use amphi_tests::random::Random;
use amphi_tests::test_bed::{Layout, TestBed, in_layouts};

/// A cache of so many bytes; blocks of four rows.
fn cached(layout: Layout, bytes: usize, eviction_policy: CachePolicy) -> Config {
    Config {
        cache: CacheConfig {
            max_bytes: Some(bytes),
            eviction_policy,
            ..CacheConfig::default()
        },
        ..layout.config()
    }
}

fn with_cache(bytes: usize, policy: CachePolicy) -> TestBed {
    TestBed::with_config(Layout::Plain, cached(Layout::Plain, bytes, policy))
}

/// What a piece of work added to the figures.
fn added(bed: &TestBed, work: impl FnOnce()) -> Stats {
    let before = bed.db.stats();
    work();
    let mut after = bed.db.stats();
    after.total_reads -= before.total_reads;
    after.memory_reads -= before.memory_reads;
    after.store_reads -= before.store_reads;
    after.total_writes -= before.total_writes;
    after.memory_writes -= before.memory_writes;
    after.store_writes -= before.store_writes;
    after.cache_hits -= before.cache_hits;
    after.cache_misses -= before.cache_misses;
    after.cache_evictions -= before.cache_evictions;
    after.commits -= before.commits;
    after.rollbacks -= before.rollbacks;
    after.conflicts -= before.conflicts;
    after.store_commits -= before.store_commits;
    after.store_bytes_written -= before.store_bytes_written;
    after
}

#[test]
fn tables_by_placement() {
    in_layouts(&Layout::PLAIN, |bed| {
        let tables = |bed: &TestBed| {
            let s = bed.db.stats();
            (s.memory_tables, s.persistent_tables, s.dual_tables)
        };
        let mut c = bed.client();
        assert_eq!(tables(bed), (0, 0, 0));
        c.all(&[
            "CREATE TABLE a (x INT)",
            "CREATE TABLE b (x INT)",
            "CREATE TABLE p (x INT) ENGINE = persistent",
            "CREATE TABLE d (x INT) ENGINE = dual",
            "CREATE TABLE d2 (x INT) ENGINE = dual",
        ]);
        assert_eq!(tables(bed), (2, 1, 2));
        c.all(&[
            "ALTER TABLE a ENGINE = persistent",
            "ALTER TABLE d ENGINE = persistent",
            "DROP TABLE d2",
        ]);
        assert_eq!(tables(bed), (1, 3, 0));
        bed.reopen();
        assert_eq!(tables(bed), (0, 3, 0));
    });
}

#[test]
fn reads_by_where_the_blocks_were() {
    let bed = with_cache(1 << 20, CachePolicy::Lru);
    let mut c = bed.client();
    for engine in ["memory", "persistent", "dual"] {
        c.ok(&format!(
            "CREATE TABLE {engine} (id INT PRIMARY KEY, n INT) ENGINE = {engine}"
        ));
        let rows: Vec<String> = (1..=12).map(|i| format!("({i}, {i})")).collect();
        c.ok(&format!("INSERT INTO {engine} VALUES {}", rows.join(", ")));
    }
    let mut bed = bed;
    bed.reopen();
    let mut c = bed.client();
    c.all(&["CREATE TABLE memory (id INT PRIMARY KEY, n INT)"]);
    let rows: Vec<String> = (1..=12).map(|i| format!("({i}, {i})")).collect();
    c.ok(&format!("INSERT INTO memory VALUES {}", rows.join(", ")));
    // Twelve rows in blocks of four: three blocks a scan.
    for (table, round, from_store) in [
        ("memory", 1, 0),
        ("memory", 2, 0),
        ("dual", 1, 0),
        ("dual", 2, 0),
        ("persistent", 1, 3),
        ("persistent", 2, 0),
    ] {
        let s = added(&bed, || {
            assert_eq!(c.q(&format!("SELECT SUM(n) FROM {table}")), "78");
        });
        let what = format!("scan {round} of {table}");
        assert_eq!(
            (s.total_reads, s.store_reads, s.memory_reads),
            (3, from_store, 3 - from_store),
            "{what}"
        );
        let hits = if table == "persistent" { 3 - from_store } else { 0 };
        assert_eq!((s.cache_hits, s.cache_misses), (hits, from_store), "{what}");
        let s = added(&bed, || {
            assert_eq!(c.q(&format!("SELECT n FROM {table} WHERE id = 6")), "6");
        });
        assert_eq!((s.total_reads, s.store_reads), (1, 0), "one row of {table}");
    }
    assert_eq!(bed.db.stats().cache_evictions, 0);
}

#[test]
fn writes_by_where_they_go() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        for (engine, memory, store) in [("memory", 1, 0), ("persistent", 0, 1), ("dual", 1, 1)] {
            c.ok(&format!(
                "CREATE TABLE {engine} (id INT PRIMARY KEY, n INT) ENGINE = {engine}"
            ));
            let s = added(bed, || {
                c.ok(&format!(
                    "INSERT INTO {engine} VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)"
                ));
                c.ok(&format!("UPDATE {engine} SET n = 0 WHERE id > 2"));
                c.ok(&format!("DELETE FROM {engine} WHERE id < 3"));
            });
            assert_eq!(s.total_writes, 10, "{engine}");
            assert_eq!(
                (s.memory_writes, s.store_writes),
                (10 * memory, 10 * store),
                "{engine}"
            );
            // A row once per commit, and only what is committed.
            let s2 = added(bed, || {
                c.ok("BEGIN");
                c.ok(&format!("INSERT INTO {engine} VALUES (9, 9)"));
                c.ok(&format!("UPDATE {engine} SET n = 1 WHERE id > 3"));
                assert_eq!(
                    c.code(&format!("INSERT INTO {engine} VALUES (20, 1), (9, 9)")),
                    "23505"
                );
                c.ok("COMMIT");
                c.all(&["BEGIN", &format!("DELETE FROM {engine}"), "ROLLBACK"]);
            });
            assert_eq!(s2.total_writes, 3, "{engine}");
            assert_eq!(s.commits, 3, "{engine}");
            assert_eq!(s.store_commits > 0, store == 1, "{engine}");
            assert_eq!(s.store_bytes_written > 0, store == 1, "{engine}");
        }
    });
}

#[test]
fn commits_rollbacks_and_conflicts() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
        c.ok("INSERT INTO t VALUES (1, 1), (2, 2)");
        let counts = |s: Stats| (s.commits, s.rollbacks, s.conflicts);
        let reads = added(bed, || {
            c.all(&[
                "BEGIN",
                "SELECT * FROM t",
                "COMMIT",
                "BEGIN",
                "SELECT * FROM t",
                "ROLLBACK",
            ]);
            let _ = c.q("SELECT COUNT(*) FROM t");
        });
        assert_eq!(counts(reads), (0, 0, 0), "what changed nothing");
        let s = added(bed, || {
            c.all(&[
                "BEGIN",
                "UPDATE t SET n = 3",
                "UPDATE t SET n = 4",
                "COMMIT",
                "UPDATE t SET n = 5",
            ]);
        });
        assert_eq!(counts(s), (2, 0, 0));
        let s = added(bed, || c.all(&["BEGIN", "DELETE FROM t", "ROLLBACK"]));
        assert_eq!(counts(s), (0, 1, 0));
        let s = added(bed, || {
            c.all(&["BEGIN", "UPDATE t SET n = 6"]);
            bed.client().ok("UPDATE t SET n = 7");
            assert_eq!(c.code("COMMIT"), "40001");
            assert_eq!(c.code("INSERT INTO t VALUES (1, 1)"), "23505");
        });
        assert_eq!(counts(s), (1, 0, 1));
        let open = |bed: &TestBed| bed.db.stats().open_transactions;
        assert_eq!(open(bed), 0);
        let mut other = bed.client();
        c.ok("BEGIN");
        other.all(&["BEGIN", "SELECT * FROM t"]);
        assert_eq!(open(bed), 2);
        c.ok("COMMIT");
        drop(other);
        assert_eq!(open(bed), 0);
    });
}

#[test]
fn relaxed_commits_share_a_store_commit() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.relaxed_client();
        c.all(&[
            "CREATE TABLE r (id INT PRIMARY KEY, n INT) ENGINE = persistent",
            "CREATE TABLE s (id INT PRIMARY KEY, n INT) WITH (persistent = true, sync_on_write = true)",
        ]);
        let s = added(bed, || {
            for i in 0..50 {
                c.ok(&format!("INSERT INTO r VALUES ({i}, 0)"));
            }
        });
        assert_eq!((s.commits, s.store_commits), (50, 0));
        assert!(bed.db.flush_due());
        let s = added(bed, || {
            amphi_tests::block_on::block_on(bed.db.flush()).unwrap();
        });
        assert_eq!(s.store_commits, 1);
        assert!(!bed.db.flush_due());
        let s = added(bed, || {
            for i in 0..5 {
                c.ok(&format!("INSERT INTO s VALUES ({i}, 0)"));
            }
        });
        assert_eq!((s.commits, s.store_commits), (5, 5));
    });
}

#[test]
fn the_cache_keeps_its_bound() {
    for policy in [CachePolicy::Lru, CachePolicy::Lfu] {
        for bound in [0, 500, 3_000, 8_000] {
            let bed = with_cache(bound, policy);
            let mut c = bed.client();
            c.all(&[
                "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(200), n INT) ENGINE = persistent",
                "CREATE INDEX t_s ON t (s)",
            ]);
            let mut random = Random::new(bound as u64);
            let text = |random: &mut Random| "x".repeat(random.below(120) as usize);
            for i in 0..150 {
                let id = random.below(300);
                match random.below(6) {
                    0..=2 => {
                        let s = text(&mut random);
                        let _ = c.run(&format!(
                            "INSERT INTO t VALUES ({id}, '{s}', {i}), ({}, 'b', 1)",
                            id + 300
                        ));
                    }
                    3 => c.ok(&format!(
                        "UPDATE t SET s = '{}' WHERE id < {id}",
                        text(&mut random)
                    )),
                    4 => c.ok(&format!("DELETE FROM t WHERE id BETWEEN {id} AND {}", id + 10)),
                    _ => drop(c.q(&format!("SELECT COUNT(*) FROM t WHERE s > 'x' AND id > {id}"))),
                }
                let stats = bed.db.stats();
                assert!(
                    stats.cache_bytes <= bound as u64,
                    "{} bytes in a cache of {bound}",
                    stats.cache_bytes
                );
            }
            let stats = bed.db.stats();
            assert!(stats.cache_misses > 0 && stats.cache_evictions > 0, "{stats:?}");
            if bound >= 3_000 {
                assert!(
                    stats.cache_bytes > bound as u64 / 2,
                    "the cache is used: {stats:?}"
                );
                assert!(stats.cache_hits > 0);
            }
            bed.check();
        }
    }
}

#[test]
fn a_cache_switched_off_holds_nothing() {
    let mut config = Layout::Plain.config();
    config.cache = CacheConfig {
        enabled: false,
        ..CacheConfig::default()
    };
    let bed = TestBed::with_config(Layout::Plain, config);
    let mut c = bed.client();
    c.ok("CREATE TABLE t (id INT PRIMARY KEY, n INT) ENGINE = persistent");
    let rows: Vec<String> = (1..=40).map(|i| format!("({i}, {i})")).collect();
    c.ok(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
    for _ in 0..2 {
        let s = added(&bed, || assert_eq!(c.q("SELECT SUM(n) FROM t"), "820"));
        assert_eq!((s.store_reads, s.memory_reads), (10, 0));
        assert_eq!(bed.db.stats().cache_bytes, 0);
    }
}

#[test]
fn the_same_figures_in_sql() {
    in_layouts(&Layout::PLAIN, |bed| {
        let mut c = bed.client();
        c.all(&[
            "CREATE TABLE t (a INT) ENGINE = dual",
            "INSERT INTO t VALUES (1), (2)",
        ]);
        let shown = c.q("SHOW STATS");
        let stats = bed.db.stats();
        for (name, value) in stats.entries() {
            assert!(
                shown.split(", ").any(|row| row == format!("{name} {value}")),
                "{name} {value} in {shown}"
            );
        }
        // And as a document.
        let json = serde_json::to_value(stats).unwrap();
        assert_eq!(json["dual_tables"], 1);
        assert_eq!(json.as_object().unwrap().len(), stats.entries().len());
    });
}
