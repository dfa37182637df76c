//! What a statement answers.

use super::Shared;
use crate::sql::exec::{QueryRun, RowInPlace, RowsInPlace};
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
    Run(Arc<Shared>, Box<QueryRun>),
    Batches(VecDeque<Batch>),
    /// At most one row, read in place.
    Row(Option<RowInPlace>),
    /// A few rows, read in place.
    Rows(RowsInPlace),
}

/// The rows of a query, batch by batch. It holds its snapshot: what is committed meanwhile does not show.
pub struct RowStream {
    columns: Arc<[OutputColumn]>,
    source: Source,
}

impl RowStream {
    /// A query that runs as it is read.
    pub(super) fn of_run(shared: Arc<Shared>, run: QueryRun) -> RowStream {
        RowStream {
            columns: run.query().columns.clone(),
            source: Source::Run(shared, Box::new(run)),
        }
    }

    /// No rows and no columns, as of a statement without a result.
    pub fn none() -> RowStream {
        RowStream::of_row(Arc::default(), None)
    }

    /// The answer of a point read.
    pub(super) fn of_row(columns: Arc<[OutputColumn]>, row: Option<RowInPlace>) -> RowStream {
        RowStream {
            columns,
            source: Source::Row(row),
        }
    }

    /// The answer of a range read.
    pub(super) fn of_rows(columns: Arc<[OutputColumn]>, rows: RowsInPlace) -> RowStream {
        RowStream {
            columns,
            source: Source::Rows(rows),
        }
    }

    /// Rows that are there already.
    pub(super) fn of_batches(columns: Arc<[OutputColumn]>, batches: Vec<Batch>) -> RowStream {
        RowStream {
            columns,
            source: Source::Batches(batches.into()),
        }
    }

    /// A small table of text and numbers, as SHOW answers.
    pub(super) fn of_values(columns: &[(&str, DataType)], rows: &[Vec<Value>]) -> Result<RowStream> {
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
            columns.iter().map(output).collect(),
            alloc::vec![batch],
        ))
    }

    /// The result columns.
    pub fn columns(&self) -> &Arc<[OutputColumn]> {
        &self.columns
    }

    /// The next row, if the rows are read in place: no batch is made for them. `None`: what is left comes
    /// in batches.
    #[inline]
    pub fn take_row(&mut self) -> Option<RowInPlace> {
        match &mut self.source {
            Source::Row(row) => row.take(),
            Source::Rows(rows) => rows.next(),
            Source::Run(..) | Source::Batches(_) => None,
        }
    }

    /// Gets the rows that are read in place into the processor's caches.
    pub(super) fn touch(&self) {
        match &self.source {
            Source::Row(Some(row)) => row.touch(),
            Source::Rows(rows) => rows.touch(),
            Source::Row(None) | Source::Run(..) | Source::Batches(_) => {}
        }
    }

    /// Gives up what it reads from: it is at its end then.
    pub fn finish(&mut self) {
        self.source = Source::Row(None);
    }

    /// Whether it is known that no rows are left.
    #[inline]
    pub fn is_at_end(&self) -> bool {
        match &self.source {
            Source::Row(row) => row.is_none(),
            Source::Rows(rows) => rows.is_empty(),
            Source::Batches(batches) => batches.is_empty(),
            Source::Run(..) => false,
        }
    }

    /// Whether it may still have to read blocks.
    pub fn reads_blocks(&self) -> bool {
        matches!(self.source, Source::Run(..))
    }

    /// The next rows; `None` at the end. A batch may be empty.
    ///
    /// # Errors
    /// What the query runs into.
    pub async fn next_batch(&mut self) -> Result<Option<Batch>> {
        match &mut self.source {
            Source::Batches(batches) => Ok(batches.pop_front()),
            Source::Row(row) => Ok(row.take().map(RowInPlace::into_batch)),
            Source::Rows(rows) => Ok(rows.take_batch()),
            Source::Run(shared, run) => {
                let batch = shared.engine.drive(|missing| run.step(missing)).await;
                if run.env().sequences.take_beyond() {
                    shared.engine.flush().await?;
                }
                batch
            }
        }
    }

    /// Computes and drops the rows that are left.
    ///
    /// # Errors
    /// What the query runs into.
    pub async fn run_to_end(mut self) -> Result<()> {
        while self.next_batch().await?.is_some() {}
        Ok(())
    }

    /// As [`RowStream::next_batch`], without waiting: for tables that are resident.
    ///
    /// # Errors
    /// [`Error::NotResident`] naming a table whose blocks are not in memory.
    pub fn next_batch_resident(&mut self) -> Result<Option<Batch>> {
        let (shared, run) = match &mut self.source {
            Source::Batches(batches) => return Ok(batches.pop_front()),
            Source::Row(row) => return Ok(row.take().map(RowInPlace::into_batch)),
            Source::Rows(rows) => return Ok(rows.take_batch()),
            Source::Run(shared, run) => (shared, run),
        };
        let mut missing = Missing::default();
        let polled = run.step(&mut missing);
        shared.engine.counters().absorb(&mut missing);
        match polled {
            Poll::Ready(_) if run.env().sequences.take_beyond() && shared.engine.has_store() => Err(
                Error::unsupported("taking numbers of a sequence without waiting for the store"),
            ),
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
