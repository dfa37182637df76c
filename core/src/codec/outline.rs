//! The outline of a tree: all its directory pages in one block, so that opening a big tree reads one block
//! and decodes the pages that are needed.
//!
//! ```text
//! pages (4) | bytes: first separator of each page | i64s: rows below each page | bytes: the pages
//! page      as the body of a directory page of the same format version
//! ```

use super::{
    BlockKind, DirectoryPage, block,
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
    /// Adds a page.
    pub fn push(&mut self, page: &DirectoryPage) {
        self.buffer.clear();
        page.write(&mut self.buffer);
        self.firsts.push(page.separators.get(0));
        self.rows.push(page.rows.iter().sum());
        self.pages.push(&self.buffer);
    }

    /// Adds page `i` of another outline.
    pub fn push_from(&mut self, outline: &Outline, i: usize) {
        if outline.format == BlockKind::Outline.format() {
            self.firsts.push(outline.first(i));
            self.rows.push(outline.rows(i) as i64);
            self.pages.push(outline.pages.get(i));
        } else {
            self.push(&outline.page(i).unwrap_or_default());
        }
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
    /// Of it and its pages.
    format: u8,
    firsts: BytesVec,
    rows: Vec<i64>,
    pages: BytesVec,
}

impl Outline {
    /// Reads the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn open(key: &[u8], bytes: &[u8]) -> Option<Outline> {
        let (format, mut body) = block::open(bytes, key, BlockKind::Outline)?;
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
        let is_sound = ascends && counts && body.is_empty();
        is_sound.then_some(Outline {
            format,
            firsts,
            rows,
            pages,
        })
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

    /// Page `i`; `None` if it is not what the outline says.
    pub fn page(&self, i: usize) -> Option<DirectoryPage> {
        let mut body = Reader::new(self.pages.get(i));
        let page = DirectoryPage::read(&mut body, self.format).filter(|_| body.is_empty())?;
        let rows = page
            .rows
            .iter()
            .try_fold(0i64, |sum, rows| sum.checked_add(*rows))?;
        let names = &page.separators;
        let is_named = !page.rows.is_empty() && names.get(0) == self.first(i);
        let precedes = i + 1 >= self.len() || names.get(page.rows.len() - 1) < self.first(i + 1);
        (is_named && precedes && rows as u64 == self.rows(i)).then_some(page)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::ColumnBounds;
    use crate::types::Column;
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

    fn bounds(n: i64) -> ColumnBounds {
        ColumnBounds::of(&Column::from_i64(alloc::vec![n, n + 10]))
    }

    fn build(pages: &[(Vec<Vec<u8>>, Vec<i64>)]) -> Vec<u8> {
        let mut outline = OutlineBuilder::default();
        for (keys, rows) in pages {
            let mut page = DirectoryPage {
                rows: rows.clone(),
                columns: 1,
                bounds: rows.iter().map(|n| bounds(*n)).collect(),
                ..DirectoryPage::default()
            };
            keys.iter().for_each(|key| page.separators.push(key));
            outline.push(&page);
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
                prop_assert_eq!(&page.rows, rows);
                prop_assert_eq!(page.bounds_of(rows.len() - 1), &[bounds(rows.len() as i64 - 1)][..]);
                prop_assert!(page.separators.iter().eq(keys.iter().map(Vec::as_slice)));
            }
            prop_assert!(Outline::open(b"l", &block).is_none());
            let mut again = OutlineBuilder::default();
            (0..outline.len()).for_each(|i| again.push_from(&outline, i));
            prop_assert_eq!(again.finish(b"k"), block);
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
