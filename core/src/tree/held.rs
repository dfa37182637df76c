//! How much memory a version of a tree takes beyond an earlier one that it shares its leaves with.

use super::leaf::Leaf;
use super::node::Children;
use super::slot::{Slot, identity};
use super::tree::Tree;
use alloc::{sync::Arc, vec, vec::Vec};
use hashbrown::HashSet;

impl<L: Leaf> Tree<L> {
    /// Bytes of leaves that must stay in memory for what this version has changed since `base`, and is
    /// not in the store: the leaves it changed, and those they replace. 0 for a tree that is resident anyway.
    ///
    /// It looks at what is not in the store, and at nothing else.
    pub fn held_bytes(&self, base: Option<&Tree<L>>) -> usize {
        if !self.home().is_cached() {
            return 0;
        }
        let base = base.filter(|b| Arc::ptr_eq(b.home(), self.home()));
        let mut bytes = 0;
        let mut known = HashSet::new();
        if let Some(base) = base {
            base.for_each_dirty(&mut |cell| {
                known.insert(identity(cell));
            });
        }
        self.for_each_dirty(&mut |cell| {
            if !known.contains(&identity(cell)) {
                bytes += cell.held_bytes();
            }
        });
        known.clear();
        known.extend(
            base.into_iter()
                .flat_map(Tree::unflushed)
                .map(|r| Arc::as_ptr(r) as usize),
        );
        for removal in self.unflushed() {
            if !known.contains(&(Arc::as_ptr(removal) as usize)) {
                bytes += removal.overwrites.lock().held_bytes();
            }
        }
        bytes
    }

    /// Calls `each` with every cell that is not in the store.
    fn for_each_dirty(&self, each: &mut impl FnMut(&Arc<Slot<L>>)) {
        let mut stack: Vec<_> = vec![self.root()];
        while let Some(node) = stack.pop() {
            match node.children() {
                Children::Nodes(nodes) => stack.extend(nodes.iter().filter(|n| n.is_dirty())),
                Children::Cells(cells) => cells.iter().filter(|c| c.is_dirty()).for_each(&mut *each),
            }
        }
    }
}
