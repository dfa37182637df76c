//! MODIFY COLUMN and its like: the rows converted, or only the definition changed where they are right as they are.

use super::alter::{rebuild_with, redefined, shift_parent_columns};
use super::statement_engine::StatementEngine;
use crate::catalog::TableId;
use crate::sql::exec::Env;
use crate::sql::exec::dml::{generate, named, refuse_false};
use crate::sql::exec::eval::eval;
use crate::sql::plan::ColumnChange;
use crate::table::{ColumnSource, ComputeRows, Table};
use crate::txn::Transaction;
use crate::types::{Batch, Column, DataType, Error, Result};
use alloc::boxed::Box;
use alloc::string::ToString;

pub(super) async fn change_column(
    engine: &StatementEngine<'_>,
    transaction: &mut Transaction,
    table: &Table,
    change: &ColumnChange,
    env: &Env,
) -> Result<Table> {
    let id: TableId = table.def.id;
    let place = |old: usize| change.from.iter().position(|f| *f == old).unwrap_or(old);
    let mut def = (*table.def).clone();
    def.for_each_position(&mut |p| *p = place(*p));
    def.columns.clone_from(&change.columns);
    def.row_id_column = change.row_id_column;
    if let Some(primary) = &change.primary {
        def.indexes.insert(0, primary.clone());
    }
    shift_parent_columns(transaction, id, |p| *p = place(*p))?;
    if !change.rewrites {
        return Ok(redefined(table, def));
    }
    let mapping = change.from.iter().map(|f| ColumnSource::Old(*f)).collect();
    let compute = computing(table, change, env);
    rebuild_with(engine, table, def, mapping, Some(compute)).await
}

/// Converts the column, and computes and checks what depends on it.
fn computing(table: &Table, change: &ColumnChange, env: &Env) -> ComputeRows {
    let (change, env) = (change.clone(), env.clone());
    let (old, sequence) = (table.def.clone(), table.sequence.clone());
    let mut def = (*old).clone();
    def.columns.clone_from(&change.columns);
    let from = change.from.get(change.column).copied().unwrap_or_default();
    let old_type = old.columns.get(from).map_or(DataType::Null, |c| c.ty.clone());
    Box::new(move |mut columns, rows| {
        let scope = env.scope();
        let name = || {
            let column = def.columns.get(change.column)?;
            Some(alloc::format!("{}.{}", def.name, column.name))
        };
        if let (Some(convert), Some(values)) = (&change.convert, columns.get(change.column)) {
            let values = values.clone();
            let before = Batch::new(columns.clone(), rows);
            let new = eval(convert, &before, &scope).map_err(|e| named(e, name))?;
            if let Some(is_same) = &change.is_same {
                let both = Batch::new(alloc::vec![values.clone(), new.clone()], rows);
                let same = eval(is_same, &both, &scope)?;
                if let Some(row) = first_false(&same) {
                    let to = def.columns.get(change.column).map(|c| c.ty.to_string());
                    return Err(Error::OutOfRange {
                        value: values.value(row, &old_type).to_string(),
                        expected: to.unwrap_or_default(),
                        column: name(),
                    });
                }
            }
            if let Some(place) = columns.get_mut(change.column) {
                *place = new;
            }
        }
        let mut rows = Batch::new(columns, rows);
        generate(&change.generated, &def, &mut rows, &scope)?;
        refuse_false(&def, change.checks.iter(), &rows, &scope)?;
        let automatic = def.columns.get(change.column).is_some_and(|c| c.auto_increment);
        if let Some(keys) = rows.columns.get(change.column).filter(|_| automatic) {
            let highest = keys.i64s().iter().copied().max();
            let highest = highest.or_else(|| {
                let decimal = keys.decimals().iter().copied().max();
                decimal.and_then(|d| i64::try_from(d).ok())
            });
            highest.into_iter().for_each(|h| sequence.raise_above(h));
        }
        Ok(rows.columns)
    })
}

fn first_false(values: &Column) -> Option<usize> {
    let is_false = |(row, value): (usize, &i64)| (*value == 0 && !values.is_null(row)).then_some(row);
    values.i64s().iter().enumerate().find_map(is_false)
}
