//! Copying a version of a tree into another store, under the same keys.

use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::node::Node;
use super::outline::outline_key;
use super::slot::corrupted;
use super::tree::Tree;
use super::verify::first_name;
use super::write::{directory_page, encode_header};
use crate::codec::block_key;
use crate::kv::WriteBatch;
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};
use core::task::Poll;

/// The job that copies a tree: one directory page and its leaves after the other, so that no more than
/// those are in memory because of it.
pub struct Copy<L: Leaf> {
    tree: Tree<L>,
    pages: Vec<Arc<Node<L>>>,
    /// Pages copied.
    done: usize,
    pins: Pins,
}

impl<L: Leaf> Copy<L> {
    /// A copy of this version.
    pub fn new(tree: &Tree<L>) -> Copy<L> {
        let mut pages = Vec::new();
        tree.for_each_page(&mut |page| pages.push(page.clone()));
        Copy {
            tree: tree.clone(),
            pages,
            done: 0,
            pins: Pins::new(),
        }
    }

    /// Puts pages into the batch until it holds about `max_bytes`, or all are; true then. The copy is a
    /// tree only when it is whole.
    ///
    /// # Errors
    /// Those of reading.
    pub fn step(
        &mut self,
        batch: &mut WriteBatch,
        max_bytes: usize,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let id = self.tree.home().id;
        let mut bytes = 0;
        while let Some(page) = self.pages.get(self.done) {
            if bytes >= max_bytes {
                return Poll::Ready(Ok(false));
            }
            if !page.is_readable() {
                return Poll::Ready(Err(corrupted(self.tree.home(), &outline_key(self.tree.home()))));
            }
            let mut leaves = Vec::with_capacity(page.len());
            for cell in page.cells() {
                if let Poll::Ready(leaf) = Tree::visit(cell, &mut self.pins, missing) {
                    leaves.push(leaf);
                }
            }
            if leaves.len() < page.len() {
                return Poll::Pending;
            }
            for (cell, leaf) in page.cells().iter().zip(&leaves) {
                let key = cell.store_key();
                let block = leaf.encode(&key);
                bytes += key.len() + block.len();
                batch.put(key, block);
            }
            let columns = L::bounded_columns(self.tree.home());
            let mut leaves = leaves.iter();
            let directory = directory_page(page, columns, |cell, bounds| {
                let leaf = leaves.next();
                bounds.extend(
                    (0..columns).map(|column| match (cell.column_bounds(column), leaf) {
                        (bounds, Some(leaf)) if !bounds.is_known() => leaf.column_bounds(column),
                        (bounds, _) => bounds,
                    }),
                );
            });
            let key = block_key(id, 1, &first_name(page));
            batch.put(key.clone(), directory.encode(&key));
            self.pins.clear();
            self.done += 1;
        }
        let (key, header) = encode_header(id, self.pages.len() as u64);
        batch.put(key, header);
        Poll::Ready(Ok(true))
    }
}
