//! Opening a stored tree: its directory pages, or its outline, become the interior nodes; leaves stay in
//! the store.

use super::home::TreeHome;
use super::leaf::Leaf;
use super::missing::Missing;
use super::node::Node;
use super::outline::outline_key;
use super::slot::{Slot, SlotRef, corrupted};
use super::tree::Tree;
use crate::codec::{BlockKind, DirectoryPage, IndexBlock, MAX_BLOCK_ROWS, block_key, tree_range};
use crate::kv::KvBackend;
use crate::types::Result;
use alloc::{sync::Arc, vec::Vec};

/// Pages, or leaves, read in one trip.
const RUN: usize = 256;

impl<L: Leaf> Tree<L> {
    /// Reads the directory of a stored tree. No leaf is resident yet: see [`Tree::load_all`].
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted) if there is no such tree or its directory is bad; the store's own errors.
    pub async fn load(home: Arc<TreeHome>, store: &dyn KvBackend) -> Result<Tree<L>> {
        let outline = outline_key(&home);
        let found = store.get_many(core::slice::from_ref(&outline)).await?;
        if let Some(bytes) = found.first().and_then(|v| v.as_deref()) {
            home.set_outline(true);
            if let Some(tree) = Tree::of_outline(&home, &outline, bytes) {
                return Ok(tree);
            }
        }
        let mut from = block_key(home.id, 1, &[]);
        let to = tree_range(home.id).1;
        let mut pages: Vec<Arc<Node<L>>> = Vec::new();
        let mut last: Option<L::Separator> = None;
        let header = block_key(home.id, 2, &[]);
        loop {
            let run = store.scan(&from, &to, RUN).await?;
            for (key, bytes) in &run {
                if *key == header {
                    let counted = IndexBlock::decode(key, BlockKind::Header, bytes).map(|b| b.values);
                    if counted.as_deref() != Some(&[pages.len() as i64]) {
                        return Err(corrupted(&home, key));
                    }
                    home.set_stored_pages(pages.len() as u64);
                    continue;
                }
                if *key == outline {
                    continue;
                }
                let cells = decode_page::<L>(&home, key, bytes, last.as_ref());
                let cells = cells.ok_or_else(|| corrupted(&home, key))?;
                last = cells.last().map(|c| c.separator().clone());
                pages.push(Arc::new(Node::of_cells(cells, false)));
            }
            match run.into_iter().last() {
                Some((key, _)) => {
                    from = key;
                    from.push(0);
                }
                None => break,
            }
        }
        match Node::root_over(pages, home.sizing.fanout) {
            Some(root) if !home.needs_header(root.pages()) => Ok(Tree::with_root(home, root)),
            _ => Err(corrupted(&home, &header)),
        }
    }

    /// Makes every leaf resident, in few trips to the store.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::Error::Corrupted) for a bad leaf; the store's own errors.
    pub async fn load_all(&self, store: &dyn KvBackend) -> Result<()> {
        let mut absent = Vec::new();
        self.for_each_cell(&mut |cell| {
            if cell.leaf().is_none() {
                absent.push(cell.clone());
            }
        });
        for run in absent.chunks(RUN) {
            let mut missing = Missing::new();
            missing.blocks.reserve(run.len());
            for cell in run {
                missing.blocks.push(Arc::new(SlotRef(cell.clone())));
            }
            missing.fetch(store).await?;
        }
        Ok(())
    }
}

/// A cell for each entry of a page; `None` if one is none.
pub(super) fn cells_of_page<L: Leaf>(
    home: &Arc<TreeHome>,
    page: &DirectoryPage,
) -> Option<Vec<Arc<Slot<L>>>> {
    let mut cells = Vec::with_capacity(page.rows.len());
    for (i, (name, rows)) in page.separators.iter().zip(&page.rows).enumerate() {
        let separator = L::separator_from_bytes(name)?;
        let rows = usize::try_from(*rows).ok().filter(|r| *r <= MAX_BLOCK_ROWS)?;
        cells.push(Arc::new(Slot::stored(home, separator, rows, page.bounds_of(i))));
    }
    Some(cells)
}

/// The cells of a page that follows the leaf `last`; `None` if it does not fit there.
fn decode_page<L: Leaf>(
    home: &Arc<TreeHome>,
    key: &[u8],
    bytes: &[u8],
    last: Option<&L::Separator>,
) -> Option<Vec<Arc<Slot<L>>>> {
    let page = DirectoryPage::decode(key, bytes)?;
    let cells = cells_of_page::<L>(home, &page)?;
    let first = cells.first()?.separator();
    let follows = match last {
        Some(last) => first > last,
        None => *first == L::lowest(),
    };
    let named = key == block_key(home.id, 1, &L::separator_bytes(first));
    (follows && named).then_some(cells)
}
