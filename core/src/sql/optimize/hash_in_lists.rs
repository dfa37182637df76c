//! Makes the set of a long list of IN once per statement, not once per batch.
//!
//! Before: `Scan t [name IN ('a', 'b', …)]`.
//! After: `Scan t [name IN (subquery 1)]`, and subquery 1 has the values.
//!
//! Only lists of plain values of the operand's kind. Runs last: lists that an access looks up stay as they are. Lists in
//! sub-plans do too, which run before those that would be added.

use crate::sql::plan::{Expr, Plan, Query, SubPlan, SubPlanKind};
use crate::types::DataType;
use alloc::{vec, vec::Vec};

/// The set of a shorter list is made in less time than a batch is tested.
const MANY: usize = 256;

/// Applies the rule to the plan of a query (not to its sub-plans).
pub fn hash_in_lists(query: &mut Query) {
    let Query { plan, sub_plans, .. } = query;
    rewrite(plan, sub_plans);
}

fn rewrite(plan: &mut Plan, subs: &mut Vec<SubPlan>) {
    plan.for_each_input_mut(&mut |input| rewrite(input, subs));
    plan.for_each_expr_mut(&mut |e| rewrite_expr(e, subs));
}

fn rewrite_expr(expr: &mut Expr, subs: &mut Vec<SubPlan>) {
    expr.for_each_child_mut(&mut |child| rewrite_expr(child, subs));
    let Expr::InList {
        operand,
        list,
        negated,
    } = expr
    else {
        return;
    };
    let ty = operand.ty();
    if list.len() < MANY || !list.iter().all(|member| is_plain(member, &ty)) {
        return;
    }
    let set = Expr::InSubPlan {
        operand: operand.clone(),
        index: subs.len(),
        negated: *negated,
    };
    let rows = core::mem::take(list).into_iter().map(|member| vec![member]);
    subs.push(SubPlan {
        plan: Plan::Values {
            rows: rows.collect(),
            types: vec![ty],
        },
        kind: SubPlanKind::Set,
    });
    *expr = set;
}

/// Whether an expression is a value that compares with values of a type as those compare with one another.
fn is_plain(expr: &Expr, ty: &DataType) -> bool {
    let (Expr::Literal { ty: of, .. } | Expr::Param { ty: of, .. }) = expr else {
        return false;
    };
    matches!(
        (ty, of),
        (DataType::Int(_), DataType::Int(_)) | (DataType::Text { .. }, DataType::Text { .. })
    ) || ty == of
}
