//! Amphi for Rust programs: an embedded SQL database whose tables each choose where they live, in
//! memory, in a persistent store, or in both.
//!
//! The engine is `amphi-core`; this crate gives it a store ([`store::RedbStore`], one redb file), a
//! clock and randomness ([`SystemHost`]) and synchronous calls.
#![forbid(unsafe_code)]

mod database;
mod dump;
mod executor;
mod flusher;
mod from_row;
mod from_value;
mod functions;
mod host;
mod idle_sessions;
mod live_query;
mod maintenance;
mod nearest;
mod params;
mod persistence;
mod row;
mod rows;
mod script;
mod session;
mod statement;
pub mod store;
mod transaction;

pub use amphi_core as core;
pub use amphi_core::session::shift_position;
pub use amphi_core::{
    Error, Result, Value,
    database::{
        BackupReport, CacheConfig, CachePolicy, CheckReport, Config, IsolationLevel, PersistenceConfig,
        PersistenceOptions, Placement, Problem, SalvageReport, SalvagedTable, Stats, TransactionOptions,
    },
    interrupt::InterruptHandle,
    session::Params,
    sql::{functions::UserAggregate, plan::OutputColumn},
    types::{Batch, Column, DataType, Date, DateTime, Decimal, Position, Time, ValueRef},
};
pub use database::Database;
pub use executor::block_on;
pub use from_value::FromValue;
pub use host::SystemHost;
pub use live_query::LiveQuery;
pub use maintenance::CompactReport;
pub use nearest::nearest;
#[doc(hidden)]
pub use params::GivenParams;
pub use params::IntoParams;
pub use row::{ColumnIndex, Row};
pub use rows::{Outcome, Rows, RowsAs};
pub use session::Session;
pub use statement::Statement;
use store::{RedbStore, StoreOptions};
pub use transaction::Transaction;

/// The README's examples, compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
