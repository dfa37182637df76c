//! A store that keeps an image of itself after every commit, and fails when told to.
//!
//! A crash between any two store operations leaves one of the images: batches are atomic, and nothing
//! else changes the store. It may leave any of those since the last sync commit: relaxed ones get lost.

use crate::medium::{INJECTED, Medium};
use amphi_core::kv::{Durability, KvBackend, StoreFuture, WriteBatch};
use amphi_core::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keys and values; cheap to clone.
pub type Entries = BTreeMap<Arc<[u8]>, Arc<[u8]>>;

/// What the store held after one commit, and which states of the database that may be.
#[derive(Debug, Clone)]
pub struct Image {
    /// Everything in the store.
    pub entries: Entries,
    /// The first state it may be: the last one known to be durable before the next commit.
    pub at_least: usize,
    /// The last state it may be: the one being committed when it was made.
    pub at_most: usize,
}

/// Which calls fail; calls count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// None.
    None,
    /// One call.
    Once(usize),
    /// Every commit from this call on: the disk is full.
    CommitsFrom(usize),
    /// From this call on the store is used up, as [`KvBackend::failure`] has it.
    UsedUp {
        /// The first call that fails.
        call: usize,
        /// Whether that call does its work all the same, if it is a commit.
        applied: bool,
    },
}

struct State {
    entries: Entries,
    images: Vec<Image>,
    /// The image of the last sync commit: the oldest one that a crash may leave now.
    oldest: usize,
    at_most: usize,
    faults: Faults,
    calls: usize,
    counts: bool,
    used_up: bool,
}

/// See the module.
pub struct CrashStore(Mutex<State>);

impl CrashStore {
    /// A store of these entries.
    pub fn new(entries: Entries, faults: Faults) -> CrashStore {
        let image = Image {
            entries: entries.clone(),
            at_least: 0,
            at_most: 0,
        };
        CrashStore(Mutex::new(State {
            entries,
            images: vec![image],
            oldest: 0,
            at_most: 0,
            faults,
            calls: 0,
            counts: true,
            used_up: false,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any value holds these bytes, and forgets all images but the last: for long runs.
    pub fn contains(&self, bytes: &[u8]) -> bool {
        let mut state = self.state();
        let last = state.images.len().saturating_sub(1);
        state.images.drain(..last);
        state.oldest = 0;
        let mut values = state.entries.values();
        values.any(|v| v.windows(bytes.len()).any(|w| w == bytes))
    }

    /// The images so far, the first one of the beginning.
    pub fn images(&self) -> Vec<Image> {
        self.state().images.clone()
    }

    fn call(state: &mut State, is_commit: bool) -> Result<()> {
        if state.used_up {
            return Err(Error::store(format!("open the store again: {INJECTED}")));
        }
        if !state.counts {
            return Ok(());
        }
        let call = state.calls;
        state.calls += 1;
        let fails = match state.faults {
            Faults::None => false,
            Faults::Once(n) => call == n,
            Faults::CommitsFrom(n) => is_commit && call >= n,
            Faults::UsedUp { call: n, .. } => call == n,
        };
        state.used_up = fails && matches!(state.faults, Faults::UsedUp { .. });
        if fails {
            Err(Error::store(INJECTED))
        } else {
            Ok(())
        }
    }

    fn apply(state: &mut State, batch: WriteBatch, durability: Durability) {
        for (from, to) in batch.delete_ranges {
            state.entries.retain(|k, _| **k < *from || **k >= *to);
        }
        for (key, change) in batch.changes {
            match change {
                Some(value) => state.entries.insert(key.into(), value.into()),
                None => state.entries.remove(key.as_slice()),
            };
        }
        let image = Image {
            entries: state.entries.clone(),
            at_least: 0,
            at_most: state.at_most,
        };
        if durability == Durability::Sync {
            state.oldest = state.images.len();
        }
        state.images.push(image);
    }
}

fn ready<'a, T: 'a>(value: Result<T>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Medium for Arc<CrashStore> {
    fn open(&self) -> Result<Arc<dyn KvBackend>> {
        Ok(self.clone())
    }

    fn close(&self) -> Result<()> {
        Ok(())
    }

    fn expect(&self, at_least: usize, at_most: usize) {
        let mut state = self.state();
        state.at_most = at_most;
        let oldest = state.oldest;
        for image in &mut state.images[oldest..] {
            image.at_least = image.at_least.max(at_least);
        }
    }

    fn calls(&self) -> usize {
        self.state().calls
    }

    fn set_counting(&self, counts: bool) {
        self.state().counts = counts;
    }
}

impl KvBackend for CrashStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        let mut state = self.state();
        let called = CrashStore::call(&mut state, false);
        let get = |k: &Vec<u8>| state.entries.get(k.as_slice()).map(|v| v.to_vec());
        ready(called.map(|()| keys.iter().map(get).collect()))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        let mut state = self.state();
        if let Err(e) = CrashStore::call(&mut state, false) {
            return ready(Err(e));
        }
        if from >= to {
            return ready(Ok(Vec::new()));
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        let found = state.entries.range::<[u8], _>(range).take(limit);
        ready(Ok(found.map(|(k, v)| (k.to_vec(), v.to_vec())).collect()))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        let mut state = self.state();
        let was_used_up = state.used_up;
        let called = CrashStore::call(&mut state, true);
        let applied = matches!(state.faults, Faults::UsedUp { applied: true, .. }) && !was_used_up;
        if called.is_ok() || applied {
            CrashStore::apply(&mut state, batch, durability);
        }
        ready(called)
    }

    fn failure(&self) -> Option<String> {
        self.state().used_up.then(|| INJECTED.to_string())
    }
}
