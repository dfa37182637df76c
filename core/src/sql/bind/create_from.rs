//! CREATE TABLE … LIKE and CREATE TABLE … AS: definitions taken from a table, or from what a query gives.

use super::binder::Binder;
use super::create_table::{Named, create};
use super::insert::NEW_TABLE;
use super::refuse::{invalid, refuse};
use super::types::cast;
use crate::catalog::{ColumnDef, PersistenceConfig, TableDef, TableId};
use crate::sql::plan::{Expr, Plan, Query, Statement};
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use sqlparser::ast::{self, CreateTable, CreateTableLikeKind};

/// The id in the definition of a table that does not exist yet.
pub(super) fn new_id(temporary: bool) -> TableId {
    match temporary {
        true => TableId::FIRST_TEMPORARY,
        false => NEW_TABLE,
    }
}

impl<'a> Binder<'a> {
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

    /// `CREATE TABLE t AS SELECT …`: columns named and typed as the query's, with its rows.
    pub(super) fn create_as(
        &mut self,
        c: &CreateTable,
        query: &'a ast::Query,
        named: Named,
    ) -> Result<Statement> {
        let declared = !c.columns.is_empty() || !c.constraints.is_empty();
        refuse(declared, "columns beside CREATE TABLE … AS SELECT", &c.name)?;
        let Query {
            plan,
            sub_plans,
            columns,
        } = self.top_query(query)?;
        let mut def = TableDef {
            comment: named.options.comment.clone().unwrap_or_default(),
            ..TableDef::new(new_id(c.temporary), named.schema, named.name)
        };
        let mut values = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter().enumerate() {
            let ty = match &column.ty {
                DataType::Null => DataType::TEXT,
                ty => ty.clone(),
            };
            if column.name.is_empty() {
                return Err(invalid("each column of the query needs a name", &c.name));
            }
            if def.column(&column.name).is_some() {
                return Err(Error::Exists {
                    kind: "column",
                    name: column.name.clone(),
                });
            }
            let value = Expr::Column {
                index,
                ty: column.ty.clone(),
            };
            values.push(cast(value, &ty, true));
            def.columns.push(ColumnDef::new(column.name.clone(), ty, true));
        }
        let rows = Query {
            plan: Plan::Project {
                input: Box::new(plan),
                exprs: values,
            },
            sub_plans,
            columns,
        };
        let mut statement = create(def, named.options, c.if_not_exists, false);
        if let Statement::CreateTable { rows: of, .. } = &mut statement {
            *of = Some(Arc::new(rows));
        }
        Ok(statement)
    }
}
