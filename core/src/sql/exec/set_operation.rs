//! INTERSECT and EXCEPT: the rows of one input that are, or are not, among those of another.
//!
//! The right input is collected as a table of distinct rows, each with a count: how many left rows it may
//! still pair with. Left rows stream past it in their order.

use super::key_table::{KeyTable, NO_GROUP, Nulls};
use super::{Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::SetKind;
use crate::types::{Batch, DataType, Result, vec_capacity};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct SetOperation {
    kind: SetKind,
    all: bool,
    left: Box<dyn Operator>,
    /// `None`: it has been collected.
    right: Option<Box<dyn Operator>>,
    rows: KeyTable,
    /// By group of `rows`.
    counts: Vec<u32>,
    memory: MemoryUse,
    groups: Vec<u32>,
    fresh: Vec<u32>,
}

impl SetOperation {
    /// Of inputs whose columns have these types; `all`: as often as the counts of equal rows say.
    pub fn new(
        kind: SetKind,
        all: bool,
        left: Box<dyn Operator>,
        right: Box<dyn Operator>,
        types: &[DataType],
        memory: &Arc<Memory>,
    ) -> SetOperation {
        SetOperation {
            kind,
            all,
            left,
            right: Some(right),
            rows: KeyTable::new(types, Nulls::Equal, memory.part()),
            counts: Vec::new(),
            memory: memory.part(),
            groups: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// Finds or makes the group of each row.
    fn insert(&mut self, batch: &Batch) -> Result<()> {
        self.rows
            .insert(&batch.columns, batch.len, &mut self.groups, &mut self.fresh)?;
        let groups = self.rows.len();
        self.memory
            .set(vec_capacity(self.counts.capacity(), groups).saturating_mul(4))?;
        self.counts.resize(groups, 0);
        Ok(())
    }

    fn add_right(&mut self, batch: &Batch) -> Result<()> {
        self.insert(batch)?;
        for group in &self.groups {
            if let Some(count) = self.counts.get_mut(*group as usize) {
                *count = if self.all { count.saturating_add(1) } else { 1 };
            }
        }
        Ok(())
    }

    /// The left rows that are in the result.
    fn chosen(&mut self, batch: &Batch) -> Result<Vec<u32>> {
        // Without ALL a row that came is remembered as one that must not come again.
        let remembers = self.kind == SetKind::Except && !self.all;
        if remembers {
            self.insert(batch)?;
        } else {
            self.rows.find(&batch.columns, batch.len, &mut self.groups);
        }
        let mut none = 0;
        let mut chosen = Vec::new();
        for (row, group) in (0..).zip(&self.groups) {
            let count = match *group {
                NO_GROUP => &mut none,
                group => self.counts.get_mut(group as usize).unwrap_or(&mut none),
            };
            let pairs = *count > 0;
            match remembers {
                true => *count = 1,
                false => *count = count.saturating_sub(1),
            }
            if pairs == (self.kind == SetKind::Intersect) {
                chosen.push(row);
            }
        }
        Ok(chosen)
    }
}

impl Operator for SetOperation {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        while let Some(right) = &mut self.right {
            match ready!(right.next(cx))? {
                Some(batch) => self.add_right(&batch.compact())?,
                None => self.right = None,
            }
        }
        loop {
            let Some(batch) = ready!(self.left.next(cx))? else {
                return Poll::Ready(Ok(None));
            };
            let batch = batch.compact();
            let chosen = self.chosen(&batch)?;
            if !chosen.is_empty() {
                return Poll::Ready(Ok(Some(batch.select(chosen))));
            }
        }
    }
}
