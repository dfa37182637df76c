//! Walks two inputs side by side that both come in the order of the join's keys, instead of building a hash table of one.
//!
//! Before: `HashJoin(Scan a, Scan b, a.id = b.id)`. After: `MergeJoin(Scan a, Scan b, a.id = b.id)`.
//!
//! An input is in order if it is read by row id, or by an index that it is read by anyway, or that tells all columns that are wanted; filters,
//! projections and the left sides of joins keep the order. Keys are taken in the order of the equalities. It must be cheaper than
//! building and probing: entries of an index cost more than rows of a scan. Runs when accesses are chosen, before
//! sorts are dropped, which then leave these orders as they are.

use super::access_order::{Wanted, give_order};
use super::costs::{BUILD, ENTRY, PROBE, WALK, WIDE};
use super::estimate::rows;
use super::lossless::compared_column;
use super::statistics::Statistics;
use crate::sql::plan::{Access, Expr, Join, Plan};

/// Makes merge joins of a plan's hash joins where that is cheaper.
pub fn choose_merge_joins(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| choose_merge_joins(input, stats));
    if let Plan::Join(j) = plan
        && !j.equal.is_empty()
    {
        merge(j, stats);
    }
}

fn merge(j: &mut Join, stats: &dyn Statistics) {
    let alike = |(l, r): &(Expr, Expr)| {
        let (l, r) = (l.ty(), r.ty());
        l.physical() == r.physical() && l.collation() == r.collation()
    };
    if !j.equal.iter().all(alike) {
        return;
    }
    let Some(left) = in_order(&j.left, j.equal.iter().map(|(l, _)| l), stats) else {
        return;
    };
    let Some(right) = in_order(&j.right, j.equal.iter().map(|(_, r)| r), stats) else {
        return;
    };
    let (l, r) = (rows(&j.left, stats), rows(&j.right, stats));
    let wide = if j.equal.len() > 1 { WIDE } else { 1.0 };
    let walked = (l + r) * WALK * wide + (left.entries + right.entries) * ENTRY;
    if walked < (r * BUILD + l * PROBE) * wide {
        j.left = left.plan;
        j.right = right.plan;
        j.merge = true;
    }
}

/// An input made to come in order.
struct Ordered {
    plan: Plan,
    /// Entries of an index that are read for it instead of rows.
    entries: f64,
}

fn in_order<'e>(
    plan: &Plan,
    keys: impl Iterator<Item = &'e Expr>,
    stats: &dyn Statistics,
) -> Option<Ordered> {
    let wanted = keys.map(|k| compared_column(k).map(Wanted::ascending));
    let mut ordered = plan.clone();
    if !give_order(
        &mut ordered,
        wanted.collect::<Option<_>>()?,
        stats,
        &|_| false,
        true,
    ) {
        return None;
    }
    let (Some(before), Some(after)) = (first_scan(plan), first_scan(&ordered)) else {
        return None;
    };
    let Plan::Scan {
        table,
        columns,
        access,
        ..
    } = after
    else {
        return None;
    };
    let Plan::Scan { access: old, .. } = before else {
        return None;
    };
    let facts = stats.facts(*table)?;
    let entries = match (access, old) {
        (Access::Index { index, .. }, Access::Full) if facts.def.is_covering(*index, columns) => facts.rows,
        // It would no longer turn into a scan where that is better.
        (Access::Index { index, .. }, Access::Index { instead: Some(_), .. })
            if !facts.def.is_covering(*index, columns) =>
        {
            return None;
        }
        (Access::Index { .. }, Access::Full) => return None,
        _ => 0.0,
    };
    Some(Ordered {
        plan: ordered,
        entries,
    })
}

/// The scan whose order a plan has.
fn first_scan(mut plan: &Plan) -> Option<&Plan> {
    loop {
        plan = match plan {
            Plan::Scan { .. } => return Some(plan),
            Plan::Filter { input, .. } | Plan::Project { input, .. } => input,
            Plan::Join(j) => &j.left,
            Plan::LookupJoin(j) => &j.left,
            _ => return None,
        }
    }
}
