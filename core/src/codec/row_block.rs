//! A leaf of rows as bytes.
//!
//! ```text
//! rows (2) | columns (2) | first row id (8) | gaps | end of each column (4 each) | columns
//! gaps      i64s: id[i] - id[0] - i, so consecutive ids take nothing per row
//! column    tag (1: representation | 0x80 if NULLs follow) | array | null bits (rows / 8, rounded up)
//! ```
//!
//! Any field is found without decoding the rest; see [`RowBlockView`].

use super::{
    BlockKind, MAX_BLOCK_ROWS, block,
    packed::{PackedBytes, PackedDecimals, PackedInts, bounds, push_floats},
    reader::Reader,
};
use crate::types::{Bitmap, Column, ColumnData, Physical, RowId};
use alloc::vec::Vec;

const NULLS: u8 = 0x80;

/// The row ids of a leaf.
#[derive(Debug, Clone, Copy)]
pub enum RowIds<'a> {
    /// Consecutive from this one.
    From(RowId),
    /// These, ascending.
    Each(&'a [RowId]),
}

/// Encodes a leaf of `rows` rows, to be stored under `key`.
/// The caller keeps `rows` within [`MAX_BLOCK_ROWS`], and as many ids and values per column.
pub fn encode_row_block(key: &[u8], rows: usize, ids: RowIds<'_>, columns: &[Column]) -> Vec<u8> {
    let data: usize = columns.iter().map(|c| c.memory() + 20).sum();
    let mut out = block::start(24 + data);
    out.extend_from_slice(&(rows as u16).to_le_bytes());
    out.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    match ids {
        RowIds::From(first) => {
            out.extend_from_slice(&first.to_le_bytes());
            PackedInts::write(&mut out, &[]);
        }
        RowIds::Each(ids) => {
            let first = ids.first().copied().unwrap_or_default();
            let gap = |(i, id): (usize, &RowId)| id.wrapping_sub(first).wrapping_sub(i as i64);
            let gaps: Vec<i64> = ids.iter().enumerate().map(gap).collect();
            out.extend_from_slice(&first.to_le_bytes());
            write_gaps(&mut out, &gaps);
        }
    }
    let ends = out.len();
    out.resize(ends + 4 * columns.len(), 0);
    let start = out.len();
    for (i, column) in columns.iter().enumerate() {
        write_column(&mut out, column);
        let end = (out.len() - start) as u32;
        if let Some(slot) = out.get_mut(ends + 4 * i..ends + 4 * i + 4) {
            slot.copy_from_slice(&end.to_le_bytes());
        }
    }
    block::seal(out, key, BlockKind::Rows)
}

/// Gaps are unsigned: ids may span more than half of all integers.
fn write_gaps(out: &mut Vec<u8>, gaps: &[i64]) {
    if gaps.iter().any(|g| *g < 0) {
        out.extend_from_slice(&0i64.to_le_bytes());
        out.push(8);
        gaps.iter().for_each(|g| out.extend_from_slice(&g.to_le_bytes()));
    } else {
        PackedInts::write(out, gaps);
    }
}

fn write_column(out: &mut Vec<u8>, column: &Column) {
    let nulls = column.null_bitmap().filter(|n| n.any());
    let tag = match column.data() {
        ColumnData::I64(_) => 0,
        ColumnData::F64(_) => 1,
        ColumnData::Decimal(_) => 2,
        ColumnData::Bytes(_) => 3,
    };
    out.push(if nulls.is_some() { tag | NULLS } else { tag });
    match column.data() {
        ColumnData::I64(v) => PackedInts::write(out, v),
        ColumnData::F64(v) => push_floats(out, v),
        ColumnData::Decimal(v) => PackedDecimals::write(out, v),
        ColumnData::Bytes(v) => PackedBytes::write(out, v, 0),
    }
    if let Some(nulls) = nulls {
        let bytes = nulls.words().iter().flat_map(|w| w.to_le_bytes());
        out.extend(bytes.take(nulls.len().div_ceil(8)));
    }
}

/// What [`encode_row_block`] needs for rows, counted without encoding them.
#[derive(Debug, Clone)]
pub struct RowBlockSize {
    ids: Option<(RowId, RowId)>,
    rows: usize,
    columns: Vec<ColumnSize>,
}

#[derive(Debug, Clone, Copy)]
enum Values {
    Ints(Option<(i64, i64)>),
    Floats,
    Decimals(Option<(i128, i128)>),
    /// Bytes in all, and the length of each value if they have one length.
    Bytes(usize, Option<usize>),
}

#[derive(Debug, Clone, Copy)]
struct ColumnSize {
    values: Values,
    nulls: bool,
}

fn wider<T: Copy + Ord>(a: Option<(T, T)>, b: Option<(T, T)>) -> Option<(T, T)> {
    match (a, b) {
        (Some((min, max)), Some((low, high))) => Some((min.min(low), max.max(high))),
        (a, b) => a.or(b),
    }
}

impl RowBlockSize {
    /// No rows of columns like these.
    pub fn empty(columns: &[Column]) -> RowBlockSize {
        let values = |c: &Column| match c.data() {
            ColumnData::I64(_) => Values::Ints(None),
            ColumnData::F64(_) => Values::Floats,
            ColumnData::Decimal(_) => Values::Decimals(None),
            ColumnData::Bytes(_) => Values::Bytes(0, None),
        };
        let size = |c: &Column| ColumnSize {
            values: values(c),
            nulls: false,
        };
        RowBlockSize {
            ids: None,
            rows: 0,
            columns: columns.iter().map(size).collect(),
        }
    }

    /// Adds the rows `from..to` of `columns`, whose ids ascend from `first` to `last`, above those before.
    pub fn add(&mut self, (first, last): (RowId, RowId), columns: &[Column], from: usize, to: usize) {
        let had_rows = self.rows > 0;
        self.rows += to.saturating_sub(from);
        self.ids = wider(self.ids, Some((first, last)));
        for (size, column) in self.columns.iter_mut().zip(columns) {
            size.nulls |= column.null_bitmap().is_some_and(Bitmap::any);
            match (&mut size.values, column.data()) {
                (Values::Ints(b), ColumnData::I64(v)) => {
                    *b = wider(*b, bounds(v.get(from..to).unwrap_or(&[])));
                }
                (Values::Decimals(b), ColumnData::Decimal(v)) => {
                    *b = wider(*b, bounds(v.get(from..to).unwrap_or(&[])));
                }
                (Values::Bytes(total, length), ColumnData::Bytes(v)) => {
                    let end = |n: usize| match n.checked_sub(1) {
                        Some(i) => v.ends().get(i).map_or(v.data().len(), |e| *e as usize),
                        None => 0,
                    };
                    let start = end(from);
                    let first = v.get(from).len();
                    let equal = (from..to).all(|i| end(i + 1) == start + (i + 1 - from) * first);
                    let same = !had_rows || *length == Some(first);
                    *length = (equal && same).then_some(first);
                    *total += end(to).saturating_sub(start);
                }
                _ => {}
            }
        }
    }

    /// The bytes of the block; a few more than there will be if NULLs are elsewhere in the columns.
    pub fn bytes(&self) -> usize {
        let n = self.rows;
        let column = |c: &ColumnSize| {
            let values = match c.values {
                Values::Ints(b) => {
                    let (min, max) = b.unwrap_or_default();
                    PackedInts::size(n, min, max)
                }
                Values::Floats => 8 * n,
                Values::Decimals(b) => {
                    let (min, max) = b.unwrap_or_default();
                    PackedDecimals::size(n, min, max)
                }
                Values::Bytes(total, length) => PackedBytes::size(n, total, length.is_some()),
            };
            5 + values + if c.nulls { n.div_ceil(8) } else { 0 }
        };
        let (first, last) = self.ids.unwrap_or_default();
        // Ids ascend, so the last gap is the widest.
        let gap = last.wrapping_sub(first).wrapping_sub(n.saturating_sub(1) as i64);
        let gaps = if gap < 0 {
            9 + 8 * n
        } else {
            PackedInts::size(n, 0, gap)
        };
        block::HEADER + 12 + gaps + self.columns.iter().map(column).sum::<usize>()
    }
}

/// One value in an encoded block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    /// NULL.
    Null,
    /// See [`Physical::I64`](crate::types::Physical::I64).
    I64(i64),
    /// See [`Physical::F64`](crate::types::Physical::F64).
    F64(f64),
    /// See [`Physical::Decimal`](crate::types::Physical::Decimal).
    Decimal(i128),
    /// See [`Physical::Bytes`](crate::types::Physical::Bytes).
    Bytes(&'a [u8]),
}

/// An encoded leaf of rows, read in place.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowBlockView<'a> {
    rows: usize,
    columns: usize,
    first: RowId,
    gaps: PackedInts<'a>,
    ends: &'a [u8],
    data: &'a [u8],
}

impl<'a> RowBlockView<'a> {
    /// Opens the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn open(key: &[u8], bytes: &'a [u8]) -> Option<RowBlockView<'a>> {
        let (_, body) = block::open(bytes, key, BlockKind::Rows)?;
        RowBlockView::read(body).filter(RowBlockView::ids_ascend)
    }

    /// The rows of a body that was opened before.
    pub(super) fn parse(body: &'a [u8]) -> Option<RowBlockView<'a>> {
        RowBlockView::read(Reader::new(body))
    }

    fn read(mut body: Reader<'a>) -> Option<RowBlockView<'a>> {
        let rows = usize::from(body.u16()?);
        let columns = usize::from(body.u16()?);
        if rows > MAX_BLOCK_ROWS {
            return None;
        }
        let first = body.i64()?;
        // consecutive ids: the gaps are constant and nothing follows, whatever the number of rows
        let gaps = PackedInts::read(&mut body, rows)?;
        let ends = body.take_array(columns, 4)?;
        let length = match columns.checked_sub(1) {
            Some(last) => read_end(ends, last),
            None => 0,
        };
        let data = body.take(length)?;
        let view = RowBlockView {
            rows,
            columns,
            first,
            gaps,
            ends,
            data,
        };
        body.is_empty().then_some(view)
    }

    /// Whether every column reads.
    pub(super) fn is_sound(&self) -> bool {
        (0..self.columns).all(|i| self.column_view(i).is_some_and(|c| c.is_sound()))
    }

    /// Ids ascend and stay in range: gaps never shrink and the last id is no overflow.
    fn ids_ascend(&self) -> bool {
        let gap = |i: usize| self.gaps.get(i) as u64;
        let ascending =
            self.gaps.is_constant() || (1..self.rows).all(|i| gap(i - 1) <= gap(i)) && gap(0) == 0;
        let last = self.rows.saturating_sub(1);
        let last_id = i128::from(self.first) + i128::from(gap(last)) + last as i128;
        ascending && last_id <= i128::from(i64::MAX) && (!self.gaps.is_constant() || gap(0) == 0)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Number of columns.
    pub fn column_count(&self) -> usize {
        self.columns
    }

    /// The first row id if the ids are consecutive (or there are none).
    pub fn consecutive_from(&self) -> Option<RowId> {
        (self.gaps.is_constant() || self.rows == 0).then_some(self.first)
    }

    /// Row id `i`.
    pub fn row_id(&self, i: usize) -> RowId {
        self.first.wrapping_add(self.gaps.get(i)).wrapping_add(i as i64)
    }

    /// All row ids.
    pub fn row_ids(&self) -> Vec<RowId> {
        let gaps = self.gaps.to_vec().into_iter().enumerate();
        gaps.map(|(i, gap)| self.first.wrapping_add(gap).wrapping_add(i as i64))
            .collect()
    }

    /// Where the row `id` is, or where it would be inserted.
    pub fn find(&self, id: RowId) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = (low + high) / 2;
            match self.row_id(middle).cmp(&id) {
                core::cmp::Ordering::Equal => return Ok(middle),
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn column_view(&self, column: usize) -> Option<ColumnView<'a>> {
        let start = match column.checked_sub(1) {
            Some(before) => read_end(self.ends, before),
            None => 0,
        };
        let end = (column < self.columns).then(|| read_end(self.ends, column))?;
        ColumnView::read(self.data.get(start..end)?, self.rows)
    }

    /// The value of `column` in row `row`, found in place; `None` if there is no such field.
    pub fn field(&self, column: usize, row: usize) -> Option<Field<'a>> {
        let view = self.column_view(column)?;
        (row < self.rows).then(|| view.get(row))
    }

    /// The representation of a column; `None` if there is no such column or it is malformed.
    pub fn physical(&self, column: usize) -> Option<Physical> {
        Some(match self.column_view(column)?.packed {
            Packed::I64(_) => Physical::I64,
            Packed::F64(_) => Physical::F64,
            Packed::Decimal(_) => Physical::Decimal,
            Packed::Bytes(_) => Physical::Bytes,
        })
    }

    /// Bytes of all values of a column of byte strings; 0 for another.
    pub fn text_bytes(&self, column: usize) -> usize {
        match self.column_view(column).map(|c| c.packed) {
            Some(Packed::Bytes(bytes)) => bytes.data_len(),
            _ => 0,
        }
    }

    /// One column decoded, of a block whose columns all read; without values otherwise.
    pub(super) fn sound_column(&self, column: usize) -> Column {
        let view = self.column_view(column);
        view.map_or_else(|| Column::new(Physical::I64), |c| c.decode(self.rows))
    }

    /// All columns decoded; `None` if one is malformed.
    pub fn decode_columns(&self) -> Option<Vec<Column>> {
        let sound = |c| self.column_view(c).filter(ColumnView::is_sound);
        (0..self.columns)
            .map(|c| Some(sound(c)?.decode(self.rows)))
            .collect()
    }
}

fn read_end(ends: &[u8], i: usize) -> usize {
    let ends: &[[u8; 4]] = ends.as_chunks().0;
    ends.get(i).map_or(0, |e| u32::from_le_bytes(*e) as usize)
}

enum Packed<'a> {
    I64(PackedInts<'a>),
    F64(&'a [[u8; 8]]),
    Decimal(PackedDecimals<'a>),
    Bytes(PackedBytes<'a>),
}

struct ColumnView<'a> {
    packed: Packed<'a>,
    nulls: Option<&'a [u8]>,
}

impl<'a> ColumnView<'a> {
    fn read(bytes: &'a [u8], rows: usize) -> Option<ColumnView<'a>> {
        let mut body = Reader::new(bytes);
        let tag = body.u8()?;
        let packed = match tag & !NULLS {
            0 => Packed::I64(PackedInts::read(&mut body, rows)?),
            1 => Packed::F64(body.take_array(rows, 8)?.as_chunks().0),
            2 => Packed::Decimal(PackedDecimals::read(&mut body, rows)?),
            3 => Packed::Bytes(PackedBytes::read(&mut body, rows)?),
            _ => return None,
        };
        let nulls = if tag & NULLS == 0 {
            None
        } else {
            Some(body.take(rows.div_ceil(8))?)
        };
        body.is_empty().then_some(ColumnView { packed, nulls })
    }

    fn get(&self, row: usize) -> Field<'a> {
        let null = self
            .nulls
            .and_then(|n| n.get(row / 8))
            .is_some_and(|b| b >> (row % 8) & 1 == 1);
        match &self.packed {
            _ if null => Field::Null,
            Packed::I64(v) => Field::I64(v.get(row)),
            Packed::F64(v) => Field::F64(v.get(row).map_or(0.0, |v| f64::from_le_bytes(*v))),
            Packed::Decimal(v) => Field::Decimal(v.get(row)),
            Packed::Bytes(v) => Field::Bytes(v.get(row)),
        }
    }

    /// Whether the values can be decoded.
    fn is_sound(&self) -> bool {
        match &self.packed {
            Packed::I64(_) | Packed::F64(_) | Packed::Decimal(_) => true,
            Packed::Bytes(v) => v.is_sound(),
        }
    }

    /// The values, if it is [sound](ColumnView::is_sound).
    fn decode(&self, rows: usize) -> Column {
        let data = match &self.packed {
            Packed::I64(v) => ColumnData::I64(v.to_vec().into()),
            Packed::F64(v) => {
                let floats: Vec<f64> = v.iter().map(|v| f64::from_le_bytes(*v)).collect();
                ColumnData::F64(floats.into())
            }
            Packed::Decimal(v) => ColumnData::Decimal(v.to_vec().into()),
            Packed::Bytes(v) => ColumnData::Bytes(v.to_bytes(&[]).unwrap_or_default().into()),
        };
        let nulls = self.nulls.map(|bytes| {
            let word = |chunk: &[u8]| {
                let byte = |w: u64, (i, b): (usize, &u8)| w | u64::from(*b) << (8 * i);
                chunk.iter().enumerate().fold(0, byte)
            };
            Bitmap::from_words(bytes.chunks(8).map(word).collect(), rows)
        });
        Column::from_parts(data, nulls)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::BytesVec;
    use proptest::prelude::*;

    fn column(physical: Physical, values: &[Option<i128>]) -> Column {
        let mut c = Column::new(physical);
        for v in values {
            match (v, physical) {
                (None, _) => c.push_null(),
                (Some(v), Physical::I64) => c.push_i64(*v as i64),
                (Some(v), Physical::F64) => c.push_f64(*v as f64 / 3.0),
                (Some(v), Physical::Decimal) => c.push_decimal(*v),
                (Some(v), Physical::Bytes) => {
                    c.push_bytes(&v.to_be_bytes()[..(v.unsigned_abs() % 17) as usize])
                }
            }
        }
        c
    }

    fn field(c: &Column, i: usize) -> Field<'_> {
        match c.data() {
            _ if c.is_null(i) => Field::Null,
            ColumnData::I64(v) => Field::I64(v[i]),
            ColumnData::F64(v) => Field::F64(v[i]),
            ColumnData::Decimal(v) => Field::Decimal(v[i]),
            ColumnData::Bytes(v) => Field::Bytes(v.get(i)),
        }
    }

    fn physical() -> impl Strategy<Value = Physical> {
        prop_oneof![
            Just(Physical::I64),
            Just(Physical::F64),
            Just(Physical::Decimal),
            Just(Physical::Bytes)
        ]
    }

    /// Integers of every magnitude, so that every width occurs.
    fn integer() -> impl Strategy<Value = i128> {
        (any::<i128>(), 0u32..128).prop_map(|(v, shift)| v >> shift)
    }

    fn rows() -> impl Strategy<Value = (Vec<RowId>, Vec<Column>)> {
        let ids = proptest::collection::btree_set((any::<i64>(), 0u32..64).prop_map(|(v, s)| v >> s), 0..40);
        (ids, proptest::collection::vec(physical(), 0..5)).prop_flat_map(|(ids, physicals)| {
            let n = ids.len();
            let value = proptest::option::weighted(0.8, integer());
            let values = proptest::collection::vec(proptest::collection::vec(value, n), physicals.len());
            (Just(ids), Just(physicals), values).prop_map(|(ids, physicals, values)| {
                let columns = physicals
                    .iter()
                    .zip(&values)
                    .map(|(p, v)| column(*p, v))
                    .collect();
                (ids.into_iter().collect(), columns)
            })
        })
    }

    /// Reads everything a reader could, and only asks that it returns.
    fn read_all(view: &RowBlockView<'_>) {
        let _ = (view.row_ids(), view.decode_columns(), view.consecutive_from());
        for row in 0..view.len() + 2 {
            assert!(row >= view.len() || view.find(view.row_id(row)) == Ok(row));
            for c in 0..view.column_count() + 2 {
                let _ = view.field(c, row);
            }
        }
    }

    proptest! {
        #[test]
        fn rows_come_back_whole_and_field_by_field((ids, columns) in rows()) {
            let block = encode_row_block(b"k", ids.len(), RowIds::Each(&ids), &columns);
            let view = RowBlockView::open(b"k", &block).unwrap();
            prop_assert_eq!(view.row_ids(), ids.clone());
            prop_assert_eq!(view.decode_columns().unwrap(), columns.clone());
            for (i, id) in ids.iter().enumerate() {
                prop_assert_eq!(view.find(*id), Ok(i));
                for (c, column) in columns.iter().enumerate() {
                    prop_assert_eq!(view.field(c, i), Some(field(column, i)));
                }
            }
        }

        #[test]
        fn the_size_is_known_before((ids, columns) in rows(), cut in any::<proptest::sample::Index>()) {
            let block = encode_row_block(b"k", ids.len(), RowIds::Each(&ids), &columns);
            let mut size = RowBlockSize::empty(&columns);
            let cut = cut.index(ids.len() + 1);
            for (from, to) in [(0, cut), (cut, ids.len())] {
                if from < to {
                    size.add((ids[from], ids[to - 1]), &columns, from, to);
                }
            }
            prop_assert_eq!(size.bytes(), block.len());
        }

        #[test]
        fn any_bytes_behind_a_good_checksum_are_read_without_harm(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut block = block::start(0);
            block.extend_from_slice(&body);
            let block = block::seal(block, b"k", BlockKind::Rows);
            if let Some(view) = RowBlockView::open(b"k", &block) {
                read_all(&view);
            }
            prop_assert!(RowBlockView::open(b"k", &body).is_none());
        }

        #[test]
        fn mutated_blocks_behind_a_good_checksum_are_read_without_harm(
            (ids, columns) in rows(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bad = encode_row_block(b"k", ids.len(), RowIds::Each(&ids), &columns);
            let body = bad.len() - 7;
            for (at, byte) in &changes {
                bad[7 + at.index(body)] = *byte;
            }
            let bad = block::seal(bad, b"k", BlockKind::Rows);
            if let Some(view) = RowBlockView::open(b"k", &bad) {
                read_all(&view);
            }
        }
    }

    #[test]
    fn small_integers_take_a_byte_and_consecutive_ids_nothing() {
        let n = 256usize;
        let ages = Column::from_i64((0..n as i64).map(|i| 1_000_000 + i % 90).collect());
        let same = Column::from_i64(alloc::vec![7; n]);
        let mut uuids = BytesVec::default();
        (0..n).for_each(|i| uuids.push(&[i as u8; 16]));
        let block = encode_row_block(
            b"k",
            n,
            RowIds::From(1 << 40),
            &[ages, same, Column::from_bytes(uuids)],
        );
        assert!(block.len() < n + n * 16 + 100, "{}", block.len());
        let view = RowBlockView::open(b"k", &block).unwrap();
        assert_eq!(view.consecutive_from(), Some(1 << 40));
        assert_eq!(view.find((1 << 40) + 255), Ok(255));
        assert_eq!(view.field(2, 9), Some(Field::Bytes(&[9; 16])));
    }
}
