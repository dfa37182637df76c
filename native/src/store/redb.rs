//! The engine's store over one redb file and its log.
//!
//! Every entry is one entry of one redb table. A batch goes one of two ways:
//! - a small one is appended to the [log](super::log), synced if it is to be durable, and kept in
//!   memory, where reads look first (*pending*), until the log is full: then all pending batches go
//!   into the redb file with one durable commit, and the log starts again;
//! - a big one goes into the redb file at once, behind the pending ones, durably or (several batches of
//!   a migration) not yet.
//!
//! Batches become durable in their order, whichever way they go, and after a crash the store is a
//! prefix of them: redb opens at its last durable commit, and the log has those that follow.
//!
//! A file that was closed cleanly is opened for reading, and for writing only by the first commit: redb
//! opens a file for writing with a sync, and closes it with several.
//!
//! Durable redb commits are two-phase ones with quick repair: redb opens such a file after a crash
//! without reading all of it. They cost two syncs instead of one, but come once per full log.
//!
//! redb trusts a file that was closed cleanly, and may panic over one that something else has damaged.
//! A panic becomes an error, and the file is used no more, as after an error at the end of a commit.
//!
//! After an I/O error the file, or the log, is used no more until the store is opened again, since it is not known
//! what reached the disk. Then every commit is refused, with the first error named; reads go on as far
//! as redb's cache reaches. After an error at the end of a redb commit they are refused too: redb may
//! show that commit or not, and opened again the store holds it whole or not at all.

use super::{
    directory::{self, LOGGED, MARKER, Opened, StoreOptions},
    file::SharedFile,
    log::{self, Log},
};
use amphi_core::{
    Error, Result,
    kv::{Durability, KvBackend, StoreFuture, WriteBatch},
    types::copy_with_room,
};
use redb::{
    Database, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTableMetadata,
    StorageBackend, TableDefinition,
};
use std::{
    cmp::Ordering,
    fmt,
    future::ready,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

/// The one table that holds the engine's keys.
pub(super) const ENTRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");

/// An open redb file.
pub(super) enum RedbFile {
    Writable(Database),
    /// Of a store that is only read, or has not been written since it was opened.
    Reading(ReadOnlyDatabase),
}

/// A [`KvBackend`] over the redb file `amphi.redb`, and its log, in a directory of its own.
///
/// The file is locked while the store is open: a second process that opens it gets
/// [`Error::Locked`].
pub struct RedbStore {
    directory: PathBuf,
    options: StoreOptions,
    /// What redb's file is, to open it again for writing.
    shared: SharedFile,
    /// `None` once closed. The lock is held shared by every call, exclusively by `close`.
    file: RwLock<Option<RedbFile>>,
    /// Committed, but not in the redb file. Changed by the writer only.
    pending: RwLock<WriteBatch>,
    writer: Mutex<Writer>,
    failure: OnceLock<Failure>,
    reader: RwLock<Reader>,
}

/// What whoever commits holds.
struct Writer {
    log: Option<Log>,
    /// Whether the redb file has commits that wait for a durable one.
    undurable: bool,
    /// Whether the redb file is marked as one that holds entries, once a commit has looked.
    marked_filled: Option<bool>,
    /// Bigger batches than this do not go through the log.
    logged_bytes: u64,
    /// Bytes of the batches that did not, since the store was opened.
    bulk_bytes: u64,
}

/// Bytes of a file below which it is not worth packing.
const SMALL_FILE: u64 = 1 << 20;

/// A view of the last commit, kept because opening one costs three times a block's lookup.
///
/// It is dropped before every commit, so that it does not keep redb from reusing pages, and again
/// after it. `commits` lets a reader that opened its view meanwhile see that it is out of date.
#[derive(Default)]
struct Reader {
    commits: u64,
    view: Option<Arc<View>>,
}

/// The first error after which the file is not used any more.
struct Failure {
    cause: String,
    /// Whether it came at the end of a commit, which may be in the file or not.
    in_doubt: bool,
}

type View = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Any redb error as ours.
pub(super) fn store_error(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::DatabaseClosed => Error::Closed,
        other => Error::store(other.to_string()),
    }
}

/// Runs a redb call and turns a panic into an error: redb trusts the structure of a cleanly closed
/// file and may panic when something else has damaged it.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    caught(call).unwrap_or_else(Err)
}

/// What a redb call returns; the error if it panics.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        Error::store(format!("the store file is damaged ({reason})"))
    })
}

impl RedbStore {
    /// Opens the store in `directory`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if the file is open already, [`Error::NotAStore`] if the directory or the
    /// file is not ours (nothing in it is changed), [`Error::Store`] if it cannot be read or made.
    pub fn open(directory: impl AsRef<Path>, options: StoreOptions) -> Result<RedbStore> {
        let directory = directory.as_ref().to_path_buf();
        let opened = directory::open(&directory, &options)?;
        let log = directory::open_log(&directory, &options)?;
        RedbStore::recover(directory, opened, Some(log), options)
    }

    /// Makes a store in `directory`, which does not exist yet or is empty.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the directory holds anything, [`Error::NotAStore`] if it is a file,
    /// [`Error::Store`] if the store cannot be made.
    pub fn create(directory: impl AsRef<Path>, options: StoreOptions) -> Result<RedbStore> {
        directory::require_empty(directory.as_ref())?;
        RedbStore::open(directory, options)
    }

    /// Opens the store that `backend` holds, without a log: every batch goes into the redb file. An
    /// empty backend becomes a new store. Unlike [`RedbStore::open`] this cannot tell a creation that
    /// a crash cut short from a foreign file, and refuses both.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStore`] if the backend holds something else, [`Error::Store`] if it fails.
    pub fn open_backend(backend: impl StorageBackend, options: StoreOptions) -> Result<RedbStore> {
        let opened = directory::open_backend(backend, &options)?;
        RedbStore::recover(directory::BACKEND_NAME.into(), opened, None, options)
    }

    /// Opens the store whose redb file is in one backend and its log in another: something other than
    /// files, or files seen through something. See [`RedbStore::open_backend`].
    ///
    /// # Errors
    ///
    /// Those of [`RedbStore::open_backend`].
    pub fn open_backends(
        backend: impl StorageBackend,
        log: impl StorageBackend,
        options: StoreOptions,
    ) -> Result<RedbStore> {
        let opened = directory::open_backend(backend, &options)?;
        RedbStore::recover(
            directory::BACKEND_NAME.into(),
            opened,
            Some(Box::new(log)),
            options,
        )
    }

    /// Opens what is left of a damaged store, to be read only; with it comes what is lost of its log.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if redb does not open its file.
    pub(super) fn open_damaged(
        directory: &Path,
        options: &StoreOptions,
    ) -> Result<(RedbStore, Option<String>)> {
        let opened = directory::open_damaged(directory, options)?;
        let log = directory::open_log(directory, options)?;
        let mut log = Log::new(log, options.log_bytes);
        let recovered = directory::logged(&opened.redb).and_then(|mark| log.recover_to_damage(mark));
        let (pending, damage) = recovered.unwrap_or_else(|e| (WriteBatch::default(), Some(e)));
        let store = RedbStore::with(directory.to_path_buf(), opened, pending, None, *options);
        Ok((store, damage.map(|e| e.to_string())))
    }

    fn recover(
        directory: PathBuf,
        opened: Opened,
        log: Option<Box<dyn StorageBackend>>,
        options: StoreOptions,
    ) -> Result<RedbStore> {
        let mut pending = WriteBatch::default();
        let mut log = log.map(|file| Log::new(file, options.log_bytes));
        if let Some(log) = &mut log {
            pending = log.recover(directory::logged(&opened.redb)?)?;
        }
        Ok(RedbStore::with(directory, opened, pending, log, options))
    }

    fn with(
        directory: PathBuf,
        opened: Opened,
        pending: WriteBatch,
        log: Option<Log>,
        options: StoreOptions,
    ) -> RedbStore {
        RedbStore {
            directory,
            options,
            shared: opened.file,
            file: RwLock::new(Some(opened.redb)),
            pending: RwLock::new(pending),
            writer: Mutex::new(Writer {
                log,
                undurable: false,
                marked_filled: None,
                logged_bytes: options.log_bytes / 4,
                bulk_bytes: 0,
            }),
            failure: OnceLock::new(),
            reader: RwLock::default(),
        }
    }

    /// The directory the store is in; for a backend, only a name.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes every commit durable and releases the file and its lock. Later calls answer
    /// [`Error::Closed`]; closing twice is allowed.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the last write failed; the file is released all the same.
    pub fn close(&self) -> Result<()> {
        let mut writer = self.writer();
        let settled = self.settle(&mut writer);
        if settled.is_ok() {
            self.pack_bulk(&writer);
        }
        let file = self.file.write().unwrap_or_else(PoisonError::into_inner).take();
        // Closes the log's file too.
        writer.log = None;
        drop(writer);
        self.drop_view();
        let closed = self.guarded(|| match file {
            Some(RedbFile::Writable(db)) => db.close().map_err(|e| self.error(e)),
            Some(RedbFile::Reading(db)) => db.close().map_err(|e| self.error(e)),
            None => Ok(()),
        });
        self.shared.release();
        settled.and(closed)
    }

    /// Makes the file one that can be written, if it is to be and is not yet.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`], [`Error::Closed`]; [`Error::Store`] if redb does not open it for writing.
    fn make_writable(&self) -> Result<()> {
        self.with_file(|file| match file {
            RedbFile::Reading(_) if !self.options.writable => Err(self.read_only()),
            _ => Ok(()),
        })?;
        if self.with_file(|file| Ok(matches!(file, RedbFile::Writable(_))))? {
            return Ok(());
        }
        if self.failure.get().is_some() {
            return Err(self.refusal());
        }
        let writable = directory::open_writable(&self.directory, &self.shared, &self.options)
            .map_err(|e| self.fail(e, false))?;
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        self.drop_view();
        let read = file.replace(RedbFile::Writable(writable));
        drop(file);
        drop(read);
        Ok(())
    }

    /// After a bulk load redb leaves holes in the file, up to a fifth of it. They are closed if a good part of the
    /// file was loaded since it was opened: then that takes a fraction of the time the loading took.
    fn pack_bulk(&self, writer: &Writer) {
        let length = self.shared.len().unwrap_or(0);
        if length < SMALL_FILE || writer.bulk_bytes < length / 4 {
            return;
        }
        self.drop_view();
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(RedbFile::Writable(db)) = file.as_mut() {
            // What is stored is durable already; an error shows when the file is closed.
            let _ = caught(|| db.compact());
        }
    }

    /// Puts everything into the redb file, durably, and empties the log.
    fn settle(&self, writer: &mut Writer) -> Result<()> {
        let is_left = !self.pending().is_empty() || writer.log.as_ref().is_some_and(Log::has_space);
        if is_left && self.options.writable && self.file.read().is_ok_and(|file| file.is_some()) {
            self.make_writable()?;
        }
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        let Some(RedbFile::Writable(db)) = file.as_ref() else {
            return Ok(());
        };
        if self.failure.get().is_some() {
            return Err(self.refusal());
        }
        self.checkpoint(db, writer)?;
        match &mut writer.log {
            Some(log) => log.clear(),
            None => Ok(()),
        }
    }

    /// Deletes the store in a directory; see [`Database::destroy`](crate::Database::destroy).
    pub(crate) fn destroy(directory: &Path) -> Result<()> {
        directory::destroy(directory)
    }

    /// Deletes a closed store from its directory, and the directory if nothing else is in it.
    pub(crate) fn remove(&self) {
        directory::remove(&self.directory);
    }

    /// Moves everything to the front of the redb file and gives the rest back to the file system;
    /// returns the length of file and log before and after. Every other call waits meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::ReadOnly`], [`Error::Closed`]; [`Error::Store`] if it fails, or the store is in no file.
    pub fn compact(&self) -> Result<(u64, u64)> {
        let mut writer = self.writer();
        self.make_writable()?;
        let before = directory::length(&self.directory)?;
        self.settle(&mut writer)?;
        let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
        // No call is on its way, so no view is in use but the one kept here.
        self.drop_view();
        self.guarded(|| match file.as_mut() {
            Some(RedbFile::Writable(db)) => db.compact().map_err(|e| self.error(e)),
            Some(RedbFile::Reading(_)) => Err(self.read_only()),
            None => Err(Error::Closed),
        })?;
        Ok((before, directory::length(&self.directory)?))
    }

    fn read_only(&self) -> Error {
        Error::ReadOnly {
            name: self.directory.display().to_string(),
        }
    }

    /// What every later call answers after [`Failure`].
    fn refusal(&self) -> Error {
        match self.failure.get() {
            Some(f) => Error::store(format!(
                "an earlier call failed ({}); open the store again",
                f.cause
            )),
            None => Error::store("an earlier call failed; open the store again"),
        }
    }

    /// A redb error as ours; one after which redb refuses its file is remembered.
    fn error(&self, error: impl Into<redb::Error>) -> Error {
        match error.into() {
            redb::Error::PreviousIo => self.refusal(),
            error @ redb::Error::Io(_) => self.fail(store_error(error), false),
            other => store_error(other),
        }
    }

    fn fail(&self, error: Error, in_doubt: bool) -> Error {
        let cause = match &error {
            Error::Store { message } => message.clone(),
            other => other.to_string(),
        };
        self.failure.get_or_init(|| Failure { cause, in_doubt });
        error
    }

    /// Runs a redb call; after a panic of it no other call is made.
    fn guarded<T>(&self, call: impl FnOnce() -> Result<T>) -> Result<T> {
        match caught(call) {
            Ok(result) => result,
            Err(panic) => Err(self.fail(panic, true)),
        }
    }

    fn with_file<T>(&self, call: impl FnOnce(&RedbFile) -> Result<T>) -> Result<T> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        self.guarded(|| call(file.as_ref().ok_or(Error::Closed)?))
    }

    fn drop_view(&self) {
        let mut reader = self.reader.write().unwrap_or_else(PoisonError::into_inner);
        reader.commits += 1;
        reader.view = None;
    }

    fn view(&self, file: &RedbFile) -> Result<Arc<View>> {
        let commits = {
            let reader = self.reader.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(view) = &reader.view {
                return Ok(view.clone());
            }
            reader.commits
        };
        let txn: ReadTransaction = match file {
            RedbFile::Writable(db) => db.begin_read(),
            RedbFile::Reading(db) => db.begin_read(),
        }
        .map_err(|e| self.error(e))?;
        let view = Arc::new(txn.open_table(ENTRIES).map_err(|e| self.error(e))?);
        let mut reader = self.reader.write().unwrap_or_else(PoisonError::into_inner);
        if reader.commits == commits {
            reader.view = Some(view.clone());
        }
        Ok(view)
    }

    /// Reads the redb file and what is pending, both of the same moment.
    fn with_entries<T>(
        &self,
        read: impl FnOnce(&View, &WriteBatch) -> Result<T, redb::StorageError>,
    ) -> Result<T> {
        if self.failure.get().is_some_and(|f| f.in_doubt) {
            return self.with_file(|_| Err(self.refusal()));
        }
        self.with_file(|file| {
            let pending = self.pending();
            read(&*self.view(file)?, &pending).map_err(|e| self.error(e))
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> RwLockReadGuard<'_, WriteBatch> {
        self.pending.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit_now(&self, batch: WriteBatch, durability: Durability) -> Result<()> {
        let sync = durability == Durability::Sync;
        let mut writer = self.writer();
        let writer = &mut *writer;
        self.make_writable()?;
        self.with_file(|file| {
            let RedbFile::Writable(db) = file else {
                return Err(self.read_only());
            };
            if self.failure.get().is_some() {
                return Err(self.refusal());
            }
            if !batch.is_empty() && !self.append(db, writer, &batch)? {
                return self.put(db, writer, batch, sync);
            }
            if sync && writer.undurable {
                return self.checkpoint(db, writer);
            }
            if let Some(log) = writer.log.as_mut().filter(|log| sync && log.is_unsynced()) {
                log.sync().map_err(|e| self.fail(e, false))?;
            }
            // Visible from here on.
            self.pending
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .merge(batch);
            Ok(())
        })
    }

    /// Appends a batch to the log; false if that is not its way.
    fn append(&self, db: &Database, writer: &mut Writer, batch: &WriteBatch) -> Result<bool> {
        let size = log::record_size(batch);
        // What is in the redb file and not durable must become durable before what follows it.
        if writer.undurable || size > writer.logged_bytes {
            return Ok(false);
        }
        if writer.log.as_ref().is_some_and(|log| !log.has_room(size)) {
            self.checkpoint(db, writer)?;
        }
        let Some(log) = &mut writer.log else {
            return Ok(false);
        };
        log.reserve(size)?;
        log.append(batch).map_err(|e| self.fail(e, false))?;
        Ok(true)
    }

    /// Puts a batch into the redb file, behind what is pending.
    fn put(&self, db: &Database, writer: &mut Writer, batch: WriteBatch, sync: bool) -> Result<()> {
        writer.bulk_bytes = writer.bulk_bytes.saturating_add(batch.bytes() as u64);
        if !self.pending().is_empty() {
            // On its own, so that a reader sees the batch whole or not at all.
            self.put_pending(db, writer, false)?;
        }
        self.commit_redb(db, writer, &batch, sync)
    }

    /// Puts what is pending into the redb file, and makes all in it durable.
    fn checkpoint(&self, db: &Database, writer: &mut Writer) -> Result<()> {
        let is_settled = writer.log.as_ref().is_none_or(Log::is_empty) && self.pending().is_empty();
        if writer.undurable || !is_settled {
            self.put_pending(db, writer, true)?;
        }
        Ok(())
    }

    fn put_pending(&self, db: &Database, writer: &mut Writer, sync: bool) -> Result<()> {
        // Nobody else writes to it.
        let pending = self.pending().clone();
        self.commit_redb(db, writer, &pending, sync)?;
        *self.pending.write().unwrap_or_else(PoisonError::into_inner) = WriteBatch::default();
        Ok(())
    }

    /// One redb commit, which has all that is in the log before it.
    fn commit_redb(&self, db: &Database, writer: &mut Writer, batch: &WriteBatch, sync: bool) -> Result<()> {
        let mut txn = db.begin_write().map_err(|e| self.error(e))?;
        self.drop_view();
        let durability = if sync {
            redb::Durability::Immediate
        } else {
            redb::Durability::None
        };
        txn.set_durability(durability).map_err(|e| self.error(e))?;
        txn.set_quick_repair(sync);
        let is_filled = {
            let mut table = txn.open_table(ENTRIES).map_err(|e| self.error(e))?;
            for (from, to) in &batch.delete_ranges {
                if from < to {
                    table
                        .retain_in(from.as_slice()..to.as_slice(), |_, _| false)
                        .map_err(|e| self.error(e))?;
                }
            }
            for (key, change) in &batch.changes {
                match change {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()),
                    None => table.remove(key.as_slice()),
                }
                .map_err(|e| self.error(e))?;
            }
            !table.is_empty().map_err(|e| self.error(e))?
        };
        if writer.marked_filled != Some(is_filled) {
            directory::mark_filled(&txn, is_filled).map_err(|e| self.error(e))?;
        }
        if let Some(log) = &writer.log {
            let mut marker = txn.open_table(MARKER).map_err(|e| self.error(e))?;
            marker.insert(LOGGED, log.sequence()).map_err(|e| self.error(e))?;
        }
        guarded(|| txn.commit().map_err(store_error))
            // Before any reader can open a view.
            .map_err(|e| self.fail(e, true))?;
        self.drop_view();
        writer.undurable = !sync;
        writer.marked_filled = Some(is_filled);
        if let Some(log) = writer.log.as_mut().filter(|_| sync) {
            log.restart();
        }
        Ok(())
    }
}

/// Entries of the redb file in order. In a damaged file they may come in any, and without end.
struct Ascending<'a> {
    entries: redb::Range<'a, &'static [u8], &'static [u8]>,
    last: Vec<u8>,
    is_first: bool,
}

type Entry<'a> = (
    redb::AccessGuard<'a, &'static [u8]>,
    redb::AccessGuard<'a, &'static [u8]>,
);

impl<'a> Ascending<'a> {
    fn new(entries: redb::Range<'a, &'static [u8], &'static [u8]>, from: &[u8]) -> Ascending<'a> {
        Ascending {
            entries,
            last: from.to_vec(),
            is_first: true,
        }
    }

    fn next(&mut self) -> Result<Option<Entry<'a>>, redb::StorageError> {
        let Some((key, value)) = self.entries.next().transpose()? else {
            return Ok(None);
        };
        let follows = match key.value().cmp(&self.last) {
            Ordering::Less => false,
            Ordering::Equal => self.is_first,
            Ordering::Greater => true,
        };
        if !follows {
            let message = "the keys of the store file are out of order".to_owned();
            return Err(redb::StorageError::Corrupted(message));
        }
        self.last.clear();
        self.last.extend_from_slice(key.value());
        self.is_first = false;
        Ok(Some((key, value)))
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        self.drop_view();
        // redb writes when it closes a file, and may find only then that it is damaged.
        let _ = caught(|| drop(file));
        self.shared.release();
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl KvBackend for RedbStore {
    fn answers_at_once(&self) -> bool {
        true
    }

    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(ready(self.with_entries(|table, pending| {
            let get = |key: &Vec<u8>| match pending.change(key) {
                Some(change) => Ok(change.map(copy_with_room)),
                None => Ok(table.get(key.as_slice())?.map(|v| copy_with_room(v.value()))),
            };
            keys.iter().map(get).collect()
        })))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        if from >= to {
            return Box::pin(ready(self.with_file(|_| Ok(Vec::new()))));
        }
        Box::pin(ready(self.with_entries(|table, pending| {
            let range = (Bound::Included(from), Bound::Excluded(to));
            let mut changed = pending.changes.range::<[u8], _>(range).peekable();
            let mut stored = Ascending::new(table.range(from..to)?, from);
            let mut next = stored.next()?;
            let mut found = Vec::new();
            while found.len() < limit {
                let key = next.as_ref().map(|(k, _)| k.value());
                let is_changed = match (changed.peek(), key) {
                    (Some((changed, _)), Some(key)) => changed.as_slice() <= key,
                    (Some(_), None) => true,
                    (None, Some(_)) => false,
                    (None, None) => break,
                };
                if is_changed {
                    let Some((k, change)) = changed.next() else { break };
                    if key == Some(k.as_slice()) {
                        next = stored.next()?;
                    }
                    found.extend(change.as_ref().map(|v| (k.clone(), v.clone())));
                } else if let Some((k, v)) = next.take() {
                    if pending.change(k.value()).is_none() {
                        found.push((k.value().to_vec(), v.value().to_vec()));
                    }
                    next = stored.next()?;
                }
            }
            Ok(found)
        })))
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        Box::pin(ready(self.commit_now(batch, durability)))
    }

    fn failure(&self) -> Option<String> {
        self.failure.get().map(|f| f.cause.clone())
    }
}
