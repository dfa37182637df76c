//! Building an index over the rows a table has.

use super::index_key::{IndexKey, RowView};
use super::job_memory::JobMemory;
use super::table::Table;
use crate::sorting::sort_checked;
use crate::table::IndexDef;
use crate::tree::{IndexTree, Missing, Pins, RowCursor, TreeHome};
use crate::types::{Error, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::{
    cmp::Ordering,
    ops::Bound,
    task::{Poll, ready},
};

/// One key, in the buffer of all keys.
struct Entry {
    /// The key's first bytes as a number: decides most comparisons without touching the key.
    prefix: u64,
    start: usize,
    len: u32,
    unique: bool,
    id: RowId,
}

/// Entries between two questions whether to go on.
const CHUNK: usize = 4096;

/// The job that builds an index: collects every row's key, sorts, and builds the tree from full leaves.
/// It holds all keys in memory at once, within a limit.
pub struct IndexBuild {
    table: Table,
    index: IndexDef,
    key: IndexKey,
    home: Arc<TreeHome>,
    cursor: RowCursor,
    scanned: bool,
    keys: Vec<u8>,
    entries: Vec<Entry>,
    duplicate: Option<RowId>,
    pins: Pins,
    memory: JobMemory,
}

impl IndexBuild {
    /// A build of `index` (which the table's definition need not have) over the rows of `table`.
    pub fn new(table: &Table, index: IndexDef, home: Arc<TreeHome>, memory: JobMemory) -> IndexBuild {
        IndexBuild {
            key: IndexKey::new(&table.def, &index),
            cursor: table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false),
            table: table.clone(),
            index,
            home,
            scanned: false,
            keys: Vec::new(),
            entries: Vec::new(),
            duplicate: None,
            pins: Pins::default(),
            memory,
        }
    }

    /// Goes on until a block is missing or the index is built.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] if the index is unique and two rows have the same key;
    /// [`Error::QueryMemory`] if there are too many keys.
    pub fn step(&mut self, missing: &mut Missing) -> Poll<Result<IndexTree>> {
        if !self.scanned {
            ready!(self.scan(missing))?;
            self.sort(missing)?;
        }
        if let Some(id) = self.duplicate {
            return self.fail(id, missing);
        }
        let keys = &self.keys;
        let mut stopped = Ok(());
        let sorted = self.entries.chunks(CHUNK).map_while(|chunk| {
            stopped = missing.check_interrupt();
            stopped.is_ok().then_some(chunk)
        });
        let sorted = sorted.flatten().map(|e| (bytes(keys, e), e.id));
        let tree = IndexTree::build(self.home.clone(), sorted);
        stopped?;
        Poll::Ready(tree.map_err(|_| Error::store("the keys of an index build are not in order")))
    }

    fn scan(&mut self, missing: &mut Missing) -> Poll<Result<()>> {
        while let Some(span) = ready!(self.cursor.next(missing))? {
            let bytes = self.keys.capacity() + self.entries.capacity() * size_of::<Entry>();
            self.memory.require_collected(bytes)?;
            for row in span.from..span.to {
                let id = span.leaf.row_id(row);
                let view = RowView::Stored {
                    columns: span.leaf.columns(),
                    row,
                };
                let start = self.keys.len();
                let unique = self.key.encode(&mut self.keys, id, view);
                let key = self.keys.get(start..).unwrap_or(&[]);
                let mut prefix = [0; 8];
                prefix.iter_mut().zip(key).for_each(|(p, k)| *p = *k);
                self.entries.push(Entry {
                    prefix: u64::from_be_bytes(prefix),
                    start,
                    len: key.len() as u32,
                    unique,
                    id,
                });
            }
        }
        Poll::Ready(Ok(()))
    }

    fn sort(&mut self, missing: &Missing) -> Result<()> {
        let keys = &self.keys;
        let compare = |a: &Entry, b: &Entry| match a.prefix.cmp(&b.prefix) {
            Ordering::Equal => bytes(keys, a).cmp(bytes(keys, b)).then(a.id.cmp(&b.id)),
            different => different,
        };
        sort_checked(&mut self.entries, compare, &|| missing.check_interrupt())?;
        self.scanned = true;
        let repeated = |pair: &&[Entry]| match pair {
            [a, b] => a.unique && b.unique && bytes(keys, a) == bytes(keys, b),
            _ => false,
        };
        self.duplicate = self
            .entries
            .windows(2)
            .filter(repeated)
            .filter_map(|pair| pair.get(1).map(|e| e.id))
            .min();
        Ok(())
    }

    fn fail(&mut self, id: RowId, missing: &mut Missing) -> Poll<Result<IndexTree>> {
        let at = ready!(self.table.rows.get(id, &mut self.pins, missing))?;
        let (columns, row) = at.as_ref().map_or((&[][..], 0), |at| at.leaf.columns_at(at.pos));
        Poll::Ready(Err(Error::DuplicateKey {
            table: self.table.def.name.clone(),
            index: self.index.name.clone(),
            key: self.key.text(id, RowView::Stored { columns, row }),
        }))
    }
}

fn bytes<'a>(keys: &'a [u8], entry: &Entry) -> &'a [u8] {
    keys.get(entry.start..entry.start + entry.len as usize)
        .unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::table::IndexColumn;
    use crate::table::testing::{Fixture, ints, texts};
    use alloc::format;

    #[test]
    fn a_built_index_holds_what_inserts_would_have_put_there() {
        for mut t in Fixture::both() {
            for i in 1..=40 {
                t.insert(
                    i,
                    &[
                        ints(&[i]),
                        texts(&[&format!("k{}", (i * 7) % 40)]),
                        ints(&[i % 3]),
                    ],
                )
                .unwrap();
            }
            t.store_all();
            for position in 0..t.table.indexes.len() {
                let index = t.table.def.indexes[position].clone();
                let home = t.home("built");
                let mut build = IndexBuild::new(&t.table, index, home, JobMemory::UNLIMITED);
                let tree = t.run(|missing| build.step(missing)).unwrap();
                t.table.indexes[position] = tree;
            }
            assert_eq!(t.check(), [""; 0]);
        }
    }

    #[test]
    fn two_rows_with_one_key_are_named() {
        for mut t in Fixture::both() {
            for i in 1..=9 {
                t.insert(i, &[ints(&[i]), texts(&[&format!("k{i}")]), ints(&[i % 8])])
                    .unwrap();
            }
            t.store_all();
            let index = IndexDef {
                name: "u".into(),
                columns: alloc::vec![IndexColumn {
                    column: 2,
                    descending: true
                }],
                unique: true,
                constraint: true,
                filter: None,
                statistics: None,
            };
            let mut build = IndexBuild::new(&t.table, index, t.home("u"), JobMemory::UNLIMITED);
            let built = t.run(|missing| build.step(missing)).map(|_| ());
            assert_eq!(
                built,
                Err(Error::DuplicateKey {
                    table: "t".into(),
                    index: "u".into(),
                    key: "1".into()
                })
            );
        }
    }
}
