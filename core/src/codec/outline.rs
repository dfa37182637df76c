//! The outline of a tree: all its directory pages in one block, so that opening a big tree reads one block
//! and decodes the pages that are needed.
//!
//! ```text
//! pages (4) | bytes: first separator of each page | i64s: rows below each page | bytes: the pages
//! page      as the body of a directory page
//! ```

use super::{
    BlockKind, IndexBlock, block,
    index_block::{read_entries, write_entries},
    packed::{PackedBytes, PackedInts},
    reader::Reader,
};
use crate::types::BytesVec;
use alloc::vec::Vec;

/// Collects the pages of an outline, in order.
#[derive(Debug, Default)]
pub struct OutlineBuilder {
    firsts: BytesVec,
    rows: Vec<i64>,
    pages: BytesVec,
    buffer: Vec<u8>,
}

impl OutlineBuilder {
    /// Adds a page: its leaves' separators, and the rows of each.
    pub fn push(&mut self, separators: &BytesVec, rows: &[i64]) {
        let mut body = core::mem::take(&mut self.buffer);
        body.clear();
        write_entries(&mut body, separators, rows);
        self.push_encoded(separators.get(0), rows.iter().sum(), &body);
        self.buffer = body;
    }

    /// Adds a page as [`Outline::page_bytes`] had it.
    pub fn push_encoded(&mut self, first: &[u8], rows: i64, page: &[u8]) {
        self.firsts.push(first);
        self.rows.push(rows);
        self.pages.push(page);
    }

    /// The block, to be stored under `key`.
    pub fn finish(&self, key: &[u8]) -> Vec<u8> {
        let mut out = block::start(self.pages.data().len() + self.firsts.data().len() + self.rows.len() * 16);
        out.extend_from_slice(&(self.rows.len() as u32).to_le_bytes());
        PackedBytes::write(&mut out, &self.firsts, 0);
        PackedInts::write(&mut out, &self.rows);
        PackedBytes::write(&mut out, &self.pages, 0);
        block::seal(out, key, BlockKind::Outline)
    }
}

/// An outline that has been read. Its pages are decoded one by one.
#[derive(Debug)]
pub struct Outline {
    firsts: BytesVec,
    rows: Vec<i64>,
    pages: BytesVec,
}

impl Outline {
    /// Reads the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn open(key: &[u8], bytes: &[u8]) -> Option<Outline> {
        let mut body = block::open(bytes, key, BlockKind::Outline)?;
        let n = body.u32()? as usize;
        // Every page takes several bytes; so what is allocated here is bounded by what was read.
        if n > bytes.len() {
            return None;
        }
        let firsts = PackedBytes::read(&mut body, n)?.to_bytes(&[])?;
        let rows = PackedInts::read(&mut body, n)?.to_vec();
        let pages = PackedBytes::read(&mut body, n)?.to_bytes(&[])?;
        let ascends = (1..n).all(|i| firsts.get(i - 1) < firsts.get(i));
        let counts = rows.iter().all(|rows| *rows >= 0);
        (ascends && counts && body.is_empty()).then_some(Outline { firsts, rows, pages })
    }

    /// Number of pages.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no pages.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first separator of page `i`.
    pub fn first(&self, i: usize) -> &[u8] {
        self.firsts.get(i)
    }

    /// Rows below page `i`.
    pub fn rows(&self, i: usize) -> u64 {
        self.rows.get(i).map_or(0, |rows| *rows as u64)
    }

    /// Page `i`, encoded.
    pub fn page_bytes(&self, i: usize) -> &[u8] {
        self.pages.get(i)
    }

    /// The separators of page `i`, and the rows of each leaf; `None` if it is not what the outline says.
    pub fn page(&self, i: usize) -> Option<IndexBlock> {
        let mut body = Reader::new(self.page_bytes(i));
        let page = read_entries(&mut body).filter(|_| body.is_empty())?;
        let rows = page
            .values
            .iter()
            .try_fold(0i64, |sum, rows| sum.checked_add(*rows))?;
        let is_named = !page.values.is_empty() && page.keys.get(0) == self.first(i);
        let precedes = i + 1 >= self.len() || page.keys.get(page.values.len() - 1) < self.first(i + 1);
        (is_named && precedes && rows as u64 == self.rows(i)).then_some(page)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pages() -> impl Strategy<Value = Vec<(Vec<Vec<u8>>, Vec<i64>)>> {
        let keys = proptest::collection::btree_set(proptest::collection::vec(any::<u8>(), 0..5), 1..40);
        (keys, 1usize..7).prop_map(|(keys, run)| {
            let keys: Vec<_> = keys.into_iter().collect();
            keys.chunks(run)
                .map(|page| (page.to_vec(), (0..page.len() as i64).collect()))
                .collect()
        })
    }

    fn build(pages: &[(Vec<Vec<u8>>, Vec<i64>)]) -> Vec<u8> {
        let mut outline = OutlineBuilder::default();
        for (keys, rows) in pages {
            let mut separators = BytesVec::default();
            keys.iter().for_each(|key| separators.push(key));
            outline.push(&separators, rows);
        }
        outline.finish(b"k")
    }

    proptest! {
        #[test]
        fn pages_come_back(pages in pages()) {
            let block = build(&pages);
            let outline = Outline::open(b"k", &block).unwrap();
            prop_assert_eq!(outline.len(), pages.len());
            for (i, (keys, rows)) in pages.iter().enumerate() {
                prop_assert_eq!(outline.first(i), keys[0].as_slice());
                prop_assert_eq!(outline.rows(i), rows.iter().sum::<i64>() as u64);
                let page = outline.page(i).unwrap();
                prop_assert_eq!(&page.values, rows);
                prop_assert!(page.keys.iter().eq(keys.iter().map(Vec::as_slice)));
            }
            prop_assert!(Outline::open(b"l", &block).is_none());
        }

        #[test]
        fn any_bytes_behind_a_good_checksum_are_read_without_harm(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            pages in pages(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut random = block::start(0);
            random.extend_from_slice(&body);
            let mut bad = build(&pages);
            let length = bad.len() - block::HEADER;
            changes.iter().for_each(|(at, byte)| bad[block::HEADER + at.index(length)] = *byte);
            for bytes in [random, bad] {
                let bytes = block::seal(bytes, b"k", BlockKind::Outline);
                if let Some(outline) = Outline::open(b"k", &bytes) {
                    for i in 0..outline.len() + 1 {
                        let _ = (outline.page(i), outline.first(i), outline.rows(i));
                    }
                }
            }
        }
    }
}
