//! Memory of one statement, counted against the database's limit before it is taken.
//!
//! What operators collect is counted part by part, in [`MemoryUse`]; the texts that expressions make while
//! a batch is computed in [`Scratch`]. Not counted: the columns of a batch on its way from one operator to
//! the next, which take no more than their maker was allowed, and what the plan itself takes.
//!
//! Invariant: the counter is the sum of what its uses hold; a use that is dropped gives back what it held.

use crate::types::{Error, Result};
use alloc::sync::Arc;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The counter that all parts of one statement share.
#[derive(Debug)]
pub struct Memory {
    held: AtomicUsize,
    limit: usize,
}

impl Memory {
    /// Nothing held yet of at most `limit` bytes.
    pub fn new(limit: usize) -> Memory {
        Memory {
            held: AtomicUsize::new(0),
            limit,
        }
    }

    /// A part of it, holding nothing yet.
    pub fn part(self: &Arc<Memory>) -> MemoryUse {
        MemoryUse {
            memory: self.clone(),
            held: 0,
        }
    }

    /// The error for whatever would exceed the limit.
    pub fn exceeded(&self) -> Error {
        Error::QueryMemory { limit: self.limit }
    }

    /// Takes `bytes` on top of what is held, or nothing.
    fn take(&self, bytes: usize) -> Result<()> {
        let held = self.held.fetch_add(bytes, Relaxed);
        if held.checked_add(bytes).is_none_or(|held| held > self.limit) {
            self.held.fetch_sub(bytes, Relaxed);
            return Err(self.exceeded());
        }
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Relaxed);
    }
}

/// What one collection of rows, keys or groups holds.
#[derive(Debug)]
pub struct MemoryUse {
    memory: Arc<Memory>,
    held: usize,
}

impl MemoryUse {
    /// Declares that the collection is about to hold `bytes` in all, or holds no more than that now.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if the statement would then hold more than its limit; nothing is changed.
    pub fn set(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.held {
            self.memory.take(bytes - self.held)?;
        } else {
            self.memory.give_back(self.held - bytes);
        }
        self.held = bytes;
        Ok(())
    }

    /// Declares that it is about to hold `bytes` more.
    ///
    /// # Errors
    /// As [`MemoryUse::set`].
    pub fn add(&mut self, bytes: usize) -> Result<()> {
        self.set(self.held.saturating_add(bytes))
    }

    /// Bytes it holds.
    pub fn held(&self) -> usize {
        self.held
    }
}

impl Drop for MemoryUse {
    fn drop(&mut self) {
        self.memory.give_back(self.held);
    }
}

/// What expressions make while one batch is computed: given back when the batch is done.
#[derive(Debug)]
pub struct Scratch<'a> {
    memory: &'a Memory,
    /// Taken from the statement's memory.
    held: Cell<usize>,
    /// Of it, not used yet.
    left: Cell<usize>,
}

impl<'a> Scratch<'a> {
    /// Bytes taken from the shared counter at a time.
    const STEP: usize = 64 << 10;

    /// Nothing made yet.
    pub fn new(memory: &'a Memory) -> Scratch<'a> {
        Scratch {
            memory,
            held: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// Declares that `bytes` are about to be made.
    ///
    /// # Errors
    /// [`Error::QueryMemory`] if the statement would then hold more than its limit.
    #[inline]
    pub fn take(&self, bytes: usize) -> Result<()> {
        if let Some(left) = self.left.get().checked_sub(bytes) {
            self.left.set(left);
            return Ok(());
        }
        let missing = bytes - self.left.get();
        let step = missing.max(Scratch::STEP);
        let taken = match self.memory.take(step) {
            Ok(()) => step,
            // Close to the limit every byte counts.
            Err(_) => self.memory.take(missing).map(|()| missing)?,
        };
        self.held.set(self.held.get() + taken);
        self.left.set(taken - missing);
        Ok(())
    }

    /// Bytes that could be taken now.
    pub fn room(&self) -> usize {
        let free = self.memory.limit.saturating_sub(self.memory.held.load(Relaxed));
        free.saturating_add(self.left.get())
    }

    /// The error for whatever would exceed the limit.
    pub fn exceeded(&self) -> Error {
        self.memory.exceeded()
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        let held = self.held.get();
        if held > 0 {
            self.memory.give_back(held);
        }
    }
}

/// Bytes of a hash table of elements of `size` bytes once `len` are to be in it: a power of two of buckets, at
/// most seven of eight in use, with one byte more for each.
pub fn table_bytes(capacity: usize, len: usize, size: usize) -> usize {
    let wanted = capacity.max(len);
    if wanted == 0 {
        return 0;
    }
    let buckets = wanted
        .saturating_mul(8)
        .div_ceil(7)
        .max(4)
        .checked_next_power_of_two();
    buckets
        .unwrap_or(usize::MAX)
        .saturating_mul(size + 1)
        .saturating_add(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_scratch_share_one_limit_and_give_back_on_drop() {
        let memory = Arc::new(Memory::new(100));
        let exceeded = Err(Error::QueryMemory { limit: 100 });
        let mut a = memory.part();
        let mut b = memory.part();
        assert!(a.set(60).is_ok());
        assert_eq!(b.set(50), exceeded);
        assert!(b.set(30).is_ok(), "what was refused is not held");
        let scratch = Scratch::new(&memory);
        assert_eq!(scratch.room(), 10);
        assert!(scratch.take(6).is_ok() && scratch.take(4).is_ok());
        assert_eq!(scratch.take(1), exceeded);
        drop(b);
        assert!(scratch.take(30).is_ok());
        drop(scratch);
        assert!(a.set(100).is_ok());
        assert_eq!(a.add(usize::MAX), exceeded);
    }

    #[test]
    fn the_size_of_a_table_is_known_before_it_grows() {
        let mut table = hashbrown::HashTable::<(i64, u32)>::new();
        for i in 0..5000_i64 {
            let expected = table_bytes(table.capacity(), table.len() + 1, 16);
            table.insert_unique(i as u64, (i, 0), |e| e.0 as u64);
            let bytes = table.allocation_size();
            assert!(
                bytes <= expected && expected <= bytes + 64,
                "{i}: {bytes} {expected}"
            );
        }
    }
}
