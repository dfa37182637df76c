//! Joins: four ways to find the pairs of rows, one way to make output of them.

mod hash_join;
mod lateral_join;
mod lookup_join;
mod merge_join;
mod nested_loop_join;
mod pairs;

pub use hash_join::HashJoin;
pub use lateral_join::LateralJoin;
pub use lookup_join::{LookupJoin, LookupKey};
pub use merge_join::MergeJoin;
pub use nested_loop_join::NestedLoopJoin;
