//! Correlated subqueries: as an expression, while a statement is bound, and as a plan node, which they become.

use super::{Expr, JoinKind, Plan};
use crate::types::DataType;
use alloc::vec::Vec;

/// What is asked of a correlated subquery for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyKind {
    /// Its value: NULL without a row, an error with several. Its plan has one column.
    Scalar,
    /// Whether there is a row.
    Exists,
    /// Whether its only, boolean, column is true in a row: NULL if it is true in none and NULL in one.
    Any,
}

/// A subquery that depends on the row around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlated {
    /// What is asked of it.
    pub kind: ApplyKind,
    /// Its plan, in which [`Expr::Outer`] is one of `captures`.
    pub plan: Plan,
    /// What it depends on, over the columns around it.
    pub captures: Vec<Expr>,
    /// The type of the answer.
    pub ty: DataType,
}

/// Runs a subquery for each row of the input. Output: the input's columns, then the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Apply {
    /// Input.
    pub input: Plan,
    /// What is asked of the subquery.
    pub kind: ApplyKind,
    /// Its plan, in which [`Expr::Outer`] is one of `captures`.
    pub subquery: Plan,
    /// What it depends on, over the input.
    pub captures: Vec<Expr>,
    /// The type of the answer.
    pub ty: DataType,
}

/// A join whose right input depends on the row at its left (LATERAL): it is run for each.
#[derive(Debug, Clone, PartialEq)]
pub struct LateralJoin {
    /// Inner, or left rows without a partner too.
    pub kind: JoinKind,
    /// Left input.
    pub left: Plan,
    /// Right input, in which [`Expr::Outer`] is one of `captures`.
    pub right: Plan,
    /// What it depends on, over the left input.
    pub captures: Vec<Expr>,
    /// Condition over the columns of both.
    pub condition: Option<Expr>,
}
