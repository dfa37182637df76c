//! The frame of every block in the store.
//!
//! ```text
//! magic (1) | format version (1) | kind (1) | crc32 (4) | body
//! ```
//!
//! The checksum covers the block's own store key, version, kind and body, so a block found under
//! another key does not open. All integers of a body are little-endian.

use super::crc32::Crc32;
use super::reader::Reader;
use alloc::vec::Vec;

/// The first format version, which is read for good.
pub const FIRST_FORMAT: u8 = 1;

/// Most rows, entries or children one block may hold. It bounds what a few hostile bytes can make
/// the decoder allocate: constant columns take no bytes per row.
pub const MAX_BLOCK_ROWS: usize = 1024;

/// What a store's page needs beside a block, at most as a rule: its key, and fields of the store's own. A
/// block that is to fill a page is so much smaller.
pub const BLOCK_MARGIN: usize = 48;

const MAGIC: u8 = 0xa3;
/// Bytes of the frame.
pub(super) const HEADER: usize = 7;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// A leaf of rows.
    Rows = 0,
    /// A leaf of index entries.
    Entries = 1,
    /// A directory page: separators, row counts and bounds of leaves.
    Directory = 2,
    /// A tree's header: how many directory pages it has.
    Header = 3,
    /// All directory pages of a tree in one.
    Outline = 4,
}

impl BlockKind {
    /// The format version that this code writes.
    pub fn format(self) -> u8 {
        match self {
            BlockKind::Rows | BlockKind::Entries | BlockKind::Header => FIRST_FORMAT,
            // Since they have the bounds of columns.
            BlockKind::Directory | BlockKind::Outline => 2,
        }
    }
}

fn checksum(key: &[u8], kind: BlockKind, format: u8, body: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(key);
    crc.update(&[format, kind as u8]);
    crc.update(body);
    crc.finalize()
}

/// An encoder's buffer, with room for the frame in front.
pub(super) fn start(capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + capacity);
    out.resize(HEADER, 0);
    out
}

/// Completes the frame around the body written after [`start`].
pub(super) fn seal(block: Vec<u8>, key: &[u8], kind: BlockKind) -> Vec<u8> {
    seal_as(block, key, kind, kind.format())
}

/// As [`seal`], with the body of that format version.
pub(super) fn seal_as(mut block: Vec<u8>, key: &[u8], kind: BlockKind, format: u8) -> Vec<u8> {
    if let Some((header, body)) = block.split_first_chunk_mut::<HEADER>() {
        let [a, b, c, d] = checksum(key, kind, format, body).to_le_bytes();
        *header = [MAGIC, format, kind as u8, a, b, c, d];
    }
    block
}

/// The format version and the body of the block stored under `key`; `None` if it is not that block, whole and
/// unchanged.
pub(super) fn open<'a>(block: &'a [u8], key: &[u8], kind: BlockKind) -> Option<(u8, Reader<'a>)> {
    let ([magic, format, found, crc @ ..], body) = block.split_first_chunk::<HEADER>()?;
    let is_read = (FIRST_FORMAT..=kind.format()).contains(format);
    let framed = *magic == MAGIC && is_read && *found == kind as u8;
    let intact = framed && checksum(key, kind, *format, body) == u32::from_le_bytes(*crc);
    intact.then(|| (*format, Reader::new(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_opens_only_whole_unchanged_and_under_its_key() {
        let mut block = start(4);
        block.extend_from_slice(b"body");
        let block = seal(block, b"key", BlockKind::Rows);
        assert!(open(&block, b"key", BlockKind::Rows).is_some());
        assert!(open(&block, b"kez", BlockKind::Rows).is_none());
        assert!(open(&block, b"key", BlockKind::Entries).is_none());
        for cut in 0..block.len() {
            assert!(open(block.get(..cut).unwrap_or(&[]), b"key", BlockKind::Rows).is_none());
        }
        for bit in 0..block.len() * 8 {
            let mut bad = block.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, b"key", BlockKind::Rows).is_none(), "bit {bit}");
        }
    }
}
