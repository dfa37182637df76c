//! Which columns of a table an operator hands out, and where its leaves keep them.

use crate::catalog::TableDef;
use crate::tree::{RowAt, RowLeaf};
use crate::types::{Batch, Column, Physical};
use alloc::{sync::Arc, vec::Vec};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The row id.
    RowId,
    /// A stored column of the leaf.
    Stored(usize),
}

/// The output columns of a table's operator.
#[derive(Debug, Clone)]
pub struct TableColumns {
    sources: Vec<Source>,
    physicals: Vec<Physical>,
}

impl TableColumns {
    /// The table columns at `columns`, then the row id if `row_id`.
    pub fn new(def: &TableDef, columns: &[usize], row_id: bool) -> TableColumns {
        let mut sources = Vec::with_capacity(columns.len() + 1);
        let mut physicals = Vec::with_capacity(columns.len() + 1);
        for c in columns {
            sources.push(def.stored_index(*c).map_or(Source::RowId, Source::Stored));
            physicals.push(def.columns.get(*c).map_or(Physical::I64, |d| d.ty.physical()));
        }
        if row_id {
            sources.push(Source::RowId);
            physicals.push(Physical::I64);
        }
        TableColumns { sources, physicals }
    }

    /// Their representations.
    pub fn physicals(&self) -> &[Physical] {
        &self.physicals
    }

    /// Whether the rows themselves are not needed, only how many there are or their ids.
    pub fn only_row_ids(&self) -> bool {
        self.sources.iter().all(|s| *s == Source::RowId)
    }

    /// The columns for rows of which only the ids are needed; see [`TableColumns::only_row_ids`].
    pub fn of_row_ids(&self, ids: Vec<i64>) -> Batch {
        let rows = ids.len();
        let ids = Column::from_i64(ids);
        Batch::new(self.sources.iter().map(|_| ids.clone()).collect(), rows)
    }

    /// The columns of a whole leaf, shared with it.
    pub fn of_leaf(&self, leaf: &RowLeaf) -> Vec<Column> {
        let column = |(source, physical): (&Source, &Physical)| match source {
            Source::RowId => leaf.row_ids(),
            Source::Stored(i) => match leaf.columns().get(*i) {
                Some(c) => c.clone(),
                None => Column::nulls(*physical, leaf.len()),
            },
        };
        self.sources.iter().zip(&self.physicals).map(column).collect()
    }

    /// The given rows, in that order. Rows of one leaf share its columns; others are copied together.
    pub fn of_rows(&self, rows: &[RowAt]) -> Batch {
        let Some(first) = rows.first() else {
            let columns = self.physicals.iter().map(|p| Column::new(*p)).collect();
            return Batch::new(columns, 0);
        };
        if rows.iter().all(|r| Arc::ptr_eq(&r.leaf, &first.leaf)) {
            let positions = rows.iter().map(|r| r.pos as u32).collect();
            return Batch::new(self.of_leaf(&first.leaf), first.leaf.len()).select(positions);
        }
        let mut columns = Vec::with_capacity(self.sources.len());
        for (source, physical) in self.sources.iter().zip(&self.physicals) {
            columns.push(match source {
                Source::RowId => Column::from_i64(rows.iter().map(|r| r.leaf.row_id(r.pos)).collect()),
                Source::Stored(i) => copy(rows, *i, *physical),
            });
        }
        Batch::new(columns, rows.len())
    }
}

/// One stored column of the given rows, run by run.
fn copy(rows: &[RowAt], column: usize, physical: Physical) -> Column {
    let mut out = Column::with_capacity(physical, rows.len());
    let follows = |a: &RowAt, b: &RowAt| Arc::ptr_eq(&a.leaf, &b.leaf) && a.pos + 1 == b.pos;
    for run in rows.chunk_by(follows) {
        let Some(first) = run.first() else { continue };
        match first.leaf.columns().get(column) {
            Some(c) => out.extend_range(c, first.pos, first.pos + run.len()),
            None => out.extend_nulls(run.len()),
        }
    }
    out
}
