//! COUNT(*) and COUNT(x).

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::types::{Column, Result, vec_capacity};
use alloc::vec::Vec;

/// Rows, or values that are not NULL, per group.
#[derive(Debug, Default)]
pub struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn grow(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let arg = args.first();
        let nulls = arg.and_then(Column::null_bitmap);
        if let (Groups::One(rows), Some(count)) = (groups, self.counts.first_mut()) {
            *count += (rows - nulls.map_or(0, |n| n.count_ones()).min(rows)) as i64;
            return Ok(());
        }
        groups.each(|row, group| {
            if let Some(count) = self.counts.get_mut(group)
                && !nulls.is_some_and(|n| n.get(row))
            {
                *count += 1;
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        run_up(&mut self.counts, firsts, |before, count| *count += before);
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        Ok(Column::from_i64(core::mem::take(&mut self.counts)))
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.counts.capacity(), groups).saturating_mul(8)
    }
}
