//! The bound on the blocks that an open transaction keeps in memory.
//!
//! Blocks of persistent tables that it changed cannot leave memory before it commits, nor can those they
//! replace. They are counted before a row is changed, so the bound is exceeded by one row operation (a
//! row, or a batch of an insert) at most.

use crate::catalog::{Catalog, TableId};
use crate::types::{Error, Result};
use alloc::sync::Arc;

/// Row operations after which the blocks are counted again at the latest.
const MOST_UNCOUNTED: u32 = 256;

/// See the module.
pub(super) struct Bound {
    limit: usize,
    /// The version whose blocks are not the transaction's.
    base: Catalog,
    /// Unwritten bytes of all transactions at which the blocks are counted again.
    next: usize,
    uncounted: u32,
}

impl Bound {
    pub(super) fn new(limit: usize, base: Catalog) -> Bound {
        Bound {
            limit,
            base,
            next: 0,
            uncounted: 0,
        }
    }

    /// The transaction is now one on top of `base`.
    pub(super) fn moved(&mut self, base: Catalog) {
        *self = Bound::new(self.limit, base);
    }

    /// Before a row of `table` is changed in `catalog`.
    ///
    /// # Errors
    /// [`Error::TransactionMemory`] if the transaction holds more than its bound already.
    #[inline]
    pub(super) fn require_room(&mut self, catalog: &Catalog, table: TableId) -> Result<()> {
        // Its own blocks are among all unwritten ones, and these are seldom many.
        let unwritten = catalog.table(table)?.rows.home().cache().unwritten();
        if unwritten <= self.limit {
            return Ok(());
        }
        self.uncounted += 1;
        if unwritten < self.next && self.uncounted < MOST_UNCOUNTED {
            return Ok(());
        }
        self.count(unwritten, catalog)
    }

    fn count(&mut self, unwritten: usize, catalog: &Catalog) -> Result<()> {
        let mut own = 0_usize;
        for table in catalog.tables() {
            match self.base.get(table.def.id) {
                Some(before) if Arc::ptr_eq(before, table) => {}
                before => own = own.saturating_add(table.held_bytes(before.map(|b| &**b))),
            }
        }
        if own > self.limit {
            return Err(Error::TransactionMemory { limit: self.limit });
        }
        self.next = unwritten.saturating_add((self.limit - own) / 2);
        self.uncounted = 0;
        Ok(())
    }
}
