//! Changing a tree: down one path, copying what snapshots share, and back up, splitting nodes that
//! grew too big and joining nodes that shrank.
//!
//! What disappears under a store key (a leaf or page that was removed or joined to another) is recorded
//! as a [`Removal`], to be deleted by the next store write.
//!
//! The first leaf of a page is never removed, so a page keeps its name for life; and a leaf is only
//! removed when the one before it, which its keys belong to from then on, is resident: whoever removes
//! a key may insert it again without waiting.

use super::home::TreeHome;
use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::{Children, Node};
use super::overwritten::Overwritten;
use super::path::Path;
use super::slot::{Slot, SlotRef};
use super::tree::Tree;
use crate::sync::Mutex;
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A store key that no longer is a leaf's or page's.
pub(super) struct Removal<L: Leaf> {
    /// Its place among all removals of the home; what is flushed is a prefix.
    pub(super) number: u64,
    /// 0: a leaf, 1: a directory page.
    pub(super) level: u8,
    pub(super) separator: L::Separator,
    /// The cells whose bytes the deletion takes.
    pub(super) overwrites: Mutex<Overwritten<L>>,
}

/// One change in progress.
pub(super) struct Edit<'h, L: Leaf> {
    home: &'h Arc<TreeHome>,
    /// Whether it adds at the end of the tree: then nodes split at their end and stay full.
    pub(super) ascending: bool,
    removals: Vec<Removal<L>>,
}

impl<L: Leaf> Tree<L> {
    /// Changes one entry of the leaf that `key` belongs to: `find` says where in it, `None` that there is
    /// nothing to change, and `change` inserts, replaces or removes the entry there, and says whether the leaf may be
    /// bigger for it. The leaf is split or joined if need be. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted).
    pub(super) fn change_leaf(
        &mut self,
        key: &L::Key,
        find: impl Fn(&L) -> Option<usize>,
        change: impl FnOnce(&mut Arc<L>, usize) -> bool,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let (path, cell) = self.locate(key)?;
        let mut at = None;
        if path.owns(cell) {
            Tree::count_visit(cell, None, pins, missing);
        } else if let Some(leaf) = cell.kept() {
            Tree::count_visit(cell, None, pins, missing);
            at = find(leaf);
            if at.is_none() {
                return Poll::Ready(Ok(false));
            }
        } else {
            // What others share is copied for a change only.
            let leaf = ready!(Tree::visit_pinned(&path, cell, pins, missing));
            at = find(&leaf);
            if at.is_none() {
                return Poll::Ready(Ok(false));
            }
        }
        let mut is_there = true;
        let done = self.edit(&path, |edit, node, i| {
            let Some(slot) = node.cell_mut(i) else {
                return false;
            };
            let len = slot.rows();
            let Some(leaf) = slot.peek() else { return false };
            let Some(at) = at.or_else(|| find(leaf)) else {
                is_there = false;
                return false;
            };
            let sizing = edit.home.sizing;
            let fits = slot.change(|leaf| !change(leaf, at) || sizing.holds(&**leaf));
            let now = slot.rows();
            node.change_rows(len as u64, now as u64);
            edit.ascending = path.is_last && now > len && at == len;
            if fits == Some(false) {
                edit.split_cell(node, i);
            } else if now < len {
                edit.shrink_cell(node, i, pins);
            }
            true
        });
        if done || !is_there {
            return Poll::Ready(Ok(done));
        }
        // It left memory since it was looked at.
        let (_, cell) = self.locate(key)?;
        Tree::miss(cell, pins, missing).map(|_| Ok(false))
    }

    /// Changes the bottom node and the cell that `path` leads to by `change`, which says whether it did
    /// anything; then puts the nodes above right. False: nothing changed.
    pub(super) fn edit(
        &mut self,
        path: &Path,
        change: impl FnOnce(&mut Edit<'_, L>, &mut Node<L>, usize) -> bool,
    ) -> bool {
        let (root, home) = self.root_mut();
        let mut edit = Edit {
            home,
            ascending: false,
            removals: Vec::new(),
        };
        if !edit.descend(root, path.steps(), change) {
            return false;
        }
        let fanout = edit.home.sizing.fanout;
        while root.len() > fanout {
            let node = Arc::make_mut(root);
            let right = node.split(edit.split_point(node.len()));
            let mut level = Vec::with_capacity(1 + right.len());
            level.push(root.clone());
            level.extend(right);
            *root = Arc::new(Node::of_nodes(level));
        }
        while let [only] = root.nodes() {
            let only = only.clone();
            *root = only;
        }
        let removals = edit.removals;
        self.record(removals);
        true
    }
}

impl<'h, L: Leaf> Edit<'h, L> {
    pub(super) fn home(&self) -> &'h Arc<TreeHome> {
        self.home
    }

    fn descend(
        &mut self,
        node: &mut Arc<Node<L>>,
        steps: &[u16],
        change: impl FnOnce(&mut Edit<'h, L>, &mut Node<L>, usize) -> bool,
    ) -> bool {
        // one frame per level of the tree; a step per level
        let Some((step, below)) = steps.split_first() else {
            return false;
        };
        let i = usize::from(*step);
        let node = Arc::make_mut(node);
        let (rows, len) = (node.rows(), node.len());
        if let Children::Cells(_) = node.children() {
            if !change(self, node, i) {
                return false;
            }
            if node.rows() != rows || node.len() != len {
                node.mark_page_dirty();
            }
        } else {
            let Some(child) = node.node_mut(i) else {
                return false;
            };
            let (old, old_pages) = (child.rows(), child.pages());
            if !self.descend(child, below, change) {
                return false;
            }
            let (new, new_pages) = (child.rows(), child.pages());
            node.change_rows(old, new);
            self.fit_child(node, i);
            if new_pages != old_pages || node.len() != len {
                node.count_pages();
            }
        }
        node.mark_dirty();
        true
    }

    /// Where a node of `len` children, too many, is cut.
    fn split_point(&self, len: usize) -> usize {
        let fanout = self.home.sizing.fanout;
        if self.ascending {
            fanout
        } else {
            len.div_ceil(len.div_ceil(fanout).max(2))
        }
    }

    /// After child `i` changed: splits it if it is too big, joins it to a neighbour if it is nearly empty.
    fn fit_child(&mut self, node: &mut Node<L>, i: usize) {
        let fanout = self.home.sizing.fanout;
        let Some(len) = node.nodes().get(i).map(|n| n.len()) else {
            return;
        };
        if len > fanout {
            let at = self.split_point(len);
            let Some(child) = node.node_mut(i) else { return };
            let pieces = Arc::make_mut(child).split(at);
            for (k, piece) in pieces.into_iter().enumerate() {
                node.insert_node(i + 1 + k, piece);
            }
        } else if len <= fanout / 4 && !self.join_nodes(node, i, i + 1) && i > 0 {
            self.join_nodes(node, i - 1, i);
        }
    }

    /// Moves the children of node `right` into its left neighbour if together they half fill a node.
    fn join_nodes(&mut self, node: &mut Node<L>, left: usize, right: usize) -> bool {
        let (Some(a), Some(b)) = (node.nodes().get(left), node.nodes().get(right)) else {
            return false;
        };
        let is_small = a.len() + b.len() <= self.home.sizing.fanout / 2;
        if !is_small || !a.is_readable() || !b.is_readable() {
            return false;
        }
        let Some(gone) = node.remove_node(right) else {
            return false;
        };
        if let (Children::Cells(_), Some(name)) = (gone.children(), gone.separators().first()) {
            self.remove_key(1, name.clone(), Overwritten::none());
        }
        if let Some(left) = node.node_mut(left) {
            Arc::make_mut(left).append(&gone);
        }
        true
    }

    fn remove_key(&mut self, level: u8, separator: L::Separator, overwrites: Overwritten<L>) {
        if self.home.stored {
            self.removals.push(Removal {
                number: self.home.next_removal(),
                level,
                separator,
                overwrites: Mutex::new(overwrites),
            });
        }
    }

    /// Splits cell `i`, which has just grown, until every piece fits its sizing or is one entry.
    fn split_cell(&mut self, node: &mut Node<L>, i: usize) {
        let sizing = self.home.sizing;
        let (mut at, mut end) = (i, i);
        while at <= end {
            // these cells have just been changed or made, so they are this tree's own
            let Some(slot) = node.cell_mut(at) else { return };
            if slot.peek().is_none_or(|leaf| sizing.holds(leaf)) {
                at += 1;
                continue;
            }
            let ascending = self.ascending;
            let halves = slot.change(|leaf| {
                let leaf = Arc::make_mut(leaf);
                // The right leaf of an ascending split is going to be filled as this one was.
                let (at, room) = match ascending {
                    true => (leaf.len() - 1, leaf.len()),
                    false => (middle(leaf), 0),
                };
                let separator = leaf.separator_before(at);
                (separator, leaf.split_off(at, room))
            });
            let Some((separator, right)) = halves else {
                return;
            };
            let right = Slot::new(self.home, separator, Arc::new(right));
            node.insert_cell(at + 1, Arc::new(right));
            end += 1;
        }
    }

    /// After cell `i` lost an entry: an empty leaf goes, a nearly empty one joins a neighbour; either
    /// only as far as the neighbours are resident.
    fn shrink_cell(&mut self, node: &mut Node<L>, i: usize, pins: &mut Pins) {
        let rows = |node: &Node<L>, i: usize| node.cells().get(i).map_or(0, |c| c.rows());
        let sizing = self.home.sizing;
        let (left, step) = (rows(node, i), (sizing.max_rows / 32).max(1));
        // Looking at its weight costs more than many removals do: it is done for some of the rows that go.
        if left > sizing.max_rows / 4 || (left > step && left % step != 0) {
            return;
        }
        let is_full = |l: &L| l.weight_of(l.len()) > sizing.max_bytes / 4;
        if node.cell_mut(i).and_then(Slot::peek).is_some_and(is_full) {
            return;
        }
        let mut last = i;
        while last > 0 && rows(node, last) == 0 && keep_resident(node, last - 1, pins) {
            self.remove_cell(node, last);
            last -= 1;
        }
        if last == i && !self.join_cells(node, i, i + 1) && i > 0 {
            self.join_cells(node, i - 1, i);
        }
    }

    /// Takes cell `i` out of the tree.
    fn remove_cell(&mut self, node: &mut Node<L>, i: usize) {
        if let Some(cell) = node.cells().get(i)
            && let Some((_, overwrites)) = Slot::retire(cell)
        {
            self.remove_key(0, cell.separator().clone(), overwrites);
            node.remove_cell(i);
        }
    }

    /// Moves the entries of cell `right` into its left neighbour if both are resident and together half
    /// fill a leaf.
    fn join_cells(&mut self, node: &mut Node<L>, left: usize, right: usize) -> bool {
        let sizing = self.home.sizing;
        let (Some(a), Some(b)) = (node.cells().get(left), node.cells().get(right)) else {
            return false;
        };
        if a.rows() + b.rows() > sizing.max_rows / 2 {
            return false;
        }
        let Some(weight) = a.leaf().map(|l| l.weight_of(l.len())) else {
            return false;
        };
        // pinned from here on; given up, it is unpinned again
        let Some((moved, overwrites)) = Slot::retire(b) else {
            return false;
        };
        let separator = b.separator().clone();
        if weight + moved.weight_of(moved.len()) > sizing.max_bytes / 2 {
            return false;
        }
        let Some(slot) = node.cell_mut(left) else {
            return false;
        };
        slot.change(|leaf| Arc::make_mut(leaf).append(&moved));
        self.remove_key(0, separator, overwrites);
        node.remove_cell(right);
        true
    }
}

/// Keeps the leaf of cell `i` resident while `pins` hold; false if it is not.
fn keep_resident<L: Leaf>(node: &Node<L>, i: usize, pins: &mut Pins) -> bool {
    let Some(cell) = node.cells().get(i) else {
        return false;
    };
    if !cell.home().is_cached() || (cell.is_dirty() && Arc::strong_count(cell) == 1) {
        return cell.leaf().is_some();
    }
    let is_resident = cell.leaf_pinned().is_some();
    if is_resident {
        pins.push_pinned(Arc::new(SlotRef(cell.clone())));
    }
    is_resident
}

/// Where a leaf is cut into halves of about equal weight, each of at least one entry.
fn middle<L: Leaf>(leaf: &L) -> usize {
    let half = leaf.weight_of(leaf.len()) / 2;
    let (mut low, mut high) = (1, leaf.len().saturating_sub(1).max(1));
    while low < high {
        let at = (low + high) / 2;
        if leaf.weight_of(at) < half {
            low = at + 1;
        } else {
            high = at;
        }
    }
    low
}
