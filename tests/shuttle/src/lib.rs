//! What the tests of `tests/` under shuttle stand on: databases that lose nothing between two
//! executions, threads, and how a scenario is explored.
//!
//! Empty unless built with `--cfg shuttle`; `cargo xtask shuttle` does so.
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bed;
mod explore;
mod slow_store;

pub use bed::{Bed, Client};
pub use explore::{explore, together};
