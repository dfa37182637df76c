//! What a history consists of.

use std::fmt;

/// A list: where it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its table.
    pub table: char,
    /// Its id in the table.
    pub id: i64,
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A value, which is appended only once in a history, was appended.
    Append(Key, u64),
    /// A list was read.
    Read {
        /// The list.
        key: Key,
        /// Its values then; empty as well if there was no such row.
        values: Vec<u64>,
        /// It was looked for by a predicate, or was not there.
        by_predicate: bool,
    },
}

/// A transaction and how it ended.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// What it did, in order.
    pub ops: Vec<Op>,
    /// Whether it committed; otherwise nothing of it may be seen.
    pub committed: bool,
    /// When it was about to begin, by a clock that all transactions share.
    pub began: u64,
    /// When it had ended, by the same clock.
    pub ended: u64,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.table, self.id)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Append(key, value) => write!(f, "{key}+{value}"),
            Op::Read {
                key,
                values,
                by_predicate,
            } => write!(f, "{key}{}{values:?}", if *by_predicate { "?" } else { "=" }),
        }
    }
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}..{}", self.began, self.ended)?;
        self.ops.iter().try_for_each(|op| write!(f, " {op}"))?;
        write!(f, "{})", if self.committed { "" } else { " aborted" })
    }
}
