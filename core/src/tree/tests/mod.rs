//! Tests of whole trees: against a model, and the promises of cache, snapshots and store writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod integrity;
mod model;
mod scenarios;
mod subject;
