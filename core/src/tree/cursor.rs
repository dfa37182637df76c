//! Reading a range of a tree, leaf by leaf, in either direction.

use super::leaf::Leaf;
use super::leaf_filter::LeafFilter;
use super::leaves::Leaves;
use super::missing::{Missing, Pins};
use super::node::{Children, Node};
use super::outline::outline_key;
use super::range::positions_within;
use super::slot::{Slot, SlotRef, corrupted, identity};
use super::tree::Tree;
use crate::codec::KeyRanges;
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::{
    borrow::Borrow,
    fmt,
    ops::Bound,
    task::{Poll, ready},
};

/// Most leaves asked for at once.
const MAX_READ_AHEAD: usize = 32;
/// Blocks read ahead if the cache keeps none: a scan holds more than that of its own.
const UNCACHED_READ_AHEAD: usize = 8;

/// The entries `from..to` of a leaf, never none.
#[derive(Debug, Clone)]
pub struct Span<L> {
    /// The leaf.
    pub leaf: Arc<L>,
    /// The first entry of the range in the leaf.
    pub from: usize,
    /// The entry after the last.
    pub to: usize,
}

/// A position in a snapshot of a tree, moving through a range of keys.
///
/// In reverse, spans come last leaf first; within a span the reader walks backwards itself.
/// When a leaf is missing, the cursor asks for the next few missing ones as well, more each time, and
/// pins them until it has handed them out.
pub struct Cursor<L: Leaf> {
    tree: Tree<L>,
    from: Bound<L::Separator>,
    to: Bound<L::Separator>,
    reverse: bool,
    /// The way to the present cell: nodes and child positions. Empty before the start and at the end.
    stack: Vec<(Arc<Node<L>>, usize)>,
    is_started: bool,
    is_last: bool,
    read_ahead: usize,
    pins: Pins,
    filter: LeafFilter,
}

impl<L: Leaf> Cursor<L> {
    pub(super) fn new(
        tree: Tree<L>,
        from: Bound<L::Separator>,
        to: Bound<L::Separator>,
        reverse: bool,
    ) -> Cursor<L> {
        Cursor {
            tree,
            from,
            to,
            reverse,
            stack: Vec::new(),
            is_started: false,
            is_last: false,
            read_ahead: 4,
            pins: Pins::new(),
            filter: LeafFilter::default(),
        }
    }

    /// Passes over leaves of which the reader needs no entry: for each of these columns, only entries with values in the
    /// ranges.
    pub fn only(mut self, columns: Vec<(usize, KeyRanges)>) -> Cursor<L> {
        self.filter = LeafFilter::new(columns);
        self
    }

    /// The next part of the range; `None` at its end.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted).
    pub fn next(&mut self, missing: &mut Missing) -> Poll<Result<Option<Span<L>>>> {
        if !self.is_started {
            self.is_started = true;
            self.stack = self.start();
            self.is_last = !self.may_overlap();
        }
        let is_cached = self.tree.home().is_cached();
        if let Err(stopped) = missing.check_interrupt() {
            return Poll::Ready(Err(stopped));
        }
        loop {
            let within = |cell: &&Arc<Slot<L>>| !self.is_last && (self.reverse || !self.is_beyond(cell));
            let Some(cell) = top(&self.stack).filter(within) else {
                if self.stack.last().is_some_and(|(node, _)| !node.is_readable()) {
                    let home = self.tree.home();
                    return Poll::Ready(Err(corrupted(home, &outline_key(home))));
                }
                self.stack.clear();
                self.pins.clear();
                return Poll::Ready(Ok(None));
            };
            let mut span = None;
            if cell.rows() > 0 && self.filter.passes_over(cell) {
                missing.blocks_skipped += 1;
                // It may have been asked for before its bounds were known.
                self.pins.release(identity(cell));
            } else if cell.rows() > 0 {
                let Some(leaf) = cell.read() else {
                    self.ask(missing);
                    return Poll::Pending;
                };
                let waited_for = self.pins.release(identity(cell));
                if !is_cached {
                    missing.memory_reads += 1;
                } else {
                    cell.touch(None);
                    missing.cache_hits += u64::from(!waited_for);
                }
                let (from, to) = self.trim(&leaf);
                span = (from < to).then_some(Span { leaf, from, to });
            }
            self.is_last = self.ends_in(cell);
            step(&mut self.stack, self.reverse);
            if span.is_some() {
                return Poll::Ready(Ok(span));
            }
        }
    }

    /// Appends the next leaves until there are at least `wanted` entries, at least one; `false` at the end
    /// of the range. When it is pending, those before the missing leaf have been appended.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted).
    pub fn next_leaves(
        &mut self,
        wanted: usize,
        leaves: &mut Leaves<L>,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let is_whole = matches!((&self.from, &self.to), (Bound::Unbounded, Bound::Unbounded));
        while leaves.entries() < wanted {
            if is_whole
                && !self.reverse
                && let Some((node, i)) = self.stack.last_mut()
            {
                let end = leaves.push_cells(node, *i, wanted, &mut self.filter, missing);
                if end > *i {
                    *i = end - 1;
                    step(&mut self.stack, false);
                    continue;
                }
            }
            match ready!(self.next(missing))? {
                Some(span) => leaves.push(span),
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }

    /// The way to the leaf where the range starts.
    fn start(&self) -> Vec<(Arc<Node<L>>, usize)> {
        let bound = if self.reverse { &self.to } else { &self.from };
        let mut stack = Vec::new();
        let mut node = self.tree.root().clone();
        loop {
            let i = match (bound, self.reverse) {
                (Bound::Included(k) | Bound::Excluded(k), _) => node.child_for(k.borrow()),
                (Bound::Unbounded, false) => 0,
                (Bound::Unbounded, true) => node.len().saturating_sub(1),
            };
            let child = node.nodes().get(i).cloned();
            stack.push((node, i));
            match child {
                Some(child) => node = child,
                None => return stack,
            }
        }
    }

    /// False if the bounds leave no room for any key.
    fn may_overlap(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(f), Bound::Included(t)) => f <= t,
            (Bound::Included(f) | Bound::Excluded(f), Bound::Included(t) | Bound::Excluded(t)) => f < t,
            _ => true,
        }
    }

    /// Whether no key after this cell's, in the direction of the cursor, is in the range.
    fn ends_in(&self, cell: &Slot<L>) -> bool {
        if self.reverse {
            return match &self.from {
                Bound::Included(k) | Bound::Excluded(k) => cell.separator() <= k,
                Bound::Unbounded => false,
            };
        }
        false
    }

    /// Whether a cell ahead of a forward cursor begins beyond the range.
    fn is_beyond(&self, cell: &Slot<L>) -> bool {
        match &self.to {
            Bound::Included(k) => cell.separator() > k,
            Bound::Excluded(k) => cell.separator() >= k,
            Bound::Unbounded => false,
        }
    }

    /// The part of a leaf within the bounds.
    fn trim(&self, leaf: &L) -> (usize, usize) {
        positions_within(
            leaf,
            self.from.as_ref().map(Borrow::borrow),
            self.to.as_ref().map(Borrow::borrow),
        )
    }

    /// Asks for the present leaf and the next missing ones of the range.
    fn ask(&mut self, missing: &mut Missing) {
        let sizing = self.tree.home().sizing;
        let cache = self.tree.home().cache();
        let fits = match cache.max_bytes() {
            0 => UNCACHED_READ_AHEAD,
            bytes => (bytes / sizing.max_bytes / 2).clamp(1, MAX_READ_AHEAD),
        };
        let mut ahead = self.stack.clone();
        let mut asked = 0;
        while let Some(cell) = top(&ahead).cloned() {
            if asked > 0 && !self.reverse && self.is_beyond(&cell) {
                break;
            }
            // the present one is asked for even if another reader has filled it since
            let is_wanted = || cell.rows() > 0 && cell.leaf().is_none() && !self.filter.rules_out(&cell);
            if asked == 0 || is_wanted() {
                let is_cached = cell.home().is_cached();
                missing.cache_misses += u64::from(is_cached && !self.pins.contains(identity(&cell)));
                let block = Arc::new(SlotRef(cell.clone()));
                self.pins.push(block.clone());
                missing.push_new(block);
                asked += 1;
            }
            if asked >= self.read_ahead.min(fits) || self.ends_in(&cell) {
                break;
            }
            step(&mut ahead, self.reverse);
        }
        self.read_ahead = (self.read_ahead * 2).min(MAX_READ_AHEAD);
    }
}

/// The cell a way leads to.
fn top<L: Leaf>(stack: &[(Arc<Node<L>>, usize)]) -> Option<&Arc<Slot<L>>> {
    let (node, i) = stack.last()?;
    node.cells().get(*i)
}

/// Moves a way to the next cell, or the one before; empties it at the end.
fn step<L: Leaf>(stack: &mut Vec<(Arc<Node<L>>, usize)>, reverse: bool) {
    while let Some((node, i)) = stack.pop() {
        let next = if reverse { i.checked_sub(1) } else { Some(i + 1) };
        let Some(next) = next.filter(|n| *n < node.len()) else {
            continue;
        };
        let mut child = node.nodes().get(next).cloned();
        stack.push((node, next));
        while let Some(node) = child {
            let i = if reverse { node.len().saturating_sub(1) } else { 0 };
            child = match node.children() {
                Children::Nodes(nodes) => nodes.get(i).cloned(),
                Children::Cells(_) => None,
            };
            stack.push((node, i));
        }
        return;
    }
}

impl<L: Leaf> fmt::Debug for Cursor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("tree", &self.tree)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("reverse", &self.reverse)
            .finish_non_exhaustive()
    }
}
