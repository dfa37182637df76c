//! The current snapshot, the write sets of recent commits, and who may still need them.
//!
//! Invariant: for every registered base version, the write sets of all later commits are kept.

use super::WriteSet;
use crate::catalog::Catalog;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use spin::{Mutex, RwLock};

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
}

impl Recent {
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
}

impl History {
    /// Starts at the given snapshot.
    pub fn new(snapshot: Snapshot) -> History {
        History {
            current: RwLock::new(Arc::new(snapshot)),
            recent: Mutex::new(Recent::default()),
        }
    }

    /// The current snapshot.
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.read().clone()
    }

    /// The current snapshot, registered as the base of a transaction; see [`Base`].
    pub fn begin(self: &Arc<Self>) -> Base {
        // Under the lock, so that no commit between the two steps escapes the history.
        let mut recent = self.recent.lock();
        let snapshot = self.current();
        *recent.bases.entry(snapshot.version).or_default() += 1;
        Base {
            history: self.clone(),
            snapshot,
        }
    }

    /// Write sets of the commits after `version`, oldest first.
    pub fn since(&self, version: u64) -> Vec<Arc<WriteSet>> {
        self.recent
            .lock()
            .commits
            .iter()
            .filter(|(v, _)| *v > version)
            .map(|(_, w)| w.clone())
            .collect()
    }

    /// Makes a snapshot current. The caller holds the commit latch.
    pub fn publish(&self, snapshot: Snapshot, writes: WriteSet) {
        let mut recent = self.recent.lock();
        let version = snapshot.version;
        let old = core::mem::replace(&mut *self.current.write(), Arc::new(snapshot));
        if recent.bases.keys().next_back().is_some() {
            recent.commits.push_back((version, Arc::new(writes)));
            recent.prune();
        }
        drop(recent);
        drop(old); // may free many nodes: outside the locks
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

    /// Write sets of the commits since.
    pub fn commits_since(&self) -> Vec<Arc<WriteSet>> {
        self.history.since(self.snapshot.version)
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
