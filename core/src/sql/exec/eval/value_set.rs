//! A set of values of one type, hashed for IN.

use crate::codec::{KeyRanges, key_of_bytes, key_of_decimal, key_of_float};
use crate::sql::memory::table_bytes;
use crate::types::{Bitmap, BytesVec, Collation, Column, ColumnData, DataType};
use alloc::{boxed::Box, vec::Vec};
use hashbrown::HashSet;

/// The values of a column without duplicates, and whether NULL was among them.
#[derive(Debug, Clone)]
pub struct ValueSet {
    values: Values,
    has_null: bool,
}

#[derive(Debug, Clone)]
enum Values {
    I64(HashSet<i64>),
    /// By bits; -0.0 is held as 0.0.
    F64(HashSet<u64>),
    Decimal(HashSet<i128>),
    /// In lower case if the collation is [`Collation::NoCase`].
    Bytes(HashSet<Box<[u8]>>, Collation),
}

fn bits(v: f64) -> u64 {
    (v + 0.0).to_bits()
}

impl ValueSet {
    /// The set of the values of a column of type `ty`.
    pub fn new(column: &Column, ty: &DataType) -> ValueSet {
        let valid = |i: &usize| !column.is_null(*i);
        let rows = (0..column.len()).filter(valid);
        let values = match column.data() {
            ColumnData::I64(v) => Values::I64(rows.filter_map(|i| v.get(i).copied()).collect()),
            ColumnData::F64(v) => Values::F64(rows.filter_map(|i| v.get(i).map(|v| bits(*v))).collect()),
            ColumnData::Decimal(v) => Values::Decimal(rows.filter_map(|i| v.get(i).copied()).collect()),
            ColumnData::Bytes(v) => {
                let collation = ty.collation();
                let fold = |b: &[u8]| match collation {
                    Collation::Binary => Box::from(b),
                    Collation::NoCase => b.to_ascii_lowercase().into_boxed_slice(),
                };
                Values::Bytes(rows.map(|i| fold(v.get(i))).collect(), collation)
            }
        };
        ValueSet {
            values,
            has_null: column.null_bitmap().is_some_and(Bitmap::any),
        }
    }

    /// Bytes that the set of a column's values takes at most.
    pub fn memory_of(column: &Column) -> usize {
        let rows = column.len();
        match column.data() {
            ColumnData::I64(_) | ColumnData::F64(_) => table_bytes(0, rows, 8),
            ColumnData::Decimal(_) => table_bytes(0, rows, 16),
            // What an allocator adds to each string, too.
            ColumnData::Bytes(v) => table_bytes(0, rows, 16)
                .saturating_add(v.data().len())
                .saturating_add(rows.saturating_mul(16)),
        }
    }

    /// Whether NULL is in the set: then a value that is not found is NULL, not false.
    pub fn has_null(&self) -> bool {
        self.has_null
    }

    /// Whether the set has no value, not even NULL.
    pub fn is_empty(&self) -> bool {
        !self.has_null
            && match &self.values {
                Values::I64(s) => s.is_empty(),
                Values::F64(s) => s.is_empty(),
                Values::Decimal(s) => s.is_empty(),
                Values::Bytes(s, _) => s.is_empty(),
            }
    }

    /// Where its values are among the [order keys](crate::codec::order_key); `None` if they have none, or compare
    /// otherwise.
    pub fn key_ranges(&self) -> Option<KeyRanges> {
        let keys = match &self.values {
            Values::I64(s) => s.iter().copied().collect(),
            Values::F64(s) => {
                let keys = s.iter().map(|bits| key_of_float(f64::from_bits(*bits)));
                keys.collect::<Option<Vec<i64>>>()?
            }
            Values::Decimal(s) => s.iter().map(|v| key_of_decimal(*v)).collect(),
            Values::Bytes(s, Collation::Binary) => s.iter().map(|v| key_of_bytes(v)).collect(),
            Values::Bytes(_, Collation::NoCase) => return None,
        };
        Some(KeyRanges::of_keys(keys))
    }

    /// For each value of a column of the set's type whether it is in the set; meaningless for NULLs.
    pub(super) fn contains(&self, column: &Column) -> Vec<bool> {
        match (&self.values, column.data()) {
            (Values::I64(s), ColumnData::I64(v)) => v.iter().map(|v| s.contains(v)).collect(),
            (Values::F64(s), ColumnData::F64(v)) => v.iter().map(|v| s.contains(&bits(*v))).collect(),
            (Values::Decimal(s), ColumnData::Decimal(v)) => v.iter().map(|v| s.contains(v)).collect(),
            (Values::Bytes(s, Collation::Binary), ColumnData::Bytes(v)) => {
                v.iter().map(|v| s.contains(v)).collect()
            }
            (Values::Bytes(s, Collation::NoCase), ColumnData::Bytes(v)) => contains_folded(s, v),
            _ => alloc::vec![false; column.len()],
        }
    }
}

fn contains_folded(set: &HashSet<Box<[u8]>>, values: &BytesVec) -> Vec<bool> {
    let mut folded = Vec::new();
    let mut found = |v: &[u8]| {
        folded.clear();
        folded.extend(v.iter().map(u8::to_ascii_lowercase));
        set.contains(folded.as_slice())
    };
    values.iter().map(&mut found).collect()
}
