//! Exchanging the keys of one row in several indexes, all or none.

use super::table::Table;
use super::wait::{Wait, settled};
use crate::tree::{Missing, Pins};
use crate::types::{Error, Result, RowId};
use alloc::vec::Vec;
use core::task::Poll;

/// The old and the new key of a row in one index. Equal keys differ in the row id they lead to.
pub(super) struct KeyChange {
    pub(super) index: usize,
    pub(super) old: Vec<u8>,
    pub(super) new: Vec<u8>,
}

/// Why keys were not exchanged; the indexes are as before.
pub(super) enum KeyFailure {
    /// The new key exists in this index.
    Duplicate(usize),
    /// Anything else.
    Other(Error),
}

impl From<Error> for KeyFailure {
    fn from(error: Error) -> KeyFailure {
        KeyFailure::Other(error)
    }
}

impl Table {
    /// Makes every leaf that the change touches resident.
    pub(super) fn ensure_keys(
        &self,
        changes: &[KeyChange],
        wait: &mut Wait,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<()> {
        for change in changes {
            if let Some(tree) = self.indexes.get(change.index) {
                wait.see(tree.ensure(&change.old, pins, missing))?;
                wait.see(tree.ensure(&change.new, pins, missing))?;
            }
        }
        Ok(())
    }

    /// Replaces every old key, which leads to `old_id`, by the new one, which leads to `new_id`.
    /// The leaves are resident.
    pub(super) fn change_keys(
        &mut self,
        changes: &[KeyChange],
        old_id: RowId,
        new_id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<(), KeyFailure> {
        // New keys first: only they can collide, and then there is little to take back.
        for (done, change) in changes.iter().enumerate() {
            if let Err(failure) = self.add_changed(change, new_id, pins, missing) {
                for change in changes.iter().take(done) {
                    self.key(change.index, |t| t.remove(&change.new, pins, missing))?;
                    if change.old == change.new {
                        self.key(change.index, |t| t.insert(&change.old, old_id, pins, missing))?;
                    }
                }
                if let Some(change) = changes.get(done)
                    && change.old == change.new
                {
                    self.key(change.index, |t| t.insert(&change.old, old_id, pins, missing))?;
                }
                return Err(failure);
            }
        }
        for change in changes.iter().filter(|c| c.old != c.new) {
            self.key(change.index, |t| t.remove(&change.old, pins, missing))?;
        }
        Ok(())
    }

    fn add_changed(
        &mut self,
        change: &KeyChange,
        new_id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Result<(), KeyFailure> {
        if change.old == change.new {
            self.key(change.index, |t| t.remove(&change.old, pins, missing))?;
        }
        match self.key(change.index, |t| t.insert(&change.new, new_id, pins, missing))? {
            true => Ok(()),
            false => Err(KeyFailure::Duplicate(change.index)),
        }
    }

    fn key(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut crate::tree::IndexTree) -> Poll<Result<bool>>,
    ) -> Result<bool> {
        match self.indexes.get_mut(index) {
            Some(tree) => settled(change(tree)),
            None => Ok(true),
        }
    }
}
