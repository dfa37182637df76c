//! The columns that the engine sets itself: generated columns, and ON UPDATE CURRENT_TIMESTAMP.
//!
//! They are computed where a row is complete and not yet written, so that CHECKs, NOT NULL, indexes and RETURNING
//! see them like any other column.

use super::checks::refuse_null;
use super::insert::column_name;
use super::source::named;
use crate::catalog::TableDef;
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::plan::{Derived, Expr};
use crate::types::{Batch, Column, Result};
use alloc::vec::Vec;

/// Computes generated columns, in order, and puts them into the rows: one column per table column.
///
/// # Errors
/// Those of the expressions; [`Error::NotNull`](crate::Error::NotNull).
pub fn generate(
    generated: &[(usize, Expr)],
    def: &TableDef,
    rows: &mut Batch,
    scope: &Scope<'_>,
) -> Result<()> {
    for (column, expr) in generated {
        let values = eval(expr, rows, scope).map_err(|e| named(e, || column_name(def, *column)))?;
        refuse_null(def, *column, &values)?;
        if let Some(slot) = rows.columns.get_mut(*column) {
            *slot = values;
        }
    }
    Ok(())
}

/// Appends the values of [`Derived::columns`] to `values`, the new values of the columns `set` in the rows `old`,
/// which have one column per table column (and maybe more).
pub(super) fn derive(
    derived: &Derived,
    def: &TableDef,
    old: &Batch,
    set: &[usize],
    values: &mut Vec<Column>,
    scope: &Scope<'_>,
) -> Result<()> {
    if derived.is_empty() {
        return Ok(());
    }
    let rows = old.rows();
    let mut new = Batch::new((0..def.columns.len()).map(|i| old.column(i)).collect(), rows);
    let mut changed = alloc::vec![false; if derived.touched.is_empty() { 0 } else { rows }];
    for (column, values) in set.iter().zip(values.iter()) {
        let Some(slot) = new.columns.get_mut(*column) else {
            continue;
        };
        for (row, changed) in changed.iter_mut().enumerate() {
            *changed = *changed || !slot.is_same(row, values, row);
        }
        *slot = values.clone();
    }
    for (column, expr) in &derived.touched {
        let Some(slot) = new.columns.get_mut(*column) else {
            continue;
        };
        let now = eval(expr, &Batch::new(Vec::new(), 1), scope)?;
        let mut touched = Column::with_capacity(slot.physical(), rows);
        for (row, changed) in changed.iter().enumerate() {
            match changed {
                true => touched.push_from(&now, 0),
                false => touched.push_from(slot, row),
            }
        }
        refuse_null(def, *column, &touched)?;
        *slot = touched;
    }
    generate(&derived.generated, def, &mut new, scope)?;
    values.extend(derived.columns().map(|c| new.column(c)));
    Ok(())
}
