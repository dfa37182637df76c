//! A history's store over redb on a recorded disk.

use super::{Crash, Disk, DiskFault, Files, crashes};
use crate::medium::Medium;
use crate::random::Random;
use amphi::store::{RedbStore, StoreOptions};
use amphi_core::Result;
use amphi_core::kv::KvBackend;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module.
pub struct RedbMedium {
    disk: Disk,
    start: Files,
    options: StoreOptions,
    open: Mutex<Option<Arc<RedbStore>>>,
}

/// Opens the store on a disk.
///
/// # Errors
/// Those of [`RedbStore::open_backends`].
pub fn open_store(disk: &Disk, options: StoreOptions) -> Result<RedbStore> {
    RedbStore::open_backends(disk.file(0), disk.file(1), options)
}

impl RedbMedium {
    /// A store on a disk with these files.
    pub fn new(files: Files, options: StoreOptions, fault: DiskFault) -> RedbMedium {
        RedbMedium {
            disk: Disk::new(files.clone(), fault),
            start: files,
            options,
            open: Mutex::default(),
        }
    }

    /// The disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What power failures may leave; see [`crashes`].
    pub fn crashes(&self, variants: usize, random: &mut Random, visit: impl FnMut(Crash)) {
        let events = self.disk.events();
        crashes(self.start.clone(), &events, 0, variants, random, visit);
    }
}

/// The files of a store that was just made.
pub fn new_store() -> Files {
    let disk = Disk::new(Files::default(), DiskFault::None);
    let store = open_store(&disk, StoreOptions::default()).unwrap();
    store.close().unwrap();
    disk.files()
}

impl Medium for RedbMedium {
    fn open(&self) -> Result<Arc<dyn KvBackend>> {
        let store = Arc::new(open_store(&self.disk, self.options)?);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(store.clone());
        Ok(store)
    }

    fn close(&self) -> Result<()> {
        let store = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        store.map_or(Ok(()), |store| store.close())
    }

    fn expect(&self, at_least: usize, at_most: usize) {
        self.disk.expect(at_least, at_most);
    }

    fn calls(&self) -> usize {
        self.disk.calls()
    }

    fn set_counting(&self, counts: bool) {
        self.disk.set_counting(counts);
    }
}
