//! One atomic change of the store.

use alloc::{collections::BTreeMap, vec::Vec};

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

    /// Bytes of keys and values put.
    pub fn bytes(&self) -> usize {
        self.changes
            .iter()
            .map(|(k, v)| k.len() + v.as_ref().map_or(0, Vec::len))
            .sum()
    }
}
