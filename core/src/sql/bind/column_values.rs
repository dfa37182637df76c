//! Values for columns: assignment, DEFAULT, CHECK.

use super::binder::{Binder, Env};
use super::names::Scope;
use super::types::{cast, to_bool};
use super::{BindContext, SchemaSource};
use crate::catalog::{ColumnDef, ColumnDefault, SequenceDef, TableDef, TableId, ViewDef};
use crate::sql::parse::parse_expr;
use crate::sql::plan::{Expr, RowCheck};
use crate::types::{DataType, Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use sqlparser::ast;

/// The value converted as an assignment to a column converts it.
pub(super) fn assign(value: Expr, def: &TableDef, column: usize) -> Expr {
    match def.columns.get(column) {
        Some(c) => cast(value, &c.ty, true),
        None => value,
    }
}

/// Whether an expression is the word DEFAULT.
pub(super) fn is_default(e: &ast::Expr) -> bool {
    match e {
        ast::Expr::Identifier(i) => i.quote_style.is_none() && i.value.eq_ignore_ascii_case("default"),
        _ => false,
    }
}

/// No definitions but sequences: what constants are bound with.
struct NoTables<'a>(Option<&'a dyn SchemaSource>);

impl SchemaSource for NoTables<'_> {
    fn knows_sequences(&self) -> bool {
        self.0.is_some_and(|s| s.knows_sequences())
    }
    fn sequence(&self, schema: &str, name: &str) -> Option<SequenceDef> {
        self.0?.sequence(schema, name)
    }
    fn sequence_names(&self, schema: &str) -> Vec<String> {
        self.0.map_or_else(Vec::new, |s| s.sequence_names(schema))
    }

    fn table(&self, _: &str, _: &str) -> Option<Arc<TableDef>> {
        None
    }
    fn permanent_table(&self, _: &str, _: &str) -> Option<Arc<TableDef>> {
        None
    }
    fn view(&self, _: &str, _: &str) -> Option<ViewDef> {
        None
    }
    fn views(&self) -> Vec<ViewDef> {
        Vec::new()
    }
    fn table_by_id(&self, _: TableId) -> Option<Arc<TableDef>> {
        None
    }
    fn row_count(&self, _: TableId) -> u64 {
        0
    }
    fn schema_exists(&self, name: &str) -> bool {
        self.0.is_some_and(|s| s.schema_exists(name))
    }
    fn table_names(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
    fn schema_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Binds an expression over a scope, without subqueries or parameters.
fn bind_text(sql: &str, scope: &Scope, clause: &'static str, cx: &BindContext<'_>) -> Result<Expr> {
    let ast = parse_expr(sql)?;
    let constants = BindContext {
        source: &NoTables(Some(cx.source)),
        schema: cx.schema,
        params: &[],
    };
    bind_ast(&ast, scope, clause, &constants)
}

/// Binds a parsed expression over a scope, without subqueries.
pub(super) fn bind_ast(
    ast: &ast::Expr,
    scope: &Scope,
    clause: &'static str,
    cx: &BindContext<'_>,
) -> Result<Expr> {
    Binder::new(cx).expr(ast, &mut Env::new(scope, clause).without_subqueries())
}

/// Binds an expression over all columns of a table, without subqueries or parameters.
pub(super) fn bind_own(
    sql: &str,
    def: &Arc<TableDef>,
    clause: &'static str,
    cx: &BindContext<'_>,
) -> Result<Expr> {
    bind_text(sql, &Scope::of_table(def, None), clause, cx)
}

/// Binds the text of a generated column or of the condition of a partial index, over all columns of its table.
///
/// Errors: it does not fit the table.
pub fn bind_definition(sql: &str, def: &Arc<TableDef>) -> Result<Expr> {
    let cx = BindContext {
        source: &NoTables(None),
        schema: &def.schema,
        params: &[],
    };
    bind_own(sql, def, "a definition", &cx)
}

/// Binds the text of a CHECK over all columns of a table; the result is boolean.
pub fn bind_table_expr(sql: &str, def: &TableDef, cx: &BindContext<'_>) -> Result<Expr> {
    let scope = Scope::of_table(&Arc::new(def.clone()), None);
    to_bool(bind_text(sql, &scope, "CHECK", cx)?, None)
}

/// Binds the text of a DEFAULT and converts it to the column's type.
pub fn bind_default(sql: &str, ty: &DataType, cx: &BindContext<'_>) -> Result<Expr> {
    let value = bind_text(sql, &Scope::default(), "DEFAULT", cx)?;
    Ok(cast(value, ty, true))
}

/// The DEFAULT of a table's column: sequences that it names are those of the table's schema.
pub(super) fn default_of(def: &TableDef, column: &ColumnDef, cx: &BindContext<'_>) -> Result<Option<Expr>> {
    match &column.default {
        ColumnDefault::None => Ok(None),
        ColumnDefault::Sql(sql) => {
            let cx = BindContext {
                source: cx.source,
                schema: &def.schema,
                params: cx.params,
            };
            bind_default(sql, &column.ty, &cx).map(Some)
        }
    }
}

/// The CHECKs of a table.
pub(super) fn bound_checks(def: &Arc<TableDef>, cx: &BindContext<'_>) -> Result<Vec<RowCheck>> {
    if def.checks.is_empty() {
        return Ok(Vec::new());
    }
    let scope = Scope::of_table(def, None);
    def.checks
        .iter()
        .map(|c| {
            let bound = bind_text(&c.sql, &scope, "CHECK", cx).and_then(|e| to_bool(e, None));
            let bound = bound.map_err(|e| match e {
                Error::Unknown { .. } => Error::invalid(alloc::format!(
                    "check {} of table {} no longer fits the table: {e}",
                    c.name,
                    def.name
                )),
                other => other,
            })?;
            Ok(RowCheck {
                name: c.name.clone(),
                of_view: false,
                condition: bound,
            })
        })
        .collect()
}
