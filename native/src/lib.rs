//! Amphi for Rust programs: an embedded SQL database whose tables each choose where they live, in
//! memory, in a persistent store, or in both.
//!
//! The engine is `amphi-core`; this crate gives it a store ([`store::RedbStore`], one redb file), a
//! clock and randomness ([`SystemHost`]) and synchronous calls.
#![forbid(unsafe_code)]

mod executor;
mod from_row;
mod from_value;
mod host;
mod nearest;
mod params;
mod row;
pub mod store;

pub use amphi_core as core;
pub use amphi_core::{Error, Result, Value};
pub use executor::block_on;
pub use from_value::FromValue;
pub use host::SystemHost;
pub use params::{IntoParams, Params};
pub use row::{ColumnIndex, Row};
