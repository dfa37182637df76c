//! Reading keys back: where a part of a key ends, and the value it was made of.
//!
//! Keys come from the store, so nothing is believed of their bytes: what is not a key of the given parts is `None`.

use super::KeyPart;
use super::key::int_of;
use crate::types::{Collation, Column, Physical};
use alloc::vec::Vec;

/// Whether the value is told exactly by its key: a text that compares without case is not, and neither is a float, of
/// which −0 and the many NaNs have the keys of 0 and of one NaN.
pub fn is_exact_key(part: &KeyPart) -> bool {
    part.collation == Collation::Binary && part.physical != Physical::F64
}

/// The length of the first part of a key.
pub fn key_part_len(key: &[u8], part: &KeyPart) -> Option<usize> {
    let byte = |i: usize| key.get(i).map(|b| if part.descending { !*b } else { *b });
    match byte(0)? {
        0 => return Some(1),
        1 => {}
        _ => return None,
    }
    let end = match part.physical {
        Physical::I64 | Physical::F64 => 9,
        Physical::Decimal => 2 + usize::from(byte(1)?.abs_diff(0x80)),
        Physical::Bytes => {
            let mut at = 1;
            loop {
                match (byte(at)?, byte(at + 1)) {
                    (0, Some(1)) => break at + 2,
                    (0, Some(0xff)) => at += 2,
                    (0, _) => return None,
                    _ => at += 1,
                }
            }
        }
    };
    (end <= key.len()).then_some(end)
}

/// Appends the value of the first part of a key, which is [exact](is_exact_key), to a column of the part's
/// representation, and returns the part's length.
pub fn push_key_value(out: &mut Column, key: &[u8], part: &KeyPart) -> Option<usize> {
    let len = key_part_len(key, part)?;
    let bytes = key.get(1..len)?;
    if len == 1 {
        out.push_null();
        return Some(len);
    }
    let mask = if part.descending { 0xff } else { 0 };
    match part.physical {
        Physical::I64 => {
            let ordered: [u8; 8] = bytes.try_into().ok()?;
            out.push_i64(int_of(u64::from_be_bytes(ordered.map(|b| b ^ mask))));
        }
        Physical::F64 => return None,
        Physical::Decimal => {
            let (sign, digits) = bytes.split_first()?;
            let negative = sign ^ mask < 0x80;
            let mask = if negative { !mask } else { mask };
            let magnitude = digits
                .iter()
                .try_fold(0_u128, |n, b| Some(n.checked_mul(256)? | u128::from(b ^ mask)))?;
            out.push_decimal(match negative {
                true => 0_i128.checked_sub_unsigned(magnitude)?,
                false => i128::try_from(magnitude).ok()?,
            });
        }
        Physical::Bytes => {
            let escaped = bytes.get(..bytes.len().checked_sub(2)?)?;
            let plain = !part.descending && !escaped.contains(&0);
            if plain {
                out.push_bytes(escaped);
                return Some(len);
            }
            let mut value = Vec::with_capacity(escaped.len());
            let mut rest = escaped.iter().map(|b| b ^ mask);
            while let Some(b) = rest.next() {
                value.push(b);
                if b == 0 {
                    rest.next();
                }
            }
            out.push_bytes(&value);
        }
    }
    Some(len)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::key::{encode_key_part, key_row_id};
    use super::*;
    use crate::types::BytesVec;
    use proptest::prelude::*;

    fn round_trip(column: &Column) {
        for descending in [false, true] {
            let part = KeyPart {
                physical: column.physical(),
                collation: Collation::Binary,
                descending,
            };
            let mut back = Column::new(column.physical());
            for row in 0..column.len() {
                let mut key = Vec::new();
                encode_key_part(&mut key, &part, column, row);
                let len = key.len();
                key_row_id(&mut key, 5);
                assert_eq!(key_part_len(&key, &part), Some(len));
                assert_eq!(push_key_value(&mut back, &key, &part), Some(len));
                assert!(back.is_same(row, column, row), "{row} of {column:?}");
                for cut in 0..len {
                    assert_eq!(key_part_len(&key[..cut], &part), None, "{cut} of {key:x?}");
                }
            }
        }
    }

    #[test]
    fn values_come_back_from_their_keys() {
        let mut ints = Column::from_i64(alloc::vec![i64::MIN, -1, 0, 255, i64::MAX]);
        ints.push_null();
        round_trip(&ints);
        let mut decimals =
            Column::from_decimals(alloc::vec![i128::MIN, i128::MAX, -256, -255, -1, 0, 1, 1 << 64]);
        decimals.push_null();
        round_trip(&decimals);
        let mut texts = BytesVec::default();
        for v in [
            &b""[..],
            b"\0",
            b"\0\0\x01",
            b"a\xff",
            b"a\0\xff",
            b"\xff\xff",
            b"plain",
        ] {
            texts.push(v);
        }
        let mut texts = Column::from_bytes(texts);
        texts.push_null();
        round_trip(&texts);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_key_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..40), descending: bool) {
            for physical in [Physical::I64, Physical::F64, Physical::Decimal, Physical::Bytes] {
                let part = KeyPart { physical, collation: Collation::Binary, descending };
                if let Some(len) = key_part_len(&bytes, &part) {
                    prop_assert!((1..=bytes.len()).contains(&len));
                }
                let mut out = Column::new(physical);
                let pushed = push_key_value(&mut out, &bytes, &part).is_some();
                prop_assert_eq!(out.len(), usize::from(pushed));
            }
        }
    }
}
