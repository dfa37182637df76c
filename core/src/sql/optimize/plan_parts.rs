//! Walking plans to rewrite them.

use crate::sql::plan::{Access, Expr, Plan};
use crate::types::DataType;
use alloc::vec::Vec;
use core::ops::Bound;

/// Takes a plan out of its place, to put another there.
pub fn take(plan: &mut Plan) -> Plan {
    core::mem::replace(plan, no_rows(Vec::new()))
}

/// The plan without rows.
pub fn no_rows(types: Vec<DataType>) -> Plan {
    Plan::Values {
        rows: Vec::new(),
        types,
    }
}

/// Whether a plan is literally without rows.
pub fn is_empty(plan: &Plan) -> bool {
    matches!(plan, Plan::Values { rows, .. } if rows.is_empty())
}

/// A filter over a plan, if there is a condition.
pub fn filtered(plan: Plan, condition: Option<Expr>) -> Plan {
    match condition {
        None => plan,
        Some(condition) => Plan::Filter {
            input: alloc::boxed::Box::new(plan),
            condition,
        },
    }
}

/// Calls `f` on every expression of a node itself, to rewrite it.
pub fn for_each_expr_mut(plan: &mut Plan, f: &mut dyn FnMut(&mut Expr)) {
    match plan {
        Plan::Scan { access, filter, .. } => {
            for_each_access_expr_mut(access, f);
            filter.iter_mut().for_each(f);
        }
        Plan::Values { rows, .. } => rows.iter_mut().flatten().for_each(f),
        Plan::Filter { condition, .. } => f(condition),
        Plan::Project { exprs, .. } => exprs.iter_mut().for_each(f),
        Plan::Join(j) => {
            for (l, r) in &mut j.equal {
                f(l);
                f(r);
            }
            j.condition.iter_mut().for_each(f);
        }
        Plan::LookupJoin(j) => {
            j.keys.iter_mut().for_each(&mut *f);
            j.condition.iter_mut().for_each(f);
        }
        Plan::Aggregate { keys, aggregates, .. } => {
            keys.iter_mut().for_each(&mut *f);
            aggregates.iter_mut().filter_map(|a| a.arg.as_mut()).for_each(f);
        }
        Plan::Distinct { .. } => {}
        Plan::Sort { keys, limit, .. } => {
            keys.iter_mut().for_each(|k| f(&mut k.expr));
            limit.iter_mut().for_each(f);
        }
        Plan::Limit { limit, offset, .. } => limit.iter_mut().chain(offset).for_each(f),
    }
}

fn for_each_access_expr_mut(access: &mut Access, f: &mut dyn FnMut(&mut Expr)) {
    match access {
        Access::Full => {}
        Access::RowIds { bounds, .. } => {
            for_each_bound_mut(&mut bounds.from, f);
            for_each_bound_mut(&mut bounds.to, f);
        }
        Access::RowIdList(list) => list.iter_mut().for_each(f),
        Access::Index {
            equal,
            bounds,
            instead,
            ..
        } => {
            equal.iter_mut().for_each(&mut *f);
            for_each_bound_mut(&mut bounds.from, f);
            for_each_bound_mut(&mut bounds.to, f);
            instead.iter_mut().for_each(f);
        }
        Access::IndexList { equal, list, .. } => equal.iter_mut().chain(list).for_each(f),
    }
}

fn for_each_bound_mut(bound: &mut Bound<Expr>, f: &mut dyn FnMut(&mut Expr)) {
    match bound {
        Bound::Included(e) | Bound::Excluded(e) => f(e),
        Bound::Unbounded => {}
    }
}
