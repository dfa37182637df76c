//! How big a leaf of rows is, in memory and as a block, and how many rows more it takes.

use super::home::BlockSizing;
use super::leaf::Leaf;
use super::row_leaf::RowLeaf;
use crate::codec::RowBlockSize;
use crate::types::{Column, ColumnData, Physical, RowId};

impl RowLeaf {
    /// How many rows of `source` from `from` on, whose ids are `ids`, fit into this leaf; an empty leaf
    /// takes one whatever its size.
    pub(super) fn room(&self, sizing: &BlockSizing, ids: &[RowId], source: &[Column], from: usize) -> usize {
        let len = self.len();
        let most = ids.len().min(sizing.max_rows.saturating_sub(len));
        let free = sizing.max_bytes.saturating_sub(self.weight_of(len));
        let fits = |n: usize| weight(source, from, from + n) <= free;
        // By memory: the largest n that fits, by bisection, since weights ascend.
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        // As a block, which is smaller: in steps, because every look at a row costs.
        let mut fitting = low;
        let mut size = self.size();
        let mut step = most.min(32);
        add_rows(&mut size, ids, source, from, 0, fitting);
        while step > 0 && fitting < most {
            let next = (fitting + step).min(most);
            let mut more = size.clone();
            add_rows(&mut more, ids, source, from, fitting, next);
            if sizing.is_page(more.bytes()) {
                (fitting, size) = (next, more);
            } else {
                step /= 2;
            }
        }
        if len == 0 {
            fitting.max(most.min(1))
        } else {
            fitting
        }
    }

    /// What the block needs.
    pub(super) fn size(&self) -> RowBlockSize {
        let mut size = RowBlockSize::empty(self.columns());
        if let Some(last) = self.len().checked_sub(1) {
            let ids = (self.row_id(0), self.row_id(last));
            size.add(ids, self.columns(), 0, self.len());
        }
        size
    }

    /// Bytes of the row at `pos` and its id; see [`Leaf::weight_of`].
    pub(super) fn weight_of_row(&self, pos: usize) -> usize {
        let column = |i| fixed_weight(self.physical(i)) + self.text_len(i, pos);
        8 + (0..self.column_count()).map(column).sum::<usize>()
    }

    /// As [`Leaf::weight_of`].
    pub(super) fn weight_of_rows(&self, n: usize) -> usize {
        if n == self.len() {
            if let Some(thinned) = self.thinned() {
                return thinned.weight();
            }
            if self.is_encoded() {
                // Told without decoding it.
                let column = |i| fixed_weight(self.physical(i)) * n + self.text_bytes(i);
                return 8 * n + (0..self.column_count()).map(column).sum::<usize>();
            }
        }
        weight(self.columns(), 0, n)
    }
}

/// Adds the rows with `ids[from..to]`, the first of which is row `start` of `source`.
fn add_rows(size: &mut RowBlockSize, ids: &[RowId], source: &[Column], start: usize, from: usize, to: usize) {
    if let [first, ..] = ids.get(from..to).unwrap_or(&[])
        && let Some(last) = ids.get(to - 1)
    {
        size.add((*first, *last), source, start + from, start + to);
    }
}

/// Bytes of a value, without those of its text.
fn fixed_weight(physical: Option<Physical>) -> usize {
    match physical {
        Some(Physical::I64 | Physical::F64) => 8,
        Some(Physical::Decimal) => 16,
        Some(Physical::Bytes) => 4,
        None => 0,
    }
}

/// Bytes of the rows `from..to` of `columns` and their ids.
fn weight(columns: &[Column], from: usize, to: usize) -> usize {
    let rows = to.saturating_sub(from);
    let column = |c: &Column| match c.data() {
        ColumnData::I64(_) | ColumnData::F64(_) => 8 * rows,
        ColumnData::Decimal(_) => 16 * rows,
        ColumnData::Bytes(v) => {
            let end = |n: usize| match n.checked_sub(1) {
                Some(i) => v.ends().get(i).map_or(v.data().len(), |e| *e as usize),
                None => 0,
            };
            4 * rows + end(to).saturating_sub(end(from))
        }
    };
    8 * rows + columns.iter().map(column).sum::<usize>()
}
