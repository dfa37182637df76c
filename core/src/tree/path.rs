//! The way from the root of a tree to a leaf cell.

use super::leaf::Leaf;
use super::slot::Slot;

/// Deepest tree: with at least two children per node, 2^32 leaves.
const DEPTH: usize = 32;

/// Child positions from the root down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    steps: [u16; DEPTH],
    depth: usize,
    /// Whether every step took the last child.
    pub(super) is_last: bool,
    /// Whether nobody but this tree can see the cell.
    pub(super) is_exclusive: bool,
}

impl Path {
    pub(super) fn new(is_exclusive: bool) -> Path {
        Path {
            steps: [0; DEPTH],
            depth: 0,
            is_last: true,
            is_exclusive,
        }
    }

    /// One step down, to child `i` of `len`, which is held by `holders`.
    pub(super) fn push(&mut self, i: usize, len: usize, holders: usize) {
        if let Some(step) = self.steps.get_mut(self.depth) {
            *step = i as u16;
            self.depth += 1;
        }
        self.is_last &= i + 1 == len;
        self.is_exclusive &= holders == 1;
    }

    /// Whether the cell it leads to has its leaf in memory and is changed in place: nothing is copied then.
    pub(super) fn owns<L: Leaf>(&self, cell: &Slot<L>) -> bool {
        self.is_exclusive && (!cell.home().is_cached() || cell.is_dirty())
    }

    pub(super) fn steps(&self) -> &[u16] {
        self.steps.get(..self.depth).unwrap_or(&[])
    }
}
