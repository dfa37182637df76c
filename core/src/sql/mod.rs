//! SQL: text -> syntax tree -> bound statement -> optimised plan -> batches.
//!
//! The folders are the pipeline. `parse` wraps the parser and turns its errors into ours; `bind`
//! resolves names and types and refuses, by name, whatever is not offered; `plan` is what it makes;
//! `optimize` rewrites plans, one rule per file; `exec` runs them, one operator per file;
//! `functions` is the table of scalar and aggregate functions; `memory` counts what a statement holds;
//! `distinct_count` counts different values, for an aggregate and for ANALYZE.

pub mod bind;
mod distinct_count;
pub mod exec;
pub mod explain;
pub mod functions;
pub mod memory;
pub mod optimize;
pub mod parse;
pub mod plan;
