//! Prepared statements.

use crate::{IntoParams, Outcome, Row, Rows, RowsAs, session::Shared};
use amphi_core::{Result, session::Prepared};
use serde::de::DeserializeOwned;
use std::{fmt, marker::PhantomData, sync::Arc};

/// A statement to be run many times with different parameters. It keeps its plan, which is made anew
/// when the schema has changed.
///
/// A statement of a [`Session`](crate::Session) or [`Transaction`](crate::Transaction) runs in it
/// and cannot outlive it; one of a [`Database`](crate::Database) is its own transaction each time.
pub struct Statement<'s> {
    shared: Arc<Shared>,
    sql: Box<str>,
    prepared: Arc<Prepared>,
    columns: Vec<String>,
    session: PhantomData<&'s ()>,
}

impl Statement<'_> {
    pub(crate) fn new<'s>(shared: Arc<Shared>, sql: &str) -> Result<Statement<'s>> {
        let (prepared, columns) = shared.prepare(sql)?;
        Ok(Statement {
            shared,
            sql: Box::from(sql),
            prepared,
            columns: columns.iter().map(|c| c.name.clone()).collect(),
            session: PhantomData,
        })
    }

    /// The SQL text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Names of the result columns when it was prepared; empty if it has no result.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.prepared.parsed().parameter_count()
    }

    /// Runs it and returns its outcome, whatever its kind.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`](crate::Error::Parameter) if the parameters do not fit; whatever the statement runs into.
    pub fn run(&self, params: impl IntoParams) -> Result<Outcome> {
        params.give(|given| self.shared.run_prepared(&self.prepared, given))?
    }

    /// Runs it and returns how many rows it changed (for a query: how many it returned).
    ///
    /// # Errors
    ///
    /// As [`Statement::run`].
    pub fn execute(&self, params: impl IntoParams) -> Result<u64> {
        self.run(params)?.affected()
    }

    /// Runs it and returns its rows.
    ///
    /// # Errors
    ///
    /// As [`Statement::run`]; errors after the first row come in place of a row.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// let double = db.prepare("SELECT ? * 2 AS twice")?;
    /// for n in [1, 10] {
    ///     let rows = double.query((n,))?.collect::<Result<Vec<_>, _>>()?;
    ///     assert_eq!(rows[0].get::<i64>("twice")?, 2 * n);
    /// }
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn query(&self, params: impl IntoParams) -> Result<Rows> {
        Ok(self.run(params)?.into_rows())
    }

    /// Runs it and reads its rows as a serde type.
    ///
    /// # Errors
    ///
    /// As [`Statement::query`]; a row that does not fit the type is an error in its place.
    pub fn query_as<T: DeserializeOwned>(&self, params: impl IntoParams) -> Result<RowsAs<T>> {
        Ok(self.query(params)?.typed())
    }

    /// Runs it and returns its first row.
    ///
    /// # Errors
    ///
    /// [`Error::Data`](crate::Error::Data) if there is no row; those of [`Statement::query`].
    pub fn query_row(&self, params: impl IntoParams) -> Result<Row> {
        self.query(params)?.first()
    }
}

impl fmt::Debug for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}
