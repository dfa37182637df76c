//! What a statement answers, and the rows of a query as an iterator.

use crate::{Row, block_on, database::Inner, row::RowBatch};
use amphi_core::{
    Error, Result,
    session::{Outcome as EngineOutcome, RowStream},
    sql::plan::OutputColumn,
    types::Batch,
};
use serde::de::DeserializeOwned;
use std::{fmt, iter::FusedIterator, marker::PhantomData, sync::Arc};

/// What a statement answers.
#[derive(Debug)]
pub enum Outcome {
    /// Rows, produced as they are asked for.
    Rows(Rows),
    /// The statement changed rows.
    Affected {
        /// How many.
        rows: u64,
        /// The first AUTO_INCREMENT value it generated.
        last_insert_id: Option<i64>,
    },
    /// Nothing to report.
    Done,
}

impl Outcome {
    pub(crate) fn new(outcome: EngineOutcome, database: &Arc<Inner>) -> Outcome {
        match outcome {
            EngineOutcome::Rows(stream) => Outcome::Rows(Rows::new(stream, database)),
            EngineOutcome::Affected { rows, last_insert_id } => Outcome::Affected { rows, last_insert_id },
            EngineOutcome::Done => Outcome::Done,
        }
    }

    /// Number of rows changed, or returned by a query, which runs to its end for that.
    pub(crate) fn affected(self) -> Result<u64> {
        match self {
            Outcome::Rows(rows) => rows.count_all(),
            Outcome::Affected { rows, .. } => Ok(rows),
            Outcome::Done => Ok(0),
        }
    }

    pub(crate) fn into_rows(self) -> Rows {
        match self {
            Outcome::Rows(rows) => rows,
            Outcome::Affected { .. } | Outcome::Done => Rows::none(),
        }
    }
}

/// The rows of a query, produced as they are asked for. They are those of the snapshot the query
/// started on: what is committed meanwhile does not show.
///
/// An error ends the iteration.
pub struct Rows {
    /// Finished once it has ended: the snapshot is given up as early as possible.
    stream: RowStream,
    /// The batch at hand; `None` before the first.
    batch: Option<Arc<RowBatch>>,
    /// Position of the next row among those of the batch that count.
    next: usize,
    /// Keeps the store open while there may be blocks to read.
    _database: Option<Arc<Inner>>,
}

impl Rows {
    pub(crate) fn new(stream: RowStream, database: &Arc<Inner>) -> Rows {
        Rows {
            _database: stream.reads_blocks().then(|| database.clone()),
            stream,
            batch: None,
            next: 0,
        }
    }

    fn none() -> Rows {
        Rows {
            stream: RowStream::none(),
            batch: None,
            next: 0,
            _database: None,
        }
    }

    /// The result columns: name, type, and table of origin. Empty for a statement without a result.
    pub fn columns(&self) -> &[OutputColumn] {
        self.stream.columns()
    }

    /// The next rows as the engine has them: typed columns and a selection; `None` at the end. A batch
    /// may be empty.
    ///
    /// This is the fast way through a big result. Rows of the current batch that the iterator has not
    /// returned yet are skipped.
    ///
    /// # Errors
    ///
    /// Whatever the query runs into; the result has ended then.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute_script("CREATE TABLE t (n INT); INSERT INTO t VALUES (20), (22);")?;
    /// let mut rows = db.query("SELECT n FROM t", ())?;
    /// let mut sum = 0;
    /// while let Some(batch) = rows.next_batch()? {
    ///     sum += batch.column(0).i64s().iter().sum::<i64>();
    /// }
    /// assert_eq!(sum, 42);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.batch = None;
        self.next = 0;
        let batch = block_on(self.stream.next_batch());
        if !matches!(batch, Ok(Some(_))) {
            self.stream.finish();
        }
        batch
    }

    pub(crate) fn first(mut self) -> Result<Row> {
        self.next().unwrap_or_else(|| {
            Err(Error::Data {
                message: "the query returned no row".to_owned(),
                position: None,
            })
        })
    }

    fn count_all(mut self) -> Result<u64> {
        let mut count = 0;
        while let Some(batch) = self.next_batch()? {
            count += batch.rows() as u64;
        }
        Ok(count)
    }

    /// The rows as a serde type; see [`Row::to`].
    pub fn typed<T: DeserializeOwned>(self) -> RowsAs<T> {
        RowsAs {
            rows: self,
            row_type: PhantomData,
        }
    }
}

impl Rows {
    /// The next row of a batch.
    fn next_in_batch(&mut self) -> Option<Result<Row>> {
        loop {
            if let Some(rows) = self.batch.as_ref().filter(|r| self.next < r.batch.rows()) {
                let at = match &rows.batch.selection {
                    None => self.next,
                    Some(selection) => match selection.get(self.next) {
                        Some(at) => *at as usize,
                        None => return None,
                    },
                };
                self.next += 1;
                return Some(Ok(Row::in_batch(rows.clone(), at)));
            }
            if self.stream.is_at_end() {
                return None;
            }
            match self.next_batch() {
                Ok(Some(batch)) => {
                    let columns = self.stream.columns().clone();
                    self.batch = Some(Arc::new(RowBatch { columns, batch }));
                }
                Ok(None) => return None,
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row>;

    #[inline]
    fn next(&mut self) -> Option<Result<Row>> {
        if self.batch.is_none() {
            if let Some(row) = self.stream.take_row() {
                return Some(Ok(Row::in_place(row)));
            }
            if self.stream.is_at_end() {
                return None;
            }
        }
        self.next_in_batch()
    }
}

impl FusedIterator for Rows {}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.columns().iter().map(|c| c.name.as_str()).collect();
        f.debug_struct("Rows")
            .field("columns", &names)
            .finish_non_exhaustive()
    }
}

/// The rows of a query as a serde type; made by [`Rows::typed`] and `query_as`.
#[derive(Debug)]
pub struct RowsAs<T> {
    rows: Rows,
    row_type: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Iterator for RowsAs<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        Some(self.rows.next()?.and_then(|row| row.to()))
    }
}
