//! Reads one row for MIN or MAX of a column that has an order.
//!
//! Before: `Aggregate(MAX(id), Scan t)`. After: `Aggregate(MAX(id), Limit(1, Scan t backwards))`.
//!
//! For a single MIN or MAX without GROUP BY over a whole table, by row id or by the first column of an index.

use super::columns::plain_column;
use super::plan_parts::take;
use super::statistics::Statistics;
use crate::sql::functions::Aggregate;
use crate::sql::plan::{Access, Expr, Plan, ScanBounds};
use crate::types::{DataType, Value};
use alloc::boxed::Box;
use core::ops::Bound;

/// Applies the rule to a whole plan.
pub fn read_extremes(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| read_extremes(input, stats));
    let Plan::Aggregate {
        input,
        keys,
        aggregates,
    } = plan
    else {
        return;
    };
    let ([], [call]) = (keys.as_slice(), aggregates.as_slice()) else {
        return;
    };
    let max = match call.function {
        Aggregate::Min => false,
        Aggregate::Max => true,
        _ => return,
    };
    let Some(arg) = call.args.first() else { return };
    if narrow(input, arg, max, stats) {
        let scan = take(input);
        **input = Plan::Limit {
            input: Box::new(scan),
            limit: Some(Expr::Literal {
                value: Value::Int(1),
                ty: DataType::BIGINT,
            }),
            offset: None,
        };
    }
}

/// Makes a plan yield the row with the extreme first, if it is a scan (under projections) of a whole table.
fn narrow(plan: &mut Plan, arg: &Expr, max: bool, stats: &dyn Statistics) -> bool {
    let Some(column) = plain_column(arg) else {
        return false;
    };
    match plan {
        Plan::Project { input, exprs } => match exprs.get(column).cloned() {
            Some(inner) => narrow(input, &inner, max, stats),
            None => false,
        },
        Plan::Scan {
            table,
            columns,
            access: access @ Access::Full,
            filter: filter @ None,
            ..
        } => {
            let (Some(facts), Some(column)) = (stats.facts(*table), columns.get(column)) else {
                return false;
            };
            let bounds = ScanBounds {
                from: Bound::Unbounded,
                to: Bound::Unbounded,
            };
            if facts.def.row_id_column == Some(*column) {
                *access = Access::RowIds { bounds, reverse: max };
                return true;
            }
            let first =
                |i: &crate::catalog::IndexDef| i.columns.first().filter(|c| c.column == *column).cloned();
            let found = facts
                .def
                .indexes
                .iter()
                .enumerate()
                .find_map(|(i, d)| Some((i, first(d)?)));
            let Some((index, part)) = found else { return false };
            *access = Access::Index {
                index,
                equal: alloc::vec::Vec::new(),
                bounds,
                reverse: max != part.descending,
                instead: None,
            };
            // NULLs are no values; they come first or last in the index.
            *filter = Some(Expr::IsNull {
                operand: Box::new(arg.clone()),
                negated: true,
            });
            true
        }
        _ => false,
    }
}
