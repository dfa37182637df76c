//! Power failures and I/O errors under redb: random histories over all placements on a recorded disk,
//! reopened from what a failure at any moment may leave, and run again with each call of the disk failing.
//!
//! `crash.rs` has the same for stores whose operations are whole or not there at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi::store::StoreOptions;
use amphi_core::kv::KvBackend;
use amphi_core::session::Params;
use amphi_core::tree::BlockSizing;
use amphi_tests::block_on::block_on;
use amphi_tests::disk::{Crash, Disk, DiskFault, Files, RedbMedium, crashes, new_store, open_store};
use amphi_tests::history::{Crashed, History, Model, Stop};
use amphi_tests::medium::{INJECTED, Medium, stored_trees};
use amphi_tests::placements::TestPlacement;
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::text;
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex};
use tempfile::TempDir;

static NEW: LazyLock<Files> = LazyLock::new(new_store);

/// redb writes pages at the end of a commit, or before if its cache is small; commits stay in the log for
/// long, or go into redb's file soon, or at once.
fn options(seed: u64) -> StoreOptions {
    StoreOptions {
        cache_bytes: [16 << 20, 64 << 10, 0][seed as usize % 3],
        log_bytes: [4 << 20, 20_000, 4000, 0][seed as usize % 4],
        ..StoreOptions::default()
    }
}

fn medium(seed: u64, fault: DiskFault) -> RedbMedium {
    RedbMedium::new(NEW.clone(), options(seed), fault)
}

fn disk(files: &Files) -> Disk {
    Disk::new(files.clone(), DiskFault::None)
}

fn store_on(disk: &Disk) -> Arc<dyn KvBackend> {
    Arc::new(open_store(disk, StoreOptions::default()).unwrap())
}

fn require_prefix(crashed: &Crashed, crash: &Crash) -> Model {
    let store = store_on(&disk(&crash.files));
    crashed.require_prefix(store, crash.at_least..=crash.at_most, &crash.what)
}

#[test]
fn every_power_failure_leaves_a_prefix_of_the_history() {
    const SEEDS: u64 = 34;
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
                let disk = disk(&crash.files);
                crashed.require_prefix(store_on(&disk), crash.at_least..=crash.at_most, &crash.what);
                crashes(crash.files, &disk.events(), 0, 1, &mut random, |again| {
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

/// What became of a history with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ended {
    /// Nobody noticed.
    Unnoticed,
    /// What failed was said to have failed, and the database went on.
    WentOn,
    /// The database refuses writes.
    Refusing,
    /// It did not close, or not open again.
    Closed,
}

/// Runs a history with a fault until its end or the first failure, and then requires that nothing
/// acknowledged is lost and nothing is half done: for a process that opens the file again, and after a
/// power failure.
fn with_fault(seed: u64, steps: usize, fault: DiskFault) -> Ended {
    let mut history = History::start(medium(seed, DiskFault::None), seed).unwrap();
    history.medium().disk().set_fault(fault);
    let mut ended = None;
    for _ in 0..steps {
        match history.step() {
            Ok(()) => {}
            Err(Stop::Poisoned) => ended = Some(Ended::Refusing),
            Err(Stop::NotOpen) => ended = Some(Ended::Closed),
        }
        if ended.is_some() {
            break;
        }
    }
    let ended = ended.unwrap_or(match history.failures() {
        0 => Ended::Unnoticed,
        _ => Ended::WentOn,
    });
    let (crashed, disk) = (history.crashed(), history.medium().disk().clone());
    drop(history);
    let events = disk.events();
    let mut at_least = 0;
    let mut random = Random::new(seed);
    crashes(NEW.clone(), &events, events.len(), 1, &mut random, |crash| {
        require_prefix(&crashed, &crash);
        at_least = crash.at_least;
    });
    let files = disk.files();
    let what = format!("{fault:?}");
    let shown = require_prefix(
        &crashed,
        &Crash {
            files: files.clone(),
            at_least,
            at_most: usize::MAX,
            what,
        },
    );
    // Opened again, the database works again.
    let medium = RedbMedium::new(files, options(seed), DiskFault::None);
    let mut next = History::over(medium, shown, seed).unwrap();
    for _ in 0..2 {
        next.step().unwrap();
    }
    ended
}

/// Calls of the disk in a history without faults.
fn calls(seed: u64, steps: usize) -> usize {
    let mut history = History::start(medium(seed, DiskFault::None), seed).unwrap();
    history.medium().disk().set_fault(DiskFault::None);
    for _ in 0..steps {
        history.step().unwrap();
    }
    history.medium().calls()
}

/// Runs histories with a fault at each call, or every few, and prints how many ended how.
fn with_faults(seeds: u64, steps: usize, stride: usize, fault: impl Fn(usize) -> DiskFault + Sync) {
    let ends = Mutex::new(BTreeMap::new());
    for_seeds(seeds, |seed| {
        for call in (0..calls(seed, steps)).step_by(stride) {
            let ended = with_fault(seed, steps, fault(call));
            // redb writes ahead of a commit to make room in its cache, and tries again if that fails.
            let may_be_unnoticed =
                !matches!(fault(call), DiskFault::Once(_)) || options(seed).cache_bytes == 0;
            assert!(
                ended != Ended::Unnoticed || may_be_unnoticed,
                "call {call} of seed {seed} fails unnoticed"
            );
            *ends.lock().unwrap().entry(ended).or_insert(0) += 1;
        }
    });
    println!("{:?}", ends.into_inner().unwrap());
}

#[test]
fn a_failing_call_of_the_disk_leaves_nothing_half_done() {
    with_faults(4, 16, 1, DiskFault::Once);
}

#[test]
fn a_dead_disk_leaves_nothing_half_done() {
    with_faults(4, 16, 3, DiskFault::From);
}

#[test]
fn a_full_disk_leaves_nothing_half_done() {
    with_faults(6, 30, 5, DiskFault::Full);
}

#[test]
fn a_file_that_may_not_grow_leaves_nothing_half_done() {
    with_faults(6, 30, 5, DiskFault::Limit);
}

#[test]
fn an_opening_that_fails_says_why_and_can_be_repeated() {
    for seed in 0..3 {
        let mut history = History::start(medium(seed, DiskFault::None), seed).unwrap();
        for _ in 0..60 {
            history.step().unwrap();
        }
        let crashed = history.crashed();
        let mut all_files = vec![history.medium().disk().files()];
        history
            .medium()
            .crashes(1, &mut Random::new(seed), |crash| all_files.push(crash.files));
        let all = 0..=crashed.states.len();
        for files in all_files.into_iter().step_by(9) {
            for call in 0.. {
                let disk = Disk::new(files.clone(), DiskFault::Once(call));
                let opened = open_store(&disk, StoreOptions::default());
                let opened = opened.and_then(|store| crashed.open(Arc::new(store)));
                let is_over = disk.calls() <= call;
                match opened {
                    Ok(db) => drop(db),
                    Err(e) => assert!(e.to_string().contains(INJECTED) && !is_over, "{e}"),
                }
                disk.set_fault(DiskFault::None);
                crashed.require_prefix(
                    store_on(&Disk::new(disk.files(), DiskFault::None)),
                    all.clone(),
                    "again",
                );
                if is_over {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_creation_that_a_power_failure_ends_is_repeated() {
    let disk = disk(&Files::default());
    let store = store_on(&disk);
    let mut random = Random::new(1);
    let mut files = Vec::new();
    crashes(Files::default(), &disk.events(), 0, 12, &mut random, |crash| {
        files.push(crash.files)
    });
    drop(store);
    for [file, _] in files {
        let directory = TempDir::new().unwrap();
        // Under this name until it is whole.
        fs::write(directory.path().join("amphi.redb.new"), file).unwrap();
        let db = amphi::Database::open(directory.path()).unwrap();
        db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())
            .unwrap();
    }
}

/// Moments at which a big table is moved, with the name of its engine.
const MOVES: [(&str, &str); 6] = [
    ("ALTER TABLE t ENGINE = dual", "dual"),
    ("ALTER TABLE t ENGINE = persistent", "persistent"),
    ("CREATE INDEX i ON t (s, id)", "persistent"),
    ("ALTER TABLE t ADD COLUMN more INT DEFAULT 3", "persistent"),
    ("ALTER TABLE t ENGINE = memory", "memory"),
    ("ALTER TABLE t ENGINE = persistent", "persistent"),
];

#[test]
fn a_big_table_is_whole_in_one_placement_at_every_moment_of_its_moves() {
    const ROWS: usize = 1500;
    let medium = medium(1, DiskFault::None);
    let mut config = TestPlacement::Persistent.config();
    config.sizing = BlockSizing {
        max_rows: 16,
        ..BlockSizing::default()
    };
    config.write_ahead_bytes = 8 << 10;
    let open = |store: Arc<dyn KvBackend>| {
        let host = Arc::new(SystemHost::new());
        block_on(amphi_core::database::Database::open(
            Some(store),
            host,
            config.clone(),
        ))
        .unwrap()
    };
    let db = open(medium.open().unwrap());
    let mut session = db.session();
    let mut run = |sql: &str| block_on(session.execute(sql, &Params::None)).map(drop).unwrap();
    run("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
    for from in (0..ROWS).step_by(100) {
        let rows: Vec<String> = (from..from + 100).map(|i| format!("({i}, 'row {i}')")).collect();
        run(&format!("INSERT INTO t VALUES {}", rows.join(", ")));
    }
    block_on(db.flush()).unwrap();
    let before = medium.disk().events().len();
    medium.disk().expect(0, 0);
    for (i, (sql, _)) in MOVES.iter().enumerate() {
        medium.disk().expect(i, i + 1);
        run(sql);
        medium.disk().expect(i + 1, i + 1);
    }
    // Engines in the order in which they were acknowledged; the first is that of the beginning.
    let engines: Vec<&str> = ["persistent"].into_iter().chain(MOVES.map(|m| m.1)).collect();
    let (mut n, mut in_memory) = (0, 0);
    let events = medium.disk().events();
    crashes(NEW.clone(), &events, before, 24, &mut Random::new(7), |crash| {
        n += 1;
        let store = store_on(&disk(&crash.files));
        let db = open(store.clone());
        let report = block_on(db.check()).unwrap();
        assert!(report.is_empty(), "{}: {report}", crash.what);
        let engine = db.get_persistence_config("t").map(|c| c.placement().to_string());
        let may_be = &engines[crash.at_least..=crash.at_most];
        let Some(engine) = engine else {
            assert!(may_be.contains(&"memory"), "{}: the table is lost", crash.what);
            assert_eq!(stored_trees(&*store), 0);
            in_memory += 1;
            return;
        };
        assert!(
            may_be.contains(&engine.as_str()),
            "{}: it is {engine}",
            crash.what
        );
        let mut session = db.session();
        let sql = "SELECT COUNT(*), SUM(id), COUNT(DISTINCT s) FROM t";
        let answer = block_on(async { collect(session.execute(sql, &Params::None).await?).await });
        assert_eq!(
            text(&answer.unwrap()),
            format!("{ROWS} {} {ROWS}", ROWS * (ROWS - 1) / 2)
        );
        assert!(stored_trees(&*store) <= 2);
    });
    println!("{n} images, {in_memory} without the table");
    assert!(n > 100 && in_memory > 0);
}
