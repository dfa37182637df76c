//! The database handle: opening, autocommit statements, transactions, and where tables live.

use crate::{
    IntoParams, LiveQuery, Outcome, RedbStore, Row, Rows, RowsAs, Session, Statement, StoreOptions,
    SystemHost, Transaction, block_on, flusher::Flusher, idle_sessions::IdleSessions, script, session,
    transaction::retry,
};
use amphi_core::{
    Error, Result,
    database::{Config, Database as Engine, Stats, TransactionOptions},
    kv::KvBackend,
};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// An open database. Clones are cheap and mean the same database; it is `Send` and `Sync`.
///
/// Statements run on the handle itself are transactions of their own (autocommit); for several in
/// one transaction use [`Database::transaction`], and for work with a state of its own (`BEGIN`,
/// `USE`, …) a [`Session`]. When the last clone, session, statement and result is dropped, relaxed
/// commits are written and the store is closed; [`Database::close`] does that earlier and reports
/// errors.
///
/// # Examples
///
/// ```
/// use amphi::Database;
///
/// let db = Database::memory()?;
/// db.execute("CREATE TABLE city (id INT PRIMARY KEY, name TEXT NOT NULL)", ())?;
/// db.execute("INSERT INTO city VALUES (?, ?), (?, ?)", (1, "Oslo", 2, "Lima"))?;
/// for row in db.query("SELECT id, name FROM city ORDER BY name", ())? {
///     let row = row?;
///     println!("{} {}", row.get::<i64>("id")?, row.get::<String>("name")?);
/// }
/// # Ok::<(), amphi::Error>(())
/// ```
#[derive(Clone)]
pub struct Database {
    pub(crate) inner: Arc<Inner>,
}

/// What all handles of a database share.
pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) store: Option<Arc<RedbStore>>,
    /// For statements run on the handle itself.
    pub(crate) idle: IdleSessions,
    /// `None` without a store, when read-only, and once closed.
    flusher: Mutex<Option<Flusher>>,
}

impl Inner {
    /// To be called after every statement: its commit may wait to be written.
    pub(crate) fn committed(&self) {
        if self.engine.flush_due()
            && let Some(flusher) = &*self.flusher.lock().unwrap_or_else(PoisonError::into_inner)
        {
            flusher.committed(&self.engine);
        }
    }

    fn close(&self) -> Result<()> {
        let flusher = self.flusher.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(flusher);
        let flushed = block_on(self.engine.close());
        let closed = self.store.as_ref().map_or(Ok(()), |store| store.close());
        flushed.and(closed)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Nobody is left to hear of an error; `Database::close` reports it.
        let _ = self.close();
    }
}

impl Database {
    /// Opens the database in a directory, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another process has it open; [`Error::NotAStore`] if the directory is
    /// not a database (nothing in it is touched); [`Error::Corrupted`] and [`Error::Store`] if it
    /// cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, PersistenceOptions};
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let path = temporary.path().join("data");
    /// let db = Database::open(&path)?;
    /// db.execute("CREATE TABLE note (id INT PRIMARY KEY, text TEXT)", ())?;
    /// db.enable_persistence("note", PersistenceOptions::default())?;
    /// db.execute("INSERT INTO note VALUES (1, 'kept')", ())?;
    /// db.close()?;
    ///
    /// let db = Database::open(&path)?;
    /// let text: String = db.query_row("SELECT text FROM note WHERE id = 1", ())?.get(0)?;
    /// assert_eq!(text, "kept");
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn open(directory: impl AsRef<Path>) -> Result<Database> {
        let directory = directory.as_ref();
        let data_dir = directory.to_str().ok_or_else(|| Error::Config {
            option: "data_dir".to_owned(),
            message: format!("{} is not UTF-8", directory.display()),
        })?;
        Database::from_config(Config {
            data_dir: data_dir.to_owned(),
            ..Config::default()
        })
    }

    /// A database without a store: all tables in memory, gone when it is dropped.
    ///
    /// # Errors
    ///
    /// None in practice; the signature is that of the other ways to open a database.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// let two: i64 = db.query_row("SELECT 1 + 1", ())?.get(0)?;
    /// assert_eq!(two, 2);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn memory() -> Result<Database> {
        Database::from_config(Config::default())
    }

    /// Opens a database with the given options. Without `data_dir`, or with `enable_store` off, it
    /// has no store.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for options that do not fit together; those of [`Database::open`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{CacheConfig, CachePolicy, Config, Database};
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let data_dir = temporary.path().to_str().unwrap().to_owned();
    /// let db = Database::from_config(Config {
    ///     data_dir,
    ///     default_persistent: true,
    ///     cache: CacheConfig { max_size_mb: 64, eviction_policy: CachePolicy::Lfu, ..Default::default() },
    ///     ..Default::default()
    /// })?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// assert_eq!(db.list_persistent_tables(), ["t"]);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn from_config(config: Config) -> Result<Database> {
        let store = if config.enable_store && !config.data_dir.is_empty() {
            let options = StoreOptions {
                writable: config.writable,
                ..StoreOptions::default()
            };
            Some(Arc::new(RedbStore::open(&config.data_dir, options)?))
        } else {
            None
        };
        let backend = store.clone().map(|store| store as Arc<dyn KvBackend>);
        let flushes = store.is_some() && config.writable;
        let engine = block_on(Engine::open(backend, Arc::new(SystemHost::new()), config))?;
        let flusher = flushes.then(Flusher::default);
        Ok(Database {
            inner: Arc::new(Inner {
                engine,
                store,
                idle: IdleSessions::default(),
                flusher: Mutex::new(flusher),
            }),
        })
    }

    /// Opens a database with the options of a JSON document.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the document is not valid or has an option that does not exist; those of
    /// [`Database::from_config`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Error};
    ///
    /// let db = Database::from_json(r#"{ "name": "shop", "cache": { "eviction_policy": "lfu" } }"#)?;
    /// assert_eq!(db.config().name, "shop");
    /// assert!(matches!(Database::from_json(r#"{ "nmae": "shop" }"#), Err(Error::Config { .. })));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn from_json(document: &str) -> Result<Database> {
        let config = serde_json::from_str(document).map_err(|e| Error::Config {
            option: "document".to_owned(),
            message: e.to_string(),
        })?;
        Database::from_config(config)
    }

    /// The options the database was opened with.
    pub fn config(&self) -> &Config {
        self.inner.engine.config()
    }

    /// A new session: its own transaction state and current schema.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// let session = db.session();
    /// session.execute("CREATE TABLE t (a INT)", ())?;
    /// session.execute("BEGIN", ())?;
    /// session.execute("INSERT INTO t VALUES (1)", ())?;
    /// session.execute("ROLLBACK", ())?;
    /// assert_eq!(session.query("SELECT * FROM t", ())?.count(), 0);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn session(&self) -> Session {
        Session::new(self.inner.clone())
    }

    /// Runs a text in a session that ends with it, and refuses what would need the session to last.
    fn once(&self, sql: &str, params: impl IntoParams) -> Result<Outcome> {
        let params = params.into_params()?;
        let mut session = self.inner.idle.take(&self.inner.engine);
        let outcome = session::run(&mut session, &self.inner, sql, params);
        let refused = if session.in_transaction() {
            Some(Error::TransactionState {
                message: "BEGIN needs a session to last in; use begin_transaction() or session()".to_owned(),
            })
        } else if session.schema() != self.config().name {
            Some(Error::invalid("USE needs a session to last in; use session()"))
        } else {
            None
        };
        self.inner.idle.put_back(session);
        match refused {
            Some(error) if outcome.is_ok() => Err(error),
            _ => outcome,
        }
    }

    /// Runs a statement and returns how many rows it changed (for a query: how many it returned).
    ///
    /// # Errors
    ///
    /// Whatever the statement runs into; nothing of it is done then.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT, b TEXT)", ())?;
    /// assert_eq!(db.execute("INSERT INTO t VALUES (?, ?), (?, ?)", (1, "x", 2, "y"))?, 2);
    /// assert_eq!(db.execute("UPDATE t SET b = :b WHERE a > 5", amphi::named_params! { ":b": "z" })?, 0);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn execute(&self, sql: &str, params: impl IntoParams) -> Result<u64> {
        self.once(sql, params)?.affected()
    }

    /// Runs a statement and returns its outcome, whatever its kind.
    ///
    /// # Errors
    ///
    /// Whatever the statement runs into; nothing of it is done then.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Outcome};
    ///
    /// let db = Database::memory()?;
    /// db.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT)", ())?;
    /// let outcome = db.run("INSERT INTO t (a) VALUES (5)", ())?;
    /// assert!(matches!(outcome, Outcome::Affected { rows: 1, last_insert_id: Some(1) }));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn run(&self, sql: &str, params: impl IntoParams) -> Result<Outcome> {
        self.once(sql, params)
    }

    /// Runs a query. Its rows are produced as they are asked for, from the snapshot of now.
    ///
    /// # Errors
    ///
    /// Whatever the query runs into before its first row; later errors come in place of a row.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute_script("CREATE TABLE t (n INT); INSERT INTO t VALUES (1), (2);")?;
    /// let mut sum = 0;
    /// for row in db.query("SELECT n FROM t", ())? {
    ///     sum += row?.get::<i64>("n")?;
    /// }
    /// assert_eq!(sum, 3);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn query(&self, sql: &str, params: impl IntoParams) -> Result<Rows> {
        Ok(self.once(sql, params)?.into_rows())
    }

    /// Runs a query and reads its rows as a serde type, as they are asked for; see [`Row::to`].
    ///
    /// # Errors
    ///
    /// Those of [`Database::query`]; a row that does not fit the type is an error in its place.
    ///
    /// # Examples
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct City { name: String, population: Option<u64> }
    ///
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE city (name TEXT, population BIGINT)", ())?;
    /// db.execute("INSERT INTO city VALUES ('Oslo', 717710), ('Atlantis', NULL)", ())?;
    /// let cities = db.query_as::<City>("SELECT * FROM city ORDER BY name", ())?.collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(cities[0].name, "Atlantis");
    /// assert_eq!(cities[1].population, Some(717_710));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn query_as<T: DeserializeOwned>(&self, sql: &str, params: impl IntoParams) -> Result<RowsAs<T>> {
        Ok(self.query(sql, params)?.typed())
    }

    /// Runs a query and returns its first row.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if there is no row; those of [`Database::query`].
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// assert_eq!(db.query_row("SELECT upper(?)", ("abc",))?.get::<String>(0)?, "ABC");
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn query_row(&self, sql: &str, params: impl IntoParams) -> Result<Row> {
        self.query(sql, params)?.first()
    }

    /// A query to be run again whenever a commit has touched what it read.
    ///
    /// # Errors
    ///
    /// Those of parsing and binding the query; [`Error::Invalid`] if it is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let db = amphi::Database::memory()?;
    /// db.execute_script("CREATE TABLE city (id INT PRIMARY KEY, name TEXT); CREATE TABLE river (name TEXT)")?;
    /// let mut cities = db.live("SELECT name FROM city", ())?;
    /// assert_eq!(cities.query()?.count(), 0);
    /// db.execute("INSERT INTO river VALUES ('Glomma')", ())?;
    /// assert!(!cities.changed());
    ///
    /// let writer = db.clone();
    /// let commits = std::thread::spawn(move || writer.execute("INSERT INTO city VALUES (1, 'Oslo')", ()));
    /// assert!(cities.wait_timeout(Duration::from_secs(10)));
    /// assert_eq!(cities.query()?.count(), 1);
    /// # commits.join().unwrap()?;
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn live(&self, sql: &str, params: impl IntoParams) -> Result<LiveQuery> {
        LiveQuery::new(&self.inner, sql, params)
    }

    /// Prepares a statement to be run many times, each run a transaction of its own.
    ///
    /// # Errors
    ///
    /// Those of parsing and binding the statement.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// let insert = db.prepare("INSERT INTO t VALUES (?)")?;
    /// for a in 0..10 {
    ///     insert.execute((a,))?;
    /// }
    /// assert_eq!(db.query("SELECT * FROM t", ())?.count(), 10);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn prepare(&self, sql: &str) -> Result<Statement<'static>> {
        Statement::new(self.session().into_shared(), sql)
    }

    /// Runs the statements of a script one after another, in one session of its own. Results are
    /// computed and dropped. A transaction the script leaves open is rolled back.
    ///
    /// # Errors
    ///
    /// The first error, its position counted from the start of the script; what came before it stays
    /// done.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute_script(
    ///     "CREATE TABLE t (a INT); -- a comment; with a semicolon
    ///      BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT;",
    /// )?;
    /// assert_eq!(db.query("SELECT * FROM t", ())?.count(), 2);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn execute_script(&self, sql: &str) -> Result<()> {
        script::execute(&self.session(), sql)
    }

    /// Starts a transaction with the default options; dropped without a commit, it is rolled back.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// let tx = db.begin_transaction()?;
    /// tx.execute("INSERT INTO t VALUES (1)", ())?;
    /// tx.savepoint("before")?;
    /// tx.execute("INSERT INTO t VALUES (2)", ())?;
    /// tx.rollback_to("before")?;
    /// tx.commit()?;
    /// assert_eq!(db.query_row("SELECT sum(a) FROM t", ())?.get::<i64>(0)?, 1);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn begin_transaction(&self) -> Result<Transaction> {
        self.begin_transaction_with(TransactionOptions::default())
    }

    /// Starts a transaction with an isolation level, read-only or durable at its commit.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, IsolationLevel, TransactionOptions};
    ///
    /// let db = Database::memory()?;
    /// let options = TransactionOptions {
    ///     isolation: IsolationLevel::Serializable,
    ///     ..Default::default()
    /// };
    /// let tx = db.begin_transaction_with(options)?;
    /// tx.execute("CREATE TABLE t (a INT)", ())?;
    /// tx.rollback()?;
    /// assert!(db.query("SELECT * FROM t", ()).is_err());
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn begin_transaction_with(&self, options: TransactionOptions) -> Result<Transaction> {
        Transaction::begin(self.session(), options)
    }

    /// Runs a closure in a transaction and commits it; an error rolls it back.
    ///
    /// After a write conflict the closure runs again in a new transaction, at most 64 times, with
    /// growing random pauses: it should do nothing but work on the transaction.
    ///
    /// # Errors
    ///
    /// What the closure returns, or the commit; [`Error::WriteConflict`] when the attempts are used up.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute_script("CREATE TABLE account (id INT PRIMARY KEY, money INT);
    ///                    INSERT INTO account VALUES (1, 100), (2, 0);")?;
    /// db.transaction(|tx| {
    ///     tx.execute("UPDATE account SET money = money - 30 WHERE id = 1", ())?;
    ///     tx.execute("UPDATE account SET money = money + 30 WHERE id = 2", ())
    /// })?;
    /// assert_eq!(db.query_row("SELECT money FROM account WHERE id = 2", ())?.get::<i64>(0)?, 30);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn transaction<T>(&self, work: impl FnMut(&Transaction) -> Result<T>) -> Result<T> {
        self.transaction_with(TransactionOptions::default(), work)
    }

    /// As [`Database::transaction`], with options.
    ///
    /// # Errors
    ///
    /// As [`Database::transaction`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, TransactionOptions};
    ///
    /// let db = Database::memory()?;
    /// let options = TransactionOptions { read_only: true, ..Default::default() };
    /// let refused = db.transaction_with(options, |tx| tx.execute("CREATE TABLE t (a INT)", ()));
    /// assert!(matches!(refused, Err(amphi::Error::ReadOnly { .. })));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn transaction_with<T>(
        &self,
        options: TransactionOptions,
        mut work: impl FnMut(&Transaction) -> Result<T>,
    ) -> Result<T> {
        retry(|| {
            let transaction = self.begin_transaction_with(options)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    /// Counts since the database was opened, and sizes now.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// db.execute("INSERT INTO t VALUES (1), (2)", ())?;
    /// assert_eq!(db.stats().memory_tables, 1);
    /// assert_eq!(db.stats().memory_writes, 2);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.inner.engine.stats()
    }

    /// Makes every commit so far durable.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if that fails: the database then reads, and refuses writes with
    /// [`Error::Poisoned`] until it is reopened.
    ///
    /// # Examples
    ///
    /// ```
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = amphi::Database::open(directory)?;
    /// db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())?;
    /// db.execute("INSERT INTO t VALUES (1)", ())?;
    /// db.flush()?; // from here on the row survives a crash
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn flush(&self) -> Result<()> {
        block_on(self.inner.engine.flush())
    }

    /// Makes every commit durable and closes the database, for all of its handles: later calls
    /// answer [`Error::Closed`], and the directory can be opened again. Closing twice is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the last write failed; the database is closed all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Error};
    ///
    /// let db = Database::memory()?;
    /// db.close()?;
    /// assert_eq!(db.execute("CREATE TABLE t (a INT)", ()), Err(Error::Closed));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn close(&self) -> Result<()> {
        self.inner.close()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}
