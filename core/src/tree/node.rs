//! Interior nodes: always in memory, shared between the versions of a tree.
//!
//! Invariants: a node has one separator per child, ascending, and its first separator is that of its
//! first leaf, which stays its first leaf for life; no node is empty; `rows` is the sum over its leaves.
//! A bottom node (children are leaf cells) is one directory page, stored under its first separator.

use super::leaf::Leaf;
use super::slot::Slot;
use crate::sync::atomic::{AtomicBool, Ordering};
use alloc::{sync::Arc, vec::Vec};

/// The children of a node, one level below.
pub(super) enum Children<L: Leaf> {
    Nodes(Vec<Arc<Node<L>>>),
    Cells(Vec<Arc<Slot<L>>>),
}

/// An interior node. See the module.
pub(super) struct Node<L: Leaf> {
    separators: Vec<L::Separator>,
    children: Children<L>,
    rows: u64,
    /// Bottom nodes below it, itself included.
    pages: u64,
    /// Whether it, or anything below it, differs from the store.
    dirty: AtomicBool,
    /// Whether the directory page itself does; bottom nodes only.
    page_dirty: AtomicBool,
}

impl<L: Leaf> Clone for Node<L> {
    fn clone(&self) -> Node<L> {
        Node {
            separators: self.separators.clone(),
            children: match &self.children {
                Children::Nodes(n) => Children::Nodes(n.clone()),
                Children::Cells(c) => Children::Cells(c.clone()),
            },
            rows: self.rows,
            pages: self.pages,
            dirty: AtomicBool::new(self.is_dirty()),
            page_dirty: AtomicBool::new(self.is_page_dirty()),
        }
    }
}

impl<L: Leaf> Node<L> {
    /// A bottom node over cells in order. `dirty`: its page is not in the store.
    pub(super) fn of_cells(cells: Vec<Arc<Slot<L>>>, dirty: bool) -> Node<L> {
        Node {
            separators: cells.iter().map(|c| c.separator().clone()).collect(),
            rows: cells.iter().map(|c| c.rows() as u64).sum(),
            pages: 1,
            children: Children::Cells(cells),
            dirty: AtomicBool::new(dirty),
            page_dirty: AtomicBool::new(dirty),
        }
    }

    /// A node over nodes in order.
    pub(super) fn of_nodes(nodes: Vec<Arc<Node<L>>>) -> Node<L> {
        let first = |n: &Arc<Node<L>>| n.separators.first().cloned().unwrap_or_else(L::lowest);
        Node {
            separators: nodes.iter().map(first).collect(),
            rows: nodes.iter().map(|n| n.rows).sum(),
            pages: nodes.iter().map(|n| n.pages).sum(),
            dirty: AtomicBool::new(nodes.iter().any(|n| n.is_dirty())),
            children: Children::Nodes(nodes),
            page_dirty: AtomicBool::new(false),
        }
    }

    /// The root over the nodes of one level, in order; `None` if there are none.
    pub(super) fn root_over(mut level: Vec<Arc<Node<L>>>, fanout: usize) -> Option<Arc<Node<L>>> {
        while level.len() > 1 {
            let nodes = level.chunks(fanout);
            level = nodes.map(|n| Arc::new(Node::of_nodes(n.to_vec()))).collect();
        }
        level.pop()
    }

    pub(super) fn separators(&self) -> &[L::Separator] {
        &self.separators
    }

    pub(super) fn children(&self) -> &Children<L> {
        &self.children
    }

    /// Number of children.
    pub(super) fn len(&self) -> usize {
        self.separators.len()
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Number of directory pages.
    pub(super) fn pages(&self) -> u64 {
        self.pages
    }

    /// Counts the pages again after nodes below were split or joined.
    pub(super) fn count_pages(&mut self) {
        if let Children::Nodes(nodes) = &self.children {
            self.pages = nodes.iter().map(|n| n.pages).sum();
        }
    }

    /// The child that `key` belongs to.
    #[inline]
    pub(super) fn child_for(&self, key: &L::Key) -> usize {
        use core::borrow::Borrow;
        let after = self.separators.partition_point(|s| s.borrow() <= key);
        after.saturating_sub(1)
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty.load(Ordering::Acquire)
    }

    pub(super) fn is_page_dirty(&self) -> bool {
        self.page_dirty.load(Ordering::Acquire)
    }

    /// What is below, and the page, is in the store.
    pub(super) fn settle(&self) {
        self.dirty.store(false, Ordering::Release);
        self.page_dirty.store(false, Ordering::Release);
    }

    pub(super) fn mark_dirty(&mut self) {
        *self.dirty.get_mut() = true;
    }

    pub(super) fn mark_page_dirty(&mut self) {
        *self.dirty.get_mut() = true;
        *self.page_dirty.get_mut() = matches!(self.children, Children::Cells(_));
    }

    /// The cells of a bottom node; none of any other.
    pub(super) fn cells(&self) -> &[Arc<Slot<L>>] {
        match &self.children {
            Children::Cells(cells) => cells,
            Children::Nodes(_) => &[],
        }
    }

    /// The nodes below; none if this is a bottom node.
    pub(super) fn nodes(&self) -> &[Arc<Node<L>>] {
        match &self.children {
            Children::Nodes(nodes) => nodes,
            Children::Cells(_) => &[],
        }
    }

    pub(super) fn node_mut(&mut self, i: usize) -> Option<&mut Arc<Node<L>>> {
        match &mut self.children {
            Children::Nodes(nodes) => nodes.get_mut(i),
            Children::Cells(_) => None,
        }
    }

    /// Cell `i`, made ready to be changed; `None` if its leaf is not resident.
    pub(super) fn cell_mut(&mut self, i: usize) -> Option<&mut Slot<L>> {
        match &mut self.children {
            Children::Cells(cells) => Slot::make_mut(cells.get_mut(i)?),
            Children::Nodes(_) => None,
        }
    }

    /// Corrects the sum of rows after a child got or lost some.
    pub(super) fn change_rows(&mut self, old: u64, new: u64) {
        self.rows = self.rows.wrapping_sub(old).wrapping_add(new);
    }

    /// Inserts a cell before position `i`; the sum of rows is the caller's to correct.
    pub(super) fn insert_cell(&mut self, i: usize, cell: Arc<Slot<L>>) {
        if let Children::Cells(cells) = &mut self.children {
            let i = i.min(cells.len());
            self.separators.insert(i, cell.separator().clone());
            cells.insert(i, cell);
        }
    }

    /// Takes cell `i` out; the sum of rows is the caller's to correct.
    pub(super) fn remove_cell(&mut self, i: usize) {
        if let Children::Cells(cells) = &mut self.children
            && i < cells.len()
        {
            cells.remove(i);
            self.separators.remove(i);
        }
    }

    /// Inserts a node before position `i`; the sum of rows is the caller's to correct.
    pub(super) fn insert_node(&mut self, i: usize, node: Arc<Node<L>>) {
        if let Children::Nodes(nodes) = &mut self.children {
            let i = i.min(nodes.len());
            let separator = node.separators.first().cloned().unwrap_or_else(L::lowest);
            self.separators.insert(i, separator);
            nodes.insert(i, node);
        }
    }

    /// Takes node `i` out; the sum of rows is the caller's to correct.
    pub(super) fn remove_node(&mut self, i: usize) -> Option<Arc<Node<L>>> {
        match &mut self.children {
            Children::Nodes(nodes) if i < nodes.len() => {
                self.separators.remove(i);
                Some(nodes.remove(i))
            }
            _ => None,
        }
    }

    /// Cuts the node to its first `at` children and returns the others in nodes of at most `at` each.
    pub(super) fn split(&mut self, at: usize) -> Vec<Arc<Node<L>>> {
        let at = at.max(1);
        let mut pieces = Vec::new();
        while self.len() > at {
            let start = (self.len() - 1) / at * at;
            let separators = self.separators.split_off(start);
            let (children, rows) = match &mut self.children {
                Children::Nodes(nodes) => {
                    let nodes = nodes.split_off(start);
                    let rows = nodes.iter().map(|n| n.rows).sum();
                    (Children::Nodes(nodes), rows)
                }
                Children::Cells(cells) => {
                    let cells = cells.split_off(start);
                    let rows = cells.iter().map(|c| c.rows() as u64).sum::<u64>();
                    (Children::Cells(cells), rows)
                }
            };
            self.rows = self.rows.wrapping_sub(rows);
            let mut piece = Node {
                separators,
                children,
                rows,
                pages: 1,
                dirty: AtomicBool::new(true),
                page_dirty: AtomicBool::new(false),
            };
            piece.count_pages();
            piece.mark_page_dirty();
            pieces.push(Arc::new(piece));
        }
        // it may stay as it is for good, and there are many
        self.separators.shrink_to_fit();
        match &mut self.children {
            Children::Nodes(nodes) => nodes.shrink_to_fit(),
            Children::Cells(cells) => cells.shrink_to_fit(),
        }
        self.count_pages();
        self.mark_page_dirty();
        pieces.reverse();
        pieces
    }

    /// Appends the children of the next node of the same level.
    pub(super) fn append(&mut self, right: &Node<L>) {
        match (&mut self.children, &right.children) {
            (Children::Nodes(own), Children::Nodes(nodes)) => own.extend_from_slice(nodes),
            (Children::Cells(own), Children::Cells(cells)) => own.extend_from_slice(cells),
            _ => return,
        }
        self.separators.extend_from_slice(&right.separators);
        self.rows = self.rows.wrapping_add(right.rows);
        self.count_pages();
        self.mark_page_dirty();
    }
}
