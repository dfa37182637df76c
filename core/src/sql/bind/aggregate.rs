//! Aggregates: collecting their calls, and rewriting expressions over what GROUP BY yields.
//!
//! While a select list is bound, an aggregate stands as a column whose index starts at [`AGGREGATE`]:
//! where the aggregates' columns will be is known only when all keys are.

use super::binder::{Binder, Env};
use super::names::Scope;
use super::refuse::{Place, invalid, unsupported};
use super::types::{convert_all, shown_as};
use super::window::WINDOW;
use crate::sql::functions::Aggregate;
use crate::sql::plan::Expr;
use crate::types::{DataType, Error, Result};
use alloc::{format, vec::Vec};
use sqlparser::ast::{Function, FunctionArg};

/// Column indexes from here on, below [`WINDOW`], stand for aggregates.
const AGGREGATE: usize = usize::MAX / 2;

/// Which aggregate a column index stands for.
fn aggregate_at(index: usize) -> Option<usize> {
    index.checked_sub(AGGREGATE).filter(|_| index < WINDOW)
}

/// Whether an expression of a select list contains an aggregate.
pub(super) fn contains_aggregate(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Column { index, .. } if aggregate_at(*index).is_some());
    if !found {
        expr.for_each_child(&mut |c| found = found || contains_aggregate(c));
    }
    found
}

impl<'a> Binder<'a> {
    /// A call of an aggregate.
    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        f: &'a Function,
        arguments: &'a [FunctionArg],
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        if env.aggregates.is_none() {
            let name = function.name();
            return Err(invalid(
                format!("the aggregate {name} cannot stand in {}", env.clause),
                f,
            ));
        }
        let mut inner = Env {
            subqueries: env.subqueries,
            correlated: env.correlated,
            ..Env::new(env.scope, "an aggregate's argument")
        };
        let (call, shown) = self.aggregate_call(function, f, arguments, &mut inner)?;
        let ty = call.ty.clone();
        let Some(calls) = &mut env.aggregates else {
            return Err(unsupported("an aggregate here", f));
        };
        let position = match calls.iter().position(|c| *c == call) {
            Some(i) => i,
            None => {
                calls.push(call);
                calls.len() - 1
            }
        };
        let result = Expr::Column {
            index: AGGREGATE + position,
            ty,
        };
        Ok(shown_as(result, &shown))
    }
}

/// The keys of a GROUP BY, and rewriting expressions over them.
pub(super) struct Grouping<'s> {
    scope: &'s Scope,
    pub(super) keys: Vec<Expr>,
}

impl<'s> Grouping<'s> {
    pub(super) fn new(scope: &'s Scope, keys: Vec<Expr>) -> Grouping<'s> {
        Grouping { scope, keys }
    }

    /// Replaces group keys by their columns. A column of a table whose whole primary key is grouped by
    /// depends on it and becomes a key itself.
    ///
    /// Errors: any other column.
    pub(super) fn replace_keys(&mut self, expr: &mut Expr) -> Result<()> {
        if let Some(index) = self.keys.iter().position(|k| k == expr) {
            let ty = expr.ty();
            *expr = Expr::Column { index, ty };
            return Ok(());
        }
        if let Expr::Column { index, ty } = expr {
            if *index >= AGGREGATE {
                return Ok(());
            }
            if !self.depends_on_keys(*index) {
                let name = self.scope.at_index(*index).map_or("", |c| self.scope.name(c));
                return Err(Error::invalid(format!(
                    "column {name} is neither in GROUP BY nor inside an aggregate"
                )));
            }
            let ty = ty.clone();
            let index = self.keys.len();
            let key = core::mem::replace(expr, Expr::Column { index, ty });
            self.keys.push(key);
            return Ok(());
        }
        let mut result = Ok(());
        expr.for_each_child_mut(&mut |c| {
            if result.is_ok() {
                result = self.replace_keys(c);
            }
        });
        result
    }

    fn depends_on_keys(&self, index: usize) -> bool {
        let Some(column) = self.scope.at_index(index) else {
            return false;
        };
        let Some(def) = self.scope.tables().get(column.table).and_then(|t| t.def()) else {
            return false;
        };
        let is_key = |c: &usize| {
            let same = self.scope.columns_at(column.table).find(|s| s.column == *c);
            same.is_some_and(|s| self.keys.contains(&s.expr()))
        };
        !def.primary_key.is_empty() && def.primary_key.iter().all(is_key)
    }

    /// Gives the aggregates' columns their place after the keys, when all keys are known.
    pub(super) fn place_aggregates(&self, expr: &mut Expr) {
        if let Expr::Column { index, .. } = expr
            && let Some(i) = aggregate_at(*index)
        {
            *index = self.keys.len() + i;
        }
        expr.for_each_child_mut(&mut |c| self.place_aggregates(c));
    }
}

/// Values of several rows in one type per column.
pub(super) fn unify_rows(rows: Vec<Vec<Expr>>, at: &impl Place) -> Result<(Vec<Vec<Expr>>, Vec<DataType>)> {
    let width = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|r| r.len() != width) {
        return Err(invalid("all rows of VALUES have as many values", at));
    }
    let mut columns: Vec<Vec<Expr>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    let count = rows.len();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let mut types = Vec::with_capacity(width);
    let mut out: Vec<Vec<Expr>> = (0..count).map(|_| Vec::with_capacity(width)).collect();
    for column in columns {
        let (column, ty) = convert_all(column, at.place())?;
        types.push(ty);
        for (row, value) in out.iter_mut().zip(column) {
            row.push(value);
        }
    }
    Ok((out, types))
}
