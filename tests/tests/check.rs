//! The integrity check: it names every damaged, lost and foreign entry of the store, and disturbs
//! nobody.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi_core::database::{CheckReport, Database};
use amphi_core::kv::{Durability, KvBackend, MemoryStore, WriteBatch};
use amphi_core::session::Params;
use amphi_tests::block_on::block_on;
use amphi_tests::placements::TestPlacement;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::{Layout, TestBed};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const STORED: [TestPlacement; 2] = [TestPlacement::Persistent, TestPlacement::Dual];

fn run(db: &Database, sql: &str) {
    let mut session = db.session();
    block_on(async {
        let outcome = session.execute(sql, &Params::None).await.unwrap();
        collect(outcome).await.unwrap();
    });
}

/// A store with two tables and their indexes, of several leaves and directory pages each.
fn filled(placement: TestPlacement) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let db = placement.open(Some(store.clone())).unwrap();
    for t in ["t", "u"] {
        let create = format!("CREATE TABLE {t} (id INT PRIMARY KEY, a TEXT UNIQUE, b INT, INDEX by_b (b))");
        run(&db, &placement.statement(&create));
        let values: Vec<String> = (1..60).map(|i| format!("({i}, 'a{i}', {})", i % 7)).collect();
        run(&db, &format!("INSERT INTO {t} VALUES {}", values.join(", ")));
    }
    block_on(db.close()).unwrap();
    store
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|b| format!("{b:02x}")).collect()
}

fn put(store: &MemoryStore, key: &[u8], value: Option<&[u8]>) {
    let mut batch = WriteBatch::default();
    match value {
        Some(value) => batch.put(key.to_vec(), value.to_vec()),
        None => batch.delete(key.to_vec()),
    }
    block_on(store.commit(batch, Durability::Sync)).unwrap();
}

fn check(db: &Database) -> CheckReport {
    block_on(db.check()).unwrap()
}

#[test]
fn every_damaged_or_lost_entry_is_named_among_all_others() {
    for placement in STORED {
        let store = filled(placement);
        let db = placement.open(Some(store.clone())).unwrap();
        let whole = check(&db);
        assert!(whole.is_empty(), "{whole}");
        assert_eq!((whole.tables, whole.indexes, whole.rows), (2, 4, 118));
        let entries: BTreeMap<Vec<u8>, Vec<u8>> = store.entries();
        assert_eq!(whole.blocks as usize, entries.len());
        for (key, value) in &entries {
            let mut flipped = value.clone();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 0x10;
            for damaged in [None, Some(flipped.as_slice()), Some(&value[..value.len() - 1])] {
                put(&store, key, damaged);
                let report = check(&db);
                let named = report
                    .problems
                    .iter()
                    .filter(|p| p.key.as_deref() == Some(&hex(key)));
                assert!(named.count() > 0, "{}: {report}", hex(key));
                let others = report
                    .problems
                    .iter()
                    .filter(|p| p.key.as_deref() != Some(&hex(key)));
                assert_eq!(others.collect::<Vec<_>>(), Vec::<&_>::new());
                put(&store, key, Some(value));
            }
        }
        assert!(check(&db).is_empty());
    }
}

#[test]
fn all_damage_is_reported_not_only_the_first() {
    for placement in STORED {
        let store = filled(placement);
        let db = placement.open(Some(store.clone())).unwrap();
        let leaves: Vec<_> = store
            .entries()
            .into_iter()
            .filter(|(k, _)| k[0] == 0x10 && k[9] == 0)
            .collect();
        for (key, value) in leaves.iter().step_by(3) {
            put(&store, key, Some(&value[1..]));
        }
        let report = check(&db);
        for (key, _) in leaves.iter().step_by(3) {
            assert!(
                report
                    .problems
                    .iter()
                    .any(|p| p.key.as_deref() == Some(&hex(key))),
                "{report}"
            );
        }
    }
}

#[test]
fn entries_that_belong_to_nothing_are_named() {
    for placement in STORED {
        let store = filled(placement);
        let db = placement.open(Some(store.clone())).unwrap();
        let key_of = |level: u8| {
            let entries = store.entries();
            entries
                .into_keys()
                .find(|k| k[0] == 0x10 && k[9] == level)
                .unwrap()
        };
        let another_leaf = [&key_of(0)[..], &[1]].concat();
        let another_page = [&key_of(1)[..], &[1]].concat();
        let another_tree = [&[0x10], &77u64.to_be_bytes()[..], &[0]].concat();
        for stray in [
            &another_leaf,
            &another_page,
            &another_tree,
            &vec![0],
            &vec![0x20, 1],
            &vec![4, 1],
        ] {
            put(&store, stray, Some(b"stray"));
            let report = check(&db);
            let keys: Vec<_> = report.problems.iter().map(|p| p.key.clone()).collect();
            assert_eq!(keys, [Some(hex(stray))], "{report}");
            put(&store, stray, None);
        }
    }
}

#[test]
fn a_block_of_another_moment_is_noticed() {
    // The same key, a good checksum, and rows that were there once.
    for placement in STORED {
        let store = filled(placement);
        let db = placement.open(Some(store.clone())).unwrap();
        let before = store.entries();
        run(&db, "UPDATE t SET b = 1000, a = 'other' WHERE id = 30");
        block_on(db.flush()).unwrap();
        let now = store.entries();
        let (key, old) = before
            .iter()
            .find(|(k, v)| k[0] == 0x10 && now.get(*k).is_some_and(|n| n != *v))
            .unwrap();
        drop(db);
        put(&store, key, Some(old));
        let db = placement.open(Some(store.clone())).unwrap();
        let report = check(&db);
        assert!(
            report
                .problems
                .iter()
                .any(|p| p.message.contains("index") || p.message.contains("entries")),
            "{report}"
        );
    }
}

#[test]
fn a_check_goes_on_while_tables_change_move_and_go() {
    for layout in [Layout::Plain, Layout::PlainPending] {
        let bed = TestBed::new(layout);
        let mut client = bed.relaxed_client();
        let table =
            |engine: &str| format!("CREATE TABLE t (id INT PRIMARY KEY, a INT, INDEX (a)) ENGINE = {engine}");
        client.ok(&table("persistent"));
        client.ok("CREATE TABLE stays (id INT PRIMARY KEY, a INT, INDEX (a)) ENGINE = dual");
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let checks = scope.spawn(|| {
                let mut checks = 0;
                while !over.load(Ordering::Relaxed) {
                    let report = check(&bed.db);
                    assert!(report.is_empty(), "{report}");
                    checks += 1;
                }
                checks
            });
            for round in 0..40 {
                let values: Vec<String> = (0..40).map(|i| format!("({}, {i})", round * 40 + i)).collect();
                client.ok(&format!("INSERT INTO t VALUES {}", values.join(", ")));
                client.ok(&format!("INSERT INTO stays VALUES {}", values.join(", ")));
                client.ok(&format!("UPDATE t SET a = a + 1 WHERE a % 5 = {}", round % 5));
                client.ok("DELETE FROM stays WHERE a < 35");
                match round % 4 {
                    0 => client.ok("ALTER TABLE t SET (persistent = false)"),
                    1 => client.ok("ALTER TABLE t SET (persistent = true)"),
                    2 => client.all(&["DROP TABLE t", &table("dual")]),
                    _ => block_on(bed.db.flush()).unwrap(),
                }
            }
            over.store(true, Ordering::Relaxed);
            assert!(checks.join().unwrap() > 0);
        });
        bed.check();
    }
}
