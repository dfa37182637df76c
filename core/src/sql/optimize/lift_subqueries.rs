//! Puts correlated subqueries where they can be run: from expressions into [`Plan::Apply`] nodes.
//!
//! Before: `Filter(a > (SELECT … outer b), Scan t)`. After: `Project(columns of t, Filter(a > #answer,
//! Apply(SELECT …, Scan t)))`.
//!
//! This is no choice: evaluation knows no subqueries. It comes first, so that all other rules see plans only.

use super::conjuncts::{join, split};
use super::plan_parts::take;
use crate::sql::plan::{AggregateCall, Apply, Correlated, Expr, JoinKind, Plan};
use alloc::{boxed::Box, vec::Vec};

/// Lifts the correlated subqueries of a plan and of theirs.
pub fn lift_subqueries(plan: &mut Plan) {
    lift(plan);
    plan.for_each_input_mut(&mut lift_subqueries);
}

fn lift(plan: &mut Plan) {
    match plan {
        Plan::Filter { input, condition } => {
            let answers = lift_over(input, core::iter::once(condition));
            drop_answers(plan, answers);
        }
        Plan::Sort { input, keys, .. } => {
            let answers = lift_over(input, keys.iter_mut().map(|k| &mut k.expr));
            drop_answers(plan, answers);
        }
        Plan::Project { input, exprs } => {
            lift_over(input, exprs.iter_mut());
        }
        Plan::Aggregate {
            input,
            keys,
            aggregates,
        } => {
            let args = aggregates.iter_mut().flat_map(AggregateCall::exprs_mut);
            lift_over(input, keys.iter_mut().chain(args));
        }
        Plan::Join(j)
            if j.kind == JoinKind::Inner && j.condition.as_ref().is_some_and(Expr::is_correlated) =>
        {
            let (above, on): (Vec<Expr>, _) = split(j.condition.take())
                .into_iter()
                .partition(Expr::is_correlated);
            j.condition = join(on);
            *plan = take(plan).filtered(join(above));
            lift(plan);
        }
        Plan::LateralJoin(j)
            if j.kind == JoinKind::Inner && j.condition.as_ref().is_some_and(Expr::is_correlated) =>
        {
            let (above, on): (Vec<Expr>, _) = split(j.condition.take())
                .into_iter()
                .partition(Expr::is_correlated);
            j.condition = join(on);
            *plan = take(plan).filtered(join(above));
            lift(plan);
        }
        _ => {}
    }
}

/// Runs the subqueries of these expressions over their input before them. Returns how many there are.
fn lift_over<'e>(input: &mut Plan, exprs: impl Iterator<Item = &'e mut Expr>) -> usize {
    let width = input.types().len();
    let mut lifted: Vec<Correlated> = Vec::new();
    exprs.for_each(|e| replace(e, width, &mut lifted));
    let answers = lifted.len();
    for correlated in lifted {
        let Correlated {
            kind,
            plan,
            captures,
            ty,
        } = correlated;
        *input = Plan::Apply(Box::new(Apply {
            input: take(input),
            kind,
            subquery: plan,
            captures,
            ty,
        }));
    }
    answers
}

/// Replaces the subqueries of an expression by the columns their answers will be in. Equal ones run once.
fn replace(expr: &mut Expr, width: usize, lifted: &mut Vec<Correlated>) {
    // What a subquery depends on may contain others, which run before it.
    expr.for_each_child_mut(&mut |c| replace(c, width, lifted));
    if let Expr::Correlated(correlated) = expr {
        let known = lifted.iter().position(|l| l == &**correlated);
        let at = known.unwrap_or_else(|| {
            lifted.push((**correlated).clone());
            lifted.len() - 1
        });
        *expr = Expr::Column {
            index: width + at,
            ty: correlated.ty.clone(),
        };
    }
}

/// Drops the answers again above a node that passes all columns of its input on.
fn drop_answers(plan: &mut Plan, answers: usize) {
    if answers == 0 {
        return;
    }
    let types = plan.types();
    let width = types.len();
    let kept = types.into_iter().take(width.saturating_sub(answers)).enumerate();
    let exprs = kept.map(|(index, ty)| Expr::Column { index, ty }).collect();
    *plan = take(plan).projected(exprs, width);
}
