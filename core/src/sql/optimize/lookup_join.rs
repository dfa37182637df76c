//! Looks rows up by key instead of building a hash table of a big table for a few left rows.
//!
//! Before: `HashJoin(10 orders, Scan customers, orders.customer_id = customers.id)`.
//! After: `LookupJoin(10 orders, customers by row id = customer_id)`.
//!
//! The right side must be a scan that reaches far more rows than the left side has, with a row id or index
//! columns among its join keys. Its filter and the other keys become the join's condition. Runs before scans
//! get their accesses.

use super::access::rows_reached;
use super::columns::raised;
use super::conjuncts::{join, split};
use super::costs::LOOKUP_COST;
use super::estimate::rows;
use super::lossless::compared_column;
use super::plan_parts::take;
use super::statistics::Statistics;
use crate::sql::plan::{CompareOp, Expr, Join, LookupJoin, Plan};
use alloc::{boxed::Box, vec::Vec};

/// What can be looked up.
struct Lookup {
    /// An index; `None`: row ids.
    index: Option<usize>,
    /// Which join keys, in the order of the index's columns.
    keys: Vec<usize>,
    /// Rows found per key.
    rows: f64,
}

/// Makes lookup joins of a plan's hash joins where that is cheaper.
pub fn choose_lookup_joins(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| choose_lookup_joins(input, stats));
    if let Plan::Join(j) = plan
        && let Some(lookup) = {
            let keys: Vec<&Expr> = j.equal.iter().map(|(_, r)| r).collect();
            cheaper_lookup(rows(&j.left, stats), &j.right, &keys, stats)
        }
        && let Plan::Join(j) = take(plan)
    {
        *plan = rewritten(*j, lookup);
    }
}

/// Whether looking rows of a plan up by some of these keys, which are over its output, costs `left` rows less than
/// reading all of it.
pub fn is_cheaper(left: f64, plan: &Plan, keys: &[&Expr], stats: &dyn Statistics) -> bool {
    cheaper_lookup(left, plan, keys, stats).is_some()
}

/// The index (`None`: row ids) by which rows of a scan are found for values of one expression over its output,
/// and how many per value.
pub fn lookup_by(plan: &Plan, key: &Expr, stats: &dyn Statistics) -> Option<(Option<usize>, f64)> {
    best_lookup(plan, &[key], stats).map(|l| (l.index, l.rows))
}

fn cheaper_lookup(left: f64, plan: &Plan, keys: &[&Expr], stats: &dyn Statistics) -> Option<Lookup> {
    let lookup = best_lookup(plan, keys, stats)?;
    let reached = rows_reached(plan, stats)?;
    (left * lookup.rows.max(1.0) * LOOKUP_COST < reached).then_some(lookup)
}

fn best_lookup(plan: &Plan, keys: &[&Expr], stats: &dyn Statistics) -> Option<Lookup> {
    let Plan::Scan { table, columns, .. } = plan else {
        return None;
    };
    let facts = stats.facts(*table)?;
    // Which key is on a table column.
    let key_on = |column: usize| {
        let on = |k: &&Expr| compared_column(k).and_then(|i| columns.get(i)) == Some(&column);
        keys.iter().position(on)
    };
    if let Some(key) = facts.def.row_id_column.and_then(key_on) {
        return Some(Lookup {
            index: None,
            keys: alloc::vec![key],
            rows: 1.0,
        });
    }
    let by_index = |(i, index): (usize, &crate::catalog::IndexDef)| {
        let keys: Vec<usize> = index.columns.iter().map_while(|c| key_on(c.column)).collect();
        let rows = (facts.rows / facts.key_distinct(i, keys.len())).max(1.0);
        (!keys.is_empty()).then_some(Lookup {
            index: Some(i),
            keys,
            rows,
        })
    };
    let lookups = facts.def.indexes.iter().enumerate().filter_map(by_index);
    lookups.min_by(|a, b| a.rows.total_cmp(&b.rows))
}

fn rewritten(j: Join, lookup: Lookup) -> Plan {
    let width = j.left.types().len();
    let Plan::Scan {
        table,
        alias,
        columns,
        types,
        row_id,
        filter,
        ..
    } = j.right
    else {
        return Plan::Join(Box::new(j));
    };
    let mut conditions: Vec<Expr> = Vec::new();
    let mut keys = Vec::with_capacity(lookup.keys.len());
    for k in &lookup.keys {
        keys.extend(j.equal.get(*k).map(|(l, _)| l.clone()));
    }
    for (i, (l, r)) in j.equal.into_iter().enumerate() {
        if !lookup.keys.contains(&i) {
            conditions.push(Expr::Compare {
                op: CompareOp::Eq,
                left: Box::new(l),
                right: Box::new(raised(r, width)),
            });
        }
    }
    conditions.extend(split(filter).into_iter().map(|c| raised(c, width)));
    conditions.extend(split(j.condition));
    Plan::LookupJoin(Box::new(LookupJoin {
        kind: j.kind,
        left: j.left,
        table,
        alias,
        columns,
        types,
        row_id,
        index: lookup.index,
        keys,
        condition: join(conditions),
    }))
}
