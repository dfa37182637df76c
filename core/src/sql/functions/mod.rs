//! Scalar and aggregate functions: one table of entries, from which binding, evaluation and the
//! function reference all work.

mod aggregate;
mod scalar;

pub use aggregate::Aggregate;
pub use scalar::{ArgKind, EvalContext, ReturnKind, ScalarFunction, lookup};
