//! Order-preserving keys: comparing two encoded keys as bytes compares their values as SQL does.
//!
//! Every part is self-delimiting, so a key of several columns is its parts end to end, and no key is
//! a proper prefix of another of the same parts:
//!
//! ```text
//! NULL      0x00                                            (so NULL comes first, ascending)
//! value     0x01, then
//!   I64     8 bytes big-endian, sign flipped
//!   F64     8 bytes big-endian of the total order; -0.0 is 0.0, every NaN is one NaN above infinity
//!   Decimal 0x80 + n, n bytes of the magnitude; a negative one inverted
//!   Bytes   0x00 escaped as 0x00 0xff, ended by 0x00 0x01; NOCASE folds ASCII letters first
//! ```
//!
//! A descending part has all its bytes inverted.

use crate::types::{Collation, Column, ColumnData, Physical, RowId};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How one column enters a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPart {
    /// The column's representation.
    pub physical: Physical,
    /// How its text compares; [`Collation::Binary`] for all else.
    pub collation: Collation,
    /// Whether larger values come first.
    pub descending: bool,
}

/// Appends the key of value `row` of `column`.
pub fn encode_key_part(out: &mut Vec<u8>, part: &KeyPart, column: &Column, row: usize) {
    let start = out.len();
    if column.is_null(row) {
        out.push(0);
    } else {
        out.push(1);
        match column.data() {
            ColumnData::I64(v) => push_bits(out, ordered_i64(v.get(row).copied().unwrap_or_default())),
            ColumnData::F64(v) => push_bits(out, ordered_f64(v.get(row).copied().unwrap_or_default())),
            ColumnData::Decimal(v) => push_decimal(out, v.get(row).copied().unwrap_or_default()),
            ColumnData::Bytes(v) => push_bytes(out, v.get(row), part.collation),
        }
    }
    if part.descending {
        out.iter_mut().skip(start).for_each(|b| *b = !*b);
    }
}

/// Appends the key of row `row`: one part per column, in order.
pub fn encode_key(out: &mut Vec<u8>, parts: &[KeyPart], columns: &[&Column], row: usize) {
    for (part, column) in parts.iter().zip(columns) {
        encode_key_part(out, part, column, row);
    }
}

/// Appends the row id that makes a non-unique key unique (8 bytes, in row id order).
pub fn key_row_id(out: &mut Vec<u8>, id: RowId) {
    push_bits(out, ordered_i64(id));
}

/// The smallest key above every key that starts with `key`; `None` if there is none (all bytes 0xff).
pub fn prefix_end(key: &[u8]) -> Option<Vec<u8>> {
    let keep = key.iter().rposition(|b| *b != 0xff)?;
    let mut end = key.get(..=keep)?.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    Some(end)
}

fn push_bits(out: &mut Vec<u8>, ordered: u64) {
    out.extend_from_slice(&ordered.to_be_bytes());
}

/// Bits that order as integers do.
#[inline]
pub fn ordered_i64(value: i64) -> u64 {
    value as u64 ^ 1 << 63
}

/// The integer of [`ordered_i64`].
#[inline]
pub fn int_of(ordered: u64) -> i64 {
    (ordered ^ 1 << 63) as i64
}

/// The float of [`ordered_f64`].
#[inline]
pub fn float_of(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 {
        ordered ^ 1 << 63
    } else {
        !ordered
    })
}

/// Bits that order as floats do: zeros are equal, and so are NaNs, above everything else.
#[inline]
pub fn ordered_f64(value: f64) -> u64 {
    let value = if value == 0.0 {
        0.0
    } else if value.is_nan() {
        f64::NAN.copysign(1.0)
    } else {
        value
    };
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn push_decimal(out: &mut Vec<u8>, value: i128) {
    let magnitude = value.unsigned_abs().to_be_bytes();
    let skip = magnitude.iter().take_while(|b| **b == 0).count();
    let n = (magnitude.len() - skip) as u8;
    let digits = magnitude.iter().skip(skip);
    if value < 0 {
        out.push(0x80 - n);
        out.extend(digits.map(|b| !*b));
    } else {
        out.push(0x80 + n);
        out.extend(digits);
    }
}

fn push_bytes(out: &mut Vec<u8>, value: &[u8], collation: Collation) {
    out.reserve(value.len() + 2);
    for b in value {
        match (b, collation) {
            (0, _) => out.extend_from_slice(&[0, 0xff]),
            (b, Collation::Binary) => out.push(*b),
            (b, Collation::NoCase) => out.push(b.to_ascii_lowercase()),
        }
    }
    out.extend_from_slice(&[0, 1]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::BytesVec;
    use proptest::prelude::*;

    fn part(physical: Physical, descending: bool) -> KeyPart {
        KeyPart {
            physical,
            collation: Collation::Binary,
            descending,
        }
    }

    fn keys(column: &Column, part: KeyPart) -> Vec<Vec<u8>> {
        let key = |row| {
            let mut out = Vec::new();
            encode_key_part(&mut out, &part, column, row);
            out
        };
        (0..column.len()).map(key).collect()
    }

    /// `column` ascends (NULL first): its keys must ascend, and descend when the part does.
    fn assert_ordered(column: &Column) {
        let ascending = keys(column, part(column.physical(), false));
        assert!(ascending.windows(2).all(|w| w[0] < w[1]), "{ascending:x?}");
        let descending = keys(column, part(column.physical(), true));
        assert!(descending.windows(2).all(|w| w[0] > w[1]), "{descending:x?}");
    }

    fn nulls_first(mut column: Column, rest: &Column) -> Column {
        column.push_null();
        column.extend_range(rest, 0, rest.len());
        column
    }

    #[test]
    fn keys_order_as_sql_does() {
        let i = Column::from_i64(alloc::vec![i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX]);
        assert_ordered(&nulls_first(Column::new(Physical::I64), &i));
        let f = Column::from_f64(alloc::vec![
            f64::NEG_INFINITY,
            -1e300,
            -1.5,
            -5e-324,
            0.0,
            5e-324,
            1.5,
            f64::INFINITY,
            f64::NAN
        ]);
        assert_ordered(&nulls_first(Column::new(Physical::F64), &f));
        let d = Column::from_decimals(alloc::vec![
            i128::MIN,
            -(1 << 64),
            -256,
            -255,
            -1,
            0,
            1,
            255,
            256,
            1 << 64,
            i128::MAX
        ]);
        assert_ordered(&nulls_first(Column::new(Physical::Decimal), &d));
        let mut b = BytesVec::default();
        for v in [
            &b""[..],
            b"\0",
            b"\0\0",
            b"\0\x01",
            b"\x01",
            b"A",
            b"a",
            b"a\0",
            b"a\0b",
            b"ab",
            b"b",
            b"\xff",
            b"\xff\xff",
        ] {
            b.push(v);
        }
        assert_ordered(&nulls_first(Column::new(Physical::Bytes), &Column::from_bytes(b)));
    }

    #[test]
    fn equal_in_sql_is_equal_as_a_key() {
        let zeros = keys(
            &Column::from_f64(alloc::vec![0.0, -0.0]),
            part(Physical::F64, false),
        );
        assert_eq!(zeros[0], zeros[1]);
        let nans = keys(
            &Column::from_f64(alloc::vec![f64::NAN, -f64::NAN]),
            part(Physical::F64, false),
        );
        assert_eq!(nans[0], nans[1]);
        let mut names = BytesVec::default();
        ["Zoë", "zOë"].iter().for_each(|n| names.push(n.as_bytes()));
        let names = Column::from_bytes(names);
        let nocase = KeyPart {
            collation: Collation::NoCase,
            ..part(Physical::Bytes, false)
        };
        let folded = keys(&names, nocase);
        assert_eq!(folded[0], folded[1]);
        let exact = keys(&names, part(Physical::Bytes, false));
        assert!(exact[0] < exact[1]);
    }

    #[test]
    fn prefix_end_is_the_next_key_after_a_prefix() {
        assert_eq!(prefix_end(b"ab").as_deref(), Some(&b"ac"[..]));
        assert_eq!(prefix_end(b"a\xff\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(prefix_end(b"\xff"), None);
        assert_eq!(prefix_end(b""), None);
    }

    proptest! {
        #[test]
        fn composite_keys_order_as_tuples(
            a in proptest::collection::vec((proptest::collection::vec(0u8..3, 0..4), any::<i128>(), any::<i64>()), 2..20),
        ) {
            let mut text = BytesVec::default();
            a.iter().for_each(|r| text.push(&r.0));
            let columns = [
                Column::from_bytes(text),
                Column::from_decimals(a.iter().map(|r| r.1).collect()),
                Column::from_i64(a.iter().map(|r| r.2).collect()),
            ];
            let parts = [part(Physical::Bytes, false), part(Physical::Decimal, true), part(Physical::I64, false)];
            let refs: Vec<&Column> = columns.iter().collect();
            let key = |row| {
                let mut out = Vec::new();
                encode_key(&mut out, &parts, &refs, row);
                out
            };
            for i in 0..a.len() {
                for j in 0..a.len() {
                    let sql = a[i].0.cmp(&a[j].0).then(a[j].1.cmp(&a[i].1)).then(a[i].2.cmp(&a[j].2));
                    prop_assert_eq!(key(i).cmp(&key(j)), sql);
                    prop_assert!(i == j || key(i) == key(j) || !key(j).starts_with(&key(i)));
                }
            }
        }
    }
}
