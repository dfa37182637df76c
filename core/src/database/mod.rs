//! A database: the engine and its plan cache behind one cheap handle, with the persistence API.

mod database;

pub use crate::catalog::{PersistenceConfig, Placement};
pub use crate::router::{
    BackupReport, CacheConfig, CachePolicy, CheckReport, Config, SalvageReport, SalvagedTable, Stats, salvage,
};
pub use crate::txn::{IsolationLevel, TransactionOptions, Watch};
pub use crate::types::Problem;
pub use database::{Database, PersistenceOptions};
