//! A join whose right input is run for each left row, with the values of that row that it depends on.
//!
//! Its plan is built anew for every run: operators run once. Left rows that follow each other and agree on those
//! values share a run. Right rows wait in memory until there are enough for a batch.

use super::pairs::{PairOutput, Pairs};
use crate::sql::exec::build::PlanBuilder;
use crate::sql::exec::eval::eval;
use crate::sql::exec::key_bytes::push_key;
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::{BATCH_ROWS, Cx, Env, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan::{self, Expr};
use crate::types::{Batch, Collation, Column, DataType, Physical, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    ops::Range,
    task::{Poll, ready},
};

/// See the module.
pub struct LateralJoin {
    left: Box<dyn Operator>,
    right: PlanBuilder,
    captures: Vec<Expr>,
    types: Vec<DataType>,
    /// The surroundings of the right input, once there is a row to run it for.
    env: Option<Env>,
    physicals: Vec<Physical>,
    /// Right rows of the pairs at hand.
    rows: RowBuffer,
    pairs: Pairs,
    output: PairOutput,
    probe: Option<Probe>,
    memory: Arc<Memory>,
}

/// The left batch at hand.
struct Probe {
    batch: Batch,
    /// What its rows depend on.
    keys: Vec<Column>,
    row: usize,
    /// The right input at work for `row`, and where its rows start.
    run: Option<(Box<dyn Operator>, usize)>,
    /// Where all right rows of the row before are, if they are still there.
    last: Option<Range<usize>>,
}

impl Probe {
    /// Whether the row at hand depends on the same values as the one before.
    fn repeats(&self) -> bool {
        let collations = alloc::vec![Collation::Binary; self.keys.len()];
        let key = |row: usize| {
            let mut bytes = Vec::new();
            push_key(&mut bytes, &self.keys, &collations, row);
            bytes
        };
        self.row > 0 && key(self.row - 1) == key(self.row)
    }
}

impl LateralJoin {
    /// Joins the rows of `left` with those of the right input; see [`plan::LateralJoin`].
    pub fn new(
        left: Box<dyn Operator>,
        plan: &plan::LateralJoin,
        right: PlanBuilder,
        memory: &Arc<Memory>,
    ) -> LateralJoin {
        let physicals: Vec<Physical> = plan.right.types().iter().map(DataType::physical).collect();
        LateralJoin {
            left,
            right,
            captures: plan.captures.clone(),
            types: plan.captures.iter().map(Expr::ty).collect(),
            env: None,
            rows: RowBuffer::new(&physicals, memory.part()),
            physicals,
            pairs: Pairs::new(plan.kind),
            output: PairOutput::new(plan.kind, plan.condition.clone()),
            probe: None,
            memory: memory.clone(),
        }
    }

    fn start(&self, batch: Batch, cx: &Cx<'_>) -> Result<Probe> {
        let batch = batch.compact();
        let scope = cx.env.scope();
        let keys = self.captures.iter().map(|c| eval(c, &batch, &scope));
        Ok(Probe {
            keys: keys.collect::<Result<_>>()?,
            batch,
            row: 0,
            run: None,
            last: None,
        })
    }

    /// Collects pairs until there are enough, or the left batch is at its end.
    fn fill(&mut self, cx: &mut Cx<'_>) -> Poll<Result<()>> {
        let Some(probe) = &mut self.probe else {
            return Poll::Ready(Ok(()));
        };
        while probe.row < probe.batch.len && self.pairs.len() < BATCH_ROWS && self.rows.len() < BATCH_ROWS {
            let row = probe.row as u32;
            if probe.run.is_none() {
                if let Some(range) = probe.last.clone().filter(|_| probe.repeats()) {
                    range.for_each(|right| self.pairs.push(row, right as u32));
                    self.pairs.end_row(row);
                    probe.row += 1;
                    continue;
                }
                let env = self.env.get_or_insert_with(|| cx.env.clone());
                let values = probe.keys.iter().zip(&self.types);
                env.outer = values.map(|(c, ty)| c.value(probe.row, ty)).collect();
                probe.run = Some((self.right.build()?, self.rows.len()));
            }
            let Some((operator, start)) = &mut probe.run else {
                continue;
            };
            let mut inner = Cx {
                missing: &mut *cx.missing,
                env: self.env.as_ref().unwrap_or(cx.env),
            };
            match ready!(operator.next(&mut inner))? {
                Some(batch) => {
                    let from = self.rows.len();
                    self.rows.append(&batch)?;
                    (from..self.rows.len()).for_each(|right| self.pairs.push(row, right as u32));
                }
                None => {
                    self.pairs.end_row(row);
                    // Rows before `start` went out already if the buffer was emptied since.
                    probe.last = (*start <= self.rows.len()).then(|| *start..self.rows.len());
                    probe.run = None;
                    probe.row += 1;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Forgets the pairs at hand.
    fn empty(&mut self) {
        self.pairs.clear();
        self.rows = RowBuffer::new(&self.physicals, self.memory.part());
        if let Some(probe) = &mut self.probe {
            probe.last = None;
            if let Some((_, start)) = &mut probe.run {
                // Not all rows of the run will be there when it ends.
                *start = usize::MAX;
            }
            if probe.run.is_none() && probe.row >= probe.batch.len {
                self.probe = None;
            }
        }
    }
}

impl Operator for LateralJoin {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            cx.check_interrupt()?;
            if self.probe.is_none() {
                let Some(batch) = ready!(self.left.next(cx))? else {
                    return Poll::Ready(Ok(None));
                };
                self.probe = Some(self.start(batch, cx)?);
            }
            ready!(self.fill(cx))?;
            let batch = match &self.probe {
                Some(probe) if !self.pairs.is_empty() => {
                    self.output
                        .emit(&probe.batch, self.rows.columns(), &self.pairs, cx.env)?
                }
                _ => None,
            };
            self.empty();
            if batch.is_some() {
                return Poll::Ready(Ok(batch));
            }
        }
    }
}
