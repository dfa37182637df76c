//! A few leaves of a tree, evenly spread over its rows, as far as they are in memory: what a glance tells about its
//! keys and values. Nothing is read, and the cache is not told.

use super::index_leaf::IndexLeaf;
use super::leaf::Leaf;
use super::node::Children;
use super::slot::Slot;
use super::tree::Tree;
use super::{IndexTree, RowTree};
use crate::codec::ColumnBounds;
use crate::types::Column;
use alloc::{sync::Arc, vec::Vec};

/// Where a leaf begins, and the leaf if it is in memory.
pub struct SampledLeaf<L: Leaf> {
    /// No key of the leaf is below it, and all before are.
    pub separator: L::Separator,
    /// The leaf.
    pub leaf: Option<Arc<L>>,
    /// Its cell, if that was made.
    cell: Option<Arc<Slot<L>>>,
}

impl<L: Leaf> Tree<L> {
    /// Of a leaf with the row that has `rank` rows before it.
    fn leaf_at(&self, mut rank: u64) -> Option<SampledLeaf<L>> {
        let mut node = self.root();
        loop {
            if node.still_outlined().is_some() {
                // Its cells need not be made for this.
                let separator = node.first().clone();
                return Some(SampledLeaf {
                    separator,
                    leaf: None,
                    cell: None,
                });
            }
            match node.children() {
                Children::Nodes(nodes) => {
                    node = nodes.iter().find(|n| {
                        let found = rank < n.rows();
                        rank -= if found { 0 } else { n.rows() };
                        found
                    })?;
                }
                Children::Cells(cells) => {
                    let cell = cells.iter().find(|c| {
                        let rows = c.rows() as u64;
                        let found = rank < rows;
                        rank -= if found { 0 } else { rows };
                        found
                    })?;
                    return Some(SampledLeaf {
                        separator: cell.separator().clone(),
                        leaf: cell.leaf().filter(|l| !l.is_encoded()),
                        cell: Some(cell.clone()),
                    });
                }
            }
        }
    }

    /// Up to `most` leaves, each once, in order.
    fn spread(&self, most: u64) -> Vec<SampledLeaf<L>> {
        let mut all: Vec<SampledLeaf<L>> = Vec::new();
        for i in 0..most {
            let rank = (u128::from(self.len()) * (2 * u128::from(i) + 1) / (2 * u128::from(most))) as u64;
            let Some(found) = self.leaf_at(rank) else { continue };
            if all.last().is_none_or(|last| last.separator != found.separator) {
                all.push(found);
            }
        }
        all
    }
}

impl IndexTree {
    /// Up to `most` leaves, each once, in order.
    pub fn sample(&self, most: u64) -> Vec<SampledLeaf<IndexLeaf>> {
        self.spread(most)
    }
}

impl RowTree {
    /// A stored column of up to `most` leaves that are in memory.
    pub fn sample_column(&self, column: usize, most: u64) -> Vec<Column> {
        let leaves = self.spread(most).into_iter().filter_map(|l| l.leaf);
        leaves.map(|l| l.shared_column(column)).collect()
    }

    /// The bounds of a stored column in up to `most` leaves, as far as they are known.
    pub fn sample_bounds(&self, column: usize, most: u64) -> Vec<ColumnBounds> {
        let cells = self.spread(most).into_iter().filter_map(|l| l.cell);
        let bounds = cells.map(|cell| cell.column_bounds(column));
        bounds.filter(|bounds| bounds.is_known()).collect()
    }
}
