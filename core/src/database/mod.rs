//! A database: the engine and its plan cache behind one cheap handle, with the persistence API.

mod database;

pub use crate::catalog::{PersistenceConfig, Placement};
pub use crate::router::{CacheConfig, CachePolicy, Config, Stats};
pub use crate::txn::{IsolationLevel, TransactionOptions};
pub use database::{Database, PersistenceOptions};
