//! The rows a statement starts from, batch by batch, and how much memory keeping them may take.

use crate::catalog::Catalog;
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::exec::{BATCH_ROWS, Env, QueryRun};
use crate::sql::memory::MemoryUse;
use crate::sql::plan::{Expr, Plan, Query};
use crate::tree::Missing;
use crate::types::{AppendValues, Batch, Column, ColumnBuilder, DataType, Error, Result, Value};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// Runs a query, or reads the rows of a VALUES list straight from the statement.
pub(super) enum Source {
    /// Rows of VALUES done so far; the list itself stays in the statement.
    Values(usize),
    /// Batches done so far of the rows in the surroundings that stand for the list.
    Given(usize),
    /// Anything else.
    Query(QueryRun),
}

impl Source {
    pub(super) fn new(query: &Arc<Query>, catalog: &Catalog, env: &Env) -> Result<Source> {
        let watched = env.watch.as_ref().is_some_and(|w| w.is_of(query));
        if query.sub_plans.is_empty() && matches!(query.plan, Plan::Values { .. }) && !watched {
            return Ok(match env.rows {
                Some(_) => Source::Given(0),
                None => Source::Values(0),
            });
        }
        let run = QueryRun::new(query.clone(), catalog, env.clone())?;
        Ok(Source::Query(run))
    }

    /// The next rows of `query`, the query it was made for; `None` at the end.
    /// Errors of a VALUES list get the column's name from `name`.
    fn next(
        &mut self,
        query: &Query,
        name: &dyn Fn(usize) -> Option<String>,
        env: &Env,
        missing: &mut Missing,
    ) -> Poll<Result<Option<Batch>>> {
        match self {
            Source::Query(run) => run.step(missing),
            Source::Given(done) => {
                let next = env.rows.as_ref().and_then(|rows| rows.get(*done));
                *done += 1;
                Poll::Ready(Ok(next.cloned()))
            }
            Source::Values(done) => {
                let Plan::Values { rows, types } = &query.plan else {
                    return Poll::Ready(Ok(None));
                };
                let rows = rows.get(*done..).unwrap_or(&[]);
                let rows = rows.get(..BATCH_ROWS.min(rows.len())).unwrap_or(&[]);
                *done += rows.len();
                Poll::Ready(values(rows, types, name, env))
            }
        }
    }

    /// The surroundings with the results of the query's sub-plans, once it has run; `None`: unchanged.
    pub(super) fn env(&self) -> Option<Env> {
        match self {
            Source::Values(_) | Source::Given(_) => None,
            Source::Query(run) => Some(run.env().clone()),
        }
    }
}

fn values(
    rows: &[Vec<Expr>],
    types: &[DataType],
    name: &dyn Fn(usize) -> Option<String>,
    env: &Env,
) -> Result<Option<Batch>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let scope = env.scope();
    let mut columns = Vec::with_capacity(types.len());
    for (i, ty) in types.iter().enumerate() {
        let mut column = ColumnBuilder::with_capacity(ty.physical(), rows.len());
        for row in rows {
            match row.get(i) {
                Some(expr) => push(&mut column, expr, ty, &scope).map_err(|e| named(e, || name(i)))?,
                None => column.append_null(),
            }
        }
        columns.push(column.finish());
    }
    Ok(Some(Batch::new(columns, rows.len())))
}

/// The error with the column the value was meant for, if it does not say.
pub fn named(mut error: Error, name: impl FnOnce() -> Option<String>) -> Error {
    if let Error::TypeMismatch { column, .. } | Error::OutOfRange { column, .. } = &mut error
        && column.is_none()
    {
        *column = name();
    }
    error
}

/// Appends the value of an expression without columns.
pub(super) fn push(
    column: &mut impl AppendValues,
    expr: &Expr,
    ty: &DataType,
    scope: &Scope<'_>,
) -> Result<()> {
    match plain(expr, ty, scope) {
        Some(value) => column.append_value(value, ty),
        None => {
            column.append_from(&eval(expr, &Batch::new(Vec::new(), 1), scope)?, 0);
            Ok(())
        }
    }
}

/// The value of a literal or parameter, also one that is converted to the very type it is stored as:
/// appending it converts by the same rules.
fn plain<'a>(expr: &'a Expr, ty: &DataType, scope: &Scope<'a>) -> Option<&'a Value> {
    match bare(expr, ty) {
        Expr::Literal { value, .. } => Some(value),
        Expr::Param { index, .. } => scope.params.get(*index),
        _ => None,
    }
}

/// The parameter that the value is, as [`plain`] has it.
pub(super) fn plain_param(expr: &Expr, ty: &DataType) -> Option<usize> {
    match bare(expr, ty) {
        Expr::Param { index, .. } => Some(*index),
        _ => None,
    }
}

/// The expression without conversions to the type it is stored as.
fn bare<'a>(mut expr: &'a Expr, ty: &DataType) -> &'a Expr {
    while let Expr::Cast {
        operand,
        ty: to,
        strict: true,
    } = expr
        && to == ty
        && matches!(
            **operand,
            Expr::Literal { .. } | Expr::Param { .. } | Expr::Cast { .. }
        )
    {
        expr = operand;
    }
    expr
}

/// Counts the bytes of collected rows as part of the statement's memory.
pub(super) struct Collected {
    memory: MemoryUse,
}

impl Collected {
    pub(super) fn new(env: &Env) -> Collected {
        Collected {
            memory: env.memory.part(),
        }
    }

    /// The bytes so far.
    pub(super) fn bytes(&self) -> usize {
        self.memory.held()
    }

    /// # Errors
    /// [`Error::QueryMemory`] beyond the limit.
    pub(super) fn add<'a>(&mut self, columns: impl Iterator<Item = &'a Column>) -> Result<()> {
        self.memory.add(columns.map(Column::memory).sum())
    }
}

/// Runs a source to its end and hands over its batches that have rows.
pub(super) fn drain(
    source: &mut Source,
    query: &Query,
    name: &dyn Fn(usize) -> Option<String>,
    env: &Env,
    missing: &mut Missing,
    mut take: impl FnMut(Batch) -> Result<()>,
) -> Poll<Result<()>> {
    while let Some(batch) = ready!(source.next(query, name, env, missing))? {
        if batch.rows() > 0 {
            take(batch)?;
        }
    }
    Poll::Ready(Ok(()))
}

/// For sources whose columns are not meant for columns of a table.
pub(super) fn unnamed(_: usize) -> Option<String> {
    None
}
