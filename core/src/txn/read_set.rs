//! What a SERIALIZABLE transaction read: validated at commit against what others committed since.

use super::WriteSet;
use crate::catalog::TableId;
use crate::types::RowId;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Ranges of row ids read, by table. A scan without bounds, and any use of an index, reads the whole
/// table: more conflicts than needed, never fewer.
#[derive(Debug, Clone, Default)]
pub struct ReadSet {
    ranges: BTreeMap<TableId, Vec<(RowId, RowId)>>,
}

impl ReadSet {
    /// Records that the ids `from..=to` of the table were looked at, whether or not they exist.
    pub fn range(&mut self, table: TableId, from: RowId, to: RowId) {
        let ranges = self.ranges.entry(table).or_default();
        if from <= to && !ranges.iter().any(|(f, t)| *f <= from && to <= *t) {
            ranges.retain(|(f, t)| !(from <= *f && *t <= to));
            ranges.push((from, to));
        }
    }

    /// Records that the whole table was read.
    pub fn table(&mut self, table: TableId) {
        self.range(table, RowId::MIN, RowId::MAX);
    }

    /// A table of which something that was read has been written by `writes`.
    pub fn invalidated_by(&self, writes: &WriteSet) -> Option<TableId> {
        self.ranges
            .iter()
            .find(|(table, ranges)| {
                writes.defined().contains(table)
                    || writes
                        .rows_of(**table)
                        .is_some_and(|rows| ranges.iter().any(|(from, to)| rows.intersects_range(*from, *to)))
            })
            .map(|(table, _)| *table)
    }
}
