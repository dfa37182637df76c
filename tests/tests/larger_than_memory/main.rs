//! A persistent table much larger than the block cache: made, scanned, grouped, sorted, joined, indexed,
//! changed and reopened, while the memory of the process stays under the cache and an allowance.
//!
//! A program of its own, because it measures its own resident memory. Without arguments it is small
//! (some seconds). `cargo xtask soak-big` runs it with 2 GB (`AMPHI_BIG_MB`) and the settings and the
//! bound that ARCHITECTURE states.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod resident;
mod work;

use amphi::{CacheConfig, Config, Database};
use amphi_tests::counting_allocator::CountingAllocator;
use resident::{reset_peak, resident};
use std::{env, path::Path, time::Instant};

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

/// How big everything is, in megabytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Bytes of the values in the table.
    pub table: u64,
    /// The block cache.
    pub cache: u64,
    /// What resident memory may reach beyond the cache.
    pub allowance: u64,
    /// `max_query_memory_mb`.
    pub query: u64,
    /// `max_transaction_mb`.
    pub transaction: u64,
    /// `max_pending_mb`.
    pub pending: u64,
}

impl Sizes {
    fn chosen() -> Sizes {
        let table = env::var("AMPHI_BIG_MB")
            .ok()
            .map(|v| v.parse().expect("AMPHI_BIG_MB is a number"));
        match table {
            Some(table) if table > 256 => Sizes {
                table,
                cache: 64,
                allowance: 128,
                query: 16,
                transaction: 16,
                pending: 16,
            },
            table => Sizes {
                table: table.unwrap_or(96),
                cache: 4,
                allowance: 76,
                query: 4,
                transaction: 2,
                pending: 2,
            },
        }
    }

    fn config(self, directory: &Path) -> Config {
        Config {
            data_dir: directory.to_str().expect("a path in UTF-8").to_owned(),
            default_persistent: true,
            cache: CacheConfig {
                max_size_mb: self.cache,
                ..CacheConfig::default()
            },
            max_query_memory_mb: self.query,
            max_transaction_mb: self.transaction,
            max_pending_mb: self.pending,
            ..Config::default()
        }
    }
}

/// The steps done so far, each with its time and memory.
pub struct Run {
    /// The sizes of this run.
    pub sizes: Sizes,
    /// The database.
    pub db: Database,
    too_big: Vec<String>,
}

impl Run {
    /// Does one step and measures it.
    pub fn step<T>(&mut self, name: &str, step: impl FnOnce(&Run) -> T) -> T {
        reset_peak();
        HEAP.reset_peak();
        let start = Instant::now();
        let result = step(self);
        let seconds = start.elapsed().as_secs_f64();
        let stats = self.db.stats();
        let megabytes = |bytes: f64| bytes / f64::from(1 << 20);
        let cache = megabytes(stats.cache_bytes as f64);
        let (heap, heap_peak) = (megabytes(HEAP.now() as f64), megabytes(HEAP.peak() as f64));
        match resident() {
            Some(r) => {
                println!(
                    "{seconds:9.1} s  resident {:6.1} MB, at most {:6.1}  heap {heap:6.1}, at most {heap_peak:6.1}  cache {cache:5.1}  {name}",
                    r.now, r.peak
                );
                let bound = (self.sizes.cache + self.sizes.allowance) as f64;
                if r.peak > bound {
                    self.too_big.push(format!("{name}: {:.1} MB", r.peak));
                }
            }
            None => println!("{seconds:9.1} s  {name} (no figures of memory on this system)"),
        }
        result
    }
}

fn main() {
    let sizes = Sizes::chosen();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("big");
    println!("{sizes:?}");
    let db = Database::from_config(sizes.config(&path)).expect("the database opens");
    let mut run = Run {
        sizes,
        db,
        too_big: Vec::new(),
    };
    work::all(&mut run);
    run.db.close().expect("the database closes");
    let bytes = std::fs::metadata(path.join("amphi.redb")).map_or(0, |m| m.len());
    println!("the file has {} MB", bytes >> 20);
    let config = sizes.config(&path);
    run.step("reopen", |_| ());
    run.db = Database::from_config(config).expect("the database opens again");
    work::again(&mut run);
    let bound = sizes.cache + sizes.allowance;
    assert!(run.too_big.is_empty(), "over {bound} MB: {:#?}", run.too_big);
    println!("resident memory stayed under {bound} MB");
}
