//! GROUP BY by hashing; without keys, the one group of all rows.
//!
//! Output: group keys (the first value seen of each), then aggregates, groups in the order they first came.

use super::{Accumulator, Groups, accumulator};
use crate::sql::exec::eval::eval;
use crate::sql::exec::key_table::{KeyTable, Nulls};
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{AggregateCall, Expr};
use crate::types::{Batch, Column, DataType, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct HashAggregate {
    input: Box<dyn Operator>,
    keys: Vec<Expr>,
    /// Of each aggregate.
    args: Vec<Vec<Expr>>,
    table: KeyTable,
    key_values: RowBuffer,
    accumulators: Vec<Box<dyn Accumulator>>,
    /// Of the accumulators.
    memory: MemoryUse,
    groups: Vec<u32>,
    fresh: Vec<u32>,
    result: Option<Batch>,
    done: usize,
}

impl HashAggregate {
    /// `aggregates` of the rows of `input` per distinct value of `keys`.
    pub fn new(
        input: Box<dyn Operator>,
        keys: &[Expr],
        aggregates: &[AggregateCall],
        memory: &Arc<Memory>,
    ) -> HashAggregate {
        let types: Vec<DataType> = keys.iter().map(Expr::ty).collect();
        let physicals: Vec<_> = types.iter().map(DataType::physical).collect();
        let mut accumulators: Vec<_> = aggregates.iter().map(|call| accumulator(call, memory)).collect();
        if keys.is_empty() {
            accumulators.iter_mut().for_each(|a| a.grow(1));
        }
        HashAggregate {
            input,
            keys: keys.to_vec(),
            args: aggregates.iter().map(|a| a.exprs().cloned().collect()).collect(),
            table: KeyTable::new(&types, Nulls::Equal, memory.part()),
            key_values: RowBuffer::new(&physicals, memory.part()),
            accumulators,
            memory: memory.part(),
            groups: Vec::new(),
            fresh: Vec::new(),
            result: None,
            done: 0,
        }
    }

    fn add(&mut self, batch: &Batch, cx: &Cx<'_>) -> Result<()> {
        let scope = cx.env.scope();
        let rows = batch.rows();
        if rows == 0 {
            return Ok(());
        }
        if !self.keys.is_empty() {
            let keys = self
                .keys
                .iter()
                .map(|k| eval(k, batch, &scope))
                .collect::<Result<Vec<_>>>()?;
            self.table
                .insert(&keys, rows, &mut self.groups, &mut self.fresh)?;
            if !self.fresh.is_empty() {
                let fresh = keys.iter().map(|k| k.gather(&self.fresh)).collect();
                self.key_values.append(&Batch::new(fresh, self.fresh.len()))?;
            }
        }
        let columns = |exprs: &Vec<Expr>| exprs.iter().map(|e| eval(e, batch, &scope)).collect();
        let args = self
            .args
            .iter()
            .map(columns)
            .collect::<Result<Vec<Vec<Column>>>>()?;
        let wanted = if self.keys.is_empty() { 1 } else { self.table.len() };
        let states = self.accumulators.iter().zip(&args);
        let grown = states.map(|(state, arg)| state.memory_with(wanted, arg));
        self.memory.set(grown.fold(0, usize::saturating_add))?;
        if !self.keys.is_empty() && !self.fresh.is_empty() {
            self.accumulators.iter_mut().for_each(|a| a.grow(wanted));
        }
        let groups = if self.keys.is_empty() {
            Groups::One(rows)
        } else {
            Groups::Each(&self.groups)
        };
        for (acc, arg) in self.accumulators.iter_mut().zip(&args) {
            acc.add(groups, arg)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Batch> {
        let rows = if self.keys.is_empty() { 1 } else { self.table.len() };
        let mut columns: Vec<Column> = self.key_values.columns().to_vec();
        for acc in &mut self.accumulators {
            columns.push(acc.finish()?);
        }
        Ok(Batch::new(columns, rows))
    }
}

impl Operator for HashAggregate {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if self.result.is_none() {
            while let Some(batch) = ready!(self.input.next(cx))? {
                self.add(&batch, cx)?;
            }
            self.result = Some(self.finish()?);
        }
        let Some(all) = &self.result else {
            return Poll::Ready(Ok(None));
        };
        if self.done >= all.len {
            return Poll::Ready(Ok(None));
        }
        let to = all.len.min(self.done + BATCH_ROWS);
        let batch = all.slice(self.done, to);
        self.done = to;
        Poll::Ready(Ok(Some(batch)))
    }
}
