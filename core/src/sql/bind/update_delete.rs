//! UPDATE and DELETE of one table.

use super::binder::{Binder, Env};
use super::column_values::{assign, bound_checks, default_of, is_default};
use super::insert::target;
use super::join::{plain_table, scan};
use super::names::Scope;
use super::order_by::sorted;
use super::refuse::{Place, invalid, refuse, unsupported};
use super::types::null_of;
use crate::catalog::TableDef;
use crate::sql::plan::{Delete, Expr, OutputColumn, Plan, Query, Statement, Update};
use crate::types::{DataType, Result};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, FromTable, OrderByExpr, SqliteOnConflict, TableWithJoins};

/// The one table that a statement changes, and its alias.
struct Target {
    def: Arc<TableDef>,
    alias: Option<String>,
}

/// The columns of the rows to change: all columns, then the row id.
fn row_columns(def: &TableDef) -> Vec<OutputColumn> {
    let mut columns: Vec<OutputColumn> = def
        .columns
        .iter()
        .map(|c| OutputColumn {
            name: c.name.clone(),
            ty: c.ty.clone(),
            table: Some(def.name.clone()),
        })
        .collect();
    columns.push(OutputColumn {
        name: String::from("row id"),
        ty: DataType::BIGINT,
        table: None,
    });
    columns
}

impl<'a> Binder<'a> {
    fn target_table(&mut self, t: &'a TableWithJoins, statement: &str, at: &impl Place) -> Result<Target> {
        refuse(
            !t.joins.is_empty(),
            &alloc::format!("{statement} with a join"),
            at,
        )?;
        let Some((name, alias)) = plain_table(&t.relation)? else {
            return Err(unsupported(
                alloc::format!("{statement} of anything but a table"),
                at,
            ));
        };
        if let Some(a) = alias {
            refuse(
                !a.columns.is_empty() || a.at.is_some(),
                "column names in a table alias",
                &a.name,
            )?;
        }
        Ok(Target {
            def: self.cx.table(name)?,
            alias: alias.map(|a| a.name.value.clone()),
        })
    }

    /// The rows: scan with row id, WHERE, ORDER BY, LIMIT.
    fn rows(
        &mut self,
        t: &Target,
        scope: &Scope,
        selection: Option<&'a ast::Expr>,
        order_by: &'a [OrderByExpr],
        limit: Option<&'a ast::Expr>,
    ) -> Result<Plan> {
        let alias = t.alias.as_deref().unwrap_or(&t.def.name);
        let plan = scan(&t.def, alias, true);
        let condition = selection
            .map(|c| self.condition(c, &mut Env::new(scope, "WHERE")))
            .transpose()?;
        let keys = self.order_by(order_by, &[], &mut Env::new(scope, "ORDER BY"))?;
        let limit = self.limit_only(limit)?;
        Ok(limit.apply(sorted(plan.filtered(condition), keys)))
    }

    /// UPDATE.
    pub(super) fn update(&mut self, u: &'a ast::Update) -> Result<Statement> {
        let ast::Update {
            update_token: _,
            optimizer_hints,
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
        } = u;
        refuse(!optimizer_hints.is_empty(), "an optimizer hint", u)?;
        refuse(from.is_some(), "UPDATE … FROM", u)?;
        refuse(output.is_some(), "OUTPUT", u)?;
        refuse(
            !matches!(or, None | Some(SqliteOnConflict::Abort)),
            "UPDATE OR IGNORE, REPLACE, ROLLBACK or FAIL",
            u,
        )?;
        let t = self.target_table(table, "UPDATE", u)?;
        let scope = Scope::of_table(&t.def, t.alias.clone());
        let plan = self.rows(&t, &scope, selection.as_ref(), order_by, limit.as_ref())?;
        let mut set = Vec::with_capacity(assignments.len());
        let mut values: Vec<Expr> = Vec::with_capacity(assignments.len());
        for a in assignments {
            let column = target(&t.def, t.alias.as_deref(), a)?;
            if set.contains(&column) {
                return Err(invalid("a column is set twice", a));
            }
            set.push(column);
            values.push(if is_default(&a.value) {
                match t.def.columns.get(column) {
                    Some(c) => default_of(c, self.cx)?.unwrap_or_else(|| null_of(c.ty.clone())),
                    None => null_of(DataType::Null),
                }
            } else {
                let ty = t.def.columns.get(column).map_or(DataType::Null, |c| c.ty.clone());
                match self.set_literal(&a.value, &ty)? {
                    Some(literal) => literal,
                    None => assign(self.expr(&a.value, &mut Env::new(&scope, "SET"))?, &t.def, column),
                }
            });
        }
        let mut columns = row_columns(&t.def);
        let mut exprs: Vec<Expr> = columns
            .iter()
            .enumerate()
            .map(|(index, c)| Expr::Column {
                index,
                ty: c.ty.clone(),
            })
            .collect();
        for (column, value) in set.iter().filter_map(|c| t.def.columns.get(*c)).zip(&values) {
            columns.push(OutputColumn {
                name: column.name.clone(),
                ty: value.ty(),
                table: None,
            });
        }
        exprs.extend(values);
        let returning = match returning {
            None => None,
            Some(items) => Some(self.returning(items, &t.def, t.alias.clone())?),
        };
        Ok(Statement::Update(Arc::new(Update {
            table: t.def.id,
            source: Arc::new(Query {
                plan: Plan::Project {
                    input: Box::new(plan),
                    exprs,
                },
                sub_plans: core::mem::take(&mut self.sub_plans),
                columns: columns.into(),
            }),
            set,
            checks: bound_checks(&t.def, self.cx)?,
            returning,
        })))
    }

    /// DELETE.
    pub(super) fn delete(&mut self, d: &'a ast::Delete) -> Result<Statement> {
        let ast::Delete {
            delete_token: _,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = d;
        refuse(!optimizer_hints.is_empty(), "an optimizer hint", d)?;
        refuse(!tables.is_empty(), "DELETE of several tables", d)?;
        refuse(using.is_some(), "DELETE … USING", d)?;
        refuse(output.is_some(), "OUTPUT", d)?;
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = from;
        let [table] = from.as_slice() else {
            return Err(unsupported("DELETE of several tables", d));
        };
        let t = self.target_table(table, "DELETE", d)?;
        let scope = Scope::of_table(&t.def, t.alias.clone());
        let plan = self.rows(&t, &scope, selection.as_ref(), order_by, limit.as_ref())?;
        let returning = match returning {
            None => None,
            Some(items) => Some(self.returning(items, &t.def, t.alias.clone())?),
        };
        Ok(Statement::Delete(Arc::new(Delete {
            table: t.def.id,
            source: Arc::new(Query {
                plan,
                sub_plans: core::mem::take(&mut self.sub_plans),
                columns: row_columns(&t.def).into(),
            }),
            returning,
        })))
    }
}
