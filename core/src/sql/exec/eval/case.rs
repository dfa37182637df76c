//! CASE: every branch sees only the rows no earlier branch took.

use super::evaluate::{condition, evaluate};
use super::input::Input;
use super::scope::Scope;
use super::vector::{Vector, assemble};
use crate::sql::plan::Expr;
use crate::types::{DataType, Result};
use alloc::vec::Vec;

/// `CASE WHEN … THEN … ELSE … END`; without ELSE, rows no branch takes are NULL.
pub(super) fn case(
    branches: &[(Expr, Expr)],
    otherwise: Option<&Expr>,
    ty: &DataType,
    input: &Input<'_>,
    scope: &Scope<'_>,
) -> Result<Vector> {
    let all = input.rows();
    let mut open: Vec<u32> = (0..all as u32).collect();
    let mut pieces: Vec<(Vec<u32>, Vector)> = Vec::new();
    for (when, then) in branches {
        let rows = input.rows_at(&open);
        let rest = if open.len() == all {
            *input
        } else {
            input.only(&rows)
        };
        let mask = condition(when, &rest, scope)?;
        let taken = mask.true_rows();
        if taken.is_empty() {
            continue;
        }
        let positions: Vec<u32> = taken
            .iter()
            .filter_map(|t| open.get(*t as usize).copied())
            .collect();
        let piece = piece(then, &positions, input, scope)?;
        if positions.len() == all {
            return Ok(piece);
        }
        let mut i = 0;
        open.retain(|_| {
            i += 1;
            !mask.is_true_at(i - 1)
        });
        pieces.push((positions, piece));
        if open.is_empty() {
            break;
        }
    }
    if let (Some(e), false) = (otherwise, open.is_empty()) {
        let piece = piece(e, &open, input, scope)?;
        if open.len() == all {
            return Ok(piece);
        }
        pieces.push((open, piece));
    }
    Ok(Vector::column(assemble(&pieces, all, ty.physical(), scope)?))
}

/// An expression over some positions of the input.
fn piece(expr: &Expr, positions: &[u32], input: &Input<'_>, scope: &Scope<'_>) -> Result<Vector> {
    if positions.len() == input.rows() {
        return evaluate(expr, input, scope);
    }
    let rows = input.rows_at(positions);
    evaluate(expr, &input.only(&rows), scope)
}
