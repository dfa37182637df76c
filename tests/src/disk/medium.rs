//! A history's store over redb on a recorded disk.

use super::{Crash, Disk, DiskFault, crashes};
use crate::medium::Medium;
use crate::random::Random;
use amphi::store::{RedbStore, StoreOptions};
use amphi_core::Result;
use amphi_core::kv::KvBackend;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module.
pub struct RedbMedium {
    disk: Disk,
    start: Vec<u8>,
    options: StoreOptions,
    open: Mutex<Option<Arc<RedbStore>>>,
}

impl RedbMedium {
    /// A store on a disk with these bytes; redb's own cache holds `cache_bytes`.
    pub fn new(bytes: Vec<u8>, cache_bytes: usize, fault: DiskFault) -> RedbMedium {
        RedbMedium {
            disk: Disk::new(bytes.clone(), fault),
            start: bytes,
            options: StoreOptions {
                cache_bytes,
                ..StoreOptions::default()
            },
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

/// The file of a store that was just made.
pub fn new_store() -> Vec<u8> {
    let disk = Disk::new(Vec::new(), DiskFault::None);
    let store = RedbStore::open_backend(disk.clone(), StoreOptions::default()).unwrap();
    store.close().unwrap();
    disk.bytes()
}

impl Medium for RedbMedium {
    fn open(&self) -> Result<Arc<dyn KvBackend>> {
        let store = Arc::new(RedbStore::open_backend(self.disk.clone(), self.options)?);
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
