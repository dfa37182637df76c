//! A leaf of rows kept as its block: verified once, then read in place as often as one likes.

use super::block::{self, BlockKind};
use super::row_block::RowBlockView;
use crate::types::Column;
use alloc::vec::Vec;

/// A block of rows that has been verified whole: every field and every column of it reads.
#[derive(Debug)]
pub struct RowBlock {
    bytes: Vec<u8>,
}

impl RowBlock {
    /// Takes the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn open(key: &[u8], bytes: Vec<u8>) -> Option<RowBlock> {
        let is_sound = RowBlockView::open(key, &bytes)?.is_sound();
        is_sound.then_some(RowBlock { bytes })
    }

    /// The rows.
    #[inline]
    pub fn view(&self) -> RowBlockView<'_> {
        // It was parsed before, so there is one.
        RowBlockView::parse(self.bytes.get(block::HEADER..).unwrap_or(&[])).unwrap_or_default()
    }

    /// Column `i`, decoded; without values if there is none.
    pub fn column(&self, i: usize) -> Column {
        self.view().sound_column(i)
    }

    /// Bytes of the block.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no bytes, which no block is.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// The block of the same rows to store under `key`.
    pub fn encode(&self, key: &[u8]) -> Vec<u8> {
        block::seal(self.bytes.clone(), key, BlockKind::Rows)
    }
}
