//! Shared pieces of the integration tests: the stores and fixtures every placement is tested on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod big_kill_target;
pub mod block_on;
pub mod chinook_sample;
pub mod counting_allocator;
pub mod crash_store;
pub mod damage;
pub mod disk;
pub mod eager;
pub mod elle;
pub mod fuzz;
pub mod history;
pub mod isolation_script;
pub mod kill_target;
pub mod medium;
pub mod pending_store;
pub mod placements;
pub mod random;
pub mod seeds;
pub mod slow_store;
pub mod sql_client;
pub mod test_bed;
pub mod transfers;
