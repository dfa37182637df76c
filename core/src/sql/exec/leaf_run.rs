//! The rows of several leaves as one batch: what an operator does per batch costs as much as what it
//! does for dozens of rows, and a leaf has no more than that.
//!
//! A run only holds the leaves. Columns are copied out when asked for, of all rows or of some: see
//! [`RunRows`](super::run_rows::RunRows).

use super::positions::Positions;
use super::table_columns::{Piece, TableColumns};
use crate::tree::{Leaves, Missing, RowCursor, RowLeaf};
use crate::types::{Bitmap, BytesVec, Column, ColumnData, Physical, Result};
use alloc::{sync::Arc, vec::Vec};
use core::ops::Range;
use core::task::{Poll, ready};

/// Bytes of text after which a run ends: they are copied.
const MOST_TEXT: usize = 256 << 10;

/// What a leaf has of a column.
struct Found<'a> {
    leaf: &'a RowLeaf,
    piece: Piece<'a>,
    /// The rows that are meant.
    range: Range<usize>,
}

/// Rows of leaves, in order.
#[derive(Debug, Default)]
pub struct LeafRun {
    leaves: Leaves<RowLeaf>,
    /// Bytes of text in them, of the columns that are read.
    text: usize,
}

impl LeafRun {
    /// Takes leaves from a cursor until there are about `wanted` rows; `false` at its end.
    ///
    /// # Errors
    /// Those of the cursor.
    pub fn fill(
        &mut self,
        cursor: &mut RowCursor,
        wanted: usize,
        columns: &TableColumns,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        if !columns.physicals().contains(&Physical::Bytes) {
            return cursor.next_leaves(wanted, &mut self.leaves, missing);
        }
        while self.rows() < wanted && self.text < MOST_TEXT {
            if !ready!(cursor.next_leaves(self.rows() + 1, &mut self.leaves, missing))? {
                return Poll::Ready(Ok(false));
            }
            self.text += self.leaves.last().map_or(0, |leaf| columns.text_bytes(leaf));
        }
        Poll::Ready(Ok(true))
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.leaves.entries()
    }

    /// Forgets the leaves.
    pub fn clear(&mut self) {
        self.leaves.clear();
        self.text = 0;
    }

    /// The only leaf, if all of its rows are meant: its columns can be shared.
    fn whole_leaf(&self) -> Option<&RowLeaf> {
        let (leaf, range) = self.leaves.iter().next()?;
        (range.len() == leaf.len() && leaf.len() == self.rows()).then_some(leaf)
    }

    /// Output column `i` of every part: found for all of them before anybody looks at one. A leaf's columns are likely
    /// to be in no cache of the processor, and where little is read of each, waiting for one after the other takes
    /// as long as the rest.
    fn found<'a>(&'a self, columns: &'a TableColumns, i: usize) -> Vec<Found<'a>> {
        let found = |(leaf, range): (&'a RowLeaf, Range<usize>)| {
            let piece = columns.piece(leaf, i);
            if let Piece::Stored(c) = piece {
                core::hint::black_box(c.touch(range.start));
            }
            Found { leaf, piece, range }
        };
        self.leaves.iter().map(found).collect()
    }

    /// Output column `i` of every part.
    fn pieces<'a>(
        &'a self,
        columns: &'a TableColumns,
        i: usize,
    ) -> impl Iterator<Item = (Piece<'a>, Range<usize>)> {
        let piece = move |(leaf, range): (&'a RowLeaf, _)| (columns.piece(leaf, i), range);
        self.leaves.iter().map(piece)
    }

    /// The columns of the only leaf, if all of its rows are meant: they need not be copied.
    pub fn shared(&self, columns: &TableColumns) -> Option<Vec<Column>> {
        self.whole_leaf().map(|leaf| columns.of_leaf(leaf))
    }

    /// Output column `i` of all rows.
    pub fn column(&self, columns: &TableColumns, i: usize) -> Column {
        if let Some(leaf) = self.whole_leaf() {
            return columns.column_of(leaf, i);
        }
        match columns.physical(i) {
            Physical::I64 => {
                let mut values: Vec<i64> = Vec::with_capacity(self.rows());
                for (leaf, range) in self.leaves.iter() {
                    match columns.piece(leaf, i) {
                        Piece::RowIds => leaf.extend_row_ids(&mut values, range.start, range.end),
                        Piece::Stored(c) => extend(&mut values, c.i64s(), &range),
                        Piece::Absent => values.resize(values.len() + range.len(), 0),
                    }
                }
                Column::from_parts(ColumnData::I64(Arc::new(values)), self.nulls(columns, i))
            }
            Physical::F64 => {
                let mut values: Vec<f64> = Vec::with_capacity(self.rows());
                for (piece, range) in self.pieces(columns, i) {
                    extend(&mut values, piece.stored(Column::f64s), &range);
                }
                Column::from_parts(ColumnData::F64(Arc::new(values)), self.nulls(columns, i))
            }
            Physical::Decimal => {
                let mut values: Vec<i128> = Vec::with_capacity(self.rows());
                for (piece, range) in self.pieces(columns, i) {
                    extend(&mut values, piece.stored(Column::decimals), &range);
                }
                Column::from_parts(ColumnData::Decimal(Arc::new(values)), self.nulls(columns, i))
            }
            Physical::Bytes => {
                let mut values = BytesVec::with_capacity(self.rows(), self.text);
                for (piece, range) in self.pieces(columns, i) {
                    let rows = values.len() + range.len();
                    if let Piece::Stored(c) = piece
                        && let Some(bytes) = c.bytes()
                    {
                        values.extend_range(bytes, range.start, range.end);
                    }
                    (values.len()..rows).for_each(|_| values.push(&[]));
                }
                Column::from_parts(ColumnData::Bytes(Arc::new(values)), self.nulls(columns, i))
            }
        }
    }

    /// The positions of the rows for whose value in output column `i`, one of integers, `is_wanted`; NULL is never
    /// wanted.
    pub fn positions_where(
        &self,
        columns: &TableColumns,
        i: usize,
        is_wanted: impl Fn(i64) -> bool,
    ) -> Vec<u32> {
        let mut passing = Positions::new(self.rows());
        let mut ids = Vec::new();
        for Found { leaf, piece, range } in self.found(columns, i) {
            match piece {
                Piece::RowIds => {
                    ids.clear();
                    leaf.extend_row_ids(&mut ids, range.start, range.end);
                    passing.test(&ids, None, 0, &is_wanted);
                }
                Piece::Stored(c) => match c.i64s().get(range.clone()) {
                    Some(values) => passing.test(values, c.null_bitmap(), range.start, &is_wanted),
                    None => passing.skip(range.len()),
                },
                Piece::Absent => passing.skip(range.len()),
            }
        }
        passing.into_rows()
    }

    /// Where output column `i` is NULL; `None`: nowhere.
    fn nulls(&self, columns: &TableColumns, i: usize) -> Option<Bitmap> {
        let may_be = |(piece, _): (Piece<'_>, _)| match piece {
            Piece::RowIds => false,
            Piece::Stored(c) => c.null_bitmap().is_some(),
            Piece::Absent => true,
        };
        if !self.pieces(columns, i).any(may_be) {
            return None;
        }
        let mut nulls = Bitmap::default();
        for (piece, range) in self.pieces(columns, i) {
            match piece {
                Piece::RowIds => nulls.extend_filled(range.len(), false),
                Piece::Stored(c) => match c.null_bitmap() {
                    Some(bits) => nulls.extend_range(bits, range.start, range.end),
                    None => nulls.extend_filled(range.len(), false),
                },
                Piece::Absent => nulls.extend_filled(range.len(), true),
            }
        }
        Some(nulls)
    }

    /// Output column `i` of the rows at ascending `positions`.
    pub fn gather(&self, columns: &TableColumns, i: usize, positions: &[u32]) -> Column {
        let mut out = Column::with_capacity(columns.physical(i), positions.len());
        let (mut rest, mut base) = (positions, 0);
        for Found { leaf, piece, range } in self.found(columns, i) {
            let end = base + range.len();
            // Few enough that looking for the last of them in halves takes longer.
            let here = rest.iter().take_while(|p| (**p as usize) < end).count();
            let (rows, later) = rest.split_at(here);
            let rows = rows
                .iter()
                .map(|p| range.start + (*p as usize).saturating_sub(base));
            match piece {
                Piece::RowIds => rows.for_each(|row| out.push_i64(leaf.row_id(row))),
                Piece::Stored(c) => out.extend_rows(c, rows),
                Piece::Absent => out.extend_nulls(here),
            }
            (rest, base) = (later, end);
        }
        out
    }
}

/// Appends the values of `range`; where there are none, the values of NULLs.
fn extend<T: Copy + Default>(out: &mut Vec<T>, values: &[T], range: &Range<usize>) {
    match values.get(range.clone()) {
        Some(values) => out.extend_from_slice(values),
        None => out.resize(out.len() + range.len(), T::default()),
    }
}
