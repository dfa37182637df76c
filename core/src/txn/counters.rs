//! The counters behind `stats()`: relaxed atomics, bumped where things happen.

use crate::tree::Missing;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the database was opened.
#[derive(Debug, Default)]
pub struct Counters {
    /// Leaves read that their placement keeps in memory (memory and dual tables).
    pub memory_reads: AtomicU64,
    /// Leaves of persistent tables read and found in the cache.
    pub cache_hits: AtomicU64,
    /// Leaves of persistent tables that had to come from the store.
    pub cache_misses: AtomicU64,
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

    /// Takes over what a step counted, and resets it there.
    pub fn absorb(&self, missing: &mut Missing) {
        let take = |counter: &AtomicU64, n: &mut u64| {
            if *n > 0 {
                counter.fetch_add(core::mem::take(n), Relaxed);
            }
        };
        take(&self.memory_reads, &mut missing.memory_reads);
        take(&self.cache_hits, &mut missing.cache_hits);
        take(&self.cache_misses, &mut missing.cache_misses);
    }
}
