//! Rewriting plans into faster ones with the same rows, one rule per file.
//!
//! The order of the rules matters: correlated subqueries become plans first, joins where they can; conditions
//! are made plain and pushed down, and what indexes on expressions and partial ones can say is added, before
//! joins are ordered by size; lookup joins are chosen before scans get their accesses, which swallow conditions; sorts that an
//! access makes needless go after that, then unneeded columns; what is left of a sort under a LIMIT reads
//! its rows late; at last the long lists that are left become sets, joins leave out duplicates by themselves, and tell scans their keys.

mod access;
mod access_order;
mod cheapest_order;
mod columns;
mod computed_columns;
mod conjuncts;
mod costs;
mod estimate;
mod fold_constants;
mod glance;
mod hash_in_lists;
mod implied_conditions;
mod in_lookup;
mod join_order;
mod late_rows;
mod lift_subqueries;
mod lookup_join;
mod lossless;
mod merge_join;
mod merge_projects;
mod min_max;
mod null_rejection;
mod once_per_key;
mod order_conjuncts;
mod plan_parts;
mod prune_columns;
mod push_down_filters;
mod rewrite;
mod simplify;
mod statistics;
mod tell_keys;
#[cfg(test)]
mod tests;
mod top_n;
mod unnest_subqueries;

pub use columns::{for_each_column, is_constant, substitute};
pub use conjuncts::{join as join_conjuncts, split as split_conjuncts, split_and, split_or};
pub use estimate::rows as estimate_rows;
pub use implied_conditions::implies;
pub use lossless::compared_column;
pub use rewrite::{optimize, optimize_returning, optimize_with, simplify_expression};
pub use statistics::{Statistics, TableFacts};
