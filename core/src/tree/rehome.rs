//! Moving a tree to another home: the same leaves, under another identity and residency.

use super::home::TreeHome;
use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::{Children, Node};
use super::slot::{Slot, SlotRef, corrupted};
use super::tree::Tree;
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::task::Poll;

/// Most leaves asked for at once.
const RUN: usize = 1024;

impl<L: Leaf> Tree<L> {
    /// The same rows in a tree of another home, which shares the leaves with this one. All of it is
    /// dirty if the new home is stored. Every leaf must be in memory for that, at once: the blocks of
    /// one home cannot be read under another.
    ///
    /// # Errors
    /// None of its own; `Pending` while leaves are missing.
    pub fn rehome(
        &self,
        home: Arc<TreeHome>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Tree<L>>> {
        let mut leaves = Vec::new();
        let mut asked = 0;
        let is_kept = |leaf: &L| !leaf.is_thinned() && (home.is_cached() || !leaf.is_encoded());
        self.for_each_cell(&mut |cell| match cell.leaf() {
            Some(leaf) if !is_kept(&leaf) => leaves.push(Arc::new(leaf.decoded())),
            Some(leaf) => leaves.push(leaf),
            None if asked < RUN => {
                let block = Arc::new(SlotRef(cell.clone()));
                pins.push(block.clone());
                missing.push(block);
                asked += 1;
            }
            None => {}
        });
        if asked > 0 {
            return Poll::Pending;
        }
        if let Some(columns) = self.home().columns() {
            home.set_columns(columns.to_vec());
        }
        let mut leaves = leaves.into_iter();
        let root = moved(self.root(), &home, &mut leaves);
        Poll::Ready(match root {
            Some(root) => Ok(Tree::with_root(home, root)),
            None => Err(corrupted(self.home(), &[])),
        })
    }
}

/// A copy of `node` with new cells for `leaves`, in order. Recursion: one frame per level of the tree.
fn moved<L: Leaf>(
    node: &Node<L>,
    home: &Arc<TreeHome>,
    leaves: &mut impl Iterator<Item = Arc<L>>,
) -> Option<Arc<Node<L>>> {
    if !node.is_readable() {
        return None;
    }
    Some(Arc::new(match node.children() {
        Children::Nodes(nodes) => {
            let nodes: Option<Vec<_>> = nodes.iter().map(|n| moved(n, home, leaves)).collect();
            Node::of_nodes(nodes?)
        }
        Children::Cells(cells) => {
            let cell = |c: &Arc<Slot<L>>| {
                let slot = Slot::new(home, c.separator().clone(), leaves.next()?);
                Some(Arc::new(slot))
            };
            let cells: Option<Vec<_>> = cells.iter().map(cell).collect();
            Node::of_cells(cells?, home.stored)
        }
    }))
}
