//! One atomic change of the store.

use alloc::{collections::BTreeMap, vec::Vec};
use core::ops::Bound;

/// Deleted ranges, then puts (`Some`) and deletes (`None`) by key; the last change of a key wins.
#[derive(Debug, Clone, Default)]
pub struct WriteBatch {
    /// Ranges `from..to` removed before anything else.
    pub delete_ranges: Vec<(Vec<u8>, Vec<u8>)>,
    /// Puts and deletes.
    pub changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl WriteBatch {
    /// Stores `value` under `key`.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    /// Removes `key`, unless this batch puts it.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.changes.entry(key).or_insert(None);
    }

    /// Removes every key `from <= key < to` that the store holds now.
    pub fn delete_range(&mut self, from: Vec<u8>, to: Vec<u8>) {
        self.delete_ranges.push((from, to));
    }

    /// Whether the batch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.delete_ranges.is_empty()
    }

    /// Makes this batch do what it does and then what `later` does.
    pub fn merge(&mut self, later: WriteBatch) {
        for (from, to) in later.delete_ranges {
            if from >= to {
                continue;
            }
            let range = (Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice()));
            let gone: Vec<Vec<u8>> = self
                .changes
                .range::<[u8], _>(range)
                .map(|(k, _)| k.clone())
                .collect();
            for key in gone {
                self.changes.remove(&key);
            }
            if !self.delete_ranges.iter().any(|(f, t)| *f <= from && to <= *t) {
                self.delete_ranges.push((from, to));
            }
        }
        self.changes.extend(later.changes);
    }

    /// What the batch makes of `key`: its new value, `Some(None)` if it removes it, `None` if it leaves
    /// it as it is.
    pub fn change(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        if let Some(change) = self.changes.get(key) {
            return Some(change.as_deref());
        }
        let is_inside = |(from, to): &(Vec<u8>, Vec<u8>)| from.as_slice() <= key && key < to.as_slice();
        self.delete_ranges.iter().any(is_inside).then_some(None)
    }

    /// Bytes of keys and values put.
    pub fn bytes(&self) -> usize {
        self.changes
            .iter()
            .map(|(k, v)| k.len() + v.as_ref().map_or(0, Vec::len))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, u8),
        Delete(u8),
        Range(u8, u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = 0u8..12;
        prop_oneof![
            4 => (key.clone(), any::<u8>()).prop_map(|(k, v)| Step::Put(k, v)),
            2 => key.clone().prop_map(Step::Delete),
            1 => (key.clone(), key).prop_map(|(a, b)| Step::Range(a, b)),
        ]
    }

    fn batch(steps: &[Step]) -> WriteBatch {
        let mut batch = WriteBatch::default();
        for step in steps {
            match step {
                Step::Put(k, v) => batch.put(alloc::vec![*k], alloc::vec![*v]),
                Step::Delete(k) => batch.delete(alloc::vec![*k]),
                Step::Range(a, b) => batch.delete_range(alloc::vec![*a], alloc::vec![*b]),
            }
        }
        batch
    }

    fn apply(to: &mut BTreeMap<Vec<u8>, Vec<u8>>, batch: &WriteBatch) {
        for (from, end) in &batch.delete_ranges {
            to.retain(|k, _| k < from || k >= end);
        }
        for (key, change) in &batch.changes {
            match change {
                Some(value) => to.insert(key.clone(), value.clone()),
                None => to.remove(key),
            };
        }
    }

    proptest! {
        #[test]
        fn a_merged_batch_does_what_the_batches_do_one_after_another(
            batches in proptest::collection::vec(proptest::collection::vec(step(), 0..8), 1..5),
        ) {
            let start: BTreeMap<Vec<u8>, Vec<u8>> = (0..12).map(|k| (alloc::vec![k], alloc::vec![100])).collect();
            let (mut one_by_one, mut merged) = (start.clone(), WriteBatch::default());
            for steps in &batches {
                apply(&mut one_by_one, &batch(steps));
                merged.merge(batch(steps));
            }
            let mut at_once = start.clone();
            apply(&mut at_once, &merged);
            prop_assert_eq!(&at_once, &one_by_one);
            for key in start.keys() {
                let seen = merged.change(key).unwrap_or(start.get(key).map(Vec::as_slice));
                prop_assert_eq!(seen, one_by_one.get(key).map(Vec::as_slice));
            }
        }
    }
}
