//! DISTINCT inside an aggregate: each value, or combination of values, reaches it once per group.

use super::{Accumulator, Groups};
use crate::sql::exec::key_table::{KeyTable, Nulls};
use crate::sql::memory::MemoryUse;
use crate::types::{Column, DataType, Result};
use alloc::{boxed::Box, vec::Vec};

/// Passes on the first row of each (group, values); rows with a NULL never count.
pub struct DistinctRows {
    inner: Box<dyn Accumulator>,
    seen: KeyTable,
    found: Vec<u32>,
    fresh: Vec<u32>,
}

impl DistinctRows {
    /// In front of `inner`, over arguments of these types.
    pub fn new(inner: Box<dyn Accumulator>, args: &[DataType], memory: MemoryUse) -> DistinctRows {
        let types: Vec<DataType> = core::iter::once(DataType::BIGINT)
            .chain(args.iter().cloned())
            .collect();
        DistinctRows {
            inner,
            seen: KeyTable::new(&types, Nulls::NeverMatch, memory),
            found: Vec::new(),
            fresh: Vec::new(),
        }
    }
}

impl Accumulator for DistinctRows {
    fn grow(&mut self, groups: usize) {
        self.inner.grow(groups);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let ids: Vec<i64> = match groups {
            Groups::One(rows) => alloc::vec![0; rows],
            Groups::Each(ids) => ids.iter().map(|g| i64::from(*g)).collect(),
        };
        let ids = Column::from_i64(ids);
        let key: Vec<Column> = core::iter::once(ids.clone())
            .chain(args.iter().cloned())
            .collect();
        self.seen
            .insert(&key, groups.rows(), &mut self.found, &mut self.fresh)?;
        let group = |r: &u32| ids.i64s().get(*r as usize).map_or(0, |g| *g as u32);
        let fresh_groups: Vec<u32> = self.fresh.iter().map(group).collect();
        let fresh: Vec<Column> = args.iter().map(|a| a.gather(&self.fresh)).collect();
        self.inner.add(Groups::Each(&fresh_groups), &fresh)
    }

    fn finish(&mut self) -> Result<Column> {
        self.inner.finish()
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        // Values seen are counted by themselves.
        self.inner.memory_with(groups, args)
    }
}
