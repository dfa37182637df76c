//! Comparing what the store holds of a tree with a version of it, block by block.
//!
//! A clean cell or page of the newest version is in the store as it is; of a dirty one the store has an
//! older state, or nothing. So the caller keeps store writes out meanwhile.

use super::leaf::Leaf;
use super::node::{Children, Node};
use super::outline::outline_key;
use super::slot::Slot;
use super::tree::Tree;
use super::write::{encode_header, stored_page};
use crate::codec::{BlockKind, ColumnBounds, DirectoryPage, IndexBlock, Outline, block_key, tree_range};
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
                let is_same = |b: &[u8]| Some(self.is_page(page, &DirectoryPage::decode(&key, b)?));
                self.compare_block(run, &key, page.is_page_dirty(), is_same, found);
                known.insert(key);
            }
        }
        let counted = self.root().pages();
        let (key, header) = encode_header(id, counted);
        if run.covers(&key) {
            let is_dirty = self.home().needs_header(counted);
            let is_same = |b: &[u8]| IndexBlock::decode(&key, BlockKind::Header, b).map(|_| b == header);
            self.compare_block(run, &key, is_dirty, is_same, found);
            known.insert(key);
        }
        let key = outline_key(self.home());
        if self.home().has_outline() && run.covers(&key) {
            let is_same = |b: &[u8]| Some(self.is_outline(&Outline::open(&key, b)?));
            self.compare_block(run, &key, self.is_dirty(), is_same, found);
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
        let strays = |column| {
            !cell
                .stored_bounds()
                .get(column)
                .contain(leaf.column_bounds(column))
        };
        if let Some(column) = (0..L::bounded_columns(self.home())).find(|column| strays(*column)) {
            let message = format!("values of stored column {column} beyond the bounds in the directory");
            self.report(key, message, found);
        }
    }

    /// Whether a page in the store is that of a node, which is not dirty.
    fn is_page(&self, node: &Node<L>, page: &DirectoryPage) -> bool {
        let own = stored_page(self.home(), node);
        let is_same = |(i, cell): (usize, &Arc<Slot<L>>)| {
            // What the page says of a dirty cell may have been forgotten.
            cell.is_dirty() && cell.stored_bounds().columns().is_none()
                || (0..own.columns.max(page.columns)).all(|column| {
                    let of = |page: &DirectoryPage| page.bounds_of(i).get(column).copied();
                    let of = |page| of(page).unwrap_or(ColumnBounds::UNKNOWN);
                    of(&own) == of(page)
                })
        };
        own.separators == page.separators
            && own.rows == page.rows
            && node.cells().iter().enumerate().all(is_same)
    }

    /// Whether an outline in the store is that of this version, of which nothing is dirty.
    fn is_outline(&self, outline: &Outline) -> bool {
        let (mut pages, mut is_same) = (0, true);
        self.for_each_page(&mut |node| {
            let page = outline.page(pages);
            pages += 1;
            is_same &= match node.still_outlined() {
                Some(from) => from.page() == page,
                None => page.is_some_and(|page| self.is_page(node, &page)),
            };
        });
        is_same && pages == outline.len()
    }

    /// Compares a block of the directory; `is_same` is `None` for bytes that are no such block.
    fn compare_block(
        &self,
        run: &StoredRun<'_>,
        key: &[u8],
        is_dirty: bool,
        is_same: impl FnOnce(&[u8]) -> Option<bool>,
        found: &mut Comparison,
    ) {
        if is_dirty {
            return;
        }
        found.blocks += 1;
        let Some(bytes) = run.get(key) else {
            return self.report(key, "the directory block is missing", found);
        };
        match is_same(bytes) {
            Some(true) => {}
            Some(false) => self.report(key, "the directory block differs from what is in memory", found),
            None => self.report(key, "the directory block cannot be read", found),
        }
    }
}

/// The name of a page in the store.
pub(super) fn first_name<L: Leaf>(page: &Node<L>) -> Vec<u8> {
    L::separator_bytes(page.first())
}
