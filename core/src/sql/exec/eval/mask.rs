//! The value of a condition over a batch: one bit per row for true, one for NULL.

use super::vector::Vector;
use crate::types::{Bitmap, Column, ColumnData};
use alloc::{sync::Arc, vec::Vec};

/// Three-valued truth of `len` rows, packed. Invariant: a row is not both true and NULL, and bits
/// beyond `len` are zero; what is neither true nor NULL is false.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mask {
    truth: Vec<u64>,
    null: Option<Vec<u64>>,
    len: usize,
}

/// Packs one bit per item.
pub(super) fn pack(bits: impl ExactSizeIterator<Item = bool>) -> Vec<u64> {
    let mut out = Vec::with_capacity(bits.len().div_ceil(64));
    let (mut word, mut n) = (0u64, 0u32);
    for bit in bits {
        word |= u64::from(bit) << n;
        n += 1;
        if n == 64 {
            out.push(word);
            (word, n) = (0, 0);
        }
    }
    if n > 0 {
        out.push(word);
    }
    out
}

/// Packs `f` of every value. Each byte is put together apart from the others: 64 steps that depend on one
/// another take twice as long.
#[inline]
pub(super) fn pack_values<T: Copy>(values: &[T], f: impl Fn(T) -> bool) -> Vec<u64> {
    let bits = |values: &[T]| {
        let bits = values.iter().enumerate();
        bits.fold(0, |w, (i, v)| w | u64::from(f(*v)) << i)
    };
    let (chunks, rest) = values.as_chunks::<64>();
    let mut out: Vec<u64> = Vec::with_capacity(chunks.len() + 1);
    out.extend(chunks.iter().map(|chunk| {
        let bytes = chunk.as_chunks::<8>().0.iter().enumerate();
        bytes.fold(0, |w, (i, byte)| w | bits(byte) << (8 * i))
    }));
    if !rest.is_empty() {
        out.push(bits(rest));
    }
    out
}

fn bit(words: &[u64], i: usize) -> bool {
    words.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 != 0)
}

fn set(words: &mut [u64], i: usize) {
    if let Some(w) = words.get_mut(i / 64) {
        *w |= 1 << (i % 64);
    }
}

impl Mask {
    /// From packed truth and the rows that are NULL.
    pub(super) fn new(mut truth: Vec<u64>, nulls: Option<&Bitmap>, len: usize) -> Mask {
        truth.resize(len.div_ceil(64), 0);
        if let (Some(last), true) = (truth.last_mut(), !len.is_multiple_of(64)) {
            *last &= (1 << (len % 64)) - 1;
        }
        let null = nulls.map(|n| n.words().to_vec());
        if let Some(n) = &null {
            truth.iter_mut().zip(n).for_each(|(t, n)| *t &= !n);
        }
        Mask { truth, null, len }
    }

    pub(super) fn filled(value: bool, len: usize) -> Mask {
        Mask::new(
            alloc::vec![if value { u64::MAX } else { 0 }; len.div_ceil(64)],
            None,
            len,
        )
    }

    pub(super) fn nulls(len: usize) -> Mask {
        Mask::new(Vec::new(), Some(&Bitmap::filled(len, true)), len)
    }

    /// A boolean vector of `len` rows.
    pub(super) fn from_vector(v: &Vector, len: usize) -> Mask {
        if v.is_null_constant() {
            Mask::nulls(len)
        } else if v.constant {
            Mask::filled(v.column.i64s().first().is_some_and(|b| *b != 0), len)
        } else {
            Mask::new(pack_values(v.column.i64s(), |b| b != 0), v.nulls(), len)
        }
    }

    pub(super) fn into_column(self) -> Column {
        let values = (0..self.len).map(|i| i64::from(bit(&self.truth, i))).collect();
        let nulls = self.null.map(|n| Bitmap::from_words(n, self.len));
        Column::from_parts(ColumnData::I64(Arc::new(values)), nulls)
    }

    pub(super) fn is_true_at(&self, i: usize) -> bool {
        bit(&self.truth, i)
    }

    pub(super) fn count_true(&self) -> usize {
        self.truth.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// The positions of set bits, ascending.
    pub(super) fn positions_of(words: &[u64]) -> impl Iterator<Item = u32> + '_ {
        words.iter().enumerate().flat_map(|(i, w)| {
            let mut rest = *w;
            core::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(i as u32 * 64 + bit)
            })
        })
    }

    /// The rows that are true, ascending.
    pub(super) fn true_rows(&self) -> Vec<u32> {
        let mut out = Vec::with_capacity(self.count_true());
        let mut buffer = [0; 64];
        for (base, word) in (0..).step_by(64).zip(&self.truth) {
            let count = word.count_ones() as usize;
            let mut rest = *word;
            // Eight at a time, some of them beyond the last: fewer branches to guess.
            let groups = buffer.as_chunks_mut::<8>().0.iter_mut();
            for slot in groups.take(count.div_ceil(8)).flatten() {
                *slot = rest.trailing_zeros() + base;
                rest &= rest.wrapping_sub(1);
            }
            out.extend_from_slice(buffer.get(..count).unwrap_or(&[]));
        }
        out
    }

    fn null_word(&self, i: usize) -> u64 {
        self.null.as_ref().and_then(|n| n.get(i)).copied().unwrap_or(0)
    }

    /// A mask word by word: `f` of the words of truth and NULL of both gives those of the result.
    fn combine(&self, other: &Mask, f: impl Fn(u64, u64, u64, u64) -> (u64, u64)) -> Mask {
        let any = self.null.is_some() || other.null.is_some();
        let words = self.truth.iter().zip(&other.truth).enumerate();
        let (truth, null): (Vec<u64>, Vec<u64>) = words
            .map(|(i, (a, b))| f(*a, self.null_word(i), *b, other.null_word(i)))
            .unzip();
        Mask {
            truth,
            null: any.then_some(null),
            len: self.len,
        }
    }

    pub(super) fn and(&self, other: &Mask) -> Mask {
        self.combine(other, |a, an, b, bn| (a & b, (an & (b | bn)) | (bn & a)))
    }

    pub(super) fn or(&self, other: &Mask) -> Mask {
        self.combine(other, |a, an, b, bn| (a | b, (an | bn) & !(a | b)))
    }

    pub(super) fn xor(&self, other: &Mask) -> Mask {
        self.combine(other, |a, an, b, bn| ((a ^ b) & !(an | bn), an | bn))
    }

    pub(super) fn not(self) -> Mask {
        let null = self.null.map(|n| Bitmap::from_words(n, self.len));
        Mask::new(self.truth.iter().map(|w| !w).collect(), null.as_ref(), self.len)
    }

    /// NOT if asked to.
    pub(super) fn negate_if(self, negated: bool) -> Mask {
        if negated { self.not() } else { self }
    }

    /// NULL counts as false.
    pub(super) fn only_true(mut self) -> Mask {
        self.null = None;
        self
    }

    /// Replaces the rows at `positions` by those of `part`, in order.
    pub(super) fn scatter(mut self, positions: &[u32], part: &Mask) -> Mask {
        let null = self.null.get_or_insert_with(|| alloc::vec![0; self.truth.len()]);
        for (k, p) in positions.iter().map(|p| *p as usize).enumerate() {
            for (words, from) in [(&mut self.truth, Some(&part.truth)), (null, part.null.as_ref())] {
                if let Some(w) = words.get_mut(p / 64) {
                    *w &= !(1 << (p % 64));
                }
                if from.is_some_and(|f| bit(f, k)) {
                    set(words, p);
                }
            }
        }
        self
    }
}
