//! Reading one row.

use super::table::Table;
use crate::table::TableDef;
use crate::tree::{Missing, Pins, RowAt};
use crate::types::{Column, Physical, Result, RowId};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A row found by its id; it keeps its leaf alive.
pub struct Row {
    def: Arc<TableDef>,
    at: RowAt,
}

impl Row {
    /// The column that holds table column `column`, and the row's position in it. A column that does
    /// not exist reads as NULL.
    pub fn column(&self, column: usize) -> (Cow<'_, Column>, usize) {
        if self.def.row_id_column == Some(column) {
            return (Cow::Owned(Column::from_i64(alloc::vec![self.id()])), 0);
        }
        let (columns, at) = self.at.leaf.columns_at(self.at.pos);
        match self.def.stored_index(column).and_then(|s| columns.get(s)) {
            Some(c) => (Cow::Borrowed(c), at),
            None => (Cow::Owned(Column::nulls(Physical::I64, 1)), 0),
        }
    }

    /// The row as columns of one value, one per table column. They share nothing with the table.
    pub fn to_columns(&self) -> Vec<Column> {
        self.values(0..self.def.columns.len())
    }

    /// The values of some table columns, as columns of one value that share nothing with the table.
    pub fn values(&self, columns: impl IntoIterator<Item = usize>) -> Vec<Column> {
        let value = |i: usize| {
            let (column, at) = self.column(i);
            column.gather(&[at as u32])
        };
        columns.into_iter().map(value).collect()
    }

    /// The row id.
    pub fn id(&self) -> RowId {
        self.at.leaf.row_id(self.at.pos)
    }
}

impl Table {
    /// The row of that id.
    pub fn row(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<Row>>> {
        let at = ready!(self.rows.get(id, pins, missing))?;
        Poll::Ready(Ok(at.map(|at| Row {
            def: self.def.clone(),
            at,
        })))
    }
}
