//! New columns from old. If all are plain columns nothing is copied and the selection stays.

use super::eval::eval;
use super::{Cx, Operator};
use crate::sql::plan::Expr;
use crate::types::{Batch, Result};
use alloc::{boxed::Box, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Project {
    input: Box<dyn Operator>,
    exprs: Vec<Expr>,
    plain: Option<Vec<usize>>,
}

impl Project {
    /// `exprs` over the rows of `input`.
    pub fn new(input: Box<dyn Operator>, exprs: Vec<Expr>) -> Project {
        let plain = exprs
            .iter()
            .map(|e| match e {
                Expr::Column { index, .. } => Some(*index),
                _ => None,
            })
            .collect();
        Project { input, exprs, plain }
    }
}

impl Operator for Project {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        let Some(batch) = ready!(self.input.next(cx))? else {
            return Poll::Ready(Ok(None));
        };
        if let Some(plain) = &self.plain {
            let columns: Option<Vec<_>> = plain.iter().map(|i| batch.columns.get(*i).cloned()).collect();
            if let Some(columns) = columns {
                return Poll::Ready(Ok(Some(Batch { columns, ..batch })));
            }
        }
        let rows = batch.rows();
        let scope = cx.env.scope();
        let columns = self
            .exprs
            .iter()
            .map(|e| eval(e, &batch, &scope))
            .collect::<Result<Vec<_>>>()?;
        Poll::Ready(Ok(Some(Batch::new(columns, rows))))
    }
}
