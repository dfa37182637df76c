//! Queries: WITH, the body, and ORDER BY and LIMIT of bodies that are no SELECT.

use super::aggregate::unify_rows;
use super::binder::{Binder, Env};
use super::names::{Scope, ScopeTable};
use super::order_by::order_expressions;
use super::refuse::{refuse, unsupported};
use crate::sql::plan::{Expr, OutputColumn, Plan, Query};
use crate::types::{DataType, Error, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::{self, SetExpr};

/// Operators of a plan one upon the other: the optimizer, execution and dropping go down by recursion. On a
/// debug build a thread of 1 MiB suffices.
const MAX_PLAN_DEPTH: usize = 100;

/// The columns of a body as columns of a scope, and as expressions for ordinals.
fn output_scope(columns: &[OutputColumn]) -> (Scope, Vec<Expr>) {
    let names = columns.iter().map(|c| c.name.clone()).collect();
    let types: Vec<DataType> = columns.iter().map(|c| c.ty.clone()).collect();
    let exprs = types
        .iter()
        .enumerate()
        .map(|(index, ty)| Expr::Column {
            index,
            ty: ty.clone(),
        })
        .collect();
    (Scope::of(ScopeTable::derived(String::new(), names), types), exprs)
}

/// Refuses what other systems' queries have.
pub(super) fn refuse_clauses(q: &ast::Query) -> Result<()> {
    let ast::Query {
        with: _,
        body: _,
        order_by: _,
        limit_clause: _,
        fetch: _,
        locks: _,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = q;
    refuse(for_clause.is_some(), "FOR XML, JSON or BROWSE", q)?;
    refuse(settings.is_some(), "SETTINGS", q)?;
    refuse(format_clause.is_some(), "FORMAT", q)?;
    refuse(!pipe_operators.is_empty(), "a pipe operator (|>)", q)
}

/// The expressions of a query's ORDER BY.
pub(super) fn order_of(q: &ast::Query) -> Result<&[ast::OrderByExpr]> {
    Ok(q.order_by
        .as_ref()
        .map(order_expressions)
        .transpose()?
        .unwrap_or(&[]))
}

/// The statement that changes rows that is the body of a text which starts with WITH.
pub(super) fn changed_by(q: &ast::Query) -> Result<Option<&ast::Statement>> {
    let (SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) | SetExpr::Merge(s)) = q.body.as_ref()
    else {
        return Ok(None);
    };
    refuse_clauses(q)?;
    let more = q.order_by.is_some() || q.limit_clause.is_some() || q.fetch.is_some();
    refuse(more, "ORDER BY or LIMIT after this statement", q)?;
    Ok(Some(s))
}

// Queries nest by recursion. What goes down is called from functions that do little else, so that a level
// takes little of the stack.
impl<'a> Binder<'a> {
    /// A whole query with the sub-plans found on the way.
    pub(super) fn top_query(&mut self, q: &'a ast::Query) -> Result<Query> {
        let (plan, columns) = self.query(q)?;
        Ok(Query {
            plan,
            sub_plans: core::mem::take(&mut self.sub_plans),
            columns: columns.into(),
        })
    }

    /// A query anywhere.
    pub(super) fn query(&mut self, q: &'a ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        let bound = self.query_of_any_depth(q)?;
        if bound.0.depth() > MAX_PLAN_DEPTH {
            return Err(Error::TooDeep {
                limit: MAX_PLAN_DEPTH,
            });
        }
        Ok(bound)
    }

    fn query_of_any_depth(&mut self, q: &'a ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        refuse_clauses(q)?;
        self.locks |= !q.locks.is_empty();
        let row_ids = core::mem::take(&mut self.row_ids);
        let ctes = self.ctes.len();
        if let Some(with) = &q.with {
            self.with(with)?;
        }
        let result = match q.body.as_ref() {
            SetExpr::Select(select) => self.select(select, q),
            other => self.other_query(other, q),
        };
        self.ctes.truncate(ctes);
        self.row_ids = row_ids;
        result
    }

    /// A query whose body is no SELECT.
    fn other_query(&mut self, body: &'a SetExpr, q: &'a ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        let (plan, columns) = self.body(body, q)?;
        self.ordered(plan, columns, q)
    }

    /// A body that is no SELECT with the ORDER BY and LIMIT of its query.
    pub(super) fn ordered(
        &mut self,
        plan: Plan,
        columns: Vec<OutputColumn>,
        q: &'a ast::Query,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        let order_by = order_of(q)?;
        let (scope, outputs) = output_scope(&columns);
        let mut env = Env::new(&scope, "ORDER BY");
        let keys = self.order_by(order_by, &outputs, &mut env)?;
        let limit = self.limit(q.limit_clause.as_ref(), q.fetch.as_ref(), q)?;
        Ok((limit.sorted(plan, keys), columns))
    }

    /// A body that is no SELECT.
    pub(super) fn body(&mut self, body: &'a SetExpr, q: &'a ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        match body {
            SetExpr::Query(inner) => self.deeper(1, |b| b.query(inner)),
            SetExpr::Values(values) => self.values(values, q),
            SetExpr::SetOperation { .. } => self.set_operation(body, q),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(unsupported("a statement that changes rows within a query", q))
            }
            SetExpr::Table(_) => Err(unsupported("TABLE t (write SELECT * FROM t)", q)),
            SetExpr::Select(_) => Err(unsupported("this query", q)),
        }
    }

    fn values(&mut self, values: &'a ast::Values, q: &ast::Query) -> Result<(Plan, Vec<OutputColumn>)> {
        // ROW and VALUE are only words.
        let ast::Values {
            explicit_row: _,
            value_keyword: _,
            rows,
        } = values;
        let scope = Scope::default();
        let mut env = Env::new(&scope, "VALUES").without_correlation();
        let mut bound = Vec::with_capacity(rows.len());
        for row in rows {
            let mut exprs = Vec::with_capacity(row.content.len());
            for e in &row.content {
                exprs.push(self.expr(e, &mut env)?);
            }
            bound.push(exprs);
        }
        let (rows, types) = unify_rows(bound, q)?;
        if types.is_empty() {
            return Err(super::refuse::invalid(
                "a row of VALUES has at least one value",
                q,
            ));
        }
        let columns = types
            .iter()
            .enumerate()
            .map(|(i, ty)| OutputColumn {
                name: format!("column{}", i + 1),
                ty: ty.clone(),
                table: None,
            })
            .collect();
        Ok((Plan::Values { rows, types }, columns))
    }
}
