//! Chooses how each scan reaches its rows.
//!
//! Before: `Scan t [a = 1 AND b > ? AND c LIKE 'x%']`, all rows.
//! After: `Scan t by index (a, b): a = 1 AND b > ?`, filter `c LIKE 'x%'`.
//!
//! Candidates: the row id (equal, in a list, in a range) and every index (equal on its first columns, then
//! a list or a range on the next). The one that reaches the fewest rows is taken; rows that the entries of an index tell
//! count a quarter, for they are not looked up. Other sides of comparisons
//! must be known when the statement starts. Conditions that the access guarantees leave the filter; those of
//! a range that may turn out large are kept in [`Access::Index::instead`].

use super::columns::is_constant;
use super::conjuncts::{join, split};
use super::lossless::compared_column;
use super::statistics::{Statistics, TableFacts};
use crate::sql::plan::{Access, CompareOp, Expr, Plan, ScanBounds};
use alloc::vec::Vec;
use core::ops::Bound;

/// What an entry of an index costs that tells all that is wanted, beside one whose row is looked up.
const COVERED: f64 = 0.25;

/// Chooses the accesses of all scans of a plan.
pub fn choose_accesses(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| choose_accesses(input, stats));
    let Plan::Scan {
        table,
        columns,
        access,
        filter,
        ..
    } = plan
    else {
        return;
    };
    let (Access::Full, Some(facts)) = (&access, stats.facts(*table)) else {
        return;
    };
    let conjuncts = split(filter.take());
    let best = best_candidate(&facts, columns, &conjuncts);
    let used = |i: &usize| best.as_ref().is_some_and(|b| b.used.contains(i));
    let (guaranteed, rest): (Vec<_>, Vec<_>) = conjuncts.into_iter().enumerate().partition(|(i, _)| used(i));
    *filter = join(rest.into_iter().map(|(_, c)| c));
    if let Some(best) = best {
        *access = best.access;
        if let Access::Index { instead, .. } = access
            && !best.exact
        {
            *instead = join(guaranteed.into_iter().map(|(_, c)| c));
        }
    }
}

/// Rows that a scan reaches once its access is chosen; `None` for another plan.
pub fn rows_reached(plan: &Plan, stats: &dyn Statistics) -> Option<f64> {
    let Plan::Scan {
        table,
        columns,
        filter,
        ..
    } = plan
    else {
        return None;
    };
    let facts = stats.facts(*table)?;
    let conjuncts = split(filter.clone());
    Some(best_candidate(&facts, columns, &conjuncts).map_or(facts.rows, |b| b.rows))
}

/// A way to reach rows.
struct Candidate {
    access: Access,
    /// Conjuncts it guarantees.
    used: Vec<usize>,
    /// Rows it reaches.
    rows: f64,
    /// Whether `rows` is certain: keys of a unique index, row ids.
    exact: bool,
}

/// A comparison of a column with something known when the statement starts.
struct Known<'a> {
    at: usize,
    column: usize,
    what: What<'a>,
}

enum What<'a> {
    Equal(&'a Expr),
    OneOf(&'a [Expr]),
    From(Bound<&'a Expr>),
    To(Bound<&'a Expr>),
}

fn best_candidate(facts: &TableFacts, columns: &[usize], conjuncts: &[Expr]) -> Option<Candidate> {
    let known: Vec<Known<'_>> = conjuncts
        .iter()
        .enumerate()
        .filter_map(|(at, c)| {
            let (column, what) = comparison(c)?;
            let column = *columns.get(column)?;
            Some(Known { at, column, what })
        })
        .collect();
    if known.is_empty() {
        return None;
    }
    let by_index = (0..facts.def.indexes.len()).filter_map(|i| index_candidate(facts, i, &known));
    // On a tie the row id wins: it saves reading the index.
    let candidates = row_id_candidate(facts, &known).into_iter().chain(by_index);
    let cost = |c: &Candidate| match &c.access {
        Access::Index { index, .. } | Access::IndexList { index, .. }
            if facts.def.is_covering(*index, columns) =>
        {
            c.rows * COVERED
        }
        _ => c.rows,
    };
    candidates.reduce(|a, b| if cost(&b) < cost(&a) { b } else { a })
}

/// What a condition says of a column.
fn comparison(condition: &Expr) -> Option<(usize, What<'_>)> {
    match condition {
        Expr::Compare { op, left, right } => {
            let (op, column, other) = if is_constant(right) {
                (*op, left, right)
            } else if is_constant(left) {
                (super::simplify::flipped(*op), right, left)
            } else {
                return None;
            };
            let what = match op {
                CompareOp::Eq => What::Equal(other),
                CompareOp::Gt => What::From(Bound::Excluded(other)),
                CompareOp::GtEq => What::From(Bound::Included(other)),
                CompareOp::Lt => What::To(Bound::Excluded(other)),
                CompareOp::LtEq => What::To(Bound::Included(other)),
                CompareOp::NotEq | CompareOp::NullSafeEq => return None,
            };
            Some((compared_column(column)?, what))
        }
        Expr::InList {
            operand,
            list,
            negated: false,
        } if list.iter().all(is_constant) => Some((compared_column(operand)?, What::OneOf(list))),
        _ => None,
    }
}

fn equal_to<'a>(known: &[Known<'a>], column: usize) -> Option<(usize, &'a Expr)> {
    known.iter().find_map(|k| match k.what {
        What::Equal(e) if k.column == column => Some((k.at, e)),
        _ => None,
    })
}

fn one_of<'a>(known: &[Known<'a>], column: usize) -> Option<(usize, &'a [Expr])> {
    known.iter().find_map(|k| match k.what {
        What::OneOf(list) if k.column == column => Some((k.at, list)),
        _ => None,
    })
}

/// The first lower and the first upper bound of a column.
fn range_of(known: &[Known<'_>], column: usize, used: &mut Vec<usize>) -> ScanBounds {
    let mut bounds = ScanBounds {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    };
    for k in known.iter().filter(|k| k.column == column) {
        match (&k.what, &bounds.from, &bounds.to) {
            (What::From(b), Bound::Unbounded, _) => bounds.from = b.cloned(),
            (What::To(b), _, Bound::Unbounded) => bounds.to = b.cloned(),
            _ => continue,
        }
        used.push(k.at);
    }
    bounds
}

fn row_id_candidate(facts: &TableFacts, known: &[Known<'_>]) -> Option<Candidate> {
    let column = facts.def.row_id_column?;
    let list = |at: usize, list: &[Expr]| Candidate {
        access: Access::RowIdList(list.to_vec()),
        used: alloc::vec![at],
        rows: (list.len() as f64).min(facts.rows),
        exact: true,
    };
    if let Some((at, e)) = equal_to(known, column) {
        return Some(list(at, core::slice::from_ref(e)));
    }
    if let Some((at, l)) = one_of(known, column) {
        return Some(list(at, l));
    }
    let mut used = Vec::new();
    let bounds = range_of(known, column, &mut used);
    (!used.is_empty()).then(|| Candidate {
        rows: facts.rows * facts.range_part(column, &bounds),
        access: Access::RowIds {
            bounds,
            reverse: false,
        },
        used,
        exact: true,
    })
}

fn index_candidate(facts: &TableFacts, index: usize, known: &[Known<'_>]) -> Option<Candidate> {
    let def = facts.def.indexes.get(index)?;
    let (mut used, mut equal) = (Vec::new(), Vec::new());
    let mut rest = def.columns.iter();
    let mut next = rest.next();
    while let Some(c) = next
        && let Some((at, e)) = equal_to(known, c.column)
    {
        used.push(at);
        equal.push(e.clone());
        next = rest.next();
    }
    let rows = match equal.len() {
        0 => facts.rows,
        n => facts.rows / facts.key_distinct(index, n),
    };
    let Some(next) = next else {
        return Some(Candidate {
            access: range(index, equal, unbounded()),
            used,
            rows: if def.unique { 1.0_f64.min(facts.rows) } else { rows },
            exact: def.unique,
        });
    };
    if let Some((at, list)) = one_of(known, next.column) {
        used.push(at);
        return Some(Candidate {
            rows: (facts.rows * list.len() as f64 / facts.key_distinct(index, equal.len() + 1))
                .min(facts.rows),
            access: Access::IndexList {
                index,
                equal,
                list: list.to_vec(),
            },
            used,
            exact: false,
        });
    }
    let bounds = range_of(known, next.column, &mut used);
    (!used.is_empty()).then(|| Candidate {
        rows: rows * facts.range_part(next.column, &bounds),
        access: range(index, equal, bounds),
        used,
        exact: false,
    })
}

fn unbounded() -> ScanBounds {
    ScanBounds {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    }
}

fn range(index: usize, equal: Vec<Expr>, bounds: ScanBounds) -> Access {
    Access::Index {
        index,
        equal,
        bounds,
        reverse: false,
        instead: None,
    }
}
