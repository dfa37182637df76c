//! DISTINCT inside an aggregate: each value reaches it once per group.

use super::{Accumulator, Groups};
use crate::sql::exec::key_table::{KeyTable, Nulls};
use crate::sql::memory::MemoryUse;
use crate::types::{Column, DataType, Result};
use alloc::{boxed::Box, vec::Vec};

/// Passes on the first row of each (group, value); NULLs never count.
pub struct DistinctRows {
    inner: Box<dyn Accumulator>,
    seen: KeyTable,
    found: Vec<u32>,
    fresh: Vec<u32>,
}

impl DistinctRows {
    /// In front of `inner`, over arguments of a type.
    pub fn new(inner: Box<dyn Accumulator>, arg: &DataType, memory: MemoryUse) -> DistinctRows {
        DistinctRows {
            inner,
            seen: KeyTable::new(&[DataType::BIGINT, arg.clone()], Nulls::NeverMatch, memory),
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
        let Some(column) = args.first() else { return Ok(()) };
        let ids: Vec<i64> = match groups {
            Groups::One(rows) => alloc::vec![0; rows],
            Groups::Each(ids) => ids.iter().map(|g| i64::from(*g)).collect(),
        };
        let fresh_groups = {
            let key = [Column::from_i64(ids), column.clone()];
            self.seen
                .insert(&key, groups.rows(), &mut self.found, &mut self.fresh)?;
            let [ids, _] = &key;
            let group = |r: &u32| ids.i64s().get(*r as usize).map_or(0, |g| *g as u32);
            self.fresh.iter().map(group).collect::<Vec<u32>>()
        };
        self.inner
            .add(Groups::Each(&fresh_groups), &[column.gather(&self.fresh)])
    }

    fn finish(&mut self) -> Result<Column> {
        self.inner.finish()
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        // Values seen are counted by themselves.
        self.inner.memory_with(groups, args)
    }
}
