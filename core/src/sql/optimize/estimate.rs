//! How many rows a plan yields, about, by what [is known](super::statistics) of the values of its tables. There are no histograms:
//! values count as equally frequent, and columns as independent of each other.

use super::columns::{all_columns, is_constant, plain_column};
use super::conjuncts::{bool_literal, is_null_literal, split_and, split_or};
use super::lossless::compared_column;
use super::statistics::{EQUAL, RANGE, Statistics, TableFacts, range_part};
use crate::sql::plan::{
    Access, BinaryOp, CompareOp, Expr, Join, JoinKind, LookupJoin, Plan, ScanBounds, UnaryOp,
};
use crate::types::Value;
use alloc::{rc::Rc, vec::Vec};
use core::ops::Bound;

/// Rows of a step of a recursive query, or of a function.
const WORK_TABLE: f64 = 100.0;
/// Of rows for which a condition with no better knowledge is true.
const OTHER: f64 = 0.5;
/// Who asks something of groups wants those that stand out: of rows that satisfy such a condition so many groups do.
const HAVING: f64 = 0.1;

/// What is known of the values of a column that a condition reads.
#[derive(Clone)]
pub struct Values {
    /// How many different ones there are.
    pub distinct: f64,
    /// The table and its column that they are from.
    pub of: Option<(Rc<TableFacts>, usize)>,
}

impl Values {
    /// Of an output column of a plan.
    pub fn of(plan: &Plan, column: usize, stats: &dyn Statistics) -> Values {
        Values {
            distinct: distinct(plan, column, stats),
            of: origin(plan, column, stats),
        }
    }

    /// So many different ones.
    pub fn unknown(distinct: f64) -> Values {
        Values { distinct, of: None }
    }

    /// The part of rows that have one certain value.
    fn equal(&self) -> f64 {
        match &self.of {
            Some((facts, column)) => facts.equal_part(*column),
            None => 1.0 / self.distinct.max(1.0),
        }
    }

    fn nulls(&self) -> f64 {
        self.of
            .as_ref()
            .map_or(0.1, |(facts, column)| facts.nulls(*column))
    }

    fn within(&self, bounds: &ScanBounds) -> f64 {
        match &self.of {
            Some((facts, column)) => facts.range_part(*column, bounds),
            None => range_part(bounds),
        }
    }
}

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
                    .map_or(1.0, |f| selectivity(f, &|c| Values::of(plan, c, stats)))
        }
        Plan::Values { rows, .. } => rows.len() as f64,
        Plan::Filter { input, condition } => {
            let passing = selectivity(condition, &|c| Values::of(input, c, stats));
            let part = if is_having(input, condition) { HAVING } else { 1.0 };
            rows(input, stats) * passing * part
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
        Plan::Distinct { input } => {
            let input_rows = rows(input, stats);
            let values = (0..input.types().len()).map(|c| distinct(input, c, stats));
            values.product::<f64>().clamp(1.0, input_rows.max(1.0))
        }
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

/// The table column that an output column of a plan is.
fn origin(plan: &Plan, column: usize, stats: &dyn Statistics) -> Option<(Rc<TableFacts>, usize)> {
    let of_table = |table, columns: &[usize], at: usize| {
        let facts = stats.facts(table)?;
        // Past the columns is the row id.
        let column = columns.get(at).copied().or(facts.def.row_id_column)?;
        Some((facts, column))
    };
    let left_or = |left: &Plan, other: &dyn Fn(usize) -> Option<(Rc<TableFacts>, usize)>| match column
        .checked_sub(left.types().len())
    {
        None => origin(left, column, stats),
        Some(at) => other(at),
    };
    match plan {
        Plan::Scan { table, columns, .. } => of_table(*table, columns, column),
        Plan::Filter { input, .. }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. }
        | Plan::Distinct { input } => origin(input, column, stats),
        Plan::Project { input, exprs } => origin(input, exprs.get(column).and_then(plain_column)?, stats),
        Plan::Aggregate { input, keys, .. } => origin(input, keys.get(column).and_then(plain_column)?, stats),
        Plan::Join(j) => left_or(&j.left, &|at| origin(&j.right, at, stats)),
        Plan::LookupJoin(j) => left_or(&j.left, &|at| of_table(j.table, &j.columns, at)),
        Plan::LateralJoin(j) => left_or(&j.left, &|at| origin(&j.right, at, stats)),
        Plan::Apply(a) => left_or(&a.input, &|_| None),
        Plan::Window(w) => left_or(&w.input, &|_| None),
        _ => None,
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
                .map_or(facts.rows.max(1.0), |c| facts.column_distinct(*c)),
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
                    .map_or(facts.rows.max(1.0), |c| facts.column_distinct(*c)),
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
    let prefix = |index: usize, equal: &[Expr]| match equal {
        [] => 1.0,
        _ => 1.0 / facts.key_distinct(index, equal.len()),
    };
    match access {
        Access::Full => 1.0,
        Access::RowIds { bounds, .. } => match facts.def.row_id_column {
            Some(column) => facts.range_part(column, bounds),
            None => range_part(bounds),
        },
        Access::RowIdList(list) => (list.len() as f64 / rows).min(1.0),
        Access::Index {
            index, equal, bounds, ..
        } => {
            let next = facts
                .def
                .indexes
                .get(*index)
                .and_then(|i| i.columns.get(equal.len()));
            let range = next.map_or(1.0, |c| facts.range_part(c.column, bounds));
            prefix(*index, equal) * range
        }
        Access::IndexList { index, equal, list } => {
            (list.len() as f64 / facts.key_distinct(*index, equal.len() + 1)).min(1.0)
        }
    }
}

/// A comparison of a column with something known when the statement starts, as bounds of the column.
fn as_bounds(condition: &Expr) -> Option<(usize, ScanBounds)> {
    let Expr::Compare { op, left, right } = condition else {
        return None;
    };
    let (op, column, other) = match (is_constant(left), is_constant(right)) {
        (false, true) => (*op, left, right),
        (true, false) => (super::simplify::flipped(*op), right, left),
        _ => return None,
    };
    let other = (**other).clone();
    let (from, to) = match op {
        CompareOp::Gt => (Bound::Excluded(other), Bound::Unbounded),
        CompareOp::GtEq => (Bound::Included(other), Bound::Unbounded),
        CompareOp::Lt => (Bound::Unbounded, Bound::Excluded(other)),
        CompareOp::LtEq => (Bound::Unbounded, Bound::Included(other)),
        CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq => return None,
    };
    Some((compared_column(column)?, ScanBounds { from, to }))
}

/// The part of rows for which all of several conditions are true: a lower and an upper bound of one column are one range.
fn all_selectivity(conditions: &[&Expr], values: &dyn Fn(usize) -> Values) -> f64 {
    let mut ranges: Vec<(usize, ScanBounds)> = Vec::new();
    let mut part = 1.0;
    for condition in conditions {
        let Some((column, bounds)) = as_bounds(condition) else {
            part *= selectivity(condition, values);
            continue;
        };
        let is_open = |b: &Bound<Expr>| *b == Bound::Unbounded;
        let fits = |r: &&mut (usize, ScanBounds)| {
            let (from, to) = (&r.1.from, &r.1.to);
            r.0 == column && (is_open(from) && is_open(&bounds.to) || is_open(to) && is_open(&bounds.from))
        };
        match ranges.iter_mut().find(fits) {
            Some((_, other)) if is_open(&bounds.to) => other.from = bounds.from,
            Some((_, other)) => other.to = bounds.to,
            None => ranges.push((column, bounds)),
        }
    }
    let within = ranges
        .iter()
        .map(|(column, bounds)| values(*column).within(bounds));
    part * within.product::<f64>()
}

/// The part of rows for which a condition is true; `values`: of a column.
pub fn selectivity(condition: &Expr, values: &dyn Fn(usize) -> Values) -> f64 {
    let of = |e: &Expr| selectivity(e, values);
    let not = |negated: bool, s: f64| if negated { 1.0 - s } else { s };
    let equal = |e: &Expr| compared_column(e).map_or(EQUAL, |c| values(c).equal());
    let s = match condition {
        Expr::Binary { op, .. } => match op {
            BinaryOp::And => {
                let mut parts = Vec::new();
                split_and(condition, &mut parts);
                all_selectivity(&parts, values)
            }
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
                _ => as_bounds(condition).map_or(RANGE, |(c, bounds)| values(c).within(&bounds)),
            }
        }
        Expr::IsNull { operand, negated } => {
            let nulls = plain_column(operand).map_or(0.1, |c| values(c).nulls());
            not(*negated, nulls)
        }
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

/// Whether a condition over a plan asks something of aggregates of groups.
fn is_having(input: &Plan, condition: &Expr) -> bool {
    match input {
        Plan::Aggregate { keys, .. } => !keys.is_empty() && !all_columns(condition, |c| c < keys.len()),
        _ => false,
    }
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
            None => Values::of(&j.left, i, stats),
            Some(i) => Values::of(&j.right, i, stats),
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
    let width = j.left.types().len();
    let of_pair = |i: usize| match i.checked_sub(width) {
        None => Values::of(&j.left, i, stats),
        Some(at) => match j.columns.get(at).copied().or(facts.def.row_id_column) {
            Some(column) => Values {
                distinct: facts.column_distinct(column),
                of: Some((facts.clone(), column)),
            },
            None => Values::unknown(facts.rows.max(1.0)),
        },
    };
    let condition = j.condition.as_ref().map_or(1.0, |c| selectivity(c, &of_pair));
    let result = left * per_row * condition;
    match j.kind {
        JoinKind::Inner => result,
        JoinKind::Left => result.max(left),
    }
}
