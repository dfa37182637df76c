//! A growable bit vector: the null bitmap of a column.

use alloc::vec::Vec;

/// Bits packed into 64-bit words; bit `i` set means row `i` is NULL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// `len` bits, all equal to `bit`.
    pub fn filled(len: usize, bit: bool) -> Bitmap {
        let mut b = Bitmap {
            words: Vec::new(),
            len: 0,
        };
        b.extend_filled(len, bit);
        b
    }

    /// Rebuilds a bitmap of `len` bits from its words (see [`Bitmap::words`]); missing words read as zero.
    pub fn from_words(mut words: Vec<u64>, len: usize) -> Bitmap {
        words.resize(len.div_ceil(64), 0);
        if let (Some(last), true) = (words.last_mut(), !len.is_multiple_of(64)) {
            *last &= (1 << (len % 64)) - 1;
        }
        Bitmap { words, len }
    }

    /// The packed words; bits beyond `len` are zero.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bits at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bit `i`; false beyond the end.
    #[inline]
    pub fn get(&self, i: usize) -> bool {
        self.words.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 != 0)
    }

    /// Sets bit `i`; does nothing beyond the end.
    #[inline]
    pub fn set(&mut self, i: usize, bit: bool) {
        if i < self.len
            && let Some(w) = self.words.get_mut(i / 64)
        {
            let mask = 1 << (i % 64);
            *w = if bit { *w | mask } else { *w & !mask };
        }
    }

    /// Appends one bit.
    #[inline]
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        if bit {
            self.set(self.len - 1, true);
        }
    }

    /// Appends `n` equal bits.
    pub fn extend_filled(&mut self, n: usize, bit: bool) {
        if !bit {
            self.len += n;
            self.words.resize(self.len.div_ceil(64), 0);
            return;
        }
        let mut left = n;
        while left > 0 {
            let take = left.min(64);
            self.push_bits(u64::MAX, take);
            left -= take;
        }
    }

    /// Appends the bits `from..to` of another bitmap; beyond its end they are unset.
    pub fn extend_range(&mut self, other: &Bitmap, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let take = (to - at).min(64);
            let (word, shift) = (at / 64, at % 64);
            let part = |i: usize| other.words.get(i).copied().unwrap_or(0);
            let mut bits = part(word) >> shift;
            if shift > 0 {
                bits |= part(word + 1) << (64 - shift);
            }
            self.push_bits(bits, take);
            at += take;
        }
    }

    /// Appends the lowest `n` of 64 bits, at most 64.
    fn push_bits(&mut self, bits: u64, n: usize) {
        if n == 0 {
            return;
        }
        let bits = if n < 64 { bits & ((1 << n) - 1) } else { bits };
        let shift = self.len % 64;
        match self.words.last_mut() {
            Some(last) if shift > 0 => {
                *last |= bits << shift;
                if shift + n > 64 {
                    self.words.push(bits >> (64 - shift));
                }
            }
            _ => self.words.push(bits),
        }
        self.len += n;
    }

    /// Removes all bits from `len` on.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len {
            *self = Bitmap::from_words(core::mem::take(&mut self.words), len);
        }
    }

    /// Number of set bits.
    pub fn count_ones(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Whether any bit is set.
    pub fn any(&self) -> bool {
        self.words.iter().any(|w| *w != 0)
    }

    /// The bits in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|i| self.get(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_appended_at_every_offset() {
        let mut source = Bitmap::default();
        (0..300).for_each(|i| source.push(i % 3 == 0 || i % 7 == 2));
        for start in [0, 1, 63, 64, 65] {
            for (from, to) in [(0, 0), (0, 1), (0, 64), (3, 70), (63, 191), (64, 300), (299, 300)] {
                let mut bits = Bitmap::filled(start, true);
                bits.extend_range(&source, from, to);
                bits.extend_filled(2, true);
                let expected = core::iter::repeat_n(true, start)
                    .chain((from..to).map(|i| source.get(i)))
                    .chain([true, true]);
                assert!(bits.iter().eq(expected), "{start} {from}..{to}");
                assert_eq!(bits, Bitmap::from_words(bits.words().to_vec(), bits.len()));
            }
        }
    }
}
