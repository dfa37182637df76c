//! The key by which a statement asks for one row: its id, or all columns of a unique index.

use super::constant::constant_in;
use super::eval::Scope;
use crate::catalog::{TableDef, TableId};
use crate::codec::encode_key_part;
use crate::sql::plan::{Access, Expr, ScanBounds};
use crate::table::Table;
use crate::tree::{Missing, Pins, RowAt};
use crate::txn::ReadSet;
use crate::types::{DataType, Result, RowId, Value};
use alloc::vec::Vec;
use core::ops::Bound;
use core::task::{Poll, ready};

/// See the module.
#[derive(Debug)]
pub(super) enum PointKey {
    /// An integer literal or parameter.
    RowId(Expr),
    /// A unique index, and literals or parameters for all of its columns.
    Unique(usize, Vec<Expr>),
}

/// A literal or a parameter, perhaps converted: nothing that a clock or a session could change.
pub(super) fn is_plain(e: &Expr) -> bool {
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

impl PointKey {
    /// The key an access looks one row up by; `None` if it is none.
    pub(super) fn of(access: &Access, def: &TableDef) -> Option<PointKey> {
        match access {
            Access::RowIdList(list) => match list.as_slice() {
                [id] if is_plain_int(id) => Some(PointKey::RowId(id.clone())),
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
                (whole && equal.iter().all(is_plain)).then(|| PointKey::Unique(*index, equal.clone()))
            }
            _ => None,
        }
    }

    /// The row id, if that is the key; NULL gives `None` too.
    pub(super) fn row_id(&self, params: &[Value]) -> Option<RowId> {
        match self {
            PointKey::RowId(id) => plain_int(id, params),
            PointKey::Unique(..) => None,
        }
    }

    /// Whether the key is the row id.
    pub(super) fn is_row_id(&self) -> bool {
        matches!(self, PointKey::RowId(_))
    }

    /// The row of the key, if there is one.
    ///
    /// # Errors
    /// [`Error::Corrupted`]; those of converting the key.
    pub(super) fn find(
        &self,
        table: &Table,
        scope: &Scope<'_>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Option<RowAt>>> {
        match self {
            PointKey::RowId(id) => match plain_int(id, scope.params) {
                Some(id) => table.rows.get(id, pins, missing),
                None => Poll::Ready(Ok(None)),
            },
            PointKey::Unique(index, values) => by_key(table, *index, values, scope, pins, missing),
        }
    }

    /// Records what looking it up reads, for SERIALIZABLE.
    pub(super) fn record(&self, table: TableId, scope: &Scope<'_>, reads: &mut ReadSet) {
        match self {
            PointKey::RowId(id) => match plain_int(id, scope.params) {
                Some(id) => reads.range(table, id, id),
                None => reads.no_rows(table),
            },
            PointKey::Unique(..) => reads.table(table),
        }
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
    let (tree, parts) = table.index(index)?;
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
        None => Poll::Ready(Err(tree.entry_without_row(&table.def.name))),
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
