//! Comparing what the store holds of a tree with a version of it, block by block.
//!
//! A clean cell or page of the newest version is in the store as it is; of a dirty one the store has an
//! older state, or nothing. So the caller keeps store writes out meanwhile.

use super::leaf::Leaf;
use super::node::{Children, Node};
use super::outline::outline_key;
use super::slot::Slot;
use super::tree::Tree;
use super::write::{encode_header, encode_page};
use crate::codec::{BlockKind, IndexBlock, Outline, block_key, tree_range};
use crate::types::Problem;
use alloc::{collections::BTreeSet, format, string::String, sync::Arc, vec, vec::Vec};
use core::borrow::Borrow;

/// A run of the store's entries: all that it holds with `after < key <= upto`, in order.
#[derive(Debug, Clone, Copy)]
pub struct StoredRun<'a> {
    /// Nothing up to this key is part of the run.
    pub after: &'a [u8],
    /// The last key of the run; `None`: it goes to the end of the store.
    pub upto: Option<&'a [u8]>,
    /// The entries.
    pub entries: &'a [(Vec<u8>, Vec<u8>)],
}

impl<'a> StoredRun<'a> {
    /// Whether an entry of that key would be part of the run.
    pub fn covers(&self, key: &[u8]) -> bool {
        key > self.after && self.upto.is_none_or(|upto| key <= upto)
    }

    /// The value under a key.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        let at = self.entries.binary_search_by(|(k, _)| k.as_slice().cmp(key));
        let entry = at.ok().and_then(|at| self.entries.get(at));
        entry.map(|(_, value)| value.as_slice())
    }

    /// The entries with `from <= key < to`.
    pub fn range(&self, from: &[u8], to: &[u8]) -> &'a [(Vec<u8>, Vec<u8>)] {
        let start = self.entries.partition_point(|(k, _)| k.as_slice() < from);
        let end = self.entries.partition_point(|(k, _)| k.as_slice() < to);
        self.entries.get(start..end).unwrap_or(&[])
    }
}

/// What a comparison has found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Blocks that were compared.
    pub blocks: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

impl<L: Leaf> Tree<L> {
    /// Compares the part of this version, which must be the newest, that belongs to a run.
    pub fn compare_stored(&self, run: &StoredRun<'_>, found: &mut Comparison) {
        let id = self.home().id;
        let (from, to) = tree_range(id);
        if !self.home().stored || run.after >= to.as_slice() || run.upto.is_some_and(|u| u < from.as_slice())
        {
            return;
        }
        let mut known = BTreeSet::new();
        for (page, end) in self.pages_within(0, run) {
            self.compare_leaves(page, end, run, &mut known, found);
        }
        for (page, _) in self.pages_within(1, run) {
            let key = block_key(id, 1, &first_name(page));
            if run.covers(&key) {
                let expected = || encode_page(&key, page);
                let readable = |b: &[u8]| IndexBlock::decode(&key, BlockKind::Directory, b).is_some();
                self.compare_block(run, &key, page.is_page_dirty(), expected, readable, found);
                known.insert(key);
            }
        }
        let counted = self.root().pages();
        let (key, header) = encode_header(id, counted);
        if run.covers(&key) {
            let is_dirty = self.home().needs_header(counted);
            let readable = |b: &[u8]| IndexBlock::decode(&key, BlockKind::Header, b).is_some();
            self.compare_block(run, &key, is_dirty, || header, readable, found);
            known.insert(key);
        }
        let key = outline_key(self.home());
        if self.home().has_outline() && run.covers(&key) {
            let expected = || self.encode_outline().1;
            let readable = |b: &[u8]| Outline::open(&key, b).is_some();
            self.compare_block(run, &key, self.is_dirty(), expected, readable, found);
            known.insert(key);
        }
        // Removed blocks leave the store with the next write.
        for removal in self.unflushed() {
            let name = L::separator_bytes(&removal.separator);
            known.insert(block_key(id, removal.level, &name));
        }
        for (key, _) in run.range(&from, &to) {
            if !known.contains(key) {
                self.report(key, "a block that no directory page names", found);
            }
        }
    }

    /// The pages whose blocks on a level (0: their leaves, 1: their own) may belong to a run, in order, each with
    /// the separator after it. A run is few of a big tree's blocks, so only the way to them is gone.
    fn pages_within(&self, level: u8, run: &StoredRun<'_>) -> Vec<(&Node<L>, Option<&L::Separator>)> {
        let key = |separator| block_key(self.home().id, level, &L::separator_bytes(separator));
        let starts_in_time = |first| run.upto.is_none_or(|upto| key(first).as_slice() <= upto);
        let ends_in_time = |end: Option<_>| end.is_none_or(|end| key(end).as_slice() > run.after);
        let mut pages = Vec::new();
        let mut stack = vec![(&**self.root(), None)];
        while let Some((node, end)) = stack.pop() {
            if !starts_in_time(node.first()) || !ends_in_time(end) {
                continue;
            }
            match node.children() {
                Children::Cells(_) => pages.push((node, end)),
                Children::Nodes(nodes) => {
                    for (i, child) in nodes.iter().enumerate().rev() {
                        stack.push((&**child, node.separators().get(i + 1).or(end)));
                    }
                }
            }
        }
        pages
    }

    fn report(&self, key: &[u8], message: impl Into<String>, found: &mut Comparison) {
        found
            .problems
            .push(Problem::at(&*self.home().label, key, message));
    }

    /// Compares the leaves of one page; `end` is the separator after it.
    fn compare_leaves(
        &self,
        page: &Node<L>,
        end: Option<&L::Separator>,
        run: &StoredRun<'_>,
        known: &mut BTreeSet<Vec<u8>>,
        found: &mut Comparison,
    ) {
        for (i, cell) in page.cells().iter().enumerate() {
            let key = cell.store_key();
            if run.covers(&key) {
                let next = page.separators().get(i + 1).or(end);
                self.compare_leaf(cell, &key, next, run.get(&key), found);
                known.insert(key);
            }
        }
    }

    fn compare_leaf(
        &self,
        cell: &Arc<Slot<L>>,
        key: &[u8],
        next: Option<&L::Separator>,
        bytes: Option<&[u8]>,
        found: &mut Comparison,
    ) {
        if cell.is_dirty() {
            return;
        }
        found.blocks += 1;
        let Some(bytes) = bytes else {
            return self.report(key, "the block is missing", found);
        };
        let Some(leaf) = L::decode(key, bytes).filter(|l| l.fits(self.home())) else {
            return self.report(key, "the block cannot be read", found);
        };
        let n = leaf.len();
        if n != cell.rows() {
            let counted = cell.rows();
            self.report(
                key,
                format!("{n} entries where the directory counts {counted}"),
                found,
            );
        }
        let starts = leaf.search(cell.separator().borrow()).unwrap_or_else(|at| at) == 0;
        if !starts || next.is_some_and(|next| leaf.search(next.borrow()) != Err(n)) {
            self.report(key, "entries that belong to another block", found);
        }
        if cell.leaf().is_some_and(|own| own.encode(key) != leaf.encode(key)) {
            self.report(key, "the block differs from what is in memory", found);
        }
    }

    fn compare_block(
        &self,
        run: &StoredRun<'_>,
        key: &[u8],
        is_dirty: bool,
        expected: impl FnOnce() -> Vec<u8>,
        is_readable: impl FnOnce(&[u8]) -> bool,
        found: &mut Comparison,
    ) {
        if is_dirty {
            return;
        }
        found.blocks += 1;
        match run.get(key) {
            Some(bytes) if bytes == expected() => {}
            Some(bytes) if is_readable(bytes) => {
                self.report(key, "the directory block differs from what is in memory", found);
            }
            Some(_) => self.report(key, "the directory block cannot be read", found),
            None => self.report(key, "the directory block is missing", found),
        }
    }
}

/// The name of a page in the store.
pub(super) fn first_name<L: Leaf>(page: &Node<L>) -> Vec<u8> {
    L::separator_bytes(page.first())
}
