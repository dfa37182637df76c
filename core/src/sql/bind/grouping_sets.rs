//! GROUP BY with ROLLUP, CUBE and GROUPING SETS: by which keys rows are grouped, once or several times.
//!
//! Each grouping set is a grouping of its own over the same rows, in which keys that are not in it are NULL.

use super::binder::Binder;
use super::refuse::{invalid, limit_columns, unsupported};
use super::types::null_of;
use crate::sql::plan::{AggregateCall, Expr, Plan};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, vec, vec::Vec};
use sqlparser::ast::{self, GroupByExpr, GroupByWithModifier};

/// Grouping sets that a GROUP BY may have.
const MAX_SETS: usize = 1024;

/// What GROUP BY says.
pub(super) struct GroupBy<'a> {
    /// The keys of all sets, each once.
    pub(super) keys: Vec<&'a ast::Expr>,
    /// The sets, as places in `keys`; `None`: one of all keys.
    pub(super) sets: Option<Vec<Vec<usize>>>,
}

impl<'a> GroupBy<'a> {
    /// Reads a GROUP BY clause.
    pub(super) fn new(group_by: &'a GroupByExpr) -> Result<GroupBy<'a>> {
        let GroupByExpr::Expressions(exprs, modifiers) = group_by else {
            return Err(unsupported("GROUP BY ALL", group_by));
        };
        limit_columns(exprs.iter().map(width).sum(), "GROUP BY", group_by)?;
        // (a, b) is a and b; () is nothing, which makes one group of all rows.
        let written = exprs.iter().flat_map(|e| match e {
            ast::Expr::Tuple(several) => several.as_slice(),
            one => core::slice::from_ref(one),
        });
        let whole = !exprs.is_empty() && modifiers.is_empty();
        let exprs: Vec<&'a ast::Expr> = written.collect();
        if exprs.is_empty() && whole {
            return Ok(GroupBy {
                keys: Vec::new(),
                sets: Some(vec![Vec::new()]),
            });
        }
        let mut out = GroupBy {
            keys: Vec::new(),
            sets: None,
        };
        let mut sets = vec![Vec::new()];
        let single: Vec<Vec<usize>> = exprs.iter().map(|e| vec![out.key(e)]).collect();
        match modifiers.as_slice() {
            [] => {}
            [GroupByWithModifier::Rollup] => {
                let rollup = rollup(&single, group_by)?;
                return Ok(out.with(rollup));
            }
            [GroupByWithModifier::Cube] => {
                let cube = cube(&single, group_by)?;
                return Ok(out.with(cube));
            }
            [other, ..] => return Err(unsupported(format!("GROUP BY … {other}"), group_by)),
        }
        let is_plain = |e: &&ast::Expr| {
            !matches!(
                e,
                ast::Expr::Rollup(_) | ast::Expr::Cube(_) | ast::Expr::GroupingSets(_)
            )
        };
        if exprs.iter().all(is_plain) {
            return Ok(out);
        }
        out.keys.clear();
        for e in exprs {
            let more = match e {
                ast::Expr::Rollup(parts) => rollup(&out.parts(parts), e)?,
                ast::Expr::Cube(parts) => cube(&out.parts(parts), e)?,
                ast::Expr::GroupingSets(parts) => out.parts(parts),
                _ => vec![vec![out.key(e)]],
            };
            if sets.len().saturating_mul(more.len()) > MAX_SETS {
                return Err(too_many(e));
            }
            sets = sets
                .iter()
                .flat_map(|set| more.iter().map(move |part| union(set, part)))
                .collect();
        }
        Ok(out.with(sets))
    }

    fn with(self, sets: Vec<Vec<usize>>) -> GroupBy<'a> {
        GroupBy {
            sets: Some(sets),
            ..self
        }
    }

    /// The place of a key.
    fn key(&mut self, expr: &'a ast::Expr) -> usize {
        let known = self.keys.iter().position(|k| *k == expr);
        known.unwrap_or_else(|| {
            self.keys.push(expr);
            self.keys.len() - 1
        })
    }

    fn parts(&mut self, parts: &'a [Vec<ast::Expr>]) -> Vec<Vec<usize>> {
        parts
            .iter()
            .map(|part| {
                let keys: Vec<usize> = part.iter().map(|e| self.key(e)).collect();
                union(&[], &keys)
            })
            .collect()
    }
}

/// How many keys one expression of GROUP BY has.
fn width(expr: &ast::Expr) -> usize {
    match expr {
        ast::Expr::Rollup(parts) | ast::Expr::Cube(parts) | ast::Expr::GroupingSets(parts) => {
            parts.iter().map(Vec::len).sum()
        }
        ast::Expr::Tuple(several) => several.len(),
        _ => 1,
    }
}

fn too_many(at: &impl super::refuse::Place) -> Error {
    invalid(format!("GROUP BY has more than {MAX_SETS} grouping sets"), at)
}

/// Both sets, each key once.
fn union(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut all = a.to_vec();
    for key in b {
        if !all.contains(key) {
            all.push(*key);
        }
    }
    all
}

/// All beginnings of a list of parts, the longest first.
fn rollup(parts: &[Vec<usize>], at: &impl super::refuse::Place) -> Result<Vec<Vec<usize>>> {
    if parts.len() >= MAX_SETS {
        return Err(too_many(at));
    }
    let mut sets = vec![Vec::new()];
    for part in parts {
        let longer = union(sets.last().map_or(&[], Vec::as_slice), part);
        sets.push(longer);
    }
    sets.reverse();
    Ok(sets)
}

/// All selections of parts, that of all first.
fn cube(parts: &[Vec<usize>], at: &impl super::refuse::Place) -> Result<Vec<Vec<usize>>> {
    let mut sets = vec![Vec::new()];
    for part in parts.iter().rev() {
        if sets.len() * 2 > MAX_SETS {
            return Err(too_many(at));
        }
        let with = sets.iter().map(|set| union(part, set));
        sets = with.chain(sets.iter().cloned()).collect();
    }
    Ok(sets)
}

impl Binder<'_> {
    /// Groups rows by each set. Output as of one grouping by all keys.
    pub(super) fn grouped_by_sets(
        &mut self,
        input: &Plan,
        keys: &[Expr],
        sets: &[Vec<usize>],
        aggregates: &[AggregateCall],
    ) -> Result<Plan> {
        let mut inputs = Vec::with_capacity(sets.len());
        for set in sets {
            let of_set: Vec<Expr> = set.iter().filter_map(|k| keys.get(*k).cloned()).collect();
            let (calls, results) =
                super::aggregate_call::of_set(aggregates, keys, of_set.len(), |k| set.contains(&k))?;
            let width = of_set.len() + calls.len();
            let key = |(k, key): (usize, &Expr)| {
                let ty = key.ty();
                match set.iter().position(|s| *s == k) {
                    Some(index) => Expr::Column { index, ty },
                    None => null_of(ty),
                }
            };
            let exprs: Vec<Expr> = (keys.iter().enumerate().map(key)).chain(results).collect();
            let grouped = Plan::Aggregate {
                input: Box::new(self.copy_plan(input)?),
                keys: of_set,
                aggregates: calls,
            };
            inputs.push(grouped.projected(exprs, width));
        }
        Ok(Plan::Append { inputs })
    }
}
