//! What must hold of whatever a crash leaves: it opens, is whole, and is a state the history was in.

use super::run::open;
use super::{Model, differences, show};
use crate::block_on::block_on;
use crate::medium::stored_trees;
use amphi_core::Result;
use amphi_core::database::Database;
use amphi_core::kv::KvBackend;
use amphi_core::router::Config;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A history that a crash ended.
pub struct Crashed {
    /// Its states, oldest first.
    pub states: Vec<Model>,
    /// The options of its database.
    pub config: Config,
    /// Its steps, for messages.
    pub log: String,
}

impl Crashed {
    /// Opens its database over a store.
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub fn open(&self, store: Arc<dyn KvBackend>) -> Result<Database> {
        open(store, &self.config)
    }

    /// Opens a store and requires that it is whole, holds one of the states that it may, and nothing
    /// else. Returns what it shows.
    pub fn require_prefix(
        &self,
        store: Arc<dyn KvBackend>,
        may_be: RangeInclusive<usize>,
        what: &str,
    ) -> Model {
        let db = self
            .open(store.clone())
            .unwrap_or_else(|e| panic!("{what}: cannot be opened: {e}\n{}", self.log));
        let report =
            block_on(db.check()).unwrap_or_else(|e| panic!("{what}: cannot be checked: {e}\n{}", self.log));
        assert!(report.is_empty(), "{what}: not whole: {report}\n{}", self.log);
        let shown = block_on(show(&mut db.session())).unwrap();
        let to = (*may_be.end()).min(self.states.len() - 1);
        let from = (*may_be.start()).min(to);
        let found = self.states[from..=to].iter().any(|s| s.stored() == shown);
        assert!(
            found,
            "{what}: none of the states {from}..={to}; it {}\n{}",
            differences(&shown, &self.states[to].stored()),
            self.log
        );
        assert_eq!(
            stored_trees(&*store),
            shown.stored_trees(),
            "{what}: trees that no table has are left\n{}",
            self.log
        );
        shown
    }
}
