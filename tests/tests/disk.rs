//! Power failures and I/O errors under redb: random histories over all placements on a recorded disk,
//! reopened from what a failure at any moment may leave, and run again with each call of the disk failing.
//!
//! `crash.rs` has the same for stores whose operations are whole or not there at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::store::{RedbStore, StoreOptions};
use amphi_core::kv::KvBackend;
use amphi_tests::disk::{Crash, Disk, DiskFault, RedbMedium, crashes, new_store};
use amphi_tests::history::{Crashed, History, Model};
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

static NEW: LazyLock<Vec<u8>> = LazyLock::new(new_store);

/// redb writes a commit's pages at its end, or before if its cache is small.
fn cache_bytes(seed: u64) -> usize {
    [16 << 20, 64 << 10, 0][seed as usize % 3]
}

fn medium(seed: u64, fault: DiskFault) -> RedbMedium {
    RedbMedium::new(NEW.clone(), cache_bytes(seed), fault)
}

fn store_on(disk: &Disk) -> Arc<dyn KvBackend> {
    Arc::new(RedbStore::open_backend(disk.clone(), StoreOptions::default()).unwrap())
}

fn require_prefix(crashed: &Crashed, crash: &Crash) -> Model {
    let store = store_on(&Disk::new(crash.bytes.clone(), DiskFault::None));
    crashed.require_prefix(store, crash.at_least..=crash.at_most, &crash.what)
}

#[test]
fn every_power_failure_leaves_a_prefix_of_the_history() {
    const SEEDS: u64 = 50;
    let images = AtomicUsize::new(0);
    let seeds = for_seeds(SEEDS, |seed| {
        let mut history = History::start(medium(seed, DiskFault::None), seed).unwrap();
        for _ in 0..100 {
            history.step().unwrap();
        }
        let (crashed, mut random) = (history.crashed(), Random::new(seed));
        let mut n = 0;
        history.medium().crashes(2, &mut random.clone(), |crash| {
            require_prefix(&crashed, &crash);
            n += 1;
            // The power fails again while the store is opened.
            if n % 10 == 0 {
                let disk = Disk::new(crash.bytes.clone(), DiskFault::None);
                crashed.require_prefix(store_on(&disk), crash.at_least..=crash.at_most, &crash.what);
                crashes(crash.bytes, &disk.events(), 0, 1, &mut random, |again| {
                    let again = Crash {
                        at_least: crash.at_least,
                        at_most: crash.at_most,
                        what: format!("{}, then {}", crash.what, again.what),
                        ..again
                    };
                    require_prefix(&crashed, &again);
                    n += 1;
                });
            }
        });
        images.fetch_add(n, Relaxed);
    });
    let images = images.into_inner();
    println!("{images} images");
    assert!(seeds < SEEDS || images >= 10_000);
}
