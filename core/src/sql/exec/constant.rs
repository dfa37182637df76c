//! Values known when an operator starts: expressions without columns, such as bounds and limits.

use super::Env;
use super::eval::{Scope, eval};
use crate::sql::plan::Expr;
use crate::types::{Batch, Column, Result, Value};

/// The value of an expression over constants, parameters and scalar sub-plans: a column of one row.
pub fn constant_in(expr: &Expr, scope: &Scope<'_>) -> Result<Column> {
    if let Some(i) = plain_int(expr, scope.params) {
        return Ok(Column::from_i64(alloc::vec![i]));
    }
    eval(expr, &Batch::new(alloc::vec::Vec::new(), 1), scope)
}

/// The value of an integer expression without columns; `None`: NULL.
pub fn constant_int(expr: &Expr, env: &Env) -> Result<Option<i64>> {
    constant_int_in(expr, &env.scope())
}

/// As [`constant_int`], by what expressions may refer to.
pub fn constant_int_in(expr: &Expr, scope: &Scope<'_>) -> Result<Option<i64>> {
    if let Some(i) = plain_int(expr, scope.params) {
        return Ok(Some(i));
    }
    let c = constant_in(expr, scope)?;
    Ok(if c.is_null(0) {
        None
    } else {
        c.i64s().first().copied()
    })
}

/// The value of LIMIT or OFFSET: NULL and negative count as `default` (MySQL and SQLite: a negative LIMIT is no limit).
pub fn constant_rows(expr: Option<&Expr>, default: u64, env: &Env) -> Result<u64> {
    match expr {
        None => Ok(default),
        Some(e) => Ok(constant_int(e, env)?.map_or(default, |n| u64::try_from(n).unwrap_or(default))),
    }
}

/// The common case without evaluation: an integer literal or parameter of an integer type.
fn plain_int(expr: &Expr, params: &[Value]) -> Option<i64> {
    let (value, ty) = match expr {
        Expr::Literal { value, ty } => (value, ty),
        Expr::Param { index, ty } => (params.get(*index)?, ty),
        _ => return None,
    };
    match (value, ty) {
        (Value::Int(i), crate::types::DataType::Int(_)) => Some(*i),
        _ => None,
    }
}
