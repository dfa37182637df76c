//! From placements to homes: where the blocks of a new tree may be.
//!
//! | placement | residency | stored |
//! | --- | --- | --- |
//! | memory | always resident | never written |
//! | persistent | while the cache keeps it | written at commit |
//! | dual | always resident | written at commit |

use crate::catalog::{MAX_ID, Placement};
use crate::codec::{TreeId, blocks_range, tree_of_key, tree_range};
use crate::kv::KvBackend;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::table::TreeFactory;
use crate::tree::{BlockCache, BlockSizing, Garbage, Residency, TreeHome};
use crate::types::Result;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::{Arc, Weak};

/// Makes homes for trees; all share one block cache and one garbage list.
pub struct Trees {
    next: AtomicU64,
    sizing: BlockSizing,
    cache: Arc<BlockCache>,
    garbage: Arc<Garbage>,
    /// The homes that exist, and some that are gone.
    alive: Mutex<BTreeMap<TreeId, Weak<TreeHome>>>,
}

/// Homes remembered before those that are gone are looked for.
const MANY_HOMES: usize = 256;

impl Trees {
    /// Ids start at 1; see [`Trees::raise_above`].
    pub fn new(sizing: BlockSizing, cache: Arc<BlockCache>) -> Trees {
        Trees {
            next: AtomicU64::new(1),
            sizing,
            cache,
            garbage: Garbage::new(),
            alive: Mutex::default(),
        }
    }

    /// Makes every later id greater than `id`, which was found in the store; not if it is one that is
    /// never handed out.
    pub fn raise_above(&self, id: TreeId) {
        if id.0 < MAX_ID {
            self.next.fetch_max(id.0 + 1, Relaxed);
        }
    }

    /// Whether any version of that tree may still be read, or its blocks wait to be removed.
    pub fn is_alive(&self, id: TreeId) -> bool {
        let alive = self.alive.lock().get(&id).is_some_and(|h| h.strong_count() > 0);
        alive || self.garbage.contains(id)
    }

    /// The home of a tree that exists in the store.
    pub fn existing(&self, id: TreeId, label: &str, placement: Placement) -> Arc<TreeHome> {
        self.raise_above(id);
        self.make(id, label, placement)
    }

    fn make(&self, id: TreeId, label: &str, placement: Placement) -> Arc<TreeHome> {
        let residency = if placement == Placement::Persistent {
            Residency::Cached
        } else {
            Residency::Always
        };
        let (cache, garbage) = (self.cache.clone(), self.garbage.clone());
        let home = TreeHome::new(
            id,
            residency,
            placement.is_stored(),
            self.sizing,
            label.into(),
            cache,
            garbage,
        );
        if home.stored {
            let mut alive = self.alive.lock();
            if alive.len() >= MANY_HOMES && alive.len().is_power_of_two() {
                alive.retain(|_, h| h.strong_count() > 0);
            }
            alive.insert(id, Arc::downgrade(&home));
        }
        home
    }

    /// The block cache.
    pub fn cache(&self) -> &Arc<BlockCache> {
        &self.cache
    }

    /// Dropped trees whose blocks may leave the store.
    pub fn garbage(&self) -> &Arc<Garbage> {
        &self.garbage
    }
}

impl TreeFactory for Trees {
    fn home(&self, label: &str, placement: Placement) -> Arc<TreeHome> {
        self.make(TreeId(self.next.fetch_add(1, Relaxed)), label, placement)
    }
}

/// The ids of all trees that have blocks in a store.
pub(super) async fn stored_trees(store: &dyn KvBackend) -> Result<BTreeSet<TreeId>> {
    let mut trees = BTreeSet::new();
    let (mut from, to) = blocks_range();
    while let Some((key, _)) = store.scan(&from, &to, 1).await?.pop() {
        let Some(id) = tree_of_key(&key) else { break };
        trees.insert(id);
        from = tree_range(id).1;
    }
    Ok(trees)
}
