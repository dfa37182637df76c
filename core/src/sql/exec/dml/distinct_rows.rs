//! Each row once: a join may find the same row several times, but it is updated or deleted once.

use crate::sql::plan::Plan;
use crate::types::{Column, RowId};
use alloc::vec::Vec;
use hashbrown::HashSet;

/// Remembers the row ids met so far, if the source may repeat one.
pub(super) struct DistinctRows {
    seen: Option<HashSet<RowId>>,
}

impl DistinctRows {
    pub(super) fn new(source: &Plan) -> DistinctRows {
        DistinctRows {
            seen: may_repeat(source).then(HashSet::new),
        }
    }

    /// The positions of ids not met before; `None`: all of them.
    pub(super) fn new_rows(&mut self, ids: &Column) -> Option<Vec<u32>> {
        let seen = self.seen.as_mut()?;
        let mut new = Vec::with_capacity(ids.len());
        for (i, id) in ids.i64s().iter().enumerate() {
            if seen.insert(*id) {
                new.push(i as u32);
            }
        }
        (new.len() < ids.len()).then_some(new)
    }
}

/// Whether a plan may give the same row of its table twice.
fn may_repeat(mut plan: &Plan) -> bool {
    loop {
        plan = match plan {
            Plan::Filter { input, .. }
            | Plan::Project { input, .. }
            | Plan::Distinct { input }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => input,
            Plan::Scan { .. } => return false,
            _ => return true,
        }
    }
}
