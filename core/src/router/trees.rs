//! From placements to homes: where the blocks of a new tree may be.
//!
//! | placement | residency | stored |
//! | --- | --- | --- |
//! | memory | always resident | never written |
//! | persistent | while the cache keeps it | written at commit |
//! | dual | always resident | written at commit |

use crate::catalog::Placement;
use crate::codec::TreeId;
use crate::table::TreeFactory;
use crate::tree::{BlockCache, BlockSizing, Garbage, Residency, TreeHome};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Makes homes for trees; all share one block cache and one garbage list.
pub struct Trees {
    next: AtomicU64,
    sizing: BlockSizing,
    cache: Arc<BlockCache>,
    garbage: Arc<Garbage>,
}

impl Trees {
    /// Ids start at 1; see [`Trees::raise_above`].
    pub fn new(sizing: BlockSizing, cache: Arc<BlockCache>) -> Trees {
        Trees {
            next: AtomicU64::new(1),
            sizing,
            cache,
            garbage: Garbage::new(),
        }
    }

    /// Makes every later id greater than `id`, which was found in the store.
    pub fn raise_above(&self, id: TreeId) {
        self.next.fetch_max(id.0.saturating_add(1), Relaxed);
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
        TreeHome::new(
            id,
            residency,
            placement.is_stored(),
            self.sizing,
            label.into(),
            cache,
            garbage,
        )
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
