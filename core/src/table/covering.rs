//! What of a row an entry of an index tells: its row id, and the values of those of its columns whose keys are exact.

use super::{TableDef, index_key::key_part};
use crate::codec::is_exact_key;

/// Where an entry of an index has the value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryPlace {
    /// It is the row id.
    RowId,
    /// It is this part of the key.
    Part(usize),
}

impl TableDef {
    /// Where entries of index `index` have the value of a column; `None`: the row has to be read for it.
    pub fn entry_place(&self, index: usize, column: usize) -> Option<EntryPlace> {
        if self.row_id_column == Some(column) {
            return Some(EntryPlace::RowId);
        }
        let definition = self.columns.get(column)?;
        let part = self
            .indexes
            .get(index)?
            .columns
            .iter()
            .position(|c| c.column == column)?;
        is_exact_key(&key_part(definition, false)).then_some(EntryPlace::Part(part))
    }

    /// Whether the entries of index `index` tell all of these columns.
    pub fn is_covering(&self, index: usize, columns: &[usize]) -> bool {
        columns.iter().all(|c| self.entry_place(index, *c).is_some())
    }
}
