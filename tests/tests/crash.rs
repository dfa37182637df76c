//! Crashes and store failures: random histories over all placements, reopened from every image the
//! store ever held, and run again with each store call failing in turn.
//!
//! Here a store operation is whole or not there at all; `disk.rs` has crashes within one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::database::{Database, PersistenceOptions, TransactionOptions};
use amphi_core::kv::KvBackend;
use amphi_core::session::{Params, Session};
use amphi_tests::block_on::block_on;
use amphi_tests::crash_store::{CrashStore, Entries, Faults, Image};
use amphi_tests::eager::Eager;
use amphi_tests::history::{Crashed, History, Model, Stop};
use amphi_tests::medium::Medium;
use amphi_tests::placements::TestPlacement;
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use amphi_tests::slow_store::SlowStore;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::text;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type CrashHistory = History<Arc<CrashStore>>;

fn start(seed: u64, faults: Faults) -> Result<CrashHistory, Stop> {
    History::start(Arc::new(CrashStore::new(Entries::new(), faults)), seed)
}

fn go_on(entries: &Entries, model: Model, seed: u64) -> CrashHistory {
    let store = CrashStore::new(entries.clone(), Faults::None);
    History::over(Arc::new(store), model, seed).unwrap()
}

fn require_prefix(image: &Image, crashed: &Crashed) -> Model {
    let store = Arc::new(CrashStore::new(image.entries.clone(), Faults::None));
    crashed.require_prefix(store, image.at_least..=image.at_most, "an image")
}

#[test]
fn every_image_is_a_prefix_of_the_history() {
    let images = AtomicUsize::new(0);
    for_seeds(140, |seed| {
        let mut history = start(seed, Faults::None).unwrap();
        for _ in 0..120 {
            history.step().unwrap();
        }
        let (found, crashed) = (history.medium().images(), history.crashed());
        for (i, image) in found.iter().enumerate() {
            let model = require_prefix(image, &crashed);
            // Every few images: life goes on from there.
            if i % 8 == 0 {
                let mut next = go_on(&image.entries, model, seed ^ 0x5eed);
                for _ in 0..8 {
                    next.step().unwrap();
                }
                let image = next.medium().images().pop().unwrap();
                require_prefix(&image, &next.crashed());
            }
        }
        images.fetch_add(found.len(), Ordering::Relaxed);
    });
    println!("{} images", images.into_inner());
}

/// Runs a history with faults, through every reopening it needs, and requires a prefix of it in the end.
fn with_faults(seed: u64, steps: usize, faults: Faults) {
    let mut history = match start(seed, faults) {
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
    let last = history.medium().images().pop().unwrap();
    let shown = require_prefix(&last, &history.crashed());
    // Reopened, the database works again.
    let mut next = go_on(&last.entries, shown, seed);
    for _ in 0..3 {
        next.step().unwrap();
    }
}

#[test]
fn a_failing_store_call_leaves_nothing_half_done() {
    const STEPS: usize = 30;
    for_seeds(8, |seed| {
        let mut whole = start(seed, Faults::None).unwrap();
        for _ in 0..STEPS {
            whole.step().unwrap();
        }
        for call in 0..whole.medium().calls() {
            with_faults(seed, STEPS, Faults::Once(call));
        }
    });
}

#[test]
fn a_full_disk_stops_writes_only() {
    for_seeds(20, |seed| {
        let mut whole = start(seed, Faults::None).unwrap();
        for _ in 0..40 {
            whole.step().unwrap();
        }
        for call in (0..whole.medium().calls()).step_by(17) {
            with_faults(seed, 40, Faults::CommitsFrom(call));
        }
    });
}

#[test]
fn a_store_that_is_used_up_stops_writes_and_decides_about_the_last_when_opened_again() {
    const STEPS: usize = 30;
    for_seeds(10, |seed| {
        let mut whole = start(seed, Faults::None).unwrap();
        for _ in 0..STEPS {
            whole.step().unwrap();
        }
        for call in (0..whole.medium().calls()).step_by(3) {
            let applied = call % 2 == 0;
            with_faults(seed, STEPS, Faults::UsedUp { call, applied });
        }
    });
}

#[test]
fn an_interrupted_opening_can_be_repeated() {
    for seed in 0..4 {
        let mut history = start(seed, Faults::None).unwrap();
        for _ in 0..60 {
            history.step().unwrap();
        }
        let crashed = history.crashed();
        for image in history.medium().images().iter().step_by(5) {
            for call in 0.. {
                let store = Arc::new(CrashStore::new(image.entries.clone(), Faults::Once(call)));
                let host = Arc::new(SystemHost::new());
                let opened = block_on(Database::open(Some(store.clone()), host, crashed.config.clone()));
                let mut last = store.images().pop().unwrap();
                (last.at_least, last.at_most) = (image.at_least, image.at_most);
                require_prefix(&last, &crashed);
                if opened.is_ok() && store.calls() <= call {
                    break;
                }
            }
        }
    }
}

fn open(store: Arc<dyn KvBackend>) -> Database {
    let config = TestPlacement::Memory.config();
    block_on(Database::open(Some(store), Arc::new(SystemHost::new()), config)).unwrap()
}

fn run(session: &mut Session, sql: &str) -> amphi_core::Result<String> {
    block_on(async { collect(session.execute(sql, &Params::None).await?).await }).map(|a| text(&a))
}

#[test]
fn every_image_of_concurrent_commits_is_whole() {
    const WRITERS: usize = 3;
    let store = Arc::new(CrashStore::new(Entries::new(), Faults::None));
    let db = open(store.clone());
    for table in ["a", "b"] {
        let create =
            format!("CREATE TABLE {table} (who INT, seq INT, UNIQUE (who, seq)) ENGINE = persistent");
        run(&mut db.session(), &create).unwrap();
    }
    let begun = store.images().len();
    // (writer, transactions it has durably, image from which on)
    let durable = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|who| {
                let (db, store, durable) = (&db, &store, &durable);
                scope.spawn(move || {
                    let (mut session, mut random) = (db.session(), Random::new(who as u64));
                    for seq in 0..60 {
                        let sync = random.chance(30);
                        loop {
                            let options = TransactionOptions {
                                sync,
                                ..TransactionOptions::default()
                            };
                            session.begin(options).unwrap();
                            for table in ["a", "b"] {
                                let sql = format!("INSERT INTO {table} VALUES ({who}, {seq})");
                                run(&mut session, &sql).unwrap();
                            }
                            match block_on(session.commit()) {
                                Ok(()) => break,
                                Err(e) => assert!(e.is_retryable(), "{e}"),
                            }
                        }
                        if sync {
                            durable
                                .lock()
                                .unwrap()
                                .push((who, seq + 1, store.images().len() - 1));
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                block_on(db.flush()).unwrap();
                std::thread::yield_now();
            }
        });
        scope.spawn(|| {
            for i in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let options = PersistenceOptions {
                    cache_in_memory: i % 2 == 0,
                    ..PersistenceOptions::default()
                };
                block_on(db.enable_persistence("a", options)).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let ended: Vec<_> = writers.into_iter().map(|w| w.join()).collect();
        over.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(|e| e.unwrap());
    });
    let durable = durable.into_inner().unwrap();
    assert!(!durable.is_empty());
    let images = store.images();
    for (i, image) in images.iter().enumerate().skip(begun) {
        let db = open(Arc::new(CrashStore::new(image.entries.clone(), Faults::None)));
        assert_eq!(block_on(db.check()).unwrap().problems, [], "image {i}");
        let mut session = db.session();
        let all = |session: &mut Session, t: &str| {
            run(
                session,
                &format!("SELECT who, COUNT(*), MAX(seq) + 1 FROM {t} GROUP BY who ORDER BY who"),
            )
            .unwrap()
        };
        let a = all(&mut session, "a");
        assert_eq!(a, all(&mut session, "b"), "half a transaction is in image {i}");
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for line in a.split(", ").filter(|l| !l.is_empty()) {
            let numbers: Vec<usize> = line.split(' ').map(|n| n.parse().unwrap()).collect();
            assert_eq!(numbers[1], numbers[2], "a transaction is missing in image {i}");
            counts.insert(numbers[0], numbers[1]);
        }
        for (who, count, _) in durable.iter().filter(|d| d.2 <= i) {
            let found = counts.get(who).copied().unwrap_or(0);
            assert!(
                found >= *count,
                "image {i} has {found} of writer {who}'s {count} durable commits"
            );
        }
    }
}

#[test]
fn a_flush_that_waits_for_a_commit_does_not_undo_it() {
    let store = Arc::new(CrashStore::new(Entries::new(), Faults::None));
    let db = open(store.clone());
    run(
        &mut db.session(),
        "CREATE TABLE r (id INT PRIMARY KEY, n INT) ENGINE = persistent",
    )
    .unwrap();
    block_on(db.close()).unwrap();
    let db = {
        let config = TestPlacement::Memory.config();
        let slow = Arc::new(SlowStore::new(store.clone()));
        Eager::start(Database::open(Some(slow), Arc::new(SystemHost::new()), config))
            .finish()
            .unwrap()
    };
    let mut session = db.session();
    run(&mut session, "INSERT INTO r VALUES (1, 1)").unwrap();
    assert!(db.flush_due());
    // The commit is at the store; the flush waits for it and runs the moment it may.
    let commit = Eager::start(async move {
        let sql = "CREATE TABLE s (id INT PRIMARY KEY) ENGINE = persistent";
        session.execute(sql, &Params::None).await.map(drop)
    });
    let flush = {
        let db = db.clone();
        Eager::start(async move { db.flush().await })
    };
    assert!(!commit.is_done() && !flush.is_done());
    commit.finish().unwrap();
    flush.finish().unwrap();
    let image = store.images().pop().unwrap();
    let db = open(Arc::new(CrashStore::new(image.entries, Faults::None)));
    assert_eq!(db.list_persistent_tables(), ["r", "s"]);
    assert_eq!(run(&mut db.session(), "SELECT * FROM r").unwrap(), "1 1");
}

#[test]
fn a_flush_writes_what_was_committed_before_it() {
    // Another flush is always about: it must not take a commit's mark before the commit shows.
    let store = Arc::new(CrashStore::new(Entries::new(), Faults::None));
    let db = open(store.clone());
    let mut session = db.session();
    run(
        &mut session,
        "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20)) ENGINE = persistent",
    )
    .unwrap();
    run(&mut session, "INSERT INTO t VALUES (1, 'none')").unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                block_on(db.flush()).unwrap();
            }
        });
        let lost = (0..6000).find(|i| {
            let marker = format!("marker {i:06}");
            run(&mut session, &format!("UPDATE t SET s = '{marker}'")).unwrap();
            block_on(db.flush()).unwrap();
            !store.contains(marker.as_bytes())
        });
        over.store(true, Ordering::Relaxed);
        assert_eq!(lost, None, "a commit is not in the store after a flush");
    });
}
