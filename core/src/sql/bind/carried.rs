//! Correlated subqueries where there is no plan to run them in: the SET and WHERE of an upsert, RETURNING of INSERT.
//!
//! What they ask depends on the row to insert, so the statement's source asks it, and the answer comes along as one
//! more column behind those that are inserted.

use super::refuse::unsupported_at;
use crate::sql::plan::{Expr, Plan};
use crate::types::{Position, Result};
use alloc::{format, vec::Vec};

/// What a source is to give behind its own columns.
#[derive(Debug, Default)]
pub(super) struct Carried {
    answers: Vec<Expr>,
}

impl Carried {
    /// Puts a column of the source in the place of every correlated subquery of an expression. `first` is where the
    /// answers start in its row; `place` tells what stands in the source for a column of the row: `None` if it
    /// depends on more than the row to insert.
    pub(super) fn take(
        &mut self,
        expr: &mut Expr,
        (first, clause): (usize, &str),
        place: &dyn Fn(usize) -> Option<Expr>,
        at: Option<Position>,
    ) -> Result<()> {
        if let Expr::Correlated(c) = expr {
            for capture in &mut c.captures {
                if !moved(capture, place) {
                    return Err(unsupported_at(
                        format!("a subquery in {clause} that depends on more than the row to insert"),
                        at,
                    ));
                }
            }
            let ty = expr.ty();
            let known = self.answers.iter().position(|a| a == expr);
            let index = first + known.unwrap_or(self.answers.len());
            let answer = core::mem::replace(expr, Expr::Column { index, ty });
            if known.is_none() {
                self.answers.push(answer);
            }
            return Ok(());
        }
        let mut result = Ok(());
        expr.for_each_child_mut(&mut |child| {
            if result.is_ok() {
                result = self.take(child, (first, clause), place, at);
            }
        });
        result
    }

    /// The source with the answers behind its columns.
    pub(super) fn behind(self, source: Plan) -> Plan {
        if self.answers.is_empty() {
            return source;
        }
        let types = source.types();
        let own = types.into_iter().enumerate();
        let mut exprs: Vec<Expr> = own.map(|(index, ty)| Expr::Column { index, ty }).collect();
        let width = exprs.len();
        exprs.extend(self.answers);
        source.projected(exprs, width)
    }
}

/// Moves the columns of an expression to where they are in the source; whether all of them are there.
fn moved(expr: &mut Expr, place: &dyn Fn(usize) -> Option<Expr>) -> bool {
    if let Expr::Column { index, .. } = expr {
        return match place(*index) {
            Some(there) => {
                *expr = there;
                true
            }
            None => false,
        };
    }
    let mut all = true;
    expr.for_each_child_mut(&mut |child| all &= moved(child, place));
    all
}
