//! What the block cache keeps: the hit rates of LRU and LFU, as `stats()` counts them, and the bound while
//! more is read than fits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::router::{CacheConfig, CachePolicy, Config};
use amphi_tests::placements::BLOCK_ROWS;
use amphi_tests::test_bed::{Client, Layout, TestBed};

/// Blocks that fit into the cache.
const FIT: i64 = 16;
const ROWS: i64 = 800;
const BLOCKS: i64 = ROWS / BLOCK_ROWS as i64;

/// A table of [`BLOCKS`] blocks of one size and a cache for [`FIT`] of them.
fn bed(policy: CachePolicy) -> TestBed {
    let all = bed_with_cache(CachePolicy::Lru, 1 << 20);
    scan(&mut all.client());
    let block = all.db.stats().cache_bytes as usize / BLOCKS as usize;
    bed_with_cache(policy, FIT as usize * block)
}

fn bed_with_cache(eviction_policy: CachePolicy, bytes: usize) -> TestBed {
    let config = Config {
        cache: CacheConfig {
            max_bytes: Some(bytes),
            eviction_policy,
            ..CacheConfig::default()
        },
        ..Layout::Plain.config()
    };
    let bed = TestBed::with_config(Layout::Plain, config);
    let mut c = bed.client();
    c.ok("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(100)) ENGINE = persistent");
    for from in (0..ROWS).step_by(40) {
        let rows: Vec<String> = (from..from + 40)
            .map(|i| format!("({i}, '{}')", "y".repeat(60)))
            .collect();
        c.ok(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
    }
    bed
}

/// Reads one row of each of `blocks`, `times` over.
fn read(c: &mut Client, blocks: &[i64], times: usize) {
    for _ in 0..times {
        for block in blocks {
            let id = block * BLOCK_ROWS as i64;
            assert_eq!(c.q(&format!("SELECT id FROM t WHERE id = {id}")), id.to_string());
        }
    }
}

fn scan(c: &mut Client) {
    assert_eq!(c.q("SELECT COUNT(s) FROM t"), ROWS.to_string());
}

/// The part of the blocks read by `work` that were in the cache.
fn hit_rate(bed: &TestBed, work: impl FnOnce()) -> f64 {
    let before = bed.db.stats();
    work();
    let after = bed.db.stats();
    let (hits, misses) = (
        after.cache_hits - before.cache_hits,
        after.cache_misses - before.cache_misses,
    );
    hits as f64 / (hits + misses) as f64
}

#[test]
fn a_scan_sweeps_the_hot_blocks_out_of_an_lru_cache_and_not_out_of_an_lfu_cache() {
    let hot: Vec<i64> = (0..FIT / 2).map(|i| i * 7).collect();
    let after_scan = |policy| {
        let bed = bed(policy);
        let mut c = bed.client();
        read(&mut c, &hot, 30);
        assert_eq!(
            hit_rate(&bed, || read(&mut c, &hot, 1)),
            1.0,
            "{policy:?}: the hot blocks fit"
        );
        assert!(
            hit_rate(&bed, || scan(&mut c)) < 0.1,
            "{policy:?}: the table does not fit"
        );
        hit_rate(&bed, || read(&mut c, &hot, 1))
    };
    assert_eq!(after_scan(CachePolicy::Lru), 0.0);
    assert_eq!(after_scan(CachePolicy::Lfu), 1.0);
}

#[test]
fn with_scans_all_the_time_lfu_hits_more_than_lru() {
    let hot: Vec<i64> = (0..FIT / 2).map(|i| i * 7).collect();
    let rate = |policy| {
        let bed = bed(policy);
        let mut c = bed.client();
        read(&mut c, &hot, 30);
        hit_rate(&bed, || {
            for _ in 0..10 {
                scan(&mut c);
                read(&mut c, &hot, 20);
            }
        })
    };
    // A round is a scan of 200 blocks and 160 hot reads. LFU misses the 192 blocks that are not hot, LRU
    // the 8 hot ones too after the scan, and in the scan those that it reaches too late.
    let (lru, lfu) = (rate(CachePolicy::Lru), rate(CachePolicy::Lfu));
    assert!((152.0 / 360.0..=160.0 / 360.0).contains(&lru), "LRU {lru}");
    assert_eq!(lfu, 168.0 / 360.0);
}

#[test]
fn what_was_hot_long_ago_gives_way_under_lfu() {
    let bed = bed(CachePolicy::Lfu);
    let mut c = bed.client();
    let (old, new): (Vec<i64>, Vec<i64>) = ((0..FIT - 2).collect(), (100..100 + FIT / 2).collect());
    read(&mut c, &old, 200);
    assert_eq!(
        hit_rate(&bed, || read(&mut c, &old, 1)),
        1.0,
        "the old ones are in"
    );
    // The new ones share what room the old ones leave, for two blocks. Each time both have been
    // replaced, the cache is older by one use: the 201 uses of the old ones weigh nothing after about
    // 400 evictions, which is 50 rounds of 8 blocks.
    assert!(hit_rate(&bed, || read(&mut c, &new, 10)) < 0.2, "not at once");
    read(&mut c, &new, 60);
    assert_eq!(
        hit_rate(&bed, || read(&mut c, &new, 10)),
        1.0,
        "the new ones are in"
    );
}

#[test]
fn a_scan_of_more_than_fits_keeps_the_bound_while_it_runs() {
    for policy in [CachePolicy::Lru, CachePolicy::Lfu] {
        let bed = bed(policy);
        let bound = bed.db.config().cache.max_bytes.unwrap();
        let mut session = bed.db.session();
        for sql in [
            "SELECT * FROM t",
            "SELECT * FROM t ORDER BY id DESC",
            "SELECT * FROM t x JOIN t y ON x.id = y.id",
        ] {
            use amphi_core::session::{Outcome, Params};
            use amphi_tests::block_on::block_on;
            let Ok(Outcome::Rows(mut rows)) = block_on(session.execute(sql, &Params::None)) else {
                panic!("{sql} gives rows");
            };
            let mut count = 0;
            while let Some(batch) = block_on(rows.next_batch()).unwrap() {
                count += batch.rows() as i64;
                // What is read ahead is pinned, and a cursor pins at most half of what fits.
                let bytes = bed.db.stats().cache_bytes as usize;
                assert!(bytes <= bound, "{bytes} bytes in a cache of {bound}");
            }
            assert_eq!(count, ROWS);
        }
    }
}
