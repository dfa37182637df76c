//! Moves conditions to where they cut rows earliest.
//!
//! Before: `Filter(a.x = b.y AND a.z > 1 AND b.w IS NULL, CrossJoin(a, b))`.
//! After: `Join(Scan a [z > 1], Scan b [w IS NULL], x = y)`.
//!
//! - through projections (written out), sorts, DISTINCT, and below GROUP BY where they are on keys;
//! - into every input of a UNION, and the left one of INTERSECT and EXCEPT;
//! - ON and WHERE equalities between the sides of a join become its keys;
//! - a LEFT JOIN lets WHERE conditions into its left side and ON conditions into its right one; one that
//!   no NULL row passes makes it an inner join;
//! - a comparison of a join key with a constant holds for the other side's key too;
//! - a condition that is never true leaves a plan without rows.
//!
//! Conditions on volatile functions stay where they are: how often they run is what the user wrote.

use super::columns::{
    all_columns, for_each_column, is_constant, is_volatile, lowered, plain_column, raised, substitute,
};
use super::conjuncts::{bool_literal, equal_sides, is_never_true, join, split};
use super::fold_constants::fold_constants;
use super::null_rejection::rejects_nulls;
use super::plan_parts::{is_empty, no_rows, take};
use crate::sql::plan::{CompareOp, Expr, Join, JoinKind, LateralJoin, Plan};
use alloc::{boxed::Box, vec, vec::Vec};

/// Pushes all filters of a plan down.
pub fn push_down_filters(plan: &mut Plan) {
    push(plan, Vec::new());
}

/// Puts conditions on the output of a plan as far down as they go.
///
/// Plans are walked by recursion. What there is to do at one level is in functions of its own, so that a
/// level takes little of the stack.
fn push(plan: &mut Plan, conjuncts: Vec<Expr>) {
    let conjuncts = with_own_filters(plan, conjuncts);
    if conjuncts.iter().any(is_never_true) {
        *plan = no_rows(plan.types());
        return;
    }
    let Parted { below, above } = part(plan, conjuncts);
    let mut below = below.into_iter();
    plan.for_each_input_mut(&mut |input| push(input, below.next().unwrap_or_default()));
    finish(plan, above);
}

/// Takes the filters off the top of a plan: their conditions, and those given.
fn with_own_filters(plan: &mut Plan, conjuncts: Vec<Expr>) -> Vec<Expr> {
    let mut all = conjuncts;
    while matches!(plan, Plan::Filter { .. }) {
        if let Plan::Filter { input, condition } = take(plan) {
            let mut own = split(Some(condition));
            own.append(&mut all);
            all = own;
            *plan = *input;
        }
    }
    all
}

/// Conditions that go below an operator, for each of its inputs, and those that stay above it.
#[derive(Default)]
struct Parted {
    below: Vec<Vec<Expr>>,
    above: Vec<Expr>,
}

impl Parted {
    /// Those that pass the test go to the only input.
    fn by(conjuncts: Vec<Expr>, goes_down: impl Fn(&Expr) -> bool) -> Parted {
        let (below, above) = conjuncts.into_iter().partition(goes_down);
        Parted {
            below: vec![below],
            above,
        }
    }

    /// Writes out columns of those that go down, as the only input knows them.
    fn in_terms_of(mut self, exprs: &[Expr]) -> Parted {
        for conditions in &mut self.below {
            for condition in conditions.iter_mut() {
                substitute(condition, exprs);
                fold_constants(condition);
            }
            conditions.retain(|c| bool_literal(c) != Some(true));
        }
        self
    }
}

/// Parts conditions on the output of a plan that is no filter. A scan takes all of them itself.
fn part(plan: &mut Plan, conjuncts: Vec<Expr>) -> Parted {
    match plan {
        Plan::Scan { filter, .. } => {
            let mut all = split(filter.take());
            all.extend(conjuncts);
            *filter = join(all);
            Parted::default()
        }
        Plan::Project { exprs, .. } => {
            let through = |c: &Expr| {
                let mut volatile = is_volatile(c);
                for_each_column(c, &mut |i| volatile |= exprs.get(i).is_none_or(is_volatile));
                !volatile
            };
            Parted::by(conjuncts, through).in_terms_of(exprs)
        }
        Plan::Distinct { .. } | Plan::Sort { limit: None, .. } => Parted::by(conjuncts, |c| !is_volatile(c)),
        Plan::Aggregate { keys, .. } => {
            let on_keys = |c: &Expr| {
                let key = |i: usize| keys.get(i).is_some_and(|k| !is_volatile(k));
                !keys.is_empty() && !is_volatile(c) && all_columns(c, key)
            };
            Parted::by(conjuncts, on_keys).in_terms_of(keys)
        }
        Plan::Join(j) => part_at_join(j, conjuncts),
        Plan::Append { inputs } => {
            let (everywhere, above): (Vec<Expr>, _) = conjuncts.into_iter().partition(|c| !is_volatile(c));
            Parted {
                below: vec![everywhere; inputs.len()],
                above,
            }
        }
        // Whole partitions may go, rows of one may not.
        Plan::Window(w) => {
            let partitions = |i: usize| w.partition.iter().any(|e| plain_column(e) == Some(i));
            Parted::by(conjuncts, |c| !is_volatile(c) && all_columns(c, partitions))
        }
        Plan::Apply(a) => {
            let width = a.input.types().len();
            // The subquery, the second input, gets none.
            Parted::by(conjuncts, |c| !is_volatile(c) && all_columns(c, |i| i < width))
        }
        Plan::LateralJoin(j) => part_at_lateral_join(j, conjuncts),
        // What comes out are left rows. Of how many there are with ALL others decide too.
        Plan::SetOperation(s) if !s.all => Parted::by(conjuncts, |c| !is_volatile(c)),
        _ => Parted {
            below: Vec::new(),
            above: conjuncts,
        },
    }
}

/// After conditions went below an operator: those that stay go above it. A join that can have no rows is
/// none any more.
fn finish(plan: &mut Plan, above: Vec<Expr>) {
    if let Plan::Join(j) = plan
        && (is_empty(&j.left) || (j.kind == JoinKind::Inner && is_empty(&j.right)))
    {
        *plan = no_rows(plan.types());
    } else if !above.is_empty() {
        *plan = take(plan).filtered(join(above));
    }
}

/// Where a condition over both sides of a join belongs.
#[derive(Default)]
struct Sides {
    left: Vec<Expr>,
    right: Vec<Expr>,
    equal: Vec<(Expr, Expr)>,
    rest: Vec<Expr>,
}

fn part_at_join(j: &mut Join, conjuncts: Vec<Expr>) -> Parted {
    let width = j.left.types().len();
    let is_left = |i: usize| i < width;
    let is_right = |i: usize| i >= width;
    let mut on: Vec<Expr> = core::mem::take(&mut j.equal)
        .into_iter()
        .map(|(l, r)| equality(l, raised(r, width)))
        .collect();
    on.extend(split(j.condition.take()));
    let becomes_inner = |c: &Expr| rejects_nulls(c, &is_right);
    let kind = match j.kind {
        JoinKind::Left if conjuncts.iter().any(becomes_inner) => JoinKind::Inner,
        kind => kind,
    };
    let mut sides = Sides::default();
    let mut above = Vec::new();
    for c in conjuncts {
        match kind {
            _ if is_volatile(&c) => above.push(c),
            JoinKind::Inner => on.push(c),
            JoinKind::Left if all_columns(&c, is_left) => sides.left.push(c),
            JoinKind::Left => above.push(c),
        }
    }
    for c in on {
        if is_volatile(&c) {
            sides.rest.push(c);
        } else if all_columns(&c, is_right) {
            // Also one without columns: under LEFT JOIN it leaves the right side empty.
            sides.right.push(lowered(c, width));
        } else if kind == JoinKind::Inner && all_columns(&c, is_left) {
            sides.left.push(c);
        } else {
            match as_key(c, width) {
                Ok(pair) if sides.equal.contains(&pair) => {}
                Ok(pair) => sides.equal.push(pair),
                Err(c) => sides.rest.push(c),
            }
        }
    }
    spread_constants(&mut sides, kind);
    j.kind = kind;
    j.equal = sides.equal;
    j.condition = join(sides.rest);
    Parted {
        below: vec![sides.left, sides.right],
        above,
    }
}

/// As at other joins; an equality of both sides is no key, though, but a condition.
fn part_at_lateral_join(j: &mut LateralJoin, conjuncts: Vec<Expr>) -> Parted {
    let width = j.left.types().len();
    let is_left = |i: usize| i < width;
    let is_right = |i: usize| i >= width;
    if j.kind == JoinKind::Left && conjuncts.iter().any(|c| rejects_nulls(c, &is_right)) {
        j.kind = JoinKind::Inner;
    }
    let mut out = Parted {
        below: vec![Vec::new(), Vec::new()],
        above: Vec::new(),
    };
    let (mut left, mut right, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let on = split(j.condition.take());
    for (c, is_on) in on
        .into_iter()
        .map(|c| (c, true))
        .chain(conjuncts.into_iter().map(|c| (c, false)))
    {
        let inner = j.kind == JoinKind::Inner;
        match is_volatile(&c) {
            true if is_on => rest.push(c),
            true => out.above.push(c),
            false if all_columns(&c, is_right) && (inner || is_on) => right.push(lowered(c, width)),
            false if all_columns(&c, is_left) && (inner || !is_on) => left.push(c),
            false if inner || is_on => rest.push(c),
            false => out.above.push(c),
        }
    }
    j.condition = join(rest);
    out.below = vec![left, right];
    out
}

fn equality(left: Expr, right: Expr) -> Expr {
    Expr::Compare {
        op: CompareOp::Eq,
        left: Box::new(left),
        right: Box::new(right),
    }
}

/// A condition as a join key (left side, right side lowered), if it equates an expression over the left
/// columns with one over the right.
fn as_key(condition: Expr, width: usize) -> Result<(Expr, Expr), Expr> {
    let of_left = |e: &Expr| !is_constant(e) && all_columns(e, |i| i < width);
    let of_right = |e: &Expr| !is_constant(e) && all_columns(e, |i| i >= width);
    equal_sides(condition, of_left, of_right).map(|(l, r)| (l, lowered(r, width)))
}

/// `l = r AND l = 5` says `r = 5` too: for each key, comparisons of one side with constants go to the other.
/// (Not from the right side of a LEFT JOIN to its left: that side keeps all its rows.)
fn spread_constants(sides: &mut Sides, kind: JoinKind) {
    for (l, r) in &sides.equal {
        if !matches!((l, r), (Expr::Column { .. }, Expr::Column { .. })) || l.ty() != r.ty() {
            continue;
        }
        let from_left: Vec<Expr> = sides.left.iter().filter_map(|c| on_other(c, l, r)).collect();
        let from_right: Vec<Expr> = sides.right.iter().filter_map(|c| on_other(c, r, l)).collect();
        for c in from_left {
            if !sides.right.contains(&c) {
                sides.right.push(c);
            }
        }
        for c in from_right {
            if kind == JoinKind::Inner && !sides.left.contains(&c) {
                sides.left.push(c);
            }
        }
    }
}

/// A comparison of column `from` with constants, as one of column `to`.
fn on_other(condition: &Expr, from: &Expr, to: &Expr) -> Option<Expr> {
    match condition {
        Expr::Compare { op, left, right } if **left == *from && is_constant(right) => Some(Expr::Compare {
            op: *op,
            left: Box::new(to.clone()),
            right: right.clone(),
        }),
        Expr::InList {
            operand,
            list,
            negated: false,
        } if **operand == *from && list.iter().all(is_constant) => Some(Expr::InList {
            operand: Box::new(to.clone()),
            list: list.clone(),
            negated: false,
        }),
        _ => None,
    }
}
