//! Guard digits: what a quotient has beyond the digits it is shown with.
//!
//! `1 / 3` is shown as 0.3333, but `1 / 3 * 100` is 33.3333 and not 33.3300, and `a / b * b <= a` holds: where a
//! quotient is an operand it has the digits that MySQL computes it with, the last one cut off, not
//! rounded; what comes of it is rounded to the digits that it is shown with, by a cast that the next
//! operator looks through. The cast is strict, and CAST to DECIMAL as written in SQL is not, so the two cannot
//! be taken for each other.

use super::{cast, decimal};
use crate::sql::plan::{BinaryOp, Expr, UnaryOp};
use crate::types::{DataType, Decimal, QUOTIENT_DIGITS};
use alloc::boxed::Box;

/// The most digits after the point.
const MAX_SCALE: u8 = 30;

fn parts(ty: &DataType) -> Option<(u8, u8)> {
    match ty {
        DataType::Decimal { precision, scale, .. } => Some((*precision, *scale)),
        _ => None,
    }
}

/// Digits after the point that MySQL computes a quotient with, which come in nines.
fn quotient_scale(left: u8, right: u8) -> u8 {
    let nines = |scale: u8| scale.div_ceil(9).saturating_mul(9);
    let spare = (nines(left) - left).saturating_add(nines(right) - right);
    let wanted = QUOTIENT_DIGITS.saturating_sub(spare);
    nines(nines(left).saturating_add(nines(right)).saturating_add(wanted)).min(MAX_SCALE)
}

/// The type of a quotient with its guard digits; `None`: it has them, or there is no room for any.
fn guarded_quotient(left: &DataType, right: &DataType, ty: &DataType) -> Option<DataType> {
    let ((lp, ls), (_, rs), (_, shown)) = (parts(left)?, parts(right)?, parts(ty)?);
    if shown != ls.saturating_add(QUOTIENT_DIGITS) {
        return None;
    }
    let whole = (lp - ls).saturating_add(rs);
    let room = Decimal::MAX_PRECISION.saturating_sub(whole);
    let scale = quotient_scale(ls, rs).min(room);
    (scale > shown).then(|| decimal(whole, scale))
}

/// Whether an expression has digits that it is not shown with.
pub(in crate::sql::bind) fn has_guard_digits(expr: &Expr) -> bool {
    match expr {
        Expr::Binary {
            op: BinaryOp::Divide,
            left,
            right,
            ty,
        } => guarded_quotient(&left.ty(), &right.ty(), ty).is_some(),
        Expr::Cast {
            operand,
            ty: DataType::Decimal { .. },
            strict: true,
        } => matches!(
            &**operand,
            Expr::Binary {
                ty: DataType::Decimal { .. },
                ..
            } | Expr::Column {
                ty: DataType::Decimal { .. },
                ..
            }
        ),
        Expr::Unary {
            op: UnaryOp::Negate,
            operand,
            ..
        } => has_guard_digits(operand),
        _ => false,
    }
}

/// The expression with all its digits; any other as it is.
pub(in crate::sql::bind) fn with_guard_digits(expr: Expr) -> Expr {
    if !has_guard_digits(&expr) {
        return expr;
    }
    match expr {
        Expr::Binary { op, left, right, ty } => {
            let ty = guarded_quotient(&left.ty(), &right.ty(), &ty).unwrap_or(ty);
            Expr::Binary { op, left, right, ty }
        }
        Expr::Cast { operand, .. } => match has_guard_digits(&operand) {
            true => with_guard_digits(*operand),
            false => *operand,
        },
        Expr::Unary { op, operand, .. } => {
            let operand = with_guard_digits(*operand);
            let ty = operand.ty();
            Expr::Unary {
                op,
                operand: Box::new(operand),
                ty,
            }
        }
        other => other,
    }
}

/// Rounds what was computed with guard digits to what it is shown with.
pub(in crate::sql::bind) fn shown_as(expr: Expr, ty: &DataType) -> Expr {
    match expr.ty() == *ty {
        true => expr,
        false => cast(expr, ty, true),
    }
}
