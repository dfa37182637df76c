//! Every store against the contract it implements.
#![allow(clippy::unwrap_used)]

mod memory_store {
    use amphi_core::kv::MemoryStore;

    amphi_conformance::store_conformance!(|| Box::new(MemoryStore::new()), amphi::block_on);
}

/// The redb store, its log restarted never, at every other commit, and not used at all.
macro_rules! redb_store {
    ($($name:ident: $log_bytes:expr,)*) => { $(
        mod $name {
            use amphi::store::{RedbStore, StoreOptions};
            use std::ops::Deref;
            use tempfile::TempDir;

            struct Temporary {
                store: RedbStore,
                _directory: TempDir,
            }

            impl Deref for Temporary {
                type Target = RedbStore;
                fn deref(&self) -> &RedbStore {
                    &self.store
                }
            }

            fn make() -> Temporary {
                let directory = TempDir::new().unwrap();
                let options = StoreOptions {
                    log_bytes: $log_bytes,
                    ..StoreOptions::default()
                };
                Temporary {
                    store: RedbStore::open(directory.path(), options).unwrap(),
                    _directory: directory,
                }
            }

            amphi_conformance::store_conformance!(make, amphi::block_on);
        }
    )* };
}

redb_store! {
    redb_store: StoreOptions::default().log_bytes,
    redb_store_with_a_small_log: 400,
    redb_store_without_a_log: 0,
}
