//! The invariants of a tree, checked node by node, and of its image in the store.

use super::super::leaf::Leaf;
use super::super::node::{Children, Node};
use super::super::*;
use super::subject::World;
use crate::codec::{block_key, tree_range};
use core::borrow::Borrow;

/// Panics if the tree breaks an invariant of its structure.
pub(super) fn check<L: Leaf>(tree: &Tree<L>) {
    let mut depth = None;
    assert_eq!(tree.root().separators()[0], L::lowest());
    check_node(tree, tree.root(), None, 0, &mut depth);
}

fn check_node<L: Leaf>(
    tree: &Tree<L>,
    node: &Node<L>,
    end: Option<&L::Separator>,
    level: usize,
    depth: &mut Option<usize>,
) {
    let sizing = tree.home().sizing;
    assert!((1..=sizing.fanout).contains(&node.len()));
    assert!(node.separators().is_sorted_by(|a, b| a < b));
    let end_of = |i: usize| node.separators().get(i + 1).or(end);
    match node.children() {
        Children::Nodes(nodes) => {
            assert_eq!(node.rows(), nodes.iter().map(|n| n.rows()).sum::<u64>());
            assert_eq!(node.pages(), nodes.iter().map(|n| n.pages()).sum::<u64>());
            for (i, child) in nodes.iter().enumerate() {
                assert_eq!(node.separators()[i], child.separators()[0]);
                assert!(!tree.home().stored || !child.is_dirty() || node.is_dirty());
                check_node(tree, child, end_of(i), level + 1, depth);
            }
        }
        Children::Cells(cells) => {
            assert_eq!(*depth.get_or_insert(level), level, "all leaves are equally deep");
            assert_eq!(node.rows(), cells.iter().map(|c| c.rows() as u64).sum::<u64>());
            for (i, cell) in cells.iter().enumerate() {
                assert_eq!(&node.separators()[i], cell.separator());
                assert!(!cell.is_dirty() || node.is_dirty());
                let Some(leaf) = cell.leaf() else {
                    assert!(!cell.is_dirty());
                    continue;
                };
                let n = leaf.len();
                assert_eq!(n, cell.rows());
                assert!(sizing.holds(&leaf.decoded()));
                assert_eq!(leaf.search(cell.separator().borrow()).unwrap_or_else(|i| i), 0);
                if let Some(end) = end_of(i) {
                    assert_eq!(leaf.search(end.borrow()), Err(n));
                }
            }
        }
    }
}

/// Panics unless the store holds the leaves and pages of this version under its id, and nothing else.
pub(super) fn check_stored<L: Leaf>(world: &World, tree: &Tree<L>) {
    let mut expected = alloc::collections::BTreeSet::new();
    tree.for_each_cell(&mut |cell| {
        expected.insert(cell.store_key());
    });
    tree.for_each_page(&mut |page| {
        let first = L::separator_bytes(&page.separators()[0]);
        expected.insert(block_key(tree.home().id, 1, &first));
    });
    expected.insert(block_key(tree.home().id, 2, &[]));
    let (from, to) = tree_range(tree.home().id);
    let entries = world.store.entries();
    let stored: alloc::collections::BTreeSet<_> = entries.range(from..to).map(|(k, _)| k.clone()).collect();
    assert_eq!(stored, expected);
}
