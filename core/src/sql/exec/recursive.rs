//! WITH RECURSIVE: a query over its own rows, step by step.
//!
//! A step sees the rows of the step before it only. With UNION rows that came before do not count, so that
//! cycles end; with UNION ALL a query that does not end by itself is stopped by [`MAX_ROWS`].

use super::append::Append;
use super::build::PlanBuilder;
use super::integer_steps::IntegerSteps;
use super::key_table::{KeyTable, Nulls};
use super::row_buffer::RowBuffer;
use super::{Cx, Env, Operator};
use crate::sql::memory::Memory;
use crate::sql::plan;
use crate::types::{Batch, DataType, Error, Physical, Result};
use alloc::{boxed::Box, collections::VecDeque, format, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// The most rows a recursive query may have.
const MAX_ROWS: u64 = 10_000_000;

/// See the module.
pub struct Recursive {
    id: usize,
    /// Rows that came; `None`: they may come again.
    seen: Option<KeyTable>,
    builder: PlanBuilder,
    /// Runs steps without operators where it can; `None`: not known yet whether it ever can.
    integers: Option<Option<IntegerSteps>>,
    /// The anchor, and then one step after the other.
    running: Box<dyn Operator>,
    /// The surroundings of the steps, with their work table; `None`: the anchor is running.
    env: Option<Env>,
    /// What the running step has found.
    found: RowBuffer,
    physicals: Vec<Physical>,
    memory: Arc<Memory>,
    rows: u64,
}

impl Recursive {
    /// The rows of `anchor` and of all steps; see [`plan::Recursive`].
    pub fn new(
        anchor: Box<dyn Operator>,
        plan: &plan::Recursive,
        step: PlanBuilder,
        memory: &Arc<Memory>,
    ) -> Recursive {
        let physicals: Vec<Physical> = plan.types.iter().map(DataType::physical).collect();
        Recursive {
            id: plan.id,
            seen: (!plan.all).then(|| KeyTable::new(&plan.types, Nulls::Equal, memory.part())),
            // Rows that are compared with all before go through operators, and so does what is counted.
            integers: (!plan.all || step.is_counted()).then_some(None),
            builder: step,
            running: anchor,
            env: None,
            found: RowBuffer::new(&physicals, memory.part()),
            physicals,
            memory: memory.clone(),
            rows: 0,
        }
    }

    /// The rows of a batch that count.
    fn new_rows(&mut self, batch: Batch) -> Result<Batch> {
        let batch = batch.compact();
        let Some(seen) = &mut self.seen else {
            return Ok(batch);
        };
        let (mut groups, mut fresh) = (Vec::new(), Vec::new());
        seen.insert(&batch.columns, batch.len, &mut groups, &mut fresh)?;
        Ok(batch.select(fresh).compact())
    }

    /// Runs the next steps without operators; `None`: the next one takes operators.
    fn integer_steps(&mut self, cx: &Cx<'_>) -> Result<Option<Batch>> {
        let steps = self.integers.get_or_insert_with(|| {
            IntegerSteps::new(
                self.builder.plan(),
                self.id,
                self.physicals.len(),
                &cx.env.scope(),
            )
        });
        let Some(done) = steps.as_ref().and_then(|s| s.run(&self.found)) else {
            return Ok(None);
        };
        if done.stuck {
            self.integers = Some(None);
        }
        let empty = RowBuffer::new(&self.physicals, self.memory.part());
        self.found = empty;
        self.found.append(&done.last)?;
        Ok((done.rows.len > 0).then_some(done.rows))
    }

    /// Counts rows that were found.
    fn count(&mut self, rows: usize) -> Result<()> {
        self.rows = self.rows.saturating_add(rows as u64);
        if self.rows > MAX_ROWS {
            return Err(Error::invalid(format!(
                "a recursive query has more than {MAX_ROWS} rows: does its condition ever become false?"
            )));
        }
        Ok(())
    }

    /// Starts the next step over what the last one found; `false`: it found nothing.
    fn next_step(&mut self, cx: &Cx<'_>) -> Result<bool> {
        if self.found.is_empty() {
            return Ok(false);
        }
        let empty = RowBuffer::new(&self.physicals, self.memory.part());
        let found = core::mem::replace(&mut self.found, empty);
        let env = self.env.get_or_insert_with(|| cx.env.clone());
        env.set_work_table(self.id, found);
        self.running = self.builder.build()?;
        Ok(true)
    }
}

impl Operator for Recursive {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            cx.check_interrupt()?;
            let mut inner = Cx {
                missing: &mut *cx.missing,
                env: self.env.as_ref().unwrap_or(cx.env),
            };
            let Some(batch) = ready!(self.running.next(&mut inner))? else {
                if let Some(batch) = self.integer_steps(cx)? {
                    self.count(batch.len)?;
                    // What was running is at its end, and stays there.
                    self.running = Box::new(Append::new(VecDeque::new()));
                    return Poll::Ready(Ok(Some(batch)));
                }
                match self.next_step(cx)? {
                    true => continue,
                    false => return Poll::Ready(Ok(None)),
                }
            };
            let batch = self.new_rows(batch)?;
            if batch.len == 0 {
                continue;
            }
            self.count(batch.len)?;
            self.found.append(&batch)?;
            return Poll::Ready(Ok(Some(batch)));
        }
    }
}

/// The rows of the step before, within a step.
pub struct WorkTable {
    id: usize,
    done: bool,
}

impl WorkTable {
    /// The work table of the recursive query with that id.
    pub fn new(id: usize) -> WorkTable {
        WorkTable { id, done: false }
    }
}

impl Operator for WorkTable {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if core::mem::replace(&mut self.done, true) {
            return Poll::Ready(Ok(None));
        }
        match cx.env.work_table(self.id) {
            Some(rows) => Poll::Ready(Ok(Some(Batch::new(rows.columns().to_vec(), rows.len())))),
            None => Poll::Ready(Err(Error::invalid("a recursive query has no rows yet"))),
        }
    }
}
