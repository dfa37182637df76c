//! Rows without duplicates, in the order they first come; streams, and keeps the keys it has seen.

use super::key_table::{KeyTable, Nulls};
use super::memory::{MemoryUse, PlanMemory};
use super::{Cx, Operator};
use crate::types::{Batch, DataType, Result};
use alloc::{boxed::Box, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Distinct {
    input: Box<dyn Operator>,
    seen: KeyTable,
    memory: MemoryUse,
    groups: Vec<u32>,
    fresh: Vec<u32>,
}

impl Distinct {
    /// The distinct rows of `input`, whose columns have these types.
    pub fn new(input: Box<dyn Operator>, types: &[DataType], memory: &PlanMemory) -> Distinct {
        Distinct {
            input,
            seen: KeyTable::new(types, Nulls::Equal),
            memory: memory.part(),
            groups: Vec::new(),
            fresh: Vec::new(),
        }
    }
}

impl Operator for Distinct {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        loop {
            let Some(batch) = ready!(self.input.next(cx))? else {
                return Poll::Ready(Ok(None));
            };
            let batch = batch.compact();
            self.seen
                .insert(&batch.columns, batch.len, &mut self.groups, &mut self.fresh)?;
            self.memory.set(self.seen.memory(), cx.env.memory_limit)?;
            if !self.fresh.is_empty() {
                return Poll::Ready(Ok(Some(batch.select(core::mem::take(&mut self.fresh)))));
            }
        }
    }
}
