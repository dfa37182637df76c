//! Which blocks go where: placements become homes of trees, commits become store batches, stores
//! become catalogs again.
//!
//! This is the only layer that knows both transactions and the store. Reads need no routing: a tree's
//! home says whether its blocks may be missing, and the driver fetches them. Nothing here knows SQL.

mod backup;
mod check;
mod commit;
mod config;
mod damaged;
mod direct;
mod engine;
mod export;
mod group;
mod import;
mod open;
mod records;
mod salvage;
mod stats;
mod superblock;
mod trees;
mod write;
mod write_ahead;

pub use backup::BackupReport;
pub use check::CheckReport;
pub use config::{CacheConfig, CachePolicy, Config};
pub use direct::Direct;
pub use engine::Engine;
pub use salvage::{SalvageReport, SalvagedTable, salvage};
pub use stats::Stats;
pub use trees::Trees;
