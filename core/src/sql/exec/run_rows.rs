//! The rows of a run that are still in question, while a scan looks for those it hands out: columns are read
//! of those rows only, and only when they are asked for.

use super::leaf_run::LeafRun;
use super::positions::Positions;
use super::table_columns::TableColumns;
use crate::types::{Batch, Column, Physical};
use alloc::{sync::Arc, vec::Vec};

/// See the module. Invariant: columns that were read have a value for each row in question.
pub struct RunRows<'a> {
    run: &'a LeafRun,
    columns: &'a TableColumns,
    /// What was read, by output column.
    read: Vec<Option<Column>>,
    /// Ascending positions in the run; `None`: all.
    rows: Option<Vec<u32>>,
}

impl<'a> RunRows<'a> {
    /// All rows of a run, none of their columns.
    pub fn new(run: &'a LeafRun, columns: &'a TableColumns) -> RunRows<'a> {
        RunRows {
            run,
            columns,
            read: alloc::vec![None; columns.len()],
            rows: None,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.run.rows(), Vec::len)
    }

    /// Whether no row is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the marked columns. The batch has those that were read, this time or before; others are empty.
    pub fn read(&mut self, marks: &[bool]) -> Batch {
        if let Some(columns) = self.run.shared(self.columns) {
            return self.selected(columns);
        }
        for (i, (read, mark)) in self.read.iter_mut().zip(marks).enumerate() {
            if *mark && read.is_none() {
                *read = Some(column(self.run, self.columns, i, self.rows.as_deref()));
            }
        }
        let columns = self.read.iter().enumerate();
        let empty = |i| Column::new(self.columns.physical(i));
        let columns = columns.map(|(i, read)| read.clone().unwrap_or_else(|| empty(i)));
        Batch::new(columns.collect(), self.len())
    }

    /// Keeps the rows for whose value in an integer column `is_wanted`; NULL is never wanted.
    pub fn keep_where(&mut self, column: usize, is_wanted: impl Fn(i64) -> bool) {
        let is_read = self.read.get(column).is_some_and(Option::is_some);
        let rows = if self.rows.is_none() && !is_read {
            // Where they are: copying the values would cost more than looking at them.
            self.run.positions_where(self.columns, column, is_wanted)
        } else {
            let mut marks = alloc::vec![false; self.columns.len()];
            marks
                .iter_mut()
                .skip(column)
                .take(1)
                .for_each(|mark| *mark = true);
            let values = self.read(&marks).column(column);
            let mut found = Positions::new(values.len());
            found.test(values.i64s(), values.null_bitmap(), 0, is_wanted);
            found.into_rows()
        };
        self.keep(rows);
    }

    /// Keeps the rows at ascending `positions` among those in question.
    pub fn keep(&mut self, positions: Vec<u32>) {
        if positions.len() == self.len() {
            return;
        }
        for column in self.read.iter_mut().flatten() {
            *column = column.gather(&positions);
        }
        let in_run = |rows: &Vec<u32>| {
            let row = |p: &u32| rows.get(*p as usize).copied();
            positions.iter().filter_map(row).collect()
        };
        self.rows = Some(match &self.rows {
            None => positions,
            Some(rows) => in_run(rows),
        });
    }

    /// The rows with all columns.
    pub fn finish(self) -> Batch {
        if let Some(columns) = self.run.shared(self.columns) {
            return self.selected(columns);
        }
        let rows = self.len();
        let columns =
            self.read.into_iter().enumerate().map(|(i, read)| {
                read.unwrap_or_else(|| column(self.run, self.columns, i, self.rows.as_deref()))
            });
        Batch::new(columns.collect(), rows)
    }

    /// The rows of columns that have a value for each row of the run.
    fn selected(&self, columns: Vec<Column>) -> Batch {
        Batch {
            columns,
            len: self.run.rows(),
            selection: self.rows.clone().map(Arc::new),
        }
    }
}

/// Output column `i` of the rows at ascending positions, or of all.
fn column(run: &LeafRun, columns: &TableColumns, i: usize, rows: Option<&[u32]>) -> Column {
    match rows {
        None => run.column(columns, i),
        // Numbers are copied fastest all together, texts only where they are needed.
        Some(rows) if rows.len() >= run.rows() / 3 && columns.physical(i) != Physical::Bytes => {
            run.column(columns, i).gather(rows)
        }
        Some(rows) => run.gather(columns, i, rows),
    }
}
