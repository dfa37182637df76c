//! A run of rows in column form: what operators pass to one another.

use super::Column;
use alloc::{sync::Arc, vec::Vec};

/// Columns of equal length, and optionally a selection: the rows that count, in order.
///
/// A filter only narrows the selection; columns are gathered when an expression needs them.
/// Invariant: every column has `len` values; every selected row is below `len`.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The columns, all of `len` values.
    pub columns: Vec<Column>,
    /// Rows in the columns (also when there are no columns).
    pub len: usize,
    /// The rows that count, in order; `None`: all.
    pub selection: Option<Arc<Vec<u32>>>,
}

impl Batch {
    /// A batch of all rows of the columns; `len` matters when there are no columns.
    pub fn new(columns: Vec<Column>, len: usize) -> Batch {
        Batch {
            columns,
            len,
            selection: None,
        }
    }

    /// Number of rows that count.
    pub fn rows(&self) -> usize {
        self.selection.as_ref().map_or(self.len, |s| s.len())
    }

    /// Column `i` with only the selected rows; an unknown column gives an empty one.
    pub fn column(&self, i: usize) -> Column {
        match (self.columns.get(i), &self.selection) {
            (Some(c), None) => c.clone(),
            (Some(c), Some(s)) => c.gather(s),
            (None, _) => Column::nulls(super::Physical::I64, self.rows()),
        }
    }

    /// The same rows without a selection.
    pub fn compact(self) -> Batch {
        match &self.selection {
            None => self,
            Some(s) => Batch::new(self.columns.iter().map(|c| c.gather(s)).collect(), s.len()),
        }
    }

    /// Narrows to the given positions among the rows that count (not among the columns' rows).
    pub fn select(mut self, positions: Vec<u32>) -> Batch {
        self.selection = Some(Arc::new(match &self.selection {
            None => positions,
            Some(s) => positions
                .iter()
                .filter_map(|p| s.get(*p as usize).copied())
                .collect(),
        }));
        self
    }

    /// The rows `from..to` among those that count.
    pub fn slice(&self, from: usize, to: usize) -> Batch {
        let to = to.min(self.rows());
        let from = from.min(to);
        if from == 0 && to == self.rows() {
            return self.clone();
        }
        self.clone().select((from as u32..to as u32).collect())
    }
}
