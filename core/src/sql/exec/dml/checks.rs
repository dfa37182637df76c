//! NOT NULL and CHECK, a batch at a time.

use crate::catalog::TableDef;
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::plan::{Expr, RowCheck};
use crate::types::{Batch, Column, Error, Result};
use alloc::string::String;

/// The error for NULL in a column.
pub(super) fn null_in(def: &TableDef, column: usize) -> Error {
    Error::NotNull {
        table: def.name.clone(),
        column: def
            .columns
            .get(column)
            .map_or_else(String::new, |c| c.name.clone()),
    }
}

/// Refuses NULL in `values`, meant for table column `column`, if that is NOT NULL.
pub(super) fn refuse_null(def: &TableDef, column: usize, values: &Column) -> Result<()> {
    let not_null = def.columns.get(column).is_some_and(|c| !c.nullable);
    if not_null && values.null_bitmap().is_some_and(|n| n.any()) {
        return Err(null_in(def, column));
    }
    Ok(())
}

/// Refuses rows for which a condition is false; NULL passes. `rows` has one column per table column.
///
/// # Errors
/// [`Error::CheckViolated`], [`Error::CheckOption`]; those of the conditions.
pub fn refuse_false<'a>(
    def: &TableDef,
    checks: impl Iterator<Item = &'a RowCheck>,
    rows: &Batch,
    scope: &Scope<'_>,
) -> Result<()> {
    for check in checks {
        let holds = eval(&check.condition, rows, scope)?;
        let is_false = |(row, value): (usize, &i64)| *value == 0 && !holds.is_null(row);
        if holds.i64s().iter().enumerate().any(is_false) {
            let name = check.name.clone();
            return Err(match check.of_view {
                true => Error::CheckOption { view: name },
                false => Error::CheckViolated {
                    table: def.name.clone(),
                    constraint: name,
                },
            });
        }
    }
    Ok(())
}

/// Whether an expression reads column `column` of its input.
pub(super) fn reads_column(expr: &Expr, column: usize) -> bool {
    let mut stack = alloc::vec![expr];
    while let Some(expr) = stack.pop() {
        if matches!(expr, Expr::Column { index, .. } if *index == column) {
            return true;
        }
        expr.for_each_child(&mut |child| stack.push(child));
    }
    false
}
