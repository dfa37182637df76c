//! Literal rows.

use super::eval::eval;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::plan::Expr;
use crate::types::{Batch, Column, DataType, Result};
use alloc::vec::Vec;
use core::task::Poll;

/// See the module.
pub struct Values {
    rows: Vec<Vec<Expr>>,
    types: Vec<DataType>,
    done: usize,
}

impl Values {
    /// The rows, of the given types.
    pub fn new(rows: Vec<Vec<Expr>>, types: Vec<DataType>) -> Values {
        Values { rows, types, done: 0 }
    }
}

impl Operator for Values {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        cx.check_interrupt()?;
        let to = self.rows.len().min(self.done.saturating_add(BATCH_ROWS));
        let Some(rows) = self.rows.get(self.done..to).filter(|r| !r.is_empty()) else {
            return Poll::Ready(Ok(None));
        };
        let nothing = Batch::new(Vec::new(), 1);
        let scope = cx.env.scope();
        let mut columns = Vec::with_capacity(self.types.len());
        for (i, ty) in self.types.iter().enumerate() {
            let mut column = Column::with_capacity(ty.physical(), rows.len());
            for row in rows {
                match row.get(i) {
                    Some(e) => column.push_from(&eval(e, &nothing, &scope)?, 0),
                    None => column.push_null(),
                }
            }
            columns.push(column);
        }
        let batch = Batch::new(columns, rows.len());
        self.done = to;
        Poll::Ready(Ok(Some(batch)))
    }
}
