//! The keys of everything in the store.
//!
//! First byte = format tag, so that each kind of entry is one contiguous range:
//!
//! ```text
//! 0x01                                      superblock
//! 0x02                                      schemas, remembered settings
//! 0x04 | table id (8, big-endian)           a table's definition and state
//! 0x10 | tree id (8, big-endian) | level (1) | separator    a block of a tree
//! ```

use alloc::{vec, vec::Vec};
use serde::{Deserialize, Serialize};

const SUPERBLOCK: u8 = 0x01;
const CONFIG: u8 = 0x02;
const TABLE: u8 = 0x04;
const BLOCK: u8 = 0x10;

/// A tree's identity in the store; unique for ever, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TreeId(pub u64);

fn tagged(tag: u8, id: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(10);
    key.push(tag);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// The key of a block: level 0 is a leaf, level 1 a directory page, level 2 the tree's header, level 3 its
/// outline.
pub fn block_key(tree: TreeId, level: u8, separator: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(10 + separator.len());
    key.push(BLOCK);
    key.extend_from_slice(&tree.0.to_be_bytes());
    key.push(level);
    key.extend_from_slice(separator);
    key
}

/// All blocks of a tree: `from <= key < to`.
pub fn tree_range(tree: TreeId) -> (Vec<u8>, Vec<u8>) {
    let to = match tree.0.checked_add(1) {
        Some(next) => tagged(BLOCK, next),
        None => vec![BLOCK + 1],
    };
    (tagged(BLOCK, tree.0), to)
}

/// All blocks of all trees: `from <= key < to`.
pub fn blocks_range() -> (Vec<u8>, Vec<u8>) {
    (vec![BLOCK], vec![BLOCK + 1])
}

/// The tree a block's key belongs to; `None` for a key that is not a block's.
pub fn tree_of_key(key: &[u8]) -> Option<TreeId> {
    let (tag, rest) = key.split_first()?;
    let id = rest.first_chunk::<8>()?;
    (*tag == BLOCK).then(|| TreeId(u64::from_be_bytes(*id)))
}

/// The key of the superblock: format version and counters.
pub fn superblock_key() -> Vec<u8> {
    vec![SUPERBLOCK]
}

/// The key of the record of schemas and remembered persistence settings.
pub fn schemas_key() -> Vec<u8> {
    vec![CONFIG]
}

/// The key of a table's definition, by table id.
pub fn table_key(table: u64) -> Vec<u8> {
    tagged(TABLE, table)
}

/// All tables: `from <= key < to`.
pub fn table_range() -> (Vec<u8>, Vec<u8>) {
    (vec![TABLE], vec![TABLE + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_range_holds_its_blocks_and_no_others() {
        for id in [0, 1, 255, 256, u64::MAX] {
            let (from, to) = tree_range(TreeId(id));
            for key in [
                block_key(TreeId(id), 0, &[]),
                block_key(TreeId(id), 1, &[0xff; 40]),
            ] {
                assert!(from <= key && key < to);
                assert_eq!(tree_of_key(&key), Some(TreeId(id)));
            }
            let other = block_key(TreeId(id.wrapping_add(1)), 0, &[]);
            assert!(other < from || other >= to);
            assert!(to <= blocks_range().1 && from >= blocks_range().0);
        }
        assert_eq!(tree_of_key(&table_key(7)), None);
        assert_eq!(tree_of_key(&[BLOCK, 1]), None);
    }
}
