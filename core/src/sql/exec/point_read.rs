//! Queries that ask for one row by its key, answered from the leaf: no operators, no batches.
//!
//! `SELECT columns FROM t WHERE id = ?`, and the same by all columns of a unique index. The plan stays
//! what the optimizer made of it; this is another way to run it, with the same answer. Everything else,
//! and a row whose block is not resident, is the operators' work.

use super::eval::Scope;
use super::point_key::PointKey;
use super::table_columns::TableColumns;
use crate::catalog::{Catalog, TableId};
use crate::sql::plan::{Expr, Plan, Query};
use crate::tree::{Missing, Pins, RowAt};
use crate::txn::ReadSet;
use crate::types::{Batch, DataType, Result, Value};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A query that reads one row by its key.
#[derive(Debug)]
pub struct PointRead {
    table: TableId,
    key: PointKey,
    columns: Arc<TableColumns>,
}

impl PointRead {
    /// The query as a point read; `None` if it is none.
    pub fn of(query: &Query, catalog: &Catalog) -> Option<PointRead> {
        if !query.sub_plans.is_empty() {
            return None;
        }
        let (scan, exprs) = match &query.plan {
            Plan::Project { input, exprs } => (&**input, Some(exprs)),
            scan => (scan, None),
        };
        let Plan::Scan {
            table,
            columns,
            row_id,
            access,
            filter: None,
            ..
        } = scan
        else {
            return None;
        };
        let def = &catalog.get(*table)?.def;
        let key = PointKey::of(access, def)?;
        let all = TableColumns::new(def, columns, *row_id);
        let columns = match exprs {
            None => all,
            Some(exprs) => {
                let plain = exprs.iter().map(|e| match e {
                    Expr::Column { index, .. } => Some(*index),
                    _ => None,
                });
                all.choose(&plain.collect::<Option<Vec<_>>>()?)?
            }
        };
        Some(PointRead {
            table: *table,
            key,
            columns: Arc::new(columns),
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
    ) -> Poll<Result<Option<PointRow>>> {
        let table = catalog.table(self.table)?;
        let found = ready!(self.key.find(table, scope, pins, missing))?;
        Poll::Ready(Ok(found.map(|at| PointRow {
            at,
            columns: self.columns.clone(),
        })))
    }
}

/// One row of a result, in its leaf: values are read when asked for.
#[derive(Debug, Clone)]
pub struct PointRow {
    at: RowAt,
    columns: Arc<TableColumns>,
}

impl PointRow {
    /// Value `column` of the row, of that type; a column that does not exist is NULL.
    pub fn value(&self, column: usize, ty: &DataType) -> Value {
        self.columns.value(&self.at, column, ty)
    }

    /// Whether value `column` is NULL.
    pub fn is_null(&self, column: usize) -> bool {
        self.columns.is_null(&self.at, column)
    }

    /// Appends the text of value `column`.
    pub fn write_text(&self, column: usize, ty: &DataType, out: &mut String) {
        self.columns.write_text(&self.at, column, ty, out);
    }

    /// The row as a batch of one row.
    pub fn into_batch(self) -> Batch {
        self.columns.of_rows(&[self.at])
    }
}
