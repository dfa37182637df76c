//! Memory of operators that collect rows, counted per plan against [`Env::memory_limit`](super::Env).
//!
//! Invariant: the shared counter is the sum of what its uses hold; a use that is dropped gives back
//! what it held.

use crate::types::{Error, Result};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The counter that the operators of one plan share.
#[derive(Debug, Clone, Default)]
pub struct PlanMemory(Arc<AtomicUsize>);

impl PlanMemory {
    /// A new part of the plan's memory, holding nothing yet.
    pub fn part(&self) -> MemoryUse {
        MemoryUse {
            total: self.0.clone(),
            held: 0,
        }
    }
}

/// What one operator holds.
#[derive(Debug)]
pub struct MemoryUse {
    total: Arc<AtomicUsize>,
    held: usize,
}

impl MemoryUse {
    /// Declares that the operator now holds `bytes`.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if the plan then holds more than `limit`.
    pub fn set(&mut self, bytes: usize, limit: usize) -> Result<()> {
        let before = self.total.fetch_add(bytes, Relaxed);
        self.total.fetch_sub(self.held, Relaxed);
        let total = before.saturating_add(bytes).saturating_sub(self.held);
        self.held = bytes;
        if total > limit {
            return Err(Error::QueryMemory { limit });
        }
        Ok(())
    }
}

impl Drop for MemoryUse {
    fn drop(&mut self) {
        self.total.fetch_sub(self.held, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_one_limit_and_give_back_on_drop() {
        let plan = PlanMemory::default();
        let mut a = plan.part();
        let mut b = plan.part();
        assert!(a.set(60, 100).is_ok());
        assert_eq!(b.set(50, 100), Err(Error::QueryMemory { limit: 100 }));
        drop(b);
        assert!(a.set(100, 100).is_ok());
    }
}
