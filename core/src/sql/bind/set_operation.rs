//! UNION, INTERSECT and EXCEPT.
//!
//! Chains are bound from the left in a loop, and a chain of UNIONs becomes one node, so that a long one
//! is no deep plan.

use super::binder::Binder;
use super::refuse::{Place, invalid, unsupported};
use super::types::convert_all;
use crate::sql::plan::{Expr, OutputColumn, Plan, SetKind, SetOperation};
use crate::types::Result;
use alloc::{boxed::Box, format, vec, vec::Vec};
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};

pub(super) type Bound = (Plan, Vec<OutputColumn>);

/// Whether equal rows are kept.
pub(super) fn is_all(quantifier: SetQuantifier, at: &impl Place) -> Result<bool> {
    match quantifier {
        SetQuantifier::All => Ok(true),
        SetQuantifier::Distinct | SetQuantifier::None => Ok(false),
        SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
            Err(unsupported("BY NAME", at))
        }
    }
}

impl<'a> Binder<'a> {
    /// A body that combines others.
    pub(super) fn set_operation(&mut self, body: &'a SetExpr, q: &'a ast::Query) -> Result<Bound> {
        let mut first = body;
        let mut links = Vec::new();
        while let SetExpr::SetOperation {
            op,
            set_quantifier,
            left,
            right,
        } = first
        {
            links.push((*op, is_all(*set_quantifier, q)?, right.as_ref()));
            first = left;
        }
        let mut bound = self.operand(first, q)?;
        for (op, all, right) in links.into_iter().rev() {
            let right = self.operand(right, q)?;
            bound = combined(op, all, bound, right, q)?;
        }
        Ok(bound)
    }

    /// One of the queries that are combined.
    pub(super) fn operand(&mut self, body: &'a SetExpr, q: &'a ast::Query) -> Result<Bound> {
        self.deeper(1, |b| match body {
            SetExpr::Select(select) => b.plain_select(select),
            other => b.body(other, q),
        })
    }
}

/// Two queries combined.
///
/// Errors: different numbers of columns, or columns that have no common type.
pub(super) fn combined(
    op: SetOperator,
    all: bool,
    left: Bound,
    right: Bound,
    q: &ast::Query,
) -> Result<Bound> {
    let ((left, columns), (right, right_columns)) = (left, right);
    if columns.len() != right_columns.len() {
        return Err(invalid(
            format!(
                "the queries of {op} have {} and {} columns",
                columns.len(),
                right_columns.len()
            ),
            q,
        ));
    }
    let (mut from_left, mut from_right, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (l, r)) in columns.into_iter().zip(right_columns).enumerate() {
        let column = |ty| Expr::Column { index, ty };
        let (pair, ty) = convert_all(vec![column(l.ty), column(r.ty)], q.place())?;
        let mut pair = pair.into_iter();
        from_left.extend(pair.next());
        from_right.extend(pair.next());
        outputs.push(OutputColumn {
            name: l.name,
            ty,
            table: None,
        });
    }
    let (left, right) = (converted(left, &from_left), converted(right, &from_right));
    let kind = match op {
        SetOperator::Union => return Ok((union(left, right, all), outputs)),
        SetOperator::Intersect => SetKind::Intersect,
        SetOperator::Except | SetOperator::Minus => SetKind::Except,
    };
    let plan = Plan::SetOperation(Box::new(SetOperation {
        kind,
        all,
        left,
        right,
    }));
    Ok((plan, outputs))
}

/// A plan with its output converted, below a UNION rather than above it.
fn converted(plan: Plan, exprs: &[Expr]) -> Plan {
    match plan {
        Plan::Append { inputs } => Plan::Append {
            inputs: inputs.into_iter().map(|i| converted(i, exprs)).collect(),
        },
        Plan::Distinct { input } if matches!(*input, Plan::Append { .. }) => Plan::Distinct {
            input: Box::new(converted(*input, exprs)),
        },
        other => other.projected(exprs.to_vec(), exprs.len()),
    }
}

fn union(left: Plan, right: Plan, all: bool) -> Plan {
    let mut inputs = match left {
        Plan::Append { inputs } => inputs,
        // Duplicates that were dropped would be now.
        Plan::Distinct { input } if !all => match *input {
            Plan::Append { inputs } => inputs,
            other => vec![other],
        },
        other => vec![other],
    };
    inputs.push(right);
    let append = Plan::Append { inputs };
    match all {
        true => append,
        false => Plan::Distinct {
            input: Box::new(append),
        },
    }
}
