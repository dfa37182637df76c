//! How much memory the jobs that build trees may take.

use super::table::Table;
use crate::tree::{Residency, TreeHome};
use crate::types::{Error, Result};

/// Limits in bytes.
#[derive(Debug, Clone, Copy)]
pub struct JobMemory {
    /// Keys collected to be sorted: beyond it [`Error::QueryMemory`].
    pub collected: usize,
    /// New blocks of a persistent table, which stay in memory until they are committed: beyond it
    /// [`Error::TransactionMemory`].
    pub unwritten: usize,
}

impl JobMemory {
    /// No limits.
    pub const UNLIMITED: JobMemory = JobMemory {
        collected: usize::MAX,
        unwritten: usize::MAX,
    };

    pub(super) fn require_collected(self, bytes: usize) -> Result<()> {
        match bytes > self.collected {
            true => Err(Error::QueryMemory {
                limit: self.collected,
            }),
            false => Ok(()),
        }
    }

    pub(super) fn require_unwritten(self, table: &Table) -> Result<()> {
        let is_cached = |home: &TreeHome| home.stored && home.residency == Residency::Cached;
        match is_cached(table.rows.home()) && table.dirty_bytes() > self.unwritten {
            true => Err(Error::TransactionMemory {
                limit: self.unwritten,
            }),
            false => Ok(()),
        }
    }
}
