//! The block cache: bounds the clean resident leaves of the cached trees of a database.
//!
//! A hit costs relaxed stores into the cell and no lock. Cells queue by the priority they had when
//! they were queued; at eviction a cell that was used since is queued again by its present priority,
//! so the order is exact. A pinned cell leaves the queue and comes back when its last pin goes.
//!
//! Locks: the queue's lock is never held while a cell's is taken.

use alloc::{
    collections::BinaryHeap,
    sync::{Arc, Weak},
};
use core::{
    cmp::Reverse,
    fmt,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};
use spin::Mutex;

/// Which leaf goes first when the cache is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvictionPolicy {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used since it was fetched; among equals the least recently used.
    Lfu,
}

/// What goes first compares lowest; a cell's own only grows while it is resident.
pub(super) type Priority = (u64, u64);

/// What became of a cell at the head of the queue.
pub(super) enum Eviction {
    Evicted,
    /// Used since it was queued.
    Used(Priority),
    /// Comes back when it is unpinned.
    Pinned,
    /// Not in the cache any more.
    Gone,
}

/// A cell as the cache sees it.
pub(super) trait Cacheable: Send + Sync {
    fn priority(&self) -> Priority;
    /// Drops the leaf if nothing forbids it and `queued_as` is still its priority.
    fn try_evict(&self, queued_as: Priority) -> Eviction;
}

struct Queued {
    priority: Priority,
    cell: Weak<dyn Cacheable>,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Queued) -> bool {
        self.priority == other.priority
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Queued) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Queued) -> core::cmp::Ordering {
        self.priority.cmp(&other.priority)
    }
}

/// Bounds the bytes of clean resident leaves over all cached trees of a database.
///
/// Dirty leaves are not counted, nor old versions that only snapshots hold; pinned leaves are counted
/// but stay, so that the bound is exceeded only while they alone exceed it.
pub struct BlockCache {
    max_bytes: usize,
    policy: EvictionPolicy,
    bytes: AtomicUsize,
    leaves: AtomicUsize,
    evictions: AtomicU64,
    clock: AtomicU64,
    queue: Mutex<BinaryHeap<Reverse<Queued>>>,
}

impl BlockCache {
    /// An empty cache of at most `max_bytes`; 0 keeps nothing that is not pinned.
    pub fn new(max_bytes: usize, policy: EvictionPolicy) -> Arc<BlockCache> {
        Arc::new(BlockCache {
            max_bytes,
            policy,
            bytes: AtomicUsize::new(0),
            leaves: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            queue: Mutex::new(BinaryHeap::new()),
        })
    }

    /// Bytes of the leaves it holds now.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    /// Leaves it holds now.
    pub fn leaves(&self) -> usize {
        self.leaves.load(Ordering::Acquire)
    }

    /// Leaves evicted so far.
    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    /// The bound in bytes.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// What goes first.
    pub fn policy(&self) -> EvictionPolicy {
        self.policy
    }

    /// The next moment of the clock that orders uses.
    pub(super) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn priority(&self, last_used: u64, uses: u64) -> Priority {
        match self.policy {
            EvictionPolicy::Lru => (last_used, 0),
            EvictionPolicy::Lfu => (uses, last_used),
        }
    }

    /// A leaf of so many bytes is in the cache from now on.
    pub(super) fn charge(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        self.leaves.fetch_add(1, Ordering::AcqRel);
    }

    /// It is not any more.
    pub(super) fn discharge(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.leaves.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn enqueue(&self, priority: Priority, cell: Weak<dyn Cacheable>) {
        let mut queue = self.queue.lock();
        // entries of dropped and superseded cells are swept before they outnumber the living
        if queue.len() > 2 * self.leaves() + 64 {
            queue.retain(|Reverse(q)| q.cell.strong_count() > 0);
        }
        queue.push(Reverse(Queued { priority, cell }));
    }

    /// Evicts until the bound holds or nothing more may go.
    pub(super) fn shrink(&self) {
        while self.bytes() > self.max_bytes {
            let head = self.queue.lock().pop();
            let Some(Reverse(Queued { priority, cell })) = head else {
                return;
            };
            let Some(alive) = cell.upgrade() else { continue };
            match alive.try_evict(priority) {
                Eviction::Evicted => {
                    self.evictions.fetch_add(1, Ordering::Relaxed);
                }
                Eviction::Used(priority) => self.enqueue(priority, cell),
                Eviction::Pinned | Eviction::Gone => {}
            }
        }
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCache")
            .field("policy", &self.policy)
            .field("max_bytes", &self.max_bytes)
            .field("bytes", &self.bytes())
            .field("evictions", &self.evictions())
            .finish_non_exhaustive()
    }
}
