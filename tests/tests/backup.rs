//! Backups: a copy is a sound database that equals one snapshot, whatever goes on meanwhile; and
//! compaction keeps everything.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::{Config, Database as Native, Error, Value};
use amphi_core::database::Database;
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_tests::block_on::block_on;
use amphi_tests::crash_store::{CrashStore, Entries, Faults};
use amphi_tests::damage::{Sample, ask};
use amphi_tests::medium::Medium;
use amphi_tests::pending_store::PendingStore;
use amphi_tests::sql_client::Answer;
use amphi_tests::test_bed::{Layout, TestBed};
use amphi_tests::transfers::{TOTAL, copy_meanwhile, total};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A filled database over a store that answers `Pending` first, and that store.
fn filled(sample: &Sample) -> (Arc<MemoryStore>, Database) {
    let store = Arc::new(MemoryStore::new());
    let db = sample.open(Arc::new(PendingStore::new(store.clone()))).unwrap();
    ask(&db, "CREATE TABLE scratch (id INT PRIMARY KEY)").unwrap();
    sample.fill(&db);
    sample.finish(&db);
    (store, db)
}

fn sound(db: &Database) {
    let report = block_on(db.check()).unwrap();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_copy_is_the_database_and_can_be_used_as_one() {
    for sample in [Sample::small(), Sample::usual()] {
        let (store, db) = filled(&sample);
        let copy = Arc::new(MemoryStore::new());
        let report = block_on(db.backup(&PendingStore::new(copy.clone()))).unwrap();
        // Nothing is on its way, so the copy is the store itself, byte by byte.
        assert_eq!(copy.entries(), store.entries());
        assert_eq!((report.tables, report.entries), (3, copy.entries().len() as u64));

        let copied = sample.open(copy).unwrap();
        sound(&copied);
        assert_eq!(sample.answers(&copied), sample.answers(&db));
        assert!(matches!(
            ask(&copied, "SELECT * FROM scratch"),
            Err(Error::Unknown { .. })
        ));
        // Sequences, keys and foreign keys go on where they were; the two are apart.
        ask(&copied, "INSERT INTO sale (item) VALUES (1)").unwrap();
        let Answer::Rows { rows, .. } = ask(&copied, "SELECT MAX(id) FROM sale").unwrap() else {
            panic!("no rows")
        };
        assert_eq!(rows[0][0], Value::Int(sample.rows as i64 + 1));
        let dangling = ask(&copied, "INSERT INTO sale (item) VALUES (-1)");
        assert!(
            matches!(dangling, Err(Error::ForeignKeyViolated { .. })),
            "{dangling:?}"
        );
        sound(&copied);
        sound(&db);
    }
}

#[test]
fn commits_that_are_not_yet_written_are_part_of_a_copy() {
    let bed = TestBed::new(Layout::Plain);
    let mut client = bed.relaxed_client();
    client.ok("CREATE TABLE t (id INT PRIMARY KEY, a TEXT UNIQUE) ENGINE = persistent");
    let before = bed.entries();
    client.ok("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    assert_eq!(bed.entries(), before, "nothing is written yet");
    let copy = Arc::new(MemoryStore::new());
    block_on(bed.db.backup(&*copy)).unwrap();
    let copied = Sample::small().open(copy).unwrap();
    sound(&copied);
    let Answer::Rows { rows, .. } = ask(&copied, "SELECT a FROM t ORDER BY id").unwrap() else {
        panic!("no rows")
    };
    assert_eq!(rows, [[Value::Text("x".into())], [Value::Text("y".into())]]);
}

#[test]
fn a_copy_that_fails_is_no_database() {
    let mut sample = Sample::small();
    sample.config.write_ahead_bytes = 500;
    let (_, db) = filled(&sample);
    let whole = Arc::new(CrashStore::new(Entries::new(), Faults::None));
    block_on(db.backup(&*whole)).unwrap();
    let calls = whole.calls();
    assert!(calls > 10, "the copy is made in several batches");
    for call in 0..calls {
        let target = Arc::new(CrashStore::new(Entries::new(), Faults::Once(call)));
        assert!(matches!(block_on(db.backup(&*target)), Err(Error::Store { .. })));
        target.set_counting(false);
        let is_empty = block_on(target.scan(&[], &[0xff], 1)).unwrap().is_empty();
        if !is_empty {
            assert!(matches!(
                sample.open(target.clone()).err(),
                Some(Error::NotAStore { .. })
            ));
            assert!(matches!(
                block_on(db.backup(&*target)),
                Err(Error::Invalid { .. })
            ));
        }
    }
    // Nor is one that a crash cut short.
    let images = whole.images();
    for image in &images[1..images.len() - 1] {
        let store = Arc::new(CrashStore::new(image.entries.clone(), Faults::None));
        assert!(matches!(sample.open(store).err(), Some(Error::NotAStore { .. })));
    }
}

#[test]
fn copies_made_while_writers_go_on_are_snapshots() {
    copy_meanwhile("dual", |db| {
        let copy = Arc::new(MemoryStore::new());
        block_on(db.backup(&*copy)).unwrap();
        let copied = Sample::small().open(copy).unwrap();
        sound(&copied);
        let Answer::Rows { rows, .. } = ask(&copied, TOTAL).unwrap() else {
            panic!("no rows")
        };
        assert_eq!(rows[0][0].to_string(), total());
    });
}

fn native(directory: &Path) -> Native {
    Native::open(directory).unwrap()
}

fn fill(db: &Native) {
    db.execute(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a TEXT, INDEX (a)) ENGINE = persistent",
        (),
    )
    .unwrap();
    let insert = db.prepare("INSERT INTO t (a) VALUES (?)").unwrap();
    db.transaction(|tx| {
        let insert = tx.prepare("INSERT INTO t (a) VALUES (?)")?;
        (0..3000).try_for_each(|i| insert.execute((format!("{i} {}", "x".repeat(200)),)).map(|_| ()))
    })
    .unwrap();
    insert.execute(("last",)).unwrap();
}

fn count(db: &Native) -> i64 {
    db.query_row("SELECT count(*) FROM t", ())
        .unwrap()
        .get(0)
        .unwrap()
}

#[test]
fn a_directory_is_copied_only_into_a_new_or_empty_one() {
    let temporary = tempfile::tempdir().unwrap();
    let (source, target) = (temporary.path().join("source"), temporary.path().join("target"));
    let db = native(&source);
    fill(&db);
    std::fs::create_dir(&target).unwrap();
    let report = db.backup(&target).unwrap();
    assert_eq!((report.tables, report.rows), (1, 3001));
    let copy = native(&target);
    assert!(copy.check().unwrap().is_empty());
    assert_eq!(count(&copy), 3001);

    for taken in [&target, &source] {
        let refused = db.backup(taken).unwrap_err();
        assert!(matches!(&refused, Error::Exists { name, .. } if name.contains(taken.to_str().unwrap())));
    }
    let file = temporary.path().join("file");
    std::fs::write(&file, "x").unwrap();
    assert!(matches!(db.backup(&file), Err(Error::NotAStore { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), b"x");
    assert_eq!(count(&copy), 3001);
    drop(copy);

    assert!(matches!(
        Native::memory().unwrap().backup(temporary.path().join("m")),
        Err(Error::Invalid { .. })
    ));
    db.close().unwrap();
    assert_eq!(db.backup(temporary.path().join("closed")), Err(Error::Closed));
    assert!(!temporary.path().join("closed").exists());
    // A database that is only read can be copied as well.
    let read_only = Native::from_config(Config {
        data_dir: source.to_str().unwrap().to_owned(),
        writable: false,
        ..Config::default()
    })
    .unwrap();
    assert_eq!(
        read_only.backup(temporary.path().join("second")).unwrap().rows,
        3001
    );
    assert!(matches!(read_only.compact(), Err(Error::ReadOnly { .. })));
}

#[test]
fn compaction_shrinks_the_file_under_readers_and_writers_and_keeps_everything() {
    let temporary = tempfile::tempdir().unwrap();
    let db = native(temporary.path());
    fill(&db);
    db.execute(
        "CREATE TABLE w (id INT PRIMARY KEY AUTO_INCREMENT, a INT) ENGINE = persistent",
        (),
    )
    .unwrap();
    db.execute("DELETE FROM t WHERE id > 300", ()).unwrap();
    let length = || {
        std::fs::metadata(temporary.path().join("amphi.redb"))
            .unwrap()
            .len()
    };
    db.flush().unwrap();
    let before = length();
    let over = AtomicBool::new(false);
    let (report, written) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(count(&db), 300);
            }
        });
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !over.load(Ordering::Relaxed) {
                written += db.execute("INSERT INTO w (a) VALUES (1)", ()).unwrap();
            }
            written
        });
        // A result that is still being read holds a snapshot, which is no obstacle.
        let mut rows = db.query("SELECT id FROM t", ()).unwrap();
        rows.next().unwrap().unwrap();
        let report = db.compact().unwrap();
        assert_eq!(rows.count(), 299);
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        (report, writer.join().unwrap())
    });
    assert!(report.after < report.before / 2, "{report:?} of {before}");
    assert!(db.check().unwrap().is_empty());
    db.close().unwrap();
    let db = native(temporary.path());
    assert!(db.check().unwrap().is_empty());
    assert_eq!(count(&db), 300);
    let rows: i64 = db
        .query_row("SELECT count(*) FROM w", ())
        .unwrap()
        .get(0)
        .unwrap();
    assert_eq!(rows, written as i64);
    db.close().unwrap();
    assert_eq!(db.compact(), Err(Error::Closed));
    assert!(matches!(
        Native::memory().unwrap().compact(),
        Err(Error::Invalid { .. })
    ));
}
