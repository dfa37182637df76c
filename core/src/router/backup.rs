//! Copying a snapshot into another store, or into the bytes of an export, while readers and writers go on.
//!
//! The blocks go first, in several batches; the last one adds the catalog and the superblock, so that a
//! copy cut short is no database. A block that writers replace meanwhile stays in memory until the copy
//! has passed it, as for every reader of a snapshot.

use super::engine::Engine;
use super::export::ExportTarget;
use super::records::Extent;
use super::superblock::{first_batch, is_empty};
use crate::kv::{Durability, KvBackend, WriteBatch};
use crate::tree::{Copy, Leaf, Tree};
use crate::types::{Error, Result};

/// What a backup or an export has copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupReport {
    /// Tables: of a backup those that are in the store, persistent and dual; of an export all.
    pub tables: u64,
    /// Their rows.
    pub rows: u64,
    /// Entries put into the target.
    pub entries: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

impl Engine {
    /// Copies the stored tables of the current snapshot into an empty store. Tables in memory are left
    /// out.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the target is not empty; those of reading here and of writing there. After an
    /// error the target is no database.
    pub async fn backup(&self, target: &dyn KvBackend) -> Result<BackupReport> {
        self.require_open()?;
        if !is_empty(target).await? {
            return Err(Error::invalid("a backup is made into an empty store"));
        }
        self.copy(Extent::Stored, target).await
    }

    /// Gives the bytes of an export of the current snapshot, with all tables, part by part to `write`.
    ///
    /// # Errors
    /// Those of reading the store, and of `write`.
    pub async fn export(&self, write: impl FnMut(&[u8]) -> Result<()> + Send) -> Result<BackupReport> {
        self.require_open()?;
        let target = ExportTarget::new(write)?;
        let report = self.copy(Extent::All, &target).await?;
        target.finish()?;
        Ok(report)
    }

    async fn copy(&self, extent: Extent, target: &dyn KvBackend) -> Result<BackupReport> {
        let snapshot = self.history().current();
        let mut report = BackupReport::default();
        for table in extent.of(&snapshot.catalog) {
            self.copy_tree(&table.rows, target, &mut report).await?;
            for index in &table.indexes {
                self.copy_tree(index, target, &mut report).await?;
            }
            report.tables += 1;
            report.rows += table.rows.len();
        }
        let batch = first_batch(&snapshot.catalog, extent)?;
        report.commit(target, batch, Durability::Sync).await?;
        Ok(report)
    }

    async fn copy_tree<L: Leaf>(
        &self,
        tree: &Tree<L>,
        target: &dyn KvBackend,
        report: &mut BackupReport,
    ) -> Result<()> {
        let mut copy = Copy::new(tree);
        let max_bytes = self.config.write_ahead_bytes.max(1);
        loop {
            let mut batch = WriteBatch::default();
            let done = self
                .drive(|missing| copy.step(&mut batch, max_bytes, missing))
                .await?;
            report.commit(target, batch, Durability::Relaxed).await?;
            if done {
                return Ok(());
            }
        }
    }
}

impl BackupReport {
    async fn commit(
        &mut self,
        target: &dyn KvBackend,
        batch: WriteBatch,
        durability: Durability,
    ) -> Result<()> {
        self.entries += batch.changes.len() as u64;
        self.bytes += batch.bytes() as u64;
        target.commit(batch, durability).await
    }
}
