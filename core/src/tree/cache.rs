//! The block cache: bounds the clean resident leaves of cached trees.

use alloc::sync::Arc;

/// Which leaf goes first when the cache is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvictionPolicy {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used; among equals the least recently used.
    Lfu,
}

/// Bounds the bytes of clean resident leaves over all cached trees of a database.
#[derive(Debug)]
pub struct BlockCache {
    max_bytes: usize,
    policy: EvictionPolicy,
}

impl BlockCache {
    /// An empty cache of at most `max_bytes`.
    pub fn new(max_bytes: usize, policy: EvictionPolicy) -> Arc<BlockCache> {
        Arc::new(BlockCache { max_bytes, policy })
    }

    /// Bytes of the leaves it holds now.
    pub fn bytes(&self) -> usize {
        0
    }

    /// Leaves evicted so far.
    pub fn evictions(&self) -> u64 {
        0
    }

    /// The bound in bytes.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// What goes first.
    pub fn policy(&self) -> EvictionPolicy {
        self.policy
    }
}
