//! The figures behind `stats()` and SHOW STATS.

use super::engine::Engine;
use crate::catalog::{Catalog, Placement};
use crate::txn::{Counters, WriteSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Counts since the database was opened, and sizes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// Tables in memory only.
    pub memory_tables: u64,
    /// Persistent tables.
    pub persistent_tables: u64,
    /// Dual tables.
    pub dual_tables: u64,
    /// Leaf blocks read, wherever they were.
    pub total_reads: u64,
    /// Of these: found in memory (memory and dual tables, and cache hits of persistent tables).
    pub memory_reads: u64,
    /// Of these: fetched from the store.
    pub store_reads: u64,
    /// Leaf blocks that scans passed over: their values lie outside of what the filter lets through.
    pub blocks_skipped: u64,
    /// Rows inserted, changed and deleted in memory and dual tables, by commits; a row once per commit.
    pub memory_writes: u64,
    /// The same for persistent and dual tables.
    pub store_writes: u64,
    /// The same for all tables, each row once.
    pub total_writes: u64,
    /// Blocks of persistent tables found in the cache.
    pub cache_hits: u64,
    /// Blocks of persistent tables not found in the cache.
    pub cache_misses: u64,
    /// Bytes of clean blocks in the cache now.
    pub cache_bytes: u64,
    /// Bytes of blocks of persistent tables that must stay in memory now because they, or those that
    /// replace them, are not in the store.
    pub unwritten_bytes: u64,
    /// Bytes of blocks of persistent tables that were overwritten in the store and are in memory now for
    /// the older snapshots that see them.
    pub old_version_bytes: u64,
    /// Blocks that left the cache to keep its bound.
    pub cache_evictions: u64,
    /// Transactions committed that changed something.
    pub commits: u64,
    /// Transactions rolled back that had changed something.
    pub rollbacks: u64,
    /// Write conflicts.
    pub conflicts: u64,
    /// Batches committed to the store.
    pub store_commits: u64,
    /// Bytes of keys and values put into the store.
    pub store_bytes_written: u64,
    /// Transactions and running writes now.
    pub open_transactions: u64,
}

impl Stats {
    /// Name and value of every figure, in order.
    pub fn entries(&self) -> Vec<(&'static str, u64)> {
        alloc::vec![
            ("memory_tables", self.memory_tables),
            ("persistent_tables", self.persistent_tables),
            ("dual_tables", self.dual_tables),
            ("total_reads", self.total_reads),
            ("memory_reads", self.memory_reads),
            ("store_reads", self.store_reads),
            ("blocks_skipped", self.blocks_skipped),
            ("memory_writes", self.memory_writes),
            ("store_writes", self.store_writes),
            ("total_writes", self.total_writes),
            ("cache_hits", self.cache_hits),
            ("cache_misses", self.cache_misses),
            ("cache_bytes", self.cache_bytes),
            ("unwritten_bytes", self.unwritten_bytes),
            ("old_version_bytes", self.old_version_bytes),
            ("cache_evictions", self.cache_evictions),
            ("commits", self.commits),
            ("rollbacks", self.rollbacks),
            ("conflicts", self.conflicts),
            ("store_commits", self.store_commits),
            ("store_bytes_written", self.store_bytes_written),
            ("open_transactions", self.open_transactions),
        ]
    }
}

impl Engine {
    /// Counts the rows of a commit by where they are now.
    pub(super) fn count_writes(&self, writes: &WriteSet, catalog: &Catalog) {
        for (table, rows) in writes.rows() {
            let Some(table) = catalog.get(*table) else {
                continue;
            };
            self.count_rows(rows.len(), table.def.persistence.placement());
        }
    }

    /// Counts committed rows of a table of that placement.
    pub(super) fn count_rows(&self, rows: u64, placement: Placement) {
        let counters = &self.counters;
        Counters::add(&counters.rows_written, rows);
        if placement != Placement::Persistent {
            Counters::add(&counters.memory_writes, rows);
        }
        if placement.is_stored() {
            Counters::add(&counters.store_writes, rows);
        }
    }

    /// The figures now.
    pub fn stats(&self) -> Stats {
        let c = &self.counters;
        let (resident, hits, misses) = (c.memory_reads(), c.cache_hits(), c.cache_misses());
        let mut stats = Stats {
            total_reads: resident + hits + misses,
            memory_reads: resident + hits,
            store_reads: misses,
            blocks_skipped: c.blocks_skipped(),
            memory_writes: Counters::get(&c.memory_writes),
            store_writes: Counters::get(&c.store_writes),
            total_writes: Counters::get(&c.rows_written),
            cache_hits: hits,
            cache_misses: misses,
            cache_bytes: self.trees.cache().bytes() as u64,
            unwritten_bytes: self.trees.cache().unwritten() as u64,
            old_version_bytes: self.trees.cache().superseded() as u64,
            cache_evictions: self.trees.cache().evictions(),
            commits: Counters::get(&c.commits),
            rollbacks: Counters::get(&c.rollbacks),
            conflicts: Counters::get(&c.conflicts),
            store_commits: Counters::get(&c.store_commits),
            store_bytes_written: Counters::get(&c.store_bytes),
            open_transactions: self.history.open_transactions() as u64,
            ..Stats::default()
        };
        for table in self.history.current().catalog.tables() {
            match table.def.persistence.placement() {
                Placement::Memory => stats.memory_tables += 1,
                Placement::Persistent => stats.persistent_tables += 1,
                Placement::Dual => stats.dual_tables += 1,
            }
        }
        stats
    }
}
