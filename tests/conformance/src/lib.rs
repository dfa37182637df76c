//! The store conformance kit: one check per line of the [`KvBackend`] contract, the same for every
//! store. [`store_conformance!`] turns it into tests.
//!
//! Each check gets an empty store of its own. Only what the trait promises is checked here; what a
//! store adds (files, locks, crash behaviour) is tested beside that store. In the browser, where a test is no
//! function of a test binary, [`ASYNC_CHECKS`] lists them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::kv::{Durability, KvBackend, WriteBatch};
use std::{future::Future, pin::Pin};

const BOTH: [Durability; 2] = [Durability::Sync, Durability::Relaxed];

fn puts(entries: &[(&[u8], &[u8])]) -> WriteBatch {
    let mut batch = WriteBatch::default();
    for (key, value) in entries {
        batch.put(key.to_vec(), value.to_vec());
    }
    batch
}

fn keys(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<&[u8]> {
    entries.iter().map(|(k, _)| k.as_slice()).collect()
}

/// `get_many`: values in the order of the keys, `None` where there is none, repeated keys repeated.
pub async fn get_many_answers_in_the_order_asked(store: &dyn KvBackend) {
    let batch = puts(&[(b"a", b"1"), (b"b", b"2"), (b"c", b"")]);
    store.commit(batch, Durability::Sync).await.unwrap();
    let asked = [b"c", b"x", b"a", b"a"].map(|k| k.to_vec());
    let got = store.get_many(&asked).await.unwrap();
    let expected = [Some(vec![]), None, Some(b"1".to_vec()), Some(b"1".to_vec())];
    assert_eq!(got, expected);
    assert!(store.get_many(&[]).await.unwrap().is_empty());
}

/// An empty store answers, it does not fail.
pub async fn an_empty_store_answers(store: &dyn KvBackend) {
    assert_eq!(store.get_many(&[b"a".to_vec()]).await.unwrap(), [None]);
    assert!(store.scan(b"", b"\xff", 10).await.unwrap().is_empty());
}

/// Keys order bytewise: as unsigned bytes, a prefix before its extensions.
pub async fn keys_order_bytewise(store: &dyn KvBackend) {
    let ordered: [&[u8]; 8] = [
        b"\x00",
        b"\x00\x00",
        b"\x00\x01",
        b"a",
        b"a\x00",
        b"b",
        b"\x7f",
        b"\x80\xff",
    ];
    let mut batch = WriteBatch::default();
    for key in ordered.iter().rev() {
        batch.put(key.to_vec(), key.to_vec());
    }
    store.commit(batch, Durability::Sync).await.unwrap();
    let all = store.scan(b"\x00", b"\xff", usize::MAX).await.unwrap();
    assert_eq!(keys(&all), ordered);
    assert!(all.iter().all(|(k, v)| k == v));
}

/// `scan`: from inclusive, to exclusive, at most `limit`, nothing for an empty or reversed range.
pub async fn scan_keeps_its_bounds(store: &dyn KvBackend) {
    let batch = puts(&[
        (b"a", b""),
        (b"b", b""),
        (b"b\x00", b""),
        (b"c", b""),
        (b"d", b""),
    ]);
    store.commit(batch, Durability::Sync).await.unwrap();
    let scan = async |from: &[u8], to: &[u8], limit| store.scan(from, to, limit).await.unwrap();
    assert_eq!(keys(&scan(b"b", b"d", 100).await), [&b"b"[..], b"b\x00", b"c"]);
    assert_eq!(keys(&scan(b"b", b"d", 2).await), [&b"b"[..], b"b\x00"]);
    assert_eq!(keys(&scan(b"aa", b"cc", 100).await), [&b"b"[..], b"b\x00", b"c"]);
    assert!(scan(b"b", b"d", 0).await.is_empty());
    assert!(scan(b"b", b"b", 100).await.is_empty());
    assert!(scan(b"d", b"b", 100).await.is_empty());
}

/// A read that starts after a commit returned sees it, whatever its durability.
pub async fn reads_see_earlier_commits(store: &dyn KvBackend) {
    for (round, durability) in BOTH.into_iter().cycle().take(6).enumerate() {
        let value = [round as u8];
        store.commit(puts(&[(b"k", &value)]), durability).await.unwrap();
        let got = store.get_many(&[b"k".to_vec()]).await.unwrap();
        assert_eq!(got, [Some(value.to_vec())]);
        let got = store.scan(b"k", b"l", 1).await.unwrap();
        assert_eq!(got, [(b"k".to_vec(), value.to_vec())]);
    }
}

/// A put replaces, a delete removes, and deleting what is not there is no error.
pub async fn puts_replace_and_deletes_remove(store: &dyn KvBackend) {
    for durability in BOTH {
        let batch = puts(&[(b"a", b"old"), (b"b", b"old")]);
        store.commit(batch, durability).await.unwrap();
        let mut batch = puts(&[(b"a", b"new and longer")]);
        batch.delete(b"b".to_vec());
        batch.delete(b"never there".to_vec());
        store.commit(batch, durability).await.unwrap();
        let all = store.scan(b"", b"\xff", 10).await.unwrap();
        assert_eq!(all, [(b"a".to_vec(), b"new and longer".to_vec())]);
    }
}

/// Deleted ranges come before the puts of the same batch, and end before their upper bound.
pub async fn deleted_ranges_come_first(store: &dyn KvBackend) {
    let batch = puts(&[
        (b"a", b"1"),
        (b"b", b"1"),
        (b"c", b"1"),
        (b"d", b"1"),
        (b"e", b"1"),
    ]);
    store.commit(batch, Durability::Sync).await.unwrap();
    let mut batch = puts(&[(b"c", b"2"), (b"bb", b"2")]);
    batch.delete_range(b"b".to_vec(), b"d".to_vec());
    batch.delete_range(b"e".to_vec(), b"f".to_vec());
    batch.delete_range(b"z".to_vec(), b"a".to_vec());
    store.commit(batch, Durability::Sync).await.unwrap();
    let all = store.scan(b"", b"\xff", 10).await.unwrap();
    assert_eq!(keys(&all), [&b"a"[..], b"bb", b"c", b"d"]);
    assert_eq!(all[2].1, b"2");
}

/// A batch that changes nothing is no error.
pub async fn an_empty_batch_is_allowed(store: &dyn KvBackend) {
    for durability in BOTH {
        store.commit(WriteBatch::default(), durability).await.unwrap();
        store.commit(puts(&[(b"a", b"1")]), durability).await.unwrap();
        store.commit(WriteBatch::default(), durability).await.unwrap();
    }
    let got = store.get_many(&[b"a".to_vec()]).await.unwrap();
    assert_eq!(got, [Some(b"1".to_vec())]);
}

/// Values of any size come back as they went in, the empty one too.
pub async fn values_of_every_size_come_back(store: &dyn KvBackend) {
    let value = |size: usize| (0..size).map(|i| (i * 31 % 251) as u8).collect::<Vec<u8>>();
    let sizes = [0, 1, 100, 4_095, 4_096, 4_097, 70_000, 3_000_000];
    for (i, size) in sizes.into_iter().enumerate() {
        let batch = puts(&[(&[i as u8], &value(size))]);
        store.commit(batch, BOTH[i % 2]).await.unwrap();
    }
    let asked: Vec<Vec<u8>> = (0..sizes.len()).map(|i| vec![i as u8]).collect();
    let got = store.get_many(&asked).await.unwrap();
    for (got, size) in got.into_iter().zip(sizes) {
        assert!(got == Some(value(size)), "value of {size} bytes");
    }
}

/// A few thousand entries over many commits: what a map holds, the store holds.
pub async fn many_commits_add_up(store: &dyn KvBackend) {
    let mut model = std::collections::BTreeMap::new();
    let mut seed = 7u64;
    let mut random = move |bound: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % bound
    };
    for round in 0..60 {
        let mut batch = WriteBatch::default();
        if random(4) == 0 {
            let (from, to) = (random(2_000), random(2_000));
            let (from, to) = (key(from.min(to)), key(from.max(to)));
            model.retain(|k, _| *k < from || *k >= to);
            batch.delete_range(from, to);
        }
        for _ in 0..random(200) {
            let key = key(random(2_000));
            if random(5) == 0 && !batch.changes.contains_key(&key) {
                model.remove(&key);
                batch.delete(key);
            } else {
                let value = vec![round as u8; random(300) as usize];
                model.insert(key.clone(), value.clone());
                batch.put(key, value);
            }
        }
        store.commit(batch, BOTH[round % 2]).await.unwrap();
    }
    let all = store.scan(b"", b"\xff", usize::MAX).await.unwrap();
    assert!(all.into_iter().eq(model), "the store differs from the model");

    fn key(i: u64) -> Vec<u8> {
        format!("key {i}").into_bytes()
    }
}

/// A batch is applied whole: a scan on another thread sees all of its puts or none.
///
/// Blocking, for stores whose futures are ready at once.
pub fn batches_are_atomic_for_concurrent_readers(store: &dyn KvBackend, wait: Wait) {
    const KEYS: u8 = 50;
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for round in 0u8..100 {
                let mut batch = WriteBatch::default();
                (0..KEYS).for_each(|k| batch.put(vec![k], vec![round]));
                wait(Box::pin(async move {
                    let durability = BOTH[usize::from(round % 10 != 0)];
                    store.commit(batch, durability).await.unwrap();
                }));
            }
        });
        let mut last = 0;
        while !writer.is_finished() {
            wait(Box::pin(async {
                let all = store.scan(&[0], &[KEYS], usize::MAX).await.unwrap();
                let rounds: Vec<u8> = all.iter().map(|(_, v)| v[0]).collect();
                assert!(
                    rounds.is_empty() || rounds.len() == usize::from(KEYS),
                    "part of a batch"
                );
                assert!(
                    rounds.iter().all(|r| *r == rounds[0]),
                    "two batches mixed: {rounds:?}"
                );
                let round = rounds.first().copied().unwrap_or(0);
                assert!(round >= last, "went back from {last} to {round}");
                last = round;
            }));
        }
    });
}

/// Waits for one of the kit's futures on the calling thread.
pub type Wait = fn(Pin<Box<dyn Future<Output = ()> + '_>>);

/// A check of the kit that may wait for its store; it panics if the store breaks its contract.
pub type Check = for<'a> fn(&'a dyn KvBackend) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Calls a macro with what it is given and then the names of all checks that may wait.
#[doc(hidden)]
#[macro_export]
macro_rules! with_async_checks {
    ($($then:ident)::+ ! ($($given:tt)*)) => {
        $($then)::+! { $($given)*
            get_many_answers_in_the_order_asked, an_empty_store_answers, keys_order_bytewise,
            scan_keeps_its_bounds, reads_see_earlier_commits, puts_replace_and_deletes_remove,
            deleted_ranges_come_first, an_empty_batch_is_allowed, values_of_every_size_come_back,
            many_commits_add_up
        }
    };
}

macro_rules! list {
    ($($check:ident),*) => {
        /// All checks that may wait, with their names.
        pub const ASYNC_CHECKS: &[(&str, Check)] = &[
            $((stringify!($check), |store| Box::pin($check(store)))),*
        ];
    };
}

with_async_checks!(list!());

/// One test per check that may wait; `$wait` runs a future to its end.
#[doc(hidden)]
#[macro_export]
macro_rules! async_tests {
    ($make:expr, $wait:path; $($check:ident),*) => {
        $(
            #[test]
            fn $check() {
                let store = $make();
                $wait($crate::$check(&*store));
            }
        )*
    };
}

/// One test per line of the store contract.
///
/// `$make` is called for every test and returns a guard that dereferences to the empty store; it is
/// dropped when the test ends (and takes a temporary directory with it, for instance). `$wait` is a function that runs a
/// future to its end.
#[macro_export]
macro_rules! store_conformance {
    ($make:expr, $wait:path) => {
        $crate::with_async_checks!($crate::async_tests!($make, $wait;));

        #[test]
        fn batches_are_atomic_for_concurrent_readers() {
            let store = $make();
            $crate::batches_are_atomic_for_concurrent_readers(&*store, |f| $wait(f));
        }
    };
}
