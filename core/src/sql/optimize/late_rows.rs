//! Reads the columns that do not decide which rows are wanted only of those that are.
//!
//! Before: `Sort a keeping 10 (Scan t [a, b, text])`. After: `LookupJoin t by row id [b, text] (Sort a
//! keeping 10 (Scan t [a, row id]))`, with a projection that puts the columns back in order.
//!
//! Runs last: it must be known which columns are needed at all.

use super::columns::{for_each_column, remap};
use super::plan_parts::take;
use super::statistics::Statistics;
use crate::sql::plan::{Access, Expr, JoinKind, LookupJoin, Plan};
use crate::types::{DataType, Physical, Value};
use alloc::{boxed::Box, vec, vec::Vec};

/// Tables with fewer rows are not worth it.
const LEAST_ROWS: f64 = 10_000.0;
/// A row looked up costs about as much as so many rows whose columns are copied.
const LOOKUP_COST: f64 = 64.0;
/// The rows of a LIMIT that is a parameter.
const USUAL_LIMIT: f64 = 100.0;

/// Applies the rule to a whole plan.
pub fn read_rows_late(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| read_rows_late(input, stats));
    if is_worth_it(plan, stats)
        && let Some(late) = read_late(plan)
    {
        *plan = late;
    }
}

fn is_worth_it(plan: &Plan, stats: &dyn Statistics) -> bool {
    let Plan::Sort {
        input,
        limit: Some(limit),
        ..
    } = plan
    else {
        return false;
    };
    let Plan::Scan {
        table,
        access: Access::Full,
        ..
    } = input.as_ref()
    else {
        return false;
    };
    let rows = stats.facts(*table).map_or(0.0, |f| f.rows);
    let wanted = match limit {
        Expr::Literal {
            value: Value::Int(n), ..
        } => *n as f64,
        _ => USUAL_LIMIT,
    };
    rows >= LEAST_ROWS && wanted * LOOKUP_COST <= rows
}

/// The plan of the same rows; `None` if that would save nothing.
fn read_late(plan: &mut Plan) -> Option<Plan> {
    let Plan::Sort { input, keys, .. } = plan else {
        return None;
    };
    let Plan::Scan {
        table,
        alias,
        columns,
        types,
        row_id,
        filter,
        ..
    } = input.as_mut()
    else {
        return None;
    };
    let outputs: Vec<DataType> = types
        .iter()
        .cloned()
        .chain(row_id.then_some(DataType::BIGINT))
        .collect();
    let mut early = vec![false; columns.len()];
    let exprs = keys.iter().map(|k| &k.expr).chain(filter.as_ref());
    exprs.for_each(|e| {
        for_each_column(e, &mut |c| {
            if let Some(used) = early.get_mut(c) {
                *used = true;
            }
        });
    });
    let is_late = |(used, ty): &(&bool, &DataType)| !**used && ty.physical() == Physical::Bytes;
    if !early.iter().zip(types.iter()).any(|pair| is_late(&pair)) {
        return None;
    }
    // Where each output column is afterwards: early columns, row id, late columns.
    let first_late = early.iter().filter(|e| **e).count() + 1;
    let (mut next_early, mut next_late) = (0, first_late);
    let mut places: Vec<usize> = early
        .iter()
        .map(|used| {
            let next = if *used { &mut next_early } else { &mut next_late };
            *next += 1;
            *next - 1
        })
        .collect();
    let id = first_late - 1;
    places.push(id);
    let (mut late_columns, mut late_types) = (Vec::new(), Vec::new());
    let (mut kept_columns, mut kept_types) = (Vec::new(), Vec::new());
    for ((column, ty), used) in columns.iter().zip(types.iter()).zip(&early) {
        if *used {
            kept_columns.push(*column);
            kept_types.push(ty.clone());
        } else {
            late_columns.push(*column);
            late_types.push(ty.clone());
        }
    }
    let place = |c: usize| places.get(c).copied().unwrap_or(id);
    keys.iter_mut().for_each(|k| remap(&mut k.expr, &place));
    filter.iter_mut().for_each(|f| remap(f, &place));
    let (table, alias) = (*table, alias.clone());
    (*columns, *types, *row_id) = (kept_columns, kept_types, true);
    let column = |index, ty| Expr::Column { index, ty };
    let lookup = Plan::LookupJoin(Box::new(LookupJoin {
        kind: JoinKind::Inner,
        left: take(plan),
        table,
        alias,
        columns: late_columns,
        types: late_types,
        row_id: false,
        index: None,
        keys: vec![column(id, DataType::BIGINT)],
        condition: None,
    }));
    let exprs = outputs
        .into_iter()
        .enumerate()
        .map(|(i, ty)| column(place(i), ty));
    Some(Plan::Project {
        input: Box::new(lookup),
        exprs: exprs.collect(),
    })
}
