//! Conditions as lists of conjuncts: `a AND b AND c` is [a, b, c].

use crate::sql::plan::{BinaryOp, CompareOp, Expr};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, vec::Vec};

/// Appends the conjuncts of a condition, in order; TRUE has none.
pub fn split_into(condition: Expr, out: &mut Vec<Expr>) {
    match condition {
        Expr::Binary {
            op: BinaryOp::And,
            left,
            right,
            ..
        } => {
            split_into(*left, out);
            split_into(*right, out);
        }
        e if bool_literal(&e) == Some(true) => {}
        e => out.push(e),
    }
}

/// The conjuncts of a condition, in order.
pub fn split(condition: Option<Expr>) -> Vec<Expr> {
    let mut out = Vec::new();
    condition.into_iter().for_each(|c| split_into(c, &mut out));
    out
}

/// The conjuncts of a condition where it is, in order.
pub fn split_and<'a>(condition: &'a Expr, out: &mut Vec<&'a Expr>) {
    match condition {
        Expr::Binary {
            op: BinaryOp::And,
            left,
            right,
            ..
        } => {
            split_and(left, out);
            split_and(right, out);
        }
        e => out.push(e),
    }
}

/// The disjuncts of a condition, in order.
pub fn split_or<'a>(condition: &'a Expr, out: &mut Vec<&'a Expr>) {
    match condition {
        Expr::Binary {
            op: BinaryOp::Or,
            left,
            right,
            ..
        } => {
            split_or(left, out);
            split_or(right, out);
        }
        e => out.push(e),
    }
}

/// The conjunction of a list; `None`: TRUE.
pub fn join(conjuncts: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    conjuncts.into_iter().reduce(|l, r| binary(BinaryOp::And, l, r))
}

/// `left op right`, boolean.
pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
        ty: DataType::Bool,
    }
}

/// The sides of an equality, the one that satisfies `first` before the one that satisfies `second`; any other
/// condition comes back as it is.
pub fn equal_sides(
    condition: Expr,
    first: impl Fn(&Expr) -> bool,
    second: impl Fn(&Expr) -> bool,
) -> Result<(Expr, Expr), Expr> {
    match condition {
        Expr::Compare {
            op: CompareOp::Eq,
            left,
            right,
        } if first(&left) && second(&right) => Ok((*left, *right)),
        Expr::Compare {
            op: CompareOp::Eq,
            left,
            right,
        } if first(&right) && second(&left) => Ok((*right, *left)),
        other => Err(other),
    }
}

/// TRUE or FALSE.
pub fn literal(value: bool) -> Expr {
    Expr::Literal {
        value: Value::Bool(value),
        ty: DataType::Bool,
    }
}

/// The truth value of a boolean literal; `None` for anything else, NULL too.
pub fn bool_literal(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Literal {
            value: Value::Bool(b),
            ..
        } => Some(*b),
        _ => None,
    }
}

/// Whether an expression is the literal NULL.
pub fn is_null_literal(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Literal {
            value: Value::Null,
            ..
        }
    )
}

/// Whether a condition is a literal that lets no row through: FALSE or NULL.
pub fn is_never_true(expr: &Expr) -> bool {
    bool_literal(expr) == Some(false) || is_null_literal(expr)
}
