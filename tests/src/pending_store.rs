//! A store that is never ready at once: every call answers `Pending` first and wakes its caller.
//!
//! What an engine gets wrong about suspended reads and commits shows here without a browser.

use amphi_core::kv::{Durability, KvBackend, StoreFuture, WriteBatch};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Wraps another store; same contract, later answers.
pub struct PendingStore {
    inner: Arc<dyn KvBackend>,
}

impl PendingStore {
    /// Delays every answer of `inner`.
    pub fn new(inner: Arc<dyn KvBackend>) -> PendingStore {
        PendingStore { inner }
    }
}

struct Yield {
    done: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.done {
            return Poll::Ready(());
        }
        self.done = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The operation starts only after the first poll, as it may in a browser.
async fn later<T, F: Future<Output = T>>(operation: impl FnOnce() -> F) -> T {
    Yield { done: false }.await;
    operation().await
}

impl KvBackend for PendingStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(later(|| self.inner.get_many(keys)))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        Box::pin(later(move || self.inner.scan(from, to, limit)))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        Box::pin(later(move || self.inner.commit(batch, durability)))
    }

    fn failure(&self) -> Option<String> {
        self.inner.failure()
    }
}
