//! Tells a sort under a LIMIT how many rows are wanted.
//!
//! Before: `Limit(10 offset 5, Project(Sort(t)))`. After: `Project(Limit(10 offset 5, Sort(t) keeping 15))`.
//!
//! LIMIT moves below projections, so that what it cuts is not computed, and goes if the sort does it all.

use super::columns::is_volatile;
use super::plan_parts::take;
use crate::sql::plan::{BinaryOp, Expr, Plan};
use crate::types::{DataType, Value};
use alloc::boxed::Box;

/// Applies the rule to a whole plan.
pub fn limit_sorts(plan: &mut Plan) {
    if let Plan::Limit { input, .. } = plan
        && let Plan::Project { exprs, .. } = input.as_ref()
        && !exprs.iter().any(is_volatile)
    {
        swap_with_project(plan);
    }
    if let Plan::Limit { input, limit, offset } = plan
        && let Plan::Sort { limit: kept, .. } = input.as_mut()
        && kept.is_none()
    {
        *kept = wanted(limit.as_ref(), offset.as_ref());
    }
    plan.for_each_input_mut(&mut limit_sorts);
}

/// Drops a LIMIT above a sort that keeps no more rows anyway. Runs once it is known which sorts stay.
pub fn drop_limits(plan: &mut Plan) {
    if let Plan::Limit {
        input,
        limit: Some(limit),
        offset: None,
    } = plan
        && let Plan::Sort {
            limit: Some(kept), ..
        } = input.as_ref()
        && limit == kept
    {
        let sort = take(input);
        *plan = sort;
    }
    plan.for_each_input_mut(&mut drop_limits);
}

/// `Limit(Project(x))` to `Project(Limit(x))`.
fn swap_with_project(plan: &mut Plan) {
    match take(plan) {
        Plan::Limit { input, limit, offset } => match *input {
            Plan::Project { input, exprs } => {
                *plan = Plan::Project {
                    input: Box::new(Plan::Limit { input, limit, offset }),
                    exprs,
                }
            }
            other => {
                *plan = Plan::Limit {
                    input: Box::new(other),
                    limit,
                    offset,
                }
            }
        },
        other => *plan = other,
    }
}

/// LIMIT + OFFSET.
fn wanted(limit: Option<&Expr>, offset: Option<&Expr>) -> Option<Expr> {
    let limit = limit?;
    let Some(offset) = offset else {
        return Some(limit.clone());
    };
    let int = |e: &Expr| match e {
        Expr::Literal {
            value: Value::Int(i), ..
        } => Some(*i),
        _ => None,
    };
    Some(match (int(limit), int(offset)) {
        // A negative limit means all rows.
        (Some(l), _) if l < 0 => return None,
        (Some(l), Some(o)) => Expr::Literal {
            value: Value::Int(l.saturating_add(o.max(0))),
            ty: DataType::BIGINT,
        },
        // Were either negative, the sum would say too little.
        (None, _) | (_, None) if !is_known(limit) || !is_known(offset) => return None,
        _ => Expr::Binary {
            op: BinaryOp::Add,
            left: Box::new(clamped(limit, i64::MAX)),
            right: Box::new(clamped(offset, 0)),
            ty: DataType::BIGINT,
        },
    })
}

fn is_known(e: &Expr) -> bool {
    super::columns::is_constant(e) && e.ty() == DataType::BIGINT
}

/// `CASE WHEN e >= 0 THEN e ELSE instead END`: what a negative LIMIT or OFFSET means.
fn clamped(e: &Expr, instead: i64) -> Expr {
    let int = |i| Expr::Literal {
        value: Value::Int(i),
        ty: DataType::BIGINT,
    };
    Expr::Case {
        branches: alloc::vec![(
            Expr::Compare {
                op: crate::sql::plan::CompareOp::GtEq,
                left: Box::new(e.clone()),
                right: Box::new(int(0)),
            },
            e.clone(),
        )],
        otherwise: Some(Box::new(int(instead))),
        ty: DataType::BIGINT,
    }
}
