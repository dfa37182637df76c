//! The native store: one redb file in a directory of its own.

mod directory;
mod redb;

pub use directory::{FILE_NAME, StoreOptions};
pub use redb::RedbStore;
