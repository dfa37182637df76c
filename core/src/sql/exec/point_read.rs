//! Queries that ask for one row by its key, answered from the leaf: no operators, no batches.
//!
//! `SELECT columns FROM t WHERE id = ?`, and the same by all columns of a unique index. The plan stays
//! what the optimizer made of it; this is another way to run it, with the same answer. Everything else,
//! and a row whose block is not resident, is the operators' work.

use super::constant::constant_in;
use super::eval::Scope;
use super::table_columns::TableColumns;
use crate::catalog::{Catalog, TableDef, TableId};
use crate::codec::encode_key_part;
use crate::sql::plan::{Access, Expr, Plan, Query, ScanBounds};
use crate::table::Table;
use crate::tree::{Missing, Pins, RowAt};
use crate::txn::ReadSet;
use crate::types::{Batch, DataType, Error, Result, RowId, Value};
use alloc::{string::String, string::ToString, sync::Arc, vec::Vec};
use core::ops::Bound;
use core::task::{Poll, ready};

/// A query that reads one row by its key.
#[derive(Debug)]
pub struct PointRead {
    table: TableId,
    key: Key,
    columns: Arc<TableColumns>,
}

#[derive(Debug)]
enum Key {
    /// An integer literal or parameter.
    RowId(Expr),
    /// A unique index, and literals or parameters for all of its columns.
    Unique(usize, Vec<Expr>),
}

/// A literal or a parameter, perhaps converted: nothing that a clock or a session could change.
fn is_plain(e: &Expr) -> bool {
    match e {
        Expr::Literal { .. } | Expr::Param { .. } => true,
        Expr::Cast { operand, ty, .. } => !ty.is_temporal() && is_plain(operand),
        _ => false,
    }
}

fn is_plain_int(e: &Expr) -> bool {
    matches!(
        e,
        Expr::Literal {
            value: Value::Int(_),
            ty: DataType::Int(_)
        } | Expr::Param {
            ty: DataType::Int(_),
            ..
        }
    )
}

impl Key {
    fn of(access: &Access, def: &TableDef) -> Option<Key> {
        match access {
            Access::RowIdList(list) => match list.as_slice() {
                [id] if is_plain_int(id) => Some(Key::RowId(id.clone())),
                _ => None,
            },
            Access::Index {
                index,
                equal,
                bounds:
                    ScanBounds {
                        from: Bound::Unbounded,
                        to: Bound::Unbounded,
                    },
                instead: None,
                ..
            } => {
                let whole = def
                    .indexes
                    .get(*index)
                    .is_some_and(|i| i.unique && i.columns.len() == equal.len());
                (whole && equal.iter().all(is_plain)).then(|| Key::Unique(*index, equal.clone()))
            }
            _ => None,
        }
    }
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
        let key = Key::of(access, def)?;
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
        match &self.key {
            Key::RowId(id) => {
                if let Some(id) = plain_int(id, scope.params) {
                    reads.range(self.table, id, id);
                }
            }
            Key::Unique(..) => reads.table(self.table),
        }
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
        let found = match &self.key {
            Key::RowId(id) => match plain_int(id, scope.params) {
                Some(id) => ready!(table.rows.get(id, pins, missing))?,
                None => None,
            },
            Key::Unique(index, values) => ready!(by_key(table, *index, values, scope, pins, missing))?,
        };
        Poll::Ready(Ok(found.map(|at| PointRow {
            at,
            columns: self.columns.clone(),
        })))
    }
}

/// The row under a key of a unique index.
fn by_key(
    table: &Table,
    index: usize,
    values: &[Expr],
    scope: &Scope<'_>,
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Option<RowAt>>> {
    let parts = table.index_parts(index);
    let Some(tree) = table.indexes.get(index).filter(|_| parts.len() == values.len()) else {
        return Poll::Ready(Err(Error::invalid("an index of the plan does not exist")));
    };
    let mut key = Vec::new();
    for (value, part) in values.iter().zip(parts) {
        let value = constant_in(value, scope)?;
        if value.is_null(0) {
            return Poll::Ready(Ok(None)); // NULL equals nothing
        }
        encode_key_part(&mut key, part, &value, 0);
    }
    let Some(id) = ready!(tree.get(&key, pins, missing))? else {
        return Poll::Ready(Ok(None));
    };
    match ready!(table.rows.get(id, pins, missing))? {
        Some(at) => Poll::Ready(Ok(Some(at))),
        // An index entry without its row.
        None => Poll::Ready(Err(Error::Corrupted {
            table: table.def.name.clone(),
            key: tree.home().label.to_string(),
        })),
    }
}

/// The value of an integer literal or parameter; NULL gives `None`.
fn plain_int(expr: &Expr, params: &[Value]) -> Option<RowId> {
    let value = match expr {
        Expr::Literal { value, .. } => Some(value),
        Expr::Param { index, .. } => params.get(*index),
        _ => None,
    };
    match value {
        Some(Value::Int(i)) => Some(*i),
        _ => None,
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
