//! The store's file, locked once for as long as the store is open, however often redb opens it.
//!
//! redb opens a file for writing with a durable write of its own, and closes it with more, so a store is
//! opened for reading, and for writing only by its first commit. Between the two the file stays locked,
//! because the lock is this handle's and not redb's.

use redb::{StorageBackend, backends::FileBackend};
use std::{fs::File, io, ops::Bound, path::Path, sync::Arc};

/// A file, or whatever stands for one, that several of redb's databases use one after the other. Closing
/// those does nothing to it; see [`SharedFile::release`].
#[derive(Debug, Clone)]
pub(super) struct SharedFile(Arc<dyn StorageBackend>);

/// What a lock keeps others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Opening the file at all.
    Exclusive,
    /// Opening it for writing.
    Shared,
}

impl SharedFile {
    pub(super) fn new(backend: impl StorageBackend) -> SharedFile {
        SharedFile(Arc::new(backend))
    }

    /// A file with a lock on it; `None` if somebody else's is in the way.
    pub(super) fn locked(file: File, lock: Lock) -> io::Result<Option<SharedFile>> {
        let file = FileBackend::new(file).map_err(io::Error::other)?;
        let all = (Bound::Unbounded, Bound::Unbounded);
        let locked = match lock {
            Lock::Exclusive => file.try_lock_range(all.0, all.1),
            Lock::Shared => file.try_lock_shared_range(all.0, all.1),
        };
        match locked {
            Ok(false) => Ok(None),
            // Without locks on this platform it is up to the user to open a store once, as with redb.
            Ok(true) | Err(redb::BackendError::Unsupported) => Ok(Some(SharedFile(Arc::new(file)))),
            Err(redb::BackendError::Io(e)) => Err(e),
            Err(e) => Err(io::Error::other(e)),
        }
    }

    /// Opens a file that exists and locks it, for writing if the lock is exclusive.
    pub(super) fn open(path: &Path, lock: Lock) -> io::Result<Option<SharedFile>> {
        let is_writable = lock == Lock::Exclusive;
        let file = File::options().read(true).write(is_writable).open(path)?;
        SharedFile::locked(file, lock)
    }

    /// Gives up the lock.
    pub(super) fn release(&self) {
        // What cannot be unlocked is unlocked when the file is closed.
        let _ = self.0.close();
    }
}

impl StorageBackend for SharedFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}
