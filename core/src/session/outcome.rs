//! What a statement answers.

use super::Shared;
use crate::sql::exec::{PointRow, QueryRun};
use crate::sql::plan::OutputColumn;
use crate::tree::Missing;
use crate::types::{Batch, Column, DataType, Error, Result, Value};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Poll;

/// The answer to a statement.
pub enum Outcome {
    /// Rows, produced as they are asked for.
    Rows(RowStream),
    /// Rows changed.
    Affected {
        /// How many.
        rows: u64,
        /// The first AUTO_INCREMENT value the statement generated.
        last_insert_id: Option<i64>,
    },
    /// Nothing to report.
    Done,
}

enum Source {
    Run(Box<QueryRun>),
    Batches(VecDeque<Batch>),
    /// At most one row, read in place.
    Point(Option<PointRow>),
}

/// The rows of a query, batch by batch. It holds its snapshot: what is committed meanwhile does not show.
pub struct RowStream {
    shared: Arc<Shared>,
    columns: Arc<[OutputColumn]>,
    source: Source,
}

impl RowStream {
    /// A query that runs as it is read.
    pub(super) fn of_run(shared: Arc<Shared>, run: QueryRun) -> RowStream {
        RowStream {
            shared,
            columns: run.query().columns.clone(),
            source: Source::Run(Box::new(run)),
        }
    }

    /// The answer of a point read.
    pub(super) fn of_point(
        shared: Arc<Shared>,
        columns: Arc<[OutputColumn]>,
        row: Option<PointRow>,
    ) -> RowStream {
        RowStream {
            shared,
            columns,
            source: Source::Point(row),
        }
    }

    /// Rows that are there already.
    pub(super) fn of_batches(
        shared: Arc<Shared>,
        columns: Arc<[OutputColumn]>,
        batches: Vec<Batch>,
    ) -> RowStream {
        RowStream {
            shared,
            columns,
            source: Source::Batches(batches.into()),
        }
    }

    /// A small table of text and numbers, as SHOW answers.
    pub(super) fn of_values(
        shared: Arc<Shared>,
        columns: &[(&str, DataType)],
        rows: &[Vec<Value>],
    ) -> Result<RowStream> {
        let mut data: Vec<Column> = columns.iter().map(|(_, ty)| Column::new(ty.physical())).collect();
        for row in rows {
            for ((column, (_, ty)), value) in data.iter_mut().zip(columns).zip(row) {
                column.push_value(value, ty)?;
            }
        }
        let output = |(name, ty): &(&str, DataType)| OutputColumn {
            name: (*name).to_string(),
            ty: ty.clone(),
            table: None,
        };
        let batch = Batch::new(data, rows.len());
        Ok(RowStream::of_batches(
            shared,
            columns.iter().map(output).collect(),
            alloc::vec![batch],
        ))
    }

    /// The result columns.
    pub fn columns(&self) -> &Arc<[OutputColumn]> {
        &self.columns
    }

    /// The next row, if the result is a single row that was read in place: no batch is made for it.
    /// `None`: the rest comes in batches.
    pub fn take_row(&mut self) -> Option<PointRow> {
        match &mut self.source {
            Source::Point(row) => row.take(),
            Source::Run(_) | Source::Batches(_) => None,
        }
    }

    /// The next rows; `None` at the end. A batch may be empty.
    ///
    /// # Errors
    /// What the query runs into.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>> {
        match &mut self.source {
            Source::Batches(batches) => Ok(batches.pop_front()),
            Source::Point(row) => Ok(row.take().map(PointRow::into_batch)),
            Source::Run(run) => self.shared.engine.drive(|missing| run.step(missing)).await,
        }
    }

    /// As [`RowStream::next_batch`], without waiting: for tables that are resident.
    ///
    /// # Errors
    /// [`Error::NotResident`] naming a table whose blocks are not in memory.
    pub fn next_batch_resident(&mut self) -> Result<Option<Batch>> {
        let run = match &mut self.source {
            Source::Batches(batches) => return Ok(batches.pop_front()),
            Source::Point(row) => return Ok(row.take().map(PointRow::into_batch)),
            Source::Run(run) => run,
        };
        let mut missing = Missing::default();
        let polled = run.step(&mut missing);
        self.shared.engine.counters().absorb(&mut missing);
        match polled {
            Poll::Ready(batch) => batch,
            Poll::Pending => {
                let label = missing
                    .blocks
                    .first()
                    .map_or_else(String::new, |b| b.label().to_string());
                Err(Error::NotResident { table: label })
            }
        }
    }
}
