//! Running plans: synchronous operators that pull batches.
//!
//! Rule for every operator: pull from the child before changing your own state, so that a step that
//! returned `Pending` can simply be taken again once the missing blocks are there.

mod aggregate;
mod constant;
mod distinct;
pub mod dml;
mod env;
pub mod eval;
mod filter;
mod key_bytes;
mod key_table;
mod limit;
mod memory;
mod operator;
mod project;
mod row_buffer;
mod sort;
mod sort_key;
mod top_n;
mod values;

pub use env::{Cx, Env};
pub use operator::{BATCH_ROWS, Operator};

mod pending;
pub use pending::{QueryRun, explain};
