//! Which columns of a plan may be NULL, as far as definitions say: for DESCRIBE and information_schema.
//!
//! Wherever that is not obvious the answer is that they may.

use super::SchemaSource;
use crate::sql::plan::{Expr, JoinKind, Plan};
use crate::types::Value;
use alloc::vec;
use alloc::vec::Vec;

fn may_be_null(expr: &Expr, input: &[bool]) -> bool {
    match expr {
        Expr::Column { index, .. } => input.get(*index).copied().unwrap_or(true),
        Expr::Literal { value, .. } => matches!(value, Value::Null),
        _ => true,
    }
}

/// For each column of the plan, whether it may be NULL.
pub(super) fn nullable(plan: &Plan, source: &dyn SchemaSource) -> Vec<bool> {
    let all = || vec![true; plan.types().len()];
    match plan {
        Plan::Scan {
            table,
            columns,
            row_id,
            ..
        } => {
            let Some(def) = source.table_by_id(*table) else {
                return all();
            };
            let column = |c: &usize| def.columns.get(*c).is_none_or(|c| c.nullable);
            let mut nullable: Vec<bool> = columns.iter().map(column).collect();
            nullable.extend(row_id.then_some(false));
            nullable
        }
        Plan::Filter { input, .. }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. }
        | Plan::Distinct { input } => nullable(input, source),
        Plan::Project { input, exprs } => {
            let input = nullable(input, source);
            exprs.iter().map(|e| may_be_null(e, &input)).collect()
        }
        Plan::Join(join) => {
            let mut columns = nullable(&join.left, source);
            let right = nullable(&join.right, source);
            let is_left = join.kind == JoinKind::Left;
            columns.extend(right.into_iter().map(|n| n || is_left));
            columns
        }
        _ => all(),
    }
}
