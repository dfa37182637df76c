//! SHOW and DESCRIBE.

use super::binder::{Binder, Env};
use super::information::{described, is_information_schema};
use super::names::{Scope, ScopeTable, ident};
use super::refuse::{refuse, refuse_at, unsupported_at};
use crate::catalog::{TableId, ViewDef};
use crate::sql::parse::{start, unescape};
use crate::sql::plan::{Show, Statement};
use crate::types::{Collation, DataType, Error, Position, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{
    self, Ident, ObjectName, ShowCreateObject, ShowStatementFilter, ShowStatementFilterPosition,
    ShowStatementIn, ShowStatementInParentType, ShowStatementOptions,
};

/// What a SHOW is about: `FROM a [FROM b]`.
fn about(options: &ShowStatementOptions, at: Option<Position>) -> Result<Option<&ObjectName>> {
    let ShowStatementOptions {
        show_in,
        starts_with,
        limit,
        limit_from,
        filter_position: _,
    } = options;
    refuse_at(
        starts_with.is_some() || limit.is_some() || limit_from.is_some(),
        "STARTS WITH or LIMIT of SHOW",
        at,
    )?;
    let Some(ShowStatementIn {
        clause: _,
        parent_type,
        parent_name,
    }) = show_in
    else {
        return Ok(None);
    };
    match parent_type {
        None
        | Some(
            ShowStatementInParentType::Database
            | ShowStatementInParentType::Schema
            | ShowStatementInParentType::Table,
        ) => Ok(parent_name.as_ref()),
        Some(other) => Err(unsupported_at(format!("SHOW … IN {other}"), at)),
    }
}

impl<'a> Binder<'a> {
    /// What is shown, less what LIKE or WHERE leave out.
    pub(super) fn filtered_by(
        &mut self,
        shown: Show,
        filter: Option<&'a ShowStatementFilter>,
    ) -> Result<Show> {
        match filter {
            None => Ok(shown),
            Some(ShowStatementFilter::Like(p)) => Ok(Show::Like(Box::new(shown), unescape(p).into_owned())),
            Some(ShowStatementFilter::Where(condition)) => {
                let own = shown.columns().into_iter().map(|(name, _)| String::from(name));
                let other = shown.other_names().into_iter().map(|(name, _)| name);
                let names: Vec<String> = own.chain(other).collect();
                let text = DataType::Text {
                    max: None,
                    collation: Collation::NoCase,
                };
                let types = alloc::vec![text; names.len()];
                let scope = Scope::of(ScopeTable::derived(String::from("SHOW"), names), types);
                let mut env = Env::new(&scope, "WHERE").without_subqueries();
                let condition = self.condition(condition, &mut env)?;
                Ok(Show::Where(Box::new(shown), Box::new(condition)))
            }
            Some(_) => Err(Error::unsupported("ILIKE of SHOW")),
        }
    }

    /// What is shown, less what LIKE or WHERE among its options leave out.
    fn filtered(&mut self, shown: Show, options: &'a ShowStatementOptions) -> Result<Show> {
        let filter = options.filter_position.as_ref().map(|position| match position {
            ShowStatementFilterPosition::Infix(filter) | ShowStatementFilterPosition::Suffix(filter) => {
                filter
            }
        });
        self.filtered_by(shown, filter)
    }

    fn schema_name(&self, name: Option<&ObjectName>) -> Result<String> {
        match name {
            None => Ok(String::from(self.cx.schema)),
            Some(name) => self.schema_named(ident(name, "schema")?),
        }
    }

    /// The name of a schema that exists.
    pub(super) fn schema_named(&self, name: &Ident) -> Result<String> {
        if self.source().schema_exists(&name.value) || is_information_schema(&name.value) {
            Ok(name.value.clone())
        } else {
            Err(self.cx.unknown_schema(&name.value, start(name.span)))
        }
    }

    pub(super) fn table_id(&self, name: &ObjectName) -> Result<TableId> {
        Ok(self.cx.table(name)?.id)
    }

    /// The view of that name, if it is one.
    fn shown_view(&self, name: &ObjectName) -> Option<ViewDef> {
        let (schema, ident) = self.cx.table_name(name).ok()?;
        self.source().view(schema, &ident.value)
    }

    /// SHOW COLUMNS of a table or view.
    fn show_columns(&mut self, name: &ObjectName, full: bool) -> Result<Show> {
        if let Some(table) = self.information_table(name)? {
            let columns = described(table);
            return Ok(Show::ViewColumns { columns, full });
        }
        let Some(view) = self.shown_view(name) else {
            return Ok(Show::Columns {
                table: self.table_id(name)?,
                full,
            });
        };
        let (_, ident) = self.cx.table_name(name)?;
        Ok(Show::ViewColumns {
            columns: self.columns_of_view(view, ident)?,
            full,
        })
    }

    /// SHOW as `sqlparser` knows it; `None` for those that are not offered.
    pub(super) fn show(&mut self, s: &'a ast::Statement, at: Option<Position>) -> Result<Option<Statement>> {
        let shown = match s {
            ast::Statement::ShowTables {
                terse,
                history,
                extended,
                full,
                external,
                show_options,
            } => {
                refuse_at(*extended, "SHOW EXTENDED TABLES", at)?;
                refuse_at(*terse || *history || *external, "TERSE, HISTORY or EXTERNAL", at)?;
                let schema = self.schema_name(about(show_options, at)?)?;
                self.filtered(Show::Tables { schema, full: *full }, show_options)?
            }
            ast::Statement::ShowDatabases {
                terse,
                history,
                show_options,
            }
            | ast::Statement::ShowSchemas {
                terse,
                history,
                show_options,
            } => {
                refuse_at(*terse || *history, "TERSE or HISTORY", at)?;
                if let Some(name) = about(show_options, at)? {
                    refuse(true, "SHOW SCHEMAS FROM", name)?;
                }
                self.filtered(Show::Schemas, show_options)?
            }
            ast::Statement::ShowColumns {
                extended,
                full,
                show_options,
            } => {
                refuse_at(*extended, "SHOW EXTENDED COLUMNS", at)?;
                match about(show_options, at)? {
                    Some(table) => {
                        let shown = self.show_columns(table, *full)?;
                        self.filtered(shown, show_options)?
                    }
                    None => {
                        return Err(Error::Invalid {
                            message: String::from("SHOW COLUMNS FROM names a table"),
                            position: at,
                        });
                    }
                }
            }
            ast::Statement::ShowCreate { obj_type, obj_name } => match obj_type {
                ShowCreateObject::Table | ShowCreateObject::View => match self.shown_view(obj_name) {
                    Some(view) => Show::CreateView(Box::new(view)),
                    None if *obj_type == ShowCreateObject::View => {
                        let (schema, name) = self.cx.table_name(obj_name)?;
                        return Err(self.unknown_view(schema, name));
                    }
                    None => Show::CreateTable(self.table_id(obj_name)?),
                },
                other => return Err(unsupported_at(format!("SHOW CREATE {other}"), at)),
            },
            ast::Statement::ShowVariables {
                filter,
                global: _,
                session: _,
            } => self.filtered_by(Show::Variables, filter.as_ref())?,
            ast::Statement::ShowStatus {
                filter,
                global: _,
                session: _,
            } => self.filtered_by(Show::Status, filter.as_ref())?,
            _ => return Ok(None),
        };
        Ok(Some(Statement::Show(shown)))
    }

    /// DESCRIBE.
    pub(super) fn describe(&mut self, table: &ObjectName) -> Result<Statement> {
        Ok(Statement::Show(self.show_columns(table, false)?))
    }

    /// SHOW INDEX FROM table [FROM schema].
    pub(super) fn show_indexes(
        &mut self,
        table: &ObjectName,
        schema: Option<&Ident>,
        filter: Option<&'a ShowStatementFilter>,
    ) -> Result<Statement> {
        let id = match schema {
            None => self.table_id(table)?,
            Some(schema) => {
                let table = ident(table, "table before FROM schema")?;
                let name = ObjectName::from(alloc::vec![schema.clone(), table.clone()]);
                self.table_id(&name)?
            }
        };
        Ok(Statement::Show(self.filtered_by(Show::Indexes(id), filter)?))
    }

    /// SHOW PERSISTENCE [FOR table].
    pub(super) fn show_persistence(&self, table: Option<&ObjectName>) -> Result<Statement> {
        let table = table.map(|t| self.table_id(t)).transpose()?;
        Ok(Statement::Show(Show::Persistence(table)))
    }
}
