//! Integer expressions over one row: without columns made for it, where batches are a row long.
//!
//! Only values that are not NULL, and only what cannot fail but by overflow. Whatever else comes up is for
//! [`eval`](super::eval) to decide: `None` means that it has to compute the row again.

use super::Scope;
use crate::sql::plan::{BinaryOp, CompareOp, Expr, UnaryOp};
use crate::types::{DataType, Physical, Value};
use alloc::boxed::Box;

/// An integer, computed from the integers of a row.
#[derive(Debug)]
pub enum IntExpr {
    /// The value at that place of the row.
    Column(usize),
    /// The same for every row.
    Constant(i64),
    /// `+ - * DIV %` of two.
    Arithmetic(BinaryOp, Box<(IntExpr, IntExpr)>),
}

/// A condition on the integers of a row.
#[derive(Debug)]
pub enum IntTest {
    /// A comparison.
    Compare(CompareOp, IntExpr, IntExpr),
    /// Both hold.
    And(Box<(IntTest, IntTest)>),
    /// One of them holds.
    Or(Box<(IntTest, IntTest)>),
    /// It does not hold.
    Not(Box<IntTest>),
}

fn is_integer(ty: &DataType) -> bool {
    matches!(ty, DataType::Int(_)) && ty.physical() == Physical::I64
}

impl IntExpr {
    /// The expression, if it is of that kind.
    pub fn new(expr: &Expr, scope: &Scope<'_>) -> Option<IntExpr> {
        match expr {
            Expr::Column { index, ty } => is_integer(ty).then_some(IntExpr::Column(*index)),
            Expr::Literal {
                value: Value::Int(i),
                ty,
            } => is_integer(ty).then_some(IntExpr::Constant(*i)),
            Expr::Param { index, ty } => match scope.params.get(*index) {
                Some(Value::Int(i)) if is_integer(ty) => Some(IntExpr::Constant(*i)),
                _ => None,
            },
            Expr::Binary {
                op:
                    op @ (BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::IntDivide
                    | BinaryOp::Modulo),
                left,
                right,
                ty: DataType::BIGINT,
            } => {
                let both = (IntExpr::new(left, scope)?, IntExpr::new(right, scope)?);
                Some(IntExpr::Arithmetic(*op, Box::new(both)))
            }
            _ => None,
        }
    }

    /// Its value for a row.
    pub fn value(&self, row: &[i64]) -> Option<i64> {
        match self {
            IntExpr::Column(i) => row.get(*i).copied(),
            IntExpr::Constant(i) => Some(*i),
            IntExpr::Arithmetic(op, both) => {
                let (a, b) = (both.0.value(row)?, both.1.value(row)?);
                match op {
                    BinaryOp::Add => a.checked_add(b),
                    BinaryOp::Subtract => a.checked_sub(b),
                    BinaryOp::Multiply => a.checked_mul(b),
                    // By zero: NULL.
                    BinaryOp::IntDivide => a.checked_div(b),
                    BinaryOp::Modulo => a.checked_rem(b),
                    _ => None,
                }
            }
        }
    }
}

impl IntTest {
    /// The condition, if it is of that kind.
    pub fn new(expr: &Expr, scope: &Scope<'_>) -> Option<IntTest> {
        let both = |left: &Expr, right: &Expr| {
            Some(Box::new((
                IntTest::new(left, scope)?,
                IntTest::new(right, scope)?,
            )))
        };
        match expr {
            Expr::Compare { op, left, right } => Some(IntTest::Compare(
                *op,
                IntExpr::new(left, scope)?,
                IntExpr::new(right, scope)?,
            )),
            Expr::Binary {
                op: BinaryOp::And,
                left,
                right,
                ..
            } => both(left, right).map(IntTest::And),
            Expr::Binary {
                op: BinaryOp::Or,
                left,
                right,
                ..
            } => both(left, right).map(IntTest::Or),
            Expr::Unary {
                op: UnaryOp::Not,
                operand,
                ..
            } => Some(IntTest::Not(Box::new(IntTest::new(operand, scope)?))),
            _ => None,
        }
    }

    /// Whether it holds for a row.
    pub fn holds(&self, row: &[i64]) -> Option<bool> {
        Some(match self {
            IntTest::Compare(op, a, b) => {
                let (a, b) = (a.value(row)?, b.value(row)?);
                match op {
                    CompareOp::Eq | CompareOp::NullSafeEq => a == b,
                    CompareOp::NotEq => a != b,
                    CompareOp::Lt => a < b,
                    CompareOp::LtEq => a <= b,
                    CompareOp::Gt => a > b,
                    CompareOp::GtEq => a >= b,
                }
            }
            IntTest::And(both) => both.0.holds(row)? && both.1.holds(row)?,
            IntTest::Or(both) => both.0.holds(row)? || both.1.holds(row)?,
            IntTest::Not(test) => !test.holds(row)?,
        })
    }
}
