//! What an integrity check finds.

use super::error::hexadecimal;
use alloc::string::String;
use core::fmt;

/// One thing that is wrong with what a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The table, `table.index` for an index of it, `catalog`, or `store` for what belongs to nothing.
    pub table: String,
    /// The store key concerned, in hexadecimal; `None` if the rows and indexes contradict each other.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// A problem with the entry of the store under `key`.
    pub fn at(table: impl Into<String>, key: &[u8], message: impl Into<String>) -> Problem {
        Problem {
            table: table.into(),
            key: Some(hexadecimal(key)),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}: {}", self.table, self.message)?;
        match &self.key {
            Some(key) => write!(f, " (store key {key})"),
            None => Ok(()),
        }
    }
}
