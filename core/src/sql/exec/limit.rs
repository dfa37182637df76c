//! LIMIT and OFFSET: skips, passes on, and stops pulling as soon as it has enough.

use super::constant::constant_rows;
use super::{Cx, Operator};
use crate::sql::plan::Expr;
use crate::types::{Batch, Result};
use alloc::boxed::Box;
use core::task::{Poll, ready};

/// See the module.
pub struct Limit {
    input: Box<dyn Operator>,
    limit: Option<Expr>,
    offset: Option<Expr>,
    /// Rows still to skip and to pass on, once known.
    left: Option<(u64, u64)>,
}

impl Limit {
    /// At most `limit` rows of `input` after the first `offset`.
    pub fn new(input: Box<dyn Operator>, limit: Option<Expr>, offset: Option<Expr>) -> Limit {
        Limit {
            input,
            limit,
            offset,
            left: None,
        }
    }
}

impl Operator for Limit {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        let (mut skip, mut take) = match self.left {
            Some(left) => left,
            None => (
                constant_rows(self.offset.as_ref(), 0, cx.env)?,
                constant_rows(self.limit.as_ref(), u64::MAX, cx.env)?,
            ),
        };
        self.left = Some((skip, take));
        while take > 0 {
            let Some(batch) = ready!(self.input.next(cx))? else {
                return Poll::Ready(Ok(None));
            };
            let rows = batch.rows() as u64;
            let from = skip.min(rows);
            let to = rows.min(from.saturating_add(take));
            skip -= from;
            take -= to - from;
            self.left = Some((skip, take));
            if to > from {
                return Poll::Ready(Ok(Some(batch.slice(from as usize, to as usize))));
            }
        }
        Poll::Ready(Ok(None))
    }
}
