//! A set of row ids as disjoint intervals: a bulk insert is one entry, however many rows it has.
//!
//! Ids that do not come in ascending order are only noted, and put in their places many at a time: a
//! transaction adds one per row it changes, and nobody looks at them before it commits.

use crate::types::RowId;
use alloc::{borrow::Cow, vec::Vec};

/// An interval of ids, both ends included.
type Run = (RowId, RowId);

/// Fewest intervals that are put in their places together, before anybody asks.
const FEW: usize = 64;

/// Row ids, kept as intervals.
#[derive(Debug, Clone, Default)]
pub struct RowIdSet {
    /// Maximal intervals, ascending.
    runs: Vec<Run>,
    /// Intervals that came since, in any order.
    recent: Vec<Run>,
}

/// Adds an interval that starts no lower than the last.
fn push(runs: &mut Vec<Run>, (from, to): Run) {
    match runs.last_mut() {
        Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
        _ => runs.push((from, to)),
    }
}

/// The intervals of both, as maximal ones, ascending. `runs` are that already.
fn merged(runs: &[Run], recent: &[Run]) -> Vec<Run> {
    let mut recent = recent.to_vec();
    recent.sort_unstable();
    let mut all = Vec::with_capacity(runs.len() + recent.len());
    let mut recent = recent.into_iter().peekable();
    for run in runs {
        while let Some(before) = recent.next_if(|r| r.0 < run.0) {
            push(&mut all, before);
        }
        push(&mut all, *run);
    }
    recent.for_each(|run| push(&mut all, run));
    all
}

/// Whether one of these maximal, ascending intervals has an id of `from..=to`.
fn any_in(runs: &[Run], from: RowId, to: RowId) -> bool {
    let first = runs.partition_point(|(_, end)| *end < from);
    from <= to && runs.get(first).is_some_and(|(start, _)| *start <= to)
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
        let ascends = self.runs.last().is_none_or(|(start, _)| *start <= from);
        if ascends && self.recent.is_empty() {
            return push(&mut self.runs, (from, to));
        }
        self.recent.push((from, to));
        if self.recent.len() >= self.runs.len().max(FEW) {
            self.seal();
        }
    }

    /// Puts all ids in their places, so that looking at them costs little.
    pub fn seal(&mut self) {
        if !self.recent.is_empty() {
            self.runs = merged(&self.runs, &self.recent);
            self.recent.clear();
        }
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &RowIdSet) {
        let all = other.runs.iter().chain(&other.recent);
        all.for_each(|(from, to)| self.insert_range(*from, *to));
    }

    /// The maximal intervals, ascending.
    fn sealed(&self) -> Cow<'_, [Run]> {
        match self.recent.is_empty() {
            true => Cow::Borrowed(&self.runs),
            false => Cow::Owned(merged(&self.runs, &self.recent)),
        }
    }

    /// Whether it holds `id`.
    pub fn contains(&self, id: RowId) -> bool {
        self.intersects_range(id, id)
    }

    /// Whether it holds any id of `from..=to`.
    pub fn intersects_range(&self, from: RowId, to: RowId) -> bool {
        let meets = |(start, end): &Run| *start <= to && from <= *end;
        any_in(&self.runs, from, to) || (from <= to && self.recent.iter().any(meets))
    }

    /// Whether the two sets share an id.
    pub fn intersects(&self, other: &RowIdSet) -> bool {
        let (mut few, mut many) = (self.sealed(), other.sealed());
        if few.len() > many.len() {
            core::mem::swap(&mut few, &mut many);
        }
        few.iter().any(|(from, to)| any_in(&many, *from, *to))
    }

    /// How many ids it holds.
    pub fn len(&self) -> u64 {
        let count = |(s, e): &Run| e.abs_diff(*s).saturating_add(1);
        self.sealed().iter().map(count).fold(0, u64::saturating_add)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.recent.is_empty()
    }

    /// The maximal intervals, ascending, ends included.
    pub fn runs(&self) -> impl Iterator<Item = (RowId, RowId)> + '_ {
        let runs = self.sealed();
        (0..runs.len()).filter_map(move |i| runs.get(i).copied())
    }

    /// The smallest id at or above `from`.
    pub fn next_at(&self, from: RowId) -> Option<RowId> {
        let runs = self.sealed();
        let first = runs.partition_point(|(_, end)| *end < from);
        runs.get(first).map(|(start, _)| (*start).max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_set(ranges in proptest::collection::vec((-20i64..20, 0i64..6, 0..9u8), 0..20)) {
            let (mut set, mut model) = (RowIdSet::default(), BTreeSet::new());
            for (from, n, seal) in ranges {
                set.insert_range(from, from + n);
                model.extend(from..=from + n);
                if seal == 0 {
                    set.seal();
                }
            }
            for id in -30..40 {
                prop_assert_eq!(set.contains(id), model.contains(&id));
                prop_assert_eq!(set.next_at(id), model.range(id..).next().copied());
            }
            prop_assert_eq!(set.len(), model.len() as u64);
            // Runs are maximal: consecutive ones never touch.
            let runs: Vec<_> = set.runs().collect();
            prop_assert!(runs.windows(2).all(|w| w[0].1 + 1 < w[1].0));
            let before = set.clone();
            set.seal();
            prop_assert_eq!(set.runs().collect::<Vec<_>>(), runs);
            prop_assert_eq!(before.intersects(&set), !model.is_empty());
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
