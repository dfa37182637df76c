//! ALTER TABLE, one action after the other; positions in an action are those after the actions before it.

use super::change_column::change_column;
use super::define::{add_index, drop_index, require_store, set_persistence};
use super::statement_engine::StatementEngine;
use crate::catalog::{CheckDef, ColumnDef, IndexColumn, IndexDef, TableDef, TableId, TriggerDef};
use crate::sql::exec::Env;
use crate::sql::exec::dml::generate;
use crate::sql::exec::eval::{eval, eval_filter};
use crate::sql::plan::{AlterAction, Expr, PersistenceChange};
use crate::table::{ColumnSource, ComputeRows, Rebuild, Table};
use crate::tree::{Missing, RowCursor};
use crate::txn::Transaction;
use crate::types::{Batch, Column, Error, Result};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::task::{Poll, ready};

pub(super) async fn alter(
    engine: &StatementEngine<'_>,
    transaction: &mut Transaction,
    id: TableId,
    action: &AlterAction,
    env: &Env,
    schema: &str,
) -> Result<()> {
    let _ = schema;
    let table = transaction.catalog().table(id)?.clone();
    let version = engine.new_schema_version();
    match action {
        AlterAction::AddColumn {
            column,
            fill,
            position,
            unique,
            generated,
        } => {
            let given = (fill.as_ref(), generated.as_ref());
            let new = add_column(engine, &table, column, given, *position, *unique, env).await?;
            if let Some(at) = *position {
                shift_parent_columns(transaction, id, |p| *p += usize::from(*p >= at))?;
            }
            transaction.replace_table(new, version)
        }
        AlterAction::DropColumn(column) => {
            refuse_drop(transaction, &table.def, *column)?;
            let new = drop_column(engine, &table, *column).await?;
            shift_parent_columns(transaction, id, |p| *p -= usize::from(*p > *column))?;
            transaction.replace_table(new, version)
        }
        AlterAction::AddCheck(check, condition) => {
            require_check(engine, &table, check, condition, env).await?;
            let mut def = (*table.def).clone();
            def.checks.push(check.clone());
            transaction.replace_table(redefined(&table, def), version)
        }
        AlterAction::AddIndex { index, primary_key } => {
            let new = add_key(engine, transaction, &table, index, *primary_key).await?;
            transaction.replace_table(new, version)
        }
        AlterAction::AddForeignKey(foreign) => {
            let mut def = (*table.def).clone();
            if constraint_exists(&def, &foreign.name) {
                return Err(Error::Exists {
                    kind: "constraint",
                    name: foreign.name.clone(),
                });
            }
            let mut foreign = foreign.clone();
            if foreign.parent == TableId(0) {
                foreign.parent = id;
            }
            def.foreign_keys.push(foreign);
            transaction.replace_table(redefined(&table, def), version)?;
            let mut rows = RowRanges::new(&table);
            let ranges = engine.drive(|missing| rows.step(missing)).await?;
            transaction.recheck_as_new(id, &ranges);
            Ok(())
        }
        AlterAction::DropConstraint(name) => {
            let new = drop_constraint(transaction, &table, name)?;
            transaction.replace_table(new, version)
        }
        AlterAction::DropPrimaryKey => {
            let new = drop_primary_key(engine, transaction, &table).await?;
            transaction.replace_table(new, version)
        }
        AlterAction::Rename(name) => {
            let mut def = (*table.def).clone();
            def.name = name.clone();
            transaction.replace_table(redefined(&table, def), version)
        }
        AlterAction::RenameColumn(column, name) => {
            let def = rename_column(&table.def, *column, name)?;
            transaction.replace_table(redefined(&table, def), version)
        }
        AlterAction::ChangeColumn(change) => {
            let new = change_column(engine, transaction, &table, change, env).await?;
            transaction.replace_table(new, version)
        }
        AlterAction::RenameConstraint(old, new) => {
            let mut def = (*table.def).clone();
            def.rename_constraint(old, new);
            transaction.replace_table(redefined(&table, def), version)
        }
        AlterAction::Comment(column, comment) => {
            let mut def = (*table.def).clone();
            match column {
                None => def.comment.clone_from(comment),
                Some(c) => {
                    if let Some(column) = def.columns.get_mut(*c) {
                        column.comment.clone_from(comment);
                    }
                }
            }
            transaction.replace_table(redefined(&table, def), version)
        }
        AlterAction::AutoIncrement(first) => {
            table.sequence.raise_above(first.saturating_sub(1));
            // The record has the sequence too.
            transaction.redefine(id, |_| {})
        }
        AlterAction::SetPersistence(change) => {
            let config = PersistenceChange::apply(change, &table.def.persistence);
            set_persistence(engine, transaction, id, config).await
        }
    }
}

/// The same trees under another definition.
pub(super) fn redefined(table: &Table, def: TableDef) -> Table {
    Table::from_parts(
        Arc::new(def),
        table.rows.clone(),
        table.indexes.clone(),
        table.sequence.clone(),
    )
}

async fn rebuild(
    engine: &StatementEngine<'_>,
    table: &Table,
    def: TableDef,
    mapping: Vec<ColumnSource>,
) -> Result<Table> {
    rebuild_with(engine, table, def, mapping, None).await
}

pub(super) async fn rebuild_with(
    engine: &StatementEngine<'_>,
    table: &Table,
    def: TableDef,
    mapping: Vec<ColumnSource>,
    compute: Option<ComputeRows>,
) -> Result<Table> {
    require_store(engine, &def)?;
    let mut rebuild = Rebuild::new(table, def, mapping, engine.trees(), engine.job_memory());
    if let Some(compute) = compute {
        rebuild = rebuild.computing(compute);
    }
    engine.drive(|missing| rebuild.step(missing)).await
}

async fn add_column(
    engine: &StatementEngine<'_>,
    table: &Table,
    column: &ColumnDef,
    (fill, generated): (Option<&Expr>, Option<&Expr>),
    position: Option<usize>,
    unique: bool,
    env: &Env,
) -> Result<Table> {
    let mut def = (*table.def).clone();
    if def.column(&column.name).is_some() {
        return Err(Error::Exists {
            kind: "column",
            name: column.name.clone(),
        });
    }
    let at = position.unwrap_or(def.columns.len()).min(def.columns.len());
    let filling = match fill {
        Some(expr) => eval(expr, &Batch::new(Vec::new(), 1), &env.scope())?,
        None => Column::nulls(column.ty.physical(), 1),
    };
    let source = if column.auto_increment {
        ColumnSource::RowId
    } else {
        ColumnSource::Fill(filling)
    };
    let mut mapping: Vec<ColumnSource> = (0..def.columns.len()).map(ColumnSource::Old).collect();
    mapping.insert(at, source);
    def.for_each_position(&mut |p| *p += usize::from(*p >= at));
    def.columns.insert(at, column.clone());
    if unique {
        def.indexes.push(IndexDef {
            name: free_name(&def, &column.name),
            columns: alloc::vec![IndexColumn {
                column: at,
                descending: false
            }],
            unique: true,
            constraint: true,
            filter: None,
            statistics: None,
        });
    }
    let compute = generated.map(|g| generating(alloc::vec![(at, g.clone())], &def, env));
    rebuild_with(engine, table, def, mapping, compute).await
}

/// Computes generated columns of rows that are rewritten.
fn generating(generated: Vec<(usize, Expr)>, def: &TableDef, env: &Env) -> ComputeRows {
    let (env, def) = (env.clone(), def.clone());
    Box::new(move |columns, rows| {
        let mut rows = Batch::new(columns, rows);
        generate(&generated, &def, &mut rows, &env.scope())?;
        Ok(rows.columns)
    })
}

/// A constraint name no other constraint of the table has.
fn free_name(def: &TableDef, base: &str) -> String {
    let taken = |name: &str| constraint_exists(def, name);
    (1..)
        .map(|n| {
            if n == 1 {
                base.to_string()
            } else {
                alloc::format!("{base}_{n}")
            }
        })
        .find(|n| !taken(n))
        .unwrap_or_default()
}

fn constraint_exists(def: &TableDef, name: &str) -> bool {
    def.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(name))
        || def.foreign_keys.iter().any(|f| f.name.eq_ignore_ascii_case(name))
        || def.checks.iter().any(|c| c.name.eq_ignore_ascii_case(name))
}

/// Refuses to drop a column that a key, a foreign key or a check needs.
fn refuse_drop(transaction: &Transaction, def: &TableDef, column: usize) -> Result<()> {
    let name = def.columns.get(column).map_or("", |c| c.name.as_str());
    let refuse = |what: &str, by: &str| {
        Err(Error::invalid(alloc::format!(
            "column {}.{name} is part of {what} {by}; drop that first",
            def.name
        )))
    };
    if def.columns.len() == 1 {
        return Err(Error::invalid(alloc::format!(
            "column {name} is the only one of table {}",
            def.name
        )));
    }
    if def.primary_key.contains(&column) {
        return refuse("the", "primary key");
    }
    if let Some(i) = def
        .indexes
        .iter()
        .find(|i| i.columns.len() > 1 && i.columns.iter().any(|c| c.column == column))
    {
        return refuse("index", &i.name);
    }
    if let Some(f) = def.foreign_keys.iter().find(|f| f.columns.contains(&column)) {
        return refuse("foreign key", &f.name);
    }
    if let Some(c) = def.checks.iter().find(|c| mentions(&c.sql, name)) {
        return refuse("check", &c.name);
    }
    let computed = |c: &&ColumnDef| c.generated.as_ref().is_some_and(|g| mentions(&g.sql, name));
    if let Some(c) = def.columns.iter().filter(|c| c.name != name).find(computed) {
        return refuse("generated column", &c.name);
    }
    if let Some(t) = def.triggers.iter().find(|t| trigger_mentions(t, name)) {
        return refuse("trigger", &t.name);
    }
    for child in transaction.catalog().children_of(def.id) {
        let child = transaction.catalog().table(child)?;
        let refers =
            |f: &&crate::catalog::ForeignKeyDef| f.parent == def.id && f.parent_columns.contains(&column);
        if let Some(f) = child.def.foreign_keys.iter().find(refers) {
            return refuse("foreign key", &f.name);
        }
    }
    Ok(())
}

/// Whether an identifier occurs in a SQL text (in a string too: then the refusal is one too many, never too few).
fn mentions(sql: &str, name: &str) -> bool {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word.eq_ignore_ascii_case(name))
}

/// Whether an identifier occurs in what a trigger says.
fn trigger_mentions(trigger: &TriggerDef, name: &str) -> bool {
    let texts = trigger.body.iter().chain(&trigger.when).chain(&trigger.update_of);
    texts.into_iter().any(|sql| mentions(sql, name))
}

async fn drop_column(engine: &StatementEngine<'_>, table: &Table, column: usize) -> Result<Table> {
    let mut def = (*table.def).clone();
    def.indexes
        .retain(|i| i.columns.iter().all(|c| c.column != column));
    def.columns.remove(column);
    def.for_each_position(&mut |p| *p -= usize::from(*p > column));
    let mapping = (0..table.def.columns.len())
        .filter(|c| *c != column)
        .map(ColumnSource::Old)
        .collect();
    rebuild(engine, table, def, mapping).await
}

/// After a parent got or lost a column: its children's positions in it.
pub(super) fn shift_parent_columns(
    transaction: &mut Transaction,
    parent: TableId,
    shift: impl Fn(&mut usize),
) -> Result<()> {
    let children = transaction.catalog().children_of(parent);
    for child in children.into_iter().filter(|c| *c != parent) {
        transaction.redefine(child, |def| {
            let foreign = def.foreign_keys.iter_mut().filter(|f| f.parent == parent);
            foreign.flat_map(|f| &mut f.parent_columns).for_each(&shift);
        })?;
    }
    Ok(())
}

/// Adds a UNIQUE, PRIMARY KEY or plain index.
async fn add_key(
    engine: &StatementEngine<'_>,
    transaction: &Transaction,
    table: &Table,
    index: &IndexDef,
    primary_key: bool,
) -> Result<Table> {
    if !primary_key {
        return add_index(engine, transaction.catalog(), table.def.id, index, false).await;
    }
    if !table.def.primary_key.is_empty() {
        return Err(Error::Exists {
            kind: "primary key of table",
            name: table.def.name.clone(),
        });
    }
    // NULLs must go, and the rows may get new row ids: the table is rewritten.
    let mut def = (*table.def).clone();
    def.primary_key = index.columns.iter().map(|c| c.column).collect();
    for c in &index.columns {
        if let Some(column) = def.columns.get_mut(c.column) {
            column.nullable = false;
        }
    }
    let row_id = match index.columns.as_slice() {
        [one] => def
            .columns
            .get(one.column)
            .is_some_and(|c| matches!(c.ty, crate::types::DataType::Int(_))),
        _ => false,
    };
    if row_id {
        def.row_id_column = index.columns.first().map(|c| c.column);
    } else {
        def.indexes.insert(0, index.clone());
    }
    let mapping = (0..def.columns.len()).map(ColumnSource::Old).collect();
    rebuild(engine, table, def, mapping).await
}

async fn drop_primary_key(
    engine: &StatementEngine<'_>,
    transaction: &Transaction,
    table: &Table,
) -> Result<Table> {
    if table.def.primary_key.is_empty() {
        return Err(Error::Unknown {
            kind: "primary key of table",
            name: table.def.name.clone(),
            nearest: None,
            position: None,
        });
    }
    if table.def.row_id_column.is_none() {
        return drop_index(transaction.catalog(), table.def.id, "PRIMARY");
    }
    for child in transaction.catalog().children_of(table.def.id) {
        let child = transaction.catalog().table(child)?;
        if let Some(f) = child
            .def
            .foreign_keys
            .iter()
            .find(|f| f.parent_columns == table.def.primary_key)
        {
            return Err(Error::invalid(alloc::format!(
                "the primary key of table {} is needed by foreign key {}; drop that first",
                table.def.name,
                f.name
            )));
        }
    }
    let mut def = (*table.def).clone();
    def.primary_key.clear();
    def.row_id_column = None;
    let mapping = (0..def.columns.len()).map(ColumnSource::Old).collect();
    rebuild(engine, table, def, mapping).await
}

fn drop_constraint(transaction: &Transaction, table: &Table, name: &str) -> Result<Table> {
    let mut def = (*table.def).clone();
    if let Some(i) = def
        .foreign_keys
        .iter()
        .position(|f| f.name.eq_ignore_ascii_case(name))
    {
        def.foreign_keys.remove(i);
        return Ok(redefined(table, def));
    }
    if let Some(i) = def.checks.iter().position(|c| c.name.eq_ignore_ascii_case(name)) {
        def.checks.remove(i);
        return Ok(redefined(table, def));
    }
    if def.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(name)) {
        return drop_index(transaction.catalog(), def.id, name);
    }
    Err(Error::Unknown {
        kind: "constraint",
        name: name.to_string(),
        nearest: None,
        position: None,
    })
}

fn rename_column(def: &TableDef, column: usize, name: &str) -> Result<TableDef> {
    let mut def = def.clone();
    if def.column(name).is_some_and(|c| c != column) {
        return Err(Error::Exists {
            kind: "column",
            name: name.to_string(),
        });
    }
    let old = def
        .columns
        .get(column)
        .map(|c| c.name.clone())
        .unwrap_or_default();
    if let Some(check) = def.checks.iter().find(|c| mentions(&c.sql, &old)) {
        return Err(Error::invalid(alloc::format!(
            "column {old} is part of check {}; drop that first and add it again",
            check.name
        )));
    }
    let computed = |c: &&ColumnDef| c.generated.as_ref().is_some_and(|g| mentions(&g.sql, &old));
    if let Some(c) = def.columns.iter().find(computed) {
        return Err(Error::invalid(alloc::format!(
            "generated column {} depends on column {old}; drop that first and add it again",
            c.name
        )));
    }
    if let Some(t) = def.triggers.iter().find(|t| trigger_mentions(t, &old)) {
        return Err(Error::invalid(alloc::format!(
            "column {old} is part of trigger {}; drop that first and create it again",
            t.name
        )));
    }
    if let Some(c) = def.columns.get_mut(column) {
        c.name = name.to_string();
    }
    Ok(def)
}

/// Evaluates a new CHECK over all rows.
async fn require_check(
    engine: &StatementEngine<'_>,
    table: &Table,
    check: &CheckDef,
    condition: &Expr,
    env: &Env,
) -> Result<()> {
    if constraint_exists(&table.def, &check.name) {
        return Err(Error::Exists {
            kind: "constraint",
            name: check.name.clone(),
        });
    }
    // A row passes if the condition is true or NULL: look for one where it is false.
    let is_false = Expr::IsBool {
        operand: condition.clone().into(),
        value: false,
        negated: false,
    };
    let mut cursor = table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false);
    let failed = engine
        .drive(|missing| find_row(&mut cursor, table, &is_false, env, missing))
        .await?;
    if failed {
        return Err(Error::CheckViolated {
            table: table.def.name.clone(),
            constraint: check.name.clone(),
        });
    }
    Ok(())
}

fn find_row(
    cursor: &mut RowCursor,
    table: &Table,
    condition: &Expr,
    env: &Env,
    missing: &mut Missing,
) -> Poll<Result<bool>> {
    while let Some(span) = ready!(cursor.next(missing))? {
        let column = |c: usize| match table.def.stored_index(c) {
            Some(stored) => span.leaf.columns().get(stored).cloned(),
            None => Some(span.leaf.row_ids()),
        };
        let columns: Vec<Column> = (0..table.def.columns.len()).filter_map(column).collect();
        let batch = Batch::new(columns, span.leaf.len());
        if !eval_filter(condition, &batch, &env.scope())?.is_empty() {
            return Poll::Ready(Ok(true));
        }
    }
    Poll::Ready(Ok(false))
}

/// All row ids of a table as ranges.
struct RowRanges {
    cursor: RowCursor,
    ranges: Vec<(i64, i64)>,
}

impl RowRanges {
    fn new(table: &Table) -> RowRanges {
        RowRanges {
            cursor: table.rows.cursor(Bound::Unbounded, Bound::Unbounded, false),
            ranges: Vec::new(),
        }
    }

    fn step(&mut self, missing: &mut Missing) -> Poll<Result<Vec<(i64, i64)>>> {
        while let Some(span) = ready!(self.cursor.next(missing))? {
            for i in span.from..span.to {
                let id = span.leaf.row_id(i);
                match self.ranges.last_mut() {
                    Some((_, to)) if to.checked_add(1) == Some(id) => *to = id,
                    _ => self.ranges.push((id, id)),
                }
            }
        }
        Poll::Ready(Ok(core::mem::take(&mut self.ranges)))
    }
}
