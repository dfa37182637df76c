//! GROUP BY and its aggregates.

mod accumulator;
mod bits;
mod collect;
mod comoments;
mod count;
mod distinct;
mod distinct_sketch;
mod filtered;
mod group_concat;
mod hash_aggregate;
mod json_array;
mod json_object;
mod min_max;
mod moments;
mod ordered;
mod ranked;
mod sum;
mod user;

pub use accumulator::{Accumulator, Groups, accumulator};
pub use hash_aggregate::HashAggregate;
