//! Drops columns that nothing above needs; scans then hand out only what is read.
//!
//! Before: `Project(name, Join(Scan users [all columns], …))`. After: the scan has `id` and `name` only.
//!
//! Projections that only repeat their input go too. The output of the whole plan stays.

use super::columns::{for_each_column, plain_column, remap};
use super::plan_parts::take;
use crate::sql::plan::{Access, AggregateCall, ApplyKind, Expr, Plan};
use crate::types::DataType;
use alloc::vec::Vec;

/// Where an output column has gone; `None`: dropped.
type Moved = Vec<Option<usize>>;

/// Prunes a plan of which all output columns are needed.
pub fn prune_columns(plan: &mut Plan) {
    let needed = alloc::vec![true; plan.types().len()];
    prune(plan, &needed);
}

/// Prunes a plan of which only the number of rows matters.
pub fn prune_all_columns(plan: &mut Plan) {
    let needed = alloc::vec![false; plan.types().len()];
    prune(plan, &needed);
}

fn need(needed: &mut [bool], expr: &Expr) {
    for_each_column(expr, &mut |c| {
        if let Some(n) = needed.get_mut(c) {
            *n = true;
        }
    });
}

fn move_columns(expr: &mut Expr, moved: &Moved) {
    remap(expr, &|c| moved.get(c).copied().flatten().unwrap_or(0));
}

/// The places of the kept ones after the others are gone.
fn places(kept: &[bool]) -> Moved {
    let mut next = 0;
    let place = |kept: &bool| {
        kept.then(|| {
            next += 1;
            next - 1
        })
    };
    kept.iter().map(place).collect()
}

fn keep<T>(list: &mut Vec<T>, kept: &[bool]) {
    let mut flags = kept.iter();
    list.retain(|_| flags.next().copied().unwrap_or(false));
}

/// Drops what is not needed of a plan's output (filters may leave more than that) and says where the rest is.
fn prune(plan: &mut Plan, needed: &[bool]) -> Moved {
    match plan {
        Plan::Scan {
            columns,
            types,
            row_id,
            access,
            filter,
            ..
        } => prune_scan(columns, types, row_id, access, filter, needed),
        Plan::Values { rows, types } => {
            rows.iter_mut().for_each(|r| keep(r, needed));
            keep(types, needed);
            places(needed)
        }
        Plan::Filter { input, condition } => {
            let mut below = needed.to_vec();
            need(&mut below, condition);
            let moved = prune(input, &below);
            move_columns(condition, &moved);
            moved
        }
        Plan::Project { input, exprs } => {
            keep(exprs, needed);
            let mut below = alloc::vec![false; input.types().len()];
            exprs.iter().for_each(|e| need(&mut below, e));
            let moved = prune(input, &below);
            exprs.iter_mut().for_each(|e| move_columns(e, &moved));
            let width = input.types().len();
            let same = exprs.len() == width && exprs.iter().zip(0..).all(|(e, i)| plain_column(e) == Some(i));
            if same {
                let below = take(input);
                *plan = below;
            }
            places(needed)
        }
        Plan::Join(j) => {
            let width = j.left.types().len();
            let mut below = needed.to_vec();
            j.condition.iter().for_each(|c| need(&mut below, c));
            let (left, right) = below.split_at_mut(width.min(needed.len()));
            for (l, r) in &j.equal {
                need(left, l);
                need(right, r);
            }
            let left = prune(&mut j.left, left);
            let right = prune(&mut j.right, right);
            for (l, r) in &mut j.equal {
                move_columns(l, &left);
                move_columns(r, &right);
            }
            let moved = side_by_side(left, right, j.left.types().len());
            j.condition.iter_mut().for_each(|c| move_columns(c, &moved));
            moved
        }
        Plan::LookupJoin(j) => {
            let width = j.left.types().len();
            let mut below = needed.to_vec();
            j.condition.iter().for_each(|c| need(&mut below, c));
            let (left, right) = below.split_at_mut(width.min(needed.len()));
            j.keys.iter().for_each(|k| need(left, k));
            let left = prune(&mut j.left, left);
            j.keys.iter_mut().for_each(|k| move_columns(k, &left));
            keep(&mut j.types, right);
            keep(&mut j.columns, right);
            if j.row_id {
                j.row_id = right.last().copied().unwrap_or(false);
            }
            let moved = side_by_side(left, places(right), j.left.types().len());
            j.condition.iter_mut().for_each(|c| move_columns(c, &moved));
            moved
        }
        Plan::Aggregate {
            input,
            keys,
            aggregates,
        } => {
            let flags = needed.get(keys.len()..).unwrap_or(&[]).to_vec();
            keep(aggregates, &flags);
            let mut below = alloc::vec![false; input.types().len()];
            keys.iter().for_each(|k| need(&mut below, k));
            aggregates
                .iter()
                .flat_map(AggregateCall::exprs)
                .for_each(|a| need(&mut below, a));
            let moved = prune(input, &below);
            keys.iter_mut().for_each(|k| move_columns(k, &moved));
            let args = aggregates.iter_mut().flat_map(AggregateCall::exprs_mut);
            args.for_each(|a| move_columns(a, &moved));
            let mut kept = alloc::vec![true; keys.len()];
            kept.extend(flags);
            places(&kept)
        }
        Plan::Distinct { input } => {
            let all = alloc::vec![true; input.types().len()];
            prune(input, &all)
        }
        Plan::Append { inputs } => {
            inputs.iter_mut().for_each(|input| prune_exactly(input, needed));
            places(needed)
        }
        Plan::WorkTable { .. } | Plan::TableFunction(_) | Plan::Information(_) => {
            places(&alloc::vec![true; needed.len()])
        }
        Plan::Recursive(r) => {
            let all = alloc::vec![true; needed.len()];
            prune_exactly(&mut r.anchor, &all);
            prune_exactly(&mut r.step, &all);
            places(&all)
        }
        Plan::Window(w) => {
            let width = w.input.types().len();
            let (below, results) = needed.split_at(width.min(needed.len()));
            let (mut below, results) = (below.to_vec(), results.to_vec());
            keep(&mut w.calls, &results);
            if w.calls.is_empty() {
                let moved = prune(&mut w.input, &below);
                let input = take(&mut w.input);
                *plan = input;
                return side_by_side(moved, alloc::vec![None; results.len()], 0);
            }
            w.partition.iter().for_each(|e| need(&mut below, e));
            w.order.iter().for_each(|k| need(&mut below, &k.expr));
            w.calls
                .iter()
                .for_each(|c| c.for_each_input_expr(&mut |e| need(&mut below, e)));
            let moved = prune(&mut w.input, &below);
            w.partition.iter_mut().for_each(|e| move_columns(e, &moved));
            w.order.iter_mut().for_each(|k| move_columns(&mut k.expr, &moved));
            let calls = w.calls.iter_mut();
            calls.for_each(|c| c.for_each_expr_mut(&mut |e| move_columns(e, &moved)));
            side_by_side(moved, places(&results), w.input.types().len())
        }
        Plan::Apply(a) => {
            let width = a.input.types().len();
            let (below, answer) = needed.split_at(width.min(needed.len()));
            let mut below = below.to_vec();
            if !answer.contains(&true) {
                // Nobody asks for the answer.
                let moved = prune(&mut a.input, &below);
                let input = take(&mut a.input);
                *plan = input;
                return side_by_side(moved, alloc::vec![None], 0);
            }
            a.captures.iter().for_each(|c| need(&mut below, c));
            let moved = prune(&mut a.input, &below);
            a.captures.iter_mut().for_each(|c| move_columns(c, &moved));
            let asked = alloc::vec![a.kind != ApplyKind::Exists; a.subquery.types().len()];
            prune_exactly(&mut a.subquery, &asked);
            side_by_side(moved, alloc::vec![Some(0)], a.input.types().len())
        }
        Plan::LateralJoin(j) => {
            let width = j.left.types().len();
            let mut below = needed.to_vec();
            j.condition.iter().for_each(|c| need(&mut below, c));
            let (left, right) = below.split_at_mut(width.min(needed.len()));
            j.captures.iter().for_each(|c| need(left, c));
            let left = prune(&mut j.left, left);
            let right = prune(&mut j.right, right);
            j.captures.iter_mut().for_each(|c| move_columns(c, &left));
            let moved = side_by_side(left, right, j.left.types().len());
            j.condition.iter_mut().for_each(|c| move_columns(c, &moved));
            moved
        }
        Plan::SetOperation(s) => {
            let all = alloc::vec![true; needed.len()];
            prune_exactly(&mut s.left, &all);
            prune_exactly(&mut s.right, &all);
            places(&all)
        }
        Plan::Sort { input, keys, .. } => {
            let mut below = needed.to_vec();
            keys.iter().for_each(|k| need(&mut below, &k.expr));
            let moved = prune(input, &below);
            keys.iter_mut().for_each(|k| move_columns(&mut k.expr, &moved));
            moved
        }
        Plan::Limit { input, .. } => prune(input, needed),
    }
}

/// As [`prune`], with nothing left of the output but what is needed, in order.
fn prune_exactly(plan: &mut Plan, needed: &[bool]) {
    let types = plan.types();
    let moved = prune(plan, needed);
    let kept = needed
        .iter()
        .zip(moved)
        .zip(types)
        .filter(|((needed, _), _)| **needed);
    let column = |((_, moved), ty): ((&bool, Option<usize>), DataType)| Expr::Column {
        index: moved.unwrap_or(0),
        ty,
    };
    let exprs: Vec<Expr> = kept.map(column).collect();
    let width = plan.types().len();
    *plan = take(plan).projected(exprs, width);
}

fn side_by_side(mut left: Moved, right: Moved, width: usize) -> Moved {
    left.extend(right.into_iter().map(|c| c.map(|c| c + width)));
    left
}

fn prune_scan(
    columns: &mut Vec<usize>,
    types: &mut Vec<DataType>,
    row_id: &mut bool,
    access: &mut Access,
    filter: &mut Option<Expr>,
    needed: &[bool],
) -> Moved {
    let mut kept = needed.to_vec();
    filter.iter().for_each(|f| need(&mut kept, f));
    if let Access::Index { instead, .. } = access {
        if kept.contains(&true) {
            instead.iter().for_each(|c| need(&mut kept, c));
        } else {
            // The index alone answers: scanning instead would only cost more.
            *instead = None;
        }
    }
    let moved = places(&kept);
    keep(columns, &kept);
    keep(types, &kept);
    if *row_id {
        *row_id = kept.last().copied().unwrap_or(false);
    }
    filter.iter_mut().for_each(|f| move_columns(f, &moved));
    if let Access::Index {
        instead: Some(condition),
        ..
    } = access
    {
        move_columns(condition, &moved);
    }
    moved
}
