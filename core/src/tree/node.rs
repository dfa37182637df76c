//! Interior nodes: always in memory, shared between the versions of a tree.
//!
//! Invariants: a node has one separator per child, ascending, and its first separator is that of its
//! first leaf, which stays its first leaf for life; no node is empty; `rows` is the sum over its leaves.
//! A bottom node (children are leaf cells) is one directory page, stored under its first separator. Of a tree
//! that was opened by its [outline](super::outline) it gets its cells when they are first asked for.

use super::leaf::Leaf;
use super::outline::Outlined;
use super::slot::Slot;
use crate::sync::Once;
use crate::sync::atomic::{AtomicBool, Ordering};
use alloc::{sync::Arc, vec::Vec};

/// The children of a node, one level below.
pub(super) enum Children<L: Leaf> {
    Nodes(Vec<Arc<Node<L>>>),
    Cells(Vec<Arc<Slot<L>>>),
}

/// What is below a node.
pub(super) struct Body<L: Leaf> {
    separators: Vec<L::Separator>,
    children: Children<L>,
}

impl<L: Leaf> Body<L> {
    pub(super) fn of_cells(cells: Vec<Arc<Slot<L>>>) -> Body<L> {
        Body {
            separators: cells.iter().map(|c| c.separator().clone()).collect(),
            children: Children::Cells(cells),
        }
    }
}

impl<L: Leaf> Clone for Body<L> {
    fn clone(&self) -> Body<L> {
        Body {
            separators: self.separators.clone(),
            children: match &self.children {
                Children::Nodes(n) => Children::Nodes(n.clone()),
                Children::Cells(c) => Children::Cells(c.clone()),
            },
        }
    }
}

/// An interior node. See the module.
pub(super) struct Node<L: Leaf> {
    /// The first separator.
    first: L::Separator,
    body: Once<Body<L>>,
    /// Where the body comes from, if it is not there yet.
    outlined: Option<Outlined>,
    rows: u64,
    /// Bottom nodes below it, itself included.
    pages: u64,
    /// Whether it, or anything below it, differs from the store.
    dirty: AtomicBool,
    /// Whether the directory page itself does; bottom nodes only.
    page_dirty: AtomicBool,
}

impl<L: Leaf> Clone for Node<L> {
    /// To be changed, so its body is there then.
    fn clone(&self) -> Node<L> {
        Node {
            first: self.first.clone(),
            body: Once::initialized(self.body().clone()),
            outlined: None,
            rows: self.rows,
            pages: self.pages,
            dirty: AtomicBool::new(self.is_dirty()),
            page_dirty: AtomicBool::new(self.is_page_dirty()),
        }
    }
}

impl<L: Leaf> Node<L> {
    fn new(body: Body<L>, rows: u64, pages: u64) -> Node<L> {
        Node {
            first: body.separators.first().cloned().unwrap_or_else(L::lowest),
            body: Once::initialized(body),
            outlined: None,
            rows,
            pages,
            dirty: AtomicBool::new(false),
            page_dirty: AtomicBool::new(false),
        }
    }

    /// A bottom node over cells in order. `dirty`: its page is not in the store.
    pub(super) fn of_cells(cells: Vec<Arc<Slot<L>>>, dirty: bool) -> Node<L> {
        let rows = cells.iter().map(|c| c.rows() as u64).sum();
        Node {
            dirty: AtomicBool::new(dirty),
            page_dirty: AtomicBool::new(dirty),
            ..Node::new(Body::of_cells(cells), rows, 1)
        }
    }

    /// A bottom node that is in the store, and whose cells are made when they are asked for.
    pub(super) fn outlined(first: L::Separator, rows: u64, outlined: Outlined) -> Node<L> {
        Node {
            first,
            body: Once::new(),
            outlined: Some(outlined),
            rows,
            pages: 1,
            dirty: AtomicBool::new(false),
            page_dirty: AtomicBool::new(false),
        }
    }

    /// A node over nodes in order.
    pub(super) fn of_nodes(nodes: Vec<Arc<Node<L>>>) -> Node<L> {
        let (rows, pages) = (
            nodes.iter().map(|n| n.rows).sum(),
            nodes.iter().map(|n| n.pages).sum(),
        );
        let dirty = nodes.iter().any(|n| n.is_dirty());
        let body = Body {
            separators: nodes.iter().map(|n| n.first.clone()).collect(),
            children: Children::Nodes(nodes),
        };
        Node {
            dirty: AtomicBool::new(dirty),
            ..Node::new(body, rows, pages)
        }
    }

    #[inline]
    fn body(&self) -> &Body<L> {
        match self.body.get() {
            Some(body) => body,
            None => self.unfold(),
        }
    }

    /// Makes the cells.
    #[cold]
    fn unfold(&self) -> &Body<L> {
        // Whoever goes down there finds the tree corrupted: see `is_readable`.
        let cells = || self.outlined.as_ref().and_then(|o| o.cells()).unwrap_or_default();
        self.body.call_once(|| Body::of_cells(cells()))
    }

    fn body_mut(&mut self) -> Option<&mut Body<L>> {
        self.body();
        self.body.get_mut()
    }

    /// Whether its children are known: not of an outline that is not what it should be. Whoever walks over all
    /// nodes has to look, because such a node seems to have no rows.
    pub(super) fn is_readable(&self) -> bool {
        self.len() > 0
    }

    /// The first separator.
    pub(super) fn first(&self) -> &L::Separator {
        &self.first
    }

    /// Where its cells come from, as long as they have not been made.
    pub(super) fn still_outlined(&self) -> Option<&Outlined> {
        self.outlined.as_ref().filter(|_| self.body.get().is_none())
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
        &self.body().separators
    }

    #[inline]
    pub(super) fn children(&self) -> &Children<L> {
        &self.body().children
    }

    /// Number of children.
    pub(super) fn len(&self) -> usize {
        self.separators().len()
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
        if let Children::Nodes(nodes) = self.children() {
            self.pages = nodes.iter().map(|n| n.pages).sum();
        }
    }

    /// The child that `key` belongs to.
    #[inline]
    pub(super) fn child_for(&self, key: &L::Key) -> usize {
        use core::borrow::Borrow;
        let after = self.separators().partition_point(|s| s.borrow() <= key);
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

    /// The page is to be written, although neither its leaves nor their rows changed in number.
    pub(super) fn need_page(&self) {
        self.page_dirty.store(true, Ordering::Release);
    }

    pub(super) fn mark_dirty(&mut self) {
        *self.dirty.get_mut() = true;
    }

    pub(super) fn mark_page_dirty(&mut self) {
        *self.dirty.get_mut() = true;
        *self.page_dirty.get_mut() = matches!(self.children(), Children::Cells(_));
    }

    /// The cells of a bottom node; none of any other.
    pub(super) fn cells(&self) -> &[Arc<Slot<L>>] {
        match self.children() {
            Children::Cells(cells) => cells,
            Children::Nodes(_) => &[],
        }
    }

    /// The nodes below; none if this is a bottom node.
    pub(super) fn nodes(&self) -> &[Arc<Node<L>>] {
        match self.children() {
            Children::Nodes(nodes) => nodes,
            Children::Cells(_) => &[],
        }
    }

    pub(super) fn node_mut(&mut self, i: usize) -> Option<&mut Arc<Node<L>>> {
        match &mut self.body_mut()?.children {
            Children::Nodes(nodes) => nodes.get_mut(i),
            Children::Cells(_) => None,
        }
    }

    /// Cell `i`, made ready to be changed; `None` if its leaf is not resident.
    pub(super) fn cell_mut(&mut self, i: usize) -> Option<&mut Slot<L>> {
        match &mut self.body_mut()?.children {
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
        if let Some(body) = self.body_mut()
            && let Children::Cells(cells) = &mut body.children
        {
            let i = i.min(cells.len());
            body.separators.insert(i, cell.separator().clone());
            cells.insert(i, cell);
        }
    }

    /// Takes cell `i` out; the sum of rows is the caller's to correct.
    pub(super) fn remove_cell(&mut self, i: usize) {
        if let Some(body) = self.body_mut()
            && let Children::Cells(cells) = &mut body.children
            && i < cells.len()
        {
            cells.remove(i);
            body.separators.remove(i);
        }
    }

    /// Inserts a node before position `i`; the sum of rows is the caller's to correct.
    pub(super) fn insert_node(&mut self, i: usize, node: Arc<Node<L>>) {
        if let Some(body) = self.body_mut()
            && let Children::Nodes(nodes) = &mut body.children
        {
            let i = i.min(nodes.len());
            body.separators.insert(i, node.first.clone());
            nodes.insert(i, node);
        }
    }

    /// Takes node `i` out; the sum of rows is the caller's to correct.
    pub(super) fn remove_node(&mut self, i: usize) -> Option<Arc<Node<L>>> {
        let body = self.body_mut()?;
        match &mut body.children {
            Children::Nodes(nodes) if i < nodes.len() => {
                body.separators.remove(i);
                Some(nodes.remove(i))
            }
            _ => None,
        }
    }

    /// Cuts the node to its first `at` children and returns the others in nodes of at most `at` each.
    pub(super) fn split(&mut self, at: usize) -> Vec<Arc<Node<L>>> {
        let at = at.max(1);
        let mut pieces = Vec::new();
        let mut moved = 0;
        if let Some(body) = self.body_mut() {
            while body.separators.len() > at {
                let start = (body.separators.len() - 1) / at * at;
                let separators = body.separators.split_off(start);
                let (children, rows) = match &mut body.children {
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
                moved += rows;
                let mut piece = Node::new(Body { separators, children }, rows, 1);
                piece.count_pages();
                piece.mark_page_dirty();
                pieces.push(Arc::new(piece));
            }
            // it may stay as it is for good, and there are many
            body.separators.shrink_to_fit();
            match &mut body.children {
                Children::Nodes(nodes) => nodes.shrink_to_fit(),
                Children::Cells(cells) => cells.shrink_to_fit(),
            }
        }
        self.rows = self.rows.wrapping_sub(moved);
        self.count_pages();
        self.mark_page_dirty();
        pieces.reverse();
        pieces
    }

    /// Appends the children of the next node of the same level.
    pub(super) fn append(&mut self, right: &Node<L>) {
        let Some(body) = self.body_mut() else { return };
        match (&mut body.children, right.children()) {
            (Children::Nodes(own), Children::Nodes(nodes)) => own.extend_from_slice(nodes),
            (Children::Cells(own), Children::Cells(cells)) => own.extend_from_slice(cells),
            _ => return,
        }
        body.separators.extend_from_slice(right.separators());
        self.rows = self.rows.wrapping_add(right.rows);
        self.count_pages();
        self.mark_page_dirty();
    }
}
