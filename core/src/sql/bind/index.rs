//! CREATE INDEX and DROP INDEX.

use super::BindContext;
use super::alter_table::Alteration;
use super::binder::Binder;
use super::column_values::bind_table_expr;
use super::constraint::{
    column_list, constraint_name, hidden_column, index_columns, index_options, index_type,
};
use super::names::{ident, nearest};
use super::refuse::{Place, invalid, refuse, unsupported};
use crate::catalog::{IndexColumn, IndexDef, TableDef};
use crate::sql::parse::start;
use crate::sql::plan::Statement;
use crate::table::partial_sql;
use crate::types::{DataType, Error, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, CreateIndex, Ident, ObjectName, ObjectNamePart};

/// The error that a table has no such index.
pub(super) fn unknown_index(def: &TableDef, name: &Ident) -> Error {
    Error::Unknown {
        kind: "index",
        nearest: nearest(&name.value, def.indexes.iter().map(|i| i.name.as_str())),
        name: name.value.clone(),
        position: start(name.span),
    }
}

fn has_index(def: &TableDef, name: &str) -> bool {
    def.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(name))
}

impl Binder<'_> {
    /// CREATE [UNIQUE] INDEX.
    ///
    /// `replace`: an index of that name is dropped first.
    pub(super) fn create_index(&self, c: &CreateIndex, replace: bool) -> Result<Statement> {
        let CreateIndex {
            name,
            table_name,
            using,
            columns,
            unique,
            // Nobody waits for it anyway.
            concurrently: _,
            r#async,
            if_not_exists,
            include,
            nulls_distinct,
            with,
            predicate,
            index_options: options,
            // ALGORITHM and LOCK: how MySQL is to go about it.
            alter_options: _,
        } = c;
        let at = table_name;
        refuse(*r#async, "CREATE INDEX ASYNC", at)?;
        // What is read beside the key is read from the row.
        column_list(self.cx.table(table_name)?.as_ref(), include)?;
        refuse(*nulls_distinct == Some(false), "NULLS NOT DISTINCT", at)?;
        refuse(!with.is_empty(), "WITH of an index", at)?;
        let position = at.place();
        index_type(using.as_ref(), position)?;
        index_options(options, position)?;
        let def = self.cx.table(table_name)?;
        if let Some(name) = name
            && *if_not_exists
            && has_index(&def, &ident(name, "new index")?.value)
        {
            return Ok(Statement::Nothing);
        }
        let mut alteration = Alteration::new(self, &def);
        if let Some(name) = name.as_ref().filter(|_| replace) {
            alteration.drop_constraint(ident(name, "index")?, true)?;
        }
        let (columns, filter) = alteration.with_hidden(|def, cx| {
            let mut columns = index_columns(def, columns, *unique, cx)?;
            let filter = predicate
                .as_ref()
                .map(|p| partial(def, p, &mut columns, cx))
                .transpose()?;
            Ok((columns, filter))
        })?;
        let def = &alteration.def;
        let name = match name {
            Some(name) => {
                let name = ident(name, "new index")?;
                constraint_name(def, Some(name), "")?
            }
            None => {
                let names: Vec<&str> = columns
                    .iter()
                    .filter_map(|c| def.columns.get(c.column))
                    .map(|c| if c.hidden { "expr" } else { c.name.as_str() })
                    .collect();
                constraint_name(def, None, &format!("{}_{}", def.name, names.join("_")))?
            }
        };
        let index = IndexDef {
            name,
            columns,
            unique: *unique,
            constraint: false,
            filter,
            statistics: None,
        };
        if alteration.is_unchanged() {
            return Ok(Statement::CreateIndex {
                table: alteration.def.id,
                index,
            });
        }
        alteration.add_index(index);
        Ok(alteration.statement())
    }

    /// DROP INDEX name [ON table]; without a table the name must be unique in its schema.
    pub(super) fn drop_index(
        &self,
        names: &[ObjectName],
        table: Option<&ObjectName>,
        if_exists: bool,
    ) -> Result<Statement> {
        let [name] = names else {
            return Err(match names.first() {
                Some(n) => unsupported("DROP INDEX of several indexes", n),
                None => Error::invalid("DROP INDEX names an index"),
            });
        };
        let (schema, index) = match name.0.as_slice() {
            [ObjectNamePart::Identifier(index)] => (self.cx.schema, index),
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(index),
            ] if table.is_none() => (schema.value.as_str(), index),
            _ => return Err(invalid(format!("{name} is no index"), name)),
        };
        if let Some(table) = table {
            let Some(def) = self.cx.table_if(table, if_exists)? else {
                return Ok(Statement::Nothing);
            };
            return self.drop_from(&def, index, if_exists);
        }
        let mut found: Vec<Arc<TableDef>> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for table in self.source().table_names(schema) {
            if let Some(def) = self.source().table(schema, &table) {
                names.extend(def.indexes.iter().map(|i| i.name.clone()));
                if has_index(&def, &index.value) {
                    found.push(def);
                }
            }
        }
        match found.as_slice() {
            [one] => self.drop_from(one, index, if_exists),
            [] if if_exists => Ok(Statement::Nothing),
            [] => Err(Error::Unknown {
                kind: "index",
                nearest: nearest(&index.value, names.iter().map(String::as_str)),
                name: index.value.clone(),
                position: start(index.span),
            }),
            _ => Err(invalid(
                format!(
                    "several tables have an index {}; write DROP INDEX {} ON table",
                    index.value, index.value
                ),
                index,
            )),
        }
    }
}

/// The condition of a partial index, and the hidden column that its key begins with: 1 for the rows that are meant,
/// NULL for the others.
fn partial(
    def: &mut TableDef,
    condition: &ast::Expr,
    columns: &mut Vec<IndexColumn>,
    cx: &BindContext<'_>,
) -> Result<String> {
    let sql = format!("{condition}");
    bind_table_expr(&sql, def, cx)?;
    let column = hidden_column(def, partial_sql(&sql), Some(DataType::Bool), condition, cx)?;
    columns.insert(
        0,
        IndexColumn {
            column,
            descending: false,
        },
    );
    Ok(sql)
}

impl Binder<'_> {
    fn drop_from(&self, def: &TableDef, index: &Ident, if_exists: bool) -> Result<Statement> {
        let found = def
            .indexes
            .iter()
            .find(|i| i.name.eq_ignore_ascii_case(&index.value));
        let Some(found) = found else {
            return match if_exists {
                true => Ok(Statement::Nothing),
                false => Err(unknown_index(def, index)),
            };
        };
        let is_hidden = |c: &IndexColumn| def.columns.get(c.column).is_some_and(|c| c.hidden);
        if !found.columns.iter().any(is_hidden) {
            return Ok(Statement::DropIndex {
                table: def.id,
                name: found.name.clone(),
            });
        }
        let mut alteration = Alteration::new(self, def);
        alteration.drop_constraint(index, false)?;
        Ok(alteration.statement())
    }
}
