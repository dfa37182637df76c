//! Boolean algebra, so that later rules see plain conjunctions of plain comparisons.
//!
//! - `TRUE AND x` → `x`, `FALSE AND x` → `FALSE`, `FALSE OR x` → `x`, `TRUE OR x` → `TRUE`
//! - `NOT (a < b)` → `a >= b`, `NOT (x AND y)` → `NOT x OR NOT y`, `NOT (x IN …)` → `x NOT IN …`
//! - `5 < a` → `a > 5`
//! - `a = 1 OR a = 2 OR a IN (3, 4)` → `a IN (1, 2, 3, 4)`; `a IN (1)` → `a = 1`
//! - `(a AND b) OR (a AND c)` → `a AND (b OR c)`
//! - `CASE WHEN FALSE THEN x WHEN TRUE THEN y …` → `y`
//! - `NULL = x`, `NULL + x`, `NULL IN (x, …)` → `NULL`
//!
//! All of it holds for three truth values.

use super::columns::{is_constant, is_volatile};
use super::conjuncts::{
    binary, bool_literal, is_never_true, is_null_literal, join, literal, split_into, split_or,
};
use crate::sql::plan::{BinaryOp, CompareOp, Expr, UnaryOp};
use crate::types::{DataType, Value};
use alloc::{boxed::Box, vec::Vec};

/// Simplifies an expression, its operands first.
pub fn simplify(expr: &mut Expr) {
    expr.for_each_child_mut(&mut simplify);
    let old = take(expr);
    *expr = rewrite(old);
}

fn take(expr: &mut Expr) -> Expr {
    core::mem::replace(expr, literal(false))
}

fn rewrite(expr: Expr) -> Expr {
    match expr {
        Expr::Binary {
            op: BinaryOp::And,
            left,
            right,
            ..
        } => match (bool_literal(&left), bool_literal(&right)) {
            (Some(true), _) => *right,
            (_, Some(true)) => *left,
            (Some(false), _) | (_, Some(false)) => literal(false),
            _ => binary(BinaryOp::And, *left, *right),
        },
        Expr::Binary {
            op: BinaryOp::Or,
            left,
            right,
            ..
        } => match (bool_literal(&left), bool_literal(&right)) {
            (Some(false), _) => *right,
            (_, Some(false)) => *left,
            (Some(true), _) | (_, Some(true)) => literal(true),
            _ => merge_or(binary(BinaryOp::Or, *left, *right)),
        },
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
            ..
        } => negate(*operand),
        Expr::Compare { op, left, right }
            if op != CompareOp::NullSafeEq && (is_null_literal(&left) || is_null_literal(&right)) =>
        {
            null(DataType::Bool)
        }
        // AND and OR are above.
        Expr::Binary { op, left, right, ty }
            if op != BinaryOp::Xor && (is_null_literal(&left) || is_null_literal(&right)) =>
        {
            null(ty)
        }
        Expr::Unary {
            op: UnaryOp::Negate | UnaryOp::BitNot,
            operand,
            ty,
        } if is_null_literal(&operand) => null(ty),
        Expr::InList { operand, list, .. } if is_null_literal(&operand) && !list.is_empty() => {
            null(DataType::Bool)
        }
        Expr::Compare { op, left, right } if is_constant(&left) && !is_constant(&right) => Expr::Compare {
            op: flipped(op),
            left: right,
            right: left,
        },
        Expr::InList {
            operand,
            mut list,
            negated: false,
        } if list.len() == 1 => match list.pop() {
            Some(one) => rewrite(Expr::Compare {
                op: CompareOp::Eq,
                left: operand,
                right: Box::new(one),
            }),
            None => literal(false),
        },
        Expr::Case {
            branches,
            otherwise,
            ty,
        } => simplify_case(branches, otherwise, ty),
        e => e,
    }
}

/// NULL of a type.
fn null(ty: DataType) -> Expr {
    Expr::Literal {
        value: Value::Null,
        ty,
    }
}

/// The comparison with its sides exchanged.
pub fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq => op,
    }
}

/// `NOT e`, with the NOT as deep inside as it goes.
fn negate(expr: Expr) -> Expr {
    let not = |e: Expr| Expr::Unary {
        op: UnaryOp::Not,
        operand: Box::new(e),
        ty: DataType::Bool,
    };
    match expr {
        Expr::Literal {
            value: Value::Bool(b),
            ..
        } => literal(!b),
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
            ..
        } => *operand,
        Expr::Binary {
            op: BinaryOp::And,
            left,
            right,
            ..
        } => rewrite(binary(BinaryOp::Or, negate(*left), negate(*right))),
        Expr::Binary {
            op: BinaryOp::Or,
            left,
            right,
            ..
        } => rewrite(binary(BinaryOp::And, negate(*left), negate(*right))),
        Expr::Compare { op, left, right } => match op.negated() {
            Some(op) => Expr::Compare { op, left, right },
            None => not(Expr::Compare { op, left, right }),
        },
        Expr::IsNull { operand, negated } => Expr::IsNull {
            operand,
            negated: !negated,
        },
        Expr::IsBool {
            operand,
            value,
            negated,
        } => Expr::IsBool {
            operand,
            value,
            negated: !negated,
        },
        Expr::InList {
            operand,
            list,
            negated,
        } => rewrite(Expr::InList {
            operand,
            list,
            negated: !negated,
        }),
        Expr::InSubPlan {
            operand,
            index,
            negated,
        } => Expr::InSubPlan {
            operand,
            index,
            negated: !negated,
        },
        Expr::Exists { index, negated } => Expr::Exists {
            index,
            negated: !negated,
        },
        e => not(e),
    }
}

/// Equalities of an OR chain on one operand become one IN list; what all parts share comes out.
fn merge_or(expr: Expr) -> Expr {
    let mut parts = Vec::new();
    split_or(&expr, &mut parts);
    if let Some(list) = as_in_list(&parts) {
        return list;
    }
    let mut factors: Vec<Vec<Expr>> = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut conjuncts = Vec::new();
        split_into((*part).clone(), &mut conjuncts);
        factors.push(conjuncts);
    }
    let Some((first, others)) = factors.split_first() else {
        return expr;
    };
    let common: Vec<Expr> = first
        .iter()
        .filter(|c| !is_volatile(c) && others.iter().all(|o| o.contains(c)))
        .cloned()
        .collect();
    if common.is_empty() {
        return expr;
    }
    let rests = factors.into_iter().map(|f| {
        let rest = f.into_iter().filter(|c| !common.contains(c));
        join(rest).unwrap_or_else(|| literal(true))
    });
    let rest = rests.reduce(|l, r| rewrite(binary(BinaryOp::Or, l, r)));
    let mut all = common.clone();
    if let Some(rest) = rest {
        split_into(rest, &mut all);
    }
    join(all).unwrap_or_else(|| literal(true))
}

fn as_in_list(parts: &[&Expr]) -> Option<Expr> {
    let mut operand: Option<&Expr> = None;
    let mut list: Vec<Expr> = Vec::new();
    for part in parts {
        let (on, values): (&Expr, &[Expr]) = match part {
            Expr::Compare {
                op: CompareOp::Eq,
                left,
                right,
            } => (left, core::slice::from_ref(right)),
            Expr::InList {
                operand,
                list,
                negated: false,
            } => (operand, list),
            _ => return None,
        };
        if is_volatile(on) || operand.is_some_and(|o| o != on) || !values.iter().all(is_constant) {
            return None;
        }
        operand = Some(on);
        list.extend(values.iter().cloned());
    }
    Some(Expr::InList {
        operand: Box::new(operand?.clone()),
        list,
        negated: false,
    })
}

fn simplify_case(branches: Vec<(Expr, Expr)>, otherwise: Option<Box<Expr>>, ty: DataType) -> Expr {
    let mut kept = Vec::new();
    let mut last = otherwise;
    for (condition, result) in branches {
        if is_never_true(&condition) {
            continue;
        }
        if bool_literal(&condition) == Some(true) {
            last = Some(Box::new(result));
            break;
        }
        kept.push((condition, result));
    }
    match last {
        // Only a result that already has the type of the whole may stand alone.
        Some(only) if kept.is_empty() && only.ty() == ty => *only,
        last => Expr::Case {
            branches: kept,
            otherwise: last,
            ty,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(index: usize) -> Expr {
        Expr::Column {
            index,
            ty: DataType::BIGINT,
        }
    }

    fn int(i: i64) -> Expr {
        Expr::Literal {
            value: Value::Int(i),
            ty: DataType::BIGINT,
        }
    }

    fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
        Expr::Compare {
            op,
            left: Box::new(left),
            right: Box::new(right),
        }
    }

    fn eq(c: usize, i: i64) -> Expr {
        compare(CompareOp::Eq, column(c), int(i))
    }

    fn not(e: Expr) -> Expr {
        Expr::Unary {
            op: UnaryOp::Not,
            operand: Box::new(e),
            ty: DataType::Bool,
        }
    }

    fn simplified(mut e: Expr) -> Expr {
        simplify(&mut e);
        e
    }

    #[test]
    fn not_moves_inward_by_de_morgan() {
        let both = binary(BinaryOp::And, eq(0, 1), compare(CompareOp::Lt, column(1), int(2)));
        let want = binary(
            BinaryOp::Or,
            compare(CompareOp::NotEq, column(0), int(1)),
            compare(CompareOp::GtEq, column(1), int(2)),
        );
        assert_eq!(simplified(not(both)), want);
    }

    #[test]
    fn or_of_equalities_is_an_in_list_and_common_conjuncts_come_out() {
        let or = binary(BinaryOp::Or, eq(0, 1), eq(0, 2));
        let want = Expr::InList {
            operand: Box::new(column(0)),
            list: alloc::vec![int(1), int(2)],
            negated: false,
        };
        assert_eq!(simplified(or), want);
        let with = |i| binary(BinaryOp::And, eq(0, 7), eq(1, i));
        let list = Expr::InList {
            operand: Box::new(column(1)),
            list: alloc::vec![int(1), int(2)],
            negated: false,
        };
        let want = binary(BinaryOp::And, eq(0, 7), list);
        assert_eq!(simplified(binary(BinaryOp::Or, with(1), with(2))), want);
        // (a AND b) OR a is a.
        assert_eq!(simplified(binary(BinaryOp::Or, with(1), eq(0, 7))), eq(0, 7));
    }

    #[test]
    fn null_is_not_false_under_or_and_constants_go_right() {
        let null = Expr::Literal {
            value: Value::Null,
            ty: DataType::Bool,
        };
        let e = binary(BinaryOp::Or, null, eq(0, 1));
        assert_eq!(simplified(e.clone()), e);
        let e = compare(CompareOp::Lt, int(5), column(0));
        assert_eq!(simplified(e), compare(CompareOp::Gt, column(0), int(5)));
    }
}
