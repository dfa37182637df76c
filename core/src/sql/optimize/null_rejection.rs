//! Which conditions no row passes whose columns of one side are all NULL: a WHERE with such a condition on
//! the right side of a LEFT JOIN makes the join an inner one.

use super::conjuncts::is_null_literal;
use crate::sql::plan::{BinaryOp, CompareOp, Expr, UnaryOp};

/// Whether a condition cannot be true where every column for which `null` holds is NULL.
pub fn rejects_nulls(condition: &Expr, null: &dyn Fn(usize) -> bool) -> bool {
    match condition {
        Expr::Binary {
            op: BinaryOp::And,
            left,
            right,
            ..
        } => rejects_nulls(left, null) || rejects_nulls(right, null),
        Expr::Binary {
            op: BinaryOp::Or,
            left,
            right,
            ..
        } => rejects_nulls(left, null) && rejects_nulls(right, null),
        Expr::IsNull {
            operand,
            negated: true,
        }
        | Expr::IsBool {
            operand,
            negated: false,
            ..
        } => is_null_where(operand, null),
        e => is_null_where(e, null),
    }
}

/// Whether an expression is NULL where every column for which `null` holds is NULL.
fn is_null_where(expr: &Expr, null: &dyn Fn(usize) -> bool) -> bool {
    let of = |e: &Expr| is_null_where(e, null);
    match expr {
        Expr::Column { index, .. } => null(*index),
        Expr::Literal { .. } => is_null_literal(expr),
        Expr::Unary {
            op: UnaryOp::Negate | UnaryOp::Not | UnaryOp::BitNot,
            operand,
            ..
        }
        | Expr::Cast { operand, .. } => of(operand),
        Expr::Binary {
            op: BinaryOp::And | BinaryOp::Or,
            left,
            right,
            ..
        } => of(left) && of(right),
        Expr::Binary { left, right, .. } => of(left) || of(right),
        Expr::Compare {
            op: CompareOp::NullSafeEq,
            ..
        } => false,
        Expr::Compare { left, right, .. } => of(left) || of(right),
        Expr::Like { operand, pattern, .. } => of(operand) || of(pattern),
        // Of an empty list no operand is a member, not even NULL.
        Expr::InList { operand, list, .. } => !list.is_empty() && of(operand),
        Expr::Function { function, args, .. } => function.strict && args.iter().any(of),
        _ => false,
    }
}
