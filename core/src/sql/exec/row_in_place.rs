//! Rows of a result that stay in their leaves: values are read when they are asked for, nothing is copied.

use super::table_columns::TableColumns;
use crate::catalog::{Catalog, TableId};
use crate::sql::plan::{Access, Expr, OutputColumn, Plan, Query};
use crate::tree::RowAt;
use crate::types::{Batch, ValueRef};
use alloc::{sync::Arc, vec, vec::Vec};

/// The columns of such rows.
#[derive(Debug)]
pub struct RowShape {
    columns: Arc<[OutputColumn]>,
    sources: TableColumns,
}

impl RowShape {
    /// The table of a query that is nothing but columns of rows of one table, how it reaches the rows, and
    /// their columns. `None` if the query is more.
    pub fn of<'q>(query: &'q Query, catalog: &Catalog) -> Option<(TableId, &'q Access, RowShape)> {
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
        let all = TableColumns::new(&catalog.get(*table)?.def, columns, *row_id);
        let sources = match exprs {
            None => all,
            Some(exprs) => {
                let plain = exprs.iter().map(|e| match e {
                    Expr::Column { index, .. } => Some(*index),
                    _ => None,
                });
                all.choose(&plain.collect::<Option<Vec<_>>>()?)?
            }
        };
        let shape = RowShape {
            columns: query.columns.clone(),
            sources,
        };
        Some((*table, access, shape))
    }

    /// Whether the rows themselves are not needed, only how many there are or their ids.
    pub fn only_row_ids(&self) -> bool {
        self.sources.only_row_ids()
    }
}

/// One row of a result, in its leaf.
#[derive(Debug, Clone)]
pub struct RowInPlace {
    at: RowAt,
    shape: Arc<RowShape>,
}

impl RowInPlace {
    /// A row of that shape.
    pub fn new(at: RowAt, shape: Arc<RowShape>) -> RowInPlace {
        RowInPlace { at, shape }
    }

    /// Gets what is about to be read into the processor's caches, all at once.
    pub fn touch(&self) {
        self.shape.sources.touch(&self.at);
    }

    /// The result columns.
    pub fn columns(&self) -> &Arc<[OutputColumn]> {
        &self.shape.columns
    }

    /// Value `column` of the row; a column that does not exist is NULL.
    #[inline]
    pub fn value(&self, column: usize) -> ValueRef<'_> {
        match self.shape.columns.get(column) {
            Some(c) => self.shape.sources.value(&self.at, column, &c.ty),
            None => ValueRef::Null,
        }
    }

    /// The row as a batch of one row.
    pub fn into_batch(self) -> Batch {
        self.shape.sources.of_rows(&[self.at])
    }
}

/// Rows of one shape, in order.
#[derive(Debug)]
pub struct RowsInPlace {
    rows: vec::IntoIter<RowAt>,
    shape: Arc<RowShape>,
}

impl RowsInPlace {
    /// Rows of that shape.
    pub fn new(rows: Vec<RowAt>, shape: Arc<RowShape>) -> RowsInPlace {
        RowsInPlace {
            rows: rows.into_iter(),
            shape,
        }
    }

    /// Gets what is about to be read into the processor's caches, all at once.
    pub fn touch(&self) {
        let rows = self.rows.as_slice().iter();
        rows.for_each(|at| self.shape.sources.touch(at));
    }

    /// Whether there are no more.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// The rows that are left as a batch; `None` if there are none.
    pub fn take_batch(&mut self) -> Option<Batch> {
        let batch = (!self.is_empty()).then(|| self.shape.sources.of_rows(self.rows.as_slice()))?;
        self.rows = Vec::new().into_iter();
        Some(batch)
    }
}

impl Iterator for RowsInPlace {
    type Item = RowInPlace;

    fn next(&mut self) -> Option<RowInPlace> {
        let (at, shape) = (self.rows.next()?, self.shape.clone());
        Some(RowInPlace { at, shape })
    }
}
