//! Generated columns: what they may be, in which order they are computed, and which a statement computes.

use super::BindContext;
use super::column_values::{assign, bind_default, bind_own, is_default};
use crate::catalog::{ReferentialAction, TableDef};
use crate::sql::plan::{Derived, Expr};
use crate::types::{Error, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast;

/// Calls `f` on every part of an expression, itself first.
fn for_each_part<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    let mut stack = alloc::vec![expr];
    while let Some(e) = stack.pop() {
        f(e);
        e.for_each_child(&mut |child| stack.push(child));
    }
}

/// Whether an expression reads one of these columns.
pub(super) fn reads_any(expr: &Expr, columns: &[usize]) -> bool {
    let mut reads = false;
    for_each_part(expr, &mut |e| {
        reads |= matches!(e, Expr::Column { index, .. } if columns.contains(index));
    });
    reads
}

/// What a column is called in messages: a hidden one is made for an index.
pub(super) fn described(def: &TableDef, column: usize) -> String {
    match def.columns.get(column) {
        Some(c) if c.hidden => {
            let index = def
                .indexes
                .iter()
                .find(|i| i.columns.iter().any(|k| k.column == column));
            format!("index {}", index.map_or("on an expression", |i| i.name.as_str()))
        }
        Some(c) => format!("generated column {}", c.name),
        None => String::from("a generated column"),
    }
}

/// The first function whose result does not follow from its arguments.
fn indeterminate(expr: &Expr) -> Option<&'static str> {
    let mut found = None;
    for_each_part(expr, &mut |e| {
        if let Expr::Function { function, .. } = e
            && !function.deterministic
        {
            found = Some(function.name);
        }
    });
    found
}

/// Binds the expression of a generated column, converted to the column's type, and refuses what may not be in it.
fn bind_generated(def: &Arc<TableDef>, column: usize, sql: &str, cx: &BindContext<'_>) -> Result<Expr> {
    let no_longer = |e: Error| match e {
        Error::Unknown { .. } => Error::invalid(format!(
            "the expression of {} of table {} does not fit the table: {e}",
            described(def, column),
            def.name
        )),
        other => other,
    };
    let expr = bind_own(sql, def, "a generated column", cx).map_err(no_longer)?;
    if let Some(name) = indeterminate(&expr) {
        return Err(Error::invalid(format!(
            "{name} gives another result every time: it cannot be part of {}",
            described(def, column)
        )));
    }
    Ok(assign(expr, def, column))
}

/// All generated columns of a table and their values over its columns, in an order in which they can be computed.
///
/// Errors: [`Error::Invalid`] if they refer to each other in a circle, or to what they may not.
pub(super) fn generated(def: &Arc<TableDef>, cx: &BindContext<'_>) -> Result<Vec<(usize, Expr)>> {
    let mut waiting = Vec::new();
    for (i, c) in def.columns.iter().enumerate() {
        if let Some(g) = &c.generated {
            waiting.push((i, bind_generated(def, i, &g.sql, cx)?));
        }
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let left: Vec<usize> = waiting.iter().map(|(c, _)| *c).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, e)| !reads_any(e, &left));
        if let (true, Some((column, _))) = (ready.is_empty(), rest.first()) {
            return Err(Error::invalid(format!(
                "{} of table {} depends on itself",
                described(def, *column),
                def.name
            )));
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

/// The generated columns whose value may change when these columns do, in order; `changed` gets them too.
pub(super) fn depending(
    def: &Arc<TableDef>,
    changed: &mut Vec<usize>,
    cx: &BindContext<'_>,
) -> Result<Vec<(usize, Expr)>> {
    let mut all = generated(def, cx)?;
    all.retain(|(column, expr)| {
        let depends = changed.contains(column) || reads_any(expr, changed);
        if depends && !changed.contains(column) {
            changed.push(*column);
        }
        depends
    });
    Ok(all)
}

/// What the engine sets in rows in which a statement sets the columns `set`.
pub(super) fn derived(def: &Arc<TableDef>, set: &[usize], cx: &BindContext<'_>) -> Result<Derived> {
    let mut touched = Vec::new();
    for (i, c) in def.columns.iter().enumerate() {
        if let Some(sql) = &c.on_update
            && !set.contains(&i)
        {
            touched.push((i, bind_default(sql, &c.ty, cx)?));
        }
    }
    let mut changed: Vec<usize> = set
        .iter()
        .copied()
        .chain(touched.iter().map(|(c, _)| *c))
        .collect();
    Ok(Derived {
        touched,
        generated: depending(def, &mut changed, cx)?,
    })
}

/// Refuses a definition whose generated columns cannot be kept right.
pub(super) fn check_generated(def: &Arc<TableDef>, cx: &BindContext<'_>) -> Result<()> {
    let all = generated(def, cx)?;
    let refuse = |column: usize, why: String| {
        Err(Error::invalid(format!(
            "{} of table {}: {why}",
            described(def, column),
            def.name
        )))
    };
    let mut automatic: Vec<usize> = Vec::new();
    for (i, c) in def.columns.iter().enumerate() {
        if c.auto_increment {
            automatic.push(i);
        }
    }
    for (column, expr) in &all {
        let later: Vec<usize> = all.iter().map(|(c, _)| *c).filter(|c| c > column).collect();
        let hidden = def.columns.get(*column).is_some_and(|c| c.hidden);
        if def.primary_key.contains(column) {
            return refuse(*column, String::from("it cannot be part of the PRIMARY KEY"));
        }
        if !hidden && reads_any(expr, &later) {
            return refuse(
                *column,
                String::from("it depends on a generated column that comes later"),
            );
        }
        if !hidden && reads_any(expr, &automatic) {
            return refuse(
                *column,
                String::from("it cannot depend on the AUTO_INCREMENT column"),
            );
        }
    }
    // Foreign keys change rows without computing anything.
    for f in &def.foreign_keys {
        let keeps = |a: ReferentialAction, deletes: bool| match a {
            ReferentialAction::Restrict => true,
            ReferentialAction::Cascade => deletes,
            ReferentialAction::SetNull | ReferentialAction::SetDefault => false,
        };
        if keeps(f.on_delete, true) && keeps(f.on_update, false) {
            continue;
        }
        let mut changed = f.columns.clone();
        if let Some((column, _)) = depending(def, &mut changed, cx)?.first() {
            return refuse(
                *column,
                format!(
                    "foreign key {} changes columns it depends on (ON UPDATE or ON DELETE CASCADE, SET NULL or SET DEFAULT)",
                    f.name
                ),
            );
        }
    }
    Ok(())
}

/// The error that a statement gives a value to a generated column.
pub(super) fn not_assignable(def: &TableDef, column: usize) -> Error {
    let name = def.columns.get(column).map_or("", |c| c.name.as_str());
    Error::invalid(format!(
        "column {}.{name} is generated: it takes no value but DEFAULT",
        def.name
    ))
}

/// Whether an assignment to a column says nothing: DEFAULT to a generated one.
///
/// Errors: another value for a generated column.
pub(super) fn takes_default(def: &TableDef, column: usize, value: &ast::Expr) -> Result<bool> {
    match (is_generated(def, column), is_default(value)) {
        (false, _) => Ok(false),
        (true, true) => Ok(true),
        (true, false) => Err(not_assignable(def, column)),
    }
}

/// Whether a column takes no value but DEFAULT: it is computed from others, or ALWAYS AS IDENTITY.
pub(super) fn is_generated(def: &TableDef, column: usize) -> bool {
    def.columns
        .get(column)
        .is_some_and(|c| c.generated.is_some() || c.always)
}
