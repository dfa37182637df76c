//! The counters behind `stats()`: relaxed atomics, bumped where things happen.

use crate::tree::Missing;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How often what readers count is there, so that those on different processors seldom share a cache line.
const LANES: usize = 8;

/// What readers count, in a cache line of its own (two: processors fetch them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
struct ReadCounters {
    memory_reads: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    blocks_skipped: AtomicU64,
}

/// Counts since the database was opened.
#[derive(Debug, Default)]
pub struct Counters {
    reads: [ReadCounters; LANES],
    /// Rows committed to tables held in memory (memory and dual).
    pub memory_writes: AtomicU64,
    /// Rows committed to tables held in the store (persistent and dual).
    pub store_writes: AtomicU64,
    /// Rows committed, each once.
    pub rows_written: AtomicU64,
    /// Transactions committed that changed something.
    pub commits: AtomicU64,
    /// Transactions rolled back that had changed something.
    pub rollbacks: AtomicU64,
    /// Transactions and statements refused with a write conflict.
    pub conflicts: AtomicU64,
    /// Batches committed to the store.
    pub store_commits: AtomicU64,
    /// Bytes of keys and values put into the store.
    pub store_bytes: AtomicU64,
}

impl Counters {
    /// Adds `n` to a counter.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    /// A counter's value.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }

    fn sum(&self, counter: impl Fn(&ReadCounters) -> &AtomicU64) -> u64 {
        self.reads.iter().map(|lane| Counters::get(counter(lane))).sum()
    }

    /// Leaves read that their placement keeps in memory (memory and dual tables).
    pub fn memory_reads(&self) -> u64 {
        self.sum(|lane| &lane.memory_reads)
    }

    /// Leaves of persistent tables read and found in the cache.
    pub fn cache_hits(&self) -> u64 {
        self.sum(|lane| &lane.cache_hits)
    }

    /// Leaves of persistent tables that had to come from the store.
    pub fn cache_misses(&self) -> u64 {
        self.sum(|lane| &lane.cache_misses)
    }

    /// Leaves that scans passed over by the bounds of their columns.
    pub fn blocks_skipped(&self) -> u64 {
        self.sum(|lane| &lane.blocks_skipped)
    }

    /// Takes over what a step counted, and resets it there.
    pub fn absorb(&self, missing: &mut Missing) {
        self.absorb_in(0, missing);
    }

    /// As [`Counters::absorb`], for a reader who has a number.
    pub fn absorb_in(&self, reader: usize, missing: &mut Missing) {
        let Some(lane) = self.reads.get(reader % LANES) else {
            return;
        };
        let take = |counter: &AtomicU64, n: &mut u64| {
            if *n > 0 {
                counter.fetch_add(core::mem::take(n), Relaxed);
            }
        };
        take(&lane.memory_reads, &mut missing.memory_reads);
        take(&lane.cache_hits, &mut missing.cache_hits);
        take(&lane.cache_misses, &mut missing.cache_misses);
        take(&lane.blocks_skipped, &mut missing.blocks_skipped);
    }
}
