//! Subqueries in expressions. They are uncorrelated: each becomes a sub-plan that runs once, before.

use super::binder::{Binder, Env};
use super::refuse::{Place, invalid, unsupported};
use super::types::compare;
use crate::sql::plan::{CompareOp, Expr, OutputColumn, Plan, SubPlan, SubPlanKind};
use crate::types::Result;
use alloc::{boxed::Box, vec, vec::Vec};
use sqlparser::ast::{self, BinaryOperator};

impl<'a> Binder<'a> {
    fn subquery(&mut self, q: &'a ast::Query, env: &Env<'_>) -> Result<(Plan, Vec<OutputColumn>)> {
        if !env.subqueries {
            return Err(invalid(
                alloc::format!("a subquery cannot stand in {}", env.clause),
                q,
            ));
        }
        self.outer.push(env.scope.clone());
        let bound = self.deeper(1, |b| b.query(q));
        self.outer.pop();
        bound
    }

    fn add_sub_plan(&mut self, plan: Plan, kind: SubPlanKind) -> usize {
        self.sub_plans.push(SubPlan { plan, kind });
        self.sub_plans.len() - 1
    }

    /// `(SELECT …)` as a value.
    pub(super) fn scalar_subquery(&mut self, q: &'a ast::Query, env: &mut Env<'_>) -> Result<Expr> {
        let (plan, columns) = self.subquery(q, env)?;
        let [one] = columns.as_slice() else {
            return Err(invalid("a subquery used as a value has one column", q));
        };
        let ty = one.ty.clone();
        let index = self.add_sub_plan(plan, SubPlanKind::Scalar);
        Ok(Expr::Scalar { index, ty })
    }

    /// `EXISTS (SELECT …)`.
    pub(super) fn exists(&mut self, q: &'a ast::Query, negated: bool, env: &mut Env<'_>) -> Result<Expr> {
        let (plan, _) = self.subquery(q, env)?;
        let index = self.add_sub_plan(plan, SubPlanKind::Exists);
        Ok(Expr::Exists { index, negated })
    }

    /// `operand IN (SELECT …)`.
    pub(super) fn in_subquery(
        &mut self,
        operand: &'a ast::Expr,
        q: &'a ast::Query,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        if matches!(operand, ast::Expr::Tuple(_)) {
            return Err(unsupported("a row IN (SELECT …)", operand));
        }
        let operand_bound = self.expr(operand, env)?;
        let (plan, columns) = self.subquery(q, env)?;
        let [one] = columns.as_slice() else {
            return Err(invalid("the subquery of IN has one column", q));
        };
        // Both sides in the type in which they would compare one by one.
        let column = Expr::Column {
            index: 0,
            ty: one.ty.clone(),
        };
        let Expr::Compare { left, right, .. } =
            compare(CompareOp::Eq, operand_bound, column, operand.place())?
        else {
            return Err(unsupported("this comparison", operand));
        };
        let plan = match *right {
            Expr::Column { .. } => plan,
            converted => Plan::Project {
                input: Box::new(plan),
                exprs: vec![converted],
            },
        };
        let index = self.add_sub_plan(plan, SubPlanKind::Set);
        Ok(Expr::InSubPlan {
            operand: left,
            index,
            negated,
        })
    }

    /// `= ANY (SELECT …)` and `<> ALL (SELECT …)`, which are IN and NOT IN.
    pub(super) fn quantified(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let (left, right, negated) = match e {
            ast::Expr::AnyOp {
                left,
                compare_op: BinaryOperator::Eq,
                right,
                is_some: _,
            } => (left, right, false),
            ast::Expr::AllOp {
                left,
                compare_op: BinaryOperator::NotEq,
                right,
            } => (left, right, true),
            ast::Expr::AnyOp { .. } => return Err(unsupported("ANY other than = ANY", e)),
            _ => return Err(unsupported("ALL other than <> ALL", e)),
        };
        let mut inner = right.as_ref();
        while let ast::Expr::Nested(n) = inner {
            inner = n;
        }
        match inner {
            ast::Expr::Subquery(q) => self.in_subquery(left, q, negated, env),
            _ => Err(unsupported("ANY or ALL of anything but a subquery", e)),
        }
    }
}
