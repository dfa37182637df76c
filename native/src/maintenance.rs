//! Care for a database: verifying it, copying it while it is in use, giving space back.

use crate::{
    BackupReport, CheckReport, Config, Database, Error, Problem, Result, SalvageReport, block_on,
    store::{DamagedStore, RedbStore, StoreOptions},
};
use amphi_core::database;
use std::{
    io::{self, Read, Write},
    path::Path,
};

/// Where a damaged database is copied to while it is read, in the directory of the new one.
const COPY: &str = "damaged";

/// Sizes of the store's file around [`Database::compact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactReport {
    /// Bytes before.
    pub before: u64,
    /// Bytes after.
    pub after: u64,
}

impl Database {
    /// Verifies everything: each block and record of the store (checksums, order, counts, nothing that
    /// belongs to no table), and each index against its table, both ways. Readers and writers go on
    /// meanwhile; memory is bounded by the block cache. Foreign keys are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be read, [`Error::Closed`]. Damage is not an error but in the
    /// report.
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT UNIQUE)", ())?;
    /// let report = db.check()?;
    /// assert!(report.is_empty(), "{:?}", report.problems);
    /// assert_eq!((report.tables, report.indexes), (1, 1));
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn check(&self) -> Result<CheckReport> {
        block_on(self.inner.engine.check())
    }

    /// Copies the database, as it is now, into a new directory, while readers and writers go on: a
    /// database of its own, which can be opened at once. Persistent and dual tables are copied with all
    /// that belongs to them; tables in memory, which no restart keeps either, are not.
    ///
    /// Blocks that are overwritten while the copy is being made stay in memory until it has passed them.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the directory exists and is not empty; [`Error::Invalid`] for a database
    /// without a store; [`Error::Corrupted`] if a block cannot be read; [`Error::Store`] if the copy
    /// cannot be written. What was made of the copy is removed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::Database;
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let (shop, copy) = (temporary.path().join("shop"), temporary.path().join("copy"));
    /// let db = Database::open(shop)?;
    /// db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())?;
    /// db.execute("INSERT INTO t VALUES (1), (2)", ())?;
    /// assert_eq!(db.backup(&copy)?.rows, 2);
    /// let copy = Database::open(&copy)?;
    /// assert_eq!(copy.query_row("SELECT sum(a) FROM t", ())?.get::<i64>(0)?, 3);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn backup(&self, directory: impl AsRef<Path>) -> Result<BackupReport> {
        if self.inner.store.is_none() {
            return Err(Error::invalid(
                "a database without a store has nothing to back up: tables in memory are not copied",
            ));
        }
        let target = RedbStore::create(directory, StoreOptions::default())?;
        let copied = block_on(self.inner.engine.backup(&target));
        let closed = target.close();
        let report = copied.and_then(|report| closed.map(|()| report));
        if report.is_err() {
            target.remove();
        }
        report
    }

    /// Writes the whole database, as it is now, to a file or any other place, while readers and writers go on: tables of all
    /// placements, those in memory too, with their settings, indexes and triggers, views and sequences.
    /// [`Database::import`] makes a database of it, here or in a browser. Temporary tables and functions are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if `to` cannot be written; [`Error::Corrupted`] if a block cannot be read; [`Error::Closed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::Database;
    ///
    /// let db = Database::memory()?;
    /// db.execute("CREATE TABLE t (a INT PRIMARY KEY)", ())?;
    /// db.execute("INSERT INTO t VALUES (1), (2)", ())?;
    /// let mut bytes = Vec::new();
    /// assert_eq!(db.export(&mut bytes)?.rows, 2);
    /// let copy = Database::memory()?;
    /// copy.import(bytes.as_slice())?;
    /// assert_eq!(copy.query_row("SELECT sum(a) FROM t", ())?.get::<i64>(0)?, 3);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn export(&self, mut to: impl Write + Send) -> Result<BackupReport> {
        let failed = |e: io::Error| Error::store(format!("the export cannot be written: {e}"));
        let report = block_on(
            self.inner
                .engine
                .export(|part| to.write_all(part).map_err(failed)),
        )?;
        to.flush().map_err(failed)?;
        Ok(report)
    }

    /// Puts all that an [export](Database::export) holds into this database, which is empty, in one transaction; it is durable
    /// when the call returns. In a database without a store all of its tables are in memory.
    ///
    /// The export is held in memory as a whole, and so are the tables until they are committed.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStore`] if these are not the bytes of an export, or those of a later version;
    /// [`Error::Corrupted`] if they are damaged or cut short; [`Error::Invalid`] if this database has tables, views
    /// or sequences; [`Error::Store`] if `from` cannot be read; those of a commit. Nothing changes then.
    pub fn import(&self, mut from: impl Read) -> Result<()> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes)
            .map_err(|e| Error::store(format!("the export cannot be read: {e}")))?;
        block_on(self.inner.engine.import(&bytes))
    }

    /// Gives the space that deleted and overwritten rows have left in the store's file back to the file
    /// system. Commits and reads of the store wait meanwhile; tables in memory and dual ones can be read.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`]; [`Error::Invalid`] for a database without a store; [`Error::Store`] if the
    /// file cannot be written, or a failed write came before.
    ///
    /// # Examples
    ///
    /// ```
    /// # let temporary = tempfile::tempdir().unwrap();
    /// let db = amphi::Database::open(temporary.path().join("data"))?;
    /// db.execute("CREATE TABLE t (a INT, b TEXT) ENGINE = persistent", ())?;
    /// let row = "x".repeat(100_000);
    /// for a in 0..100 {
    ///     db.execute("INSERT INTO t VALUES (?, ?)", (a, row.as_str()))?;
    /// }
    /// db.flush()?;
    /// db.execute("DELETE FROM t WHERE a > 0", ())?;
    /// let report = db.compact()?;
    /// assert!(report.after < report.before);
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn compact(&self) -> Result<CompactReport> {
        let Some(store) = &self.inner.store else {
            return Err(Error::invalid(
                "a database without a store has no file to compact",
            ));
        };
        self.flush()?;
        let (before, after) = store.compact()?;
        Ok(CompactReport { before, after })
    }

    /// Deletes the database in a directory that nobody has open, and the directory unless it holds other
    /// files.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStore`] if there is no database in it, [`Error::Locked`] if it is open,
    /// [`Error::Store`] if it cannot be deleted.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::{Database, Error};
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let directory = temporary.path().join("shop");
    /// let db = Database::open(&directory)?;
    /// assert!(matches!(Database::destroy(&directory), Err(Error::Locked { .. })));
    /// db.close()?;
    /// Database::destroy(&directory)?;
    /// assert!(!directory.exists());
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn destroy(directory: impl AsRef<Path>) -> Result<()> {
        RedbStore::destroy(directory.as_ref())
    }

    /// Saves what can be read of a damaged database into a new directory: the rows of all intact blocks,
    /// with their definitions; indexes are built anew. The damaged database is not changed: a copy of its
    /// files is read, in the new directory, and deleted at the end.
    ///
    /// The report says what is lost. Foreign keys stay declared, but rows may have lost their parents.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if redb, which keeps the store's file, can neither open nor repair it: then
    /// nothing can be saved. [`Error::NotAStore`] if there is no database in `damaged`, [`Error::Locked`]
    /// if it is open, [`Error::Exists`] if the new directory exists and is not empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use amphi::Database;
    ///
    /// # let temporary = tempfile::tempdir().unwrap();
    /// # let (damaged, new) = (temporary.path().join("damaged"), temporary.path().join("new"));
    /// # let db = Database::open(&damaged)?;
    /// # db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())?;
    /// # db.execute("INSERT INTO t VALUES (1), (2)", ())?;
    /// # db.close()?;
    /// let report = Database::salvage(&damaged, &new)?;
    /// assert_eq!((report.tables[0].name.as_str(), report.tables[0].rows), ("main.t", 2));
    /// assert!(report.problems.is_empty());
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn salvage(damaged: impl AsRef<Path>, new: impl AsRef<Path>) -> Result<SalvageReport> {
        let new = new.as_ref();
        let target = RedbStore::create(new, StoreOptions::default())?;
        let saved = DamagedStore::open(damaged.as_ref(), new.join(COPY)).and_then(|source| {
            let mut report = block_on(database::salvage(&source, &target, &Config::default()))?;
            report.problems.extend(source.note().map(|note| Problem {
                table: "store".to_owned(),
                key: None,
                message: note.to_owned(),
            }));
            Ok(report)
        });
        let closed = target.close();
        let report = saved.and_then(|report| closed.map(|()| report));
        if report.is_err() {
            target.remove();
        }
        report
    }
}
