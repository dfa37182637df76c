//! Rows of a result that stay in their leaves: values are read when they are asked for, nothing is copied.

use super::table_columns::TableColumns;
use crate::catalog::{Catalog, TableId};
use crate::sql::plan::{Access, Expr, OutputColumn, Plan, Query};
use crate::tree::{RowAt, RowLeaf};
use crate::types::{Batch, ValueRef};
use alloc::{sync::Arc, vec::Vec};

/// The columns of such rows.
#[derive(Debug)]
pub struct RowShape {
    columns: Arc<[OutputColumn]>,
    sources: TableColumns,
    covered: bool,
}

impl RowShape {
    /// The table of a query that is nothing but columns of rows of one table, how it reaches the rows, and
    /// their columns. `None` if the query is more.
    pub fn of<'q>(query: &'q Query, catalog: &Catalog) -> Option<(TableId, &'q Access, RowShape)> {
        if !query.sub_plans.is_empty() {
            return None;
        }
        let (scan, exprs) = match &query.plan {
            Plan::Project { input, exprs } => (&**input, Some(exprs)),
            scan => (scan, None),
        };
        let Plan::Scan {
            table,
            columns,
            row_id,
            access,
            filter: None,
            ..
        } = scan
        else {
            return None;
        };
        let def = &catalog.get(*table)?.def;
        let covered = match access {
            Access::Index { index, .. } | Access::IndexList { index, .. } => def.is_covering(*index, columns),
            Access::Full | Access::RowIds { .. } | Access::RowIdList(_) => false,
        };
        let all = TableColumns::new(def, columns, *row_id);
        let sources = match exprs {
            None => all,
            Some(exprs) => {
                let plain = exprs.iter().map(|e| match e {
                    Expr::Column { index, .. } => Some(*index),
                    _ => None,
                });
                all.choose(&plain.collect::<Option<Vec<_>>>()?)?
            }
        };
        let shape = RowShape {
            columns: query.columns.clone(),
            sources,
            covered,
        };
        Some((*table, access, shape))
    }

    /// Whether the entries of the index by which the rows are reached tell the columns.
    pub fn is_covered(&self) -> bool {
        self.covered
    }

    /// Whether the rows themselves are not needed, only how many there are or their ids.
    pub fn only_row_ids(&self) -> bool {
        self.sources.only_row_ids()
    }
}

/// One row of a result, in its leaf.
#[derive(Debug, Clone)]
pub struct RowInPlace {
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// By itself.
    One(RowAt, Arc<RowShape>),
    /// Position `pos` of the leaf of a run, among rows that are held together: that costs one reference.
    In { rows: Arc<HeldRows>, run: u32, pos: u32 },
}

/// Rows of one shape, and the leaves they are in.
#[derive(Debug)]
struct HeldRows {
    runs: Vec<RowRun>,
    shape: Arc<RowShape>,
}

/// Rows side by side in a leaf, at least one: the positions from `first` up to `end`.
#[derive(Debug)]
pub struct RowRun {
    leaf: Arc<RowLeaf>,
    first: u32,
    end: u32,
}

impl RowRun {
    /// The rows from position `first` up to `end`, in one leaf.
    pub fn new(leaf: Arc<RowLeaf>, first: usize, end: usize) -> RowRun {
        RowRun {
            leaf,
            // Leaves have at most `codec::MAX_BLOCK_ROWS` rows.
            first: first as u32,
            end: end as u32,
        }
    }

    fn at(&self, pos: u32) -> RowAt {
        RowAt {
            leaf: self.leaf.clone(),
            pos: pos as usize,
        }
    }
}

impl RowInPlace {
    /// A row of that shape.
    pub fn new(at: RowAt, shape: Arc<RowShape>) -> RowInPlace {
        RowInPlace {
            place: Place::One(at, shape),
        }
    }

    #[inline]
    fn shape(&self) -> &RowShape {
        match &self.place {
            Place::One(_, shape) => shape,
            Place::In { rows, .. } => &rows.shape,
        }
    }

    /// Gets what is about to be read into the processor's caches, all at once.
    #[inline]
    pub fn touch(&self) {
        if let Place::One(at, shape) = &self.place {
            shape.sources.touch(&at.leaf, at.pos);
        }
    }

    /// The result columns.
    #[inline]
    pub fn columns(&self) -> &Arc<[OutputColumn]> {
        &self.shape().columns
    }

    /// Value `column` of the row; a column that does not exist is NULL.
    #[inline(always)]
    pub fn value(&self, column: usize) -> ValueRef<'_> {
        let (shape, leaf, pos) = match &self.place {
            Place::One(at, shape) => (shape, &at.leaf, at.pos),
            Place::In { rows, run, pos } => match rows.runs.get(*run as usize) {
                Some(run) => (&rows.shape, &run.leaf, *pos as usize),
                None => return ValueRef::Null,
            },
        };
        match shape.columns.get(column) {
            Some(c) => shape.sources.value(leaf, pos, column, &c.ty),
            None => ValueRef::Null,
        }
    }

    /// The row as a batch of one row.
    pub fn into_batch(self) -> Batch {
        let at = match &self.place {
            Place::One(at, _) => Some(at.clone()),
            Place::In { rows, run, pos } => rows.runs.get(*run as usize).map(|run| run.at(*pos)),
        };
        self.shape().sources.of_rows(at.as_slice())
    }
}

/// Rows of one shape, in order.
#[derive(Debug)]
pub struct RowsInPlace {
    rows: Arc<HeldRows>,
    /// The run that the next row is in, from the end on if `reverse`.
    run: usize,
    /// Rows of it that have been taken.
    taken: u32,
    reverse: bool,
}

impl RowsInPlace {
    /// Rows of that shape, the last one first if `reverse`.
    pub fn new(runs: Vec<RowRun>, reverse: bool, shape: Arc<RowShape>) -> RowsInPlace {
        RowsInPlace {
            rows: Arc::new(HeldRows { runs, shape }),
            run: 0,
            taken: 0,
            reverse,
        }
    }

    /// Gets what is about to be read into the processor's caches, all at once. What is side by side in a leaf
    /// the processor fetches by itself.
    pub fn touch(&self) {
        let sources = &self.rows.shape.sources;
        for run in &self.rows.runs {
            sources.touch(&run.leaf, run.first as usize);
        }
    }

    /// Whether there are no more.
    pub fn is_empty(&self) -> bool {
        self.run >= self.rows.runs.len()
    }

    /// The run and the position of the next row.
    #[inline]
    fn step(&mut self) -> Option<(usize, u32)> {
        let runs = &self.rows.runs;
        let run = match self.reverse {
            false => self.run,
            true => runs.len().checked_sub(self.run + 1)?,
        };
        let RowRun { first, end, .. } = *runs.get(run)?;
        let pos = match self.reverse {
            false => first + self.taken,
            true => end - 1 - self.taken,
        };
        self.taken += 1;
        if self.taken >= end - first {
            self.run += 1;
            self.taken = 0;
        }
        Some((run, pos))
    }

    /// The rows that are left as a batch; `None` if there are none.
    pub fn take_batch(&mut self) -> Option<Batch> {
        let mut left = Vec::new();
        while let Some((run, pos)) = self.step() {
            left.extend(self.rows.runs.get(run).map(|run| run.at(pos)));
        }
        (!left.is_empty()).then(|| self.rows.shape.sources.of_rows(&left))
    }
}

impl Iterator for RowsInPlace {
    type Item = RowInPlace;

    #[inline]
    fn next(&mut self) -> Option<RowInPlace> {
        let (run, pos) = self.step()?;
        let place = Place::In {
            rows: self.rows.clone(),
            run: run as u32,
            pos,
        };
        Some(RowInPlace { place })
    }
}
