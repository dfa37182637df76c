//! A typed vector of values with a null bitmap: what leaves store and operators pass around.
//!
//! Invariant: data and null bitmap have the same length; a NULL's slot in the data holds the
//! physical default (0, empty), so that kernels may compute over it blindly.
//!
//! Cloning a column clones two `Arc`s. Writing goes through `Arc::make_mut`, so a column that a
//! snapshot shares is copied once, and the other columns of its block are not.

use super::{Bitmap, BytesVec, vec_capacity};
use alloc::{sync::Arc, vec::Vec};
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// The four physical representations. [`DataType::physical`](super::DataType::physical) maps SQL types to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Physical {
    /// Integers, booleans, dates and times.
    I64,
    /// Floating point.
    F64,
    /// Unscaled decimals; the scale is the type's.
    Decimal,
    /// Text, blobs, JSON, UUIDs, vectors, geometry.
    Bytes,
}

/// The typed data of a [`Column`].
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// See [`Physical::I64`].
    I64(Arc<Vec<i64>>),
    /// See [`Physical::F64`].
    F64(Arc<Vec<f64>>),
    /// See [`Physical::Decimal`].
    Decimal(Arc<Vec<i128>>),
    /// See [`Physical::Bytes`].
    Bytes(Arc<BytesVec>),
}

/// A typed vector with an optional null bitmap (`None`: nothing is NULL).
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    data: ColumnData,
    nulls: Option<Arc<Bitmap>>,
}

/// Applies one body to whichever vector a column holds.
macro_rules! each {
    ($data:expr, $v:ident => $fixed:expr, $b:ident => $bytes:expr) => {
        match $data {
            ColumnData::I64($v) => $fixed,
            ColumnData::F64($v) => $fixed,
            ColumnData::Decimal($v) => $fixed,
            ColumnData::Bytes($b) => $bytes,
        }
    };
}

impl Column {
    /// An empty column.
    pub fn new(physical: Physical) -> Column {
        Column::with_capacity(physical, 0)
    }

    /// An empty column with room for `rows` values.
    pub fn with_capacity(physical: Physical, rows: usize) -> Column {
        let data = match physical {
            Physical::I64 => ColumnData::I64(Arc::new(Vec::with_capacity(rows))),
            Physical::F64 => ColumnData::F64(Arc::new(Vec::with_capacity(rows))),
            Physical::Decimal => ColumnData::Decimal(Arc::new(Vec::with_capacity(rows))),
            Physical::Bytes => ColumnData::Bytes(Arc::new(BytesVec::with_capacity(rows, 0))),
        };
        Column { data, nulls: None }
    }

    /// `rows` NULLs.
    pub fn nulls(physical: Physical, rows: usize) -> Column {
        let mut c = Column::new(physical);
        c.extend_nulls(rows);
        c
    }

    /// Wraps typed data without NULLs.
    pub fn from_data(data: ColumnData) -> Column {
        Column { data, nulls: None }
    }

    /// Wraps typed data and a null bitmap; a bitmap of another length is cut or padded with "not NULL".
    pub fn from_parts(data: ColumnData, nulls: Option<Bitmap>) -> Column {
        let len = each!(&data, v => v.len(), b => b.len());
        let nulls = nulls.filter(Bitmap::any).map(|n| {
            Arc::new(match n.len() == len {
                true => n,
                false => Bitmap::from_words(n.words().to_vec(), len),
            })
        });
        Column { data, nulls }
    }

    /// A column of integers.
    pub fn from_i64(values: Vec<i64>) -> Column {
        Column::from_data(ColumnData::I64(Arc::new(values)))
    }

    /// A column of floats.
    pub fn from_f64(values: Vec<f64>) -> Column {
        Column::from_data(ColumnData::F64(Arc::new(values)))
    }

    /// A column of unscaled decimals.
    pub fn from_decimals(values: Vec<i128>) -> Column {
        Column::from_data(ColumnData::Decimal(Arc::new(values)))
    }

    /// A column of byte strings.
    pub fn from_bytes(values: BytesVec) -> Column {
        Column::from_data(ColumnData::Bytes(Arc::new(values)))
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        each!(&self.data, v => v.len(), b => b.len())
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The representation.
    pub fn physical(&self) -> Physical {
        match self.data {
            ColumnData::I64(_) => Physical::I64,
            ColumnData::F64(_) => Physical::F64,
            ColumnData::Decimal(_) => Physical::Decimal,
            ColumnData::Bytes(_) => Physical::Bytes,
        }
    }

    /// Whether changing it copies values that others share.
    pub fn is_shared(&self) -> bool {
        each!(&self.data, v => Arc::strong_count(v) > 1, b => Arc::strong_count(b) > 1)
    }

    /// The typed data.
    pub fn data(&self) -> &ColumnData {
        &self.data
    }

    /// The typed data, without the NULLs.
    pub fn into_data(self) -> ColumnData {
        self.data
    }

    /// The null bitmap; `None` if nothing is NULL.
    pub fn null_bitmap(&self) -> Option<&Bitmap> {
        self.nulls.as_deref()
    }

    /// Whether value `i` is NULL.
    #[inline]
    pub fn is_null(&self, i: usize) -> bool {
        self.nulls.as_ref().is_some_and(|n| n.get(i))
    }

    /// The integers, or an empty slice if the column holds something else.
    pub fn i64s(&self) -> &[i64] {
        if let ColumnData::I64(v) = &self.data {
            v
        } else {
            &[]
        }
    }

    /// The floats, or an empty slice if the column holds something else.
    pub fn f64s(&self) -> &[f64] {
        if let ColumnData::F64(v) = &self.data {
            v
        } else {
            &[]
        }
    }

    /// The unscaled decimals, or an empty slice if the column holds something else.
    pub fn decimals(&self) -> &[i128] {
        if let ColumnData::Decimal(v) = &self.data {
            v
        } else {
            &[]
        }
    }

    /// The byte strings, if the column holds them.
    pub fn bytes(&self) -> Option<&BytesVec> {
        if let ColumnData::Bytes(v) = &self.data {
            Some(v)
        } else {
            None
        }
    }

    /// The i-th byte string; empty if the column holds something else.
    #[inline]
    pub fn bytes_at(&self, i: usize) -> &[u8] {
        if let ColumnData::Bytes(v) = &self.data {
            v.get(i)
        } else {
            &[]
        }
    }

    /// Whether two values are one: of the same bytes, or both NULL.
    pub fn is_same(&self, i: usize, other: &Column, j: usize) -> bool {
        if self.is_null(i) || other.is_null(j) {
            return self.is_null(i) && other.is_null(j);
        }
        match (&self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => a.get(i) == b.get(j),
            (ColumnData::F64(a), ColumnData::F64(b)) => {
                a.get(i).map(|v| v.to_bits()) == b.get(j).map(|v| v.to_bits())
            }
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => a.get(i) == b.get(j),
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => a.get(i) == b.get(j),
            _ => false,
        }
    }

    /// Appends NULL.
    pub fn push_null(&mut self) {
        self.extend_nulls(1);
    }

    /// Appends `n` NULLs.
    pub fn extend_nulls(&mut self, n: usize) {
        let old = self.len();
        each!(&mut self.data, v => { let v = Arc::make_mut(v); v.resize(old + n, Default::default()) },
            b => { let b = Arc::make_mut(b); (0..n).for_each(|_| b.push(&[])) });
        if n > 0 {
            let nulls = self
                .nulls
                .get_or_insert_with(|| Arc::new(Bitmap::filled(old, false)));
            Arc::make_mut(nulls).extend_filled(n, true);
        }
    }

    fn pushed(&mut self) {
        if let Some(n) = &mut self.nulls {
            Arc::make_mut(n).push(false);
        }
    }

    /// Appends an integer. A column of another representation gets NULL: types are checked before.
    #[inline]
    pub fn push_i64(&mut self, value: i64) {
        if let ColumnData::I64(v) = &mut self.data {
            Arc::make_mut(v).push(value);
            self.pushed();
        } else {
            self.push_null();
        }
    }

    /// Appends a float; see [`Column::push_i64`].
    #[inline]
    pub fn push_f64(&mut self, value: f64) {
        if let ColumnData::F64(v) = &mut self.data {
            Arc::make_mut(v).push(value);
            self.pushed();
        } else {
            self.push_null();
        }
    }

    /// Appends an unscaled decimal; see [`Column::push_i64`].
    #[inline]
    pub fn push_decimal(&mut self, value: i128) {
        if let ColumnData::Decimal(v) = &mut self.data {
            Arc::make_mut(v).push(value);
            self.pushed();
        } else {
            self.push_null();
        }
    }

    /// Appends a byte string; see [`Column::push_i64`].
    #[inline]
    pub fn push_bytes(&mut self, value: &[u8]) {
        if let ColumnData::Bytes(v) = &mut self.data {
            Arc::make_mut(v).push(value);
            self.pushed();
        } else {
            self.push_null();
        }
    }

    /// Appends value `i` of another column of the same representation.
    pub fn push_from(&mut self, other: &Column, i: usize) {
        if self.nulls.is_some() || other.nulls.is_some() || i >= other.len() {
            return self.extend_range(other, i, i + 1);
        }
        match (&mut self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => Arc::make_mut(a).push(b[i]),
            (ColumnData::F64(a), ColumnData::F64(b)) => Arc::make_mut(a).push(b[i]),
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => Arc::make_mut(a).push(b[i]),
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => Arc::make_mut(a).push(b.get(i)),
            _ => self.push_null(),
        }
    }

    /// Appends the values `from..to` of another column of the same representation
    /// (of another one: NULLs).
    pub fn extend_range(&mut self, other: &Column, from: usize, to: usize) {
        let to = to.min(other.len());
        if from >= to {
            return;
        }
        let old = self.len();
        match (&mut self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => Arc::make_mut(a).extend_from_slice(&b[from..to]),
            (ColumnData::F64(a), ColumnData::F64(b)) => Arc::make_mut(a).extend_from_slice(&b[from..to]),
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => {
                Arc::make_mut(a).extend_from_slice(&b[from..to])
            }
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => Arc::make_mut(a).extend_range(b, from, to),
            _ => return self.extend_nulls(to - from),
        }
        match (&mut self.nulls, &other.nulls) {
            (None, None) => {}
            (Some(n), None) => Arc::make_mut(n).extend_filled(to - from, false),
            (nulls, Some(o)) => {
                if nulls.is_some() || (from..to).any(|i| o.get(i)) {
                    let n = nulls.get_or_insert_with(|| Arc::new(Bitmap::filled(old, false)));
                    Arc::make_mut(n).extend_range(o, from, to);
                }
            }
        }
    }

    /// Appends the values of another column of the same representation at `rows`, each below its length
    /// (of another representation: NULLs).
    pub fn extend_rows(&mut self, other: &Column, rows: impl ExactSizeIterator<Item = usize> + Clone) {
        let old = self.len();
        match (&mut self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => extend_rows(Arc::make_mut(a), b, rows.clone()),
            (ColumnData::F64(a), ColumnData::F64(b)) => extend_rows(Arc::make_mut(a), b, rows.clone()),
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => {
                extend_rows(Arc::make_mut(a), b, rows.clone())
            }
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => {
                let a = Arc::make_mut(a);
                rows.clone().for_each(|r| a.push(b.get(r)));
            }
            _ => return self.extend_nulls(rows.len()),
        }
        if self.nulls.is_some() || other.nulls.is_some() {
            let n = self
                .nulls
                .get_or_insert_with(|| Arc::new(Bitmap::filled(old, false)));
            let n = Arc::make_mut(n);
            rows.for_each(|r| n.push(other.is_null(r)));
        }
    }

    /// A byte that depends on value `i` in every cache line that a short value takes; 0 beyond the end.
    #[inline]
    pub fn touch(&self, i: usize) -> u8 {
        match &self.data {
            ColumnData::I64(v) => v.get(i).map_or(0, |v| *v as u8),
            ColumnData::F64(v) => v.get(i).map_or(0, |v| v.to_bits() as u8),
            ColumnData::Decimal(v) => v.get(i).map_or(0, |v| *v as u8),
            ColumnData::Bytes(v) => {
                let text = v.get(i);
                text.first().copied().unwrap_or(0) ^ text.last().copied().unwrap_or(0)
            }
        }
    }

    /// Makes room for the values `from..to` of another column of the same representation; for as many bytes of
    /// byte strings as `room` makes of those there will be.
    pub fn reserve_range(&mut self, other: &Column, from: usize, to: usize, room: fn(usize) -> usize) {
        match (&mut self.data, &other.data) {
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => Arc::make_mut(a).reserve_range(b, from, to, room),
            (data, _) => each!(data, v => Arc::make_mut(v).reserve_exact(to.saturating_sub(from)), _b => ()),
        }
    }

    /// Replaces value `i` by value `j` of another column of the same representation.
    pub fn set_from(&mut self, i: usize, other: &Column, j: usize) {
        if i >= self.len() || j >= other.len() {
            return;
        }
        match (&mut self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => Arc::make_mut(a)[i] = b[j],
            (ColumnData::F64(a), ColumnData::F64(b)) => Arc::make_mut(a)[i] = b[j],
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => Arc::make_mut(a)[i] = b[j],
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => Arc::make_mut(a).set(i, b.get(j)),
            _ => return,
        }
        let null = other.is_null(j);
        if null != self.is_null(i) {
            let len = self.len();
            let n = self
                .nulls
                .get_or_insert_with(|| Arc::new(Bitmap::filled(len, false)));
            Arc::make_mut(n).set(i, null);
        }
    }

    /// Inserts value `j` of another column of the same representation before position `i`.
    pub fn insert_from(&mut self, i: usize, other: &Column, j: usize) {
        if i >= self.len() {
            return self.push_from(other, j);
        }
        if j >= other.len() {
            return;
        }
        match (&mut self.data, &other.data) {
            (ColumnData::I64(a), ColumnData::I64(b)) => roomy(a).insert(i, b[j]),
            (ColumnData::F64(a), ColumnData::F64(b)) => roomy(a).insert(i, b[j]),
            (ColumnData::Decimal(a), ColumnData::Decimal(b)) => roomy(a).insert(i, b[j]),
            (ColumnData::Bytes(a), ColumnData::Bytes(b)) => {
                let value = b.get(j);
                if Arc::strong_count(a) > 1 {
                    *a = Arc::new(a.with_room(1, value.len()));
                }
                Arc::make_mut(a).insert(i, value);
            }
            _ => return,
        }
        if self.nulls.is_some() || other.is_null(j) {
            let old = self
                .nulls
                .take()
                .unwrap_or_else(|| Arc::new(Bitmap::filled(self.len() - 1, false)));
            let mut new = Bitmap::default();
            (0..i).for_each(|k| new.push(old.get(k)));
            new.push(other.is_null(j));
            (i..old.len()).for_each(|k| new.push(old.get(k)));
            self.nulls = Some(Arc::new(new));
        }
    }

    /// Removes value `i`.
    pub fn remove(&mut self, i: usize) {
        if i >= self.len() {
            return;
        }
        match &mut self.data {
            ColumnData::I64(v) => remove(v, i),
            ColumnData::F64(v) => remove(v, i),
            ColumnData::Decimal(v) => remove(v, i),
            ColumnData::Bytes(b) if Arc::strong_count(b) > 1 => *b = Arc::new(b.without(i)),
            ColumnData::Bytes(b) => Arc::make_mut(b).remove(i),
        }
        if let Some(old) = self.nulls.take() {
            let mut new = Bitmap::default();
            (0..old.len())
                .filter(|k| *k != i)
                .for_each(|k| new.push(old.get(k)));
            self.nulls = new.any().then(|| Arc::new(new));
        }
    }

    /// Takes the last value off, as a column of its own; `None` if there is none.
    pub fn pop(&mut self) -> Option<Column> {
        let last = self.len().checked_sub(1)?;
        let value = self.gather(&[last as u32]);
        self.remove(last);
        Some(value)
    }

    /// Removes all values; the memory stays if nobody shares it.
    pub fn clear(&mut self) {
        let kept = each!(&mut self.data, v => Arc::get_mut(v).map(Vec::clear), b => Arc::get_mut(b).map(BytesVec::clear));
        match kept {
            Some(()) => self.nulls = None,
            None => *self = Column::new(self.physical()),
        }
    }

    /// Keeps the first `len` values.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        each!(&mut self.data, v => Arc::make_mut(v).truncate(len), b => Arc::make_mut(b).truncate(len));
        if let Some(nulls) = &mut self.nulls {
            let nulls = Arc::make_mut(nulls);
            nulls.truncate(len);
            if !nulls.any() {
                self.nulls = None;
            }
        }
    }

    /// Keeps the first `at` values and returns the rest, with room for `room` values of about their size.
    pub fn split_off(&mut self, at: usize, room: usize) -> Column {
        fn cut<T: Copy>(values: &mut Arc<Vec<T>>, at: usize, room: usize) -> Arc<Vec<T>> {
            let values = Arc::make_mut(values);
            let tail = values.get(at..).unwrap_or(&[]);
            let mut rest = Vec::with_capacity(room.max(tail.len()));
            rest.extend_from_slice(tail);
            values.truncate(at);
            values.shrink_to_fit();
            Arc::new(rest)
        }
        let data = match &mut self.data {
            ColumnData::I64(v) => ColumnData::I64(cut(v, at, room)),
            ColumnData::F64(v) => ColumnData::F64(cut(v, at, room)),
            ColumnData::Decimal(v) => ColumnData::Decimal(cut(v, at, room)),
            ColumnData::Bytes(b) => ColumnData::Bytes(Arc::new(Arc::make_mut(b).split_off(at, room))),
        };
        let nulls = self.nulls.take().map(|all| {
            let mut rest = Bitmap::default();
            (at..all.len()).for_each(|i| rest.push(all.get(i)));
            let mut kept = Bitmap::clone(&all);
            kept.truncate(at);
            self.nulls = kept.any().then(|| Arc::new(kept));
            rest
        });
        Column::from_parts(data, nulls)
    }

    /// The values `from..to` as a column of their own.
    pub fn slice(&self, from: usize, to: usize) -> Column {
        if from == 0 && to >= self.len() {
            return self.clone();
        }
        let mut c = Column::with_capacity(self.physical(), to.saturating_sub(from));
        c.extend_range(self, from, to);
        c
    }

    /// The values of these ranges, one range after the other.
    pub fn pick(&self, ranges: impl Iterator<Item = Range<usize>> + Clone) -> Column {
        let rows = ranges.clone().map(|r| r.len()).sum();
        let mut picked = match &self.data {
            ColumnData::Bytes(v) => {
                let bytes = ranges.clone().map(|r| v.bytes_of(r)).sum();
                Column::from_bytes(BytesVec::with_capacity(rows, bytes))
            }
            _ => Column::with_capacity(self.physical(), rows),
        };
        ranges.for_each(|r| picked.extend_range(self, r.start, r.end));
        picked
    }

    /// The values at `rows`, in that order; a row beyond the end gives NULL.
    pub fn gather(&self, rows: &[u32]) -> Column {
        let mut beyond = false;
        let data = match &self.data {
            ColumnData::I64(v) => ColumnData::I64(Arc::new(gather(v, rows, &mut beyond))),
            ColumnData::F64(v) => ColumnData::F64(Arc::new(gather(v, rows, &mut beyond))),
            ColumnData::Decimal(v) => ColumnData::Decimal(Arc::new(gather(v, rows, &mut beyond))),
            ColumnData::Bytes(v) => {
                let mut out = BytesVec::with_capacity(rows.len(), self.gathered_bytes(rows));
                rows.iter().for_each(|r| {
                    let is_there = (*r as usize) < v.len();
                    beyond |= !is_there;
                    out.push(if is_there { v.get(*r as usize) } else { &[] })
                });
                ColumnData::Bytes(Arc::new(out))
            }
        };
        let len = self.len();
        let nulls = (self.nulls.is_some() || beyond).then(|| {
            let is_null = |r: &u32| *r as usize >= len || self.is_null(*r as usize);
            let word = |rows: &[u32]| {
                let bits = rows.iter().enumerate();
                bits.fold(0, |w, (i, r)| w | u64::from(is_null(r)) << i)
            };
            Bitmap::from_words(rows.chunks(64).map(word).collect(), rows.len())
        });
        Column::from_parts(data, nulls)
    }

    /// Bytes of the byte strings at `rows`; 0 if the column holds something else.
    pub fn gathered_bytes(&self, rows: &[u32]) -> usize {
        match &self.data {
            ColumnData::Bytes(v) => rows
                .iter()
                .filter(|r| (**r as usize) < v.len())
                .map(|r| v.get(*r as usize).len())
                .sum(),
            _ => 0,
        }
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        let data = match &self.data {
            ColumnData::I64(v) => v.capacity() * 8,
            ColumnData::F64(v) => v.capacity() * 8,
            ColumnData::Decimal(v) => v.capacity() * 16,
            ColumnData::Bytes(v) => v.memory(),
        };
        data + self.nulls.as_ref().map_or(0, |n| n.words().len() * 8)
    }

    /// Bytes of memory held once the values of another column at `rows` (all of them if `None`) are appended.
    pub fn memory_with(&self, other: &Column, rows: Option<&[u32]>) -> usize {
        let count = rows.map_or(other.len(), <[u32]>::len);
        let len = self.len().saturating_add(count);
        let data = match (&self.data, &other.data) {
            (ColumnData::I64(v), _) => vec_capacity(v.capacity(), len).saturating_mul(8),
            (ColumnData::F64(v), _) => vec_capacity(v.capacity(), len).saturating_mul(8),
            (ColumnData::Decimal(v), _) => vec_capacity(v.capacity(), len).saturating_mul(16),
            (ColumnData::Bytes(v), ColumnData::Bytes(from)) => {
                let bytes = match rows {
                    None => from.data().len(),
                    Some(rows) => other.gathered_bytes(rows),
                };
                v.memory_with(count, bytes)
            }
            (ColumnData::Bytes(v), _) => v.memory_with(count, 0),
        };
        let nulls = self.nulls.is_some() || other.nulls.is_some();
        data.saturating_add(if nulls { len.div_ceil(64) * 8 } else { 0 })
    }
}

fn extend_rows<T: Copy + Default>(out: &mut Vec<T>, values: &[T], rows: impl Iterator<Item = usize>) {
    out.extend(rows.map(|r| values.get(r).copied().unwrap_or_default()));
}

/// The values at `rows`; sets `beyond` if there are not so many.
fn gather<T: Copy + Default>(values: &[T], rows: &[u32], beyond: &mut bool) -> Vec<T> {
    let value = |r: &u32| match values.get(*r as usize) {
        Some(value) => *value,
        None => {
            *beyond = true;
            T::default()
        }
    };
    rows.iter().map(value).collect()
}

/// The values, to add one to. Where others share them they are copied into a vector that has room for it.
fn roomy<T: Copy>(values: &mut Arc<Vec<T>>) -> &mut Vec<T> {
    if Arc::strong_count(values) > 1 {
        let mut copy = Vec::with_capacity(values.len() + 1);
        copy.extend_from_slice(values);
        *values = Arc::new(copy);
    }
    Arc::make_mut(values)
}

/// Removes value `i`. Where others share the values, the others are copied, each once.
fn remove<T: Copy>(values: &mut Arc<Vec<T>>, i: usize) {
    if Arc::strong_count(values) == 1 {
        Arc::make_mut(values).remove(i);
    } else if let (Some(before), Some(after)) = (values.get(..i), values.get(i + 1..)) {
        *values = Arc::new([before, after].concat());
    }
}
