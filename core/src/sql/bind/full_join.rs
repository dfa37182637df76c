//! FULL JOIN: the rows of a LEFT JOIN, and those of the right side that have no partner.
//!
//! The latter are what a LEFT JOIN the other way round finds nothing for: a column that is never NULL marks the
//! rows of the left side.

use super::binder::Binder;
use super::types::{int_literal, null_of};
use crate::sql::plan::{Expr, Join, JoinKind, Once, Plan};
use crate::types::{DataType, Result};
use alloc::{boxed::Box, vec, vec::Vec};

fn columns(types: &[DataType], from: usize) -> impl Iterator<Item = Expr> + '_ {
    types.iter().enumerate().map(move |(i, ty)| Expr::Column {
        index: from + i,
        ty: ty.clone(),
    })
}

/// The condition over right ++ left columns instead of left ++ right.
fn exchanged(expr: &mut Expr, left: usize, right: usize) {
    if let Expr::Column { index, .. } = expr {
        *index = match index.checked_sub(left) {
            Some(of_right) => of_right,
            None => *index + right,
        };
    }
    expr.for_each_child_mut(&mut |c| exchanged(c, left, right));
}

impl Binder<'_> {
    /// The plan of a FULL JOIN; `join` is it as a LEFT JOIN.
    pub(super) fn full_join(&mut self, join: Join) -> Result<Plan> {
        let (left_types, right_types) = (join.left.types(), join.right.types());
        let (left, right) = (left_types.len(), right_types.len());
        let marked = columns(&left_types, 0).chain([int_literal(1)]).collect();
        let mut condition = join.condition.clone();
        condition.iter_mut().for_each(|c| exchanged(c, left, right));
        let other_way = Plan::Join(Box::new(Join {
            kind: JoinKind::Left,
            left: self.copy_plan(&join.right)?,
            right: self.copy_plan(&join.left)?.projected(marked, left),
            equal: join.equal.iter().map(|(l, r)| (r.clone(), l.clone())).collect(),
            condition,
            told: Vec::new(),
            merge: false,
            once: Once::default(),
        }));
        let alone = other_way.filtered(Some(Expr::IsNull {
            operand: Box::new(Expr::Column {
                index: right + left,
                ty: int_literal(1).ty(),
            }),
            negated: false,
        }));
        let nulls = left_types.iter().cloned().map(null_of);
        let exprs: Vec<Expr> = nulls.chain(columns(&right_types, 0)).collect();
        let alone = alone.projected(exprs, left + right + 1);
        Ok(Plan::Append {
            inputs: vec![Plan::Join(Box::new(join)), alone],
        })
    }
}
