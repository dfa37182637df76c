//! Which directories are ours, and how the store file comes into being.
//!
//! Invariant: a directory or file that is not an Amphi store is refused before anything in it is
//! written. The file is made under another name, marked as ours, and only then renamed, so that a
//! crash leaves either no store or a whole one.

use super::redb::{RedbFile, guarded, store_error};
use amphi_core::{Error, Result};
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTableMetadata, StorageBackend, StorageError,
    TableDefinition, TableError, WriteTransaction,
    backends::{FileBackend, InMemoryBackend},
};
use std::{
    fs::{self, File, TryLockError},
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
pub(super) fn open_damaged(directory: &Path, options: &StoreOptions) -> Result<RedbFile> {
    let file = directory.join(FILE_NAME);
    guarded(|| {
        if options.writable {
            let db = builder(options)
                .open(&file)
                .map_err(|e| open_error(directory, e))?;
            Ok(RedbFile::Writable(db))
        } else {
            let db = builder(options).open_read_only(&file);
            Ok(RedbFile::ReadOnly(db.map_err(|e| open_error(directory, e))?))
        }
    })
}

/// The redb file of a store that nobody has open, locked.
fn lock(directory: &Path) -> Result<(PathBuf, File)> {
    let Found::Store(path) = look(directory)? else {
        return Err(not_a_store(directory, "there is no database"));
    };
    let file = File::open(&path).map_err(|e| io_error("open", &path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok((path, file)),
        Err(TryLockError::WouldBlock) => Err(locked(directory)),
        Err(TryLockError::Error(e)) => Err(io_error("lock", &path, &e)),
    }
}

/// Deletes a store that nobody has open, and its directory if nothing else is in it.
pub(super) fn destroy(directory: &Path) -> Result<()> {
    let (path, _lock) = lock(directory)?;
    // First the one without which there is no store.
    fs::remove_file(&path).map_err(|e| io_error("delete", &path, &e))?;
    remove(directory);
    Ok(())
}

/// Copies a store that nobody has open into a new directory.
pub(super) fn copy(directory: &Path, copy: &Path) -> Result<()> {
    let (_, _lock) = lock(directory)?;
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

/// Opens the store in `directory`, making both if there is none and `options.writable`.
pub(super) fn open(directory: &Path, options: &StoreOptions) -> Result<RedbFile> {
    match look(directory)? {
        Found::Store(file) if options.writable => {
            let db = open_file(directory, &file, options)?;
            check_marker(directory, &db)?;
            Ok(RedbFile::Writable(db))
        }
        Found::Store(file) => open_read_only(directory, &file, options),
        Found::Nothing if options.writable => create(directory, options).map(RedbFile::Writable),
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

fn open_file(directory: &Path, file: &Path, options: &StoreOptions) -> Result<Database> {
    guarded(|| builder(options).open(file).map_err(|e| open_error(directory, e)))
}

fn open_read_only(directory: &Path, file: &Path, options: &StoreOptions) -> Result<RedbFile> {
    let open = || guarded(|| Ok(builder(options).open_read_only(file)));
    let db = match open()? {
        // Not closed cleanly. Like SQLite's rollback of a hot journal, the repair is done even for
        // a reader, if the file's permissions allow it: committed data does not change.
        Err(DatabaseError::RepairAborted) => {
            drop(open_file(directory, file, options)?);
            open()?
        }
        other => other,
    }
    .map_err(|e| open_error(directory, e))?;
    check_marker(directory, &db)?;
    Ok(RedbFile::ReadOnly(db))
}

/// A value of the marker table.
fn marker(db: &impl ReadableDatabase, name: &str) -> Result<Option<u64>> {
    guarded(|| {
        let txn = db.begin_read().map_err(store_error)?;
        match txn.open_table(MARKER) {
            Ok(table) => Ok(table.get(name).map_err(store_error)?.map(|v| v.value())),
            Err(TableError::Storage(e)) => Err(store_error(e)),
            Err(_) => Ok(None),
        }
    })
}

/// The last commit of the log that is in the file; 0 if there is none.
pub(super) fn logged(file: &RedbFile) -> Result<u64> {
    let logged = match file {
        RedbFile::Writable(db) => marker(db, LOGGED)?,
        RedbFile::ReadOnly(db) => marker(db, LOGGED)?,
    };
    Ok(logged.unwrap_or(0))
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
    match marker(db, FORMAT)? {
        Some(FORMAT_VERSION) if marker(db, FILLED)?.is_some() && is_empty(db)? => {
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

fn is_empty(db: &impl ReadableDatabase) -> Result<bool> {
    guarded(|| {
        let txn = db.begin_read().map_err(store_error)?;
        match txn.open_table(super::redb::ENTRIES) {
            Ok(entries) => entries.is_empty().map_err(store_error),
            Err(TableError::TableDoesNotExist(_)) => Ok(true),
            Err(e) => Err(store_error(e)),
        }
    })
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
pub(super) fn open_backend(backend: impl StorageBackend, options: &StoreOptions) -> Result<RedbFile> {
    let name = Path::new(BACKEND_NAME);
    guarded(|| {
        if !options.writable {
            let db = builder(options).open_read_only_with_backend(backend);
            let db = db.map_err(|e| open_error(name, e))?;
            check_marker(name, &db)?;
            return Ok(RedbFile::ReadOnly(db));
        }
        let is_new = backend.len().map_err(|e| io_error("look at", name, &e))? == 0;
        let db = builder(options).create_with_backend(backend);
        let db = db.map_err(|e| open_error(name, e))?;
        if is_new {
            mark(&db)?;
        }
        check_marker(name, &db)?;
        Ok(RedbFile::Writable(db))
    })
}

fn create(directory: &Path, options: &StoreOptions) -> Result<Database> {
    fs::create_dir_all(directory).map_err(|e| io_error("create directory", directory, &e))?;
    let unfinished = directory.join(UNFINISHED);
    let file = directory.join(FILE_NAME);
    clear_unfinished(directory, &unfinished)?;
    let db = guarded(|| {
        let db = builder(options)
            .create(&unfinished)
            .map_err(|e| open_error(directory, e))?;
        mark(&db)?;
        Ok(db)
    })?;
    let rename = || fs::rename(&unfinished, &file).map_err(|e| io_error("create", &file, &e));
    if cfg!(unix) {
        // Renamed while open: the lock on it is never given up.
        rename()?;
        // The new name must survive a power failure as well as the file's contents do.
        sync_directory(directory)?;
        directory.parent().map_or(Ok(()), sync_directory)?;
        Ok(db)
    } else {
        drop(db);
        rename()?;
        open_file(directory, &file, options)
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

/// Empties the leftover of an interrupted creation, unless a process is at it right now.
fn clear_unfinished(directory: &Path, unfinished: &Path) -> Result<()> {
    let file = match File::options().write(true).open(unfinished) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io_error("open", unfinished, &e)),
    };
    match file.try_lock() {
        Ok(()) => file.set_len(0).map_err(|e| io_error("truncate", unfinished, &e)),
        Err(TryLockError::WouldBlock) => Err(locked(directory)),
        Err(TryLockError::Error(e)) => Err(io_error("lock", unfinished, &e)),
    }
}
