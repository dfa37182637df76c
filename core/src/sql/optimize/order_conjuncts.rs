//! Puts the conditions of a filter in the order of what they cost: numbers before texts, texts before patterns
//! and functions.
//!
//! Before: `name LIKE '%x%' AND price > 5`. After: `price > 5 AND name LIKE '%x%'`.
//!
//! Evaluation asks later conditions only of the rows that the earlier ones let through, where those are few. What
//! may fail stays behind what cannot, in the order written.

use super::conjuncts::{join, literal, split};
use crate::shared_sort::sort_shared;
use crate::sql::exec::eval::may_fail;
use crate::sql::plan::{Expr, Plan};
use crate::types::Physical;

/// Orders the conditions of all filters of a plan.
pub fn order_conjuncts(plan: &mut Plan) {
    plan.for_each_input_mut(&mut order_conjuncts);
    match plan {
        Plan::Scan { filter, .. } => *filter = ordered(filter.take()),
        Plan::Filter { condition, .. } => {
            let written = core::mem::replace(condition, literal(true));
            *condition = ordered(Some(written)).unwrap_or_else(|| literal(true));
        }
        _ => {}
    }
}

fn ordered(condition: Option<Expr>) -> Option<Expr> {
    let mut conjuncts = split(condition);
    if conjuncts.len() > 1 {
        let key = |c: &Expr| (may_fail(c), cost(c));
        sort_shared(&mut conjuncts, |a, b| key(a).cmp(&key(b)));
    }
    join(conjuncts)
}

/// What a row costs, in classes.
fn cost(expr: &Expr) -> u8 {
    let own = match expr {
        Expr::Column { ty, .. } | Expr::Literal { ty, .. } if ty.physical() == Physical::Bytes => 1,
        Expr::Cast { .. } | Expr::Case { .. } | Expr::InSubPlan { .. } => 2,
        Expr::Like { .. } | Expr::Function { .. } => 3,
        _ => 0,
    };
    let mut most = own;
    expr.for_each_child(&mut |c| most = most.max(cost(c)));
    most
}
