//! Sort keys as bytes: memcmp order = the order ORDER BY asks for (direction, place of NULLs, collation).
//!
//! The first 16 bytes of each key are kept as one integer, so most comparisons touch nothing else; only
//! keys that may be longer are kept whole too. Invariant: one prefix per row, and, if `long`, one key.

use crate::codec::{KeyPart, encode_key_part, float_of, int_of, ordered_f64, ordered_i64};
use crate::sorting::sort_checked;
use crate::sql::memory::MemoryUse;
use crate::sql::plan::SortKey;
use crate::types::{BytesVec, Column, ColumnData, Error, Physical, Result, vec_capacity};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Bytes that sorting takes per key: its prefix and place, and its place in the order.
const SORTING: usize = size_of::<(u128, u32)>() + 4;

/// How one key column is ordered.
#[derive(Debug, Clone, Copy)]
struct Part {
    key: KeyPart,
    nulls_first: bool,
}

impl Part {
    /// The prefix of a single number, as [`push_part`] would give it; `bits` order as the number does.
    #[inline]
    fn of_number(self, bits: u64, null: bool) -> u128 {
        let first = |b: u8| u128::from(b) << 120;
        if null {
            return first(self.null_byte());
        }
        let (marker, bits) = if self.key.descending {
            (0xfe, !bits)
        } else {
            (1, bits)
        };
        first(marker) | u128::from(bits) << 56
    }

    /// NULL as a key: below the first byte of every value, or above it.
    fn null_byte(self) -> u8 {
        if self.nulls_first { 0 } else { 0xff }
    }
}

/// The keys of collected rows.
#[derive(Debug)]
pub struct SortKeys {
    parts: Vec<Part>,
    prefixes: Vec<u128>,
    whole: Option<BytesVec>,
    scratch: Vec<u8>,
    memory: MemoryUse,
}

impl SortKeys {
    /// No keys yet, of the given order; they and what sorting them needs are counted as `memory`.
    pub fn new(keys: &[SortKey], memory: MemoryUse) -> SortKeys {
        let width = |k: &SortKey| match k.expr.ty().physical() {
            Physical::I64 | Physical::F64 => 9,
            Physical::Decimal => 18,
            Physical::Bytes => 1000,
        };
        SortKeys {
            parts: keys
                .iter()
                .map(|k| Part {
                    key: KeyPart {
                        physical: k.expr.ty().physical(),
                        collation: k.expr.ty().collation(),
                        descending: k.descending,
                    },
                    nulls_first: k.nulls_first,
                })
                .collect(),
            prefixes: Vec::new(),
            whole: (keys.iter().map(width).sum::<usize>() > 16).then(BytesVec::default),
            scratch: Vec::new(),
            memory,
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.prefixes.len()
    }

    /// Appends the keys of `rows` rows, one column per part.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] beyond the limit, and beyond 4 GiB of long keys.
    pub fn append(&mut self, columns: &[Column], rows: usize) -> Result<()> {
        let len = self.prefixes.len().saturating_add(rows);
        let prefixes = vec_capacity(self.prefixes.capacity(), len).saturating_mul(16);
        let fixed = prefixes.saturating_add(len.saturating_mul(SORTING));
        let whole = self.whole.as_ref().map_or(0, BytesVec::memory);
        self.memory.set(fixed.saturating_add(whole))?;
        self.prefixes.reserve(rows);
        if let ([part], [column]) = (self.parts.as_slice(), columns) {
            let prefix = |(row, bits)| part.of_number(bits, column.is_null(row));
            match column.data() {
                ColumnData::I64(v) => {
                    let bits = v.iter().map(|v| ordered_i64(*v));
                    self.prefixes.extend(bits.enumerate().take(rows).map(prefix));
                    return Ok(());
                }
                ColumnData::F64(v) => {
                    let bits = v.iter().map(|v| ordered_f64(*v));
                    self.prefixes.extend(bits.enumerate().take(rows).map(prefix));
                    return Ok(());
                }
                ColumnData::Decimal(_) | ColumnData::Bytes(_) => {}
            }
        }
        for row in 0..rows {
            self.scratch.clear();
            for (part, column) in self.parts.iter().zip(columns) {
                push_part(&mut self.scratch, *part, column, row);
            }
            self.prefixes.push(prefix(&self.scratch));
            if let Some(whole) = &mut self.whole {
                if whole.data().len().saturating_add(self.scratch.len()) >= u32::MAX as usize {
                    return Err(Error::QueryMemory {
                        limit: u32::MAX as usize,
                    });
                }
                let grown = whole.memory_with(1, self.scratch.len());
                if grown > whole.memory() {
                    self.memory.set(fixed.saturating_add(grown))?;
                }
                whole.push(&self.scratch);
            }
        }
        Ok(())
    }

    /// Which of `rows` rows, given by one column per part, come before row `than`. `None` if that takes
    /// more than a comparison of numbers.
    pub fn before(&self, columns: &[Column], rows: usize, than: usize) -> Option<Vec<u32>> {
        let ([part], [column]) = (self.parts.as_slice(), columns) else {
            return None;
        };
        let than = *self.prefixes.get(than)?;
        let nulls = column.null_bitmap();
        if nulls.is_none() {
            // Only the numbers differ: compare them, and not what precedes them.
            let (marker, bits) = (than >> 120, (than >> 56) as u64);
            let own = if part.key.descending { 0xfe } else { 1 };
            return match column.data() {
                ColumnData::I64(_) | ColumnData::F64(_) if own < marker => Some((0..rows as u32).collect()),
                ColumnData::I64(_) | ColumnData::F64(_) if own > marker => Some(Vec::new()),
                ColumnData::I64(v) => {
                    let than = int_of(if part.key.descending { !bits } else { bits });
                    Some(match part.key.descending {
                        true => rows_where(v, rows, |v| v > than),
                        false => rows_where(v, rows, |v| v < than),
                    })
                }
                ColumnData::F64(v) => {
                    let than = float_of(if part.key.descending { !bits } else { bits });
                    // NaN is above everything, and so never before a row when they ascend.
                    Some(match (part.key.descending, than.is_nan()) {
                        (true, true) => Vec::new(),
                        (true, false) => rows_where(v, rows, |v| v > than || v.is_nan()),
                        (false, true) => rows_where(v, rows, |v| !v.is_nan()),
                        (false, false) => rows_where(v, rows, |v| v < than),
                    })
                }
                ColumnData::Decimal(_) | ColumnData::Bytes(_) => None,
            };
        }
        let before = |(row, bits)| part.of_number(bits, column.is_null(row)) < than;
        let rows = |bits: &mut dyn Iterator<Item = u64>| {
            let rows = bits.enumerate().take(rows).filter(|r| before(*r));
            rows.map(|(row, _)| row as u32).collect()
        };
        match column.data() {
            ColumnData::I64(v) => Some(rows(&mut v.iter().map(|v| ordered_i64(*v)))),
            ColumnData::F64(v) => Some(rows(&mut v.iter().map(|v| ordered_f64(*v)))),
            ColumnData::Decimal(_) | ColumnData::Bytes(_) => None,
        }
    }

    /// Compares the keys of two rows.
    #[inline]
    pub fn compare(&self, a: usize, b: usize) -> Ordering {
        let of = |i: usize| self.prefixes.get(i).copied().unwrap_or(0);
        of(a).cmp(&of(b)).then_with(|| self.compare_rest(a, b))
    }

    fn compare_rest(&self, a: usize, b: usize) -> Ordering {
        match &self.whole {
            None => Ordering::Equal,
            Some(w) => w.get(a).cmp(w.get(b)),
        }
    }

    /// The rows in order; rows with equal keys stay in the order they came. `check` is asked now and then.
    ///
    /// # Errors
    /// That of `check`.
    pub fn order(&self, check: &dyn Fn() -> Result<()>) -> Result<Vec<u32>> {
        let mut rows: Vec<(u128, u32)> = self.prefixes.iter().copied().zip(0..).collect();
        if self.whole.is_none() {
            sort_checked(&mut rows, Ord::cmp, check)?;
        } else {
            let compare = |a: &(u128, u32), b: &(u128, u32)| {
                let rest = || self.compare_rest(a.1 as usize, b.1 as usize);
                a.0.cmp(&b.0).then_with(rest).then(a.1.cmp(&b.1))
            };
            sort_checked(&mut rows, compare, check)?;
        }
        Ok(rows.into_iter().map(|r| r.1).collect())
    }

    /// Keeps only the given rows, in that order.
    pub fn keep(&mut self, rows: &[u32]) {
        self.prefixes = rows
            .iter()
            .map(|r| self.prefixes.get(*r as usize).copied().unwrap_or(0))
            .collect();
        if let Some(whole) = &mut self.whole {
            let mut kept = BytesVec::with_capacity(rows.len(), 0);
            rows.iter().for_each(|r| kept.push(whole.get(*r as usize)));
            *whole = kept;
        }
        self.recount();
    }

    /// Keeps the first `from` keys, and of those after them only the ones at `from + rows[i]`.
    pub fn keep_after(&mut self, from: usize, rows: &[u32]) {
        let tail = self.prefixes.split_off(from.min(self.prefixes.len()));
        self.prefixes
            .extend(rows.iter().filter_map(|r| tail.get(*r as usize)));
        if let Some(whole) = &mut self.whole {
            let tail = whole.split_off(from, 0);
            rows.iter().for_each(|r| whole.push(tail.get(*r as usize)));
        }
        self.recount();
    }

    /// Counts what is left after keys have gone.
    fn recount(&mut self) {
        let whole = self.whole.as_ref().map_or(0, BytesVec::memory);
        let bytes = self.prefixes.capacity() * 16 + self.prefixes.len() * SORTING + whole;
        // It has not become more.
        let _ = self.memory.set(bytes);
    }
}

/// The rows whose value `f` accepts. Chunks without one, which are most, take no branch per row.
#[inline]
fn rows_where<T: Copy>(values: &[T], rows: usize, f: impl Fn(T) -> bool) -> Vec<u32> {
    const CHUNK: usize = 32;
    let mut found = Vec::new();
    let (chunks, rest) = values.get(..rows).unwrap_or(values).as_chunks::<CHUNK>();
    let mut add = |base: usize, values: &[T]| {
        let hits = values.iter().enumerate().filter(|(_, v)| f(**v));
        found.extend(hits.map(|(i, _)| (base + i) as u32));
    };
    for (i, chunk) in chunks.iter().enumerate() {
        // As wide as the values, for the vectoriser.
        let any = chunk
            .iter()
            .fold(0, |any, v| any | 0_u64.wrapping_sub(f(*v).into()));
        if any != 0 {
            add(i * CHUNK, chunk);
        }
    }
    add(chunks.len() * CHUNK, rest);
    found
}

/// The first 16 bytes as a big-endian integer, padded with zeros.
fn prefix(key: &[u8]) -> u128 {
    match key.first_chunk::<16>() {
        Some(first) => u128::from_be_bytes(*first),
        None => key
            .iter()
            .enumerate()
            .fold(0, |p, (i, b)| p | u128::from(*b) << (120 - 8 * i)),
    }
}

/// As index keys are encoded, except that NULL's place is free.
fn push_part(out: &mut Vec<u8>, part: Part, column: &Column, row: usize) {
    if column.is_null(row) {
        out.push(part.null_byte());
    } else {
        encode_key_part(out, &part.key, column, row);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sql::memory::Memory;
    use crate::types::{DataType, Value};
    use alloc::sync::Arc;

    fn unlimited() -> MemoryUse {
        Arc::new(Memory::new(usize::MAX)).part()
    }

    fn key(ty: DataType, descending: bool, nulls_first: bool) -> SortKey {
        SortKey {
            expr: crate::sql::plan::Expr::Literal {
                value: Value::Null,
                ty,
            },
            descending,
            nulls_first,
        }
    }

    fn order(keys: &[SortKey], columns: &[Column]) -> Vec<u32> {
        let mut k = SortKeys::new(keys, unlimited());
        k.append(columns, columns[0].len()).unwrap();
        k.order(&|| Ok(())).unwrap()
    }

    #[test]
    fn nulls_go_where_the_key_says_in_both_directions() {
        let mut c = Column::from_i64(alloc::vec![i64::MIN, i64::MAX]);
        c.push_null();
        let by = |descending, first| order(&[key(DataType::BIGINT, descending, first)], &[c.clone()]);
        assert_eq!(by(false, true), [2, 0, 1]);
        assert_eq!(by(false, false), [0, 1, 2]);
        assert_eq!(by(true, true), [2, 1, 0]);
        assert_eq!(by(true, false), [1, 0, 2]);
    }

    #[test]
    fn long_texts_with_a_common_start_order_by_their_ends_and_ties_stay() {
        let mut c = Column::new(Physical::Bytes);
        let start = "a long common beginning ";
        for end in ["b", "a", "", "b"] {
            c.push_bytes(alloc::format!("{start}{end}").as_bytes());
        }
        assert_eq!(
            order(&[key(DataType::TEXT, false, true)], &[c.clone()]),
            [2, 1, 0, 3]
        );
        assert_eq!(order(&[key(DataType::TEXT, true, false)], &[c]), [0, 3, 1, 2]);
    }

    #[test]
    fn later_keys_decide_between_equal_earlier_ones() {
        let a = Column::from_f64(alloc::vec![0.0, -0.0, -1.0]);
        let b = Column::from_decimals(alloc::vec![5, -5, 0]);
        let ty = DataType::Decimal {
            precision: 10,
            scale: 2,
            unsigned: false,
        };
        assert_eq!(
            order(
                &[key(DataType::Double, false, true), key(ty, false, true)],
                &[a, b]
            ),
            [2, 1, 0]
        );
    }

    #[test]
    fn a_single_number_has_the_key_it_would_have_among_others() {
        let ints = Column::from_i64(alloc::vec![0, -1, i64::MIN, i64::MAX, 7]);
        let floats = Column::from_f64(alloc::vec![0.0, -0.0, -1.5, f64::NAN, -f64::NAN, f64::INFINITY]);
        for (ty, mut c) in [(DataType::BIGINT, ints), (DataType::Double, floats)] {
            c.push_null();
            for (descending, nulls_first) in [(false, true), (false, false), (true, true), (true, false)] {
                let mut k = SortKeys::new(&[key(ty.clone(), descending, nulls_first)], unlimited());
                k.append(&[c.clone()], c.len()).unwrap();
                let encoded = |row| {
                    let mut out = Vec::new();
                    push_part(&mut out, k.parts[0], &c, row);
                    prefix(&out)
                };
                assert_eq!(k.prefixes, (0..c.len()).map(encoded).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn rows_before_a_row_are_those_that_sort_before_it() {
        let mut ints = Column::from_i64((0..70).map(|i| i * 37 % 71 - 35).collect());
        let mut floats = Column::from_f64((0..70).map(|i| f64::from(i * 37 % 71 - 35) / 4.0).collect());
        floats.push_f64(-0.0);
        floats.push_f64(f64::NAN);
        ints.push_i64(0);
        ints.push_i64(i64::MIN);
        for with_nulls in [false, true] {
            if with_nulls {
                ints.push_null();
                floats.push_null();
            }
            for (ty, column) in [(DataType::BIGINT, &ints), (DataType::Double, &floats)] {
                for (descending, nulls_first) in [(false, true), (false, false), (true, true), (true, false)]
                {
                    let mut k = SortKeys::new(&[key(ty.clone(), descending, nulls_first)], unlimited());
                    k.append(core::slice::from_ref(column), column.len()).unwrap();
                    for than in 0..column.len() {
                        let less = |row: &u32| k.compare(*row as usize, than) == Ordering::Less;
                        let expected: Vec<u32> = (0..column.len() as u32).filter(less).collect();
                        let found = k.before(core::slice::from_ref(column), column.len(), than);
                        assert_eq!(found, Some(expected), "{descending} {nulls_first} {than}");
                    }
                }
            }
        }
    }

    #[test]
    fn candidates_that_do_not_enter_leave_no_trace() {
        let mut k = SortKeys::new(
            &[
                key(DataType::BIGINT, false, true),
                key(DataType::BIGINT, false, true),
            ],
            unlimited(),
        );
        let columns = |v: &[i64]| [Column::from_i64(v.to_vec()), Column::from_i64(v.to_vec())];
        k.append(&columns(&[5, 3]), 2).unwrap();
        k.append(&columns(&[9, 1, 4]), 3).unwrap();
        k.keep_after(2, &[1, 2]);
        assert_eq!(k.order(&|| Ok(())).unwrap(), [2, 1, 3, 0]);
    }
}
