//! INTERSECT and EXCEPT. UNION is [`Plan::Append`], under a [`Plan::Distinct`] unless it is UNION ALL.

use super::Plan;

/// Kinds of set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    /// Left rows that are among the right ones.
    Intersect,
    /// Left rows that are not.
    Except,
}

/// A set operation; output: rows of the left input, in their order. NULLs are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct SetOperation {
    /// Kind.
    pub kind: SetKind,
    /// ALL: a row comes as often as the lesser of its counts, or their difference; otherwise once.
    pub all: bool,
    /// Left input.
    pub left: Plan,
    /// Right input, of the same types.
    pub right: Plan,
}
