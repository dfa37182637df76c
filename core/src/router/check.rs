//! The integrity check of a whole database: the store entry by entry, then every table of a snapshot.
//!
//! Writers go on meanwhile. The store is read in runs, each compared with the newest version while the
//! store latch keeps other writes out; rows and indexes are compared on a snapshot, through the block
//! cache.

use super::engine::Engine;
use super::records::stored;
use super::superblock::SUPERBLOCK;
use crate::catalog::{SchemasRecord, TableRecord, decode_record};
use crate::codec::{schemas_key, superblock_key, table_key, tree_of_key};
use crate::kv::KvBackend;
use crate::table::{Check, Table};
use crate::tree::{Comparison, StoredRun};
use crate::types::{Error, Problem, Result};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Entries of the store read and compared at a time.
const RUN: usize = 64;
/// Problems of the store that are reported.
const MAX_PROBLEMS: usize = 1000;

/// What an integrity check has looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Tables whose rows were compared with their indexes.
    pub tables: u64,
    /// Indexes compared.
    pub indexes: u64,
    /// Rows of those tables.
    pub rows: u64,
    /// Blocks and records of the store that were read and compared.
    pub blocks: u64,
    /// What is wrong, at most 100 problems of a table's rows and indexes and 1000 of the store.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for CheckReport {
    /// The problems, one a line, and what was checked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problems.iter().try_for_each(|p| writeln!(f, "{p}"))?;
        let verdict = if self.is_empty() { "ok" } else { "damaged" };
        write!(
            f,
            "tables: {}, indexes: {}, rows: {}, stored blocks: {}: {verdict}",
            self.tables, self.indexes, self.rows, self.blocks
        )
    }
}

impl Engine {
    /// Verifies everything that is in the store (every block and record: checksum, order, bounds, counts;
    /// nothing that belongs to no table), and every index of the current snapshot against its table, both
    /// ways. Foreign keys are not looked at.
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be read at all, [`Error::Closed`]. Damage is not an error:
    /// it is in the report.
    pub async fn check(&self) -> Result<CheckReport> {
        self.require_open()?;
        let mut report = CheckReport::default();
        if let Some(store) = self.store() {
            self.check_store(store, &mut report).await?;
        }
        let snapshot = self.history().current();
        for table in snapshot.catalog.tables() {
            self.check_table(table, &mut report).await?;
        }
        Ok(report)
    }

    async fn check_table(&self, table: &Arc<Table>, report: &mut CheckReport) -> Result<()> {
        let mut check = Check::new(table);
        match self.drive(|missing| check.step(missing)).await {
            Ok(problems) => report.problems.extend(problems),
            Err(Error::Corrupted { table: at, key }) => report.problems.push(Problem {
                table: at,
                key: Some(key),
                message: "rows and indexes cannot be compared beyond this block".into(),
            }),
            Err(other) => return Err(other),
        }
        report.tables += 1;
        report.indexes += table.indexes.len() as u64;
        report.rows += table.rows.len();
        Ok(())
    }

    async fn check_store(&self, store: &dyn KvBackend, report: &mut CheckReport) -> Result<()> {
        let mut found = Comparison::default();
        let (mut after, mut from) = (Vec::new(), Vec::new());
        let mut strange = BTreeSet::new();
        loop {
            let latch = self.store_latch.acquire().await;
            let snapshot = self.history().current();
            let entries = store.scan(&from, &[0xff; 16], RUN).await?;
            let last = entries.last().filter(|_| entries.len() == RUN);
            let run = StoredRun {
                after: &after,
                upto: last.map(|(key, _)| key.as_slice()),
                entries: &entries,
            };
            self.compare_records(&run, &mut found);
            for table in stored(&snapshot.catalog) {
                table.rows.compare_stored(&run, &mut found);
                for index in &table.indexes {
                    index.compare_stored(&run, &mut found);
                }
            }
            self.find_strange_trees(&entries, &mut strange, &mut found);
            drop(latch);
            match last {
                Some((key, _)) if found.problems.len() < MAX_PROBLEMS => {
                    from = [key.as_slice(), &[0]].concat();
                    after = key.clone();
                }
                _ => break,
            }
        }
        report.blocks += found.blocks;
        found.problems.truncate(MAX_PROBLEMS);
        report.problems.extend(found.problems);
        Ok(())
    }

    /// Compares the superblock and the catalog records in a run with those last written.
    fn compare_records(&self, run: &StoredRun<'_>, found: &mut Comparison) {
        let mut expected = BTreeMap::new();
        {
            let records = self.records.lock();
            let (key, all) = (superblock_key(), records.in_store());
            // An empty store that is only read has none.
            if !all.is_empty() && run.covers(&key) {
                expected.insert(key, SUPERBLOCK.to_vec());
            }
            let covered = all.iter().filter(|(key, _)| run.covers(key));
            expected.extend(covered.map(|(key, value)| (key.clone(), value.clone())));
        }
        for (key, value) in &expected {
            found.blocks += 1;
            let message = match run.get(key) {
                Some(bytes) if bytes == value => continue,
                Some(bytes) if is_readable(key, bytes) => "the record differs from what was written",
                Some(_) => "the record cannot be read",
                None => "the record is missing",
            };
            found.problems.push(Problem::at("catalog", key, message));
        }
        let strays = run.entries.iter().map(|(key, _)| key);
        for key in strays.filter(|key| tree_of_key(key).is_none() && !expected.contains_key(*key)) {
            found
                .problems
                .push(Problem::at("store", key, "an entry that belongs to nothing"));
        }
    }

    /// Reports trees that no table has, nor any older version or transaction. Each is named once.
    fn find_strange_trees(
        &self,
        entries: &[(Vec<u8>, Vec<u8>)],
        strange: &mut BTreeSet<u64>,
        found: &mut Comparison,
    ) {
        for (key, _) in entries {
            if let Some(id) = tree_of_key(key)
                && !self.trees.is_alive(id)
                && strange.insert(id.0)
            {
                found
                    .problems
                    .push(Problem::at("store", key, "a block of a tree that no table has"));
            }
        }
    }
}

fn is_readable(key: &[u8], bytes: &[u8]) -> bool {
    if key == schemas_key() {
        decode_record::<SchemasRecord>(bytes, key).is_ok()
    } else {
        key >= table_key(0).as_slice() && TableRecord::decode(bytes, key).is_ok()
    }
}
