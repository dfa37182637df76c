//! GROUP BY and its aggregates.

mod accumulator;
mod bits;
mod count;
mod distinct;
mod group_concat;
mod hash_aggregate;
mod min_max;
mod moments;
mod ranked;
mod sum;

pub use accumulator::{Accumulator, Groups, accumulator};
pub use hash_aggregate::HashAggregate;
