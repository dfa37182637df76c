//! Salvage: whatever is damaged, what comes out is a sound database of rows that were there, and the
//! report says what is not.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::Database as Native;
use amphi_core::Error;
use amphi_core::database::{Database, SalvageReport, salvage};
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_tests::block_on::block_on;
use amphi_tests::damage::{Sample, TABLES, ask};
use amphi_tests::pending_store::PendingStore;
use amphi_tests::random::Random;
use amphi_tests::sql_client::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

fn filled(sample: &Sample) -> (Entries, Database) {
    let store = Arc::new(MemoryStore::new());
    let db = sample.open(store.clone()).unwrap();
    sample.fill(&db);
    sample.finish(&db);
    (store.entries(), db)
}

/// All rows of a table as texts.
fn rows(db: &Database, table: &str) -> Option<BTreeSet<String>> {
    match ask(db, &format!("SELECT * FROM {table}")) {
        Ok(Answer::Rows { rows, .. }) => Some(rows.iter().map(|r| format!("{r:?}")).collect()),
        Err(Error::Unknown { .. }) => None,
        other => panic!("{table}: {other:?}"),
    }
}

/// Salvages the entries, and requires that the result is sound and holds rows that were there.
fn save(sample: &Sample, entries: Entries, original: &Database, case: &str) -> (Database, SalvageReport) {
    let source = PendingStore::new(Arc::new(MemoryStore::with_entries(entries)));
    let target = Arc::new(MemoryStore::new());
    let report = block_on(salvage(&source, &*target, &sample.config)).unwrap();
    let db = sample.open(target).unwrap();
    let checked = block_on(db.check()).unwrap();
    assert!(checked.is_empty(), "{case}: {checked}\n{report}");
    for table in TABLES {
        let (all, saved) = (rows(original, table).unwrap(), rows(&db, table));
        let told = report.tables.iter().find(|t| t.name == format!("main.{table}"));
        assert_eq!(saved.is_some(), told.is_some(), "{case}");
        let (Some(saved), Some(told)) = (saved, told) else {
            continue;
        };
        assert!(saved.is_subset(&all), "{case}: rows that were never there");
        assert_eq!(saved.len() as u64, told.rows, "{case}");
        let lost = (all.len() - saved.len()) as u64;
        assert!(
            lost == 0 || told.lost_blocks > 0,
            "{case}: {lost} rows are missing, {report}"
        );
        assert!(
            lost >= told.lost_rows,
            "{case}: {lost} rows are missing, {report}"
        );
    }
    assert_eq!(
        report.tables.iter().map(|t| t.rows).sum::<u64>(),
        checked.rows,
        "{case}"
    );
    (db, report)
}

#[test]
fn nothing_of_an_undamaged_database_is_lost() {
    for sample in [Sample::small(), Sample::usual()] {
        let (entries, original) = filled(&sample);
        let (db, report) = save(&sample, entries, &original, "undamaged");
        assert_eq!(report.problems, []);
        assert_eq!(sample.answers(&db), sample.answers(&original));
        // It goes on as the original would: sequences, keys, foreign keys.
        ask(&db, "INSERT INTO sale (item) VALUES (1)").unwrap();
        assert!(matches!(
            ask(&db, "INSERT INTO sale (item) VALUES (-1)"),
            Err(Error::ForeignKeyViolated { .. })
        ));
        assert!(matches!(
            ask(&db, "INSERT INTO note (k) VALUES ('kEY 3001')"),
            Err(Error::DuplicateKey { .. })
        ));
    }
}

#[test]
fn one_damaged_entry_costs_its_own_rows_and_no_others() {
    let sample = Sample::small();
    let (entries, original) = filled(&sample);
    let all: BTreeMap<&str, usize> = TABLES
        .iter()
        .map(|t| (*t, rows(&original, t).unwrap().len()))
        .collect();
    for (key, value) in &entries {
        for damaged in [None, Some(&value[..value.len() - 1])] {
            let mut entries = entries.clone();
            match damaged {
                Some(value) => entries.insert(key.clone(), value.to_vec()),
                None => entries.remove(key),
            };
            let (db, report) = save(&sample, entries, &original, &format!("{key:02x?}"));
            let is_row_leaf = |t: &&&str| {
                let told = report
                    .tables
                    .iter()
                    .find(|s| s.name == format!("main.{t}"))
                    .unwrap();
                told.lost_rows > 0
            };
            match key[0] {
                // The definition is lost, the rows are not.
                0x04 => {
                    let lost: Vec<_> = report
                        .tables
                        .iter()
                        .filter(|t| t.name.contains("lost_"))
                        .collect();
                    assert_eq!((lost.len(), report.tables.len()), (1, 3), "{report}");
                    let rows: u64 = report.tables.iter().map(|t| t.rows).sum();
                    assert_eq!(rows as usize, all.values().sum::<usize>());
                    let first = format!("SELECT row_id, c1 FROM {} LIMIT 1", lost[0].name);
                    assert!(matches!(ask(&db, &first), Ok(Answer::Rows { rows, .. }) if rows.len() == 1));
                }
                // Every leaf can be found without the directory.
                0x10 if key[9] == 0 => {
                    let lost: Vec<_> = TABLES.iter().filter(is_row_leaf).collect();
                    assert!(lost.len() <= 1);
                    for t in TABLES.iter().filter(|t| !lost.contains(t)) {
                        assert_eq!(rows(&db, t).unwrap().len(), all[t]);
                    }
                    let total: usize = TABLES.iter().map(|t| rows(&db, t).unwrap().len()).sum();
                    let lost: u64 = report.tables.iter().map(|t| t.lost_rows).sum();
                    assert_eq!(total + lost as usize, all.values().sum::<usize>(), "{report}");
                }
                _ => assert_eq!(sample.answers(&db), sample.answers(&original), "{key:02x?}"),
            }
        }
    }
}

#[test]
fn any_damage_leaves_a_sound_database() {
    let sample = Sample::small();
    let (whole, original) = filled(&sample);
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let mut entries = whole.clone();
        let keys: Vec<Vec<u8>> = whole.keys().cloned().collect();
        for _ in 0..=random.below(30) {
            let key = random.pick(&keys).unwrap();
            match random.below(4) {
                0 => drop(entries.remove(key)),
                // Another entry's value, or an entry in the wrong place.
                1 => drop(entries.insert(key.clone(), whole[random.pick(&keys).unwrap()].clone())),
                2 => {
                    let mut other = key.clone();
                    let at = random.below(other.len() as u64) as usize;
                    other[at] ^= 1 << random.below(8);
                    entries.insert(other, whole[key].clone());
                }
                _ => {
                    if let Some(value) = entries.get_mut(key) {
                        let at = random.below(value.len() as u64) as usize;
                        value[at] ^= 1 << random.below(8);
                    }
                }
            }
        }
        save(&sample, entries, &original, &format!("seed {seed}"));
    }
}

#[test]
fn damaged_stores_are_saved_into_empty_ones_only() {
    let sample = Sample::small();
    let (entries, _) = filled(&sample);
    let source = MemoryStore::with_entries(entries);
    let taken = MemoryStore::new();
    block_on(salvage(&source, &taken, &sample.config)).unwrap();
    let before = taken.entries();
    let refused = block_on(salvage(&source, &taken, &sample.config));
    assert!(matches!(refused, Err(Error::Invalid { .. })));
    assert_eq!(taken.entries(), before);
}

/// Writes a database of some megabytes, and returns the sum of a column.
fn fill_native(directory: &Path) -> Native {
    let db = Native::open(directory).unwrap();
    db.execute_script(
        "CREATE TABLE a (id INT PRIMARY KEY, t TEXT UNIQUE, n INT, INDEX (n)) ENGINE = persistent;
         CREATE TABLE b (id INT PRIMARY KEY, a INT REFERENCES a (id), d DECIMAL(8,2)) ENGINE = dual;",
    )
    .unwrap();
    db.transaction(|tx| {
        let a = tx.prepare("INSERT INTO a VALUES (?, ?, ?)")?;
        let b = tx.prepare("INSERT INTO b VALUES (?, ?, 1.25)")?;
        for i in 0..4000 {
            a.execute((i, format!("row {i} {}", "x".repeat(60)), i % 10))?;
            b.execute((i, i))?;
        }
        Ok(())
    })
    .unwrap();
    db
}

fn sound(directory: &Path) -> Native {
    let db = Native::open(directory).unwrap();
    let report = db.check().unwrap();
    assert!(report.is_empty(), "{report}");
    db
}

fn number(db: &Native, sql: &str) -> i64 {
    db.query_row(sql, ()).unwrap().get(0).unwrap()
}

#[test]
fn a_damaged_file_is_saved_as_far_as_redb_reads_it() {
    let temporary = tempfile::tempdir().unwrap();
    let source = temporary.path().join("source");
    fill_native(&source).close().unwrap();
    let file = source.join("amphi.redb");
    let whole = std::fs::read(&file).unwrap();
    let mut saved_in_part = 0;
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let mut bytes = whole.clone();
        for _ in 0..3 {
            let page = 4096 * random.below(bytes.len() as u64 / 4096) as usize;
            bytes[page + 100..page + 140].fill(0x5a);
        }
        std::fs::write(&file, &bytes).unwrap();
        let new = temporary.path().join(format!("new{seed}"));
        match Native::salvage(&source, &new) {
            Ok(report) => {
                let left: Vec<_> = std::fs::read_dir(&new)
                    .unwrap()
                    .map(|e| e.unwrap().file_name())
                    .collect();
                assert!(!left.contains(&"damaged".into()), "{left:?}");
                let db = sound(&new);
                for table in &report.tables {
                    let n = number(&db, &format!("SELECT count(*) FROM {}", table.name));
                    assert_eq!(n as u64, table.rows);
                    assert!(table.rows <= 4000);
                    saved_in_part += u64::from(table.rows < 4000 && table.rows > 0);
                    if table.name == "main.a" {
                        let wrong = "SELECT count(*) FROM a WHERE n <> id % 10 OR t NOT LIKE concat('row ', id, ' xxx%')";
                        assert_eq!(number(&db, wrong), 0);
                    }
                }
            }
            Err(Error::Store { message }) => {
                assert!(
                    message.contains("redb") && message.contains("amphi.redb"),
                    "{message}"
                );
                assert!(!new.exists());
            }
            Err(other) => panic!("{other:?}"),
        }
        // The damaged file is as it was.
        assert!(std::fs::read(&file).unwrap() == bytes);
    }
    assert!(saved_in_part > 0, "no case damages a part only");
    std::fs::write(&file, b"not a redb file").unwrap();
    let refused = Native::salvage(&source, temporary.path().join("none")).unwrap_err();
    assert!(
        matches!(&refused, Error::Store { message } if message.contains("nothing can be saved")),
        "{refused}"
    );
}

#[test]
fn commits_before_the_damage_of_the_log_are_saved() {
    let temporary = tempfile::tempdir().unwrap();
    let (source, image) = (temporary.path().join("source"), temporary.path().join("image"));
    let db = Native::open(&source).unwrap();
    db.execute(
        "CREATE TABLE t (a INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true)",
        (),
    )
    .unwrap();
    for a in 0..50 {
        db.execute("INSERT INTO t VALUES (?)", (a,)).unwrap();
    }
    assert_eq!(
        Native::salvage(&source, temporary.path().join("open")),
        Err(Error::Locked {
            path: source.to_str().unwrap().to_owned()
        })
    );
    // As a power failure leaves it.
    std::fs::create_dir(&image).unwrap();
    for name in ["amphi.redb", "amphi.wal"] {
        std::fs::copy(source.join(name), image.join(name)).unwrap();
    }
    let undamaged = Native::salvage(&image, temporary.path().join("undamaged")).unwrap();
    assert_eq!((undamaged.tables[0].rows, undamaged.problems.len()), (50, 0));
    let log = image.join("amphi.wal");
    let mut bytes = std::fs::read(&log).unwrap();
    let end = bytes.iter().rposition(|b| *b != 0).unwrap();
    bytes[end / 2] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    assert!(matches!(Native::open(&image), Err(Error::Store { .. })));
    let new = temporary.path().join("new");
    let report = Native::salvage(&image, &new).unwrap();
    assert!(
        report.problems.iter().any(|p| p.message.contains("log")),
        "{report}"
    );
    let saved = number(&sound(&new), "SELECT count(*) FROM t WHERE a < 50") as u64;
    assert!(
        saved == report.tables[0].rows && saved > 5 && saved < 50,
        "{report}"
    );
    drop(db);
}

#[test]
fn a_store_that_fails_in_places_is_read_around_them() {
    // A store that answers no question about some keys, as a file with unreadable sectors.
    struct Holes(MemoryStore, BTreeSet<Vec<u8>>);
    impl KvBackend for Holes {
        fn get_many<'a>(
            &'a self,
            keys: &'a [Vec<u8>],
        ) -> amphi_core::kv::StoreFuture<'a, Vec<Option<Vec<u8>>>> {
            if keys.iter().any(|k| self.1.contains(k)) {
                return Box::pin(std::future::ready(Err(Error::store("a bad sector"))));
            }
            self.0.get_many(keys)
        }
        fn scan<'a>(
            &'a self,
            from: &'a [u8],
            to: &'a [u8],
            limit: usize,
        ) -> amphi_core::kv::StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
            let found = block_on(self.0.scan(from, to, limit)).unwrap();
            if found.iter().any(|(k, _)| self.1.contains(k)) {
                return Box::pin(std::future::ready(Err(Error::store("a bad sector"))));
            }
            Box::pin(std::future::ready(Ok(found)))
        }
        fn commit<'a>(
            &'a self,
            _: amphi_core::kv::WriteBatch,
            _: amphi_core::kv::Durability,
        ) -> amphi_core::kv::StoreFuture<'a, ()> {
            panic!("a damaged store is not written to")
        }
    }
    let sample = Sample::small();
    let (entries, original) = filled(&sample);
    let leaves: Vec<Vec<u8>> = entries
        .keys()
        .filter(|k| k[0] == 0x10 && k[9] == 0)
        .cloned()
        .collect();
    let holes = Holes(
        MemoryStore::with_entries(entries),
        leaves.iter().step_by(5).cloned().collect(),
    );
    let target = Arc::new(MemoryStore::new());
    let report = block_on(salvage(&holes, &*target, &sample.config)).unwrap();
    let db = sample.open(target).unwrap();
    assert!(block_on(db.check()).unwrap().is_empty());
    for table in TABLES {
        let (all, saved) = (rows(&original, table).unwrap(), rows(&db, table).unwrap());
        let told = report
            .tables
            .iter()
            .find(|t| t.name == format!("main.{table}"))
            .unwrap();
        assert!(saved.is_subset(&all) && saved.len() < all.len() && !saved.is_empty());
        assert_eq!(saved.len() as u64 + told.lost_rows, all.len() as u64);
    }
}
