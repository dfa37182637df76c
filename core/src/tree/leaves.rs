//! A run of leaves as a scan holds it.
//!
//! Leaves that never leave memory are held by their nodes: counting a reference per leaf would cost more
//! than many a scan does with it, and would keep the processor from fetching the next leaves meanwhile.

use super::cursor::Span;
use super::leaf::Leaf;
use super::leaf_filter::LeafFilter;
use super::missing::Missing;
use super::node::Node;
use alloc::{sync::Arc, vec::Vec};
use core::{fmt, ops::Range};

enum Piece<L: Leaf> {
    /// Part of a leaf.
    Span(Span<L>),
    /// Whole leaves: those of some cells of a node, all of which keep theirs.
    Cells(Arc<Node<L>>, Range<usize>),
}

/// Leaves of a tree, or parts of them, in order.
pub struct Leaves<L: Leaf> {
    pieces: Vec<Piece<L>>,
    entries: usize,
}

impl<L: Leaf> Leaves<L> {
    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Forgets the leaves.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.entries = 0;
    }

    pub(super) fn push(&mut self, span: Span<L>) {
        self.entries += span.to.saturating_sub(span.from);
        self.pieces.push(Piece::Span(span));
    }

    /// Appends the leaves of the cells from `first` on, but for those that the filter rules out, until there are `wanted`
    /// entries, or one of them has no leaf to [keep](super::slot::Slot::kept). Returns the cell after the last.
    pub(super) fn push_cells(
        &mut self,
        node: &Arc<Node<L>>,
        first: usize,
        wanted: usize,
        filter: &mut LeafFilter,
        missing: &mut Missing,
    ) -> usize {
        let (mut start, mut end, mut leaves) = (first, first, 0);
        for cell in node.cells().get(first..).unwrap_or(&[]) {
            if self.entries >= wanted {
                break;
            }
            if cell.rows() > 0 {
                if cell.kept().is_none() {
                    break;
                }
                if filter.passes_over(cell) {
                    missing.blocks_skipped += 1;
                    self.push_whole(node, start..end, leaves);
                    (start, leaves) = (end + 1, 0);
                } else {
                    leaves += 1;
                    missing.memory_reads += 1;
                    self.entries += cell.rows();
                }
            }
            end += 1;
        }
        self.push_whole(node, start..end, leaves);
        end
    }

    /// Appends the cells of a node among which are so many with leaves.
    fn push_whole(&mut self, node: &Arc<Node<L>>, range: Range<usize>, leaves: usize) {
        match self.pieces.last_mut() {
            _ if leaves == 0 => {}
            Some(Piece::Cells(last, cells)) if Arc::ptr_eq(last, node) && cells.end == range.start => {
                cells.end = range.end;
            }
            _ => self.pieces.push(Piece::Cells(node.clone(), range)),
        }
    }

    /// The last leaf.
    pub fn last(&self) -> Option<&L> {
        match self.pieces.last()? {
            Piece::Span(span) => Some(&span.leaf),
            Piece::Cells(node, cells) => {
                let cells = node.cells().get(cells.clone())?;
                let kept = cells.iter().rev().filter(|cell| cell.rows() > 0);
                kept.filter_map(|cell| cell.kept()).next().map(|leaf| &**leaf)
            }
        }
    }

    /// Each leaf and which of its entries are meant, never none.
    pub fn iter(&self) -> impl Iterator<Item = (&L, Range<usize>)> + Clone {
        self.pieces.iter().flat_map(|piece| {
            let (span, cells) = match piece {
                Piece::Span(span) => (Some((&*span.leaf, span.from..span.to)), &[][..]),
                Piece::Cells(node, cells) => (None, node.cells().get(cells.clone()).unwrap_or(&[])),
            };
            let kept = cells.iter().filter_map(|cell| cell.kept());
            let whole = kept
                .map(|leaf| (&**leaf, 0..leaf.len()))
                .filter(|(l, _)| l.len() > 0);
            span.into_iter().chain(whole)
        })
    }
}

impl<L: Leaf> Default for Leaves<L> {
    fn default() -> Leaves<L> {
        Leaves {
            pieces: Vec::new(),
            entries: 0,
        }
    }
}

impl<L: Leaf> fmt::Debug for Leaves<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaves({})", self.entries)
    }
}
