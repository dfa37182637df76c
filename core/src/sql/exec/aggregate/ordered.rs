//! ORDER BY inside an aggregate: values reach it group by group in that order, when all are there.

use super::{Accumulator, Groups};
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::sort_key::SortKeys;
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{Expr, SortKey};
use crate::types::{Batch, Column, DataType, Result, vec_capacity};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};

/// Collects the values of an aggregate, and the keys of their order.
pub struct OrderedRows {
    inner: Box<dyn Accumulator>,
    /// How many arguments there are.
    width: usize,
    values: RowBuffer,
    /// The group, then the keys as written.
    keys: SortKeys,
    groups: Vec<u32>,
    count: usize,
    /// Of `inner`, which is fed at the end.
    memory: MemoryUse,
}

impl OrderedRows {
    /// In front of `inner`, over arguments of these types.
    pub fn new(
        inner: Box<dyn Accumulator>,
        args: &[DataType],
        order: &[SortKey],
        memory: &Arc<Memory>,
    ) -> OrderedRows {
        let group = SortKey {
            expr: Expr::Column {
                index: 0,
                ty: DataType::BIGINT,
            },
            descending: false,
            nulls_first: true,
        };
        let physicals: Vec<_> = args.iter().map(DataType::physical).collect();
        let keys: Vec<SortKey> = core::iter::once(group).chain(order.iter().cloned()).collect();
        OrderedRows {
            inner,
            width: args.len(),
            values: RowBuffer::new(&physicals, memory.part()),
            keys: SortKeys::new(&keys, memory.part()),
            groups: Vec::new(),
            count: 0,
            memory: memory.part(),
        }
    }
}

impl Accumulator for OrderedRows {
    fn grow(&mut self, groups: usize) {
        self.count = groups;
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some((values, order)) = args.split_at_checked(self.width) else {
            return Ok(());
        };
        let rows = groups.rows();
        let ids: Vec<u32> = match groups {
            Groups::One(rows) => vec![0; rows],
            Groups::Each(ids) => ids.to_vec(),
        };
        let group = Column::from_i64(ids.iter().map(|g| i64::from(*g)).collect());
        let keys: Vec<Column> = core::iter::once(group).chain(order.iter().cloned()).collect();
        self.keys.append(&keys, rows)?;
        self.values.append(&Batch::new(values.to_vec(), rows))?;
        self.groups.extend(ids);
        Ok(())
    }

    fn finish(&mut self) -> Result<Column> {
        // A group is asked for as a whole, without anybody to ask.
        let order = self.keys.order(&|| Ok(()))?;
        let group = |row: &u32| self.groups.get(*row as usize).copied().unwrap_or(0);
        let groups: Vec<u32> = order.iter().map(group).collect();
        // The values are there once more, in order.
        let inner = self.inner.memory_with(self.count, self.values.columns());
        self.memory.set(
            inner
                .saturating_add(self.values.memory())
                .saturating_add(groups.len() * 8),
        )?;
        let values = self.values.gather(&order);
        self.inner.grow(self.count);
        self.inner.add(Groups::Each(&groups), &values.columns)?;
        self.inner.finish()
    }

    fn memory_with(&self, _: usize, args: &[Column]) -> usize {
        // Values and keys are counted by themselves, `inner` when it is fed.
        let rows = args.first().map_or(0, Column::len);
        vec_capacity(self.groups.capacity(), self.groups.len().saturating_add(rows)).saturating_mul(4)
    }
}
