//! Joins small batches to bigger ones: what operators do for a batch costs as much as what they do for dozens
//! of rows, and a scan that lets few rows through would hand out many of a few rows each.
//!
//! The first batch is passed on at once, and so many rows are held back at most as were passed on before: a
//! LIMIT that is content with few rows waits for few more.

use super::BATCH_ROWS;
use crate::types::{Batch, Column};
use alloc::vec::Vec;

/// Batches of so many rows are big enough.
const ENOUGH: usize = BATCH_ROWS / 8;

/// See the module.
#[derive(Debug, Default)]
pub struct SmallBatches {
    /// Rows held back, without a selection.
    held: Vec<Column>,
    rows: usize,
    passed_on: usize,
}

impl SmallBatches {
    /// Takes a batch; what is to be passed on, if there is enough of it.
    pub fn push(&mut self, batch: Batch) -> Option<Batch> {
        let wanted = self.passed_on.min(ENOUGH);
        if self.rows == 0 && batch.rows() >= wanted {
            self.passed_on += batch.rows();
            return Some(batch);
        }
        if self.rows == 0 {
            let batch = batch.compact();
            self.rows = batch.len;
            self.held = batch.columns;
            return None;
        }
        for (i, held) in self.held.iter_mut().enumerate() {
            held.extend_range(&batch.column(i), 0, batch.rows());
        }
        self.rows += batch.rows();
        if self.rows >= wanted { self.take() } else { None }
    }

    /// What was held back.
    pub fn take(&mut self) -> Option<Batch> {
        let rows = core::mem::take(&mut self.rows);
        let columns = core::mem::take(&mut self.held);
        self.passed_on += rows;
        (rows > 0).then(|| Batch::new(columns, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn batch(values: &[i64]) -> Batch {
        Batch::new(vec![Column::from_i64(values.to_vec())], values.len())
    }

    #[test]
    fn no_more_rows_are_held_back_than_were_passed_on() {
        let mut small = SmallBatches::default();
        let mut passed = Vec::new();
        for i in 0..3000 {
            // Two of three values are selected.
            let next = batch(&[3 * i, -1, 3 * i + 2]).select(vec![0, 2]);
            if let Some(out) = small.push(next) {
                assert!(out.rows() <= ENOUGH + 2 && out.rows() <= passed.len().max(2) + 2);
                passed.extend_from_slice(out.column(0).i64s());
            }
            assert!(small.rows <= passed.len());
        }
        passed.extend(small.take().iter().flat_map(|b| b.column(0).i64s().to_vec()));
        let all: Vec<i64> = (0..3000).flat_map(|i| [3 * i, 3 * i + 2]).collect();
        assert_eq!(passed, all);
        assert!(small.take().is_none());
    }

    #[test]
    fn a_big_batch_is_passed_on_as_it_is() {
        let mut small = SmallBatches::default();
        let big: Vec<i64> = (0..2000).collect();
        for _ in 0..3 {
            let out = small.push(batch(&big).select((0..1000).collect()));
            assert!(out.is_some_and(|b| b.selection.is_some() && b.rows() == 1000));
        }
    }
}
