//! WITH RECURSIVE.

use super::Plan;
use crate::types::DataType;
use alloc::vec::Vec;

/// A recursive query: the rows of `anchor`, then again and again those of `step`, in which a
/// [`Plan::WorkTable`] has the rows of the time before, until there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Recursive {
    /// Which work table is meant.
    pub id: usize,
    /// UNION ALL: rows may repeat. Otherwise only new ones count.
    pub all: bool,
    /// Where it starts.
    pub anchor: Plan,
    /// What it repeats.
    pub step: Plan,
    /// The types of both.
    pub types: Vec<DataType>,
}
