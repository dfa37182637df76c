//! The columns of a leaf of rows: decoded, or in the block that they came in from the store.
//!
//! Most leaves that are fetched are read once: for one row, or for some columns. So they stay as they are,
//! one field is read in place and a column is decoded when it is asked for.

use crate::codec::{Field, RowBlock};
use crate::sync::Once;
use crate::types::{Column, DataType, Physical, ValueRef};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;

/// See the module.
pub(super) struct LeafColumns {
    decoded: Vec<Column>,
    /// If there is one, it has the columns.
    encoded: Option<EncodedColumns>,
}

/// Columns in a block, and those that have been asked for.
struct EncodedColumns {
    block: Arc<RowBlock>,
    /// There from the first column on that is asked for.
    single: Once<Box<[Once<Column>]>>,
    all: Once<Vec<Column>>,
}

impl EncodedColumns {
    fn of(block: Arc<RowBlock>) -> EncodedColumns {
        EncodedColumns {
            block,
            single: Once::new(),
            all: Once::new(),
        }
    }

    fn get(&self, i: usize) -> Option<&Column> {
        match self.all.get() {
            Some(all) => all.get(i),
            None => {
                let columns = || self.block.view().column_count();
                let single = self
                    .single
                    .call_once(|| (0..columns()).map(|_| Once::new()).collect());
                let column = single.get(i)?;
                Some(column.call_once(|| self.block.column(i)))
            }
        }
    }

    /// All columns; those that were asked for are shared.
    fn decode(&self) -> Vec<Column> {
        if let Some(all) = self.all.get() {
            return all.clone();
        }
        let column = |i| {
            let known = self.asked_for(i).cloned();
            known.unwrap_or_else(|| self.block.column(i))
        };
        (0..self.block.view().column_count()).map(column).collect()
    }

    /// Column `i`, if it was asked for.
    fn asked_for(&self, i: usize) -> Option<&Column> {
        self.single.get()?.get(i)?.get()
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
            encoded: Some(EncodedColumns::of(block)),
        }
    }

    /// The block, if they are in one.
    #[inline]
    pub(super) fn block(&self) -> Option<&Arc<RowBlock>> {
        self.encoded.as_ref().map(|e| &e.block)
    }

    /// All columns.
    #[inline]
    pub(super) fn all(&self) -> &[Column] {
        match &self.encoded {
            None => &self.decoded,
            Some(e) => e.all.call_once(|| e.decode()),
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

    /// All columns, to be changed.
    #[inline]
    pub(super) fn make_mut(&mut self) -> &mut Vec<Column> {
        if let Some(e) = self.encoded.take() {
            self.decoded = e.decode();
        }
        &mut self.decoded
    }

    /// The value of column `i` in a row, as one of type `ty`; `None` if there is no such column.
    pub(super) fn value_ref(&self, i: usize, row: usize, ty: &DataType) -> Option<ValueRef<'_>> {
        let Some(e) = &self.encoded else {
            return Some(self.decoded.get(i)?.value_ref(row, ty));
        };
        if let Some(column) = e.asked_for(i) {
            return Some(column.value_ref(row, ty));
        }
        let view = e.block.view();
        Some(match view.field(i, row) {
            None if i >= view.column_count() => return None,
            None | Some(Field::Null) => ValueRef::Null,
            Some(Field::I64(v)) => ValueRef::of_i64(v, ty),
            Some(Field::F64(v)) => ValueRef::of_f64(v, ty),
            Some(Field::Decimal(v)) => ValueRef::of_decimal(v, ty),
            Some(Field::Bytes(v)) => ValueRef::of_bytes(v, ty),
        })
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
            Some(e) => e.block.view().text_bytes(i),
        }
    }

    /// Whether they are of these representations.
    pub(super) fn are(&self, expected: &[Physical]) -> bool {
        match &self.encoded {
            None => {
                let columns = self.decoded.iter().map(Column::physical);
                columns.eq(expected.iter().copied())
            }
            Some(e) => {
                let view = e.block.view();
                let columns = (0..view.column_count()).map(|i| view.physical(i));
                columns.eq(expected.iter().map(|p| Some(*p)))
            }
        }
    }

    /// Bytes of memory, without what was decoded of a block.
    pub(super) fn memory(&self) -> usize {
        match &self.encoded {
            None => {
                let headers = self.decoded.len() * (size_of::<Column>() + 40);
                headers + self.decoded.iter().map(Column::memory).sum::<usize>()
            }
            Some(e) => e.block.memory() + size_of::<RowBlock>(),
        }
    }
}

impl Clone for LeafColumns {
    /// Shares columns that are decoded, and the block; not what was decoded of it.
    fn clone(&self) -> LeafColumns {
        match &self.encoded {
            None => LeafColumns::decoded(self.decoded.clone()),
            Some(e) => LeafColumns::encoded(e.block.clone()),
        }
    }
}

impl fmt::Debug for LeafColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
