//! Makes one projection of two, and lets GROUP BY read what a projection only renames.
//!
//! Before: `Project(a + 1, Project(x AS a, y AS b, t))`. After: `Project(x + 1, t)`.
//!
//! Only where nothing is computed twice: each inner expression that is more than a column or a literal is
//! used at most once, and none is volatile.

use super::columns::{for_each_column, is_volatile, substitute};
use super::plan_parts::take;
use crate::sql::plan::{AggregateCall, Expr, Plan};
use alloc::vec::Vec;

/// Merges the projections of a plan.
pub fn merge_projects(plan: &mut Plan) {
    plan.for_each_input_mut(&mut merge_projects);
    if let Plan::Aggregate {
        input,
        keys,
        aggregates,
    } = plan
        && let Plan::Project { exprs, .. } = input.as_ref()
        && exprs.iter().all(|e| matches!(e, Expr::Column { .. }))
        && let Plan::Project { input: below, exprs } = take(input)
    {
        let args = aggregates.iter_mut().flat_map(AggregateCall::exprs_mut);
        keys.iter_mut().chain(args).for_each(|e| substitute(e, &exprs));
        *input = below;
    }
    let Plan::Project { input, exprs } = plan else {
        return;
    };
    let Plan::Project { exprs: inner, .. } = input.as_ref() else {
        return;
    };
    if !may_merge(exprs, inner) {
        return;
    }
    if let Plan::Project {
        input: below,
        exprs: inner,
    } = take(input)
    {
        exprs.iter_mut().for_each(|e| substitute(e, &inner));
        *input = below;
    }
}

fn may_merge(outer: &[Expr], inner: &[Expr]) -> bool {
    let mut uses: Vec<usize> = alloc::vec![0; inner.len()];
    for e in outer {
        for_each_column(e, &mut |c| {
            if let Some(n) = uses.get_mut(c) {
                *n += 1;
            }
        });
    }
    inner.iter().zip(uses).all(|(e, uses)| match e {
        Expr::Column { .. } | Expr::Literal { .. } | Expr::Param { .. } | Expr::Outer { .. } => true,
        e => uses <= 1 && !is_volatile(e),
    })
}
