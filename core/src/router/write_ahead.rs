//! Writing big new trees before the commit that makes them visible.
//!
//! A migration, or a table loaded in the transaction that created it, may be large. Its blocks go to the
//! store in several batches under tree ids that no catalog record names yet; then the commit's own
//! batch is small. Whatever goes wrong before that, the ids are garbage: deleted by the next flush, or
//! at open after a crash.

use super::engine::Engine;
use crate::catalog::Catalog;
use crate::kv::{Durability, WriteBatch};
use crate::table::Table;
use crate::tree::TreeHome;
use crate::txn::{Counters, Transaction};
use crate::types::Result;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Trees written ahead of their commit. Unless the commit succeeds their blocks are garbage.
pub(super) struct Ahead {
    homes: Vec<Arc<TreeHome>>,
}

impl Ahead {
    /// The commit succeeded: the trees are the table's.
    pub(super) fn keep(mut self) {
        self.homes.clear();
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.homes.iter().for_each(|h| h.mark_dropped());
    }
}

/// The tables whose trees are new in this transaction, stored, and big.
fn big_new_tables(transaction: &Transaction, bytes: usize) -> Vec<Arc<Table>> {
    let old: &Catalog = &transaction.base().snapshot().catalog;
    let is_new = |t: &Arc<Table>| {
        let before = old.get(t.def.id);
        t.homes()
            .all(|h| before.is_none_or(|b| b.homes().all(|o| o.id != h.id)))
    };
    let defined = transaction.writes().defined().iter();
    defined
        .filter_map(|id| transaction.catalog().get(*id))
        .filter(|t| t.def.persistence.persistent && is_new(t) && t.dirty_bytes() > bytes)
        .cloned()
        .collect()
}

impl Engine {
    /// Writes the big new trees of a transaction, all but what changes after.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store); nothing of it will be visible.
    pub(super) async fn write_ahead(&self, transaction: &Transaction) -> Result<Ahead> {
        let mut ahead = Ahead { homes: Vec::new() };
        let Some(store) = self.store() else {
            return Ok(ahead);
        };
        let bytes_of_a_batch = self.config.write_ahead_bytes.max(1);
        for table in big_new_tables(transaction, bytes_of_a_batch) {
            ahead.homes.extend(table.homes().cloned());
            while table.rows.is_dirty() || table.indexes.iter().any(|i| i.is_dirty()) {
                let mut batch = WriteBatch::default();
                let rows = table.rows.write_some(&mut batch, bytes_of_a_batch)?;
                let mut indexes = Vec::new();
                for index in table.indexes.iter().filter(|i| i.is_dirty()) {
                    indexes.push(index.write_some(&mut batch, bytes_of_a_batch)?);
                }
                let bytes = batch.bytes() as u64;
                store.commit(batch, Durability::Relaxed).await?;
                rows.settle();
                indexes.into_iter().for_each(|i| i.settle());
                Counters::add(&self.counters.store_commits, 1);
                Counters::add(&self.counters.store_bytes, bytes);
            }
        }
        Ok(ahead)
    }
}
