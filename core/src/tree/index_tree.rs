//! The tree of an index: encoded key to row id.

use super::cursor::{Cursor, Span};
use super::home::TreeHome;
use super::index_leaf::{IndexLeaf, shortest_separator};
use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::Node;
use super::slot::Slot;
use super::tree::Tree;
use crate::types::{Error, Result, RowId};
use alloc::{string::ToString, sync::Arc, vec::Vec};
use core::{
    mem,
    ops::Bound,
    task::{Poll, ready},
};

/// The tree of an index: encoded key to row id.
pub type IndexTree = Tree<IndexLeaf>;
/// A [`Cursor`] over index entries.
pub type IndexCursor = Cursor<IndexLeaf>;
/// A [`Span`] of index entries.
pub type IndexSpan = Span<IndexLeaf>;

impl IndexTree {
    /// The error of an entry whose row is not in its table, called `table`.
    pub fn entry_without_row(&self, table: &str) -> Error {
        Error::Corrupted {
            table: table.into(),
            key: self.home().label.to_string(),
        }
    }

    /// An empty index.
    pub fn new(home: Arc<TreeHome>) -> IndexTree {
        Tree::with_leaf(home, IndexLeaf::default())
    }

    /// Builds an index of entries in key order, with full leaves.
    ///
    /// # Errors
    /// The position of the first entry whose key is not above the one before it.
    pub fn build<K: AsRef<[u8]>>(
        home: Arc<TreeHome>,
        sorted: impl IntoIterator<Item = (K, RowId)>,
    ) -> Result<IndexTree, usize> {
        let sizing = home.sizing;
        let mut leaf = IndexLeaf::default();
        let mut separator = IndexLeaf::lowest();
        let mut full = Vec::new();
        for (position, (key, id)) in sorted.into_iter().enumerate() {
            let key = key.as_ref();
            let end = leaf.len();
            if end > 0 && leaf.key(end - 1) >= key {
                return Err(position);
            }
            if !leaf.has_room(&sizing, key) {
                let next = shortest_separator(leaf.key(end - 1), key);
                let empty = IndexLeaf::with_capacity(end, leaf.weight_of(end));
                let done = mem::replace(&mut leaf, empty);
                full.push((mem::replace(&mut separator, next), done));
            }
            let end = leaf.len();
            leaf.insert(end, key, id);
        }
        full.push((separator, leaf));
        let cell = |(s, l): (Vec<u8>, IndexLeaf)| Arc::new(Slot::new(&home, s, Arc::new(l)));
        let mut cells = full.into_iter().map(cell);
        let mut pages = Vec::new();
        loop {
            let page: Vec<_> = cells.by_ref().take(sizing.fanout).collect();
            if page.is_empty() {
                break;
            }
            pages.push(Arc::new(Node::of_cells(page, home.stored)));
        }
        match Node::root_over(pages, sizing.fanout) {
            Some(root) => Ok(Tree::with_root(home.clone(), root)),
            None => Ok(IndexTree::new(home.clone())),
        }
    }

    /// The row id under `key`.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted), as for every operation here.
    pub fn get(&self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowId>>> {
        let (_, cell) = self.locate(key)?;
        let leaf = ready!(Tree::visit(cell, pins, missing));
        Poll::Ready(Ok(leaf.search(key).ok().map(|i| leaf.row_id(i))))
    }

    /// Makes the leaf that `key` belongs to, or would, resident while `pins` hold.
    pub fn ensure(&self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        let (path, cell) = self.locate(key)?;
        Tree::visit_pinned(&path, cell, pins, missing).map(|_| Ok(()))
    }

    /// A cursor over the entries between two bounds; it holds a snapshot.
    pub fn cursor(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>, reverse: bool) -> IndexCursor {
        Cursor::new(self.clone(), from, to, reverse)
    }

    /// Inserts an entry. False, and nothing changed, if the key exists.
    pub fn insert(
        &mut self,
        key: &[u8],
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let find = |leaf: &IndexLeaf| leaf.search(key).err();
        let change = |leaf: &mut Arc<IndexLeaf>, at| {
            Arc::make_mut(leaf).insert(at, key, id);
            true
        };
        self.change_leaf(key, find, change, pins, missing)
    }

    /// Removes the entry of `key`. False, and nothing changed, if there is none.
    pub fn remove(&mut self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>> {
        let find = |leaf: &IndexLeaf| leaf.search(key).ok();
        let change = |leaf: &mut Arc<IndexLeaf>, at| {
            Arc::make_mut(leaf).remove(at);
            false
        };
        self.change_leaf(key, find, change, pins, missing)
    }
}
