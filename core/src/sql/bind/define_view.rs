//! CREATE VIEW, ALTER VIEW and DROP VIEW.

use super::binder::Binder;
use super::names::ident_value;
use super::refuse::{invalid, refuse, unsupported};
use crate::catalog::{CheckOption, ViewDef};
use crate::shared_sort::sort_shared;
use crate::sql::parse::{Parsed, ViewText, start};
use crate::sql::plan::{OutputColumn, Statement};
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{
    self, CreateTableOptions, CreateView, CreateViewAlgorithm, CreateViewParams, Ident, ObjectName,
    ViewColumnDef,
};

/// Bytes of a view's query as it is written: a view is parsed wherever it is used.
const MAX_WRITTEN: usize = 64 << 10;
/// Bytes of it with the names of columns in the places of stars.
const MAX_TEXT: usize = 1 << 20;

/// What CREATE VIEW and ALTER VIEW have in common.
struct Definition<'a> {
    schema: &'a str,
    name: &'a Ident,
    columns: Vec<&'a Ident>,
    query: &'a ast::Query,
    text: &'a ViewText,
    check: Option<CheckOption>,
}

fn refuse_options(v: &CreateView) -> Result<()> {
    let CreateView {
        or_alter,
        or_replace: _,
        materialized,
        secure,
        name,
        name_before_not_exists: _,
        columns: _,
        query: _,
        options,
        cluster_by,
        comment,
        with_no_schema_binding,
        if_not_exists: _,
        temporary,
        copy_grants,
        to,
        params,
    } = v;
    refuse(*or_alter, "CREATE OR ALTER VIEW", name)?;
    refuse(*materialized, "CREATE MATERIALIZED VIEW", name)?;
    refuse(*secure, "CREATE SECURE VIEW", name)?;
    refuse(*temporary, "CREATE TEMPORARY VIEW", name)?;
    refuse(
        !matches!(options, CreateTableOptions::None),
        "WITH (options) of a view",
        name,
    )?;
    refuse(!cluster_by.is_empty(), "CLUSTER BY", name)?;
    refuse(comment.is_some(), "COMMENT on a view", name)?;
    refuse(*with_no_schema_binding, "WITH NO SCHEMA BINDING", name)?;
    refuse(*copy_grants, "COPY GRANTS", name)?;
    refuse(to.is_some(), "TO of a view", name)?;
    let Some(CreateViewParams {
        algorithm,
        definer,
        security,
    }) = params
    else {
        return Ok(());
    };
    // A view is always part of the statement that reads it.
    refuse(
        matches!(algorithm, Some(CreateViewAlgorithm::TempTable)),
        "ALGORITHM = TEMPTABLE",
        name,
    )?;
    // Whose rights it has makes no difference: there are no users with rights of their own.
    let _ = security;
    refuse(definer.is_some(), "DEFINER", name)
}

fn column_name(column: &ViewColumnDef) -> Result<&Ident> {
    let ViewColumnDef {
        name,
        data_type,
        options,
    } = column;
    refuse(data_type.is_some(), "a type of a view's column", name)?;
    refuse(options.is_some(), "an option of a view's column", name)?;
    Ok(name)
}

impl<'a> Binder<'a> {
    /// CREATE VIEW or ALTER VIEW.
    pub(super) fn define_view(
        &mut self,
        parsed: &Parsed,
        statement: &'a ast::Statement,
        (text, check): (&'a ViewText, Option<CheckOption>),
    ) -> Result<Statement> {
        if parsed.value_count() > 0 {
            return Err(Error::Parameter {
                message: String::from("a view's query can have none, and no variables"),
            });
        }
        match statement {
            ast::Statement::CreateView(v) => self.create_view(v, text, check),
            ast::Statement::AlterView {
                name,
                columns,
                query,
                with_options,
            } => {
                refuse(!with_options.is_empty(), "WITH (options) of a view", name)?;
                let (schema, ident) = self.cx.table_name(name)?;
                if self.source().view(schema, &ident.value).is_none() {
                    return Err(self.unknown_view(schema, ident));
                }
                self.bound_view(
                    Definition {
                        schema,
                        name: ident,
                        columns: columns.iter().collect(),
                        query,
                        text,
                        check,
                    },
                    true,
                )
            }
            _ => Err(parsed.unsupported()),
        }
    }

    /// A CREATE VIEW without a text that could be kept: something about it is not offered.
    pub(super) fn refused_view(&self, v: &CreateView) -> Error {
        match refuse_options(v) {
            Err(e) => e,
            Ok(()) => unsupported("this CREATE VIEW", &v.name),
        }
    }

    fn create_view(
        &mut self,
        v: &'a CreateView,
        text: &'a ViewText,
        check: Option<CheckOption>,
    ) -> Result<Statement> {
        refuse_options(v)?;
        let (schema, name) = self.cx.table_name(&v.name)?;
        if v.or_replace && v.if_not_exists {
            return Err(invalid(
                "OR REPLACE and IF NOT EXISTS contradict each other",
                &v.name,
            ));
        }
        let is_table = self.source().table(schema, &name.value).is_some();
        let is_view = self.source().view(schema, &name.value).is_some();
        if (is_table || is_view) && v.if_not_exists {
            return Ok(Statement::Nothing);
        }
        if is_table || (is_view && !v.or_replace) {
            return Err(Error::Exists {
                kind: if is_table { "table" } else { "view" },
                name: name.value.clone(),
            });
        }
        let columns = v.columns.iter().map(column_name).collect::<Result<_>>()?;
        let definition = Definition {
            schema,
            name,
            columns,
            query: &v.query,
            text,
            check,
        };
        self.bound_view(definition, v.or_replace)
    }

    /// The definition, its query bound once to see that it makes sense.
    fn bound_view(&mut self, d: Definition<'a>, replace: bool) -> Result<Statement> {
        let name = ident_value(d.name)?;
        if let Some(views) = self.views {
            views.define(d.schema, &name);
        }
        if d.text.as_str().len() > MAX_WRITTEN {
            let limit = MAX_WRITTEN >> 10;
            return Err(invalid(
                format!("a view's query has at most {limit} KiB of text"),
                d.name,
            ));
        }
        self.stars = Some(Vec::new());
        let bound = self.query(d.query);
        let stars = self.stars.take().unwrap_or_default();
        let (plan, bound) = bound?;
        let columns = view_columns(&name, &d, &bound)?;
        let sql = d.text.with_names(&stars).ok_or_else(|| {
            invalid(
                "the query of the view cannot be kept as text; name its columns instead of *",
                d.name,
            )
        })?;
        if sql.len() > MAX_TEXT {
            return Err(invalid(
                "with the names of all its columns the view's query is too long",
                d.name,
            ));
        }
        let view = ViewDef {
            schema: String::from(d.schema),
            name,
            columns,
            sql,
            check: d.check,
        };
        if view.check.is_some() {
            self.base_of(view.clone(), plan, bound).map_err(|why| {
                let message = format!(
                    "WITH CHECK OPTION is for a view that can be changed; {} cannot: {why}",
                    view.name
                );
                invalid(message, d.name)
            })?;
        }
        let view = Box::new(view);
        Ok(Statement::CreateView { view, replace })
    }

    /// DROP VIEW.
    pub(super) fn drop_views(&self, names: &[ObjectName], if_exists: bool) -> Result<Statement> {
        let mut views: Vec<(String, String)> = Vec::with_capacity(names.len());
        for name in names {
            let (schema, ident) = self.cx.table_name(name)?;
            match self.source().view(schema, &ident.value) {
                Some(view) => {
                    let key = (view.schema, view.name);
                    if !views.contains(&key) {
                        views.push(key);
                    }
                }
                None if if_exists => {}
                None => return Err(self.unknown_view(schema, ident)),
            }
        }
        if views.is_empty() {
            return Ok(Statement::Nothing);
        }
        Ok(Statement::DropViews(views))
    }

    /// The error for a view that is not there.
    pub(super) fn unknown_view(&self, schema: &str, name: &Ident) -> Error {
        if self.source().table(schema, &name.value).is_some() {
            return invalid(format!("{} is a table, not a view", name.value), name);
        }
        Error::Unknown {
            kind: "view",
            name: name.value.clone(),
            nearest: None,
            position: start(name.span),
        }
    }

    /// Remembers what a star in the text of a view stands for.
    pub(super) fn note_star(
        &mut self,
        options: &ast::WildcardAdditionalOptions,
        names: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        if let Some(stars) = &mut self.stars {
            stars.push((options.wildcard_token.0.span.start, names()?));
        }
        Ok(())
    }
}

/// The names of a view's columns.
fn view_columns(view: &str, d: &Definition<'_>, bound: &[OutputColumn]) -> Result<Vec<String>> {
    if !d.columns.is_empty() && d.columns.len() != bound.len() {
        let (query, named) = (bound.len(), d.columns.len());
        let message = format!("the query of view {view} has {query} columns, its list names {named}");
        return Err(invalid(message, d.name));
    }
    let names: Vec<String> = match d.columns.is_empty() {
        true => bound.iter().map(|c| c.name.clone()).collect(),
        false => d.columns.iter().map(|c| ident_value(c)).collect::<Result<_>>()?,
    };
    let mut keys: Vec<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
    sort_shared(&mut keys, Ord::cmp);
    if let Some([twice, _]) = keys.array_windows().find(|[a, b]| a == b) {
        let message =
            format!("view {view} has two columns named {twice}; name them: CREATE VIEW {view} (…) AS …");
        return Err(invalid(message, d.name));
    }
    Ok(names)
}
