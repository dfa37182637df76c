//! The cheapest order in which the tables of a chain are joined, one after the other: each set of tables is joined in the order that costs least
//! (Selinger et al., 1979), so that the last table to be joined decides only among orders of the others that are best already.
//!
//! An order with fewer cross products is better than any with more.

use super::access::rows_reached;
use super::columns::{all_columns, lowered};
use super::costs::{BUILD, LOOKUP_COST, OUTPUT, PROBE, SCAN, WIDE};
use super::join_order::{Condition, Member};
use super::lookup_join::lookup_by;
use super::statistics::Statistics;
use crate::sql::plan::{CompareOp, Expr};
use alloc::vec::Vec;

/// Longest chain of which all orders are compared: the work doubles with each table.
pub(super) const MOST_COMPARED: usize = 8;

/// The best way to join a set of tables.
#[derive(Clone, Copy)]
struct Best {
    crosses: u32,
    cost: f64,
    rows: f64,
    /// The table joined last.
    last: usize,
}

/// A condition as an equality that a table may be joined by.
struct Key {
    table: usize,
    members: u64,
    /// Rows found for a value, if they can be looked up.
    per_value: Option<f64>,
}

/// The order of the members, of which there are at most [`MOST_COMPARED`].
pub(super) fn cheapest_order(
    members: &[Member],
    conditions: &[Condition],
    stats: &dyn Statistics,
) -> Vec<usize> {
    let reached: Vec<f64> = members
        .iter()
        .map(|m| rows_reached(&m.plan, stats).unwrap_or(m.rows))
        .collect();
    let keys: Vec<Key> = conditions
        .iter()
        .flat_map(|c| keys_of(c, members, stats))
        .collect();
    let all = 1_usize << members.len();
    let mut best: Vec<Option<Best>> = alloc::vec![None; all];
    for set in 1..all {
        let mut found: Option<Best> = None;
        // Where it makes no difference they stay as they were written.
        for (m, member) in members
            .iter()
            .enumerate()
            .rev()
            .filter(|(m, _)| set & 1 << m != 0)
        {
            let scan = reached.get(m).copied().unwrap_or(member.rows) * SCAN;
            let before = set & !(1 << m);
            let candidate = match best.get(before).copied().flatten() {
                None => Best {
                    crosses: 0,
                    cost: scan,
                    rows: member.rows,
                    last: m,
                },
                Some(b) => joined(b, before as u64, (m, member, scan), conditions, &keys),
            };
            let is_better = |f: &Best| (candidate.crosses, candidate.cost) < (f.crosses, f.cost);
            if found.as_ref().is_none_or(is_better) {
                found = Some(candidate);
            }
        }
        if let Some(slot) = best.get_mut(set) {
            *slot = found;
        }
    }
    let mut order = Vec::with_capacity(members.len());
    let mut set = all - 1;
    while let Some(b) = best.get(set).copied().flatten() {
        order.push(b.last);
        set &= !(1 << b.last);
    }
    order.reverse();
    order
}

/// A table joined to those before it.
fn joined(
    b: Best,
    before: u64,
    (m, member, scan): (usize, &Member, f64),
    conditions: &[Condition],
    keys: &[Key],
) -> Best {
    let set = before | 1 << m;
    let (mut rows, mut is_tied) = (b.rows * member.rows, false);
    for c in conditions {
        if c.members & (1 << m) != 0 && c.members & before != 0 && c.members & !set == 0 {
            rows *= c.selectivity;
            is_tied = true;
        }
    }
    let usable = || {
        keys.iter()
            .filter(|k| k.table == m && k.members & !set == 0 && k.members & before != 0)
    };
    let wide = if usable().count() > 1 { WIDE } else { 1.0 };
    let (less, more) = (b.rows.min(member.rows), b.rows.max(member.rows));
    let hashed = match usable().next() {
        Some(_) => scan + (less * BUILD + more * PROBE) * wide,
        None => scan + b.rows * member.rows * PROBE,
    };
    let per_value = usable().filter_map(|k| k.per_value).reduce(f64::min);
    // As the rule for lookup joins will have it.
    let looked_up = per_value.map(|n| b.rows * n.max(1.0) * LOOKUP_COST * SCAN);
    let by = looked_up.filter(|cost| *cost < scan).unwrap_or(hashed);
    Best {
        crosses: b.crosses + u32::from(!is_tied),
        cost: b.cost + by + rows * OUTPUT,
        rows,
        last: m,
    }
}

/// What a condition is as a key of the tables it is about.
fn keys_of(c: &Condition, members: &[Member], stats: &dyn Statistics) -> Vec<Key> {
    let Expr::Compare {
        op: CompareOp::Eq,
        left,
        right,
    } = &c.expr
    else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (m, member) in members
        .iter()
        .enumerate()
        .filter(|(m, _)| c.members & 1 << m != 0)
    {
        let own = |e: &Expr| all_columns(e, |i| (member.first..member.first + member.width).contains(&i));
        let other = |e: &Expr| all_columns(e, |i| !(member.first..member.first + member.width).contains(&i));
        let key = match (own(left) && other(right), own(right) && other(left)) {
            (true, _) => left,
            (_, true) => right,
            _ => continue,
        };
        let key = lowered((**key).clone(), member.first);
        keys.push(Key {
            table: m,
            members: c.members,
            per_value: lookup_by(&member.plan, &key, stats).map(|(_, rows)| rows),
        });
    }
    keys
}
