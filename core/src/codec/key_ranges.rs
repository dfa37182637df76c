//! Which values of a column a condition lets through, as ranges of [order keys](super::order_key).

use super::column_bounds::ColumnBounds;
use alloc::vec::Vec;

/// Ranges of keys, both ends included, ascending and apart from one another; and whether NULL is among the values.
///
/// It may let through more than the condition, never less.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRanges {
    ranges: Vec<(i64, i64)>,
    nulls: bool,
}

impl KeyRanges {
    /// The values of some ranges, in any order; those that end before they begin have none.
    pub fn new(mut ranges: Vec<(i64, i64)>, nulls: bool) -> KeyRanges {
        ranges.retain(|(from, to)| from <= to);
        ranges.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match apart.last_mut() {
                Some((_, end)) if from <= end.saturating_add(1) => *end = (*end).max(to),
                _ => apart.push((from, to)),
            }
        }
        KeyRanges { ranges: apart, nulls }
    }

    /// The values with these keys; of many, those between the ends.
    pub fn of_keys(keys: Vec<i64>) -> KeyRanges {
        const MANY: usize = 1 << 12;
        let ranges = if keys.len() > MANY {
            let ends = keys.iter().min().zip(keys.iter().max());
            ends.map(|(least, greatest)| (*least, *greatest))
                .into_iter()
                .collect()
        } else {
            keys.into_iter().map(|key| (key, key)).collect()
        };
        KeyRanges::new(ranges, false)
    }

    /// Every value but NULL.
    pub fn not_null() -> KeyRanges {
        KeyRanges::new(alloc::vec![(i64::MIN, i64::MAX)], false)
    }

    /// The values of either.
    pub fn or(mut self, other: KeyRanges) -> KeyRanges {
        self.ranges.extend(other.ranges);
        KeyRanges::new(self.ranges, self.nulls || other.nulls)
    }

    /// Whether one of the values may lie within bounds.
    #[inline]
    pub fn may_meet(&self, bounds: ColumnBounds) -> bool {
        if self.nulls && bounds.may_be_null() {
            return true;
        }
        let Some((least, greatest)) = bounds.keys() else {
            return false;
        };
        let next = match self.ranges.as_slice() {
            [one] => Some(one),
            all => all.get(all.partition_point(|(_, to)| *to < least)),
        };
        next.is_some_and(|(from, to)| *from <= greatest && least <= *to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Column;
    use alloc::vec;

    fn bounds(values: &[i64]) -> ColumnBounds {
        ColumnBounds::of(&Column::from_i64(values.to_vec()))
    }

    #[test]
    fn ranges_meet_bounds_that_they_overlap() {
        let some = KeyRanges::new(vec![(10, 12), (5, 4), (30, 30), (13, 14)], false);
        assert_eq!(some, KeyRanges::new(vec![(30, 30), (10, 14)], false));
        for (values, meets) in [
            (&[0, 9][..], false),
            (&[0, 10], true),
            (&[14, 20], true),
            (&[15, 29], false),
            (&[30], true),
            (&[31, 99], false),
            (&[0, 99], true),
        ] {
            assert_eq!(some.may_meet(bounds(values)), meets, "{values:?}");
        }
        assert!(some.may_meet(ColumnBounds::ANY) && some.may_meet(ColumnBounds::UNKNOWN));
        assert!(!some.may_meet(ColumnBounds::ONLY_NULLS));
        assert!(!KeyRanges::default().may_meet(ColumnBounds::ANY));
    }

    #[test]
    fn nulls_are_met_where_there_are_nulls() {
        let null = KeyRanges::new(Vec::new(), true);
        assert!(null.may_meet(ColumnBounds::ONLY_NULLS) && null.may_meet(ColumnBounds::UNKNOWN));
        assert!(!null.may_meet(bounds(&[1])));
        assert!(!KeyRanges::not_null().may_meet(ColumnBounds::ONLY_NULLS));
        assert!(KeyRanges::not_null().or(null).may_meet(ColumnBounds::ONLY_NULLS));
    }
}
