//! What a random history keeps its store on: it can be opened again, knows which states of the database
//! a crash may leave, and may fail on purpose.

use crate::block_on::block_on;
use amphi_core::Result;
use amphi_core::kv::KvBackend;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The message of every error that a test injects.
pub const INJECTED: &str = "injected fault";

/// See the module.
pub trait Medium {
    /// Opens the store.
    ///
    /// # Errors
    /// Injected ones.
    fn open(&self) -> Result<Arc<dyn KvBackend>>;

    /// Closes the store opened last, which the database above has closed before.
    ///
    /// # Errors
    /// Injected ones.
    fn close(&self) -> Result<()>;

    /// From now on a crash leaves no older state than `at_least`, and no later one than `at_most`, both
    /// indices into the history's states.
    fn expect(&self, at_least: usize, at_most: usize);

    /// Calls so far that could have failed.
    fn calls(&self) -> usize;

    /// Switches faults and the count of calls off, or on again: for reads that only verify.
    fn set_counting(&self, counts: bool);
}

/// How many trees have blocks in a store.
pub fn stored_trees(store: &dyn KvBackend) -> usize {
    let blocks = block_on(store.scan(&[0x10], &[0x11], usize::MAX)).unwrap();
    let ids: BTreeSet<_> = blocks.iter().map(|(key, _)| key[1..9].to_vec()).collect();
    ids.len()
}
