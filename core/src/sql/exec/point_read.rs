//! Queries that ask for one row by its key, answered from the leaf: no operators, no batches.
//!
//! `SELECT columns FROM t WHERE id = ?`, and the same by all columns of a unique index. The plan stays
//! what the optimizer made of it; this is another way to run it, with the same answer. Everything else,
//! and a row whose block is not resident, is the operators' work.

use super::eval::Scope;
use super::point_key::PointKey;
use super::row_in_place::{RowInPlace, RowShape};
use crate::catalog::{Catalog, TableId};
use crate::sql::plan::Query;
use crate::tree::{Missing, Pins};
use crate::txn::ReadSet;
use crate::types::Result;
use alloc::sync::Arc;
use core::task::{Poll, ready};

/// A query that reads one row by its key.
#[derive(Debug)]
pub struct PointRead {
    table: TableId,
    key: PointKey,
    shape: Arc<RowShape>,
}

impl PointRead {
    /// The query as a point read; `None` if it is none.
    pub fn of(query: &Query, catalog: &Catalog) -> Option<PointRead> {
        let (table, access, shape) = RowShape::of(query, catalog)?;
        Some(PointRead {
            table,
            key: PointKey::of(access, &catalog.get(table)?.def)?,
            shape: Arc::new(shape),
        })
    }

    /// Records what the query reads, for SERIALIZABLE.
    pub fn record(&self, scope: &Scope<'_>, reads: &mut ReadSet) {
        self.key.record(self.table, scope, reads);
    }

    /// The row, if there is one.
    ///
    /// # Errors
    /// [`Error::Corrupted`](crate::types::Error::Corrupted); those of converting the key.
    pub fn find(
        &self,
        catalog: &Catalog,
        scope: &Scope<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<RowInPlace>>> {
        let table = catalog.table(self.table)?;
        let found = ready!(self.key.find(table, scope, pins, missing))?;
        Poll::Ready(Ok(found.map(|at| RowInPlace::new(at, self.shape.clone()))))
    }
}
