//! Crashes and store failures: random histories over all placements, reopened from every image the
//! store ever held, and run again with each store call failing in turn.
//!
//! `AMPHI_SEED=n` repeats the history of one seed; a failure names its seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_tests::block_on::block_on;
use amphi_tests::crash_store::{CrashStore, Faults, Image};
use amphi_tests::history::{History, Model, Stop, differences, show};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a test for many seeds on all cores, or for the one in `AMPHI_SEED`.
fn for_seeds(count: u64, test: impl Fn(u64) + Sync) {
    if let Ok(seed) = std::env::var("AMPHI_SEED") {
        return test(seed.parse().expect("AMPHI_SEED is a number"));
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let worker = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
                if seed >= count {
                    return;
                }
                let named = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(seed)));
                if let Err(panic) = named {
                    eprintln!("^ this was AMPHI_SEED={seed}");
                    std::panic::resume_unwind(panic);
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            worker.join().expect("all seeds pass");
        }
    });
}

/// Opens an image and requires that it is whole and one of the states it may be.
fn require_prefix(image: &Image, states: &[Model], history: &History) -> Model {
    let store = Arc::new(CrashStore::new(image.entries.clone(), Faults::None));
    let open = Database::open(Some(store), Arc::new(SystemHost::new()), history.config().clone());
    let db = block_on(open).unwrap_or_else(|e| panic!("an image cannot be opened: {e}\n{}", history.log()));
    let problems = block_on(db.check());
    assert_eq!(
        problems,
        Ok(Vec::new()),
        "an image is not whole\n{}",
        history.log()
    );
    let shown = block_on(show(&mut db.session())).unwrap();
    let to = image.at_most.min(states.len() - 1);
    let from = image.at_least.min(to);
    let found = states[from..=to].iter().any(|s| s.stored() == shown);
    assert!(
        found,
        "an image is none of the states {from}..={to}; it {}\n{}",
        differences(&shown, &states[to].stored()),
        history.log()
    );
    shown
}

#[test]
fn every_image_is_a_prefix_of_the_history() {
    let images = AtomicUsize::new(0);
    for_seeds(60, |seed| {
        let mut history = History::start(seed, Faults::None).unwrap();
        for _ in 0..120 {
            history.step().unwrap();
        }
        let (found, states) = history.images();
        for (i, image) in found.iter().enumerate() {
            let model = require_prefix(image, states, &history);
            // Every few images: life goes on from there.
            if i % 8 == 0 {
                let mut next =
                    History::over(image.entries.clone(), model, seed ^ 0x5eed, Faults::None).unwrap();
                for _ in 0..8 {
                    next.step().unwrap();
                }
                let (found, states) = next.images();
                require_prefix(found.last().unwrap(), states, &next);
            }
        }
        images.fetch_add(found.len(), Ordering::Relaxed);
    });
    println!("{} images", images.into_inner());
}

/// Runs a history with faults, through every reopening it needs, and requires a prefix of it in the end.
fn with_faults(seed: u64, steps: usize, faults: Faults) {
    let mut history = match History::start(seed, faults) {
        Ok(history) => history,
        // The store was new: whatever it holds must open.
        Err(Stop::NotOpen) => return,
        Err(stop) => panic!("{stop:?}"),
    };
    for _ in 0..steps {
        if history.step().is_err() {
            break;
        }
    }
    let (images, states) = history.images();
    let last = images.last().unwrap();
    let shown = require_prefix(last, states, &history);
    // Reopened, the database works again.
    let mut next = History::over(last.entries.clone(), shown, seed, Faults::None).unwrap();
    for _ in 0..3 {
        next.step().unwrap();
    }
}

#[test]
fn a_failing_store_call_leaves_nothing_half_done() {
    const STEPS: usize = 30;
    for_seeds(8, |seed| {
        let mut whole = History::start(seed, Faults::None).unwrap();
        for _ in 0..STEPS {
            whole.step().unwrap();
        }
        for call in 0..whole.calls() {
            with_faults(seed, STEPS, Faults::Once(call));
        }
    });
}

#[test]
fn a_full_disk_stops_writes_only() {
    for_seeds(20, |seed| {
        let mut whole = History::start(seed, Faults::None).unwrap();
        for _ in 0..40 {
            whole.step().unwrap();
        }
        for call in (0..whole.calls()).step_by(17) {
            with_faults(seed, 40, Faults::CommitsFrom(call));
        }
    });
}

#[test]
fn an_interrupted_opening_can_be_repeated() {
    for seed in 0..4 {
        let mut history = History::start(seed, Faults::None).unwrap();
        for _ in 0..60 {
            history.step().unwrap();
        }
        let (images, states) = history.images();
        for image in images.iter().step_by(5) {
            for call in 0.. {
                let store = Arc::new(CrashStore::new(image.entries.clone(), Faults::Once(call)));
                let host = Arc::new(SystemHost::new());
                let opened = block_on(Database::open(
                    Some(store.clone()),
                    host,
                    history.config().clone(),
                ));
                let mut last = store.images().pop().unwrap();
                (last.at_least, last.at_most) = (image.at_least, image.at_most);
                require_prefix(&last, states, &history);
                if opened.is_ok() && store.calls() <= call {
                    break;
                }
            }
        }
    }
}
