//! The reference store: a sorted map.

use super::{Durability, KvBackend, StoreFuture, WriteBatch};
use crate::sync::Mutex;
use crate::types::Result;
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::ops::Bound;

/// An ordered map in memory that keeps the [`KvBackend`] contract; every future is ready at once.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A copy of everything stored, for tests that compare stores.
    pub fn entries(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.entries.lock().clone()
    }

    /// A store that holds the given entries.
    pub fn with_entries(entries: BTreeMap<Vec<u8>, Vec<u8>>) -> MemoryStore {
        MemoryStore {
            entries: Mutex::new(entries),
        }
    }
}

fn ready<'a, T: 'a>(value: Result<T>) -> StoreFuture<'a, T> {
    Box::pin(core::future::ready(value))
}

impl KvBackend for MemoryStore {
    fn answers_at_once(&self) -> bool {
        true
    }

    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        let entries = self.entries.lock();
        ready(Ok(keys.iter().map(|k| entries.get(k).cloned()).collect()))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        if from >= to {
            return ready(Ok(Vec::new()));
        }
        let entries = self.entries.lock();
        let range = (Bound::Included(from), Bound::Excluded(to));
        ready(Ok(entries
            .range::<[u8], _>(range)
            .take(limit)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, _: Durability) -> StoreFuture<'a, ()> {
        let mut entries = self.entries.lock();
        for (from, to) in batch.delete_ranges {
            entries.retain(|k, _| *k < from || *k >= to);
        }
        for (key, change) in batch.changes {
            match change {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        ready(Ok(()))
    }
}
