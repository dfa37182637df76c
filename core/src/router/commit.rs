//! Committing: validate, rebase, write (if the commit is to be durable), publish.
//!
//! Invariant: versions are published in the order of the commit latch, and the store holds a prefix of
//! them. A sync commit is in the store before anyone can see it; if its batch fails, nothing was
//! published and nothing changed. A relaxed commit is published first and written by the next flush;
//! if that fails, memory is ahead of the store for good, so the engine refuses further writes.

use super::engine::Engine;
use crate::catalog::{Catalog, PersistenceConfig, TableId};
use crate::codec::TreeId;
use crate::tree::Pins;
use crate::txn::{Counters, Rebase, Snapshot, Transaction, WriteSet};
use crate::types::{Error, Result};
use alloc::collections::BTreeSet;
use core::sync::atomic::Ordering::{Acquire, Release};

impl Engine {
    /// Commits. On an error the transaction is rolled back.
    ///
    /// # Errors
    /// [`Error::WriteConflict`] if another transaction committed first; [`Error::Store`] if a sync
    /// commit's batch fails; [`Error::ReadOnly`], [`Error::Poisoned`], [`Error::Closed`].
    pub async fn commit(&self, mut transaction: Transaction) -> Result<()> {
        if transaction.writes().is_empty() {
            return Ok(());
        }
        self.require_writable()?;
        transaction.release_all();
        let pending = {
            let _latch = self.commit_latch.acquire().await;
            self.rebase(&mut transaction).await?;
            self.publish(transaction).await?
        };
        if pending > self.config.max_pending_mb.saturating_mul(1 << 20) {
            self.flush().await?;
        }
        Ok(())
    }

    /// Moves a transaction onto the current snapshot, checking its foreign keys again there.
    ///
    /// # Errors
    /// [`Error::WriteConflict`]; then the transaction is as it was, or is to be rolled back.
    pub async fn rebase(&self, transaction: &mut Transaction) -> Result<()> {
        if self.history.current().version == transaction.base().snapshot().version {
            return Ok(());
        }
        let moved = self.rebase_onto_current(transaction).await;
        if matches!(&moved, Err(e) if e.is_retryable()) {
            Counters::add(&self.counters.conflicts, 1);
        }
        moved
    }

    async fn rebase_onto_current(&self, transaction: &mut Transaction) -> Result<()> {
        let mut rebase = Rebase::new(transaction, self.history.begin())?;
        self.drive(|missing| rebase.step(transaction, missing)).await?;
        transaction.begin_recheck();
        let mut pins = Pins::default();
        let checked = self
            .drive(|missing| transaction.finish_statement(&mut pins, missing))
            .await;
        match checked {
            Ok(()) => {
                transaction.end_statement();
                Ok(())
            }
            Err(Error::ForeignKeyViolated { table, .. } | Error::NotNull { table, .. }) => {
                transaction.undo_statement();
                Err(Error::WriteConflict { table })
            }
            Err(e) => Err(e),
        }
    }

    /// Publishes a transaction whose base is current. Returns the bytes not yet in the store.
    async fn publish(&self, transaction: Transaction) -> Result<u64> {
        let sync = self.needs_sync(&transaction);
        let (base, mut catalog, writes) = transaction.into_parts();
        let old = base.snapshot().clone();
        drop(base);
        if catalog.schema_version() != old.catalog.schema_version() {
            catalog.set_schema_version(self.new_schema_version());
        }
        if sync {
            self.write(&catalog).await?;
        }
        let dropped = dropped_trees(&old.catalog, &catalog, &writes);
        let stored = |t: &&TableId| catalog.get(**t).is_some_and(|t| t.def.persistence.persistent);
        let touched: BTreeSet<TableId> = writes.tables();
        let pending: usize = touched
            .iter()
            .filter(stored)
            .filter_map(|t| catalog.get(*t))
            .map(|t| t.rows.dirty_bytes() + t.indexes.iter().map(|i| i.dirty_bytes()).sum::<usize>())
            .sum();
        if !sync && self.has_store() && touched.iter().any(|t| stored(&t)) {
            self.unwritten.store(true, Release);
        }
        self.history.publish(
            Snapshot {
                version: old.version + 1,
                catalog,
            },
            writes,
        );
        Counters::add(&self.counters.commits, 1);
        for home in dropped {
            home.mark_dropped();
        }
        drop(old);
        if self.trees.garbage().has_any() {
            self.unwritten.store(true, Release);
        }
        Ok(pending as u64)
    }

    /// Whether the commit must be durable before it is published: asked for, a touched table says
    /// `sync_on_write`, or what the store holds of the catalog changes.
    fn needs_sync(&self, transaction: &Transaction) -> bool {
        if !self.has_store() {
            return false;
        }
        let (new, old) = (transaction.catalog(), &transaction.base().snapshot().catalog);
        let writes = transaction.writes();
        let setting = |t: &TableId, f: fn(&PersistenceConfig) -> bool| {
            [new, old]
                .iter()
                .any(|c| c.get(*t).is_some_and(|t| f(&t.def.persistence)))
        };
        transaction.options().sync
            || writes.schemas_changed()
            || writes.defined().iter().any(|t| setting(t, |p| p.persistent))
            || writes
                .rows()
                .keys()
                .any(|t| setting(t, |p| p.persistent && p.sync_on_write))
    }

    /// Whether a published commit waits to be written.
    pub fn flush_due(&self) -> bool {
        self.unwritten.load(Acquire)
    }

    /// Writes every published commit to the store, durably.
    ///
    /// # Errors
    /// [`Error::Store`] if the write fails: the database then reads but refuses writes;
    /// [`Error::Poisoned`] if it did before.
    pub async fn flush(&self) -> Result<()> {
        if !self.has_store() || !self.config.writable {
            return Ok(());
        }
        self.require_writable()?;
        if !self.unwritten.swap(false, Acquire) {
            // Another flush may be on its way: its end is the end of this one.
            drop(self.store_latch.acquire().await);
            return self.require_writable();
        }
        let written = self.write_current().await;
        if let Err(e) = &written {
            self.poison(e);
        }
        written
    }

    /// Writes what is left and refuses everything from then on.
    ///
    /// # Errors
    /// As [`Engine::flush`]; the database is closed all the same.
    pub async fn close(&self) -> Result<()> {
        if self.require_open().is_err() {
            return Ok(());
        }
        let flushed = self.flush().await;
        self.closed.store(true, Release);
        flushed
    }
}

/// The homes of stored trees that the old version had and the new one has not.
fn dropped_trees(
    old: &Catalog,
    new: &Catalog,
    writes: &WriteSet,
) -> alloc::vec::Vec<alloc::sync::Arc<crate::tree::TreeHome>> {
    let mut dropped = alloc::vec::Vec::new();
    for id in writes.defined() {
        let Some(table) = old.get(*id) else { continue };
        let kept: BTreeSet<TreeId> = new
            .get(*id)
            .map(|t| t.homes().map(|h| h.id).collect())
            .unwrap_or_default();
        dropped.extend(
            table
                .homes()
                .filter(|h| h.stored && !kept.contains(&h.id))
                .cloned(),
        );
    }
    dropped
}
