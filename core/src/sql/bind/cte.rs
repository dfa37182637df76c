//! WITH: each query is bound once, where it is defined, and copied where it is named.
//!
//! A query sees those before it. Bound one after the other they do not nest while they are bound, however
//! long a chain they make.

use super::binder::Binder;
use super::query::refuse_clauses;
use super::refuse::{invalid, refuse, unsupported};
use super::set_operation::{combined, is_all};
use super::types::cast;
use crate::sql::plan::{Expr, OutputColumn, Plan, Recursive, SubPlan};
use crate::types::{DataType, Decimal, Error, Result};
use alloc::{boxed::Box, format, sync::Arc, vec::Vec};
use sqlparser::ast::{self, SetExpr, SetOperator};

/// Times that WITH queries and views may be copied in one statement.
const MAX_EXPANSIONS: usize = 100;

/// A query bound apart from what is around it: one of WITH, or a view's.
pub(super) struct BoundQuery {
    pub(super) plan: Plan,
    pub(super) columns: Vec<OutputColumn>,
    /// Its own sub-plans; its expressions name them by their place here.
    pub(super) sub_plans: Vec<SubPlan>,
    /// How many copies of such queries are in it.
    pub(super) expansions: usize,
}

/// A query of WITH, bound.
pub(super) struct Cte<'a> {
    pub(super) definition: &'a ast::Cte,
    query: Arc<BoundQuery>,
}

impl<'a> Binder<'a> {
    /// Binds the queries of WITH; they are in sight from here on.
    pub(super) fn with(&mut self, with: &'a ast::With) -> Result<()> {
        let ast::With {
            with_token: _,
            recursive,
            cte_tables,
        } = with;
        let first = self.ctes.len();
        for definition in cte_tables {
            let ast::Cte {
                alias,
                query: _,
                from,
                materialized,
                closing_paren_token: _,
            } = definition;
            refuse(from.is_some(), "FROM after a WITH query", &alias.name)?;
            refuse(materialized.is_some(), "[NOT] MATERIALIZED", &alias.name)?;
            let name = &alias.name.value;
            let same = |c: &Cte<'_>| c.definition.alias.name.value.eq_ignore_ascii_case(name);
            if self.ctes.iter().skip(first).any(same) {
                return Err(invalid(
                    format!("the WITH query {name} occurs twice"),
                    &alias.name,
                ));
            }
            let cte = self.define(definition, *recursive)?;
            self.ctes.push(cte);
        }
        Ok(())
    }

    /// Binds one of them apart from what is around it: it counts only where it is named.
    fn define(&mut self, definition: &'a ast::Cte, recursive: bool) -> Result<Cte<'a>> {
        let sub_plans = core::mem::take(&mut self.sub_plans);
        let outer = core::mem::take(&mut self.outer);
        let expansions = core::mem::take(&mut self.expansions);
        let bound = self.deeper(1, |b| match recursive {
            true => b.recursive_query(definition),
            false => b.query(&definition.query),
        });
        self.outer = outer;
        let own = core::mem::replace(&mut self.sub_plans, sub_plans);
        let expansions = core::mem::replace(&mut self.expansions, expansions);
        let (plan, columns) = bound?;
        let query = Arc::new(BoundQuery {
            plan,
            columns,
            sub_plans: own,
            expansions,
        });
        Ok(Cte { definition, query })
    }

    /// A query of WITH RECURSIVE, which may name itself in the last query of its UNION.
    fn recursive_query(&mut self, definition: &'a ast::Cte) -> Result<(Plan, Vec<OutputColumn>)> {
        let q: &ast::Query = &definition.query;
        let name = &definition.alias.name;
        let SetExpr::SetOperation {
            op: op @ SetOperator::Union,
            set_quantifier,
            left,
            right,
        } = q.body.as_ref()
        else {
            return self.query(q);
        };
        if q.with.is_some() {
            return self.query(q);
        }
        refuse_clauses(q)?;
        let all = is_all(*set_quantifier, q)?;
        let (anchor, columns) = self.operand(left, q)?;
        let types: Vec<DataType> = columns.iter().map(|c| widened(&c.ty)).collect();
        let wide = columns.iter().zip(&types).map(|(c, ty)| OutputColumn {
            name: c.name.clone(),
            ty: ty.clone(),
            table: None,
        });
        let wide: Vec<OutputColumn> = wide.collect();
        let id = self.recursions;
        self.recursions += 1;
        let before = self.sub_plans.len();
        self.ctes.push(Cte {
            definition,
            query: Arc::new(BoundQuery {
                plan: Plan::WorkTable {
                    id,
                    types: types.clone(),
                },
                columns: wide.clone(),
                sub_plans: Vec::new(),
                expansions: 0,
            }),
        });
        let step = self.operand(right, q);
        self.ctes.pop();
        let (step, step_columns) = step?;
        let mut sub_plans = self.sub_plans.iter().skip(before);
        if sub_plans.any(|s| reads_work_table(&s.plan, id)) {
            return Err(unsupported(
                format!("the recursive query {} in a subquery of itself", name.value),
                name,
            ));
        }
        if !reads_work_table(&step, id) {
            let (plan, columns) = combined(*op, all, (anchor, columns), (step, step_columns), q)?;
            return self.ordered(plan, columns, q);
        }
        refuse(q.order_by.is_some(), "ORDER BY of a recursive query", q)?;
        let columns = wide;
        if step_columns.len() != columns.len() {
            return Err(invalid(
                format!(
                    "the queries of the recursive query {} have {} and {} columns",
                    name.value,
                    columns.len(),
                    step_columns.len()
                ),
                name,
            ));
        }
        let plan = Plan::Recursive(Box::new(Recursive {
            id,
            all,
            anchor: converted(anchor, &types),
            step: converted(step, &types),
            types,
        }));
        let limit = self.limit(q.limit_clause.as_ref(), q.fetch.as_ref(), q)?;
        Ok((limit.apply(plan), columns))
    }

    /// A copy of the WITH query that `at` is the place of in [`Binder::ctes`], where it is named; and its
    /// definition.
    pub(super) fn expand(&mut self, at: usize) -> Result<(&'a ast::Cte, Plan, Vec<OutputColumn>)> {
        let Some(cte) = self.ctes.get(at) else {
            return Err(Error::invalid("a WITH query is not in sight"));
        };
        let (definition, query) = (cte.definition, cte.query.clone());
        let (plan, columns) = self.copy_of(&query)?;
        Ok((definition, plan, columns))
    }

    /// A copy of a query that was bound apart, where it is named.
    pub(super) fn copy_of(&mut self, query: &BoundQuery) -> Result<(Plan, Vec<OutputColumn>)> {
        self.expansions = self.expansions.saturating_add(query.expansions + 1);
        if self.expansions > MAX_EXPANSIONS {
            return Err(Error::invalid(format!(
                "WITH queries and views are used more than {MAX_EXPANSIONS} times, by one another too; collect their rows \
                 in a table first"
            )));
        }
        let base = self.sub_plans.len();
        let mut plan = query.plan.clone();
        move_sub_plans(&mut plan, base);
        for sub in &query.sub_plans {
            let mut sub = sub.clone();
            move_sub_plans(&mut sub.plan, base);
            self.sub_plans.push(sub);
        }
        Ok((plan, query.columns.clone()))
    }
}

/// The type of a column of a recursive query: room for what its steps make of the first value.
fn widened(ty: &DataType) -> DataType {
    match ty {
        DataType::Int(_) => DataType::BIGINT,
        DataType::Float => DataType::Double,
        DataType::Decimal { scale, .. } => DataType::Decimal {
            precision: Decimal::MAX_PRECISION,
            scale: *scale,
            unsigned: false,
        },
        DataType::Text { collation, .. } => DataType::Text {
            max: None,
            collation: *collation,
        },
        DataType::Blob { .. } => DataType::BLOB,
        ty => ty.clone(),
    }
}

/// A plan with its columns converted to types.
fn converted(plan: Plan, types: &[DataType]) -> Plan {
    let own = plan.types();
    let width = own.len();
    let column = |(index, (from, to)): (usize, (DataType, &DataType))| {
        cast(Expr::Column { index, ty: from }, to, true)
    };
    let exprs = own.into_iter().zip(types).enumerate().map(column).collect();
    plan.projected(exprs, width)
}

fn reads_work_table(plan: &Plan, wanted: usize) -> bool {
    let mut found = matches!(plan, Plan::WorkTable { id, .. } if *id == wanted);
    plan.for_each_input(&mut |input| found |= reads_work_table(input, wanted));
    found
}

/// Adds to the place of every sub-plan that a plan names.
fn move_sub_plans(plan: &mut Plan, by: usize) {
    if by > 0 {
        plan.for_each_expr_mut(&mut |e| move_in(e, by));
        plan.for_each_input_mut(&mut |input| move_sub_plans(input, by));
    }
}

fn move_in(expr: &mut Expr, by: usize) {
    if let Expr::Scalar { index, .. } | Expr::InSubPlan { index, .. } | Expr::Exists { index, .. } = expr {
        *index += by;
    }
    if let Expr::Correlated(correlated) = expr {
        move_sub_plans(&mut correlated.plan, by);
    }
    expr.for_each_child_mut(&mut |child| move_in(child, by));
}
