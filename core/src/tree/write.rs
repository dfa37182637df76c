//! Writing a version of a tree: its changed leaves and directory pages become puts of one batch.

use super::edit::Removal;
use super::home::TreeHome;
use super::leaf::Leaf;
use super::node::{Children, Node};
use super::outline::outline_key;
use super::overwritten::Overwritten;
use super::slot::{Slot, corrupted};
use super::tree::Tree;
use crate::codec::{BlockKind, ColumnBounds, DirectoryPage, TreeId, block_key, encode_index_block};
use crate::kv::WriteBatch;
use crate::types::{BytesVec, Result};
use alloc::{sync::Arc, vec::Vec};
use core::{borrow::Borrow, fmt};

/// What a batch holds of a tree. [Settle](Written::settle) it when the batch is in the store; dropping
/// it instead leaves everything to be written again.
///
/// It keeps the written version alive, so that nothing of it changes in between.
pub struct Written<L: Leaf> {
    home: Arc<TreeHome>,
    cells: Vec<WrittenCell<L>>,
    /// Nodes that the batch leaves nothing dirty in.
    nodes: Vec<Arc<Node<L>>>,
    removals: Vec<Arc<Removal<L>>>,
    /// The number of pages in the header, if the batch has one.
    header: Option<u64>,
    /// Whether the batch deletes the outline.
    ends_outline: bool,
}

/// A cell whose leaf is in a batch.
struct WrittenCell<L: Leaf> {
    cell: Arc<Slot<L>>,
    /// The bounds of its leaf's columns.
    bounds: Vec<ColumnBounds>,
    /// Whether its page says so then; it is as it was otherwise.
    in_page: bool,
}

impl<L: Leaf> Drop for Written<L> {
    fn drop(&mut self) {
        if self.header.is_some() {
            self.home.end_header();
        }
    }
}

impl<L: Leaf> Written<L> {
    /// The batch is in the store: what it holds is clean, leaves of a cached tree are the cache's to
    /// keep, and older versions of them that a snapshot still holds stay resident for good.
    pub fn settle(self) {
        if let Some(pages) = self.header {
            self.home.set_stored_pages(pages);
        }
        if self.ends_outline {
            self.home.set_outline(false);
        }
        self.nodes.iter().for_each(|n| n.settle());
        for removal in &self.removals {
            let overwrites = core::mem::replace(&mut *removal.overwrites.lock(), Overwritten::none());
            overwrites.supersede();
            self.home.set_flushed_removals(removal.number);
        }
        for written in &self.cells {
            let bounds = written.bounds.as_slice();
            written.cell.settle(written.in_page.then_some(bounds));
        }
        if self.home.is_cached() {
            self.home.cache().shrink();
        }
    }
}

impl<L: Leaf> fmt::Debug for Written<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("home", &self.home)
            .field("leaves", &self.cells.len())
            .finish_non_exhaustive()
    }
}

impl<L: Leaf> Tree<L> {
    /// Puts into `batch` all that this version has and the store has not: changed leaves, changed
    /// directory pages, removals. Call it on the newest version once per store commit; batches must
    /// reach the store in the order of the versions. Empty for a tree that is not stored.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted) if a changed leaf is not resident, which does not happen.
    pub fn write_dirty(&self, batch: &mut WriteBatch) -> Result<Written<L>> {
        self.write_some(batch, usize::MAX)
    }

    /// Like [`Tree::write_dirty`], but stops after about `max_bytes` of leaves: a big migration is
    /// written in several batches, until [`Tree::is_dirty`] is false. The store holds the whole tree
    /// only after the last.
    pub fn write_some(&self, batch: &mut WriteBatch, max_bytes: usize) -> Result<Written<L>> {
        let mut written = Written {
            home: self.home().clone(),
            cells: Vec::new(),
            nodes: Vec::new(),
            removals: Vec::new(),
            header: None,
            ends_outline: false,
        };
        if !self.home().stored {
            return Ok(written);
        }
        if self.home().has_outline() {
            batch.changes.insert(outline_key(self.home()), None);
            written.ends_outline = true;
        }
        let mut budget = max_bytes;
        if written.collect(self.root(), batch, &mut budget)? {
            for removal in self.unflushed() {
                if !self.is_live(removal) {
                    let name = L::separator_bytes(&removal.separator);
                    let key = block_key(self.home().id, removal.level, &name);
                    batch.changes.insert(key, None);
                }
                written.removals.push(removal.clone());
            }
            let pages = self.root().pages();
            if self.home().needs_header(pages) {
                let (key, header) = encode_header(self.home().id, pages);
                batch.put(key, header);
                self.home().start_header();
                written.header = Some(pages);
            }
        }
        Ok(written)
    }

    /// Whether a removed key is a leaf's or page's key again.
    fn is_live(&self, removal: &Removal<L>) -> bool {
        let mut node = &**self.root();
        loop {
            let i = node.child_for(removal.separator.borrow());
            if node.separators().get(i) != Some(&removal.separator) && removal.level == 0 {
                // not the name of a leaf below, unless one further down bears it
                if let Children::Cells(_) = node.children() {
                    return false;
                }
            }
            match node.children() {
                Children::Nodes(nodes) => match nodes.get(i) {
                    Some(child) => node = child,
                    None => return false,
                },
                Children::Cells(_) if removal.level == 0 => return true,
                Children::Cells(_) => return node.separators().first() == Some(&removal.separator),
            }
        }
    }
}

impl<L: Leaf> Written<L> {
    /// Puts what is dirty below `node`; false if the budget ended before all was put.
    fn collect(&mut self, node: &Arc<Node<L>>, batch: &mut WriteBatch, budget: &mut usize) -> Result<bool> {
        if !node.is_dirty() {
            return Ok(true);
        }
        // recursion: one frame per level of the tree
        for child in node.nodes() {
            if !self.collect(child, batch, budget)? {
                return Ok(false);
            }
        }
        let columns = L::bounded_columns(&self.home);
        let first = self.cells.len();
        for cell in node.cells().iter().filter(|c| c.is_dirty()) {
            if *budget == 0 {
                return Ok(false);
            }
            let key = cell.store_key();
            let Some(leaf) = cell.leaf_to_write() else {
                return Err(corrupted(&self.home, &key));
            };
            let block = leaf.encode(&key);
            *budget = budget.saturating_sub(key.len() + block.len());
            batch.put(key, block);
            let bounds: Vec<_> = (0..columns).map(|column| leaf.column_bounds(column)).collect();
            if columns > 0 && !cell.keeps_to(&bounds) {
                node.need_page();
            }
            self.cells.push(WrittenCell {
                cell: cell.clone(),
                bounds,
                in_page: true,
            });
        }
        let of_node = self.cells.get_mut(first..).unwrap_or(&mut []);
        if node.is_page_dirty() {
            let key = block_key(self.home.id, 1, &L::separator_bytes(node.first()));
            let mut written = of_node.iter().peekable();
            let page = directory_page(node, columns, |cell, bounds| {
                match written.next_if(|w| Arc::ptr_eq(&w.cell, cell)) {
                    Some(written) => bounds.extend_from_slice(&written.bounds),
                    None => bounds.extend(cell.stored_bounds().all().into_iter().flatten()),
                }
            });
            batch.put(key.clone(), page.encode(&key));
        } else {
            of_node.iter_mut().for_each(|written| written.in_page = false);
        }
        self.nodes.push(node.clone());
        Ok(true)
    }
}

/// The header: how many directory pages there are, so that a lost one is noticed. It is written only
/// when their number changes.
pub(super) fn encode_header(tree: TreeId, pages: u64) -> (Vec<u8>, Vec<u8>) {
    let key = block_key(tree, 2, &[]);
    let mut name = BytesVec::default();
    name.push(&[]);
    let header = encode_index_block(&key, BlockKind::Header, &name, &[pages as i64]);
    (key, header)
}

/// The directory page of a bottom node; `bounds_of` appends the bounds of the first `columns` columns of a cell, or of
/// none if nothing is known of them.
pub(super) fn directory_page<L: Leaf>(
    node: &Node<L>,
    columns: usize,
    mut bounds_of: impl FnMut(&Arc<Slot<L>>, &mut Vec<ColumnBounds>),
) -> DirectoryPage {
    let mut page = DirectoryPage {
        separators: BytesVec::with_capacity(node.len(), 0),
        rows: Vec::with_capacity(node.len()),
        columns,
        bounds: Vec::with_capacity(node.len() * columns),
    };
    for (i, cell) in node.cells().iter().enumerate() {
        page.separators.push(&L::separator_bytes(cell.separator()));
        page.rows.push(cell.rows() as i64);
        bounds_of(cell, &mut page.bounds);
        page.bounds.resize((i + 1) * columns, ColumnBounds::UNKNOWN);
    }
    page
}

/// The directory page of a bottom node as the store has it, unless it is dirty.
pub(super) fn stored_page<L: Leaf>(home: &TreeHome, node: &Node<L>) -> DirectoryPage {
    directory_page(node, L::bounded_columns(home), |cell, bounds| {
        bounds.extend(cell.stored_bounds().all().into_iter().flatten());
    })
}
