//! Which directories are ours, and how the store file comes into being.
//!
//! Invariant: a directory or file that is not an Amphi store is refused before anything in it is
//! written. The file is made under another name, marked as ours, and only then renamed, so that a
//! crash leaves either no store or a whole one.

use super::file::{Lock, SharedFile};
use super::redb::{RedbFile, guarded, store_error};
use amphi_core::{Error, Result};
use redb::{
    Builder, Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    ReadableTableMetadata, StorageBackend, StorageError, TableDefinition, TableError, WriteTransaction,
    backends::{FileBackend, InMemoryBackend},
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The store's file in its directory.
pub const FILE_NAME: &str = "amphi.redb";
/// The log beside it: commits that are not in the file yet. Empty once the store is closed.
pub const LOG_NAME: &str = "amphi.wal";
/// The file while it is being made.
const UNFINISHED: &str = "amphi.redb.new";
/// The marker table: [`FORMAT`], [`FILLED`] and [`LOGGED`].
pub(super) const MARKER: TableDefinition<'static, &str, u64> = TableDefinition::new("amphi");
const FORMAT: &str = "format";
/// There if there are entries: a file whose table of entries got lost is no empty store.
const FILLED: &str = "filled";
/// The sequence number of the last commit of the log that is in the file.
pub(super) const LOGGED: &str = "logged";
/// The layout of file and log: which redb tables there are. What the entries mean is the engine's.
const FORMAT_VERSION: u64 = 1;

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Whether to open for writing. A directory is only ever created for writing.
    pub writable: bool,
    /// Bytes redb may use to cache its own pages. Small on purpose: the engine's block cache is
    /// the cache that users size, and a block held twice would count once.
    pub cache_bytes: usize,
    /// Bytes of the log after which its commits go into the redb file: more make fewer durable redb
    /// commits, and a longer opening after a crash. 0: every commit goes into the redb file at once.
    pub log_bytes: u64,
    /// Whether to verify every page of the redb file when opening it for writing: that takes as long as
    /// reading the whole file, and finds damage that reading an entry cannot see. The engine's blocks
    /// have checksums of their own, which are verified on every read in any case.
    pub verify: bool,
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions {
            writable: true,
            cache_bytes: 16 << 20,
            log_bytes: 4 << 20,
            verify: false,
        }
    }
}

fn not_a_store(path: &Path, message: impl Into<String>) -> Error {
    Error::NotAStore {
        path: path.display().to_string(),
        message: message.into(),
    }
}

fn io_error(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::store(format!("cannot {action} {}: {error}", path.display()))
}

fn locked(directory: &Path) -> Error {
    Error::Locked {
        path: directory.display().to_string(),
    }
}

/// What a path holds.
enum Found {
    Store(PathBuf),
    /// Nothing, an empty directory, or the leftover of an interrupted creation.
    Nothing,
}

fn look(directory: &Path) -> Result<Found> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_a_store(directory, "it is a file, not a directory"));
        }
        Err(e) => return Err(io_error("read directory", directory, &e)),
    };
    let file = directory.join(FILE_NAME);
    if file.is_file() {
        return Ok(Found::Store(file));
    }
    for entry in entries {
        let name = entry
            .map_err(|e| io_error("read directory", directory, &e))?
            .file_name();
        if name != UNFINISHED && name != LOG_NAME {
            return Err(not_a_store(
                directory,
                format!("it holds other files ({}) and no {FILE_NAME}", name.display()),
            ));
        }
    }
    Ok(Found::Nothing)
}

/// Opens the redb file of a damaged store, whatever its marker says.
pub(super) fn open_damaged(directory: &Path, options: &StoreOptions) -> Result<Opened> {
    let path = directory.join(FILE_NAME);
    let lock = if options.writable {
        Lock::Exclusive
    } else {
        Lock::Shared
    };
    let file = lock_file(directory, &path, lock)?;
    let redb = if options.writable {
        RedbFile::Writable(open_writable(directory, &file, options)?)
    } else {
        let db = open_reading(&file, options)?;
        RedbFile::Reading(db.map_err(|e| open_error(directory, e))?)
    };
    Ok(Opened { redb, file })
}

/// The redb file of a store, locked.
fn lock(directory: &Path, lock: Lock) -> Result<(PathBuf, SharedFile)> {
    let Found::Store(path) = look(directory)? else {
        return Err(not_a_store(directory, "there is no database"));
    };
    let file = lock_file(directory, &path, lock)?;
    Ok((path, file))
}

/// Deletes a store that nobody has open, and its directory if nothing else is in it.
pub(super) fn destroy(directory: &Path) -> Result<()> {
    let (path, _lock) = lock(directory, Lock::Exclusive)?;
    // First the one without which there is no store.
    fs::remove_file(&path).map_err(|e| io_error("delete", &path, &e))?;
    remove(directory);
    Ok(())
}

/// Copies a store that nobody has open for writing into a new directory.
pub(super) fn copy(directory: &Path, copy: &Path) -> Result<()> {
    let (_, _lock) = lock(directory, Lock::Shared)?;
    fs::create_dir_all(copy).map_err(|e| io_error("create directory", copy, &e))?;
    for name in [FILE_NAME, LOG_NAME] {
        match fs::copy(directory.join(name), copy.join(name)) {
            Err(e) if name == LOG_NAME && e.kind() == io::ErrorKind::NotFound => {}
            copied => drop(copied.map_err(|e| io_error("copy", &directory.join(name), &e))?),
        }
    }
    Ok(())
}

/// # Errors
/// [`Error::Exists`] if the directory holds anything.
pub(super) fn require_empty(directory: &Path) -> Result<()> {
    let mut entries = match fs::read_dir(directory) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_a_store(directory, "it is a file, not a directory"));
        }
        Err(e) => return Err(io_error("read directory", directory, &e)),
        Ok(entries) => entries,
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::Exists {
            kind: "directory",
            name: format!("{} (with something in it)", directory.display()),
        }),
    }
}

/// Deletes the store in a directory, and the directory if it is empty then. Nobody is left to hear of
/// an error.
pub(super) fn remove(directory: &Path) {
    let _ = fs::remove_file(directory.join(FILE_NAME));
    let _ = fs::remove_file(directory.join(LOG_NAME));
    let _ = fs::remove_dir(directory);
}

/// Bytes of the store's file and log.
pub(super) fn length(directory: &Path) -> Result<u64> {
    let file = directory.join(FILE_NAME);
    let metadata = fs::metadata(&file).map_err(|e| io_error("look at", &file, &e))?;
    let log = fs::metadata(directory.join(LOG_NAME)).map_or(0, |m| m.len());
    Ok(metadata.len() + log)
}

/// A store's file and redb over it.
pub(super) struct Opened {
    pub(super) redb: RedbFile,
    pub(super) file: SharedFile,
}

/// Opens the store in `directory`, making both if there is none and `options.writable`.
pub(super) fn open(directory: &Path, options: &StoreOptions) -> Result<Opened> {
    match look(directory)? {
        Found::Store(path) if options.writable => {
            let file = lock_file(directory, &path, Lock::Exclusive)?;
            open_file(directory, file, options)
        }
        Found::Store(path) => open_read_only(directory, &path, options),
        Found::Nothing if options.writable => create(directory, options),
        Found::Nothing => Err(not_a_store(
            directory,
            "there is no database, and a read-only one is not created",
        )),
    }
}

fn builder(options: &StoreOptions) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    builder.set_check_integrity_on_open(options.verify);
    builder
}

fn lock_file(directory: &Path, path: &Path, lock: Lock) -> Result<SharedFile> {
    let file = SharedFile::open(path, lock).map_err(|e| io_error("open", path, &e))?;
    file.ok_or_else(|| locked(directory))
}

fn open_error(directory: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => locked(directory),
        DatabaseError::UpgradeRequired(version) => not_a_store(
            directory,
            format!("{FILE_NAME} has redb file format {version}, which this version does not read"),
        ),
        // redb's answer to a wrong magic number.
        DatabaseError::Storage(StorageError::Io(e)) if e.kind() == io::ErrorKind::InvalidData => {
            not_a_store(directory, format!("{FILE_NAME}: {e}"))
        }
        other => Error::store(format!(
            "cannot open {}: {other}",
            directory.join(FILE_NAME).display()
        )),
    }
}

/// Has redb open a file for writing, which it does with a durable write.
pub(super) fn open_writable(directory: &Path, file: &SharedFile, options: &StoreOptions) -> Result<Database> {
    guarded(|| {
        let db = builder(options).create_with_backend(file.clone());
        db.map_err(|e| open_error(directory, e))
    })
}

/// Has redb open a file for reading, which changes nothing of it.
fn open_reading(
    file: &SharedFile,
    options: &StoreOptions,
) -> Result<Result<ReadOnlyDatabase, DatabaseError>> {
    guarded(|| Ok(builder(options).open_read_only_with_backend(file.clone())))
}

/// Opens a file that is ours, to be written: for reading first, if it was closed cleanly.
fn open_file(directory: &Path, file: SharedFile, options: &StoreOptions) -> Result<Opened> {
    if !options.verify {
        match open_reading(&file, options)? {
            Ok(db) => {
                check_marker(directory, &db)?;
                let redb = RedbFile::Reading(db);
                return Ok(Opened { redb, file });
            }
            // Not closed cleanly.
            Err(DatabaseError::RepairAborted) => {}
            Err(e) => return Err(open_error(directory, e)),
        }
    }
    if file.len().map_err(|e| io_error("look at", directory, &e))? == 0 {
        return Err(not_a_store(directory, format!("{FILE_NAME} is empty")));
    }
    let db = open_writable(directory, &file, options)?;
    check_marker(directory, &db)?;
    let redb = RedbFile::Writable(db);
    Ok(Opened { redb, file })
}

fn open_read_only(directory: &Path, path: &Path, options: &StoreOptions) -> Result<Opened> {
    let file = lock_file(directory, path, Lock::Shared)?;
    let db = match open_reading(&file, options)? {
        // Not closed cleanly. Like SQLite's rollback of a hot journal, the repair is done even for
        // a reader, if the file's permissions allow it: committed data does not change.
        Err(DatabaseError::RepairAborted) => {
            file.release();
            drop(file);
            let file = lock_file(directory, path, Lock::Exclusive)?;
            drop(open_writable(directory, &file, options)?);
            drop(file);
            return open_repaired(directory, path, options);
        }
        other => other,
    };
    read_only(directory, file, db)
}

fn open_repaired(directory: &Path, path: &Path, options: &StoreOptions) -> Result<Opened> {
    let file = lock_file(directory, path, Lock::Shared)?;
    let db = open_reading(&file, options)?;
    read_only(directory, file, db)
}

fn read_only(
    directory: &Path,
    file: SharedFile,
    db: Result<ReadOnlyDatabase, DatabaseError>,
) -> Result<Opened> {
    let db = db.map_err(|e| open_error(directory, e))?;
    check_marker(directory, &db)?;
    let redb = RedbFile::Reading(db);
    Ok(Opened { redb, file })
}

/// What the marker table says.
#[derive(Debug, Default)]
struct Marker {
    format: Option<u64>,
    filled: bool,
    logged: u64,
}

impl Marker {
    fn read(txn: &ReadTransaction) -> Result<Marker> {
        let table = match txn.open_table(MARKER) {
            Ok(table) => table,
            Err(TableError::Storage(e)) => return Err(store_error(e)),
            Err(_) => return Ok(Marker::default()),
        };
        let value = |name| {
            let value = table.get(name).map_err(store_error)?;
            Ok(value.map(|v| v.value()))
        };
        Ok(Marker {
            format: value(FORMAT)?,
            filled: value(FILLED)?.is_some(),
            logged: value(LOGGED)?.unwrap_or(0),
        })
    }
}

/// The last commit of the log that is in the file; 0 if there is none.
pub(super) fn logged(file: &RedbFile) -> Result<u64> {
    guarded(|| {
        let txn = match file {
            RedbFile::Writable(db) => db.begin_read(),
            RedbFile::Reading(db) => db.begin_read(),
        };
        Ok(Marker::read(&txn.map_err(store_error)?)?.logged)
    })
}

/// Opens the log of a store, to which the caller has the lock.
pub(super) fn open_log(directory: &Path, options: &StoreOptions) -> Result<Box<dyn StorageBackend>> {
    let path = directory.join(LOG_NAME);
    let mut open = File::options();
    open.read(true).write(options.writable);
    let file = match open.open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound && options.writable => {
            let file = open.create(true).open(&path);
            let file = file.map_err(|e| io_error("create", &path, &e))?;
            // Its name must be there after a power failure as well as the commits in it.
            sync_directory(directory)?;
            file
        }
        // A reader cannot make one, and needs none.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Box::new(InMemoryBackend::new())),
        Err(e) => return Err(io_error("open", &path, &e)),
    };
    let backend = FileBackend::new(file).map_err(|e| open_error(directory, e))?;
    Ok(Box::new(backend))
}

fn check_marker(directory: &Path, db: &impl ReadableDatabase) -> Result<()> {
    let (format, is_lost) = guarded(|| {
        let txn = db.begin_read().map_err(store_error)?;
        let marker = Marker::read(&txn)?;
        let is_lost = marker.filled && is_empty(&txn)?;
        Ok((marker.format, is_lost))
    })?;
    match format {
        Some(FORMAT_VERSION) if is_lost => {
            let file = directory.join(FILE_NAME);
            let message = format!("{} is damaged: its entries are lost", file.display());
            Err(Error::store(message))
        }
        Some(FORMAT_VERSION) => Ok(()),
        Some(other) => Err(not_a_store(
            directory,
            format!("{FILE_NAME} has layout {other}; this version knows layout {FORMAT_VERSION}"),
        )),
        None => Err(not_a_store(
            directory,
            format!("{FILE_NAME} is a redb file of another program"),
        )),
    }
}

fn is_empty(txn: &ReadTransaction) -> Result<bool> {
    match txn.open_table(super::redb::ENTRIES) {
        Ok(entries) => entries.is_empty().map_err(store_error),
        Err(TableError::TableDoesNotExist(_)) => Ok(true),
        Err(e) => Err(store_error(e)),
    }
}

/// Notes, as part of a commit, whether there are entries after it.
pub(super) fn mark_filled(txn: &WriteTransaction, is_filled: bool) -> Result<(), redb::Error> {
    let mut marker = txn.open_table(MARKER)?;
    if is_filled {
        marker.insert(FILLED, 1)?;
    } else {
        marker.remove(FILLED)?;
    }
    Ok(())
}

/// Marks a new redb database as ours.
fn mark(db: &Database) -> Result<()> {
    let mut txn = db.begin_write().map_err(store_error)?;
    txn.set_quick_repair(true);
    txn.open_table(MARKER)
        .map_err(store_error)?
        .insert(FORMAT, FORMAT_VERSION)
        .map_err(store_error)?;
    txn.open_table(super::redb::ENTRIES).map_err(store_error)?;
    txn.commit().map_err(store_error)
}

/// What errors call a store that is in no directory.
pub(super) const BACKEND_NAME: &str = "the storage backend";

/// Opens the store in a backend; an empty one becomes a new store.
pub(super) fn open_backend(backend: impl StorageBackend, options: &StoreOptions) -> Result<Opened> {
    let name = Path::new(BACKEND_NAME);
    let file = SharedFile::new(backend);
    if !options.writable {
        let db = open_reading(&file, options)?;
        return read_only(name, file, db);
    }
    if file.len().map_err(|e| io_error("look at", name, &e))? > 0 {
        return open_file(name, file, options);
    }
    make(name, file, options)
}

/// Makes a store of an empty file.
fn make(directory: &Path, file: SharedFile, options: &StoreOptions) -> Result<Opened> {
    let db = open_writable(directory, &file, options)?;
    guarded(|| mark(&db))?;
    let redb = RedbFile::Writable(db);
    Ok(Opened { redb, file })
}

fn create(directory: &Path, options: &StoreOptions) -> Result<Opened> {
    fs::create_dir_all(directory).map_err(|e| io_error("create directory", directory, &e))?;
    let unfinished = directory.join(UNFINISHED);
    let path = directory.join(FILE_NAME);
    let opened = make(directory, unfinished_file(directory, &unfinished)?, options)?;
    let rename = || fs::rename(&unfinished, &path).map_err(|e| io_error("create", &path, &e));
    if cfg!(unix) {
        // Renamed while open: the lock on it is never given up.
        rename()?;
        // The new name must survive a power failure as well as the file's contents do.
        sync_directory(directory)?;
        directory.parent().map_or(Ok(()), sync_directory)?;
        Ok(opened)
    } else {
        drop(opened);
        rename()?;
        open_file(directory, lock_file(directory, &path, Lock::Exclusive)?, options)
    }
}

/// Makes the names in a directory survive a power failure.
fn sync_directory(directory: &Path) -> Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    File::open(directory)
        .and_then(|d| d.sync_all())
        .map_err(|e| io_error("sync", directory, &e))
}

/// An empty file to make a store of. What an interrupted creation left is emptied, unless a process is at
/// it right now.
fn unfinished_file(directory: &Path, unfinished: &Path) -> Result<SharedFile> {
    let mut create = File::options();
    create.read(true).write(true).create(true).truncate(false);
    let file = create.open(unfinished);
    let file = file.and_then(|file| SharedFile::locked(file, Lock::Exclusive));
    let file = file.map_err(|e| io_error("create", unfinished, &e))?;
    let file = file.ok_or_else(|| locked(directory))?;
    file.set_len(0)
        .map_err(|e| io_error("truncate", unfinished, &e))?;
    Ok(file)
}
