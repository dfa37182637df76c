//! Variable-length values of a column, end to end in one buffer.

use super::vec_capacity;
use alloc::vec::Vec;
use core::ops::Range;

/// Byte strings laid end to end; `ends[i]` is where the i-th stops.
///
/// Invariant: `ends` ascends and its last element is `data.len()`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BytesVec {
    ends: Vec<u32>,
    data: Vec<u8>,
}

impl BytesVec {
    /// An empty vector with room for `rows` values of `bytes` bytes in all.
    pub fn with_capacity(rows: usize, bytes: usize) -> BytesVec {
        BytesVec {
            ends: Vec::with_capacity(rows),
            data: Vec::with_capacity(bytes),
        }
    }

    /// Rebuilds from parts; `None` if `ends` does not ascend or does not end at `data.len()`.
    pub fn from_parts(ends: Vec<u32>, data: Vec<u8>) -> Option<BytesVec> {
        let ascending = ends.windows(2).all(|w| w[0] <= w[1]);
        (ascending && ends.last().map_or(0, |e| *e as usize) == data.len()).then_some(BytesVec { ends, data })
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// End offsets, one per value.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// All values end to end.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    fn start(&self, i: usize) -> usize {
        if i == 0 {
            0
        } else {
            self.ends.get(i - 1).map_or(self.data.len(), |e| *e as usize)
        }
    }

    /// The i-th value; empty beyond the end.
    #[inline]
    pub fn get(&self, i: usize) -> &[u8] {
        let end = self.ends.get(i).map_or(self.data.len(), |e| *e as usize);
        self.data.get(self.start(i)..end).unwrap_or(&[])
    }

    /// The i-th value as text, if it is UTF-8 and that is told fast: verified from one multiple of 16 bytes to another,
    /// as whole words. It must not start or end within a character there, so both ends have to be ASCII.
    #[inline]
    pub fn text_in_words(&self, i: usize) -> Option<&str> {
        const WORDS: usize = 16;
        let (start, end) = (self.start(i), *self.ends.get(i)? as usize);
        let from = start - start % WORDS;
        let to = end.next_multiple_of(WORDS).min(self.data.len());
        let bytes = self.data.get(from..to)?;
        if !bytes.first()?.is_ascii() || !bytes.last()?.is_ascii() {
            return None;
        }
        core::str::from_utf8(bytes).ok()?.get(start - from..end - from)
    }

    /// Appends a value. Values beyond 4 GiB in all are the caller's to avoid (blocks are kilobytes).
    #[inline]
    pub fn push(&mut self, value: &[u8]) {
        self.data.extend_from_slice(value);
        self.ends.push(self.data.len() as u32);
    }

    /// Makes the bytes `start..end` so many bytes, whatever is in them.
    fn make_room(&mut self, start: usize, end: usize, bytes: usize) {
        let len = self.data.len();
        let after = start + bytes;
        if after > end {
            self.data.resize(len + (after - end), 0);
        }
        if after != end {
            self.data.copy_within(end..len, after);
            self.data.truncate(len + after - end);
        }
    }

    /// Replaces the i-th value.
    pub fn set(&mut self, i: usize, value: &[u8]) {
        if i >= self.len() {
            return;
        }
        let (start, end) = (self.start(i), self.ends[i] as usize);
        self.make_room(start, end, value.len());
        self.data[start..start + value.len()].copy_from_slice(value);
        let delta = value.len() as i64 - (end - start) as i64;
        if delta != 0 {
            self.ends[i..]
                .iter_mut()
                .for_each(|e| *e = (*e as i64 + delta) as u32);
        }
    }

    /// Inserts a value before position `i` (at the end if `i` is beyond it).
    pub fn insert(&mut self, i: usize, value: &[u8]) {
        if i >= self.len() {
            return self.push(value);
        }
        let start = self.start(i);
        self.make_room(start, start, value.len());
        self.data[start..start + value.len()].copy_from_slice(value);
        self.ends.insert(i, start as u32);
        self.ends[i..].iter_mut().for_each(|e| *e += value.len() as u32);
    }

    /// Removes the i-th value.
    pub fn remove(&mut self, i: usize) {
        if i < self.len() {
            self.set(i, &[]);
            self.ends.remove(i);
        }
    }

    /// Removes all values; the memory stays.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.data.clear();
    }

    /// A copy with room for so many more values and bytes.
    pub fn with_room(&self, values: usize, bytes: usize) -> BytesVec {
        let mut copy = BytesVec::with_capacity(self.len() + values, self.data.len() + bytes);
        copy.ends.extend_from_slice(&self.ends);
        copy.data.extend_from_slice(&self.data);
        copy
    }

    /// A copy without value `i`.
    pub fn without(&self, i: usize) -> BytesVec {
        if i >= self.len() {
            return self.clone();
        }
        let (start, end) = (self.start(i), self.start(i + 1));
        let gone = (end - start) as u32;
        let mut copy = BytesVec::with_capacity(self.len() - 1, self.data.len() - (end - start));
        copy.data.extend_from_slice(&self.data[..start]);
        copy.data.extend_from_slice(&self.data[end..]);
        copy.ends.extend_from_slice(&self.ends[..i]);
        copy.ends.extend(self.ends[i + 1..].iter().map(|e| e - gone));
        copy
    }

    /// Bytes of the values of a range.
    pub fn bytes_of(&self, range: Range<usize>) -> usize {
        let end = self.start(range.end.min(self.len()));
        end.saturating_sub(self.start(range.start))
    }

    /// Makes room for the values `from..to` of another vector: in all for as many bytes as `room` makes of
    /// those there will be.
    pub fn reserve_range(&mut self, other: &BytesVec, from: usize, to: usize, room: fn(usize) -> usize) {
        let to = to.min(other.len());
        if from < to {
            let len = self.data.len() + (other.start(to) - other.start(from));
            self.data.reserve_exact(room(len).saturating_sub(self.data.len()));
            self.ends.reserve_exact(to - from);
        }
    }

    /// Keeps the first `len` values.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.data.truncate(self.start(len));
            self.ends.truncate(len);
        }
    }

    /// Keeps the first `at` values and returns the rest, with room for `room` values of about the size of
    /// all.
    pub fn split_off(&mut self, at: usize, room: usize) -> BytesVec {
        let at = at.min(self.len());
        let cut = self.start(at);
        let room = room.max(self.len() - at);
        let bytes = self.data.len() / self.len().max(1) * room;
        let mut rest = BytesVec::with_capacity(room, bytes.max(self.data.len() - cut));
        rest.data.extend_from_slice(&self.data[cut..]);
        rest.ends.extend(self.ends[at..].iter().map(|e| e - cut as u32));
        self.data.truncate(cut);
        self.ends.truncate(at);
        self.data.shrink_to_fit();
        self.ends.shrink_to_fit();
        rest
    }

    /// Appends the values `from..to` of another vector.
    pub fn extend_range(&mut self, other: &BytesVec, from: usize, to: usize) {
        let to = to.min(other.len());
        if from >= to {
            return;
        }
        let (start, end) = (other.start(from), other.ends[to - 1] as usize);
        let base = self.data.len();
        self.data.extend_from_slice(&other.data[start..end]);
        self.ends.extend(
            other.ends[from..to]
                .iter()
                .map(|e| (*e as usize - start + base) as u32),
        );
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + '_ {
        (0..self.len()).map(|i| self.get(i))
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.data.capacity() + self.ends.capacity() * 4
    }

    /// Bytes of memory held once so many values of so many bytes in all are appended.
    pub fn memory_with(&self, values: usize, bytes: usize) -> usize {
        let data = vec_capacity(self.data.capacity(), self.data.len().saturating_add(bytes));
        let ends = vec_capacity(self.ends.capacity(), self.ends.len().saturating_add(values));
        data.saturating_add(ends.saturating_mul(4))
    }
}
