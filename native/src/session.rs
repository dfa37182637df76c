//! A session: statements that share a transaction state and a current schema.

use crate::{
    IntoParams, Outcome, Row, Rows, RowsAs, Statement, block_on, database::Inner, params::GivenParams, script,
};
use amphi_core::{
    Result,
    database::TransactionOptions,
    interrupt::InterruptHandle,
    session::{Dump, Params, Prepared, Session as EngineSession},
    sql::plan::OutputColumn,
};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One line of work on a database, with its own transaction state (`BEGIN` … `COMMIT`) and current
/// schema (`USE`). Made by [`Database::session`](crate::Database::session).
///
/// Threads may share a session; its statements then run one after another. Dropping it rolls an
/// open transaction back.
pub struct Session {
    shared: Arc<Shared>,
    interrupt: InterruptHandle,
}

/// A session and its database, shared with the statements prepared on it.
pub(crate) struct Shared {
    // Before the database: an open transaction ends first.
    session: Mutex<EngineSession>,
    database: Arc<Inner>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, EngineSession> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, sql: &str, params: Params) -> Result<Outcome> {
        run(&mut self.lock(), &self.database, sql, params)
    }

    pub(crate) fn run_prepared(&self, prepared: &Prepared, given: GivenParams<'_>) -> Result<Outcome> {
        let mut session = self.lock();
        let names = prepared.parsed().parameter_names();
        let mut done = None;
        if let GivenParams::InOrder(values) = &given
            && values.len() == names.len()
        {
            done = session.execute_at_once(prepared, values);
        }
        let outcome = match done {
            Some(outcome) => outcome,
            None => {
                let values = given.into_params().resolve(names)?;
                match session.execute_at_once(prepared, &values) {
                    Some(outcome) => outcome,
                    None => block_on(session.execute_prepared(prepared, values)),
                }
            }
        };
        drop(session);
        self.database.committed();
        Ok(Outcome::new(outcome?, &self.database))
    }

    /// The statement of a text, and its result columns.
    pub(crate) fn prepare(&self, sql: &str) -> Result<(Arc<Prepared>, Arc<[OutputColumn]>)> {
        self.lock().prepare(sql)
    }
}

/// Runs the statements of a text in a session of the engine.
pub(crate) fn run(
    session: &mut EngineSession,
    database: &Arc<Inner>,
    sql: &str,
    params: Params,
) -> Result<Outcome> {
    let outcome = block_on(session.execute(sql, params));
    database.committed();
    Ok(Outcome::new(outcome?, database))
}

impl Session {
    pub(crate) fn new(database: Arc<Inner>) -> Session {
        let session = database.engine.session();
        Session {
            interrupt: session.interrupt_handle(),
            shared: Arc::new(Shared {
                session: Mutex::new(session),
                database,
            }),
        }
    }

    pub(crate) fn into_shared(self) -> Arc<Shared> {
        self.shared
    }

    /// The current schema.
    pub fn schema(&self) -> String {
        self.shared.lock().schema().to_owned()
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.shared.lock().in_transaction()
    }

    /// The last AUTO_INCREMENT value generated in this session; 0 if there was none.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// let session = db.session();
    /// session.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT)", ())?;
    /// session.execute("INSERT INTO t (a) VALUES (5)", ())?;
    /// assert_eq!(session.last_insert_id(), 1);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn last_insert_id(&self) -> i64 {
        self.shared.lock().last_insert_id()
    }

    /// A handle that stops the statement this session runs, from another thread or a signal handler. The
    /// statement fails with [`Error::Interrupted`](crate::Error::Interrupted) and has changed nothing; an open
    /// transaction stays open. A query whose rows are still being read counts as running.
    ///
    /// It is looked for between batches of rows, between parts of a big sort, and every few rows of those that a
    /// statement writes or an index is built from. A commit that has begun runs to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let db = amphi::Database::memory()?;
    /// let session = db.session();
    /// let handle = session.interrupt_handle();
    /// let stopper = std::thread::spawn(move || {
    ///     std::thread::sleep(Duration::from_millis(50));
    ///     handle.interrupt();
    /// });
    /// let endless = "SELECT COUNT(*) FROM generate_series(1, 9000000000000)";
    /// let stopped = session.query_row(endless, ());
    /// assert!(matches!(stopped, Err(amphi::Error::Interrupted { .. })));
    /// # stopper.join().unwrap();
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Limits the time that each further statement of this session may take, reading a query's rows
    /// included; `None`: no limit. Sessions start with
    /// [`Config::statement_timeout_ms`](crate::Config::statement_timeout_ms). A statement whose time is over
    /// fails as if [interrupted](Session::interrupt_handle).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let db = amphi::Database::memory()?;
    /// let session = db.session();
    /// session.set_statement_timeout(Some(Duration::from_millis(20)));
    /// let endless = "SELECT COUNT(*) FROM generate_series(1, 9000000000000)";
    /// let late = session.query_row(endless, ());
    /// assert!(matches!(late, Err(amphi::Error::Interrupted { limit_ms: Some(20) })));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn set_statement_timeout(&self, limit: Option<Duration>) {
        let limit = limit.map(|l| u64::try_from(l.as_millis()).unwrap_or(u64::MAX).max(1));
        self.shared.lock().set_statement_timeout(limit);
    }

    /// Runs a statement and returns its outcome, whatever its kind.
    ///
    /// # Errors
    ///
    /// Whatever the statement runs into; nothing of it is done then, and an open transaction stays
    /// open.
    pub fn run(&self, sql: &str, params: impl IntoParams) -> Result<Outcome> {
        self.shared.run(sql, params.into_params()?)
    }

    /// Runs a statement and returns how many rows it changed (for a query: how many it returned);
    /// see [`Database::execute`](crate::Database::execute).
    ///
    /// # Errors
    ///
    /// As [`Session::run`].
    pub fn execute(&self, sql: &str, params: impl IntoParams) -> Result<u64> {
        self.run(sql, params)?.affected()
    }

    /// Runs a query; see [`Database::query`](crate::Database::query).
    ///
    /// # Errors
    ///
    /// As [`Session::run`]; errors after the first row come in place of a row.
    pub fn query(&self, sql: &str, params: impl IntoParams) -> Result<Rows> {
        Ok(self.run(sql, params)?.into_rows())
    }

    /// Runs a query and reads its rows as a serde type; see
    /// [`Database::query_as`](crate::Database::query_as).
    ///
    /// # Errors
    ///
    /// As [`Session::query`]; a row that does not fit the type is an error in its place.
    pub fn query_as<T: DeserializeOwned>(&self, sql: &str, params: impl IntoParams) -> Result<RowsAs<T>> {
        Ok(self.query(sql, params)?.typed())
    }

    /// Runs a query and returns its first row.
    ///
    /// # Errors
    ///
    /// [`Error::Data`](crate::Error::Data) if there is no row; those of [`Session::query`].
    pub fn query_row(&self, sql: &str, params: impl IntoParams) -> Result<Row> {
        self.query(sql, params)?.first()
    }

    /// Prepares a statement to be run many times in this session.
    ///
    /// # Errors
    ///
    /// Those of parsing and binding the statement.
    pub fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        Statement::new(self.shared.clone(), sql)
    }

    /// Runs the statements of a script one after another; see
    /// [`Database::execute_script`](crate::Database::execute_script).
    ///
    /// # Errors
    ///
    /// The first error, its position counted from the start of the script.
    pub fn execute_script(&self, sql: &str) -> Result<()> {
        script::execute(self, sql)
    }

    pub(crate) fn definitions(&self, only: Option<&str>) -> Result<Dump> {
        self.shared.lock().dump(only)
    }

    pub(crate) fn begin(&self, options: TransactionOptions) -> Result<()> {
        self.shared.lock().begin(options)
    }

    pub(crate) fn commit(&self) -> Result<()> {
        let committed = block_on(self.shared.lock().commit());
        self.shared.database.committed();
        committed
    }

    pub(crate) fn rollback(&self) -> Result<()> {
        self.shared.lock().rollback()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}
