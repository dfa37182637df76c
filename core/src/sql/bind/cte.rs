//! WITH: each query is bound once, where it is defined, and copied where it is named.
//!
//! A query sees those before it. Bound one after the other they do not nest while they are bound, however
//! long a chain they make.

use super::binder::Binder;
use super::refuse::{invalid, refuse};
use crate::sql::plan::{Expr, OutputColumn, Plan, SubPlan};
use crate::types::{Error, Result};
use alloc::{format, vec::Vec};
use sqlparser::ast;

/// Times that WITH queries may be copied in one statement.
const MAX_EXPANSIONS: usize = 100;

/// A query of WITH, bound.
pub(super) struct Cte<'a> {
    pub(super) definition: &'a ast::Cte,
    plan: Plan,
    columns: Vec<OutputColumn>,
    /// Its own sub-plans; its expressions name them by their place here.
    sub_plans: Vec<SubPlan>,
    /// How many copies of WITH queries are in it.
    expansions: usize,
}

impl<'a> Binder<'a> {
    /// Binds the queries of WITH; they are in sight from here on.
    pub(super) fn with(&mut self, with: &'a ast::With, q: &ast::Query) -> Result<()> {
        let ast::With {
            with_token: _,
            recursive,
            cte_tables,
        } = with;
        refuse(*recursive, "WITH RECURSIVE", q)?;
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
            let cte = self.define(definition)?;
            self.ctes.push(cte);
        }
        Ok(())
    }

    /// Binds one of them apart from what is around it: it counts only where it is named.
    fn define(&mut self, definition: &'a ast::Cte) -> Result<Cte<'a>> {
        let sub_plans = core::mem::take(&mut self.sub_plans);
        let outer = core::mem::take(&mut self.outer);
        let expansions = core::mem::take(&mut self.expansions);
        let bound = self.deeper(1, |b| b.query(&definition.query));
        self.outer = outer;
        let own = core::mem::replace(&mut self.sub_plans, sub_plans);
        let expansions = core::mem::replace(&mut self.expansions, expansions);
        let (plan, columns) = bound?;
        Ok(Cte {
            definition,
            plan,
            columns,
            sub_plans: own,
            expansions,
        })
    }

    /// A copy of the WITH query that `at` is the place of in [`Binder::ctes`], where it is named; and its
    /// definition.
    pub(super) fn expand(&mut self, at: usize) -> Result<(&'a ast::Cte, Plan, Vec<OutputColumn>)> {
        let base = self.sub_plans.len();
        let Some(cte) = self.ctes.get(at) else {
            return Err(Error::invalid("a WITH query is not in sight"));
        };
        self.expansions = self.expansions.saturating_add(cte.expansions + 1);
        if self.expansions > MAX_EXPANSIONS {
            return Err(Error::invalid(format!(
                "WITH queries are used more than {MAX_EXPANSIONS} times, by one another too; collect their rows in a table \
                 first"
            )));
        }
        let (definition, mut plan, columns) = (cte.definition, cte.plan.clone(), cte.columns.clone());
        move_sub_plans(&mut plan, base);
        for sub in &cte.sub_plans {
            let mut sub = sub.clone();
            move_sub_plans(&mut sub.plan, base);
            self.sub_plans.push(sub);
        }
        Ok((definition, plan, columns))
    }
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
