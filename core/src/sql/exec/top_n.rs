//! ORDER BY with LIMIT: keeps the first n rows only.
//!
//! Candidates gather in a buffer of about 2n rows; when it is full it is ordered and cut to n, and from
//! then on a row must come before the n-th to get in. That is a heap's O(rows) comparisons without its
//! row-by-row moves. Invariant: the n first rows seen so far are in the buffer. Stable, like `sort`.

use super::constant::constant_rows;
use super::eval::eval;
use super::row_buffer::RowBuffer;
use super::sort_key::SortKeys;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan::{Expr, SortKey};
use crate::types::{Batch, Column, Physical, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::cmp::Ordering;
use core::task::{Poll, ready};

/// Candidates of few rows wanted are cut to them when there are so many: early, so that few enter.
const CUT_ROWS: usize = 128;

/// See the module.
pub struct TopN {
    input: Box<dyn Operator>,
    sort_keys: Vec<SortKey>,
    limit: Expr,
    /// Rows wanted, once known.
    wanted: Option<usize>,
    keys: SortKeys,
    rows: RowBuffer,
    /// Whether the row at `wanted - 1` is the last of the first `wanted` rows seen.
    cut: bool,
    order: Option<Vec<u32>>,
    done: usize,
}

impl TopN {
    /// The first `limit` rows of `input`, of these representations, in the order of `keys`.
    pub fn new(
        input: Box<dyn Operator>,
        physicals: &[Physical],
        keys: &[SortKey],
        limit: Expr,
        memory: &Arc<Memory>,
    ) -> TopN {
        TopN {
            input,
            keys: SortKeys::new(keys, memory.part()),
            sort_keys: keys.to_vec(),
            limit,
            wanted: None,
            rows: RowBuffer::new(physicals, memory.part()),
            cut: false,
            order: None,
            done: 0,
        }
    }

    /// Takes the rows of a batch that may be among the first.
    fn take(&mut self, batch: Batch, wanted: usize, cx: &Cx<'_>) -> Result<()> {
        let scope = cx.env.scope();
        let columns = self
            .sort_keys
            .iter()
            .map(|k| eval(&k.expr, &batch, &scope))
            .collect::<Result<Vec<_>>>()?;
        let batch = if self.cut {
            self.entering(batch, &columns, wanted - 1)?
        } else {
            self.keys.append(&columns, batch.rows())?;
            batch
        };
        if batch.rows() == 0 {
            return Ok(());
        }
        self.rows.append(&batch)?;
        if self.rows.len() >= wanted.saturating_mul(2).max(CUT_ROWS) {
            self.cut_to(wanted, cx)?;
        }
        Ok(())
    }

    /// The rows of a batch that come before row `last`, with their keys appended. A row equal to it
    /// comes after it, and so stays out.
    fn entering(&mut self, batch: Batch, columns: &[Column], last: usize) -> Result<Batch> {
        if let Some(entering) = self.keys.before(columns, batch.rows(), last) {
            let columns: Vec<_> = columns.iter().map(|c| c.gather(&entering)).collect();
            self.keys.append(&columns, entering.len())?;
            return Ok(batch.select(entering));
        }
        let held = self.keys.len();
        self.keys.append(columns, batch.rows())?;
        let enters = |i: &usize| self.keys.compare(held + i, last) == Ordering::Less;
        let entering: Vec<u32> = (0..batch.rows()).filter(enters).map(|i| i as u32).collect();
        self.keys.keep_after(held, &entering);
        Ok(batch.select(entering))
    }

    fn cut_to(&mut self, wanted: usize, cx: &Cx<'_>) -> Result<()> {
        let mut order = self.keys.order(&|| cx.check_interrupt())?;
        order.truncate(wanted);
        self.keys.keep(&order);
        self.rows.keep(&order);
        self.cut = order.len() == wanted;
        Ok(())
    }
}

impl Operator for TopN {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        let wanted = match self.wanted {
            Some(n) => n,
            // LIMIT + OFFSET may overflow when LIMIT stands for "all": then every row is wanted.
            None => constant_rows(Some(&self.limit), u64::MAX, cx.env)
                .ok()
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(usize::MAX),
        };
        self.wanted = Some(wanted);
        if wanted == 0 {
            return Poll::Ready(Ok(None));
        }
        if self.order.is_none() {
            while let Some(batch) = ready!(self.input.next(cx))? {
                self.take(batch, wanted, cx)?;
            }
            let mut order = self.keys.order(&|| cx.check_interrupt())?;
            order.truncate(wanted);
            self.order = Some(order);
        }
        let order = self.order.as_deref().unwrap_or(&[]);
        let to = order.len().min(self.done + BATCH_ROWS);
        let Some(rows) = order.get(self.done..to).filter(|r| !r.is_empty()) else {
            return Poll::Ready(Ok(None));
        };
        self.done = to;
        Poll::Ready(Ok(Some(self.rows.gather(rows))))
    }
}
