//! FILTER of an aggregate that sees NULLs: only rows whose condition is true reach it.

use super::{Accumulator, Groups};
use crate::types::{Column, Result};
use alloc::{boxed::Box, vec::Vec};

/// Passes on the rows of which the last column is true.
pub struct FilteredRows {
    inner: Box<dyn Accumulator>,
}

impl FilteredRows {
    /// In front of `inner`.
    pub fn new(inner: Box<dyn Accumulator>) -> FilteredRows {
        FilteredRows { inner }
    }
}

impl Accumulator for FilteredRows {
    fn grow(&mut self, groups: usize) {
        self.inner.grow(groups);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some((condition, args)) = args.split_last() else {
            return Ok(());
        };
        let is_true = |row: &u32| {
            let row = *row as usize;
            !condition.is_null(row) && condition.i64s().get(row).is_some_and(|v| *v != 0)
        };
        let rows: Vec<u32> = (0..groups.rows() as u32).filter(is_true).collect();
        let args: Vec<Column> = args.iter().map(|a| a.gather(&rows)).collect();
        match groups {
            Groups::One(_) => self.inner.add(Groups::One(rows.len()), &args),
            Groups::Each(ids) => {
                let id = |row: &u32| ids.get(*row as usize).copied().unwrap_or(0);
                let ids: Vec<u32> = rows.iter().map(id).collect();
                self.inner.add(Groups::Each(&ids), &args)
            }
        }
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        self.inner.accumulate(firsts)
    }

    fn finish(&mut self) -> Result<Column> {
        self.inner.finish()
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let args = args.split_last().map_or(args, |(_, args)| args);
        self.inner.memory_with(groups, args)
    }
}
