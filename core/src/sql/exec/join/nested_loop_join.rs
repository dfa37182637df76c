//! Join without equalities: every left row meets every right row. The right side is kept in memory.

use super::pairs::{PairOutput, Pairs};
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan::{Expr, JoinKind};
use crate::types::{Batch, Physical, Result};
use alloc::{boxed::Box, sync::Arc};
use core::task::{Poll, ready};

/// See the module.
pub struct NestedLoopJoin {
    kind: JoinKind,
    left: Box<dyn Operator>,
    /// `None` once read.
    right: Option<Box<dyn Operator>>,
    rows: RowBuffer,
    output: PairOutput,
    pairs: Pairs,
    /// The left batch at hand, its row, and the right rows that have met it.
    probe: Option<(Batch, usize, usize)>,
}

impl NestedLoopJoin {
    /// Joins on `condition`, over both inputs. `right_physicals`: representations of the right columns.
    pub fn new(
        kind: JoinKind,
        left: Box<dyn Operator>,
        right: Box<dyn Operator>,
        condition: Option<Expr>,
        right_physicals: &[Physical],
        memory: &Arc<Memory>,
    ) -> NestedLoopJoin {
        NestedLoopJoin {
            kind,
            left,
            right: Some(right),
            rows: RowBuffer::new(right_physicals, memory.part()),
            output: PairOutput::new(kind, condition),
            pairs: Pairs::new(kind),
            probe: None,
        }
    }

    /// Pairs up to a batch of rows. `false`: all left rows at hand are done.
    fn fill_pairs(&mut self) -> bool {
        let Some((batch, row, done)) = &mut self.probe else {
            return false;
        };
        while *row < batch.rows() {
            if self.pairs.len() >= BATCH_ROWS {
                return true;
            }
            let room = BATCH_ROWS - self.pairs.len();
            let to = self.rows.len().min(done.saturating_add(room));
            (*done..to).for_each(|right| self.pairs.push(*row as u32, right as u32));
            *done = to;
            if to == self.rows.len() {
                self.pairs.end_row(*row as u32);
                *row += 1;
                *done = 0;
            }
        }
        false
    }
}

impl Operator for NestedLoopJoin {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if let Some(right) = &mut self.right {
            while let Some(batch) = ready!(right.next(cx))? {
                self.rows.append(&batch)?;
            }
            self.right = None;
        }
        if self.kind == JoinKind::Inner && self.rows.is_empty() {
            return Poll::Ready(Ok(None));
        }
        loop {
            cx.check_interrupt()?;
            if self.probe.is_none() {
                let Some(batch) = ready!(self.left.next(cx))? else {
                    return Poll::Ready(Ok(None));
                };
                self.probe = Some((batch, 0, 0));
            }
            self.pairs.clear();
            let more = self.fill_pairs();
            let batch = match &self.probe {
                Some((left, ..)) if !self.pairs.is_empty() => {
                    self.output.emit(left, self.rows.columns(), &self.pairs, cx.env)?
                }
                _ => None,
            };
            if !more {
                self.probe = None;
            }
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
