//! How many rows a range holds, about: from the counts in the interior nodes, without visiting a leaf.

use super::leaf::Leaf;
use super::node::Children;
use super::tree::Tree;
use super::{IndexTree, RowTree};
use crate::types::RowId;
use alloc::vec::Vec;
use core::ops::Bound;

impl<L: Leaf> Tree<L> {
    /// Rows before `key`, give or take those of one leaf.
    fn rows_before(&self, key: &L::Key) -> u64 {
        let mut before = 0;
        let mut node = self.root();
        loop {
            let i = node.child_for(key);
            match node.children() {
                Children::Nodes(nodes) => {
                    before += nodes.iter().take(i).map(|n| n.rows()).sum::<u64>();
                    match nodes.get(i) {
                        Some(next) => node = next,
                        None => return before,
                    }
                }
                Children::Cells(cells) => {
                    before += cells.iter().take(i).map(|c| c.rows() as u64).sum::<u64>();
                    return before + cells.get(i).map_or(0, |c| c.rows() as u64 / 2);
                }
            }
        }
    }

    fn rows_between(&self, from: Bound<&L::Key>, to: Bound<&L::Key>) -> u64 {
        let before = |b: Bound<&L::Key>, unbounded: u64| match b {
            Bound::Included(k) | Bound::Excluded(k) => self.rows_before(k),
            Bound::Unbounded => unbounded,
        };
        before(to, self.len()).saturating_sub(before(from, 0))
    }
}

impl IndexTree {
    /// About how many entries a range of keys holds: wrong by at most two leaves' entries.
    pub fn entries_within(&self, from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>) -> u64 {
        let slice = |key| Vec::as_slice(key);
        self.rows_between(from.as_ref().map(slice), to.as_ref().map(slice))
    }
}

impl RowTree {
    /// About how many rows have an id within bounds: wrong by at most two leaves' rows.
    pub fn rows_within(&self, from: Bound<RowId>, to: Bound<RowId>) -> u64 {
        self.rows_between(from.as_ref(), to.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::testing::SmallTrees;
    use crate::table::{Placement, TreeFactory};

    #[test]
    fn ranges_are_counted_to_within_two_leaves() {
        let home = SmallTrees::new().home("i", Placement::Memory);
        let keys: Vec<([u8; 2], RowId)> = (0..1000_u16).map(|i| (i.to_be_bytes(), i64::from(i))).collect();
        let Ok(tree) = IndexTree::build(home, keys) else {
            return;
        };
        let key = |i: u16| Bound::Included(i.to_be_bytes().to_vec());
        for (from, to) in [(0, 1000), (10, 990), (500, 501), (7, 7)] {
            let count = tree.entries_within(&key(from), &key(to)) as i64;
            assert!((count - i64::from(to - from)).abs() <= 8, "{from}..{to}: {count}");
        }
        assert_eq!(tree.entries_within(&Bound::Unbounded, &Bound::Unbounded), 1000);
    }
}
