//! The rows an expression is evaluated over: a batch, or some of its rows.

use crate::types::{Batch, Column};
use alloc::vec::Vec;

/// A batch and the rows of its columns that count, in order.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) batch: &'a Batch,
    pub(super) selection: Option<&'a [u32]>,
}

impl<'a> Input<'a> {
    pub(super) fn new(batch: &'a Batch) -> Input<'a> {
        Input {
            batch,
            selection: batch.selection.as_ref().map(|s| s.as_slice()),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.selection.map_or(self.batch.len, <[u32]>::len)
    }

    /// Column `i` of the rows that count; shared if all of them do. `None`: no such column.
    pub(super) fn column(&self, i: usize) -> Option<Column> {
        let c = self.batch.columns.get(i)?;
        Some(self.selection.map_or_else(|| c.clone(), |s| c.gather(s)))
    }

    /// The given positions among the rows that count, as rows of the columns.
    pub(super) fn rows_at(&self, positions: &[u32]) -> Vec<u32> {
        match self.selection {
            None => positions.to_vec(),
            Some(s) => positions
                .iter()
                .filter_map(|p| s.get(*p as usize).copied())
                .collect(),
        }
    }

    /// The same batch with another selection of its columns' rows.
    pub(super) fn only(&self, rows: &'a [u32]) -> Input<'a> {
        Input {
            batch: self.batch,
            selection: Some(rows),
        }
    }
}
