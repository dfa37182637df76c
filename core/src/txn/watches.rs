//! Who waits for a commit that touches what a query read.
//!
//! A [`Watch`] is what was read, and whether a commit has touched it since. It fires once: whoever wants to know of the
//! next commit reads again, and has a new watch. Watches are looked at when a version becomes current, under the lock under
//! which it does, so a commit is either in the snapshot that was read or fires the watch; those that wait are woken after
//! the lock is given up. Tables are looked at first, ranges of rows of those that were written second.
//!
//! Invariant: an entry is in the lists of all that it reads until it fires or its watch is dropped.

use super::{History, ReadSet, WriteSet};
use crate::catalog::TableId;
use crate::sync::Mutex;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll, Waker};

/// Ranges of one table that a watch keeps; if a query read more, it watches the whole table.
const MOST_RANGES: usize = 1000;

#[derive(Default)]
struct Signal {
    touched: bool,
    waker: Option<Waker>,
}

struct Entry {
    reads: ReadSet,
    signal: Arc<Mutex<Signal>>,
}

/// The watches that have not fired.
#[derive(Default)]
pub(super) struct Watches {
    next: u64,
    entries: BTreeMap<u64, Entry>,
    by_table: BTreeSet<(TableId, u64)>,
    /// Those that may be touched by commits that change no row of their tables.
    others: BTreeSet<u64>,
    /// Who is to be woken.
    woken: Vec<Waker>,
}

impl Watches {
    /// Whether there is none.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn add(&mut self, reads: ReadSet, signal: Arc<Mutex<Signal>>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.by_table.extend(reads.tables().map(|table| (table, id)));
        if reads.reads_definitions() {
            self.others.insert(id);
        }
        self.entries.insert(id, Entry { reads, signal });
        id
    }

    fn take(&mut self, id: u64) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        for table in entry.reads.tables() {
            self.by_table.remove(&(table, id));
        }
        self.others.remove(&id);
        Some(entry)
    }

    /// A version with these changes has become current.
    pub(super) fn committed(&mut self, writes: &WriteSet) {
        let tables = writes.tables();
        let of_table = |table: &TableId| self.by_table.range((*table, 0)..=(*table, u64::MAX));
        let ids = tables.iter().flat_map(of_table).map(|(_, id)| *id);
        let ids: BTreeSet<u64> = ids.chain(self.others.iter().copied()).collect();
        for id in ids {
            let entry = self.entries.get(&id);
            if entry.is_some_and(|e| e.reads.touched_by(writes)) {
                self.fire(id);
            }
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.take(id);
    }

    fn fire(&mut self, id: u64) {
        if let Some(entry) = self.take(id) {
            let mut signal = entry.signal.lock();
            signal.touched = true;
            self.woken.extend(signal.waker.take());
        }
    }

    /// Nothing is committed any more: whoever reads again learns why.
    pub(super) fn end(&mut self) {
        while let Some(id) = self.entries.keys().next().copied() {
            self.fire(id);
        }
    }

    /// Who is to be woken, without the lock.
    pub(super) fn take_woken(&mut self) -> Vec<Waker> {
        core::mem::take(&mut self.woken)
    }
}

/// Waits for a commit that touches what a query read; see the module. It knows of commits as soon as others see them, so of
/// relaxed ones before they are durable.
pub struct Watch {
    history: Arc<History>,
    signal: Arc<Mutex<Signal>>,
    /// `None`: it has fired from the beginning.
    id: Option<u64>,
}

impl Watch {
    /// Watches what was read of a version, after which the given commits came; `watches` are those of the history.
    pub(super) fn new(
        history: &Arc<History>,
        watches: &mut Watches,
        mut reads: ReadSet,
        commits: impl Iterator<Item = Arc<WriteSet>>,
    ) -> Watch {
        reads.seal();
        reads.limit(MOST_RANGES);
        let touched = commits.into_iter().any(|writes| reads.touched_by(&writes));
        let signal = Arc::new(Mutex::new(Signal { touched, waker: None }));
        Watch {
            history: history.clone(),
            id: (!touched).then(|| watches.add(reads, signal.clone())),
            signal,
        }
    }

    /// Whether a commit has touched what was read, or the database was closed.
    pub fn is_touched(&self) -> bool {
        self.signal.lock().touched
    }

    /// Ready once [`Watch::is_touched`]. The last waker counts.
    pub fn poll_touched(&self, cx: &Context<'_>) -> Poll<()> {
        let mut signal = self.signal.lock();
        if signal.touched {
            return Poll::Ready(());
        }
        match &mut signal.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.history.forget_watch(id);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("is_touched", &self.is_touched())
            .finish_non_exhaustive()
    }
}
