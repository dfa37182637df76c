//! GROUP BY and its aggregates.

mod accumulator;
mod count;
mod distinct;
mod group_concat;
mod hash_aggregate;
mod min_max;
mod sum;

pub use accumulator::{Accumulator, Groups, accumulator};
pub use hash_aggregate::HashAggregate;
