//! Between which values a column of a leaf lies, in 8 bytes: so that a scan can pass over a leaf without
//! reading it.
//!
//! Values are told by their *order key*, an integer: of two values the smaller one never has the larger key,
//! and equal values have one key. Different values may share a key, which makes bounds loose, never wrong:
//!
//! ```text
//! I64      the value
//! F64      the integer of its total order; -0.0 is 0.0, NaN has none
//! Decimal  the unscaled value, cut to the range of i64
//! Bytes    the first 8 bytes, big-endian, missing ones as zero
//! ```
//!
//! Bounds are two keys rounded outwards to a multiple of a power of two, so that they take little room: the
//! lower one has 40 bits, the distance 16.
//!
//! ```text
//! least (40 bits, signed) | steps (16) | known (1) | NULLs (1) | shift (6)
//! bounds   least << shift  to  ((least + steps + 1) << shift) - 1
//! ```

use super::key::{int_of, ordered_f64};
use crate::types::{BytesVec, Column, ColumnData};
use alloc::vec::Vec;

/// How many columns of a leaf have bounds: its first ones.
pub const MAX_BOUNDED_COLUMNS: usize = 32;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnBounds(u64);

/// Bits of the lower bound, with its sign.
const LEAST_BITS: u32 = 40;
/// Largest number of steps between the bounds.
const MOST_STEPS: u64 = 0xffff;
/// Largest shift: more is never needed.
const MOST_SHIFT: u64 = 48;
/// In the place of the shift: there is no value that is not NULL.
const ONLY_NULLS: u64 = 62;
/// In the place of the shift: there may be any value.
const ANY: u64 = 63;
const SHIFT: u64 = 0x3f;
const NULLS: u64 = 1 << 6;
const KNOWN: u64 = 1 << 7;

impl ColumnBounds {
    /// Nobody has looked: there may be any value, and NULL.
    pub const UNKNOWN: ColumnBounds = ColumnBounds(0);
    /// There may be any value, and NULL: more cannot be said.
    pub const ANY: ColumnBounds = ColumnBounds(KNOWN | NULLS | ANY);
    /// No value but NULL.
    pub const ONLY_NULLS: ColumnBounds = ColumnBounds(KNOWN | NULLS | ONLY_NULLS);

    /// The bounds of all values of a column.
    pub fn of(column: &Column) -> ColumnBounds {
        let has_nulls = column.null_bitmap().is_some_and(|nulls| nulls.any());
        let keys = if has_nulls {
            let rows = (0..column.len()).filter(|row| !column.is_null(*row));
            let keys: Option<Vec<i64>> = rows.map(|row| order_key(column, row)).collect();
            match keys {
                None => return ColumnBounds::ANY,
                Some(keys) => extremes(keys.iter().copied()),
            }
        } else {
            match column.data() {
                ColumnData::I64(v) => extremes(v.iter().copied()),
                ColumnData::F64(v) if v.iter().any(|v| v.is_nan()) => return ColumnBounds::ANY,
                ColumnData::F64(v) => extremes(v.iter().map(|v| int_of(ordered_f64(*v)))),
                ColumnData::Decimal(v) => extremes(v.iter().map(|v| key_of_decimal(*v))),
                ColumnData::Bytes(v) => text_extremes(v),
            }
        };
        match keys {
            None => ColumnBounds::ONLY_NULLS,
            Some((least, greatest)) => ColumnBounds::between(least, greatest, has_nulls),
        }
    }

    /// The narrowest bounds around two keys.
    fn between(least: i64, greatest: i64, has_nulls: bool) -> ColumnBounds {
        let significant = |key: i64| 64 - (key ^ (key >> 63)).leading_zeros();
        let bits = significant(least).max(significant(greatest));
        let span = 64 - (greatest.wrapping_sub(least) as u64).leading_zeros();
        let mut shift = bits.saturating_sub(LEAST_BITS - 1).max(span.saturating_sub(16));
        loop {
            let (from, to) = (least >> shift, greatest >> shift);
            let steps = to.wrapping_sub(from) as u64;
            // Rounding may have made it one step more.
            if steps <= MOST_STEPS || u64::from(shift) >= MOST_SHIFT {
                let nulls = if has_nulls { NULLS } else { 0 };
                let low = steps.min(MOST_STEPS) << 8 | KNOWN | nulls | u64::from(shift);
                return ColumnBounds((from as u64) << 24 | low);
            }
            shift += 1;
        }
    }

    /// From its parts, as a page has them; [`ColumnBounds::UNKNOWN`] if they are not what this code writes.
    pub(super) fn from_parts(flags: i64, steps: i64, least: i64) -> ColumnBounds {
        let (Ok(flags), Ok(steps)) = (u8::try_from(flags), u16::try_from(steps)) else {
            return ColumnBounds::UNKNOWN;
        };
        let bits = (least as u64) << 24 | u64::from(steps) << 8 | u64::from(flags);
        ColumnBounds::from_bits(bits)
            .filter(|_| least >> (LEAST_BITS - 1) == least >> 63)
            .unwrap_or(ColumnBounds::UNKNOWN)
    }

    /// Its parts: flags and shift, steps, least.
    pub(super) fn parts(self) -> (i64, i64, i64) {
        let bits = self.0;
        (
            (bits & 0xff) as i64,
            (bits >> 8 & 0xffff) as i64,
            bits as i64 >> 24,
        )
    }

    /// Bounds from their 8 bytes; `None` if they are not bounds.
    fn from_bits(bits: u64) -> Option<ColumnBounds> {
        let bounds = ColumnBounds(bits);
        let is_sound = match bits & SHIFT {
            _ if bits & KNOWN == 0 => bits == 0,
            ANY => bounds == ColumnBounds::ANY,
            ONLY_NULLS => bounds == ColumnBounds::ONLY_NULLS,
            shift if shift <= MOST_SHIFT => {
                let (_, steps, least) = bounds.parts();
                let most = i64::MAX >> shift;
                least >= -most - 1 && least.checked_add(steps).is_some_and(|last| last <= most)
            }
            _ => false,
        };
        is_sound.then_some(bounds)
    }

    /// Bounds from the 8 bytes of bounds.
    #[inline]
    pub fn from_written(bits: u64) -> ColumnBounds {
        ColumnBounds(bits)
    }

    /// Its 8 bytes.
    #[inline]
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// Whether somebody has looked.
    #[inline]
    pub fn is_known(self) -> bool {
        self.0 & KNOWN != 0
    }

    /// Whether there may be NULLs.
    #[inline]
    pub fn may_be_null(self) -> bool {
        !self.is_known() || self.0 & NULLS != 0
    }

    /// The keys between which all values that are not NULL lie; `None` if there is no such value.
    #[inline]
    pub fn keys(self) -> Option<(i64, i64)> {
        let shift = self.0 & SHIFT;
        match shift {
            _ if !self.is_known() => Some((i64::MIN, i64::MAX)),
            ANY => Some((i64::MIN, i64::MAX)),
            ONLY_NULLS => None,
            _ => {
                let (_, steps, least) = self.parts();
                let last = least.wrapping_add(steps);
                let (from, to) = (least.wrapping_shl(shift as u32), last.wrapping_shl(shift as u32));
                Some((from, to | ((1u64 << shift) - 1) as i64))
            }
        }
    }

    /// Whether whatever lies within `other` lies within these. Bounds of some of a column's values lie within those of
    /// all, as they are rounded no further.
    pub fn contain(self, other: ColumnBounds) -> bool {
        let keys = match (self.keys(), other.keys()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some((from, to)), Some((least, greatest))) => from <= least && greatest <= to,
        };
        keys && (self.may_be_null() || !other.may_be_null())
    }
}

/// The order key of a value that is not NULL; `None` if it has none.
pub fn order_key(column: &Column, row: usize) -> Option<i64> {
    match column.data() {
        ColumnData::I64(v) => v.get(row).copied(),
        ColumnData::F64(v) => v.get(row).and_then(|v| key_of_float(*v)),
        ColumnData::Decimal(v) => v.get(row).map(|v| key_of_decimal(*v)),
        ColumnData::Bytes(v) => Some(key_of_bytes(v.get(row))),
    }
}

/// The order key of a float; `None` for NaN.
pub fn key_of_float(value: f64) -> Option<i64> {
    (!value.is_nan()).then(|| int_of(ordered_f64(value)))
}

/// The order key of an unscaled decimal.
pub fn key_of_decimal(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The order key of a byte string.
pub fn key_of_bytes(value: &[u8]) -> i64 {
    let first = value.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    int_of(first.unwrap_or_else(|| {
        let bytes = value.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        // Fewer than 8.
        bytes.unbounded_shl(64 - 8 * value.len() as u32)
    }))
}

fn extremes(mut keys: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    let first = keys.next()?;
    let wider = |(least, greatest): (i64, i64), key: i64| (key.min(least), key.max(greatest));
    Some(keys.fold((first, first), wider))
}

fn text_extremes(values: &BytesVec) -> Option<(i64, i64)> {
    extremes(values.iter().map(key_of_bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn ints(values: &[Option<i64>]) -> Column {
        let mut column = Column::new(crate::types::Physical::I64);
        values.iter().for_each(|v| match v {
            Some(v) => column.push_i64(*v),
            None => column.push_null(),
        });
        column
    }

    fn key() -> impl Strategy<Value = i64> {
        prop_oneof![
            any::<i64>(),
            (any::<i64>(), 0u32..64).prop_map(|(v, shift)| v >> shift),
            Just(i64::MIN),
            Just(i64::MAX),
        ]
    }

    fn texts() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let text =
            || proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0xff), any::<u8>()], 0..11);
        (text(), text())
    }

    proptest! {
        #[test]
        fn values_lie_within_their_bounds(values in proptest::collection::vec(proptest::option::of(key()), 1..20)) {
            let bounds = ColumnBounds::of(&ints(&values));
            prop_assert_eq!(ColumnBounds::from_bits(bounds.to_bits()), Some(bounds));
            let (flags, steps, least) = bounds.parts();
            prop_assert_eq!(ColumnBounds::from_parts(flags, steps, least), bounds);
            prop_assert_eq!(bounds.may_be_null(), values.contains(&None));
            let known: Vec<i64> = values.iter().flatten().copied().collect();
            prop_assert_eq!(bounds.keys().is_none(), known.is_empty());
            if let Some((from, to)) = bounds.keys() {
                prop_assert!(known.iter().all(|v| (from..=to).contains(v)), "{known:?} in {from}..={to}");
                // As loose as 16 bits of the distance and 40 of the value make them.
                let (least, greatest) = (i128::from(*known.iter().min().unwrap()), i128::from(*known.iter().max().unwrap()));
                let step = ((greatest - least) >> 15) + (least.abs().max(greatest.abs()) >> 38);
                prop_assert!(i128::from(from) >= least - step && i128::from(to) <= greatest + step);
            }
        }

        #[test]
        fn bounds_of_more_values_contain_those_of_fewer(
            values in proptest::collection::vec(proptest::option::of(key()), 1..20),
            at in any::<proptest::sample::Index>(),
        ) {
            let all = ColumnBounds::of(&ints(&values));
            let one = ColumnBounds::of(&ints(&[values[at.index(values.len())]]));
            prop_assert!(all.contain(all) && ColumnBounds::ANY.contain(all) && ColumnBounds::UNKNOWN.contain(all));
            prop_assert!(all.contain(one));
        }

        #[test]
        fn keys_order_as_values_do((a, b) in texts(), (x, y) in any::<(f64, f64)>(), (m, n) in any::<(i128, i128)>()) {
            prop_assert!(a > b || key_of_bytes(&a) <= key_of_bytes(&b));
            let mut sorted = [x, y];
            sorted.sort_by(f64::total_cmp);
            let column = Column::from_f64(sorted.to_vec());
            if let (Some(first), Some(second)) = (order_key(&column, 0), order_key(&column, 1)) {
                prop_assert!(first <= second);
                prop_assert_eq!(first == second, sorted[0] == sorted[1]);
            }
            prop_assert!(m > n || key_of_decimal(m) <= key_of_decimal(n));
        }

        #[test]
        fn any_bits_are_bounds_or_none(bits in any::<u64>(), parts in any::<(i64, i64, i64)>()) {
            if let Some(bounds) = ColumnBounds::from_bits(bits) {
                prop_assert!(bounds.keys().is_none_or(|(from, to)| from <= to));
            }
            let bounds = ColumnBounds::from_parts(parts.0, parts.1, parts.2);
            prop_assert!(bounds.keys().is_none_or(|(from, to)| from <= to));
        }
    }

    #[test]
    fn small_ranges_are_exact() {
        let keys = |values: &[i64]| {
            let values: Vec<_> = values.iter().map(|v| Some(*v)).collect();
            ColumnBounds::of(&ints(&values)).keys()
        };
        assert_eq!(keys(&[20_000, 20_003, 19_990]), Some((19_990, 20_003)));
        assert_eq!(keys(&[-5]), Some((-5, -5)));
        assert_eq!(keys(&[0, 0xffff]), Some((0, 0xffff)));
        assert_eq!(keys(&[i64::MIN, i64::MAX]), Some((i64::MIN, i64::MAX)));
        let zeros = ColumnBounds::of(&Column::from_f64(vec![0.0, -0.0]));
        let (from, to) = zeros.keys().unwrap();
        assert!(from <= 0 && 0 <= to && to - from < 1 << 24, "{from}..{to}");
    }

    #[test]
    fn nan_has_no_bounds_and_nulls_no_values() {
        assert_eq!(
            ColumnBounds::of(&Column::from_f64(vec![1.0, f64::NAN])),
            ColumnBounds::ANY
        );
        assert_eq!(ColumnBounds::of(&ints(&[None, None])), ColumnBounds::ONLY_NULLS);
        assert_eq!(ColumnBounds::of(&ints(&[])), ColumnBounds::ONLY_NULLS);
        assert!(!ColumnBounds::ONLY_NULLS.contain(ColumnBounds::of(&ints(&[Some(1)]))));
        assert!(!ColumnBounds::of(&ints(&[Some(1)])).contain(ColumnBounds::ONLY_NULLS));
        assert!(ColumnBounds::of(&ints(&[Some(1), None])).contain(ColumnBounds::ONLY_NULLS));
    }
}
