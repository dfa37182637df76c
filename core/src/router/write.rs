//! From a version of the catalog to one atomic store batch.

use super::engine::Engine;
use super::records::stored;
use crate::catalog::Catalog;
use crate::codec::tree_range;
use crate::kv::{Durability, WriteBatch};
use crate::tree::{IndexLeaf, RowLeaf, Written};
use crate::txn::Counters;
use crate::types::Result;
use alloc::vec::Vec;

impl Engine {
    /// Writes all that differs between the store and a version, in one durable batch. The caller holds
    /// the store latch, from before it chose the version: none is written after a later one.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store); then the store is as it was.
    pub(super) async fn write_latched(&self, catalog: &Catalog) -> Result<()> {
        let Some(store) = self.store() else { return Ok(()) };
        let mut batch = WriteBatch::default();
        let (mut rows, mut indexes): (Vec<Written<RowLeaf>>, Vec<Written<IndexLeaf>>) = Default::default();
        for table in stored(catalog) {
            if table.rows.is_dirty() {
                rows.push(table.rows.write_dirty(&mut batch)?);
            }
            for index in table.indexes.iter().filter(|i| i.is_dirty()) {
                indexes.push(index.write_dirty(&mut batch)?);
            }
        }
        let records = self.records.lock().put_changes(catalog, &mut batch)?;
        let garbage = self.trees.garbage().ids();
        for id in &garbage {
            let (from, to) = tree_range(*id);
            batch.delete_range(from, to);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let bytes = batch.bytes() as u64;
        // Whoever gives up waiting here leaves everything as if the batch had failed: what it wrote is
        // written again.
        store.commit(batch, Durability::Sync).await?;
        self.trees.garbage().deleted(&garbage);
        rows.into_iter().for_each(Written::settle);
        indexes.into_iter().for_each(Written::settle);
        self.records.lock().settle(records);
        Counters::add(&self.counters.store_commits, 1);
        Counters::add(&self.counters.store_bytes, bytes);
        Ok(())
    }

    /// Writes what big trees are opened by, where it is not in the store. Everything else is in the store, and
    /// nothing is written after.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store).
    pub(super) async fn write_outlines(&self) -> Result<()> {
        let Some(store) = self.store().filter(|_| self.require_writable().is_ok()) else {
            return Ok(());
        };
        let _latch = self.store_latch.acquire().await;
        let mut batch = WriteBatch::default();
        let snapshot = self.history.current();
        for table in stored(&snapshot.catalog) {
            table.rows.put_outline(&mut batch);
            table
                .indexes
                .iter()
                .for_each(|index| index.put_outline(&mut batch));
        }
        if batch.is_empty() {
            return Ok(());
        }
        store.commit(batch, Durability::Relaxed).await
    }
}
