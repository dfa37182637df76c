//! Groups of integer keys: an array indexed by key while the keys lie close together, as ids and small
//! numbers do, and a hash table otherwise.

use super::key_table::NO_GROUP;
use crate::sql::memory::{MemoryUse, table_bytes};
use crate::types::{Result, vec_capacity};
use alloc::vec::Vec;
use core::hash::BuildHasher;
use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};

/// The array may have so many slots per key, and [`SPARE`] more: it takes about as much memory then as the hash
/// table, in which an entry and its share of free ones take 20 to 40 bytes.
const SLOTS_PER_KEY: usize = 8;
const SPARE: usize = 1024;
/// Bytes of an entry of the hash table.
const ENTRY: usize = size_of::<(i64, u32)>();

/// A map from integers to group numbers.
pub struct IntKeys {
    near: Option<NearKeys>,
    far: HashTable<(i64, u32)>,
    hasher: DefaultHashBuilder,
}

/// Slot `i` has the group of key `base + i`, or [`NO_GROUP`].
struct NearKeys {
    base: i64,
    slots: Vec<u32>,
}

impl NearKeys {
    #[inline]
    fn get(&self, key: i64) -> u32 {
        // A key below the base wraps to an index far beyond the end.
        let slot = key.wrapping_sub(self.base) as u64;
        let slot = usize::try_from(slot).ok().and_then(|s| self.slots.get(s));
        slot.copied().unwrap_or(NO_GROUP)
    }

    #[inline]
    fn slot_mut(&mut self, key: i64) -> Option<&mut u32> {
        let slot = usize::try_from(key.wrapping_sub(self.base) as u64).ok()?;
        self.slots.get_mut(slot)
    }

    /// Makes room for the keys from `low` to `high`; `false` if they are too far from the others for
    /// `keys` keys in all.
    fn cover(&mut self, low: i64, high: i64, keys: usize, memory: &mut MemoryUse) -> Result<bool> {
        let most = keys.saturating_mul(SLOTS_PER_KEY).saturating_add(SPARE);
        if self.slots.is_empty() {
            self.base = low;
        }
        let end = i128::from(self.base) + self.slots.len() as i128;
        let mut from = i128::from(self.base).min(i128::from(low));
        let to = end.max(i128::from(high) + 1);
        if to - from > most as i128 {
            return Ok(false);
        }
        if from < i128::from(self.base) {
            // Room below as well: keys that descend would otherwise move the array each time.
            from = (from - (to - from) / 2).max(i128::from(i64::MIN));
            let before = usize::try_from(i128::from(self.base) - from).unwrap_or(0);
            let len = before.saturating_add(self.slots.len());
            memory.set(len.saturating_mul(4))?;
            let mut slots = Vec::with_capacity(len);
            slots.resize(before, NO_GROUP);
            slots.append(&mut self.slots);
            (self.slots, self.base) = (slots, from as i64);
        }
        let needed = usize::try_from(to - from).unwrap_or(usize::MAX);
        if needed > self.slots.len() {
            memory.set(vec_capacity(self.slots.capacity(), needed).saturating_mul(4))?;
            self.slots.resize(needed, NO_GROUP);
        }
        Ok(true)
    }
}

impl IntKeys {
    /// No keys yet.
    pub fn new() -> IntKeys {
        IntKeys {
            near: Some(NearKeys {
                base: 0,
                slots: Vec::new(),
            }),
            far: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Prepares for `keys`, at most `rows`, of which there are `before` already, and counts what they take.
    ///
    /// # Errors
    /// [`Error::QueryMemory`](crate::Error::QueryMemory) beyond the limit.
    pub fn prepare(
        &mut self,
        keys: impl Iterator<Item = i64> + Clone,
        rows: usize,
        before: usize,
        memory: &mut MemoryUse,
    ) -> Result<()> {
        let len = before.saturating_add(rows);
        let Some(near) = &mut self.near else {
            return memory.set(table_bytes(self.far.capacity(), len, ENTRY));
        };
        let mut count = 0;
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for key in keys {
            (low, high) = (low.min(key), high.max(key));
            count += 1;
        }
        if count == 0 || near.cover(low, high, before.saturating_add(count), memory)? {
            return Ok(());
        }
        let table = table_bytes(0, len, ENTRY);
        memory.set(table.saturating_add(near.slots.capacity().saturating_mul(4)))?;
        self.far.reserve(len, |e| self.hasher.hash_one(e.0));
        for (i, group) in near.slots.iter().enumerate() {
            if *group != NO_GROUP {
                let key = near.base.wrapping_add(i as i64);
                let hash = self.hasher.hash_one(key);
                self.far
                    .insert_unique(hash, (key, *group), |e| self.hasher.hash_one(e.0));
            }
        }
        self.near = None;
        memory.set(table)
    }

    /// The group of a key, which is `new` if it has none yet. [`prepare`](IntKeys::prepare) has seen it.
    #[inline]
    pub fn insert(&mut self, key: i64, new: u32) -> u32 {
        if let Some(near) = &mut self.near {
            return match near.slot_mut(key) {
                Some(slot) => {
                    if *slot == NO_GROUP {
                        *slot = new;
                    }
                    *slot
                }
                None => NO_GROUP,
            };
        }
        let hash = self.hasher.hash_one(key);
        let entry = self
            .far
            .entry(hash, |e| e.0 == key, |e| self.hasher.hash_one(e.0));
        match entry {
            Entry::Occupied(e) => e.get().1,
            Entry::Vacant(e) => {
                e.insert((key, new));
                new
            }
        }
    }

    /// The group of a key; [`NO_GROUP`] if it has none.
    #[inline]
    pub fn get(&self, key: i64) -> u32 {
        match &self.near {
            Some(near) => near.get(key),
            None => {
                let hash = self.hasher.hash_one(key);
                self.far.find(hash, |e| e.0 == key).map_or(NO_GROUP, |e| e.1)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sql::memory::Memory;
    use alloc::{collections::BTreeMap, sync::Arc, vec};

    /// Inserts keys batch by batch and compares with a map.
    fn check(batches: &[Vec<i64>]) -> IntKeys {
        let (mut keys, mut model) = (IntKeys::new(), BTreeMap::new());
        let mut memory = Arc::new(Memory::new(usize::MAX)).part();
        for batch in batches {
            let all = batch.iter().copied();
            keys.prepare(all, batch.len(), model.len(), &mut memory).unwrap();
            for key in batch {
                let new = model.len() as u32;
                let group = *model.entry(*key).or_insert(new);
                assert_eq!(keys.insert(*key, new), group, "{key}");
            }
        }
        for (key, group) in &model {
            assert_eq!(keys.get(*key), *group);
            for other in [key.wrapping_sub(1), key.wrapping_add(1)] {
                assert_eq!(keys.get(other), model.get(&other).copied().unwrap_or(NO_GROUP));
            }
        }
        keys
    }

    #[test]
    fn keys_close_together_are_an_array_in_any_order() {
        let ascending: Vec<Vec<i64>> = (0..20).map(|b| (b * 100..b * 100 + 100).collect()).collect();
        let descending: Vec<Vec<i64>> = ascending
            .iter()
            .rev()
            .map(|b| b.iter().map(|k| -k).collect())
            .collect();
        for batches in [ascending, descending, vec![vec![5, 5, -5], vec![1000, 3]]] {
            assert!(check(&batches).near.is_some());
        }
    }

    #[test]
    fn keys_far_apart_are_hashed_and_keep_their_groups() {
        for batches in [
            vec![vec![1, 2, 3], vec![i64::MAX, i64::MIN, 2]],
            vec![vec![i64::MIN, i64::MAX]],
            vec![vec![0, 7], vec![1 << 40], vec![7, 8]],
        ] {
            assert!(check(&batches).near.is_none());
        }
    }

    #[test]
    fn the_ends_of_the_range_are_keys_like_others() {
        check(&[vec![i64::MAX, i64::MAX - 1], vec![i64::MAX - 900]]);
        check(&[vec![i64::MIN + 1, i64::MIN], vec![i64::MIN + 900]]);
        check(&[vec![i64::MIN + 900], vec![i64::MIN]]);
    }
}
