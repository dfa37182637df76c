//! The integers that one side of a join has as keys, in as few bits as tell most others from them.
//!
//! Invariant: a key that was put in is always found; of others some are found too when the keys lie far apart.

use crate::sql::memory::MemoryUse;
use alloc::vec::Vec;

/// Keys that lie close together have a bit for each integer between the smallest and the largest: at most so
/// many per key, and [`SPARE_BITS`] more.
const BITS_PER_KEY: u64 = 64;
const SPARE_BITS: u64 = 1 << 16;
/// Bits per key of others, which are hashed: one in sixteen that is not a key is found.
const HASHED_BITS_PER_KEY: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct KeySet {
    words: Vec<u64>,
    layout: Layout,
    _memory: MemoryUse,
}

#[derive(Debug)]
enum Layout {
    /// Bit `i` is the key `low + i`.
    Near { low: i64 },
    /// Bit `i` is all keys whose hash begins with `i`; the other bits of a hash are `shift` many.
    Hashed { shift: u32 },
}

impl KeySet {
    /// The set of `keys`; `None` if there are none, or memory for it is lacking.
    pub fn new(keys: &[i64], mut memory: MemoryUse) -> Option<KeySet> {
        let (low, high) = (*keys.iter().min()?, *keys.iter().max()?);
        let range = high.wrapping_sub(low) as u64;
        let near = (keys.len() as u64).saturating_mul(BITS_PER_KEY);
        let (bits, layout) = if range < near.saturating_add(SPARE_BITS) {
            (usize::try_from(range).ok()?.checked_add(1)?, Layout::Near { low })
        } else {
            let bits = keys.len().checked_mul(HASHED_BITS_PER_KEY)?;
            let bits = bits.checked_next_power_of_two()?;
            let shift = u64::BITS - bits.trailing_zeros();
            (bits, Layout::Hashed { shift })
        };
        let words = bits.div_ceil(64);
        memory.set(words.checked_mul(8)?).ok()?;
        let mut set = KeySet {
            words: alloc::vec![0; words],
            layout,
            _memory: memory,
        };
        for key in keys {
            let bit = set.bit(*key);
            if let Some(word) = set.words.get_mut((bit / 64) as usize) {
                *word |= 1 << (bit % 64);
            }
        }
        Some(set)
    }

    /// The bit of a key; of one that cannot be there perhaps one beyond the end.
    #[inline(always)]
    fn bit(&self, key: i64) -> u64 {
        match self.layout {
            // A key below the lowest wraps to a bit far beyond the end.
            Layout::Near { low } => key.wrapping_sub(low) as u64,
            // Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.
            Layout::Hashed { shift } => (key as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift,
        }
    }

    /// Whether an integer may be a key.
    #[inline(always)]
    pub fn may_have(&self, key: i64) -> bool {
        let bit = self.bit(key);
        let word = usize::try_from(bit / 64).ok().and_then(|w| self.words.get(w));
        word.is_some_and(|w| w >> (bit % 64) & 1 != 0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sql::memory::Memory;
    use alloc::sync::Arc;

    fn set(keys: &[i64]) -> Option<KeySet> {
        KeySet::new(keys, Arc::new(Memory::new(1 << 20)).part())
    }

    #[test]
    fn keys_close_together_are_told_from_all_others() {
        for keys in [
            [-5, 7, 60, 60_000],
            [i64::MIN, i64::MIN + 3, i64::MIN + 64, i64::MIN + 65],
            [i64::MAX - 70, i64::MAX - 1, i64::MAX, i64::MAX],
        ] {
            let set = set(&keys).unwrap();
            for key in keys {
                for near in [-64, -1, 0, 1, 64] {
                    let other = key.wrapping_add(near);
                    assert_eq!(set.may_have(other), keys.contains(&other), "{other} of {keys:?}");
                }
            }
            assert!(!set.may_have(keys[0].wrapping_add(i64::MIN)));
        }
    }

    #[test]
    fn keys_far_apart_are_all_found_and_few_others() {
        let keys: Vec<i64> = (0..1000).map(|i| i * 1_000_000_007 - 77).collect();
        let set = set(&keys).unwrap();
        assert!(keys.iter().all(|k| set.may_have(*k)));
        let others = (0..10_000).filter(|i| set.may_have(i * 1_000_003 + 5)).count();
        assert!(others < 1500, "{others}");
    }

    #[test]
    fn without_memory_there_is_no_set() {
        let memory = Arc::new(Memory::new(4));
        assert!(KeySet::new(&[1, 2], memory.part()).is_none());
        assert!(set(&[]).is_none());
    }
}
