//! The store trait.

use super::WriteBatch;
use crate::types::Result;
use alloc::{boxed::Box, string::String, vec::Vec};
use core::{future::Future, pin::Pin};

/// What a store call returns: ready at once from redb, later from IndexedDB.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// When a commit must have reached the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Before the call returns.
    Sync,
    /// Soon; a later `Sync` commit makes it durable too, and commits never reorder.
    Relaxed,
}

/// An ordered store of byte keys and byte values.
///
/// Contract, checked by the conformance kit for every implementation: keys order bytewise;
/// a batch is applied whole or not at all; a read that starts after a commit returned sees it;
/// commits become durable in the order they were made. An error leaves the store as it was, unless
/// [`KvBackend::failure`] then says that the store is used up: only when it is opened again does it show
/// whether a commit that failed is in it, whole, or not.
pub trait KvBackend: Send + Sync {
    /// The values of `keys`, in their order; `None` where there is none.
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>>;

    /// The first `limit` entries with `from <= key < to`, ascending.
    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>>;

    /// Applies a batch atomically: deleted ranges first, then single deletes and puts.
    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()>;

    /// Whether [`KvBackend::get_many`] is ready when it is first polled: then whoever reads needs no future of its own.
    fn answers_at_once(&self) -> bool {
        false
    }

    /// The error after which the store refuses every commit until it is opened again, if there was one.
    fn failure(&self) -> Option<String> {
        None
    }
}
