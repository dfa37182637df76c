//! Running plans: synchronous operators that pull batches.
//!
//! Rule for every operator: pull from the child before changing your own state, so that a step that
//! returned `Pending` can simply be taken again once the missing blocks are there.

mod aggregate;
mod analyze;
mod append;
mod apply;
mod build;
mod constant;
mod counted;
mod distinct;
pub mod dml;
mod env;
pub mod eval;
mod filter;
mod index_columns;
mod index_scan;
mod information;
mod int_keys;
mod integer_steps;
mod join;
mod key_bytes;
mod key_range;
mod key_set;
mod key_table;
mod key_test;
mod leaf_run;
mod limit;
mod needed_leaves;
mod operator;
mod point_key;
mod point_read;
mod positions;
mod project;
mod query_run;
mod range_read;
mod recursive;
mod row_buffer;
mod row_fetch;
mod row_id_lookup;
mod row_in_place;
mod run_rows;
mod scan;
mod set_operation;
mod small_batches;
mod sort;
mod sort_key;
mod table_columns;
mod table_function;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod top_n;
mod values;
mod watch;
mod window;

pub use analyze::{Analyze, Analyzed};
pub use build::{build, build_counted};
pub use counted::OperatorCounts;
pub use env::{Cx, Env};
pub use key_range::value_range;
pub use operator::{BATCH_ROWS, Operator};
pub use point_read::PointRead;
pub use query_run::QueryRun;
pub use range_read::RangeRead;
pub use row_buffer::RowBuffer;
pub use row_in_place::{RowInPlace, RowShape, RowsInPlace};
pub use watch::Watch;
