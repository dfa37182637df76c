//! A damaged store, to be read as far as it goes: from a copy, so that nothing of it is changed.

use super::{
    directory::{self, FILE_NAME, LOG_NAME, StoreOptions},
    redb::RedbStore,
};
use crate::block_on;
use amphi_core::{
    Error, Result,
    kv::{Durability, KvBackend, StoreFuture, WriteBatch},
};
use std::{
    fs,
    future::ready,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// A copy of a damaged store. After a failure from which redb does not recover, it is opened again:
/// what can be read does not depend on what was tried before.
pub(crate) struct DamagedStore {
    copy: PathBuf,
    store: Mutex<Option<Arc<RedbStore>>>,
    note: Option<String>,
}

impl DamagedStore {
    /// Copies the store in `directory` to `copy`, which is made and deleted again at the end, and opens
    /// it, repaired by redb if need be.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStore`] if there is none, [`Error::Locked`] if it is open, [`Error::Store`] if it
    /// cannot be copied, or redb cannot open it at all.
    pub(crate) fn open(directory: &Path, copy: PathBuf) -> Result<DamagedStore> {
        directory::copy(directory, &copy)?;
        let mut store = DamagedStore {
            copy,
            store: Mutex::new(None),
            note: None,
        };
        let (opened, note) = open_copy(&store.copy).map_err(|e| {
            let file = directory.join(FILE_NAME);
            let cause = match e {
                Error::Store { message } => message,
                other => other.to_string(),
            };
            Error::store(format!(
                "redb can neither open nor repair {}, so nothing can be saved of it: {cause}",
                file.display()
            ))
        })?;
        store.store = Mutex::new(Some(Arc::new(opened)));
        store.note = note;
        Ok(store)
    }

    /// What opening it has shown to be lost.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn read<T>(&self, read: impl FnOnce(&RedbStore) -> Result<T>) -> Result<T> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match store.take() {
            Some(open) => open,
            None => Arc::new(open_copy(&self.copy)?.0),
        };
        let result = read(&open);
        if open.failure().is_none() {
            *store = Some(open);
        }
        result
    }
}

/// Opens a copy: first as it is, then repaired by redb, then with all of it verified.
fn open_copy(copy: &Path) -> Result<(RedbStore, Option<String>)> {
    let options = [(false, false), (true, false), (true, true)].map(|(writable, verify)| StoreOptions {
        writable,
        verify,
        ..StoreOptions::default()
    });
    let mut first = None;
    for options in &options {
        match RedbStore::open_damaged(copy, options) {
            Ok(opened) => return Ok(opened),
            Err(e) => drop(first.get_or_insert(e)),
        }
    }
    Err(first.unwrap_or(Error::Closed))
}

impl Drop for DamagedStore {
    fn drop(&mut self) {
        drop(
            self.store
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        for name in [FILE_NAME, LOG_NAME] {
            let _ = fs::remove_file(self.copy.join(name));
        }
        let _ = fs::remove_dir(&self.copy);
    }
}

impl KvBackend for DamagedStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(ready(self.read(|store| block_on(store.get_many(keys)))))
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        Box::pin(ready(self.read(|store| block_on(store.scan(from, to, limit)))))
    }

    fn commit<'a>(&'a self, _: WriteBatch, _: Durability) -> StoreFuture<'a, ()> {
        let name = self.copy.display().to_string();
        Box::pin(ready(Err(Error::ReadOnly { name })))
    }
}
