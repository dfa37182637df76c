//! What an expression may refer to besides its batch.

use super::ValueSet;
use crate::sql::functions::EvalContext;
use crate::types::{Column, Value};
use alloc::sync::Arc;

/// The result of an uncorrelated subquery, computed once before the query runs.
#[derive(Debug, Clone)]
pub enum SubResult {
    /// One value, as a column of one row.
    Scalar(Column),
    /// The values, hashed once: `SubResult::Set(Arc::new(ValueSet::new(&column, &ty)))`.
    Set(Arc<ValueSet>),
    /// Whether there was a row.
    Exists(bool),
}

/// Everything an expression may refer to besides the batch.
pub struct Scope<'a> {
    /// Parameter values.
    pub params: &'a [Value],
    /// What a correlated subquery depends on, for the row it runs for.
    pub outer: &'a [Value],
    /// Results of sub-plans.
    pub sub_results: &'a [SubResult],
    /// For functions.
    pub functions: EvalContext<'a>,
}
