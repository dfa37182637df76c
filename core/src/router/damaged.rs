//! Reading what is left of a damaged store: every entry on its own, so that one that cannot be read
//! costs no other.

use crate::codec::{BlockKind, DirectoryPage, IndexBlock, TreeId, block_key};
use crate::kv::KvBackend;
use crate::tree::{Leaf, RowLeaf};
use crate::types::{Physical, Problem};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Entries read in one trip.
const RUN: usize = 64;
/// Problems that are named; more are only counted.
const MAX_PROBLEMS: usize = 1000;

/// A store of which parts cannot be read.
pub(super) struct Damaged<'a> {
    store: &'a dyn KvBackend,
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
}

/// The blocks that hold a table's rows.
pub(super) struct Leaves {
    /// Their keys in order, with the rows that the directory counts, where it can be read.
    pub keys: Vec<(Vec<u8>, Option<u64>)>,
    /// Directory blocks that are lost.
    pub lost_pages: u64,
}

impl<'a> Damaged<'a> {
    pub fn new(store: &'a dyn KvBackend) -> Damaged<'a> {
        Damaged {
            store,
            problems: Vec::new(),
        }
    }

    pub fn report(&mut self, table: &str, key: &[u8], message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::at(table, key, message));
        }
    }

    /// The value under a key; `None` too if it cannot be read.
    pub async fn get(&mut self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        match self.store.get_many(&[key.to_vec()]).await {
            Ok(mut values) => values.pop().flatten(),
            Err(e) => {
                self.report(table, key, format!("the entry cannot be read: {e}"));
                None
            }
        }
    }

    /// The values under some keys, in one trip if nothing is in the way.
    pub async fn get_all(&mut self, table: &str, keys: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
        if let Ok(values) = self.store.get_many(keys).await {
            return values;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(self.get(table, key).await);
        }
        values
    }

    /// The entries with `from <= key < to`, or only their keys, as far as they can be listed; where that
    /// fails it goes on at the next of the `known` keys.
    pub async fn list(
        &mut self,
        table: &str,
        from: &[u8],
        to: &[u8],
        known: &[Vec<u8>],
        mut each: impl FnMut(Vec<u8>, Vec<u8>),
    ) {
        let mut from = from.to_vec();
        let mut run = RUN;
        loop {
            match self.store.scan(&from, to, run).await {
                Ok(entries) => {
                    let is_last = entries.len() < run;
                    for (key, value) in entries {
                        from = [key.as_slice(), &[0]].concat();
                        each(key, value);
                    }
                    if is_last {
                        return;
                    }
                    run = RUN;
                }
                // The entries before the one that cannot be read come one by one.
                Err(_) if run > 1 => run = 1,
                Err(e) => {
                    self.report(
                        table,
                        &from,
                        format!("the entries from here on cannot be listed: {e}"),
                    );
                    let next = known.partition_point(|k| *k <= from);
                    match known.get(next) {
                        Some(key) if key.as_slice() < to => from.clone_from(key),
                        _ => return,
                    }
                }
            }
        }
    }

    /// The leaves of a tree of rows. If the directory is whole they are those it names; otherwise also
    /// those that can be found.
    pub async fn leaves(&mut self, table: &str, tree: TreeId) -> Leaves {
        let (pages_from, header) = (block_key(tree, 1, &[]), block_key(tree, 2, &[]));
        let mut pages = Vec::new();
        self.list(table, &pages_from, &header, &[], |key, value| {
            pages.push((key, value))
        })
        .await;
        let mut keys: BTreeMap<Vec<u8>, Option<u64>> = BTreeMap::new();
        let mut readable = 0;
        for (key, value) in &pages {
            match DirectoryPage::decode(key, value) {
                Some(page) => {
                    readable += 1;
                    let rows = page.rows.iter().map(|rows| u64::try_from(*rows).ok());
                    let names = page.separators.iter().map(|name| block_key(tree, 0, name));
                    keys.extend(names.zip(rows));
                }
                None => self.report(table, key, "the directory block cannot be read"),
            }
        }
        let counted = self.get(table, &header).await;
        let counted = counted.and_then(|bytes| IndexBlock::decode(&header, BlockKind::Header, &bytes));
        let counted = counted.and_then(|header| u64::try_from(*header.values.first()?).ok());
        if counted.is_none() {
            self.report(table, &header, "the tree's header cannot be read");
        }
        let lost_pages = match counted {
            Some(counted) => counted.saturating_sub(readable),
            None => pages.len() as u64 - readable,
        };
        if counted != Some(readable) {
            let known: Vec<Vec<u8>> = keys.keys().cloned().collect();
            let mut found = BTreeSet::new();
            let from = block_key(tree, 0, &[]);
            self.list(table, &from, &pages_from, &known, |key, _| {
                found.insert(key);
            })
            .await;
            for key in found {
                keys.entry(key).or_insert(None);
            }
        }
        Leaves {
            keys: keys.into_iter().collect(),
            lost_pages,
        }
    }

    /// Decodes a leaf of rows with these columns (any, if that is not known).
    pub fn leaf(
        &mut self,
        table: &str,
        key: &[u8],
        value: Option<&[u8]>,
        columns: Option<&[Physical]>,
    ) -> Option<RowLeaf> {
        let leaf = value
            .and_then(|bytes| RowLeaf::decode(key, bytes))
            .filter(|leaf| columns.is_none_or(|columns| leaf.has_columns(columns)));
        if leaf.is_none() {
            let message = match value {
                Some(_) => "the block cannot be read",
                None => "the block is missing",
            };
            self.report(table, key, message);
        }
        leaf
    }

    /// The store itself.
    pub fn store(&self) -> &'a dyn KvBackend {
        self.store
    }
}
