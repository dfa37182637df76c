//! Orders chains of inner joins by cost.
//!
//! Before: `(big ⋈ small) ⋈ tiny`. After: one table joined after the other in the order that [costs](super::cheapest_order) least; of a
//! long chain the pair with the smallest result first, then always the table that
//! keeps the result smallest; cross products last. Of two sides the smaller one is built into the hash
//! table, unless the bigger one can be looked up by key. A projection puts the columns back in their order.

use super::cheapest_order::{MOST_COMPARED, cheapest_order};
use super::columns::{for_each_column, plain_column, remap};
use super::conjuncts::{join, split};
use super::estimate::{Values, distinct, rows, selectivity};
use super::lookup_join::is_cheaper;
use super::plan_parts::take;
use super::statistics::Statistics;
use crate::sql::plan::{CompareOp, Expr, Join, JoinKind, Once, Plan};
use crate::types::DataType;
use alloc::{boxed::Box, vec::Vec};

/// Longest chain that is reordered: its tables are kept as bits of a word.
const MOST_TABLES: usize = 64;

/// Orders all chains of inner joins in a plan.
pub fn order_joins(plan: &mut Plan, stats: &dyn Statistics) {
    match plan {
        Plan::Join(j) if j.kind == JoinKind::Inner => {
            let types = plan.types();
            let mut chain = Chain::default();
            chain.flatten(take(plan), 0, stats);
            *plan = chain.ordered(types, stats);
        }
        other => other.for_each_input_mut(&mut |input| order_joins(input, stats)),
    }
}

/// One input of a chain.
pub(super) struct Member {
    pub(super) plan: Plan,
    /// Its columns' place among all columns of the chain.
    pub(super) first: usize,
    pub(super) width: usize,
    pub(super) rows: f64,
}

/// A condition over the columns of the chain.
pub(super) struct Condition {
    pub(super) expr: Expr,
    /// The members it reads, as bits.
    pub(super) members: u64,
    /// For an equality between two members: the part of pairs that satisfy it.
    pub(super) selectivity: f64,
}

#[derive(Default)]
struct Chain {
    members: Vec<Member>,
    conditions: Vec<Expr>,
}

impl Chain {
    /// Takes a tree of inner joins apart; other plans become members, themselves ordered inside.
    fn flatten(&mut self, plan: Plan, first: usize, stats: &dyn Statistics) {
        match plan {
            Plan::Join(j) if j.kind == JoinKind::Inner => {
                let middle = first + j.left.types().len();
                for (l, r) in j.equal {
                    self.conditions.push(Expr::Compare {
                        op: CompareOp::Eq,
                        left: Box::new(super::columns::raised(l, first)),
                        right: Box::new(super::columns::raised(r, middle)),
                    });
                }
                let rest = split(j.condition).into_iter();
                self.conditions
                    .extend(rest.map(|c| super::columns::raised(c, first)));
                self.flatten(j.left, first, stats);
                self.flatten(j.right, middle, stats);
            }
            mut plan => {
                order_joins(&mut plan, stats);
                self.members.push(Member {
                    first,
                    width: plan.types().len(),
                    rows: rows(&plan, stats),
                    plan,
                });
            }
        }
    }

    fn member_of(&self, column: usize) -> Option<usize> {
        self.members
            .iter()
            .position(|m| (m.first..m.first + m.width).contains(&column))
    }

    fn bits(&self, expr: &Expr) -> u64 {
        let mut bits = 0;
        for_each_column(expr, &mut |c| {
            bits |= self.member_of(c).map_or(0, |m| 1 << m);
        });
        bits
    }

    fn distinct(&self, expr: &Expr, stats: &dyn Statistics) -> f64 {
        let of = |c: usize| {
            let m = self.members.get(self.member_of(c)?)?;
            Some(distinct(&m.plan, c - m.first, stats))
        };
        plain_column(expr).and_then(of).unwrap_or(10.0)
    }

    fn selectivity(&self, expr: &Expr, stats: &dyn Statistics) -> f64 {
        match expr {
            Expr::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => {
                1.0 / self
                    .distinct(left, stats)
                    .max(self.distinct(right, stats))
                    .max(1.0)
            }
            e => selectivity(e, &|c| {
                let member = self.member_of(c).and_then(|m| self.members.get(m));
                member.map_or(Values::unknown(10.0), |m| Values::of(&m.plan, c - m.first, stats))
            }),
        }
    }

    fn ordered(mut self, types: Vec<DataType>, stats: &dyn Statistics) -> Plan {
        let known = self.members.len() <= MOST_TABLES;
        let mut conditions: Vec<Condition> = core::mem::take(&mut self.conditions)
            .into_iter()
            .map(|expr| Condition {
                members: if known { self.bits(&expr) } else { 0 },
                selectivity: self.selectivity(&expr, stats),
                expr,
            })
            .collect();
        let order = if (2..=MOST_COMPARED).contains(&self.members.len()) {
            cheapest_order(&self.members, &conditions, stats)
        } else if known {
            self.order(&conditions)
        } else {
            (0..self.members.len()).collect()
        };
        let mut slots: Vec<Option<Member>> = self.members.into_iter().map(Some).collect();
        let mut built: Option<Built> = None;
        for m in order {
            let Some(member) = slots.get_mut(m).and_then(Option::take) else {
                continue;
            };
            let next = Built {
                columns: (member.first..member.first + member.width).collect(),
                members: if known { 1 << m } else { 0 },
                rows: member.rows,
                plan: member.plan,
            };
            built = Some(match built {
                None => next,
                Some(b) => b.join(next, &mut conditions, known, stats),
            });
        }
        let Some(built) = built else {
            return super::plan_parts::no_rows(types);
        };
        if built.columns.iter().copied().eq(0..types.len()) {
            return built.plan;
        }
        let place = |i: usize| built.columns.iter().position(|c| *c == i).unwrap_or(0);
        let exprs = types
            .into_iter()
            .enumerate()
            .map(|(i, ty)| Expr::Column { index: place(i), ty })
            .collect();
        Plan::Project {
            input: Box::new(built.plan),
            exprs,
        }
    }

    /// In which order the members are joined.
    fn order(&self, conditions: &[Condition]) -> Vec<usize> {
        let n = self.members.len();
        let rows_of = |m: usize| self.members.get(m).map_or(1.0, |m| m.rows);
        let mut order: Vec<usize> = Vec::with_capacity(n);
        let (mut joined, mut joined_rows) = (0_u64, 1.0_f64);
        // The result of joining member `m` to those in `joined`, and whether a condition ties it to them.
        let joining = |joined: u64, joined_rows: f64, m: usize| {
            let (all, mut result, mut tied) = (joined | 1 << m, joined_rows * rows_of(m), false);
            for c in conditions {
                if c.members & (1 << m) != 0 && c.members & joined != 0 && c.members & !all == 0 {
                    result *= c.selectivity;
                    tied = true;
                }
            }
            (!tied, result)
        };
        let better = |a: &(bool, f64), b: &(bool, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let first = pairs
            .map(|(a, b)| (joining(1 << a, rows_of(a), b), a, b))
            .min_by(|x, y| better(&x.0, &y.0));
        if let Some(((_, result), a, b)) = first {
            order.extend([a, b]);
            (joined, joined_rows) = (1 << a | 1 << b, result);
        }
        while order.len() < n {
            let left = (0..n).filter(|m| joined & (1 << m) == 0);
            let next = left
                .map(|m| (joining(joined, joined_rows, m), m))
                .min_by(|x, y| better(&x.0, &y.0));
            let Some(((_, result), m)) = next else { break };
            order.push(m);
            (joined, joined_rows) = (joined | 1 << m, result);
        }
        if n == 1 { alloc::vec![0] } else { order }
    }
}

/// A joined part of the chain. `columns[i]`: which column of the chain its output column `i` is.
struct Built {
    plan: Plan,
    columns: Vec<usize>,
    members: u64,
    rows: f64,
}

impl Built {
    /// The join of two parts on all conditions that concern both and nothing else.
    fn join(
        self,
        other: Built,
        conditions: &mut Vec<Condition>,
        known: bool,
        stats: &dyn Statistics,
    ) -> Built {
        let members = self.members | other.members;
        let covers = |columns: &[usize], e: &Expr| super::columns::all_columns(e, |c| columns.contains(&c));
        let mut both = self.columns.clone();
        both.extend(&other.columns);
        let mut now = Vec::new();
        conditions.retain_mut(|c| {
            let applies = if known {
                c.members & !members == 0
            } else {
                covers(&both, &c.expr)
            };
            if applies {
                let placeholder = super::conjuncts::literal(true);
                now.push((core::mem::replace(&mut c.expr, placeholder), c.selectivity));
            }
            !applies
        });
        let rows = now.iter().fold(self.rows * other.rows, |rows, (_, s)| rows * s);
        let (mut keys, mut rest) = (Vec::new(), Vec::new());
        for (c, _) in now {
            match c {
                Expr::Compare {
                    op: CompareOp::Eq,
                    left,
                    right,
                } if covers(&self.columns, &left) && covers(&other.columns, &right) => {
                    keys.push((*left, *right))
                }
                Expr::Compare {
                    op: CompareOp::Eq,
                    left,
                    right,
                } if covers(&self.columns, &right) && covers(&other.columns, &left) => {
                    keys.push((*right, *left))
                }
                c => rest.push(c),
            }
        }
        let place = |columns: &[usize], mut e: Expr| {
            remap(&mut e, &|i| columns.iter().position(|c| *c == i).unwrap_or(0));
            e
        };
        let keys: Vec<(Expr, Expr)> = keys
            .into_iter()
            .map(|(l, r)| (place(&self.columns, l), place(&other.columns, r)))
            .collect();
        let looks_up = |from: &Built, to: &Built, keys: &mut dyn Iterator<Item = &Expr>| {
            let keys: Vec<&Expr> = keys.collect();
            is_cheaper(from.rows, &to.plan, &keys, stats)
        };
        let exchange = if looks_up(&self, &other, &mut keys.iter().map(|k| &k.1)) {
            false
        } else {
            // The right side is built: exchange if that is smaller, or if the left one can be looked up.
            self.rows < other.rows || looks_up(&other, &self, &mut keys.iter().map(|k| &k.0))
        };
        let (left, right, equal) = if exchange {
            (other, self, keys.into_iter().map(|(l, r)| (r, l)).collect())
        } else {
            (self, other, keys)
        };
        let mut columns = left.columns;
        columns.extend(right.columns);
        Built {
            plan: Plan::Join(Box::new(Join {
                kind: JoinKind::Inner,
                left: left.plan,
                right: right.plan,
                equal,
                condition: join(rest.into_iter().map(|c| place(&columns, c))),
                told: Vec::new(),
                merge: false,
                once: Once::default(),
            })),
            columns,
            members,
            rows,
        }
    }
}
