//! The block cache: bounds the clean resident leaves of the cached trees of a database.
//!
//! A hit costs relaxed stores into the cell and no lock. Cells queue by the priority they had when
//! they were queued; at eviction a cell that was used since is queued again by its present priority,
//! so the order is exact. A pinned cell leaves the queue and comes back when its last pin goes.
//!
//! LFU ages by the rule of LFU-DA (M. Arlitt et al., *Evaluating Content Management Techniques for Web
//! Proxy Caches*, 2000): the rank of a leaf is its number of uses since it was fetched plus the age of the
//! cache at its last use, and the age of the cache is the highest rank of a leaf evicted so far. So a leaf
//! that was hot long ago gives way to those that are hot now.
//!
//! Locks: the queue's lock is never held while a cell's is taken.

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use alloc::{
    collections::BinaryHeap,
    sync::{Arc, Weak},
};
use core::{cmp::Reverse, fmt};

/// Which leaf goes first when the cache is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvictionPolicy {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used since it was fetched, where old uses lose weight as the cache ages;
    /// among equals the least recently used.
    Lfu,
}

/// What goes first compares lowest; a cell's own only grows while it is resident.
///
/// Under LRU the moment of the last use; under LFU the rank, and below it, in the lower half, the last 32
/// bits of that moment.
pub(super) type Priority = u64;

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
    unwritten: AtomicUsize,
    superseded: AtomicUsize,
    evictions: AtomicU64,
    clock: AtomicU64,
    /// See the module.
    age: AtomicU32,
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
            unwritten: AtomicUsize::new(0),
            superseded: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            age: AtomicU32::new(0),
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

    /// Bytes of leaves of cached trees that must stay in memory because they, or those that replace them,
    /// are not in the store; over all versions alive. A leaf that was replaced several times may count
    /// several times.
    pub fn unwritten(&self) -> usize {
        self.unwritten.load(Ordering::Relaxed)
    }

    pub(super) fn change_unwritten(&self, old: usize, new: usize) {
        self.unwritten.fetch_add(new.wrapping_sub(old), Ordering::Relaxed);
    }

    /// Bytes of leaves that were overwritten in the store and are in memory for the snapshots that see them.
    pub fn superseded(&self) -> usize {
        self.superseded.load(Ordering::Relaxed)
    }

    pub(super) fn change_superseded(&self, old: usize, new: usize) {
        self.superseded
            .fetch_add(new.wrapping_sub(old), Ordering::Relaxed);
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

    /// The priority of a leaf that is used now, for the `uses`th time since it was fetched.
    pub(super) fn priority(&self, uses: u32) -> Priority {
        self.priority_at(self.now(), uses)
    }

    /// The present moment, after all before.
    pub(super) fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// As [`BlockCache::priority`], of a leaf that is used at that [moment](BlockCache::now).
    #[inline]
    pub(super) fn priority_at(&self, moment: u64, uses: u32) -> Priority {
        match self.policy {
            EvictionPolicy::Lru => moment,
            EvictionPolicy::Lfu => {
                let rank = self.age.load(Ordering::Relaxed).saturating_add(uses);
                u64::from(rank) << 32 | moment & u64::from(u32::MAX)
            }
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
                    if self.policy == EvictionPolicy::Lfu {
                        self.age.fetch_max((priority >> 32) as u32, Ordering::Relaxed);
                    }
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
