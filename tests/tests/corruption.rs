//! Damage to the store, at thousands of places: every answer is right or refused by an error that names
//! the damage; there is no panic, no endless loop and no giant allocation.
//!
//! `AMPHI_DAMAGE=n` tries n times as many places; `AMPHI_CASE=n` repeats one case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::store::{RedbStore, StoreOptions};
use amphi_core::database::Database;
use amphi_core::kv::MemoryStore;
use amphi_tests::block_on::block_on;
use amphi_tests::damage::{Bounded, Sample, Verdict, Watchdog, ask, judge, largest_allocation};
use amphi_tests::disk::{Disk, DiskFault, Files};
use amphi_tests::random::Random;
use amphi_tests::sql_client::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// Bytes of the largest allocation that a damaged store of a few hundred kB may lead to.
const MAX_ALLOCATION: usize = 32 << 20;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

fn times() -> u64 {
    std::env::var("AMPHI_DAMAGE").map_or(1, |n| n.parse().expect("AMPHI_DAMAGE is a number"))
}

/// redb may panic on a damaged file, which the store turns into errors; nothing else may.
fn silence_redb() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.location().is_some_and(|l| l.file().contains("redb-")) {
                usual(panic);
            }
        }));
    });
}

/// Runs cases on all cores; each panic is reported with its case.
fn for_cases(count: u64, case: impl Fn(u64, &Watchdog) -> Verdict + Sync) -> Vec<Verdict> {
    silence_redb();
    let (first, count) = match std::env::var("AMPHI_CASE") {
        Ok(n) => n
            .parse()
            .map(|n: u64| (n, n + 1))
            .expect("AMPHI_CASE is a number"),
        Err(_) => (0, count),
    };
    let next = AtomicU64::new(first);
    let work = || {
        let watchdog = Watchdog::new(Duration::from_secs(60));
        let mut verdicts = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return verdicts;
            }
            match catch_unwind(AssertUnwindSafe(|| case(n, &watchdog))) {
                Ok(verdict) => verdicts.push(verdict),
                Err(_) => panic!("case {n} failed"),
            }
        }
    };
    let verdicts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    let largest = largest_allocation();
    assert!(
        largest <= MAX_ALLOCATION,
        "{largest} bytes were allocated at once"
    );
    verdicts
}

fn flip(bytes: &mut [u8], bit: u64) {
    if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
        *byte ^= 1 << (bit % 8);
    }
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|b| format!("{b:02x}")).collect()
}

/// One entry damaged in one of these ways.
fn damage_entry(entries: &mut Entries, random: &mut Random) -> String {
    let keys: Vec<Vec<u8>> = entries.keys().cloned().collect();
    let key = random.pick(&keys).unwrap().clone();
    let length = entries[&key].len() as u64;
    let value = entries.get_mut(&key).unwrap();
    let how = match random.below(8) {
        0 => {
            entries.remove(&key);
            "removed".to_owned()
        }
        1 => {
            let at = random.below(length);
            value.truncate(at as usize);
            format!("cut to {at} bytes")
        }
        2 => {
            value.extend(random.bits().to_le_bytes());
            "made longer".to_owned()
        }
        3 => {
            let other = random.pick(&keys).unwrap();
            let value = entries[other].clone();
            entries.insert(key.clone(), value);
            format!("replaced by {}", hex(other))
        }
        4 => {
            let mut other = key.clone();
            flip(&mut other, random.below(key.len() as u64 * 8));
            let value = entries.remove(&key).unwrap();
            entries.insert(other.clone(), value);
            format!("moved to {}", hex(&other))
        }
        5 => {
            let (from, n) = (random.below(length), random.below(64) + 1);
            value
                .iter_mut()
                .skip(from as usize)
                .take(n as usize)
                .for_each(|b| *b = 0);
            format!("{n} bytes cleared from {from} on")
        }
        _ => {
            let bit = random.below(length * 8);
            flip(value, bit);
            format!("bit {bit} flipped")
        }
    };
    format!("{} {how}", hex(&key))
}

/// Whether the database is the same but for outlines: a tree may have none, and is opened by its pages then.
/// One that has become a block of a tree that no table has is removed when the database is opened.
fn is_harmless(entries: &BTreeMap<Vec<u8>, Vec<u8>>, whole: &BTreeMap<Vec<u8>, Vec<u8>>) -> bool {
    let tree = |key: &[u8]| (key.first() == Some(&0x10)).then(|| key.get(1..9).map(<[u8]>::to_vec))?;
    let trees: BTreeSet<_> = whole.keys().filter_map(|key| tree(key)).collect();
    let is_outline = |key: &[u8]| key.first() == Some(&0x10) && key.get(9..) == Some(&[3]);
    let is_stray = |key: &[u8]| tree(key).is_some_and(|tree| !trees.contains(&tree));
    let rest = |all: &BTreeMap<Vec<u8>, Vec<u8>>| {
        let mut rest = all.clone();
        rest.retain(|key, value| !(is_stray(key) || is_outline(key) && whole.get(key) == Some(value)));
        rest
    };
    rest(entries) == rest(whole)
}

#[test]
fn a_damaged_entry_of_the_store_leads_to_no_wrong_answer() {
    for (sample, count) in [(Sample::small(), 1000), (Sample::usual(), 200)] {
        let store = Arc::new(MemoryStore::new());
        let db = sample.open(store.clone()).unwrap();
        sample.fill(&db);
        sample.finish(&db);
        let states = [sample.answers(&db)];
        block_on(db.close()).unwrap();
        let whole = store.entries();
        let verdicts = for_cases(count * times(), |n, watchdog| {
            let mut random = Random::new(n);
            let mut entries = whole.clone();
            let mut case = format!("case {n}: {}", damage_entry(&mut entries, &mut random));
            while random.chance(20) && !entries.is_empty() {
                case = format!("{case}, {}", damage_entry(&mut entries, &mut random));
            }
            watchdog.begin(&case);
            let unchanged = is_harmless(&entries, &whole);
            let opened = sample.open(Arc::new(MemoryStore::with_entries(entries)));
            let verdict = judge(&sample, &states, opened, n.is_multiple_of(4), &case);
            assert!(
                unchanged || verdict.refused || !verdict.sound,
                "{case}: the check does not see it"
            );
            verdict
        });
        // The cases do what they are for: some are refused, some answered in part.
        assert!(verdicts.iter().any(|v| v.refused));
        assert!(verdicts.iter().any(|v| v.failed > 0 && v.answered > 0));
    }
}

/// The files of a filled store and the answers it holds. If it was not closed, its last commits are
/// only in the log, and the answers before each of them come first.
fn filled_files(sample: &Sample, closed: bool) -> (Files, Vec<Vec<Answer>>) {
    let disk = Disk::new(Files::default(), DiskFault::None);
    let open = || {
        let store = RedbStore::open_backends(disk.file(0), disk.file(1), StoreOptions::default());
        let store = Arc::new(store.unwrap());
        (store.clone(), sample.open(store).unwrap())
    };
    let close = |store: Arc<RedbStore>, db: Database| {
        block_on(db.close()).unwrap();
        store.close().unwrap();
    };
    let (store, db) = open();
    sample.fill(&db);
    close(store, db);
    let (store, db) = open();
    let mut states = vec![sample.answers(&db)];
    sample.finish(&db);
    states.push(sample.answers(&db));
    for id in [1, sample.rows - 1] {
        ask(&db, &format!("UPDATE item SET price = price + 1 WHERE id = {id}")).unwrap();
        block_on(db.flush()).unwrap();
        states.push(sample.answers(&db));
    }
    if closed {
        close(store, db);
        return (disk.files(), states.split_off(states.len() - 1));
    }
    (disk.files(), states)
}

/// One damage to a file.
fn damage_file(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    let length = bytes.len() as u64;
    match random.below(12) {
        0 => {
            let to = random.below(length);
            bytes.truncate(to as usize);
            format!("cut to {to} bytes")
        }
        1 => {
            let page = random.below(length.div_ceil(4096)) * 4096;
            let value = if random.chance(50) { 0 } else { 0xff };
            let page_bytes = bytes.iter_mut().skip(page as usize).take(4096);
            page_bytes.for_each(|b| *b = value);
            format!("page at {page} overwritten")
        }
        2 | 3 => {
            let bit = random.below(320 * 8);
            flip(bytes, bit);
            format!("bit {bit} of the file's header flipped")
        }
        _ => {
            let bit = random.below(length * 8);
            flip(bytes, bit);
            format!("bit {bit} flipped")
        }
    }
}

fn judge_files(sample: &Sample, states: &[Vec<Answer>], files: Files, n: u64, case: &str) -> Verdict {
    let writable = n % 4 != 3;
    let options = StoreOptions {
        writable,
        ..StoreOptions::default()
    };
    let mut sample = sample.clone();
    sample.config.writable = writable;
    let disk = Disk::new(files, DiskFault::None);
    let store = RedbStore::open_backends(disk.file(0), disk.file(1), options);
    let opened = store.and_then(|store| sample.open(Arc::new(store)));
    judge(&sample, states, opened, n.is_multiple_of(4), case)
}

fn damaged_files(sample: &Sample, closed: bool, count: u64) {
    let (files, states) = filled_files(sample, closed);
    let verdicts = for_cases(count * times(), |n, watchdog| {
        let mut random = Random::new(n);
        let mut files = files.clone();
        // A log whose last commits cannot be read looks as after a crash in the middle of them: the
        // state before is as right as can be.
        let file = usize::from(!closed && random.chance(50));
        let damage = damage_file(&mut files[file], &mut random);
        let case = format!("case {n}: file {file} {damage}");
        watchdog.begin(&case);
        judge_files(sample, &states, files, n, &case)
    });
    assert!(verdicts.iter().any(|v| v.refused));
    assert!(verdicts.iter().any(|v| v.sound));
    assert!(verdicts.iter().any(|v| v.failed > 0 && v.answered > 0));
}

#[test]
fn a_damaged_file_leads_to_no_wrong_answer() {
    damaged_files(&Sample::small(), true, 2000);
    damaged_files(&Sample::usual(), true, 200);
}

#[test]
fn a_damaged_root_of_the_file_leads_to_no_wrong_answer() {
    // redb's own table of tables: where it says that there is one, and where its root is.
    let sample = Sample::small();
    let (files, states) = filled_files(&sample, true);
    let file = &files[0];
    let name = b"entries";
    let is_live = |at: &usize| {
        let mut files = files.clone();
        files[0][*at] = b'E';
        silence_redb();
        judge_files(&sample, &states, files, 3, "another name").refused
    };
    let places = (0..file.len() - name.len()).filter(|at| file[*at..].starts_with(name));
    let live: Vec<usize> = places.filter(is_live).collect();
    assert!(!live.is_empty());
    let bits = live.iter().flat_map(|at| (at - 32) * 8..(at + 80) * 8);
    let bits: Vec<u64> = bits.map(|b| b as u64).collect();
    for_cases(bits.len() as u64, |n, watchdog| {
        let bit = bits[n as usize];
        let mut files = files.clone();
        flip(&mut files[0], bit);
        let case = format!("bit {bit} flipped");
        watchdog.begin(&case);
        judge_files(&sample, &states, files, n, &case)
    });
}

#[test]
fn a_file_damaged_in_a_crash_leads_to_no_wrong_answer() {
    damaged_files(&Sample::small(), false, 400);
}
