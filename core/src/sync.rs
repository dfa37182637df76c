//! The locks and atomics of the engine: all on which anything depends; those that only count are core's.
//!
//! Locks are spin locks, held for nanoseconds and never across a store call; what lasts longer queues at
//! a [`Latch`](crate::txn::Latch).
//!
//! Built with `--cfg shuttle`, they are those of [shuttle](https://docs.rs/shuttle), under which the tests
//! of `tests/shuttle` decide at every lock and atomic which thread goes on.

// Nothing waits in one for long enough to be scheduled.
pub use spin::Once;

#[cfg(not(shuttle))]
pub use {
    core::sync::atomic,
    spin::{Mutex, MutexGuard, RwLock},
};

#[cfg(shuttle)]
pub use {
    scheduled::{Mutex, RwLock},
    shuttle::sync::{MutexGuard, atomic},
};

#[cfg(shuttle)]
mod scheduled {
    //! Shuttle's locks with the methods of spin's: no poisoning.

    use shuttle::sync::{self, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

    /// Mutual exclusion.
    #[derive(Debug, Default)]
    pub struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        /// A lock around a value.
        pub fn new(value: T) -> Mutex<T> {
            Mutex(sync::Mutex::new(value))
        }

        /// Waits for the lock.
        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// The value, which nobody else can reach.
        pub fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }

        /// The value, without the lock.
        pub fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// Many readers or one writer.
    #[derive(Debug, Default)]
    pub struct RwLock<T>(sync::RwLock<T>);

    impl<T> RwLock<T> {
        /// A lock around a value.
        pub fn new(value: T) -> RwLock<T> {
            RwLock(sync::RwLock::new(value))
        }

        /// Waits until nobody writes.
        pub fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        /// How many write, as far as that can be told without waiting: nobody.
        pub fn writer_count(&self) -> usize {
            0
        }

        /// Does not wait; `None` if somebody writes.
        pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
            self.0.try_read().ok()
        }

        /// Waits until nobody reads or writes.
        pub fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, string::String, string::ToString, vec::Vec};

    /// The files below a folder that name spin's locks, but for this one.
    fn that_name_spin(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() {
                that_name_spin(&path, found);
            } else if !name.ends_with("src/sync.rs")
                && fs::read_to_string(&path)
                    .unwrap()
                    .contains(&["spin", "::"].concat())
            {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_lock_comes_from_here() {
        let mut found = Vec::new();
        that_name_spin(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.is_empty(), "import crate::sync in {found:?}");
    }
}
