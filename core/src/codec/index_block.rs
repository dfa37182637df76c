//! A leaf of index entries as bytes: ascending keys, each with an integer (the row id). A header, and what a
//! directory page begins with, are written the same way.
//!
//! ```text
//! entries (2) | prefix length (4) | prefix of all keys | bytes: the rest of each key | i64s
//! ```

use super::{
    BlockKind, MAX_BLOCK_ROWS, block,
    packed::{PackedBytes, PackedInts, bounds},
    reader::Reader,
};
use crate::types::BytesVec;
use alloc::vec::Vec;

/// Most bytes that repeating the prefix may add when a block is decoded.
const MAX_PREFIX_BYTES: usize = 1 << 20;

/// Encodes entries, to be stored under `key`. The keys ascend strictly; there are as many integers,
/// at most [`MAX_BLOCK_ROWS`].
pub fn encode_index_block(key: &[u8], kind: BlockKind, keys: &BytesVec, values: &[i64]) -> Vec<u8> {
    let mut out = block::start(32 + keys.data().len() + keys.len() * 12);
    write_entries(&mut out, keys, values);
    block::seal(out, key, kind)
}

/// The body of a block of entries.
pub(super) fn write_entries(out: &mut Vec<u8>, keys: &BytesVec, values: &[i64]) {
    let prefix = prefix(keys);
    out.extend_from_slice(&(keys.len() as u16).to_le_bytes());
    out.extend_from_slice(&(prefix.len() as u32).to_le_bytes());
    out.extend_from_slice(prefix);
    PackedBytes::write(out, keys, prefix.len());
    PackedInts::write(out, values);
}

/// Reads what [`write_entries`] wrote; `None` if the entries are none.
pub(super) fn read_entries(body: &mut Reader<'_>) -> Option<IndexBlock> {
    let n = usize::from(body.u16()?);
    let length = body.u32()? as usize;
    let prefix = body.take(length)?;
    if n > MAX_BLOCK_ROWS || prefix.len().checked_mul(n)? > MAX_PREFIX_BYTES {
        return None;
    }
    let keys = PackedBytes::read(body, n)?.to_bytes(prefix)?;
    let values = PackedInts::read(body, n)?.to_vec();
    let ascending = (1..n).all(|i| keys.get(i - 1) < keys.get(i));
    ascending.then_some(IndexBlock { keys, values })
}

/// What all keys, which ascend, start with.
fn prefix(keys: &BytesVec) -> &[u8] {
    let n = keys.len();
    if n < 2 {
        return &[];
    }
    let (first, last) = (keys.get(0), keys.get(n - 1));
    let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
    first.get(..common.min(MAX_PREFIX_BYTES / n)).unwrap_or(&[])
}

/// The bytes [`encode_index_block`] makes of entries; a few more if all keys are of one length.
pub fn index_block_size(keys: &BytesVec, values: &[i64]) -> usize {
    let (n, prefix) = (keys.len(), prefix(keys).len());
    let (min, max) = bounds(values).unwrap_or_default();
    let total = keys.data().len().saturating_sub(prefix * n);
    block::HEADER + 6 + prefix + PackedBytes::size(n, total, false) + PackedInts::size(n, min, max)
}

/// Decoded entries.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexBlock {
    /// The keys, strictly ascending.
    pub keys: BytesVec,
    /// The integer of each.
    pub values: Vec<i64>,
}

impl IndexBlock {
    /// Decodes the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn decode(key: &[u8], kind: BlockKind, bytes: &[u8]) -> Option<IndexBlock> {
        let (_, mut body) = block::open(bytes, key, kind)?;
        read_entries(&mut body).filter(|_| body.is_empty())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KIND: BlockKind = BlockKind::Entries;

    fn entries() -> impl Strategy<Value = IndexBlock> {
        let key = proptest::collection::vec(0u8..4, 0..6);
        let prefix = proptest::collection::vec(any::<u8>(), 0..10);
        (proptest::collection::btree_map(key, any::<i64>(), 0..40), prefix).prop_map(|(map, prefix)| {
            let mut keys = BytesVec::default();
            map.keys()
                .for_each(|k| keys.push(&[prefix.as_slice(), k].concat()));
            IndexBlock {
                keys,
                values: map.into_values().collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn entries_come_back(e in entries()) {
            let block = encode_index_block(b"k", KIND, &e.keys, &e.values);
            let size = index_block_size(&e.keys, &e.values);
            prop_assert!(size >= block.len() && size <= block.len() + 2 * e.values.len().max(1));
            prop_assert_eq!(IndexBlock::decode(b"k", KIND, &block), Some(e));
            prop_assert_eq!(IndexBlock::decode(b"k", BlockKind::Header, &block), None);
        }

        #[test]
        fn any_bytes_behind_a_good_checksum_decode_without_harm(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            e in entries(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut random = block::start(0);
            random.extend_from_slice(&body);
            let _ = IndexBlock::decode(b"k", KIND, &block::seal(random, b"k", KIND));
            let mut bad = encode_index_block(b"k", KIND, &e.keys, &e.values);
            let length = bad.len() - 7;
            changes.iter().for_each(|(at, byte)| bad[7 + at.index(length)] = *byte);
            if let Some(read) = IndexBlock::decode(b"k", KIND, &block::seal(bad, b"k", KIND)) {
                prop_assert!((1..read.keys.len()).all(|i| read.keys.get(i - 1) < read.keys.get(i)));
                prop_assert_eq!(read.keys.len(), read.values.len());
            }
        }
    }

    #[test]
    fn a_shared_prefix_is_stored_once() {
        let mut keys = BytesVec::default();
        (0..200u8).for_each(|i| {
            keys.push(&[b"a long key that all of them start with".as_slice(), &[i]].concat());
        });
        let ids: Vec<i64> = (1000..1200).collect();
        let block = encode_index_block(b"k", KIND, &keys, &ids);
        assert!(block.len() < 2 * 200 + 100, "{}", block.len());
    }
}
