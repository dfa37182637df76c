//! ORDER BY: collects all rows, orders them once, hands them out in batches. Stable.

use super::eval::eval;
use super::row_buffer::RowBuffer;
use super::sort_key::SortKeys;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan::{Expr, SortKey};
use crate::types::{Batch, Physical, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Sort {
    input: Box<dyn Operator>,
    exprs: Vec<Expr>,
    keys: SortKeys,
    rows: RowBuffer,
    /// The rows in order, once all are there.
    order: Option<Vec<u32>>,
    done: usize,
}

impl Sort {
    /// The rows of `input`, of these representations, ordered by `keys`.
    pub fn new(
        input: Box<dyn Operator>,
        physicals: &[Physical],
        keys: &[SortKey],
        memory: &Arc<Memory>,
    ) -> Sort {
        Sort {
            input,
            exprs: keys.iter().map(|k| k.expr.clone()).collect(),
            keys: SortKeys::new(keys, memory.part()),
            rows: RowBuffer::new(physicals, memory.part()),
            order: None,
            done: 0,
        }
    }
}

impl Operator for Sort {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if self.order.is_none() {
            while let Some(batch) = ready!(self.input.next(cx))? {
                let scope = cx.env.scope();
                let keys = self
                    .exprs
                    .iter()
                    .map(|e| eval(e, &batch, &scope))
                    .collect::<Result<Vec<_>>>()?;
                self.keys.append(&keys, batch.rows())?;
                self.rows.append(&batch)?;
            }
        }
        let order = match &mut self.order {
            Some(order) => order,
            none => none.insert(self.keys.order(&|| cx.check_interrupt())?),
        };
        let to = order.len().min(self.done + BATCH_ROWS);
        let Some(rows) = order.get(self.done..to).filter(|r| !r.is_empty()) else {
            return Poll::Ready(Ok(None));
        };
        self.done = to;
        Poll::Ready(Ok(Some(self.rows.gather(rows))))
    }
}
