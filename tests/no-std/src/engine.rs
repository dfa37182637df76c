//! Calls into the engine, so that the linker has to keep it.

extern crate alloc;

use alloc::vec;
use amphi_core::kv::{Durability, KvBackend, MemoryStore, WriteBatch};
use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// The one poll that a future over a memory store needs.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Stores a value and reads it back: 1 if it is the same, 0 otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> i32 {
    let store = MemoryStore::new();
    let mut batch = WriteBatch::default();
    batch.put(vec![1], vec![2]);
    let committed = now(store.commit(batch, Durability::Sync));
    let read = now(store.get_many(&[vec![1]]));
    i32::from(committed == Some(Ok(())) && read == Some(Ok(vec![Some(vec![2])])))
}
