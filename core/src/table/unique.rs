//! Uniqueness: which rows a new row would collide with, and the error that names the key.

use super::index_key::RowView;
use super::table::Table;
use super::wait::Wait;
use crate::tree::{Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::{string::ToString, vec::Vec};
use core::task::{Poll, ready};

impl Table {
    /// The existing rows that inserting the row would collide with, each with every key it collides by: the row id if
    /// it is given (`None`), the keys of unique indexes (their positions). Row id first, then indexes in order.
    pub fn conflicts(
        &self,
        id: Option<RowId>,
        columns: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<Vec<(RowId, Option<usize>)>>> {
        let mut found: Vec<(RowId, Option<usize>)> = Vec::new();
        let mut wait = Wait::default();
        if let Some(id) = id
            && let Some(Some(_)) = wait.see(self.rows.get(id, pins, missing))?
        {
            found.push((id, None));
        }
        let view = RowView::Full { columns, row };
        let mut key = Vec::new();
        for (i, (tree, index)) in self.indexes.iter().zip(self.keys.iter()).enumerate() {
            if !index.is_unique() {
                continue;
            }
            key.clear();
            if !index.encode(&mut key, id.unwrap_or(0), view) {
                continue;
            }
            if let Some(Some(other)) = wait.see(tree.get(&key, pins, missing))? {
                found.push((other, Some(i)));
            }
        }
        ready!(wait.done());
        Poll::Ready(Ok(found))
    }

    /// The error for a row id that exists.
    pub(super) fn duplicate_row_id(&self, id: RowId) -> Error {
        Error::DuplicateKey {
            table: self.def.name.clone(),
            index: "PRIMARY".to_string(),
            key: id.to_string(),
        }
    }

    /// The error for a key that exists in index `index`.
    pub(super) fn duplicate_key(&self, index: usize, id: RowId, row: RowView<'_>) -> Error {
        Error::DuplicateKey {
            table: self.def.name.clone(),
            index: self
                .def
                .indexes
                .get(index)
                .map_or_else(Default::default, |i| i.name.clone()),
            key: self
                .keys
                .get(index)
                .map_or_else(Default::default, |k| k.text(id, row)),
        }
    }
}
