//! The native store: one redb file, and a log of the commits on their way into it, in a directory of their own.

mod damaged;
mod directory;
mod file;
mod log;
mod redb;

pub(crate) use damaged::DamagedStore;
pub use directory::{FILE_NAME, LOG_NAME, StoreOptions};
pub use redb::RedbStore;
