//! How many rows a plan yields, about. There are no histograms: keys are exact, all else is rules of thumb,
//! good enough to tell a lookup from a scan and a small table from a big one.

use super::columns::{is_constant, plain_column};
use super::conjuncts::{bool_literal, is_null_literal, split_or};
use super::statistics::{Statistics, TableFacts};
use crate::sql::plan::{
    Access, BinaryOp, CompareOp, Expr, Join, JoinKind, LookupJoin, Plan, ScanBounds, UnaryOp,
};
use crate::types::Value;
use alloc::vec::Vec;
use core::ops::Bound;

/// Rows of a step of a recursive query, or of a function.
const WORK_TABLE: f64 = 100.0;
/// Of rows for which a comparison with no better knowledge is true.
const EQUAL: f64 = 0.05;
const RANGE: f64 = 0.33;
const OTHER: f64 = 0.5;

/// Rows a plan yields.
pub fn rows(plan: &Plan, stats: &dyn Statistics) -> f64 {
    match plan {
        Plan::Scan {
            table,
            access,
            filter,
            ..
        } => {
            let Some(facts) = stats.facts(*table) else {
                return 1000.0;
            };
            let reached = facts.rows * access_selectivity(access, &facts);
            reached
                * filter
                    .as_ref()
                    .map_or(1.0, |f| selectivity(f, &|c| distinct(plan, c, stats)))
        }
        Plan::Values { rows, .. } => rows.len() as f64,
        Plan::Filter { input, condition } => {
            rows(input, stats) * selectivity(condition, &|c| distinct(input, c, stats))
        }
        Plan::Project { input, .. }
        | Plan::Sort {
            input, limit: None, ..
        } => rows(input, stats),
        Plan::Join(j) => join_rows(j, stats),
        Plan::LookupJoin(j) => lookup_rows(j, stats),
        Plan::Aggregate { input, keys, .. } => {
            let input_rows = rows(input, stats);
            let keys_distinct = |k: &Expr| match plain_column(k) {
                Some(c) => distinct(input, c, stats),
                None => input_rows * 0.1,
            };
            if keys.is_empty() {
                1.0
            } else {
                keys.iter()
                    .map(keys_distinct)
                    .product::<f64>()
                    .clamp(1.0, input_rows.max(1.0))
            }
        }
        Plan::Distinct { input } => rows(input, stats) * OTHER,
        Plan::Append { inputs } => inputs.iter().map(|i| rows(i, stats)).sum(),
        Plan::SetOperation(s) => rows(&s.left, stats) * OTHER,
        Plan::Apply(a) => rows(&a.input, stats),
        Plan::LateralJoin(j) => rows(&j.left, stats) * rows(&j.right, stats).max(1.0),
        Plan::Window(w) => rows(&w.input, stats),
        Plan::WorkTable { .. } | Plan::TableFunction(_) | Plan::Information(_) => WORK_TABLE,
        Plan::Recursive(r) => rows(&r.anchor, stats) + 10.0 * rows(&r.step, stats),
        Plan::Sort {
            input,
            limit: Some(limit),
            ..
        } => rows(input, stats).min(count(Some(limit)).unwrap_or(f64::MAX)),
        Plan::Limit { input, limit, offset } => {
            let input = (rows(input, stats) - count(offset.as_ref()).unwrap_or(0.0)).max(0.0);
            input.min(count(limit.as_ref()).unwrap_or(f64::MAX))
        }
    }
}

/// The value of a literal LIMIT.
fn count(expr: Option<&Expr>) -> Option<f64> {
    match expr? {
        Expr::Literal {
            value: Value::Int(n), ..
        } => Some((*n).max(0) as f64),
        _ => None,
    }
}

/// Different values a table column has.
pub fn column_distinct(facts: &TableFacts, column: usize) -> f64 {
    let rows = facts.rows.max(1.0);
    let first_of = |i: &&crate::catalog::IndexDef| i.columns.first().is_some_and(|c| c.column == column);
    let unique = |i: &crate::catalog::IndexDef| i.unique && i.columns.len() == 1;
    if facts.def.row_id_column == Some(column) || facts.def.indexes.iter().filter(first_of).any(unique) {
        rows
    } else if facts.def.indexes.iter().any(|i| first_of(&i)) {
        // Somebody indexed it, so it tells rows apart.
        libm::cbrt(rows * rows).max(1.0)
    } else {
        libm::sqrt(rows).clamp(1.0, 1.0 / EQUAL)
    }
}

/// Different values an output column of a plan has.
pub fn distinct(plan: &Plan, column: usize, stats: &dyn Statistics) -> f64 {
    match plan {
        Plan::Scan { table, columns, .. } => match stats.facts(*table) {
            None => 1000.0,
            // Past the columns is the row id.
            Some(facts) => columns
                .get(column)
                .map_or(facts.rows.max(1.0), |c| column_distinct(&facts, *c)),
        },
        Plan::Filter { input, .. }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. }
        | Plan::Distinct { input } => distinct(input, column, stats),
        Plan::Project { input, exprs } => match exprs.get(column).and_then(plain_column) {
            Some(c) => distinct(input, c, stats),
            None => (rows(input, stats) * 0.1).max(1.0),
        },
        Plan::Join(j) => {
            let width = j.left.types().len();
            if column < width {
                distinct(&j.left, column, stats)
            } else {
                distinct(&j.right, column - width, stats)
            }
        }
        Plan::LookupJoin(j) => {
            let width = j.left.types().len();
            match (column.checked_sub(width), stats.facts(j.table)) {
                (None, _) => distinct(&j.left, column, stats),
                (Some(c), Some(facts)) => j
                    .columns
                    .get(c)
                    .map_or(facts.rows.max(1.0), |c| column_distinct(&facts, *c)),
                (Some(_), None) => 1000.0,
            }
        }
        Plan::Aggregate { input, keys, .. } => match keys.get(column).and_then(plain_column) {
            Some(c) if keys.len() > 1 => distinct(input, c, stats),
            _ => rows(plan, stats).max(1.0),
        },
        Plan::Append { inputs } => inputs.iter().map(|i| distinct(i, column, stats)).sum(),
        Plan::SetOperation(s) => distinct(&s.left, column, stats),
        Plan::LateralJoin(j) if column < j.left.types().len() => distinct(&j.left, column, stats),
        Plan::LateralJoin(j) => rows(&j.right, stats).max(1.0),
        Plan::Apply(a) if column < a.input.types().len() => distinct(&a.input, column, stats),
        Plan::Apply(a) => rows(&a.input, stats).max(1.0),
        Plan::Window(w) if column < w.input.types().len() => distinct(&w.input, column, stats),
        Plan::Window(w) => rows(&w.input, stats).max(1.0),
        Plan::WorkTable { .. } | Plan::Recursive(_) | Plan::TableFunction(_) | Plan::Information(_) => {
            rows(plan, stats).max(1.0)
        }
        Plan::Values { rows, .. } => (rows.len() as f64).max(1.0),
    }
}

/// The part of a table that an access reaches.
fn access_selectivity(access: &Access, facts: &TableFacts) -> f64 {
    let rows = facts.rows.max(1.0);
    let key_column = |index: usize, at: usize| {
        let column = facts.def.indexes.get(index).and_then(|i| i.columns.get(at));
        column.map_or(1.0, |c| column_distinct(facts, c.column))
    };
    let prefix = |index: usize, equal: &[Expr]| {
        let def = facts.def.indexes.get(index);
        if def.is_some_and(|d| d.unique && d.columns.len() == equal.len()) {
            return 1.0 / rows;
        }
        let part = (0..equal.len())
            .map(|at| 1.0 / key_column(index, at))
            .product::<f64>();
        part.max(1.0 / rows)
    };
    match access {
        Access::Full => 1.0,
        Access::RowIds { bounds, .. } => bounds_selectivity(bounds),
        Access::RowIdList(list) => (list.len() as f64 / rows).min(1.0),
        Access::Index {
            index, equal, bounds, ..
        } => prefix(*index, equal) * bounds_selectivity(bounds),
        Access::IndexList { index, equal, list } => {
            let next = list.len() as f64 / key_column(*index, equal.len());
            (prefix(*index, equal) * next).min(1.0)
        }
    }
}

/// The part of values within bounds.
pub fn bounds_selectivity(bounds: &ScanBounds) -> f64 {
    match (&bounds.from, &bounds.to) {
        (Bound::Unbounded, Bound::Unbounded) => 1.0,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => RANGE,
        _ => 0.1,
    }
}

/// The part of rows for which a condition is true; `distinct`: different values of a column.
pub fn selectivity(condition: &Expr, distinct: &dyn Fn(usize) -> f64) -> f64 {
    let of = |e: &Expr| selectivity(e, distinct);
    let not = |negated: bool, s: f64| if negated { 1.0 - s } else { s };
    let equal = |e: &Expr| plain_column(e).map_or(EQUAL, |c| 1.0 / distinct(c).max(1.0));
    let s = match condition {
        Expr::Binary { op, left, right, .. } => match op {
            BinaryOp::And => of(left) * of(right),
            BinaryOp::Or => {
                let mut parts = Vec::new();
                split_or(condition, &mut parts);
                parts.iter().map(|p| of(p)).sum()
            }
            _ => OTHER,
        },
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
            ..
        } => 1.0 - of(operand),
        Expr::Compare { op, left, right } => {
            let eq = match (is_constant(left), is_constant(right)) {
                (_, true) => equal(left),
                (true, _) => equal(right),
                _ => equal(left).min(equal(right)),
            };
            match op {
                CompareOp::Eq | CompareOp::NullSafeEq => eq,
                CompareOp::NotEq => 1.0 - eq,
                _ => RANGE,
            }
        }
        Expr::IsNull { negated, .. } => not(*negated, 0.1),
        Expr::IsBool { negated, .. } => not(*negated, OTHER),
        Expr::Like { negated, .. } => not(*negated, 0.15),
        Expr::InList {
            operand,
            list,
            negated,
        } => not(*negated, (equal(operand) * list.len() as f64).min(1.0)),
        Expr::InSubPlan { negated, .. } => not(*negated, RANGE),
        e if is_null_literal(e) => 0.0,
        e => bool_literal(e).map_or(OTHER, |b| if b { 1.0 } else { 0.0 }),
    };
    s.clamp(0.0, 1.0)
}

fn join_rows(j: &Join, stats: &dyn Statistics) -> f64 {
    let (left, right) = (rows(&j.left, stats), rows(&j.right, stats));
    let key_distinct = |plan: &Plan, e: &Expr, rows: f64| match plain_column(e) {
        Some(c) => distinct(plan, c, stats),
        None => rows * 0.1,
    };
    let mut result = left * right;
    for (l, r) in &j.equal {
        result /= key_distinct(&j.left, l, left)
            .max(key_distinct(&j.right, r, right))
            .max(1.0);
    }
    let width = j.left.types().len();
    if let Some(c) = &j.condition {
        result *= selectivity(c, &|i| match i.checked_sub(width) {
            None => distinct(&j.left, i, stats),
            Some(i) => distinct(&j.right, i, stats),
        });
    }
    match j.kind {
        JoinKind::Inner => result,
        JoinKind::Left => result.max(left),
    }
}

fn lookup_rows(j: &LookupJoin, stats: &dyn Statistics) -> f64 {
    let left = rows(&j.left, stats);
    let Some(facts) = stats.facts(j.table) else {
        return left;
    };
    let access = match j.index {
        None => Access::RowIdList(j.keys.clone()),
        Some(index) => Access::Index {
            index,
            equal: j.keys.clone(),
            bounds: ScanBounds {
                from: Bound::Unbounded,
                to: Bound::Unbounded,
            },
            reverse: false,
            instead: None,
        },
    };
    let per_row = facts.rows * access_selectivity(&access, &facts);
    let condition = j
        .condition
        .as_ref()
        .map_or(1.0, |c| selectivity(c, &|_| 1.0 / EQUAL));
    let result = left * per_row * condition;
    match j.kind {
        JoinKind::Inner => result,
        JoinKind::Left => result.max(left),
    }
}
