//! AND, OR and XOR, three-valued and lazy: an operand that may fail is evaluated only for the rows
//! the operands before it leave undecided. Long chains are walked, not recursed into.

use super::evaluate::{condition, may_fail};
use super::input::Input;
use super::mask::Mask;
use super::scope::Scope;
use crate::sql::plan::{BinaryOp, Expr};
use crate::types::Result;
use alloc::vec::Vec;

/// The operands of `a op b op c …`, in order.
fn chain(expr: &Expr, wanted: BinaryOp) -> Vec<&Expr> {
    let (mut operands, mut rest) = (Vec::new(), expr);
    while let Expr::Binary { op, left, right, .. } = rest {
        if *op != wanted {
            break;
        }
        operands.push(right.as_ref());
        rest = left;
    }
    operands.push(rest);
    operands.reverse();
    operands
}

/// A chain of ANDs or ORs.
pub(super) fn chain_mask(expr: &Expr, op: BinaryOp, input: &Input<'_>, scope: &Scope<'_>) -> Result<Mask> {
    let and = op == BinaryOp::And;
    let mut result = Mask::filled(and, input.rows());
    for (i, operand) in chain(expr, op).into_iter().enumerate() {
        if i == 0 {
            result = condition(operand, input, scope)?;
            continue;
        }
        // Undecided: for AND what is not false, for OR what is not true.
        let decided = if and {
            result.clone().not().only_true()
        } else {
            result.clone().only_true()
        };
        let undecided = decided.not();
        let open = undecided.count_true();
        if open == 0 {
            break;
        }
        let part = if open == input.rows() || (!may_fail(operand) && open * 4 > input.rows()) {
            condition(operand, input, scope)?
        } else {
            let positions = undecided.true_rows();
            let rows = input.rows_at(&positions);
            let part = condition(operand, &input.only(&rows), scope)?;
            Mask::filled(and, input.rows()).scatter(&positions, &part)
        };
        result = if and { result.and(&part) } else { result.or(&part) };
    }
    Ok(result)
}

/// The positions for which a condition is true. Of a chain of ANDs the later operands see only the
/// rows the earlier ones let through, unless those are most rows anyway.
pub(super) fn filter(expr: &Expr, input: &Input<'_>, scope: &Scope<'_>) -> Result<Vec<u32>> {
    let mut passed: Option<Vec<u32>> = None;
    for operand in chain(expr, BinaryOp::And) {
        passed = Some(match passed {
            None => condition(operand, input, scope)?.true_rows(),
            Some(p) if p.is_empty() => return Ok(p),
            Some(mut p) if p.len() * 4 > input.rows() && !may_fail(operand) => {
                let mask = condition(operand, input, scope)?;
                p.retain(|p| mask.is_true_at(*p as usize));
                p
            }
            Some(p) => {
                let rows = input.rows_at(&p);
                let kept = condition(operand, &input.only(&rows), scope)?.true_rows();
                kept.iter().filter_map(|k| p.get(*k as usize).copied()).collect()
            }
        });
    }
    Ok(passed.unwrap_or_default())
}
