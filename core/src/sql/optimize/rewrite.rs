//! The rules in their order; see the [module](super) for why it is this one.

use super::statistics::{BoundTables, Statistics};
use super::{
    access, access_order, computed_columns, fold_constants, hash_in_lists, implied_conditions, in_lookup,
    join_order, late_rows, lift_subqueries, lookup_join, merge_join, merge_projects, min_max, once_per_key,
    order_conjuncts, prune_columns, push_down_filters, simplify, tell_keys, top_n, unnest_subqueries,
};
use crate::sql::bind::SchemaSource;
use crate::sql::plan::{Expr, Plan, Query, SubPlanKind};
use alloc::{sync::Arc, vec::Vec};

/// Rewrites a query's plan and its sub-plans. The output columns, their order and types stay.
pub fn optimize(query: &mut Query, names: &dyn SchemaSource) {
    optimize_with(query, &BoundTables::new(names));
}

/// Rewrites the sub-plans of RETURNING, whose own plan only says what its rows are like.
pub fn optimize_returning(query: &mut Query, names: &dyn SchemaSource) {
    if query.sub_plans.is_empty() {
        return;
    }
    let mut alone = Query {
        plan: Plan::Values {
            rows: Vec::new(),
            types: Vec::new(),
        },
        sub_plans: core::mem::take(&mut query.sub_plans),
        columns: Arc::default(),
    };
    optimize(&mut alone, names);
    query.sub_plans = alone.sub_plans;
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
        let prune = match sub.kind {
            SubPlanKind::Exists => prune_columns::prune_all_columns,
            SubPlanKind::Scalar | SubPlanKind::Set => prune_columns::prune_columns,
        };
        // Before, for an index may tell the columns that are left; and after, as an access may need fewer.
        prune(&mut sub.plan);
        choose_ways(&mut sub.plan, stats);
        prune(&mut sub.plan);
        read_rows_late(&mut sub.plan, stats);
    }
    prune_columns::prune_columns(&mut query.plan);
    choose_ways(&mut query.plan, stats);
    prune_columns::prune_columns(&mut query.plan);
    read_rows_late(&mut query.plan, stats);
    hash_in_lists::hash_in_lists(query);
    let mut told = 0;
    let plans = query.sub_plans.iter_mut().map(|sub| &mut sub.plan);
    for plan in plans.chain([&mut query.plan]) {
        once_per_key::join_once_per_key(plan);
        tell_keys::tell_keys(plan, &mut told);
    }
}

fn read_rows_late(plan: &mut Plan, stats: &dyn Statistics) {
    late_rows::read_rows_late(plan, stats);
    merge_projects::merge_projects(plan);
}

/// Conditions where they cut most, joins in order.
fn arrange(plan: &mut Plan, stats: &dyn Statistics) {
    lift_subqueries::lift_subqueries(plan);
    simplify_expressions(plan);
    merge_projects::merge_projects(plan);
    unnest_subqueries::unnest_subqueries(plan, stats);
    push_down_filters::push_down_filters(plan);
    computed_columns::use_computed_columns(plan, stats);
    implied_conditions::add_implied_conditions(plan, stats);
    join_order::order_joins(plan, stats);
}

/// How rows are reached and put in order.
fn choose_ways(plan: &mut Plan, stats: &dyn Statistics) {
    lookup_join::choose_lookup_joins(plan, stats);
    access::choose_accesses(plan, stats);
    min_max::read_extremes(plan, stats);
    merge_join::choose_merge_joins(plan, stats);
    top_n::limit_sorts(plan);
    access_order::use_access_order(plan, stats);
    top_n::drop_limits(plan);
    order_conjuncts::order_conjuncts(plan);
    merge_projects::merge_projects(plan);
}

fn simplify_expressions(plan: &mut Plan) {
    plan.for_each_input_mut(&mut simplify_expressions);
    plan.for_each_expr_mut(&mut simplify_expression);
}

/// Computes what is known before the query runs, and leaves out what cannot matter.
pub fn simplify_expression(expr: &mut Expr) {
    fold_constants::fold_constants(expr);
    simplify::simplify(expr);
}
