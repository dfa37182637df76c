//! Every store against the contract it implements.
#![allow(clippy::unwrap_used)]

mod memory_store {
    use amphi_core::kv::MemoryStore;

    amphi_tests::store_conformance!(|| Box::new(MemoryStore::new()));
}

mod redb_store {
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
        Temporary {
            store: RedbStore::open(directory.path(), StoreOptions::default()).unwrap(),
            _directory: directory,
        }
    }

    amphi_tests::store_conformance!(make);
}
