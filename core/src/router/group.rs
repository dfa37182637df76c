//! Group commit: sync commits that come together share one durable store batch.
//!
//! Under the commit latch a commit is validated, moved onto the head and *staged*: its version exists,
//! but nobody reads it. Then it lets others commit, who follow it, and waits for its turn at the store.
//! Whose turn it is leads the group: it writes the newest staged version, which has the changes of all of them,
//! and publishes all. The others find their commit done. So whoever comes while a batch is on its way is
//! in the next one.
//!
//! Invariants: staged versions are published in their order, all of a group or none. A staged sync
//! commit is in the store before it is published. If the batch fails, every staged commit fails with
//! its cause: the later ones follow versions that never were. A relaxed commit is staged only behind
//! others; the tickets are in the order of the history's staged versions.

use super::commit::dropped_trees;
use super::engine::Engine;
use crate::catalog::{Catalog, TableId};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use crate::tree::TreeHome;
use crate::txn::{Counters, LatchGuard, Snapshot, WriteSet};
use crate::types::{Error, Result};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The commits that are staged, oldest first.
#[derive(Default)]
pub(super) struct Group {
    tickets: Mutex<VecDeque<Arc<Ticket>>>,
    /// Why staged commits failed last.
    failure: Mutex<Option<Error>>,
}

/// A staged commit.
pub(super) struct Ticket {
    version: u64,
    sync: bool,
    state: Mutex<State>,
}

enum State {
    Staged(Commit),
    Done(Result<()>),
}

/// What is to be done when a version is published.
pub(super) struct Commit {
    snapshot: Arc<Snapshot>,
    writes: Arc<WriteSet>,
    dropped: Vec<Arc<TreeHome>>,
}

impl Ticket {
    fn is_done(&self) -> bool {
        matches!(&*self.state.lock(), State::Done(_))
    }

    fn outcome(&self) -> Option<Result<()>> {
        match &*self.state.lock() {
            State::Staged(_) => None,
            State::Done(outcome) => Some(outcome.clone()),
        }
    }

    /// Settles it, and returns the commit if it was staged until now.
    fn settle(&self, outcome: Result<()>) -> Option<Commit> {
        match core::mem::replace(&mut *self.state.lock(), State::Done(outcome)) {
            State::Staged(commit) => Some(commit),
            State::Done(_) => None,
        }
    }
}

/// Published commits that are not in the store yet.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Whether there are any.
    any: AtomicBool,
    /// Roughly the bytes of each table that they changed.
    bytes: Mutex<BTreeMap<TableId, u64>>,
}

impl Unwritten {
    pub(super) fn any(&self) -> bool {
        self.any.load(Acquire)
    }

    /// The stored tables that a version changes, with their unwritten bytes.
    fn changed(catalog: &Catalog, writes: &WriteSet) -> Vec<(TableId, u64)> {
        let tables = writes.rows().keys().chain(writes.defined());
        tables
            .filter_map(|id| catalog.get(*id))
            .filter(|t| t.def.persistence.persistent)
            .map(|t| (t.def.id, t.dirty_bytes() as u64))
            .collect()
    }

    /// A version that changes these tables was published.
    fn add(&self, changed: Vec<(TableId, u64)>) {
        if !changed.is_empty() {
            self.bytes.lock().extend(changed);
            self.any.store(true, Release);
        }
    }

    /// A version that changes this stored table, which has so many unwritten bytes now, was published.
    pub(super) fn add_table(&self, table: TableId, bytes: u64) {
        self.bytes.lock().insert(table, bytes);
        self.any.store(true, Release);
    }

    /// Starts anew: all so far is being written. `None` if there is nothing.
    pub(super) fn take(&self) -> Option<Taken<'_>> {
        let any = self.any.swap(false, Acquire);
        any.then(|| Taken {
            from: self,
            bytes: core::mem::take(&mut *self.bytes.lock()),
            is_written: false,
        })
    }

    fn put_back(&self, bytes: BTreeMap<TableId, u64>) {
        let mut now = self.bytes.lock();
        for (table, bytes) in bytes {
            now.entry(table).or_insert(bytes);
        }
        drop(now);
        self.any.store(true, Release);
    }

    /// Bytes of all unwritten commits.
    pub(super) fn bytes(&self) -> u64 {
        if !self.any() {
            return 0;
        }
        self.bytes.lock().values().sum()
    }
}

/// Commits that are being written: put back when dropped, unless they were.
pub(super) struct Taken<'a> {
    from: &'a Unwritten,
    bytes: BTreeMap<TableId, u64>,
    is_written: bool,
}

impl Taken<'_> {
    pub(super) fn written(mut self) {
        self.is_written = true;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            self.from.put_back(core::mem::take(&mut self.bytes));
        }
    }
}

impl Engine {
    /// Publishes a version that follows the head `old`, or stages it: then it must be
    /// [resolved](Engine::resolve) after the commit latch, which the caller holds, is given up.
    ///
    /// # Errors
    /// What made the commits fail that it follows.
    pub(super) fn place(
        &self,
        old: &Snapshot,
        catalog: Catalog,
        writes: WriteSet,
        sync: bool,
    ) -> Result<Option<Arc<Ticket>>> {
        let dropped = dropped_trees(&old.catalog, &catalog, &writes);
        if !sync && !self.history.has_staged() && self.history.current().version == old.version {
            self.count_writes(&writes, &catalog);
            let changed = Unwritten::changed(&catalog, &writes);
            self.history.publish(catalog, writes);
            // After publishing: a flush in between would take the mark and write the version before.
            self.unwritten.add(changed);
            Counters::add(&self.counters.commits, 1);
            dropped.iter().for_each(|home| home.mark_dropped());
            return Ok(None);
        }
        let writes = Arc::new(writes);
        // Both queues at once: a failing group must find neither or both.
        let mut tickets = self.group.tickets.lock();
        let Some(snapshot) = self.history.stage(old, catalog, writes.clone()) else {
            let cause = self.group.failure.lock().clone();
            return Err(cause.unwrap_or(Error::Closed));
        };
        let ticket = Arc::new(Ticket {
            version: snapshot.version,
            sync,
            state: Mutex::new(State::Staged(Commit {
                snapshot,
                writes,
                dropped,
            })),
        });
        tickets.push_back(ticket.clone());
        Ok(Some(ticket))
    }

    /// Waits until a staged commit is published, or has failed.
    ///
    /// # Errors
    /// Why it failed.
    pub(super) async fn resolve(&self, ticket: &Ticket) -> Result<()> {
        loop {
            let turn = self.store_latch.acquire_unless(|| ticket.is_done()).await;
            if let Some(latch) = &turn {
                self.write_staged(latch).await;
            }
            if let Some(outcome) = ticket.outcome() {
                return outcome;
            }
        }
    }

    /// Publishes everything that is staged now. Under the commit latch nothing comes after.
    pub(super) async fn settle_staged(&self) {
        if self.history.has_staged() {
            let latch = self.store_latch.acquire().await;
            self.write_staged(&latch).await;
        }
    }

    /// Writes and publishes what is staged now; or all that is staged fails. The caller holds the store
    /// latch.
    pub(super) async fn write_staged(&self, _store_latch: &LatchGuard<'_>) {
        let staged: Vec<Arc<Ticket>> = self.group.tickets.lock().iter().cloned().collect();
        let Some(last) = staged.last() else { return };
        let newest = match &*last.state.lock() {
            State::Staged(commit) => commit.snapshot.clone(),
            State::Done(_) => return,
        };
        let sync = staged.iter().any(|t| t.sync);
        let unwritten = if sync { self.unwritten.take() } else { None };
        let written = match self.require_writable() {
            Ok(()) if sync => self.write_latched(&newest.catalog).await,
            other => other,
        };
        drop(newest);
        match written {
            Ok(()) => {
                unwritten.into_iter().for_each(Taken::written);
                self.publish_staged(&staged, last.version, sync);
            }
            Err(e) => self.fail_staged(&e),
        }
    }

    fn publish_staged(&self, staged: &[Arc<Ticket>], last: u64, sync: bool) {
        self.group.tickets.lock().retain(|t| t.version > last);
        self.history.publish_staged(last);
        for ticket in staged {
            let Some(commit) = ticket.settle(Ok(())) else {
                continue;
            };
            let catalog = &commit.snapshot.catalog;
            self.count_writes(&commit.writes, catalog);
            if !sync {
                self.unwritten.add(Unwritten::changed(catalog, &commit.writes));
            }
            Counters::add(&self.counters.commits, 1);
            commit.dropped.iter().for_each(|home| home.mark_dropped());
        }
    }

    /// Whoever comes after finds the head where it was; whoever stands behind fails too.
    fn fail_staged(&self, cause: &Error) {
        *self.group.failure.lock() = Some(cause.clone());
        let (failed, versions) = {
            let mut tickets = self.group.tickets.lock();
            (core::mem::take(&mut *tickets), self.history.discard_staged())
        };
        for ticket in failed {
            ticket.settle(Err(cause.clone()));
        }
        drop(versions);
    }
}
