//! Evaluating expressions over batches, one vector at a time.

use crate::sql::functions::EvalContext;
use crate::sql::plan::Expr;
use crate::types::{Batch, Column, Result, Value};
use alloc::{sync::Arc, vec::Vec};

mod value_set;

pub use value_set::ValueSet;

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
    /// Results of sub-plans.
    pub sub_results: &'a [SubResult],
    /// For functions.
    pub functions: EvalContext<'a>,
}

/// Evaluates an expression over the selected rows of a batch: a column of `batch.rows()` values of
/// `expr.ty().physical()`. A plain column of a batch without selection is shared, not copied.
pub fn eval(_expr: &Expr, _batch: &Batch, _scope: &Scope<'_>) -> Result<Column> {
    unimplemented!()
}

/// The positions (among the rows that count) for which a boolean expression is true.
pub fn eval_filter(_expr: &Expr, _batch: &Batch, _scope: &Scope<'_>) -> Result<Vec<u32>> {
    unimplemented!()
}
