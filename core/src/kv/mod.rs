//! The store behind a database: an ordered key-value store, reached only through [`KvBackend`].
//!
//! Nothing here knows of tables or SQL. Native code plugs in redb, the browser IndexedDB; the
//! [`MemoryStore`] in this folder is the reference that both are held to.

mod backend;
mod memory_store;
mod write_batch;

pub use backend::{Durability, KvBackend, StoreFuture};
pub use memory_store::MemoryStore;
pub use write_batch::WriteBatch;
