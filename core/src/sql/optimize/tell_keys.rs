//! Lets a scan leave out the rows that would find no partner in a hash join above it.
//!
//! Before: `Join l_order = o_id (Scan line) (Scan orders; filter o_date > …)`. After: once the right side is
//! read, the join tells the scan of `line` which values of `o_id` there are, and the scan reads the other
//! columns only of rows whose `l_order` is among them. (Sideways information passing: Ives and Taylor,
//! "Sideways Information Passing for Push-Style Query Processing", ICDE 2008.)
//!
//! A scan may still hand out other rows, since the join looks at every one; so which rows come of the
//! plan does not change. Runs last: it counts on the positions of columns.

use super::columns::plain_column;
use crate::sql::plan::{Access, Join, JoinKind, KeyFilter, Plan, ToldKeys};
use crate::types::Physical;
use alloc::vec::Vec;

/// Applies the rule to a whole plan. `number`: keys told so far in the query.
pub fn tell_keys(plan: &mut Plan, number: &mut usize) {
    if let Plan::Join(join) = plan {
        tell(join, number);
    }
    plan.for_each_input_mut(&mut |input| tell_keys(input, number));
}

fn tell(join: &mut Join, number: &mut usize) {
    // A LEFT JOIN keeps the rows that have no partner, and a merge join reads both sides at once.
    if join.kind != JoinKind::Inner || join.merge || is_whole(&join.right) {
        return;
    }
    for (key, (left, right)) in join.equal.iter().enumerate() {
        let (Some(column), Some(_)) = (plain_column(left), plain_column(right)) else {
            continue;
        };
        if right.ty().physical() == Physical::I64
            && let Some((key_filters, column)) = scan_of(&mut join.left, column)
        {
            let keys = *number;
            *number += 1;
            key_filters.push(KeyFilter { column, keys });
            join.told.push(ToldKeys { key, number: keys });
        }
    }
}

/// Whether a plan has a row for each of its tables' rows, so that it hardly lacks a key.
fn is_whole(plan: &Plan) -> bool {
    match plan {
        Plan::Scan {
            access: Access::Full,
            filter: None,
            key_filters,
            ..
        } => key_filters.is_empty(),
        Plan::Project { input, .. }
        | Plan::Distinct { input }
        | Plan::Aggregate { input, .. }
        | Plan::Sort {
            input, limit: None, ..
        } => is_whole(input),
        Plan::LookupJoin(j) => is_whole(&j.left),
        Plan::Join(j) => is_whole(&j.left) && is_whole(&j.right),
        _ => false,
    }
}

/// The scan an output column of a plan comes from, and its position there, if the plan's rows with one value of that
/// column depend on no row of the scan with another value.
fn scan_of(plan: &mut Plan, column: usize) -> Option<(&mut Vec<KeyFilter>, usize)> {
    match plan {
        Plan::Scan {
            access: Access::Full | Access::RowIds { reverse: false, .. },
            key_filters,
            ..
        } => Some((key_filters, column)),
        Plan::Filter { input, .. }
        | Plan::Distinct { input }
        | Plan::Sort {
            input, limit: None, ..
        } => scan_of(input, column),
        Plan::Project { input, exprs } => {
            let column = plain_column(exprs.get(column)?)?;
            scan_of(input, column)
        }
        Plan::Aggregate { input, keys, .. } => {
            let column = plain_column(keys.get(column)?)?;
            scan_of(input, column)
        }
        Plan::Join(j) => match column.checked_sub(j.left.types().len()) {
            None => scan_of(&mut j.left, column),
            // The rows of the other side would find no partner, and stay.
            Some(_) if j.kind == JoinKind::Left => None,
            Some(column) => scan_of(&mut j.right, column),
        },
        Plan::LookupJoin(j) if column < j.left.types().len() => scan_of(&mut j.left, column),
        _ => None,
    }
}
