//! A store whose every call lets others run first.

use amphi_core::kv::{Durability, KvBackend, MemoryStore, StoreFuture, WriteBatch};
use shuttle::future::yield_now;
use std::future::Future;
use std::sync::Arc;

/// Wraps the reference store: same contract, but the caller is suspended before and after each call, as by
/// a disk or a browser.
pub(crate) struct SlowStore(pub(crate) Arc<MemoryStore>);

async fn slowly<T>(call: impl Future<Output = T>) -> T {
    yield_now().await;
    let answer = call.await;
    yield_now().await;
    answer
}

impl KvBackend for SlowStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(slowly(async { self.0.get_many(keys).await }))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        Box::pin(slowly(async move { self.0.scan(from, to, limit).await }))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        Box::pin(slowly(async move { self.0.commit(batch, durability).await }))
    }
}
