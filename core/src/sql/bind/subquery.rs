//! Subqueries in expressions: as values, EXISTS, IN, ANY and ALL.
//!
//! One that depends on nothing around it is a sub-plan and runs once. One that depends on columns around
//! it, or is compared with them by anything but a plain IN, is an [`Expr::Correlated`].

use super::binder::{Binder, Enclosing, Env};
use super::expr::{balanced, not};
use super::operators::comparison;
use super::refuse::{Place, invalid, unsupported};
use super::types::compare;
use crate::sql::plan::{
    ApplyKind, BinaryOp, CompareOp, Correlated, Expr, OutputColumn, Plan, SubPlan, SubPlanKind,
};
use crate::types::{DataType, Result};
use alloc::{boxed::Box, vec, vec::Vec};
use sqlparser::ast::{self, BinaryOperator};

/// A bound subquery.
struct Subquery {
    plan: Plan,
    columns: Vec<OutputColumn>,
    /// What it depends on; see [`Correlated::captures`].
    captures: Vec<Expr>,
}

impl Subquery {
    fn correlated(self, kind: ApplyKind, ty: DataType) -> Expr {
        Expr::Correlated(Box::new(Correlated {
            kind,
            plan: self.plan,
            captures: self.captures,
            ty,
        }))
    }

    /// With its rows compared with values of the row around it, as its only column: `left op row`.
    fn compared(mut self, op: CompareOp, left: Vec<Expr>, at: &impl Place) -> Result<Subquery> {
        if left.len() != self.columns.len() {
            return Err(invalid(
                alloc::format!(
                    "the subquery has {} columns, and is compared with {}",
                    self.columns.len(),
                    left.len()
                ),
                at,
            ));
        }
        let mut conditions = Vec::with_capacity(left.len());
        for (index, (value, column)) in left.into_iter().zip(&self.columns).enumerate() {
            let outer = Expr::Outer {
                index: self.captures.len(),
                ty: value.ty(),
            };
            self.captures.push(value);
            let ty = column.ty.clone();
            conditions.push(compare(op, outer, Expr::Column { index, ty }, at.place())?);
        }
        let condition = balanced(BinaryOp::And, conditions).ok_or_else(|| invalid("an empty row", at))?;
        let width = self.columns.len();
        self.plan = self.plan.projected(vec![condition], width);
        Ok(self)
    }
}

fn negated_if(negated: bool, expr: Expr) -> Expr {
    if negated { not(expr) } else { expr }
}

impl<'a> Binder<'a> {
    fn subquery(&mut self, q: &'a ast::Query, env: &Env<'_>) -> Result<Subquery> {
        if !env.subqueries {
            return Err(invalid(
                alloc::format!("a subquery cannot stand in {}", env.clause),
                q,
            ));
        }
        self.outer.push(Enclosing {
            scope: env.scope.clone(),
            captures: Vec::new(),
            hidden: false,
        });
        let bound = self.deeper(1, |b| b.query(q));
        let captures = self.outer.pop().map(|e| e.captures).unwrap_or_default();
        let (plan, columns) = bound?;
        if !captures.is_empty() && !env.correlated {
            return Err(unsupported(
                alloc::format!("a correlated subquery in {}", env.clause),
                q,
            ));
        }
        Ok(Subquery {
            plan,
            columns,
            captures,
        })
    }

    fn add_sub_plan(&mut self, plan: Plan, kind: SubPlanKind) -> usize {
        self.sub_plans.push(SubPlan { plan, kind });
        self.sub_plans.len() - 1
    }

    /// `(SELECT …)` as a value.
    pub(super) fn scalar_subquery(&mut self, q: &'a ast::Query, env: &mut Env<'_>) -> Result<Expr> {
        let subquery = self.subquery(q, env)?;
        let [one] = subquery.columns.as_slice() else {
            return Err(invalid("a subquery used as a value has one column", q));
        };
        let ty = one.ty.clone();
        if !subquery.captures.is_empty() {
            return Ok(subquery.correlated(ApplyKind::Scalar, ty));
        }
        let index = self.add_sub_plan(subquery.plan, SubPlanKind::Scalar);
        Ok(Expr::Scalar { index, ty })
    }

    /// `EXISTS (SELECT …)`.
    pub(super) fn exists(&mut self, q: &'a ast::Query, negated: bool, env: &mut Env<'_>) -> Result<Expr> {
        let subquery = self.subquery(q, env)?;
        if !subquery.captures.is_empty() {
            let exists = subquery.correlated(ApplyKind::Exists, DataType::Bool);
            return Ok(negated_if(negated, exists));
        }
        let index = self.add_sub_plan(subquery.plan, SubPlanKind::Exists);
        Ok(Expr::Exists { index, negated })
    }

    /// `operand IN (SELECT …)`, where the operand may be a row.
    pub(super) fn in_subquery(
        &mut self,
        operand: &'a ast::Expr,
        q: &'a ast::Query,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let left = self.row(operand, env)?;
        let subquery = self.subquery(q, env)?;
        match (<[Expr; 1]>::try_from(left), subquery.columns.as_slice()) {
            (Ok([one]), [column]) if subquery.captures.is_empty() => {
                let ty = column.ty.clone();
                self.in_set(one, subquery.plan, ty, negated, operand)
            }
            (Ok([one]), _) => self.any(CompareOp::Eq, vec![one], subquery, negated, env, q),
            (Err(row), _) => self.any(CompareOp::Eq, row, subquery, negated, env, q),
        }
    }

    /// The values of a row, or one value.
    fn row(&mut self, operand: &'a ast::Expr, env: &mut Env<'_>) -> Result<Vec<Expr>> {
        match operand {
            ast::Expr::Tuple(values) => values.iter().map(|v| self.expr(v, env)).collect(),
            one => Ok(vec![self.expr(one, env)?]),
        }
    }

    /// IN over the only column of a plan, whose values are collected once.
    fn in_set(
        &mut self,
        operand: Expr,
        plan: Plan,
        ty: DataType,
        negated: bool,
        at: &impl Place,
    ) -> Result<Expr> {
        // Both sides in the type in which they would compare one by one.
        let column = Expr::Column { index: 0, ty };
        let Expr::Compare { left, right, .. } = compare(CompareOp::Eq, operand, column, at.place())? else {
            return Err(unsupported("this comparison", at));
        };
        let index = self.add_sub_plan(plan.projected(vec![*right], 1), SubPlanKind::Set);
        Ok(Expr::InSubPlan {
            operand: left,
            index,
            negated,
        })
    }

    /// Whether a comparison holds with some row of a subquery, or (negated) with none.
    fn any(
        &mut self,
        op: CompareOp,
        left: Vec<Expr>,
        subquery: Subquery,
        negated: bool,
        env: &Env<'_>,
        at: &impl Place,
    ) -> Result<Expr> {
        if !env.correlated {
            return Err(unsupported(
                alloc::format!("ANY, ALL or a row IN a subquery in {}", env.clause),
                at,
            ));
        }
        let any = subquery
            .compared(op, left, at)?
            .correlated(ApplyKind::Any, DataType::Bool);
        Ok(negated_if(negated, any))
    }

    /// `(a, b) = (SELECT …)`, and `<>`.
    pub(super) fn row_subquery(
        &mut self,
        left: &'a ast::Expr,
        op: &BinaryOperator,
        q: &'a ast::Query,
        env: &mut Env<'_>,
    ) -> Result<Expr> {
        let (each, negated) = match comparison(op) {
            Some(CompareOp::NotEq) => (CompareOp::Eq, true),
            Some(op @ (CompareOp::Eq | CompareOp::NullSafeEq)) => (op, false),
            _ => return Err(unsupported("a comparison of rows other than = and <>", left)),
        };
        let row = self.row(left, env)?;
        let subquery = self.subquery(q, env)?;
        if !env.correlated {
            return Err(unsupported(
                alloc::format!("a row compared with a subquery in {}", env.clause),
                left,
            ));
        }
        let equal = subquery
            .compared(each, row, left)?
            .correlated(ApplyKind::Scalar, DataType::Bool);
        Ok(negated_if(negated, equal))
    }

    /// `x op ANY (SELECT …)` and `x op ALL (SELECT …)`, which is that the opposite holds with none.
    pub(super) fn quantified(&mut self, e: &'a ast::Expr, env: &mut Env<'_>) -> Result<Expr> {
        let (left, op, right, is_all) = match e {
            ast::Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            } => (left, compare_op, right, false),
            ast::Expr::AllOp {
                left,
                compare_op,
                right,
            } => (left, compare_op, right, true),
            _ => return Err(unsupported("this comparison", e)),
        };
        let op = comparison(op).and_then(|op| if is_all { op.negated() } else { Some(op) });
        let Some(op) = op.filter(|op| *op != CompareOp::NullSafeEq) else {
            return Err(unsupported("this operator with ANY or ALL", e));
        };
        let mut inner = right.as_ref();
        while let ast::Expr::Nested(n) = inner {
            inner = n;
        }
        let ast::Expr::Subquery(q) = inner else {
            return Err(unsupported("ANY or ALL of anything but a subquery", e));
        };
        if op == CompareOp::Eq {
            return self.in_subquery(left, q, is_all, env);
        }
        if matches!(left.as_ref(), ast::Expr::Tuple(_)) {
            return Err(unsupported(
                "a row with ANY or ALL other than = ANY and <> ALL",
                e,
            ));
        }
        let left = self.row(left, env)?;
        let subquery = self.subquery(q, env)?;
        self.any(op, left, subquery, is_all, env, e)
    }
}
