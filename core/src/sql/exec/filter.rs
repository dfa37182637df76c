//! Rows for which a condition is true: narrows the selection, copies nothing.

use super::eval::eval_filter;
use super::{Cx, Operator};
use crate::sql::plan::Expr;
use crate::types::{Batch, Result};
use alloc::boxed::Box;
use core::task::{Poll, ready};

/// See the module.
pub struct Filter {
    input: Box<dyn Operator>,
    condition: Expr,
}

impl Filter {
    /// Rows of `input` for which `condition` is true.
    pub fn new(input: Box<dyn Operator>, condition: Expr) -> Filter {
        Filter { input, condition }
    }
}

impl Operator for Filter {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            let Some(batch) = ready!(self.input.next(cx))? else {
                return Poll::Ready(Ok(None));
            };
            if let Some(batch) = narrow(batch, &self.condition, cx)? {
                return Poll::Ready(Ok(Some(batch)));
            }
        }
    }
}

/// The rows of a batch for which the condition is true; `None` if there are none.
pub fn narrow(batch: Batch, condition: &Expr, cx: &Cx<'_>) -> Result<Option<Batch>> {
    let rows = batch.rows();
    if rows == 0 {
        return Ok(None);
    }
    let positions = eval_filter(condition, &batch, &cx.env.scope())?;
    Ok(match positions.len() {
        0 => None,
        n if n == rows => Some(batch),
        _ => Some(batch.select(positions)),
    })
}
