//! Which columns of a table an operator hands out, and where its leaves keep them.

use crate::catalog::TableDef;
use crate::tree::{RowAt, RowLeaf};
use crate::types::{Batch, Column, DataType, Physical, ValueRef};
use alloc::{sync::Arc, vec::Vec};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The row id.
    RowId,
    /// A stored column of the leaf.
    Stored(usize),
}

/// Where an output column of a leaf's rows is.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// It is the row ids.
    RowIds,
    /// It is this column of the leaf.
    Stored(&'a Column),
    /// The leaf is older than the column: every row has NULL.
    Absent,
}

impl<'a> Piece<'a> {
    /// The values that `of` finds in a stored column; none otherwise.
    pub fn stored<T>(self, of: impl FnOnce(&'a Column) -> &'a [T]) -> &'a [T] {
        match self {
            Piece::Stored(c) => of(c),
            Piece::RowIds | Piece::Absent => &[],
        }
    }
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

    /// Some of these columns, in the given order; `None` if one does not exist.
    pub fn choose(&self, columns: &[usize]) -> Option<TableColumns> {
        let chosen = |c: &usize| Some((*self.sources.get(*c)?, *self.physicals.get(*c)?));
        let (sources, physicals) = columns.iter().map(chosen).collect::<Option<_>>()?;
        Some(TableColumns { sources, physicals })
    }

    /// The value of one of the columns, of type `ty`, in one row; a column that does not exist is NULL.
    #[inline(always)]
    pub fn value<'a>(&self, leaf: &'a RowLeaf, pos: usize, column: usize, ty: &'a DataType) -> ValueRef<'a> {
        match self.sources.get(column) {
            Some(Source::RowId) => ValueRef::of_i64(leaf.row_id(pos), ty),
            Some(Source::Stored(i)) => leaf.value_ref(*i, pos, ty),
            None => ValueRef::Null,
        }
    }

    /// Reads a little of every value of a row. What is not in the processor's caches comes all at once
    /// then, and not one value after the other as they are asked for.
    #[inline]
    pub fn touch(&self, leaf: &RowLeaf, pos: usize) {
        let touched = self.sources.iter().map(|source| match source {
            Source::RowId => 0,
            Source::Stored(i) => leaf.touch(*i, pos),
        });
        core::hint::black_box(touched.fold(0, |all, byte| all ^ byte));
    }

    /// Which stored column of a leaf one of the columns is; `None` for the row id.
    pub fn stored(&self, column: usize) -> Option<usize> {
        match self.sources.get(column) {
            Some(Source::Stored(i)) => Some(*i),
            Some(Source::RowId) | None => None,
        }
    }

    /// Their representations.
    pub fn physicals(&self) -> &[Physical] {
        &self.physicals
    }

    /// Whether the rows themselves are not needed, only how many there are or their ids.
    pub fn only_row_ids(&self) -> bool {
        self.sources.iter().all(|s| *s == Source::RowId)
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// The representation of column `i`.
    pub fn physical(&self, i: usize) -> Physical {
        self.physicals.get(i).copied().unwrap_or(Physical::I64)
    }

    /// Where column `i` of a leaf's rows is.
    #[inline]
    pub fn piece<'a>(&self, leaf: &'a RowLeaf, i: usize) -> Piece<'a> {
        match self.sources.get(i) {
            Some(Source::RowId) => Piece::RowIds,
            Some(Source::Stored(stored)) => leaf.column(*stored).map_or(Piece::Absent, Piece::Stored),
            None => Piece::Absent,
        }
    }

    /// Column `i` of a whole leaf, shared with it.
    pub fn column_of(&self, leaf: &RowLeaf, i: usize) -> Column {
        match self.piece(leaf, i) {
            Piece::RowIds => leaf.row_ids(),
            Piece::Stored(c) => c.clone(),
            Piece::Absent => Column::nulls(self.physical(i), leaf.len()),
        }
    }

    /// The columns of a whole leaf, shared with it.
    pub fn of_leaf(&self, leaf: &RowLeaf) -> Vec<Column> {
        (0..self.len()).map(|i| self.column_of(leaf, i)).collect()
    }

    /// Bytes of the texts that a leaf's rows have in the columns.
    pub fn text_bytes(&self, leaf: &RowLeaf) -> usize {
        let bytes = |source: &Source| match source {
            Source::Stored(i) => leaf.text_bytes(*i),
            Source::RowId => 0,
        };
        self.sources.iter().map(bytes).sum()
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
        match first.leaf.column(column) {
            Some(c) => out.extend_range(c, first.pos, first.pos + run.len()),
            None => out.extend_nulls(run.len()),
        }
    }
    out
}
