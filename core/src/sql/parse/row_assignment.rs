//! `SET (a, b) = (1, 2)` and `SET (a, b) = (SELECT x, y …)` as what they are short for, `SET a = 1, b = 2` and
//! `SET a = (SELECT x …), b = (SELECT y …)`.

use super::syntax_error::start;
use crate::types::{Error, Position, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{
    Assignment, AssignmentTarget, DoUpdate, Expr, MergeAction, OnConflictAction, OnInsert, Query, SelectItem,
    SetExpr, Spanned, Statement,
};

/// Expands the assignments to rows of a statement that changes rows.
pub(super) fn expand(statement: &mut Statement) -> Result<()> {
    match statement {
        Statement::Update(u) => expand_in(&mut u.assignments),
        Statement::Insert(i) => match &mut i.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => expand_in(assignments),
            Some(OnInsert::OnConflict(on)) => match &mut on.action {
                OnConflictAction::DoUpdate(DoUpdate { assignments, .. }) => expand_in(assignments),
                OnConflictAction::DoNothing => Ok(()),
            },
            _ => Ok(()),
        },
        Statement::Merge(m) => m.clauses.iter_mut().try_for_each(|c| match &mut c.action {
            MergeAction::Update(update) => match &mut update.kind {
                sqlparser::ast::MergeUpdateKind::Set(assignments) => expand_in(assignments),
                _ => Ok(()),
            },
            _ => Ok(()),
        }),
        // WITH … UPDATE: its body is no query again.
        Statement::Query(q) => match q.body.as_mut() {
            SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Merge(s)
                if !matches!(s, Statement::Query(_)) =>
            {
                expand(s)
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn expand_in(assignments: &mut Vec<Assignment>) -> Result<()> {
    if !assignments
        .iter()
        .any(|a| matches!(a.target, AssignmentTarget::Tuple(_)))
    {
        return Ok(());
    }
    let mut out = Vec::with_capacity(assignments.len() + 1);
    for a in core::mem::take(assignments) {
        let at = start(a.span());
        let AssignmentTarget::Tuple(names) = a.target else {
            out.push(a);
            continue;
        };
        let values = values(a.value, names.len(), at)?;
        out.extend(names.into_iter().zip(values).map(|(name, value)| Assignment {
            target: AssignmentTarget::ColumnName(name),
            value,
        }));
    }
    *assignments = out;
    Ok(())
}

/// The values of a row of `wanted` columns, one by one.
fn values(row: Expr, wanted: usize, at: Option<Position>) -> Result<Vec<Expr>> {
    let values = match row {
        Expr::Tuple(values) => values,
        Expr::Nested(one) => alloc::vec![*one],
        Expr::Subquery(query) => columns(*query, at)?,
        other => alloc::vec![other],
    };
    if values.len() != wanted {
        return Err(Error::Invalid {
            message: format!("{wanted} columns are set to a row of {}", values.len()),
            position: at,
        });
    }
    Ok(values)
}

/// The query once for each of its columns.
fn columns(query: Query, at: Option<Position>) -> Result<Vec<Expr>> {
    let refused = || Error::Unsupported {
        feature: String::from("assignment to a row of DISTINCT, *, ORDER BY or a set operation"),
        position: at,
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        return Err(refused());
    };
    let plain = |i: &SelectItem| matches!(i, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    let is_ordered = query.order_by.is_some() && select.projection.len() > 1;
    if select.distinct.is_some() || is_ordered || !select.projection.iter().all(plain) {
        return Err(refused());
    }
    let one = |item: &SelectItem| {
        let mut select = select.clone();
        select.projection = alloc::vec![item.clone()];
        Expr::Subquery(Box::new(Query {
            body: Box::new(SetExpr::Select(select)),
            ..query.clone()
        }))
    };
    Ok(select.projection.iter().map(one).collect())
}
