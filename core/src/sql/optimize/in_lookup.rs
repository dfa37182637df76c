//! Looks the values of `IN (SELECT …)` up instead of testing every row of a big table for them.
//!
//! Before: `Scan big [id IN (subquery 1) AND x > 1]`.
//! After: `LookupJoin(Distinct(subquery), big by row id, x > 1)`.
//!
//! The column must be the row id or the first of an index, the subquery much smaller than what the scan
//! would reach, and used here only. Runs when conditions are in the scans, before these get their accesses.

use super::access::rows_reached;
use super::columns::{raised, visit};
use super::conjuncts::{join, split};
use super::costs::LOOKUP_COST;
use super::estimate::rows;
use super::lookup_join::lookup_by;
use super::plan_parts::{no_rows, take};
use super::statistics::Statistics;
use crate::sql::plan::{Expr, JoinKind, LookupJoin, Plan, Query, SubPlanKind};
use alloc::{boxed::Box, vec::Vec};

/// Applies the rule to the plan of a query (not to its sub-plans).
pub fn look_up_in_lists(query: &mut Query, stats: &dyn Statistics) {
    if query.sub_plans.iter().all(|s| s.kind != SubPlanKind::Set) {
        return;
    }
    let mut uses: Vec<usize> = alloc::vec![0; query.sub_plans.len()];
    for sub in &mut query.sub_plans {
        count_uses(&mut sub.plan, &mut uses);
    }
    count_uses(&mut query.plan, &mut uses);
    let mut subs: Vec<Option<&mut Plan>> = query
        .sub_plans
        .iter_mut()
        .zip(uses)
        .map(|(s, uses)| (uses == 1 && s.kind == SubPlanKind::Set).then_some(&mut s.plan))
        .collect();
    rewrite(&mut query.plan, &mut subs, stats);
}

fn count_uses(plan: &mut Plan, uses: &mut [usize]) {
    plan.for_each_input_mut(&mut |input| count_uses(input, uses));
    plan.for_each_expr_mut(&mut |e| {
        visit(e, &mut |e| {
            if let Expr::InSubPlan { index, .. } = e
                && let Some(n) = uses.get_mut(*index)
            {
                *n += 1;
            }
        });
    });
}

fn rewrite(plan: &mut Plan, subs: &mut [Option<&mut Plan>], stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| rewrite(input, subs, stats));
    let Plan::Scan {
        filter: Some(filter), ..
    } = &*plan
    else {
        return;
    };
    let mut conjuncts = split(Some(filter.clone()));
    let found = conjuncts.iter().enumerate().find_map(|(at, c)| {
        let Expr::InSubPlan {
            operand,
            index,
            negated: false,
        } = c
        else {
            return None;
        };
        let (by, per_key) = lookup_by(plan, operand, stats)?;
        let sub = subs.get(*index)?.as_ref()?;
        let cheaper = rows(sub, stats) * per_key * LOOKUP_COST < rows_reached(plan, stats)?;
        cheaper.then_some((at, *index, by))
    });
    let Some((at, index, by)) = found else { return };
    let Some(sub) = subs.get_mut(index).and_then(Option::take) else {
        return;
    };
    conjuncts.remove(at);
    let types = plan.types();
    let Plan::Scan {
        table,
        alias,
        columns,
        types: column_types,
        row_id,
        ..
    } = take(plan)
    else {
        return;
    };
    let key = Expr::Column {
        index: 0,
        ty: sub
            .types()
            .into_iter()
            .next()
            .unwrap_or(crate::types::DataType::Null),
    };
    // The sub-plan keeps its number, and now yields nothing to nobody.
    let empty = no_rows(sub.types());
    let values = Plan::Distinct {
        input: Box::new(core::mem::replace(sub, empty)),
    };
    let lookup = Plan::LookupJoin(Box::new(LookupJoin {
        kind: JoinKind::Inner,
        left: values,
        table,
        alias,
        columns,
        types: column_types,
        row_id,
        index: by,
        keys: alloc::vec![key],
        condition: join(conjuncts.into_iter().map(|c| raised(c, 1))),
    }));
    let column = |(i, ty)| Expr::Column { index: i + 1, ty };
    *plan = Plan::Project {
        input: Box::new(lookup),
        exprs: types.into_iter().enumerate().map(column).collect(),
    };
}
