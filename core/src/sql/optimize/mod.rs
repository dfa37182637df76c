//! Rewriting plans into faster ones with the same rows, one rule per file.

use super::bind::SchemaSource;
use super::plan::Query;

/// Rewrites a query's plan and its sub-plans. The output columns, their order and types stay.
pub fn optimize(_query: &mut Query, _names: &dyn SchemaSource) {}
