//! Calling scalar functions.
//!
//! A constant argument reaches the function as a column of one row, which stands for every row. A
//! function of constants only is called for one row.

use super::evaluate::evaluate;
use super::input::Input;
use super::scope::Scope;
use super::vector::{Vector, assemble, union, with_nulls};
use crate::sql::functions::{ScalarFunction, UserFunction};
use crate::sql::plan::Expr;
use crate::types::{AppendValues, Bitmap, Column, ColumnBuilder, DataType, Result, Value};
use alloc::vec::Vec;

/// The arguments of a call and their types.
fn arguments(args: &[Expr], input: &Input<'_>, scope: &Scope<'_>) -> Result<(Vec<Vector>, Vec<DataType>)> {
    let vectors = args.iter().map(|a| evaluate(a, input, scope));
    let vectors = vectors.collect::<Result<_>>()?;
    Ok((vectors, args.iter().map(Expr::ty).collect()))
}

/// Calls a function over the rows of the input.
pub(super) fn call(
    function: &ScalarFunction,
    args: &[Expr],
    ty: &DataType,
    input: &Input<'_>,
    scope: &Scope<'_>,
) -> Result<Vector> {
    let (vectors, types) = arguments(args, input, scope)?;
    if function.strict && vectors.iter().any(Vector::is_null_constant) {
        return Ok(Vector::null(ty.physical()));
    }
    let constant = function.deterministic && vectors.iter().all(|v| v.constant);
    let rows = if constant { 1 } else { input.rows() };
    let run = |columns: &[Column], rows| (function.eval)(&scope.functions, columns, &types, ty, rows);
    let columns: Vec<Column> = vectors.iter().map(|v| v.column.clone()).collect();
    let nulls = match function.strict {
        true => vectors.iter().fold(None, |n, v| union(n.as_ref(), v.nulls())),
        false => None,
    };
    let column = match (run(&columns, rows), nulls) {
        (Err(_), Some(nulls)) => {
            // The values under NULLs may be at fault: leave those rows out.
            let valid: Vec<u32> = (0..rows as u32).filter(|i| !nulls.get(*i as usize)).collect();
            let some = |v: &Vector| {
                if v.constant {
                    v.column.clone()
                } else {
                    v.column.gather(&valid)
                }
            };
            let columns: Vec<Column> = vectors.iter().map(some).collect();
            if valid.is_empty() {
                Column::nulls(ty.physical(), rows)
            } else {
                let part = Vector::column(run(&columns, valid.len())?);
                assemble(&[(valid, part)], rows, ty.physical(), scope)?
            }
        }
        (result, nulls) => with_nulls(result?, nulls.filter(Bitmap::any)),
    };
    Ok(Vector {
        constant: constant || (column.len() == 1 && input.rows() != 1),
        column,
    })
}

/// Calls a function that the program brings, for each row of the input; once if it has constants only.
pub(super) fn call_user(
    function: &UserFunction,
    args: &[Expr],
    input: &Input<'_>,
    scope: &Scope<'_>,
) -> Result<Vector> {
    let (vectors, types) = arguments(args, input, scope)?;
    let constant = vectors.iter().all(|v| v.constant);
    let rows = if constant { 1 } else { input.rows() };
    let mut out = ColumnBuilder::with_capacity(function.returns.physical(), rows);
    let mut values: Vec<Value> = Vec::with_capacity(args.len());
    for row in 0..rows {
        scope.functions.check_interrupt()?;
        values.clear();
        let of = |(v, ty): (&Vector, &DataType)| v.column.value(if v.constant { 0 } else { row }, ty);
        values.extend(vectors.iter().zip(&types).map(of));
        let value = function.call(&values)?;
        match &value {
            Value::Text(text) => scope.functions.scratch.take(text.len())?,
            Value::Blob(bytes) => scope.functions.scratch.take(bytes.len())?,
            _ => {}
        }
        out.append_value(&value, &function.returns)?;
    }
    let column = out.finish();
    Ok(match constant {
        true => Vector::constant(column),
        false => Vector::column(column),
    })
}
