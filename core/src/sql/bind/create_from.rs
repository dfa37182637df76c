//! CREATE TABLE … LIKE and CREATE TABLE … AS: definitions taken from a table, or from what a query gives.

use super::binder::Binder;
use super::column_def::Column;
use super::column_values::{assign, bound_checks};
use super::create_table::{Named, create};
use super::generated::{generated, is_generated, not_assignable};
use super::insert::NEW_TABLE;
use super::refuse::{Place, invalid, refuse};
use crate::catalog::{ColumnDef, PersistenceConfig, TableDef, TableId};
use crate::sql::plan::{Expr, Insert, InsertSource, Plan, Query, Statement};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use sqlparser::ast::{CreateTable, CreateTableLikeKind};

/// The id in the definition of a table that does not exist yet.
pub(super) fn new_id(temporary: bool) -> TableId {
    match temporary {
        true => TableId::FIRST_TEMPORARY,
        false => NEW_TABLE,
    }
}

impl Binder<'_> {
    /// `CREATE TABLE t LIKE u`: columns, keys, indexes, checks and comment of a table; not its foreign keys,
    /// triggers, rows and placement.
    pub(super) fn create_like(
        &mut self,
        c: &CreateTable,
        like: &CreateTableLikeKind,
        named: Named,
    ) -> Result<Statement> {
        let (CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like)) = like;
        refuse(
            like.defaults.is_some(),
            "INCLUDING or EXCLUDING DEFAULTS",
            &like.name,
        )?;
        let of = self.cx.table(&like.name)?;
        let mut def = TableDef {
            id: new_id(c.temporary),
            schema: named.schema,
            name: named.name,
            foreign_keys: Vec::new(),
            triggers: Vec::new(),
            persistence: PersistenceConfig::default(),
            ..TableDef::clone(&of)
        };
        if let Some(comment) = named.options.comment.clone() {
            def.comment = comment;
        }
        def.forget_statistics();
        // Those that foreign keys needed are plain indexes now.
        def.indexes.iter_mut().for_each(|i| i.constraint &= i.unique);
        Ok(create(def, named.options, c.if_not_exists, false))
    }

    /// The columns that the query of `CREATE TABLE t (…) AS SELECT …` gives a table beside those declared: first
    /// those only declared, then those of the query in its order, of their declared types if they have any.
    pub(super) fn with_columns_of<'c>(
        &self,
        c: &CreateTable,
        query: &Query,
        declared: Vec<Column<'c>>,
    ) -> Result<Vec<Column<'c>>> {
        let is = |name: &str, column: &Column<'_>| column.def.name.eq_ignore_ascii_case(name);
        let in_query = |column: &Column<'_>| query.columns.iter().any(|o| is(&o.name, column));
        let (mut both, mut columns): (Vec<_>, Vec<_>) = declared.into_iter().partition(in_query);
        for column in query.columns.iter() {
            if column.name.is_empty() {
                return Err(invalid("each column of the query needs a name", &c.name));
            }
            if columns.iter().any(|known| is(&column.name, known)) {
                return Err(Error::Exists {
                    kind: "column",
                    name: column.name.clone(),
                });
            }
            let ty = match &column.ty {
                DataType::Null => DataType::TEXT,
                ty => ty.clone(),
            };
            columns.push(match both.iter().position(|d| is(&column.name, d)) {
                Some(at) => both.remove(at),
                None => Column {
                    def: ColumnDef::new(column.name.clone(), ty, true),
                    inline: Vec::new(),
                    serial: false,
                    collated: true,
                    first: None,
                    at: c.name.place(),
                },
            });
        }
        Ok(columns)
    }

    /// The rows of CREATE TABLE … AS as what inserts them.
    pub(super) fn rows_of(&self, query: Query, def: &TableDef) -> Result<Insert> {
        let Query {
            plan,
            sub_plans,
            columns: output,
        } = query;
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (index, column) in output.iter().enumerate() {
            let Some(at) = def.column(&column.name) else {
                continue;
            };
            if is_generated(def, at) {
                return Err(not_assignable(def, at));
            }
            let value = Expr::Column {
                index,
                ty: column.ty.clone(),
            };
            values.push(assign(value, def, at));
            columns.push(at);
        }
        let def = &Arc::new(def.clone());
        Ok(Insert {
            table: def.id,
            defaults: self.other_defaults(def, &columns)?,
            generated: generated(def, self.cx)?,
            checks: bound_checks(def, self.cx)?,
            columns,
            source: InsertSource::Query(Arc::new(Query {
                plan: Plan::Project {
                    input: Box::new(plan),
                    exprs: values,
                },
                sub_plans,
                columns: output,
            })),
            on_conflict: Vec::new(),
            counts_existing: false,
            returning: None,
        })
    }
}
