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
use crate::catalog::Catalog;
use crate::codec::TreeId;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
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

/// Counters of unwritten bytes, by tree.
type Counted = BTreeMap<TreeId, Arc<AtomicUsize>>;

/// Published commits that are not in the store yet.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Whether there are any.
    any: AtomicBool,
    /// The trees that they changed.
    trees: Mutex<Counted>,
}

impl Unwritten {
    pub(super) fn any(&self) -> bool {
        self.any.load(Acquire)
    }

    /// The homes of the stored trees that a version changes.
    fn changed<'c>(catalog: &'c Catalog, writes: &'c WriteSet) -> impl Iterator<Item = &'c Arc<TreeHome>> {
        let tables = writes.rows().keys().chain(writes.defined());
        tables
            .filter_map(|id| catalog.get(*id))
            .filter(|t| t.def.persistence.persistent)
            .flat_map(|t| t.homes())
    }

    /// A version that changes these stored trees was published.
    pub(super) fn add<'h>(&self, homes: impl Iterator<Item = &'h Arc<TreeHome>>) {
        let mut homes = homes.peekable();
        if homes.peek().is_none() {
            return;
        }
        let mut trees = self.trees.lock();
        for home in homes {
            let counter = || home.dirty_counter().clone();
            trees.entry(home.id).or_insert_with(counter);
        }
        drop(trees);
        self.any.store(true, Release);
    }

    /// Starts anew: all so far is being written. `None` if there is nothing.
    pub(super) fn take(&self) -> Option<Taken<'_>> {
        let any = self.any.swap(false, Acquire);
        any.then(|| Taken {
            from: self,
            trees: core::mem::take(&mut *self.trees.lock()),
            is_written: false,
        })
    }

    fn put_back(&self, trees: Counted) {
        self.trees.lock().extend(trees);
        self.any.store(true, Release);
    }

    /// Roughly the bytes of all unwritten commits: what is not written of the trees they changed.
    pub(super) fn bytes(&self) -> u64 {
        if !self.any() {
            return 0;
        }
        let trees = self.trees.lock();
        trees.values().map(|b| b.load(Relaxed) as u64).sum()
    }
}

/// Commits that are being written: put back when dropped, unless they were.
pub(super) struct Taken<'a> {
    from: &'a Unwritten,
    trees: Counted,
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
            self.from.put_back(core::mem::take(&mut self.trees));
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
            let changed: Vec<_> = Unwritten::changed(&catalog, &writes).cloned().collect();
            self.history.publish(catalog, writes);
            // After publishing: a flush in between would take the mark and write the version before.
            self.unwritten.add(changed.iter());
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
