//! A leaf of index entries: ascending encoded keys, each with a row id.

use super::home::{BlockSizing, TreeHome};
use super::leaf::Leaf;
use crate::codec::{BlockKind, IndexBlock, encode_index_block, index_block_size};
use crate::types::{BytesVec, RowId};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A run of entries of an index. See [`IndexTree`](super::IndexTree).
///
/// Invariant: as many row ids as keys.
#[derive(Debug, Clone, Default)]
pub struct IndexLeaf {
    keys: BytesVec,
    ids: Vec<RowId>,
}

/// Bytes an entry takes besides its key.
const ENTRY: usize = 12;

impl IndexLeaf {
    pub(super) fn with_capacity(entries: usize, bytes: usize) -> IndexLeaf {
        IndexLeaf {
            keys: BytesVec::with_capacity(entries, bytes),
            ids: Vec::with_capacity(entries),
        }
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Key `i`; empty beyond the end.
    #[inline]
    pub fn key(&self, i: usize) -> &[u8] {
        self.keys.get(i)
    }

    /// The row id of entry `i`; 0 beyond the end.
    #[inline]
    pub fn row_id(&self, i: usize) -> RowId {
        self.ids.get(i).copied().unwrap_or_default()
    }

    /// The row ids in key order.
    #[inline]
    pub fn row_ids(&self) -> &[RowId] {
        &self.ids
    }

    pub(super) fn insert(&mut self, at: usize, key: &[u8], id: RowId) {
        let at = at.min(self.ids.len());
        self.keys.insert(at, key);
        self.ids.insert(at, id);
    }

    pub(super) fn remove(&mut self, at: usize) {
        if at < self.ids.len() {
            self.keys.remove(at);
            self.ids.remove(at);
        }
    }

    /// Whether one more entry fits; an empty leaf takes one whatever its size.
    pub(super) fn has_room(&self, sizing: &BlockSizing, key: &[u8]) -> bool {
        let more = key.len() + ENTRY;
        let is_small = || {
            self.weight_of(self.len()) + more <= sizing.max_bytes || sizing.is_page(self.block_size() + more)
        };
        self.is_empty() || (self.len() < sizing.max_rows && is_small())
    }
}

/// The shortest prefix of `right` that is above `left`.
pub(super) fn shortest_separator(left: &[u8], right: &[u8]) -> Vec<u8> {
    let common = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    right.get(..=common).unwrap_or(right).to_vec()
}

impl Leaf for IndexLeaf {
    type Key = [u8];
    type Separator = Vec<u8>;

    fn lowest() -> Vec<u8> {
        Vec::new()
    }

    fn separator_bytes(separator: &Vec<u8>) -> Vec<u8> {
        separator.clone()
    }

    fn separator_from_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }

    fn len(&self) -> usize {
        IndexLeaf::len(self)
    }

    fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            match self.key(middle).cmp(key) {
                Ordering::Equal => return Ok(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn separator_before(&self, at: usize) -> Vec<u8> {
        match at.checked_sub(1) {
            Some(before) => shortest_separator(self.key(before), self.key(at)),
            None => Vec::new(),
        }
    }

    fn weight_of(&self, n: usize) -> usize {
        let end = n.checked_sub(1).and_then(|i| self.keys.ends().get(i));
        ENTRY * n + end.map_or(0, |e| *e as usize)
    }

    fn block_size(&self) -> usize {
        index_block_size(&self.keys, &self.ids)
    }

    fn memory(&self) -> usize {
        size_of::<IndexLeaf>() + self.keys.memory() + self.ids.capacity() * 8
    }

    fn split_off(&mut self, at: usize, room: usize) -> IndexLeaf {
        let keys = self.keys.split_off(at, room);
        let tail = self.ids.get(at..).unwrap_or(&[]);
        let mut ids = Vec::with_capacity(room.max(tail.len()));
        ids.extend_from_slice(tail);
        self.ids.truncate(at);
        self.ids.shrink_to_fit();
        IndexLeaf { keys, ids }
    }

    fn append(&mut self, right: &IndexLeaf) {
        self.keys.extend_range(&right.keys, 0, right.keys.len());
        self.ids.extend_from_slice(&right.ids);
    }

    fn fits(&self, _: &TreeHome) -> bool {
        true
    }

    fn encode(&self, key: &[u8]) -> Vec<u8> {
        encode_index_block(key, BlockKind::Entries, &self.keys, &self.ids)
    }

    fn decode(key: &[u8], bytes: &[u8]) -> Option<IndexLeaf> {
        let block = IndexBlock::decode(key, BlockKind::Entries, bytes)?;
        Some(IndexLeaf {
            keys: block.keys,
            ids: block.values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_is_short_and_separates() {
        for (left, right, expected) in [
            (&b"apple"[..], &b"banana"[..], &b"b"[..]),
            (b"ab", b"abc", b"abc"),
            (b"abcd", b"abx", b"abx"),
            (b"", b"z", b"z"),
        ] {
            let s = shortest_separator(left, right);
            assert_eq!(s, expected);
            assert!(left < s.as_slice() && s.as_slice() <= right);
        }
    }
}
