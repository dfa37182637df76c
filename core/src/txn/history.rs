//! The current snapshot, the versions staged behind it, the write sets of recent commits, and who may
//! still need them.
//!
//! A version is *staged* while it waits to be durable: nobody reads it yet, but later commits follow it.
//! The newest version, staged or current, is the *head*.
//!
//! Invariants: for every registered base version, the write sets of all later commits are kept; every
//! staged version follows the one before it, and the first follows the current one.

use super::watches::{Watch, Watches};
use super::{Changes, Draft, ReadSet, WriteSet};
use crate::catalog::Catalog;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard, RwLock};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;

/// An immutable version of the whole database.
#[derive(Clone)]
pub struct Snapshot {
    /// Counts commits.
    pub version: u64,
    /// Everything that exists in it.
    pub catalog: Catalog,
}

#[derive(Default)]
struct Recent {
    /// Base versions of open transactions, with their number.
    bases: BTreeMap<u64, usize>,
    /// Write sets by the version they made, ascending.
    commits: VecDeque<(u64, Arc<WriteSet>)>,
    /// Versions that wait to be published, ascending.
    staged: VecDeque<(Arc<Snapshot>, Arc<WriteSet>)>,
    /// The last version ever made; those of staged versions that failed are not used again.
    last: u64,
    /// Who waits for commits.
    watches: Watches,
}

impl Recent {
    fn head(&self, history: &History) -> Arc<Snapshot> {
        match self.staged.back() {
            Some((snapshot, _)) => snapshot.clone(),
            None => history.current(),
        }
    }

    fn next(&mut self, catalog: Catalog) -> Arc<Snapshot> {
        self.last += 1;
        Arc::new(Snapshot {
            version: self.last,
            catalog,
        })
    }

    fn prune(&mut self) {
        let oldest = self.bases.keys().next().copied().unwrap_or(u64::MAX);
        while self.commits.front().is_some_and(|(v, _)| *v <= oldest) {
            self.commits.pop_front();
        }
    }
}

/// The version counter of the database: what is current, and what changed lately.
pub struct History {
    current: RwLock<Arc<Snapshot>>,
    recent: Mutex<Recent>,
    /// Whether versions are staged; changes under the lock of `recent`.
    staged: AtomicBool,
    /// Changes left that are to be made in a copy, because a reader had to wait for one that was not.
    copies: AtomicU32,
}

/// So many changes are made in a copy after a reader had to wait for one in place. In place is several times faster, but
/// takes most of the time of somebody who does nothing else, and if the processor is taken from him
/// then, readers wait until he gets it back.
const COPIES: u32 = 1000;

impl History {
    /// Starts at the given snapshot.
    pub fn new(snapshot: Snapshot) -> History {
        let recent = Recent {
            last: snapshot.version,
            ..Recent::default()
        };
        History {
            current: RwLock::new(Arc::new(snapshot)),
            recent: Mutex::new(recent),
            staged: AtomicBool::new(false),
            copies: AtomicU32::new(0),
        }
    }

    /// The current snapshot.
    pub fn current(&self) -> Arc<Snapshot> {
        match self.current.try_read() {
            Some(current) => current.clone(),
            None => self.wait(),
        }
    }

    /// As [`History::current`], if it is being changed.
    #[cold]
    fn wait(&self) -> Arc<Snapshot> {
        self.copies.store(COPIES, Ordering::Relaxed);
        // Trying again would take the lock's cache line from whoever has to write it to give the lock back.
        while self.current.writer_count() > 0 {
            core::hint::spin_loop();
        }
        self.current.read().clone()
    }

    /// Whether the next change may be made in place: see [`COPIES`].
    fn may_change_in_place(&self) -> bool {
        let copies = self.copies.load(Ordering::Relaxed);
        // A reader that has to wait meanwhile is forgotten, and seen the next time.
        self.copies.store(copies.saturating_sub(1), Ordering::Relaxed);
        copies == 0
    }

    /// The newest version, which a commit follows. Only whoever holds the commit latch can rely on it.
    pub fn head(&self) -> Arc<Snapshot> {
        self.recent.lock().head(self)
    }

    /// The current version's number.
    pub fn version(&self) -> u64 {
        self.current.read().version
    }

    /// The current snapshot, registered as the base of a transaction; see [`Base`].
    pub fn begin(self: &Arc<Self>) -> Base {
        // Under the lock, so that no commit between the two steps escapes the history.
        let mut recent = self.recent.lock();
        let snapshot = self.current();
        self.register(&mut recent, snapshot)
    }

    /// The head, registered as the base of a transaction that is being committed.
    pub fn begin_at_head(self: &Arc<Self>) -> Base {
        let mut recent = self.recent.lock();
        let snapshot = recent.head(self);
        self.register(&mut recent, snapshot)
    }

    fn register(self: &Arc<Self>, recent: &mut Recent, snapshot: Arc<Snapshot>) -> Base {
        *recent.bases.entry(snapshot.version).or_default() += 1;
        Base {
            history: self.clone(),
            snapshot,
        }
    }

    /// Write sets of the commits after `version` up to `last`, oldest first.
    fn between(&self, version: u64, last: u64) -> Vec<Arc<WriteSet>> {
        let recent = self.recent.lock();
        let published = recent.commits.iter().map(|(v, w)| (*v, w));
        let staged = recent.staged.iter().map(|(s, w)| (s.version, w));
        published
            .chain(staged)
            .filter(|(v, _)| *v > version && *v <= last)
            .map(|(_, w)| w.clone())
            .collect()
    }

    /// Makes a version that follows the current one current. The caller holds the commit latch, and
    /// nothing is staged.
    pub fn publish(&self, catalog: Catalog, writes: WriteSet) {
        let mut recent = self.recent.lock();
        let snapshot = recent.next(catalog);
        let old = self.replace(&mut recent, snapshot, Arc::new(writes));
        let woken = recent.watches.take_woken();
        drop(recent);
        drop(old); // may free many nodes: outside the locks
        woken.into_iter().for_each(Waker::wake);
    }

    fn replace(&self, recent: &mut Recent, snapshot: Arc<Snapshot>, writes: Arc<WriteSet>) -> Arc<Snapshot> {
        let version = snapshot.version;
        let old = core::mem::replace(&mut *self.current.write(), snapshot);
        if !recent.watches.is_empty() {
            recent.watches.committed(&writes);
        }
        if !recent.bases.is_empty() {
            recent.commits.push_back((version, writes));
            recent.prune();
        }
        old
    }

    /// Whether versions wait to be published.
    pub fn has_staged(&self) -> bool {
        self.staged.load(Ordering::Acquire)
    }

    /// Stages a version that follows `base`, and returns it; `None` if that is the head no more, because
    /// it was [discarded](History::discard_staged). The caller holds the commit latch.
    pub fn stage(&self, base: &Snapshot, catalog: Catalog, writes: Arc<WriteSet>) -> Option<Arc<Snapshot>> {
        let mut recent = self.recent.lock();
        if recent.head(self).version != base.version {
            return None;
        }
        let snapshot = recent.next(catalog);
        recent.staged.push_back((snapshot.clone(), writes));
        self.staged.store(true, Ordering::Release);
        Some(snapshot)
    }

    /// Makes the staged version `last` current, and with it all before it.
    pub fn publish_staged(&self, last: u64) {
        let mut recent = self.recent.lock();
        let mut old = Vec::new();
        while recent.staged.front().is_some_and(|(s, _)| s.version <= last)
            && let Some((snapshot, writes)) = recent.staged.pop_front()
        {
            old.push(self.replace(&mut recent, snapshot, writes));
        }
        self.staged.store(!recent.staged.is_empty(), Ordering::Release);
        let woken = recent.watches.take_woken();
        drop(recent);
        drop(old);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Forgets all staged versions, and returns them to be dropped: the first of them failed, and the
    /// others follow it.
    pub fn discard_staged(&self) -> impl Sized + use<> {
        let mut recent = self.recent.lock();
        self.staged.store(false, Ordering::Release);
        core::mem::take(&mut recent.staged)
    }

    /// Changes the current version: itself, if nobody else holds it and no reader had to wait for that lately;
    /// otherwise a copy, which becomes the current version. It is a new version if `changes` has anything after `change`, which must have
    /// undone what it does not want to be seen.
    ///
    /// The caller holds the commit latch, and nothing is staged. Readers wait while the version itself is changed, so `change`
    /// is to be short; it must not come back to the history.
    pub fn change<T>(&self, changes: &mut Changes, change: impl FnOnce(&mut Draft<'_>) -> T) -> T {
        if self.may_change_in_place() {
            let mut recent = self.recent.lock();
            let mut current = self.current.write();
            if let Some(snapshot) = Arc::get_mut(&mut current) {
                let result = change(&mut Draft::new(&mut snapshot.catalog, changes));
                if !changes.is_empty() {
                    recent.last += 1;
                    snapshot.version = recent.last;
                    // Nobody has this version as a base, but transactions may have older ones.
                    if !(recent.bases.is_empty() && recent.watches.is_empty()) {
                        let version = snapshot.version;
                        drop(current);
                        Self::changed_in_place(recent, version, changes.take_writes());
                    }
                }
                return result;
            }
        }
        let mut catalog = self.current().catalog.clone();
        let result = change(&mut Draft::new(&mut catalog, changes));
        if !changes.is_empty() {
            self.publish(catalog, changes.take_writes());
        }
        result
    }

    /// Tells those whom it concerns of a change that was made in place.
    fn changed_in_place(mut recent: MutexGuard<'_, Recent>, version: u64, writes: WriteSet) {
        recent.watches.committed(&writes);
        if !recent.bases.is_empty() {
            recent.commits.push_back((version, Arc::new(writes)));
        }
        let woken = recent.watches.take_woken();
        drop(recent);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Watches what was read of a base snapshot.
    pub fn watch(self: &Arc<Self>, base: &Base, reads: ReadSet) -> Watch {
        let mut recent = self.recent.lock();
        let since = base.snapshot.version;
        let later = recent.commits.iter().filter(|(v, _)| *v > since);
        let later: Vec<_> = later.map(|(_, writes)| writes.clone()).collect();
        Watch::new(self, &mut recent.watches, reads, later.into_iter())
    }

    pub(super) fn forget_watch(&self, id: u64) {
        self.recent.lock().watches.remove(id);
    }

    /// Fires all watches: nothing is committed any more.
    pub fn end_watches(&self) {
        let mut recent = self.recent.lock();
        recent.watches.end();
        let woken = recent.watches.take_woken();
        drop(recent);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Number of open transactions and of snapshots they pin.
    pub fn open_transactions(&self) -> usize {
        self.recent.lock().bases.values().sum()
    }
}

/// A registered base snapshot; dropping it lets the history forget.
pub struct Base {
    history: Arc<History>,
    snapshot: Arc<Snapshot>,
}

impl Base {
    /// The snapshot.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Write sets of the commits after this base, up to a later one.
    pub fn commits_until(&self, later: &Base) -> Vec<Arc<WriteSet>> {
        self.history
            .between(self.snapshot.version, later.snapshot.version)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let mut recent = self.history.recent.lock();
        if let Some(n) = recent.bases.get_mut(&self.snapshot.version) {
            *n -= 1;
            if *n == 0 {
                recent.bases.remove(&self.snapshot.version);
            }
        }
        recent.prune();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Changes nothing; the version it was done in.
    fn changed(history: &History) -> *const Catalog {
        history.change(&mut Changes::default(), |draft| {
            core::ptr::from_ref(draft.catalog())
        })
    }

    #[test]
    fn changes_leave_the_version_alone_for_a_while_after_a_reader_had_to_wait() {
        let history = History::new(Snapshot {
            version: 1,
            catalog: Catalog::default(),
        });
        let in_place = changed(&history);
        assert_eq!(in_place, core::ptr::from_ref(&history.current.read().catalog));
        thread::scope(|scope| {
            let changing = history.current.write();
            let reader = scope.spawn(|| history.current().version);
            while history.copies.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            drop(changing);
            assert!(reader.join().is_ok_and(|version| version == 1));
        });
        for _ in 0..COPIES {
            assert_ne!(changed(&history), in_place);
        }
        assert_eq!(changed(&history), in_place);
    }
}
