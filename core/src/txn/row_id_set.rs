//! A set of row ids as disjoint intervals: a bulk insert is one entry, however many rows it has.

use crate::types::RowId;
use alloc::collections::BTreeMap;

/// Row ids, kept as maximal intervals `start -> end` (both included).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowIdSet {
    runs: BTreeMap<RowId, RowId>,
}

impl RowIdSet {
    /// Adds one id.
    pub fn insert(&mut self, id: RowId) {
        self.insert_range(id, id);
    }

    /// Adds the ids `from..=to`.
    pub fn insert_range(&mut self, from: RowId, to: RowId) {
        if from > to {
            return;
        }
        // Most come in ascending order.
        if let Some(mut last) = self.runs.last_entry()
            && *last.key() <= from
        {
            let end = *last.get();
            if end.checked_add(1) == Some(from) || (from <= end && end < to) {
                last.insert(to);
                return;
            }
            if to <= end {
                return;
            }
        }
        let (mut start, mut end) = (from, to);
        // The run that starts at or before `from` may touch it; so may all that start up to `to + 1`.
        if let Some((&s, &e)) = self.runs.range(..=from).next_back()
            && e >= from.saturating_sub(1)
        {
            if e >= to {
                return;
            }
            self.runs.remove(&s);
            start = s;
        }
        while let Some((&s, &e)) = self.runs.range(start..=end.saturating_add(1)).next() {
            self.runs.remove(&s);
            end = end.max(e);
        }
        self.runs.insert(start, end);
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &RowIdSet) {
        other.runs.iter().for_each(|(s, e)| self.insert_range(*s, *e));
    }

    /// Whether it holds `id`.
    pub fn contains(&self, id: RowId) -> bool {
        self.intersects_range(id, id)
    }

    /// Whether it holds any id of `from..=to`.
    pub fn intersects_range(&self, from: RowId, to: RowId) -> bool {
        from <= to
            && self
                .runs
                .range(..=to)
                .next_back()
                .is_some_and(|(_, e)| *e >= from)
    }

    /// Whether the two sets share an id.
    pub fn intersects(&self, other: &RowIdSet) -> bool {
        let (few, many) = if self.runs.len() <= other.runs.len() {
            (self, other)
        } else {
            (other, self)
        };
        few.runs.iter().any(|(s, e)| many.intersects_range(*s, *e))
    }

    /// How many ids it holds.
    pub fn len(&self) -> u64 {
        let count = |(s, e): (&RowId, &RowId)| e.abs_diff(*s).saturating_add(1);
        self.runs.iter().map(count).fold(0, u64::saturating_add)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The maximal intervals, ascending, ends included.
    pub fn runs(&self) -> impl Iterator<Item = (RowId, RowId)> + '_ {
        self.runs.iter().map(|(s, e)| (*s, *e))
    }

    /// The smallest id at or above `from`.
    pub fn next_at(&self, from: RowId) -> Option<RowId> {
        if self.contains(from) {
            return Some(from);
        }
        self.runs.range(from..).next().map(|(s, _)| *s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_set(ranges in proptest::collection::vec((-20i64..20, 0i64..6), 0..20)) {
            let (mut set, mut model) = (RowIdSet::default(), BTreeSet::new());
            for (from, n) in ranges {
                set.insert_range(from, from + n);
                model.extend(from..=from + n);
            }
            for id in -30..40 {
                prop_assert_eq!(set.contains(id), model.contains(&id));
                prop_assert_eq!(set.next_at(id), model.range(id..).next().copied());
            }
            prop_assert_eq!(set.len(), model.len() as u64);
            // Runs are maximal: consecutive ones never touch.
            let runs: alloc::vec::Vec<_> = set.runs.iter().collect();
            prop_assert!(runs.windows(2).all(|w| *w[0].1 + 1 < *w[1].0));
        }
    }

    #[test]
    fn the_ends_of_the_range_of_ids() {
        let mut set = RowIdSet::default();
        set.insert(i64::MAX);
        set.insert(i64::MIN);
        set.insert(i64::MAX - 1);
        assert!(set.contains(i64::MIN) && set.intersects_range(i64::MAX - 1, i64::MAX) && !set.contains(0));
    }
}
