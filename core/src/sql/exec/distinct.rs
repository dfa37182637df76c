//! Rows without duplicates, in the order they first come; streams, and keeps the keys it has seen.

use super::key_table::{KeyTable, Nulls};
use super::{Cx, Operator};
use crate::sql::memory::Memory;
use crate::types::{Batch, DataType, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Distinct {
    input: Box<dyn Operator>,
    seen: KeyTable,
    groups: Vec<u32>,
    fresh: Vec<u32>,
}

impl Distinct {
    /// The distinct rows of `input`, whose columns have these types.
    pub fn new(input: Box<dyn Operator>, types: &[DataType], memory: &Arc<Memory>) -> Distinct {
        Distinct {
            input,
            seen: KeyTable::new(types, Nulls::Equal, memory.part()),
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
            if !self.fresh.is_empty() {
                return Poll::Ready(Ok(Some(batch.select(core::mem::take(&mut self.fresh)))));
            }
        }
    }
}
