//! Evaluating expressions over batches, one vector at a time.
//!
//! Values are typed slices and null bitmaps; a constant stays one value until somebody needs a
//! column of it. Conditions are evaluated as bit masks, 64 rows a word, so that a filter never makes
//! a boolean column. AND, OR and CASE evaluate an operand that may fail only for the rows that need it.

mod arith;
mod call;
mod case;
mod compare;
mod evaluate;
mod in_list;
mod input;
mod int_row;
mod like;
mod logic;
mod mask;
mod scope;
mod value_set;
mod vector;

pub use evaluate::{eval, eval_filter, may_fail};
pub use int_row::{IntExpr, IntTest};
pub use like::Pattern;
pub use scope::{Scope, SubResult};
pub use value_set::ValueSet;
