//! BIT_AND, BIT_OR and BIT_XOR of a BIGINT argument.

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::types::{Column, Result, vec_capacity};
use alloc::vec::Vec;

/// One integer per group; of no values it is the operation's neutral element, as in MySQL.
#[derive(Debug)]
pub struct Bits {
    neutral: i64,
    combine: fn(i64, i64) -> i64,
    groups: Vec<i64>,
}

impl Bits {
    /// Combines values by an operation with that neutral element.
    pub fn new(neutral: i64, combine: fn(i64, i64) -> i64) -> Bits {
        Bits {
            neutral,
            combine,
            groups: Vec::new(),
        }
    }
}

impl Accumulator for Bits {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, self.neutral);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        groups.each(|row, group| {
            if let (Some(state), Some(v)) = (self.groups.get_mut(group), column.i64s().get(row))
                && !column.is_null(row)
            {
                *state = (self.combine)(*state, *v);
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        let combine = self.combine;
        run_up(&mut self.groups, firsts, |before, bits| {
            *bits = combine(*before, *bits)
        });
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        Ok(Column::from_i64(core::mem::take(&mut self.groups)))
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(8)
    }
}
