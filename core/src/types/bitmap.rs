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
        let old = self.len;
        self.len += n;
        self.words.resize(self.len.div_ceil(64), 0);
        if bit {
            (old..self.len).for_each(|i| self.set(i, true));
        }
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
