//! Opening a tree by its outline: one block that has all directory pages.
//!
//! The outline is written when the database is closed, and deleted by the batch that changes the tree
//! next, so it always says what the pages say. A tree without one is opened by its pages.

use super::home::TreeHome;
use super::leaf::Leaf;
use super::load::cells_of_page;
use super::node::Node;
use super::slot::Slot;
use super::tree::Tree;
use super::write::stored_page;
use crate::codec::{DirectoryPage, Outline, OutlineBuilder, block_key};
use crate::kv::WriteBatch;
use alloc::{sync::Arc, vec::Vec};

/// A directory page in an outline that is in memory.
pub(super) struct Outlined {
    home: Arc<TreeHome>,
    outline: Arc<Outline>,
    page: usize,
}

impl Outlined {
    /// The page; `None` if the outline is not what it should be.
    pub(super) fn page(&self) -> Option<DirectoryPage> {
        self.outline.page(self.page)
    }

    /// The cells of the page; `None` if the outline is not what it should be.
    pub(super) fn cells<L: Leaf>(&self) -> Option<Vec<Arc<Slot<L>>>> {
        cells_of_page(&self.home, &self.page()?)
    }
}

impl<L: Leaf> Tree<L> {
    /// The tree that an outline from the store tells of; `None` if it does not read.
    pub(super) fn of_outline(home: &Arc<TreeHome>, key: &[u8], bytes: &[u8]) -> Option<Tree<L>> {
        let outline = Arc::new(Outline::open(key, bytes)?);
        let mut pages = Vec::with_capacity(outline.len());
        for page in 0..outline.len() {
            let first = L::separator_from_bytes(outline.first(page))?;
            if page == 0 && first != L::lowest() {
                return None;
            }
            let outlined = Outlined {
                home: home.clone(),
                outline: outline.clone(),
                page,
            };
            pages.push(Arc::new(Node::outlined(first, outline.rows(page), outlined)));
        }
        home.set_stored_pages(pages.len() as u64);
        let root = Node::root_over(pages, home.sizing.fanout)?;
        Some(Tree::with_root(home.clone(), root))
    }

    /// Puts the outline into the batch, if the tree is worth one that the store does not have. Everything of
    /// the tree is in the store, and stays as it is.
    pub fn put_outline(&self, batch: &mut WriteBatch) {
        let home = self.home();
        let is_wanted = home.stored && !home.has_outline() && self.root().pages() > 1;
        if is_wanted && !self.is_dirty() {
            let (key, outline) = self.encode_outline();
            batch.put(key, outline);
            home.set_outline(true);
        }
    }

    /// The outline and its key.
    fn encode_outline(&self) -> (Vec<u8>, Vec<u8>) {
        let mut outline = OutlineBuilder::default();
        self.for_each_page(&mut |page| match page.still_outlined() {
            Some(from) => outline.push_from(&from.outline, from.page),
            None => outline.push(&stored_page(self.home(), page)),
        });
        let key = outline_key(self.home());
        let block = outline.finish(&key);
        (key, block)
    }
}

/// The key of a tree's outline.
pub(super) fn outline_key(home: &TreeHome) -> Vec<u8> {
    block_key(home.id, 3, &[])
}
