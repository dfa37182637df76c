//! The tree itself: one version, what it holds, how a leaf is found.

use super::edit::Removal;
use super::home::TreeHome;
use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::{Children, Node};
use super::path::Path;
use super::slot::{Slot, SlotRef, corrupted, identity};
use crate::types::Result;
use alloc::{sync::Arc, vec, vec::Vec};
use core::{fmt, task::Poll};

/// One version of a copy-on-write B+tree; see the [module](super). Cloning it takes a snapshot.
pub struct Tree<L: Leaf> {
    home: Arc<TreeHome>,
    root: Arc<Node<L>>,
    /// Keys to delete from the store, by number; those flushed already are skipped.
    removals: Option<Arc<Vec<Arc<Removal<L>>>>>,
}

impl<L: Leaf> Clone for Tree<L> {
    fn clone(&self) -> Tree<L> {
        Tree {
            home: self.home.clone(),
            root: self.root.clone(),
            removals: self.removals.clone(),
        }
    }
}

impl<L: Leaf> Tree<L> {
    /// A tree of one new leaf.
    pub(super) fn with_leaf(home: Arc<TreeHome>, leaf: L) -> Tree<L> {
        let slot = Slot::new(&home, L::lowest(), Arc::new(leaf));
        let root = Arc::new(Node::of_cells(vec![Arc::new(slot)], home.stored));
        Tree::with_root(home, root)
    }

    pub(super) fn with_root(home: Arc<TreeHome>, root: Arc<Node<L>>) -> Tree<L> {
        Tree {
            home,
            root,
            removals: None,
        }
    }

    /// Where the blocks of all versions of this tree may be.
    pub fn home(&self) -> &Arc<TreeHome> {
        &self.home
    }

    /// Number of rows or entries.
    pub fn len(&self) -> u64 {
        self.root.rows()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are the same version: nothing was changed in between.
    pub fn ptr_eq(&self, other: &Tree<L>) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    /// Number of leaves; visits the directory pages.
    pub fn leaf_count(&self) -> usize {
        let mut leaves = 0;
        self.for_each_page(&mut |page| leaves += page.len());
        leaves
    }

    /// Bytes of memory of the leaves that are resident; visits every leaf cell.
    pub fn resident_bytes(&self) -> usize {
        let mut bytes = 0;
        self.for_each_cell(&mut |cell| bytes += cell.memory());
        bytes
    }

    /// Whether a store write has anything to write for this version.
    pub fn is_dirty(&self) -> bool {
        self.home.stored && (self.root.is_dirty() || self.unflushed().next().is_some())
    }

    /// About how many bytes of leaves a store write would write. Counted over all versions of the tree
    /// that are alive, so that it costs nothing.
    pub fn dirty_bytes(&self) -> usize {
        self.home.dirty_bytes()
    }

    pub(super) fn root(&self) -> &Arc<Node<L>> {
        &self.root
    }

    /// The root, to be changed, and the home.
    pub(super) fn root_mut(&mut self) -> (&mut Arc<Node<L>>, &Arc<TreeHome>) {
        (&mut self.root, &self.home)
    }

    /// The removals that are not in the store yet.
    pub(super) fn unflushed(&self) -> impl Iterator<Item = &Arc<Removal<L>>> {
        let flushed = self.home.flushed_removals();
        let all = self.removals.as_deref().map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |r| r.number > flushed)
    }

    /// Adds removals and forgets those the store has seen.
    pub(super) fn record(&mut self, new: Vec<Removal<L>>) {
        let flushed = self.home.flushed_removals();
        if let Some(all) = &mut self.removals
            && all.first().is_some_and(|r| r.number <= flushed)
        {
            Arc::make_mut(all).retain(|r| r.number > flushed);
        }
        if !new.is_empty() {
            let all = self.removals.get_or_insert_default();
            Arc::make_mut(all).extend(new.into_iter().map(Arc::new));
        }
    }

    /// Calls `each` with every bottom node in order.
    pub(super) fn for_each_page<'t>(&'t self, each: &mut impl FnMut(&'t Arc<Node<L>>)) {
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            match node.children() {
                Children::Nodes(nodes) => stack.extend(nodes.iter().rev()),
                Children::Cells(_) => each(node),
            }
        }
    }

    /// Calls `each` with every leaf cell in order.
    pub(super) fn for_each_cell(&self, each: &mut impl FnMut(&Arc<Slot<L>>)) {
        self.for_each_page(&mut |page| page.cells().iter().for_each(&mut *each));
    }

    /// The way down that takes the child `choose` picks, and the cell it ends at.
    fn walk(&self, choose: impl Fn(&Node<L>) -> usize) -> Option<(Path, &Arc<Slot<L>>)> {
        let mut path = Path::new(Arc::strong_count(&self.root) == 1);
        let mut node = &*self.root;
        loop {
            let (i, len) = (choose(node), node.len());
            match node.children() {
                Children::Nodes(nodes) => {
                    let child = nodes.get(i)?;
                    path.push(i, len, Arc::strong_count(child));
                    node = child;
                }
                Children::Cells(cells) => {
                    let cell = cells.get(i)?;
                    path.push(i, len, Arc::strong_count(cell));
                    return Some((path, cell));
                }
            }
        }
    }

    /// The cell that `key` belongs to, to read.
    #[inline]
    pub(super) fn cell_of(&self, key: &L::Key) -> Result<&Arc<Slot<L>>> {
        let mut node = &*self.root;
        loop {
            let i = node.child_for(key);
            match node.children() {
                Children::Nodes(nodes) => match nodes.get(i) {
                    Some(child) => node = child,
                    None => break,
                },
                Children::Cells(cells) => match cells.get(i) {
                    Some(cell) => return Ok(cell),
                    None => break,
                },
            }
        }
        Err(corrupted(&self.home, &[])) // a node always has a child
    }

    /// The cell that `key` belongs to, and the way to it.
    #[inline]
    pub(super) fn locate(&self, key: &L::Key) -> Result<(Path, &Arc<Slot<L>>)> {
        // a node always has a child
        self.walk(|node| node.child_for(key))
            .ok_or_else(|| corrupted(&self.home, &[]))
    }

    /// The last cell.
    pub(super) fn locate_last(&self) -> Result<(Path, &Arc<Slot<L>>)> {
        self.walk(|node| node.len().saturating_sub(1))
            .ok_or_else(|| corrupted(&self.home, &[]))
    }

    /// The last cell whose leaf has rows, in a tree that has rows.
    pub(super) fn locate_last_row(&self) -> Result<(Path, &Arc<Slot<L>>)> {
        let has_rows = |node: &Node<L>, i: usize| match node.children() {
            Children::Nodes(nodes) => nodes.get(i).is_some_and(|n| n.rows() > 0),
            Children::Cells(cells) => cells.get(i).is_some_and(|c| c.rows() > 0),
        };
        let choose = |node: &Node<L>| {
            let found = (0..node.len()).rfind(|i| has_rows(node, *i));
            found.unwrap_or(0)
        };
        self.walk(choose).ok_or_else(|| corrupted(&self.home, &[]))
    }

    /// The leaf of a cell, to read.
    #[inline]
    pub(super) fn visit(cell: &Arc<Slot<L>>, pins: &mut Pins, missing: &mut Missing) -> Poll<Arc<L>> {
        Tree::visit_at(cell, None, pins, missing)
    }

    /// As [`Tree::visit`]; for the cache the leaf is used at that moment, if one is given, and now otherwise.
    #[inline]
    pub(super) fn visit_at(
        cell: &Arc<Slot<L>>,
        used: Option<u64>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Arc<L>> {
        let Some(leaf) = cell.read() else {
            return Tree::miss(cell, pins, missing);
        };
        Tree::count_visit(cell, used, pins, missing);
        Poll::Ready(leaf)
    }

    /// The leaf of a cell, which is resident until the pins go: so a change that follows finds it.
    pub(super) fn visit_pinned(
        path: &Path,
        cell: &Arc<Slot<L>>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Arc<L>> {
        // A dirty cell that nobody else can see cannot be written and thus not be evicted; holding it
        // would only keep it from being changed in place.
        let is_safe = !cell.home().is_cached() || (path.is_exclusive && cell.is_dirty());
        if is_safe {
            return Tree::visit(cell, pins, missing);
        }
        let Some(leaf) = cell.read_pinned() else {
            return Tree::miss(cell, pins, missing);
        };
        Tree::count_visit(cell, None, pins, missing);
        pins.push_pinned(Arc::new(SlotRef(cell.clone())));
        Poll::Ready(leaf)
    }

    #[inline]
    pub(super) fn count_visit(cell: &Arc<Slot<L>>, used: Option<u64>, pins: &Pins, missing: &mut Missing) {
        if !cell.home().is_cached() {
            missing.memory_reads += 1;
            return;
        }
        cell.touch(used);
        // a block this reader waited for was counted as a miss
        if !pins.contains(identity(cell)) {
            missing.cache_hits += 1;
        }
    }

    /// Asks for the leaf of a cell.
    pub(super) fn miss(cell: &Arc<Slot<L>>, pins: &mut Pins, missing: &mut Missing) -> Poll<Arc<L>> {
        let block = Arc::new(SlotRef(cell.clone()));
        if cell.home().is_cached() {
            missing.cache_misses += 1;
        }
        pins.push(block.clone());
        missing.push(block);
        Poll::Pending
    }
}

impl<L: Leaf> fmt::Debug for Tree<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("home", &self.home)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
