//! Turns subqueries that depend on the row around them by equality into joins.
//!
//! Before: `Filter(#answer, Apply(EXISTS (Filter(l.order = outer o.id AND l.late, Scan l)), Scan o))`.
//! After: `Filter(m IS NOT NULL, LeftJoin(Scan o, Distinct(l.order, TRUE m of Filter(l.late, Scan l)), o.id = l.order))`, of
//! which [pushing filters down](super::push_down_filters) makes an inner join where no NULL passes.
//!
//! An aggregate without GROUP BY becomes one grouped by what the rows are equal in; a row without a group
//! gets what the aggregate of no rows is. An apply stays where it is cheaper (few rows around it, an index to
//! look up in), where the subquery depends on the row by anything but equality, and for `= ANY`, whose
//! answer may be NULL.

use super::columns::{for_each_column, is_volatile, raised, substitute};
use super::conjuncts::{equal_sides, join, literal, split};
use super::costs::LOOKUP_COST;
use super::estimate::rows;
use super::lookup_join::lookup_by;
use super::plan_parts::take;
use super::rewrite::simplify_expression;
use super::statistics::Statistics;
use crate::sql::functions::Aggregate;
use crate::sql::plan::{AggregateCall, Apply, ApplyKind, Expr, Join, JoinKind, Once, Plan};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, vec::Vec};

/// What running a subquery once costs besides its rows, in rows scanned.
const RUN_COST: f64 = 64.0;
/// What a row costs that is scanned, and put into a hash table.
const HASH_COST: f64 = 2.0;

/// Makes joins of the applies in a plan where that is cheaper.
pub fn unnest_subqueries(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| unnest_subqueries(input, stats));
    match plan {
        Plan::Filter { input, condition } if matches!(**input, Plan::Apply(_)) => {
            // Rows that the filter drops anyway need no answer.
            let kept = kept_rows(input, condition, stats);
            unnest(input, kept, stats);
        }
        Plan::Apply(a) => {
            let around = rows(&a.input, stats);
            unnest(plan, around, stats);
        }
        _ => {}
    }
}

/// Rows below an apply that pass those conditions above it that do not need the answer.
fn kept_rows(apply: &Plan, condition: &Expr, stats: &dyn Statistics) -> f64 {
    let mut below = apply;
    while let Plan::Apply(a) = below {
        below = &a.input;
    }
    let width = below.types().len();
    let mut without_answer = split(Some(condition.clone()));
    without_answer.retain(|c| super::columns::all_columns(c, |i| i < width));
    rows(&below.clone().filtered(join(without_answer)), stats)
}

/// Makes a join of an apply, if it is one of the kind and that is cheaper for so many rows around it.
fn unnest(plan: &mut Plan, around: f64, stats: &dyn Statistics) {
    let Plan::Apply(apply) = plan else { return };
    if let Some(unnested) = unnested(apply)
        && is_cheaper(&unnested, around, stats)
    {
        let input = take(&mut apply.input);
        *plan = joined(input, unnested);
    }
}

/// A subquery without what made it depend on the row around it.
struct Unnested {
    /// Its rows, before they are aggregated or told apart.
    rows: Plan,
    /// What the rows are equal to, over the columns around; and in what, over those of `rows`.
    equal: Vec<(Expr, Expr)>,
    /// What is asked of it; `None`: whether there is a row.
    value: Option<Grouped>,
}

/// A value of aggregates.
struct Grouped {
    aggregates: Vec<AggregateCall>,
    /// The value, over the aggregates.
    value: Expr,
    /// The value where there is no row.
    of_none: Expr,
}

fn unnested(apply: &Apply) -> Option<Unnested> {
    let mut plan = &apply.subquery;
    let value = match apply.kind {
        ApplyKind::Any => return None,
        ApplyKind::Exists => {
            // What the rows are does not matter, nor their order.
            while let Plan::Project { input, .. } | Plan::Sort { input, .. } | Plan::Distinct { input } = plan
            {
                plan = input;
            }
            None
        }
        ApplyKind::Scalar => {
            let mut value = None;
            if let Plan::Project { input, exprs } = plan {
                let [expr] = exprs.as_slice() else { return None };
                value = Some(expr.clone());
                plan = input;
            }
            let Plan::Aggregate {
                input,
                keys,
                aggregates,
            } = plan
            else {
                return None;
            };
            if !keys.is_empty() || aggregates.iter().any(|a| !is_plain(a)) {
                return None;
            }
            plan = input;
            let column = |(index, a): (usize, &AggregateCall)| Expr::Column {
                index,
                ty: a.ty.clone(),
            };
            let columns: Vec<Expr> = aggregates.iter().enumerate().map(column).collect();
            let value = value.or_else(|| columns.first().cloned())?;
            if depends(&value) || is_volatile(&value) {
                return None;
            }
            let mut of_none = value.clone();
            substitute(
                &mut of_none,
                &aggregates.iter().map(of_no_rows).collect::<Vec<_>>(),
            );
            simplify_expression(&mut of_none);
            Some(Grouped {
                aggregates: aggregates.clone(),
                value,
                of_none,
            })
        }
    };
    // Renamed columns (of a derived table or a view) are seen through where they are columns.
    let mut renamed: Option<Vec<Expr>> = None;
    if let Plan::Project { input, exprs } = plan
        && apply.kind == ApplyKind::Scalar
    {
        renamed = Some(exprs.clone());
        plan = input;
    }
    let Plan::Filter { input, condition } = plan else {
        return None;
    };
    let (outer, local): (Vec<Expr>, Vec<Expr>) =
        split(Some(condition.clone())).into_iter().partition(depends);
    if outer.is_empty() || local.iter().any(is_volatile) {
        return None;
    }
    let mut rows = (**input).clone();
    if plan_depends(&mut rows) {
        return None;
    }
    let mut equal = Vec::with_capacity(outer.len());
    for condition in outer {
        let (mut around, own) = equality(condition)?;
        replace_outer(&mut around, &apply.captures);
        equal.push((around, own));
    }
    let mut value = value;
    if let (Some(grouped), Some(exprs)) = (&mut value, &renamed) {
        if exprs.iter().any(|e| depends(e) || is_volatile(e)) {
            return None;
        }
        let args = grouped.aggregates.iter_mut().flat_map(AggregateCall::exprs_mut);
        args.for_each(|e| substitute(e, exprs));
    }
    Some(Unnested {
        rows: rows.filtered(join(local)),
        equal,
        value,
    })
}

/// Whether it is known what the aggregate of no rows is, and that it depends on rows of the subquery only.
fn is_plain(call: &AggregateCall) -> bool {
    let known = matches!(
        call.function,
        Aggregate::Count | Aggregate::Sum | Aggregate::Avg | Aggregate::Min | Aggregate::Max
    );
    known && !call.exprs().any(|e| depends(e) || is_volatile(e))
}

fn of_no_rows(call: &AggregateCall) -> Expr {
    let value = match call.function {
        Aggregate::Count => Value::Int(0),
        _ => Value::Null,
    };
    Expr::Literal {
        value,
        ty: call.ty.clone(),
    }
}

/// Whether an expression depends on the row around the subquery.
fn depends(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Outer { .. } | Expr::Correlated(_));
    expr.for_each_child(&mut |c| found = found || depends(c));
    found
}

/// Whether any expression of a plan does.
fn plan_depends(plan: &mut Plan) -> bool {
    let mut found = false;
    plan.for_each_expr_mut(&mut |e| found |= depends(e) || is_volatile(e));
    match plan {
        // What a subquery in it depends on, is its own.
        Plan::Apply(a) => found || plan_depends(&mut a.input),
        _ => {
            plan.for_each_input_mut(&mut |input| found = found || plan_depends(input));
            found
        }
    }
}

/// An equality of something around the subquery with something in it.
fn equality(condition: Expr) -> Option<(Expr, Expr)> {
    let reads_columns = |e: &Expr| {
        let mut reads = false;
        for_each_column(e, &mut |_| reads = true);
        reads
    };
    let around = |e: &Expr| depends(e) && !reads_columns(e) && !is_volatile(e);
    let own = |e: &Expr| !depends(e) && reads_columns(e) && !is_volatile(e);
    equal_sides(condition, around, own).ok()
}

/// Writes out what a subquery depends on, over the columns around it.
fn replace_outer(expr: &mut Expr, captures: &[Expr]) {
    if let Expr::Outer { index, .. } = expr {
        if let Some(capture) = captures.get(*index) {
            *expr = capture.clone();
        }
        return;
    }
    expr.for_each_child_mut(&mut |c| replace_outer(c, captures));
}

fn is_cheaper(subquery: &Unnested, around: f64, stats: &dyn Statistics) -> bool {
    let found = rows(&subquery.rows, stats);
    let all = reached(&subquery.rows, stats);
    let scan = match &subquery.rows {
        Plan::Filter { input, .. } => input,
        plan => plan,
    };
    let lookup = subquery
        .equal
        .iter()
        .filter_map(|(_, own)| lookup_by(scan, own, stats));
    let per_run = lookup
        .map(|(_, rows)| rows * LOOKUP_COST)
        .min_by(f64::total_cmp)
        .unwrap_or(all);
    around * (RUN_COST + per_run) > all + found * HASH_COST
}

/// Rows that are read for those of a plan.
fn reached(plan: &Plan, stats: &dyn Statistics) -> f64 {
    let mut inputs = 0.0;
    plan.for_each_input(&mut |input| inputs += reached(input, stats));
    inputs.max(rows(plan, stats))
}

/// The rows around a subquery with its answer as their last column.
fn joined(input: Plan, subquery: Unnested) -> Plan {
    let types = input.types();
    let width = types.len();
    let (around, own): (Vec<Expr>, Vec<Expr>) = subquery.equal.into_iter().unzip();
    let keys = own.len();
    let key_types: Vec<DataType> = own.iter().map(Expr::ty).collect();
    let key = |(index, ty): (usize, &DataType)| Expr::Column {
        index,
        ty: ty.clone(),
    };
    let key_columns = || key_types.iter().enumerate().map(key);
    // A column that is NULL where the join finds nothing.
    let found = |at: usize| Expr::IsNull {
        operand: Box::new(Expr::Column {
            index: width + at,
            ty: DataType::Bool,
        }),
        negated: true,
    };
    let (right, answer) = match subquery.value {
        None => {
            let own_width = subquery.rows.types().len();
            let distinct = Plan::Distinct {
                input: Box::new(subquery.rows.projected(own, own_width)),
            };
            let exprs = key_columns().chain([literal(true)]).collect();
            (distinct.projected(exprs, keys), found(keys))
        }
        Some(Grouped {
            aggregates,
            value,
            of_none,
        }) => {
            let ty = value.ty();
            let grouped = Plan::Aggregate {
                input: Box::new(subquery.rows),
                keys: own,
                aggregates,
            };
            let exprs = key_columns()
                .chain([raised(value, keys), literal(true)])
                .collect();
            let of_some = Expr::Column {
                index: width + keys,
                ty: ty.clone(),
            };
            let answer = match &of_none {
                Expr::Literal {
                    value: Value::Null, ..
                } => of_some,
                _ => Expr::Case {
                    branches: alloc::vec![(found(keys + 1), of_some)],
                    otherwise: Some(Box::new(of_none)),
                    ty,
                },
            };
            let width = grouped.types().len();
            (grouped.projected(exprs, width), answer)
        }
    };
    let equal = around.into_iter().zip(key_columns()).collect();
    let joined = Plan::Join(Box::new(Join {
        kind: JoinKind::Left,
        left: input,
        right,
        equal,
        condition: None,
        told: Vec::new(),
        merge: false,
        once: Once::default(),
    }));
    let columns = types.into_iter().enumerate();
    let mut exprs: Vec<Expr> = columns.map(|(index, ty)| Expr::Column { index, ty }).collect();
    exprs.push(answer);
    let width = joined.types().len();
    joined.projected(exprs, width)
}
