//! JSON_TABLE in FROM.

use super::binder::{Binder, Env};
use super::data_type::cast_type;
use super::names::Scope;
use super::refuse::{Place, invalid};
use super::table_function::called;
use super::types::cast;
use crate::sql::functions::{
    JsonTable, JsonTableColumn, JsonTableDefault, JsonTablePath, json_table_default,
};
use crate::sql::parse::unescape;
use crate::sql::plan::{OutputColumn, Plan, TableFunction, TableFunctionCall};
use crate::types::{DataType, Result};
use alloc::{string::String, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{
    self, JsonTableColumn as AstColumn, JsonTableColumnErrorHandling, Value, ValueWithSpan,
};

/// The text of a string literal.
fn text(v: &ValueWithSpan, what: &str) -> Result<String> {
    match &v.value {
        Value::SingleQuotedString(s) => Ok(unescape(s).into_owned()),
        _ => Err(invalid(alloc::format!("{what} of JSON_TABLE is a string"), v)),
    }
}

fn default(given: Option<&JsonTableColumnErrorHandling>, ty: &DataType) -> Result<JsonTableDefault> {
    Ok(match given {
        None | Some(JsonTableColumnErrorHandling::Null) => JsonTableDefault::Null,
        Some(JsonTableColumnErrorHandling::Error) => JsonTableDefault::Error,
        Some(JsonTableColumnErrorHandling::Default(v)) => {
            let written = match &v.value {
                Value::Number(n, _) => n.clone(),
                _ => text(v, "a default")?,
            };
            JsonTableDefault::Value(json_table_default(&written, ty)?)
        }
    })
}

fn table(path: &ValueWithSpan, columns: &[AstColumn]) -> Result<JsonTable> {
    let mut out = Vec::with_capacity(columns.len());
    for column in columns {
        out.push(match column {
            AstColumn::ForOrdinality(name) => JsonTableColumn::Ordinality(name.value.clone()),
            AstColumn::Nested(nested) => JsonTableColumn::Nested(table(&nested.path, &nested.columns)?),
            AstColumn::Named(named) => {
                let ty = cast_type(&named.r#type, named.name.place())?;
                let path = JsonTablePath::new(&text(&named.path, "a path")?)?;
                let name = named.name.value.clone();
                match named.exists {
                    true => JsonTableColumn::Exists { name, ty, path },
                    false => JsonTableColumn::Value {
                        on_empty: default(named.on_empty.as_ref(), &ty)?,
                        on_error: default(named.on_error.as_ref(), &ty)?,
                        name,
                        ty,
                        path,
                    },
                }
            }
        });
    }
    JsonTable::new(&text(path, "a path")?, out)
}

impl<'a> Binder<'a> {
    /// `JSON_TABLE(document, path COLUMNS (…))`.
    pub(super) fn json_table(
        &mut self,
        document: &'a ast::Expr,
        path: &ValueWithSpan,
        columns: &[AstColumn],
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        let scope = Scope::default();
        let mut env = Env::new(&scope, "a table function").without_correlation();
        let document = self.laterally(|b| b.expr(document, &mut env))?;
        let table = table(path, columns)?;
        super::refuse::limit_columns(table.columns().len(), "JSON_TABLE", path)?;
        Ok(called(TableFunctionCall {
            function: TableFunction::JsonTable(Arc::new(table)),
            args: vec![cast(document, &DataType::TEXT, true)],
        }))
    }
}
