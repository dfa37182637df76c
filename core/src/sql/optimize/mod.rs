//! Rewriting plans into faster ones with the same rows, one rule per file.
//!
//! The order of the rules matters: conditions are made plain and pushed down before joins are ordered by
//! size; lookup joins are chosen before scans get their accesses, which swallow conditions; sorts that an
//! access makes needless go last but one, unneeded columns last.

mod access;
mod access_order;
mod columns;
mod conjuncts;
mod estimate;
mod fold_constants;
mod in_lookup;
mod join_order;
mod lookup_join;
mod lossless;
mod merge_projects;
mod min_max;
mod null_rejection;
mod plan_parts;
mod prune_columns;
mod push_down_filters;
mod simplify;
mod statistics;
#[cfg(test)]
mod tests;
mod top_n;

use super::bind::SchemaSource;
use super::plan::{Plan, Query, SubPlanKind};
use statistics::BoundTables;

pub use estimate::rows as estimate_rows;
pub use statistics::{Statistics, TableFacts};

/// Rewrites a query's plan and its sub-plans. The output columns, their order and types stay.
pub fn optimize(query: &mut Query, names: &dyn SchemaSource) {
    optimize_with(query, &BoundTables(names));
}

/// As [`optimize`], with facts from anywhere.
pub fn optimize_with(query: &mut Query, stats: &dyn Statistics) {
    query
        .sub_plans
        .iter_mut()
        .for_each(|s| arrange(&mut s.plan, stats));
    arrange(&mut query.plan, stats);
    in_lookup::look_up_in_lists(query, stats);
    for sub in &mut query.sub_plans {
        choose_ways(&mut sub.plan, stats);
        match sub.kind {
            SubPlanKind::Exists => prune_columns::prune_all_columns(&mut sub.plan),
            SubPlanKind::Scalar | SubPlanKind::Set => prune_columns::prune_columns(&mut sub.plan),
        }
    }
    choose_ways(&mut query.plan, stats);
    prune_columns::prune_columns(&mut query.plan);
}

/// Conditions where they cut most, joins in order.
fn arrange(plan: &mut Plan, stats: &dyn Statistics) {
    simplify_expressions(plan);
    merge_projects::merge_projects(plan);
    push_down_filters::push_down_filters(plan);
    join_order::order_joins(plan, stats);
}

/// How rows are reached and put in order.
fn choose_ways(plan: &mut Plan, stats: &dyn Statistics) {
    lookup_join::choose_lookup_joins(plan, stats);
    access::choose_accesses(plan, stats);
    min_max::read_extremes(plan, stats);
    top_n::limit_sorts(plan);
    access_order::use_access_order(plan, stats);
    top_n::drop_limits(plan);
    merge_projects::merge_projects(plan);
}

fn simplify_expressions(plan: &mut Plan) {
    plan.for_each_input_mut(&mut simplify_expressions);
    plan_parts::for_each_expr_mut(plan, &mut |e| {
        fold_constants::fold_constants(e);
        simplify::simplify(e);
    });
}
