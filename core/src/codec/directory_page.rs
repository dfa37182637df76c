//! A directory page as bytes: the leaves of one bottom node, with their rows and the bounds of their columns.
//!
//! ```text
//! entries (as in a leaf of an index): separators, and the number of rows of each leaf
//! bounded columns (1) | per column: i64s flags and shifts | i64s steps | i64s least
//! ```
//!
//! A page of format version 1 ends after its entries: nothing is known of columns. See [`ColumnBounds`] for what the
//! parts of bounds are.

use super::{
    BlockKind, ColumnBounds, IndexBlock, MAX_BOUNDED_COLUMNS,
    block::{self, FIRST_FORMAT},
    index_block::{read_entries, write_entries},
    packed::PackedInts,
    reader::Reader,
};
use crate::types::BytesVec;
use alloc::vec::Vec;

/// The content of a directory page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DirectoryPage {
    /// The separators of the leaves, strictly ascending.
    pub separators: BytesVec,
    /// The number of rows of each.
    pub rows: Vec<i64>,
    /// How many columns have bounds, at most [`MAX_BOUNDED_COLUMNS`].
    pub columns: usize,
    /// The bounds of each leaf's columns, one leaf after the other.
    pub bounds: Vec<ColumnBounds>,
}

impl DirectoryPage {
    /// The block, to be stored under `key`.
    pub fn encode(&self, key: &[u8]) -> Vec<u8> {
        let cells = self.rows.len() * (12 + 8 * self.columns);
        let mut out = block::start(64 + self.separators.data().len() + cells);
        self.write(&mut out);
        block::seal(out, key, BlockKind::Directory)
    }

    /// Decodes the block stored under `key`; `None` if it is not that block, whole and unchanged.
    pub fn decode(key: &[u8], bytes: &[u8]) -> Option<DirectoryPage> {
        let (format, mut body) = block::open(bytes, key, BlockKind::Directory)?;
        DirectoryPage::read(&mut body, format).filter(|_| body.is_empty())
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_entries(out, &self.separators, &self.rows);
        let columns = self.columns.min(MAX_BOUNDED_COLUMNS);
        out.push(columns as u8);
        for column in 0..columns {
            let of_column = self.bounds.iter().skip(column).step_by(self.columns);
            let parts: Vec<_> = of_column.map(|bounds| bounds.parts()).collect();
            let mut write = |part: fn(&(i64, i64, i64)) -> i64| {
                let values: Vec<i64> = parts.iter().map(part).collect();
                PackedInts::write(out, &values);
            };
            write(|(flags, _, _)| *flags);
            write(|(_, steps, _)| *steps);
            write(|(_, _, least)| *least);
        }
    }

    /// Reads the body of a page of that format.
    pub(super) fn read(body: &mut Reader<'_>, format: u8) -> Option<DirectoryPage> {
        let IndexBlock { keys, values } = read_entries(body)?;
        let n = values.len();
        let columns = match format {
            FIRST_FORMAT => 0,
            _ => usize::from(body.u8()?),
        };
        if columns > MAX_BOUNDED_COLUMNS {
            return None;
        }
        let mut bounds = alloc::vec![ColumnBounds::UNKNOWN; n * columns];
        for column in 0..columns {
            let mut part = || PackedInts::read(body, n);
            let (flags, steps, least) = (part()?, part()?, part()?);
            let of_column = bounds.iter_mut().skip(column).step_by(columns);
            for (i, bounds) in of_column.enumerate() {
                *bounds = ColumnBounds::from_parts(flags.get(i), steps.get(i), least.get(i));
            }
        }
        Some(DirectoryPage {
            separators: keys,
            rows: values,
            columns,
            bounds,
        })
    }

    /// The bounds of the columns of leaf `i`.
    pub fn bounds_of(&self, i: usize) -> &[ColumnBounds] {
        let start = i.saturating_mul(self.columns);
        self.bounds
            .get(start..start.saturating_add(self.columns))
            .unwrap_or(&[])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::Column;
    use proptest::prelude::*;

    pub(in super::super) fn page() -> impl Strategy<Value = DirectoryPage> {
        let key = proptest::collection::vec(any::<u8>(), 0..5);
        let keys = proptest::collection::btree_set(key, 1..20);
        let value = prop_oneof![any::<i64>(), 0i64..100_000];
        let values = proptest::collection::vec(value, 60);
        (keys, values, 0usize..4).prop_map(|(keys, values, columns)| {
            let mut page = DirectoryPage {
                columns,
                ..DirectoryPage::default()
            };
            for (i, key) in keys.iter().enumerate() {
                page.separators.push(key);
                page.rows.push(i as i64);
                for column in 0..columns {
                    page.bounds.push(match values[i * columns + column] {
                        n if n % 7 == 0 => ColumnBounds::UNKNOWN,
                        n if n % 7 == 1 => ColumnBounds::ONLY_NULLS,
                        n if n % 7 == 2 => ColumnBounds::ANY,
                        n => ColumnBounds::of(&Column::from_i64(alloc::vec![n, n.saturating_add(99)])),
                    });
                }
            }
            page
        })
    }

    proptest! {
        #[test]
        fn pages_come_back(page in page()) {
            let block = page.encode(b"k");
            prop_assert_eq!(DirectoryPage::decode(b"k", &block), Some(page));
            prop_assert_eq!(DirectoryPage::decode(b"l", &block), None);
        }

        #[test]
        fn any_bytes_behind_a_good_checksum_decode_without_harm(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            page in page(),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut random = block::start(0);
            random.extend_from_slice(&body);
            let mut bad = page.encode(b"k");
            let length = bad.len() - block::HEADER;
            changes.iter().for_each(|(at, byte)| bad[block::HEADER + at.index(length)] = *byte);
            for bytes in [random, bad] {
                let bytes = block::seal(bytes, b"k", BlockKind::Directory);
                if let Some(page) = DirectoryPage::decode(b"k", &bytes) {
                    prop_assert_eq!(page.bounds.len(), page.rows.len() * page.columns);
                    let mut all = (0..page.rows.len()).flat_map(|i| page.bounds_of(i).to_vec());
                    prop_assert!(all.all(|b| b.keys().is_none_or(|(from, to)| from <= to)));
                }
            }
        }
    }

    #[test]
    fn a_page_without_bounds_is_read() {
        let mut page = DirectoryPage::default();
        page.separators.push(b"a");
        page.rows.push(7);
        let mut old = block::start(0);
        write_entries(&mut old, &page.separators, &page.rows);
        let old = block::seal_as(old, b"k", BlockKind::Directory, FIRST_FORMAT);
        assert_eq!(DirectoryPage::decode(b"k", &old), Some(page));
    }
}
