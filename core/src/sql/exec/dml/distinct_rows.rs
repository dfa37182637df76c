//! Each row once: a join may find the same row several times, but it is updated or deleted once.

use crate::sql::exec::Env;
use crate::sql::memory::{MemoryUse, table_bytes};
use crate::sql::plan::Plan;
use crate::types::{Column, Result, RowId};
use alloc::vec::Vec;
use hashbrown::HashSet;

/// Remembers the row ids met so far, if the source may repeat one.
pub(super) struct DistinctRows {
    seen: Option<HashSet<RowId>>,
    memory: MemoryUse,
}

impl DistinctRows {
    pub(super) fn new(source: &Plan, env: &Env) -> DistinctRows {
        DistinctRows {
            seen: may_repeat(source).then(HashSet::new),
            memory: env.memory.part(),
        }
    }

    /// The positions of ids not met before; `None`: all of them.
    ///
    /// # Errors
    /// [`Error::QueryMemory`](crate::Error::QueryMemory) if remembering them takes more than the statement may.
    pub(super) fn new_rows(&mut self, ids: &Column) -> Result<Option<Vec<u32>>> {
        let Some(seen) = &mut self.seen else {
            return Ok(None);
        };
        let mut new = Vec::with_capacity(ids.len());
        for (i, id) in ids.i64s().iter().enumerate() {
            if seen.len() == seen.capacity() {
                let grown = table_bytes(seen.capacity(), seen.len() + 1, size_of::<RowId>());
                self.memory.set(grown)?;
            }
            if seen.insert(*id) {
                new.push(i as u32);
            }
        }
        Ok((new.len() < ids.len()).then_some(new))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sql::memory::Memory;
    use crate::types::Error;
    use alloc::sync::Arc;

    #[test]
    fn ids_are_remembered_up_to_the_limit() {
        let mut rows = DistinctRows {
            seen: Some(HashSet::new()),
            memory: Arc::new(Memory::new(64 << 10)).part(),
        };
        let ids = |from: i64| Column::from_i64((from..from + 100).collect());
        assert_eq!(rows.new_rows(&ids(0)), Ok(None));
        assert_eq!(rows.new_rows(&ids(99)).unwrap().map(|new| new.len()), Some(99));
        let refused = (0..).map(|i| rows.new_rows(&ids(i * 100))).find(Result::is_err);
        assert_eq!(refused.unwrap(), Err(Error::QueryMemory { limit: 64 << 10 }));
        assert!(rows.seen.unwrap().allocation_size() <= 64 << 10);
    }
}
