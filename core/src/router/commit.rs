//! Committing: validate, rebase, write (if the commit is to be durable), publish.
//!
//! Invariant: versions are published in the order of the commit latch, and the store holds a prefix of
//! them. A sync commit is in the store before anyone can see it (see [`group`](super::group)); if its batch
//! fails, nothing was published and nothing changed. A relaxed commit is published first and written by the next flush;
//! if that fails, memory is ahead of the store for good, so the engine refuses further writes.

use super::engine::Engine;
use super::group::{Taken, Ticket};
use crate::catalog::{Catalog, PersistenceConfig, TableId};
use crate::codec::TreeId;
use crate::sync::atomic::Ordering::Release;
use crate::tree::{Pins, TreeHome};
use crate::txn::{Base, Counters, History, LatchGuard, Rebase, Transaction, WriteSet};
use crate::types::{Error, Result};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

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
        // Outside the latch: others commit meanwhile. The store latch is not needed either, since no
        // other batch touches these trees.
        let ahead = self.write_ahead(&transaction).await?;
        let latch = self.commit_latch.acquire().await;
        self.commit_latched(transaction, latch).await?;
        ahead.keep();
        self.limit_pending().await;
        Ok(())
    }

    /// Keeps everybody else from committing, for [`Engine::commit_exclusive`].
    pub async fn exclusive(&self) -> LatchGuard<'_> {
        let latch = self.commit_latch.acquire().await;
        self.settle_staged().await;
        latch
    }

    /// Commits a transaction that was begun under `latch`, and so has no competitor.
    ///
    /// # Errors
    /// As [`Engine::commit`], but for conflicts.
    pub async fn commit_exclusive(&self, mut transaction: Transaction, latch: LatchGuard<'_>) -> Result<()> {
        if transaction.writes().is_empty() {
            return Ok(());
        }
        self.require_writable()?;
        transaction.release_all();
        let ahead = self.write_ahead(&transaction).await?;
        self.commit_latched(transaction, latch).await?;
        ahead.keep();
        self.limit_pending().await;
        Ok(())
    }

    async fn commit_latched(&self, mut transaction: Transaction, latch: LatchGuard<'_>) -> Result<()> {
        // Under the latch: a commit that waited must not follow a close.
        self.require_writable()?;
        let head = self.history.head().version;
        let moved = self
            .move_to(&mut transaction, head, |history| history.begin_at_head())
            .await;
        if let Err(e) = moved {
            drop(latch);
            if e.is_retryable() {
                // The winner may be staged only: whoever tries again at once would not see it, and lose again.
                self.settle_staged().await;
            }
            return Err(e);
        }
        let staged = self.publish(transaction)?;
        drop(latch);
        match staged {
            Some(ticket) => self.resolve(&ticket).await,
            None => Ok(()),
        }
    }

    /// Whether more than the configured limit waits to be written.
    pub fn is_over_limit(&self) -> bool {
        self.unwritten.bytes() > self.config.max_pending_mb.saturating_mul(1 << 20)
    }

    /// After a commit: writes what is pending, if it is too much.
    pub async fn limit_pending(&self) {
        if self.is_over_limit() {
            // The commit stands even if this fails; the database is poisoned then, and the next write says so.
            // Boxed: it is seldom, and small statements move this future.
            let _ = Box::pin(self.flush()).await;
        }
    }

    /// Moves a transaction onto the current snapshot, checking its foreign keys again there.
    ///
    /// # Errors
    /// [`Error::WriteConflict`], and those of reading; then the transaction is as it was.
    pub async fn rebase(&self, transaction: &mut Transaction) -> Result<()> {
        let current = self.history.current().version;
        self.move_to(transaction, current, |history| history.begin())
            .await
    }

    /// Moves a transaction onto the base that `begin` registers, unless it is on that version.
    async fn move_to(
        &self,
        transaction: &mut Transaction,
        version: u64,
        begin: impl FnOnce(&Arc<History>) -> Base,
    ) -> Result<()> {
        if version == transaction.base().snapshot().version && !transaction.needs_recheck() {
            return Ok(());
        }
        let moved = self.rebase_onto(transaction, begin(&self.history)).await;
        if matches!(&moved, Err(e) if e.is_retryable()) {
            Counters::add(&self.counters.conflicts, 1);
        }
        moved
    }

    async fn rebase_onto(&self, transaction: &mut Transaction, base: Base) -> Result<()> {
        transaction.seal();
        let schema_versions = self.new_schema_versions(transaction.versions());
        let mut rebase = Rebase::new(transaction, base, schema_versions)?;
        let before = self.drive(|missing| rebase.step(transaction, missing)).await?;
        transaction.begin_recheck();
        let mut pins = Pins::default();
        let checked = self
            .drive(|missing| transaction.finish_statement(&mut pins, missing))
            .await;
        match checked {
            Ok(()) => {
                transaction.end_recheck();
                Ok(())
            }
            Err(e) => {
                transaction.move_back(before);
                Err(match e {
                    Error::ForeignKeyViolated { table, .. } | Error::NotNull { table, .. } => {
                        Error::WriteConflict { table }
                    }
                    other => other,
                })
            }
        }
    }

    /// Publishes or stages a transaction whose base is the head; see [`Engine::place`].
    fn publish(&self, transaction: Transaction) -> Result<Option<Arc<Ticket>>> {
        let sync = self.needs_sync(&transaction);
        let (base, mut catalog, writes) = transaction.into_parts();
        let old = base.snapshot().clone();
        drop(base);
        if catalog.schema_version() != old.catalog.schema_version() {
            catalog.set_schema_version(self.new_schema_version());
        }
        self.place(&old, catalog, writes, sync)
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
        // The record of a stored child names its parents, which may be in memory.
        let has_stored_child = |t: &TableId| {
            let mut children = new.children_of(*t).into_iter();
            children.any(|c| setting(&c, |p| p.persistent))
        };
        transaction.options().sync
            || writes.schemas_changed()
            || writes
                .defined()
                .iter()
                .any(|t| setting(t, |p| p.persistent) || has_stored_child(t))
            || writes
                .rows()
                .keys()
                .any(|t| setting(t, |p| p.persistent && p.sync_on_write))
    }

    /// Whether a published commit, or the removal of a dropped tree, waits to be written; or a staged
    /// commit whose caller gave up waiting for it.
    pub fn flush_due(&self) -> bool {
        self.unwritten.any() || self.trees.garbage().has_any() || self.history.has_staged()
    }

    /// Writes every published commit to the store, durably.
    ///
    /// # Errors
    /// [`Error::Store`] if the write fails: the database then reads but refuses writes;
    /// [`Error::Poisoned`] if it did before.
    pub async fn flush(&self) -> Result<()> {
        self.require_open()?;
        if !self.has_store() || !self.config.writable {
            return Ok(());
        }
        self.require_writable()?;
        // First the latch: another flush may be on its way, and its end is the end of this one.
        let latch = self.store_latch.acquire().await;
        self.write_staged(&latch).await;
        self.require_writable()?;
        let unwritten = self.unwritten.take();
        let snapshot = self.history.current();
        let lag = self.records.lock().lag(&snapshot.catalog);
        if unwritten.is_none() && !lag && !self.trees.garbage().has_any() {
            return Ok(());
        }
        let written = self.write_latched(&snapshot.catalog).await;
        if let Err(e) = &written {
            self.poison(e);
        }
        // Nor are they tried again after a failure.
        unwritten.into_iter().for_each(Taken::written);
        written
    }

    /// Writes what is left and refuses everything from then on.
    ///
    /// # Errors
    /// As [`Engine::flush`]; the database is closed all the same.
    pub async fn close(&self) -> Result<()> {
        let _latch = self.commit_latch.acquire().await;
        if self.require_open().is_err() {
            return Ok(());
        }
        self.settle_staged().await;
        self.records.lock().close();
        let flushed = self.flush().await;
        if flushed.is_ok() {
            // Without one the tables are opened all the same, only not as fast.
            let _ = self.write_outlines().await;
        }
        self.closed.store(true, Release);
        self.history.end_watches();
        flushed
    }
}

/// The homes of stored trees that the old version had and the new one has not.
pub(super) fn dropped_trees(old: &Catalog, new: &Catalog, writes: &WriteSet) -> Vec<Arc<TreeHome>> {
    let mut dropped = Vec::new();
    for id in writes.defined() {
        let Some(table) = old.get(*id) else { continue };
        let kept: Vec<TreeId> = new
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
