//! A leaf of rows: ascending row ids, and one typed column per stored column of the table.
//!
//! Invariant: every column has as many values as there are row ids. Consecutive row ids, the common
//! case, are two integers. Columns are shared between versions of a leaf until one of them changes; those of
//! a leaf from the store are decoded when they are needed. A leaf that lost rows may be told by an older one and the
//! positions of those [that are gone](super::thinned_rows).

use super::home::TreeHome;
use super::leaf::Leaf;
use super::leaf_columns::LeafColumns;
use super::row_ids::Ids;
use super::thinned_rows::ThinnedRows;
use crate::codec::{ColumnBounds, MAX_BOUNDED_COLUMNS, RowBlock, RowBlockView, encode_row_block};
use crate::types::{Column, ColumnData, DataType, Physical, RowId, ValueRef, room_for};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, mem};

/// A run of rows of a table. See [`RowTree`](super::RowTree).
pub struct RowLeaf {
    ids: Ids,
    columns: LeafColumns,
    /// If there are any, they are the rows, and there are no ids and columns.
    thinned: Option<Box<ThinnedRows>>,
}

impl RowLeaf {
    pub(super) fn new(physical: &[Physical]) -> RowLeaf {
        let columns = physical.iter().map(|p| Column::new(*p)).collect();
        RowLeaf::of(Ids::NONE, LeafColumns::decoded(columns))
    }

    fn of(ids: Ids, columns: LeafColumns) -> RowLeaf {
        let thinned = None;
        RowLeaf {
            ids,
            columns,
            thinned,
        }
    }

    /// The rows of a leaf that is not thinned, without the one at `at`, which exists.
    fn without(source: Arc<RowLeaf>, at: usize) -> RowLeaf {
        let mut leaf = RowLeaf::new(&[]);
        let mut thinned = ThinnedRows::of(source);
        thinned.remove(at);
        leaf.thinned = Some(Box::new(thinned));
        leaf.keep_enough();
        leaf
    }

    /// The rows as what is left of another leaf, if they are that.
    pub(super) fn thinned(&self) -> Option<&ThinnedRows> {
        self.thinned.as_deref()
    }

    /// No leaf behind is kept for few rows.
    fn keep_enough(&mut self) {
        if self.thinned.as_ref().is_some_and(|t| t.are_few()) {
            self.make_whole();
        }
    }

    /// Ids and columns of its own, to be changed.
    fn make_whole(&mut self) {
        if let Some(thinned) = &self.thinned {
            *self = RowLeaf::whole(thinned);
        }
    }

    fn whole(thinned: &ThinnedRows) -> RowLeaf {
        let mut ids = Vec::with_capacity(thinned.len());
        thinned.extend_row_ids(&mut ids, 0, thinned.len());
        let columns = LeafColumns::decoded(thinned.make_columns());
        RowLeaf::of(Ids::of(ids), columns)
    }

    /// An empty leaf of the same columns with room for `rows`.
    pub(super) fn with_capacity_like(&self, rows: usize) -> RowLeaf {
        let physicals = (0..self.column_count()).filter_map(|i| self.physical(i));
        let columns = physicals.map(|p| Column::with_capacity(p, rows)).collect();
        RowLeaf::of(Ids::NONE, LeafColumns::decoded(columns))
    }

    /// Number of rows.
    #[inline]
    pub fn len(&self) -> usize {
        if let Some(thinned) = &self.thinned {
            return thinned.len();
        }
        self.ids.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row ids as a column.
    pub fn row_ids(&self) -> Column {
        match &self.ids {
            Ids::Sparse(ids) if self.thinned.is_none() => Column::from_data(ColumnData::I64(ids.clone())),
            _ => {
                let mut ids = Vec::with_capacity(self.len());
                self.extend_row_ids(&mut ids, 0, self.len());
                Column::from_i64(ids)
            }
        }
    }

    /// Appends the row ids of the rows `from..to` that there are.
    pub fn extend_row_ids(&self, out: &mut Vec<RowId>, from: usize, to: usize) {
        let to = to.min(self.len());
        match &self.thinned {
            None => self.ids.extend(out, from, to),
            Some(thinned) => thinned.extend_row_ids(out, from, to),
        }
    }

    /// Row id `i`; the largest row id beyond the end.
    #[inline]
    pub fn row_id(&self, i: usize) -> RowId {
        let (leaf, i) = self.place(i);
        leaf.ids.get(i)
    }

    /// The stored columns.
    #[inline]
    pub fn columns(&self) -> &[Column] {
        match &self.thinned {
            None => self.columns.all(),
            Some(thinned) => thinned.columns(),
        }
    }

    /// Columns that have the values of the row at `pos`, and where: its own, or those of the leaf it is told
    /// by.
    pub(crate) fn columns_at(&self, pos: usize) -> (&[Column], usize) {
        let (leaf, pos) = self.place(pos);
        (leaf.columns.all(), pos)
    }

    /// The leaf that has the values of the row at `pos`, and where.
    #[inline]
    fn place(&self, pos: usize) -> (&RowLeaf, usize) {
        match &self.thinned {
            None => (self, pos),
            Some(thinned) => thinned.place(pos),
        }
    }

    /// A stored column, shared if it is there, and not kept otherwise; empty if there is no such column.
    pub(super) fn shared_column(&self, i: usize) -> Column {
        let column = match &self.thinned {
            None => self.columns.column(i),
            Some(thinned) => thinned.column(i).cloned(),
        };
        column.unwrap_or_else(|| Column::new(Physical::I64))
    }

    /// Number of stored columns.
    pub(super) fn column_count(&self) -> usize {
        self.place(0).0.columns.count()
    }

    /// The representation of a stored column.
    pub(super) fn physical(&self, i: usize) -> Option<Physical> {
        self.place(0).0.columns.physical(i)
    }

    /// One stored column, for whoever does not need them all.
    #[inline]
    pub fn column(&self, i: usize) -> Option<&Column> {
        match &self.thinned {
            None => self.columns.get(i),
            Some(thinned) => thinned.column(i),
        }
    }

    /// Bytes of all texts of a stored column; 0 for a column of numbers.
    pub fn text_bytes(&self, i: usize) -> usize {
        match &self.thinned {
            None => self.columns.text_bytes(i),
            Some(thinned) => thinned.text_bytes(i),
        }
    }

    /// Bytes of the text of a stored column in the row at `pos`; 0 for a column of numbers.
    pub(super) fn text_len(&self, i: usize, pos: usize) -> usize {
        let (leaf, pos) = self.place(pos);
        leaf.columns.text_len(i, pos)
    }

    /// The value of a stored column in the row at `pos`, as one of type `ty`; NULL if there is no such column.
    #[inline(always)]
    pub(crate) fn value_ref<'a>(&'a self, i: usize, pos: usize, ty: &'a DataType) -> ValueRef<'a> {
        let (leaf, pos) = self.place(pos);
        leaf.columns.value_ref(i, pos, ty)
    }

    /// Reads a little of a stored column's value in the row at `pos`, so that it comes into the processor's caches.
    #[inline]
    pub(crate) fn touch(&self, i: usize, pos: usize) -> u8 {
        let (leaf, pos) = self.place(pos);
        leaf.columns.touch(i, pos)
    }

    /// Whether the columns are of these representations.
    pub fn has_columns(&self, expected: &[Physical]) -> bool {
        self.place(0).0.columns.are(expected)
    }

    /// Where row `id` is, or where it would be inserted.
    #[inline]
    pub fn find(&self, id: RowId) -> Result<usize, usize> {
        match &self.thinned {
            None => self.ids.find(id),
            Some(thinned) => thinned.find(id),
        }
    }

    pub(super) fn insert(&mut self, at: usize, id: RowId, source: &[Column], row: usize) {
        self.make_whole();
        self.ids.insert(at, id);
        for (column, values) in self.columns.make_mut().iter_mut().zip(source) {
            column.insert_from(at, values, row);
        }
    }

    /// Appends rows: `ids` ascend, all above the last one; `ids[i]` goes with row `from + i` of `source`.
    pub(super) fn push_rows(&mut self, ids: &[RowId], source: &[Column], from: usize) {
        self.make_whole();
        self.ids.push(ids);
        for (column, values) in self.columns.make_mut().iter_mut().zip(source) {
            column.extend_range(values, from, from + ids.len());
        }
    }

    /// Makes room for the rows `from..to` of `source`, and for no more: the leaf is going to be full. If it `comes_and_goes`,
    /// the room is one that another such leaf can [use](room_for).
    pub(super) fn reserve(&mut self, source: &[Column], from: usize, to: usize, comes_and_goes: bool) {
        self.make_whole();
        let room = if comes_and_goes { room_for } else { |bytes| bytes };
        for (column, values) in self.columns.make_mut().iter_mut().zip(source) {
            column.reserve_range(values, from, to, room);
        }
    }

    /// Replaces columns of row `at`, each by the value at `row` of the one it is paired with.
    pub(super) fn update<'c>(
        &mut self,
        at: usize,
        set: impl Iterator<Item = (usize, &'c Column)>,
        row: usize,
    ) {
        self.make_whole();
        let columns = self.columns.make_mut();
        for (column, values) in set {
            if let Some(column) = columns.get_mut(column) {
                column.set_from(at, values, row);
            }
        }
    }

    /// Takes the row at `at` out of a leaf, if there is one. What others share is not copied for it.
    pub(super) fn remove_from(leaf: &mut Arc<RowLeaf>, at: usize) {
        if leaf.is_thinned() || Arc::strong_count(leaf) == 1 || leaf.len() > ThinnedRows::MOST {
            Arc::make_mut(leaf).remove(at);
        } else if at < leaf.len() {
            *leaf = Arc::new(RowLeaf::without(leaf.clone(), at));
        }
    }

    fn remove(&mut self, at: usize) {
        if at >= self.len() {
            return;
        }
        if let Some(thinned) = &mut self.thinned {
            thinned.remove(at);
            return self.keep_enough();
        }
        if self.columns.are_shared() && self.len() <= ThinnedRows::MOST {
            let source = mem::replace(self, RowLeaf::new(&[]));
            *self = RowLeaf::without(Arc::new(source), at);
            return;
        }
        self.ids.remove(at);
        self.columns.make_mut().iter_mut().for_each(|c| c.remove(at));
    }
}

impl Leaf for RowLeaf {
    type Key = RowId;
    type Separator = RowId;

    fn lowest() -> RowId {
        RowId::MIN
    }

    fn separator_bytes(separator: &RowId) -> Vec<u8> {
        (*separator as u64 ^ 1 << 63).to_be_bytes().to_vec()
    }

    fn separator_from_bytes(bytes: &[u8]) -> Option<RowId> {
        let bytes: [u8; 8] = bytes.try_into().ok()?;
        Some((u64::from_be_bytes(bytes) ^ 1 << 63) as i64)
    }

    fn len(&self) -> usize {
        RowLeaf::len(self)
    }

    fn search(&self, key: &RowId) -> Result<usize, usize> {
        self.find(*key)
    }

    fn separator_before(&self, at: usize) -> RowId {
        self.row_id(at)
    }

    fn weight_of(&self, n: usize) -> usize {
        self.weight_of_rows(n)
    }

    fn block_size(&self) -> usize {
        self.size().bytes()
    }

    fn memory(&self) -> usize {
        if let Some(thinned) = &self.thinned {
            return size_of::<RowLeaf>() + thinned.memory();
        }
        size_of::<RowLeaf>() + self.ids.memory() + self.columns.memory()
    }

    fn split_off(&mut self, at: usize, room: usize) -> RowLeaf {
        self.make_whole();
        let ids = self.ids.split_off(at);
        let columns = self.columns.make_mut().iter_mut();
        let columns = LeafColumns::decoded(columns.map(|c| c.split_off(at, room)).collect());
        RowLeaf::of(ids, columns)
    }

    fn append(&mut self, right: &RowLeaf) {
        let mut ids = Vec::with_capacity(right.len());
        right.extend_row_ids(&mut ids, 0, right.len());
        self.push_rows(&ids, right.columns(), 0);
    }

    fn bounded_columns(home: &TreeHome) -> usize {
        home.columns().map_or(0, |c| c.len().min(MAX_BOUNDED_COLUMNS))
    }

    fn column_bounds(&self, column: usize) -> ColumnBounds {
        // Those of all rows of the leaf behind, if this one is told by another.
        let (leaf, _) = self.place(0);
        match leaf.is_encoded() {
            true => ColumnBounds::of(&leaf.shared_column(column)),
            false => leaf
                .columns
                .get(column)
                .map_or(ColumnBounds::UNKNOWN, ColumnBounds::of),
        }
    }

    fn fits(&self, home: &TreeHome) -> bool {
        home.columns().is_none_or(|expected| self.has_columns(expected))
    }

    fn encode(&self, key: &[u8]) -> Vec<u8> {
        if self.is_thinned() {
            return self.decoded().encode(key);
        }
        if let Some(block) = self.columns.block() {
            return block.encode(key);
        }
        encode_row_block(key, self.len(), self.ids.to_encode(), self.columns())
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Option<RowLeaf> {
        let view = RowBlockView::open(key, bytes)?;
        let columns = LeafColumns::decoded(view.decode_columns()?);
        Some(RowLeaf::of(Ids::of_block(&view), columns))
    }

    fn open(key: &[u8], bytes: Vec<u8>) -> Option<RowLeaf> {
        let block = RowBlock::open(key, bytes)?;
        let ids = Ids::of_block(&block.view());
        Some(RowLeaf::of(ids, LeafColumns::encoded(Arc::new(block))))
    }

    #[inline]
    fn is_encoded(&self) -> bool {
        self.columns.block().is_some()
    }

    fn is_thinned(&self) -> bool {
        self.thinned.is_some()
    }

    fn decoded(&self) -> RowLeaf {
        let mut leaf = self.clone();
        leaf.make_whole();
        leaf.columns.make_mut();
        leaf
    }
}

impl Clone for RowLeaf {
    /// Shares the columns, and the leaf it is told by, unless its own columns are there.
    fn clone(&self) -> RowLeaf {
        match &self.thinned {
            Some(thinned) if thinned.has_columns_made() => RowLeaf::whole(thinned),
            thinned => RowLeaf {
                ids: self.ids.clone(),
                columns: self.columns.clone(),
                thinned: thinned.clone(),
            },
        }
    }
}

impl fmt::Debug for RowLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowLeaf")
            .field("ids", &self.row_ids())
            .field("columns", &self.columns())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::home::BlockSizing;
    use super::*;
    use alloc::vec;

    fn leaf(ids: &[RowId]) -> RowLeaf {
        let mut leaf = RowLeaf::new(&[Physical::I64]);
        let values = [Column::from_i64(ids.iter().map(|i| i.wrapping_mul(10)).collect())];
        leaf.push_rows(ids, &values, 0);
        leaf
    }

    fn ids(leaf: &RowLeaf) -> Vec<RowId> {
        leaf.row_ids().i64s().to_vec()
    }

    #[test]
    fn ids_at_both_ends_of_the_range_are_found() {
        let l = leaf(&[i64::MAX - 2, i64::MAX - 1, i64::MAX]);
        assert_eq!(l.find(i64::MAX), Ok(2));
        assert_eq!(l.find(i64::MIN), Err(0));
        let mut l = leaf(&[i64::MIN, i64::MIN + 1]);
        assert_eq!(l.find(i64::MAX), Err(2));
        l.insert(2, i64::MAX, &[Column::from_i64(vec![1])], 0);
        assert_eq!(ids(&l), [i64::MIN, i64::MIN + 1, i64::MAX]);
    }

    #[test]
    fn removing_and_adding_keeps_ids_and_values_together() {
        let mut l = leaf(&[5, 6, 7, 8]);
        l.remove(1);
        l.remove(0);
        assert_eq!((ids(&l), l.columns()[0].i64s()), (vec![7, 8], &[70, 80][..]));
        l.insert(0, 6, &[Column::from_i64(vec![60])], 0);
        let right = l.split_off(2, 0);
        assert_eq!((ids(&l), ids(&right)), (vec![6, 7], vec![8]));
        l.append(&right);
        assert_eq!(
            (ids(&l), l.columns()[0].i64s()),
            (vec![6, 7, 8], &[60, 70, 80][..])
        );
    }

    #[test]
    fn room_counts_bytes_and_takes_one_row_of_any_size() {
        let sizing = |max_rows, max_bytes| BlockSizing {
            max_rows,
            max_bytes,
            fanout: 4,
        };
        let mut text = Column::new(Physical::Bytes);
        [10, 10, 1000, 10]
            .iter()
            .for_each(|n| text.push_bytes(&vec![b'x'; *n]));
        let empty = RowLeaf::new(&[Physical::Bytes]);
        let source = [text];
        assert_eq!(empty.room(&sizing(4, 100), &[1, 2, 3, 4], &source, 0), 2);
        assert_eq!(empty.room(&sizing(4, 100), &[3, 4], &source, 2), 1);
        assert_eq!(empty.room(&sizing(1, 100), &[1, 2, 3, 4], &source, 0), 1);
        let mut full = RowLeaf::new(&[Physical::Bytes]);
        full.push_rows(&[1], &source, 2);
        assert_eq!(full.room(&sizing(4, 100), &[4], &source, 3), 0);
    }

    #[test]
    fn a_leaf_is_filled_until_its_block_fills_a_page() {
        let sizing = BlockSizing::default();
        let ids: Vec<RowId> = (0..2000).collect();
        let mut text = Column::new(Physical::Bytes);
        ids.iter()
            .for_each(|i| text.push_bytes(&vec![b'x'; 20 + (i % 90) as usize]));
        let numbers = ids.iter().map(|i| i * 7919 % 1_000_000).collect();
        let source = [Column::from_i64(numbers), text];
        let mut leaf = RowLeaf::new(&[Physical::I64, Physical::Bytes]);
        // What is there already counts as much as what comes.
        leaf.push_rows(&ids[..20], &source, 0);
        let n = leaf.room(&sizing, &ids[20..], &source, 20);
        let mut one_more = leaf.clone();
        leaf.push_rows(&ids[20..20 + n], &source, 20);
        assert!(leaf.weight_of(leaf.len()) > sizing.max_bytes && sizing.holds(&leaf));
        assert!(
            leaf.encode(b"k").len() == leaf.block_size() && leaf.block_size() > sizing.max_bytes * 97 / 100
        );
        one_more.push_rows(&ids[20..21 + n], &source, 20);
        assert!(!sizing.holds(&one_more));
    }
}
