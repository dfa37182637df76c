//! The columns of a leaf of rows: decoded, or in the block that they came in from the store.
//!
//! Most leaves that are fetched are read once: for one row, or for some columns. So they stay as they are,
//! one field is read in place and a column is decoded when it is asked for.

use super::made_columns::{ColumnSource, MadeColumns};
use crate::codec::{Field, RowBlock};
use crate::types::{Column, DataType, Physical, ValueRef};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// See the module.
pub(super) struct LeafColumns {
    decoded: Vec<Column>,
    /// If there is one, it has the columns. Boxed: a leaf that is decoded, as most are, stays small.
    encoded: Option<Box<MadeColumns<Arc<RowBlock>>>>,
}

impl ColumnSource for Arc<RowBlock> {
    fn column_count(&self) -> usize {
        self.view().column_count()
    }

    fn column(&self, i: usize) -> Column {
        RowBlock::column(self, i)
    }
}

impl LeafColumns {
    /// Columns that are there.
    pub(super) fn decoded(columns: Vec<Column>) -> LeafColumns {
        LeafColumns {
            decoded: columns,
            encoded: None,
        }
    }

    /// The columns of a block, to be decoded when they are asked for.
    pub(super) fn encoded(block: Arc<RowBlock>) -> LeafColumns {
        LeafColumns {
            decoded: Vec::new(),
            encoded: Some(Box::new(MadeColumns::of(block))),
        }
    }

    /// The block, if they are in one.
    #[inline]
    pub(super) fn block(&self) -> Option<&Arc<RowBlock>> {
        self.encoded.as_ref().map(|e| e.source())
    }

    /// All columns.
    #[inline]
    pub(super) fn all(&self) -> &[Column] {
        match &self.encoded {
            None => &self.decoded,
            Some(e) => e.all(),
        }
    }

    /// Column `i`.
    #[inline]
    pub(super) fn get(&self, i: usize) -> Option<&Column> {
        match &self.encoded {
            None => self.decoded.get(i),
            Some(e) => e.get(i),
        }
    }

    /// Column `i`, shared if it is there; what is decoded for it is not kept.
    pub(super) fn column(&self, i: usize) -> Option<Column> {
        match &self.encoded {
            None => self.decoded.get(i).cloned(),
            Some(e) => (i < e.source().column_count()).then(|| e.made_or_new(i)),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match &self.encoded {
            None => self.decoded.len(),
            Some(e) => e.source().column_count(),
        }
    }

    /// Whether changing them would copy or decode any.
    pub(super) fn are_shared(&self) -> bool {
        self.encoded.is_some() || self.decoded.iter().any(Column::is_shared)
    }

    /// All columns, to be changed.
    #[inline]
    pub(super) fn make_mut(&mut self) -> &mut Vec<Column> {
        if let Some(e) = self.encoded.take() {
            self.decoded = e.make();
        }
        &mut self.decoded
    }

    /// The value of column `i` in a row, as one of type `ty`; NULL if there is no such column.
    #[inline(always)]
    pub(super) fn value_ref<'a>(&'a self, i: usize, row: usize, ty: &'a DataType) -> ValueRef<'a> {
        match &self.encoded {
            None => match self.decoded.get(i) {
                Some(column) => column.value_ref(row, ty),
                None => ValueRef::Null,
            },
            Some(e) => encoded_value(e, i, row, ty),
        }
    }

    /// Reads a little of the value of column `i` in a row. A block was read just now, when it was verified.
    #[inline]
    pub(super) fn touch(&self, i: usize, row: usize) -> u8 {
        self.decoded.get(i).map_or(0, |c| c.touch(row))
    }

    /// Bytes of all texts of column `i`; 0 for one of numbers.
    pub(super) fn text_bytes(&self, i: usize) -> usize {
        match &self.encoded {
            None => {
                let bytes = self.decoded.get(i).and_then(Column::bytes);
                bytes.map_or(0, |b| b.data().len())
            }
            Some(e) => e.source().view().text_bytes(i),
        }
    }

    /// Bytes of the text of column `i` in a row; 0 for a column of numbers.
    pub(super) fn text_len(&self, i: usize, row: usize) -> usize {
        match &self.encoded {
            None => self.decoded.get(i).map_or(0, |c| c.bytes_at(row).len()),
            Some(e) => match e.source().view().field(i, row) {
                Some(Field::Bytes(text)) => text.len(),
                _ => 0,
            },
        }
    }

    /// The representation of column `i`; `None` if there is no such column.
    pub(super) fn physical(&self, i: usize) -> Option<Physical> {
        match &self.encoded {
            None => self.decoded.get(i).map(Column::physical),
            Some(e) => e.source().view().physical(i),
        }
    }

    /// Whether they are of these representations.
    pub(super) fn are(&self, expected: &[Physical]) -> bool {
        let columns = (0..self.count()).map(|i| self.physical(i));
        columns.eq(expected.iter().map(|p| Some(*p)))
    }

    /// Bytes of memory, without what was decoded of a block.
    pub(super) fn memory(&self) -> usize {
        match &self.encoded {
            None => {
                let headers = self.decoded.len() * (size_of::<Column>() + 40);
                headers + self.decoded.iter().map(Column::memory).sum::<usize>()
            }
            Some(e) => e.source().memory() + size_of::<RowBlock>(),
        }
    }
}

/// A value of a block; see [`LeafColumns::value_ref`].
fn encoded_value<'a>(
    columns: &'a MadeColumns<Arc<RowBlock>>,
    i: usize,
    row: usize,
    ty: &'a DataType,
) -> ValueRef<'a> {
    if let Some(column) = columns.made(i) {
        return column.value_ref(row, ty);
    }
    match columns.source().view().field(i, row) {
        None | Some(Field::Null) => ValueRef::Null,
        Some(Field::I64(v)) => ValueRef::of_i64(v, ty),
        Some(Field::F64(v)) => ValueRef::of_f64(v, ty),
        Some(Field::Decimal(v)) => ValueRef::of_decimal(v, ty),
        Some(Field::Bytes(v)) => ValueRef::of_bytes(v, ty),
    }
}

impl Clone for LeafColumns {
    /// Shares columns that are decoded, and the block; not what was decoded of it.
    fn clone(&self) -> LeafColumns {
        match &self.encoded {
            None => LeafColumns::decoded(self.decoded.clone()),
            Some(e) => LeafColumns::encoded(e.source().clone()),
        }
    }
}
