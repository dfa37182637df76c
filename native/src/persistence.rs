//! Where tables live: moving them between memory and the store, and asking where they are.

use crate::{Database, block_on};
use amphi_core::{
    Result,
    database::{PersistenceConfig, PersistenceOptions},
};

impl Database {
    /// Makes a table persistent, or dual with `cache_in_memory`: all of its rows are in the store
    /// when the call returns. For a table that does not exist yet the settings are remembered and
    /// applied by `CREATE TABLE`. The table is `name` or `schema.name`.
    ///
    /// # Errors
    ///
    /// [`Error::NoStore`](crate::Error::NoStore) if the database has no store; [`Error::ReadOnly`](crate::Error::ReadOnly); [`Error::Store`](crate::Error::Store) if it
    /// cannot be written, and then nothing changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, PersistenceOptions};
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = Database::open(directory)?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// db.enable_persistence("t", PersistenceOptions { sync_on_write: true, cache_in_memory: true })?;
    /// let settings = db.get_persistence_config("t").unwrap();
    /// assert!(settings.persistent && settings.sync_on_write && settings.cache_in_memory);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn enable_persistence(&self, table: &str, options: PersistenceOptions) -> Result<()> {
        block_on(self.inner.engine.enable_persistence(table, options))
    }

    /// Takes a table out of the store: its rows stay, in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown) if there is no such table and no remembered setting for it;
    /// [`Error::ReadOnly`](crate::Error::ReadOnly); [`Error::Store`](crate::Error::Store), and then nothing changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = amphi::Database::open(directory)?;
    /// db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())?;
    /// db.execute("INSERT INTO t VALUES (1)", ())?;
    /// db.disable_persistence("t")?;
    /// assert!(db.list_persistent_tables().is_empty());
    /// assert_eq!(db.query("SELECT * FROM t", ())?.count(), 1);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn disable_persistence(&self, table: &str) -> Result<()> {
        block_on(self.inner.engine.disable_persistence(table))
    }

    /// Moves a table from memory into the store; a dual table leaves memory.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown), [`Error::NoStore`](crate::Error::NoStore), [`Error::ReadOnly`](crate::Error::ReadOnly); [`Error::Store`](crate::Error::Store), and then nothing
    /// changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Placement};
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = Database::open(directory)?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// db.migrate_to_persistent("t")?;
    /// assert_eq!(db.get_persistence_config("t").unwrap().placement(), Placement::Persistent);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn migrate_to_persistent(&self, table: &str) -> Result<()> {
        block_on(self.inner.engine.migrate_to_persistent(table))
    }

    /// Moves a table from the store into memory, where it lives from then on.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::Error::Unknown), [`Error::ReadOnly`](crate::Error::ReadOnly); [`Error::Store`](crate::Error::Store), and then nothing changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = amphi::Database::open(directory)?;
    /// db.execute("CREATE TABLE t (a INT) ENGINE = dual", ())?;
    /// db.load_to_memory("t")?;
    /// assert!(!db.get_persistence_config("t").unwrap().persistent);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn load_to_memory(&self, table: &str) -> Result<()> {
        block_on(self.inner.engine.load_to_memory(table))
    }

    /// Where a table lives, or the settings remembered for one that does not exist yet; `None` if
    /// there is neither.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Placement};
    ///
    /// let db = Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT)", ())?;
    /// assert_eq!(db.get_persistence_config("t").unwrap().placement(), Placement::Memory);
    /// assert!(db.get_persistence_config("nonsense").is_none());
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn get_persistence_config(&self, table: &str) -> Option<PersistenceConfig> {
        self.inner.engine.get_persistence_config(table)
    }

    /// The tables that are in the store, by name; those of other schemas as `schema.table`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path();
    /// let db = amphi::Database::open(directory)?;
    /// db.execute("CREATE TABLE b (a INT) ENGINE = dual", ())?;
    /// db.execute("CREATE TABLE a (a INT) ENGINE = persistent", ())?;
    /// db.execute("CREATE TABLE c (a INT)", ())?;
    /// assert_eq!(db.list_persistent_tables(), ["a", "b"]);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn list_persistent_tables(&self) -> Vec<String> {
        self.inner.engine.list_persistent_tables()
    }
}
