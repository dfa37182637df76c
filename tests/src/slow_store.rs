//! A store whose commits wait until the test goes on, and fail if it says so.

use crate::eager::pause;
use crate::medium::INJECTED;
use amphi_core::Error;
use amphi_core::kv::{Durability, KvBackend, StoreFuture, WriteBatch};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Wraps another store. Its commits [pause] before they do anything.
pub struct SlowStore {
    inner: Arc<dyn KvBackend>,
    fails: AtomicBool,
}

impl SlowStore {
    /// Delays the commits of `inner`.
    pub fn new(inner: Arc<dyn KvBackend>) -> SlowStore {
        SlowStore {
            inner,
            fails: AtomicBool::new(false),
        }
    }

    /// Whether commits that go on now fail, and leave the store as it was.
    pub fn set_failing(&self, fails: bool) {
        self.fails.store(fails, Ordering::Relaxed);
    }
}

impl KvBackend for SlowStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        self.inner.get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        self.inner.scan(from, to, limit)
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            pause().await;
            if self.fails.load(Ordering::Relaxed) {
                return Err(Error::store(INJECTED));
            }
            self.inner.commit(batch, durability).await
        })
    }
}
