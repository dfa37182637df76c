//! # Amphi's engine
//!
//! An embedded SQL database whose tables each choose where they live: in memory, in a persistent
//! store, or in both. This crate is the whole engine, `no_std + alloc`; it reaches the outside world
//! through two traits only: [`kv::KvBackend`], an ordered key-value store, and [`host::Host`], the
//! clock and the source of randomness.
//!
//! The folders are the layers, and a layer imports only from those to its left:
//!
//! ```text
//! types <- codec <- { tree, kv } <- table <- catalog <- txn <- router <- sql <- session <- database
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod catalog;
pub mod codec;
pub mod database;
pub mod host;
pub mod interrupt;
pub mod kv;
pub mod router;
pub mod session;
mod shared_sort;
mod sorting;
pub mod sql;
mod sync;
pub mod table;
pub mod tree;
pub mod txn;
pub mod types;

pub use types::{Error, Result, Value};
