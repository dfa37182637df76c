//! What the redb store adds to the store contract: its directory, its lock, and what a crash leaves.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::{
    Error, block_on,
    core::kv::{Durability, KvBackend, WriteBatch},
    store::{FILE_NAME, LOG_NAME, RedbStore, StoreOptions},
};
use std::{fs, path::Path};
use tempfile::TempDir;

fn open(directory: &Path) -> amphi::Result<RedbStore> {
    RedbStore::open(directory, StoreOptions::default())
}

fn open_read_only(directory: &Path) -> amphi::Result<RedbStore> {
    let options = StoreOptions {
        writable: false,
        ..StoreOptions::default()
    };
    RedbStore::open(directory, options)
}

fn put(store: &RedbStore, key: u8, durability: Durability) -> amphi::Result<()> {
    let mut batch = WriteBatch::default();
    batch.put(vec![key], vec![key; 1000]);
    block_on(store.commit(batch, durability))
}

fn stored(store: &RedbStore) -> Vec<u8> {
    let all = block_on(store.scan(&[0], &[255], usize::MAX)).unwrap();
    assert!(all.iter().all(|(k, v)| *v == vec![k[0]; 1000]));
    all.into_iter().map(|(k, _)| k[0]).collect()
}

/// What a crash at this moment would leave: the files' bytes as they are now.
fn crash_image(store: &RedbStore) -> TempDir {
    let image = TempDir::new().unwrap();
    for name in [FILE_NAME, LOG_NAME] {
        fs::copy(store.directory().join(name), image.path().join(name)).unwrap();
    }
    image
}

fn assert_not_a_store(result: amphi::Result<RedbStore>) {
    match result {
        Err(Error::NotAStore { .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// Names and contents of a directory.
fn contents(directory: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|e| e.unwrap())
        .map(|e| (e.file_name(), fs::read(e.path()).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_missing_directory_is_created_and_reopened() {
    let temp = TempDir::new().unwrap();
    let directory = temp.path().join("a/b");
    let store = open(&directory).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    put(&store, 2, Durability::Relaxed).unwrap();
    store.close().unwrap();
    assert_eq!(stored(&open(&directory).unwrap()), [1, 2]);
}

#[test]
fn a_second_opening_is_refused_as_locked() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    assert!(matches!(open(temp.path()), Err(Error::Locked { .. })));
    assert!(matches!(open_read_only(temp.path()), Err(Error::Locked { .. })));
    store.close().unwrap();
    open(temp.path()).unwrap();
}

#[test]
fn readers_share_the_file_and_cannot_write() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    drop(store);
    let (a, b) = (
        open_read_only(temp.path()).unwrap(),
        open_read_only(temp.path()).unwrap(),
    );
    assert_eq!((stored(&a), stored(&b)), (vec![1], vec![1]));
    let refused = put(&a, 2, Durability::Sync);
    assert!(matches!(refused, Err(Error::ReadOnly { .. })), "{refused:?}");
    assert_eq!(stored(&a), [1]);
    assert!(matches!(open(temp.path()), Err(Error::Locked { .. })));
}

#[test]
fn a_crash_leaves_every_sync_commit_and_a_prefix_of_the_relaxed_ones() {
    // All in the log; all in the redb file; the log full after every third commit.
    for log_bytes in [1 << 20, 0, 4000] {
        crash_after_every_commit(log_bytes);
    }
}

fn crash_after_every_commit(log_bytes: u64) {
    let temp = TempDir::new().unwrap();
    let options = StoreOptions {
        log_bytes,
        ..StoreOptions::default()
    };
    let store = RedbStore::open(temp.path(), options).unwrap();
    let order = [
        Durability::Relaxed,
        Durability::Relaxed,
        Durability::Sync,
        Durability::Relaxed,
        Durability::Sync,
        Durability::Relaxed,
    ];
    for (i, durability) in order.into_iter().enumerate() {
        put(&store, i as u8, durability).unwrap();
        let image = crash_image(&store);
        let left = stored(&open(image.path()).unwrap());
        assert_eq!(left, (0..left.len() as u8).collect::<Vec<_>>(), "not a prefix");
        let sync = order[..=i].iter().rposition(|d| *d == Durability::Sync);
        assert!(
            left.len() > sync.unwrap_or(0) || sync.is_none(),
            "a sync commit is lost"
        );
        // A reader of a crashed store sees the same.
        let image = crash_image(&store);
        assert_eq!(stored(&open_read_only(image.path()).unwrap()), left);
        // So does whoever opens it next, after writing to it and crashing again.
        let again = open(image.path()).unwrap();
        put(&again, 50, Durability::Sync).unwrap();
        let image = crash_image(&again);
        let expected: Vec<u8> = left.into_iter().chain([50]).collect();
        assert_eq!(stored(&open(image.path()).unwrap()), expected);
    }
}

#[test]
fn a_crash_between_the_redb_commit_and_the_restart_of_the_log_repeats_nothing() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    let log = fs::read(temp.path().join(LOG_NAME)).unwrap();
    let mut batch = WriteBatch::default();
    batch.delete(vec![1]);
    // Too big for the log: it goes into the redb file, as commit 1 does before it.
    batch.put(vec![2], vec![2; 1000]);
    batch.put(vec![0], vec![0; 8 << 20]);
    block_on(store.commit(batch, Durability::Sync)).unwrap();
    let image = crash_image(&store);
    fs::write(image.path().join(LOG_NAME), log).unwrap();
    let left = open(image.path()).unwrap();
    let found = block_on(left.get_many(&[vec![1], vec![2]])).unwrap();
    assert_eq!(found, [None, Some(vec![2; 1000])]);
}

#[test]
fn a_closed_store_is_one_file() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    assert!(fs::metadata(temp.path().join(LOG_NAME)).unwrap().len() > 0);
    store.close().unwrap();
    assert_eq!(fs::metadata(temp.path().join(LOG_NAME)).unwrap().len(), 0);
    fs::remove_file(temp.path().join(LOG_NAME)).unwrap();
    assert_eq!(stored(&open_read_only(temp.path()).unwrap()), [1]);
    assert_eq!(stored(&open(temp.path()).unwrap()), [1]);
}

#[test]
fn an_empty_sync_commit_makes_relaxed_ones_durable() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    put(&store, 0, Durability::Relaxed).unwrap();
    block_on(store.commit(WriteBatch::default(), Durability::Sync)).unwrap();
    assert_eq!(stored(&open(crash_image(&store).path()).unwrap()), [0]);
}

#[test]
fn a_closed_store_says_so() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    store.close().unwrap();
    store.close().unwrap();
    assert_eq!(put(&store, 1, Durability::Sync), Err(Error::Closed));
    assert_eq!(block_on(store.get_many(&[vec![1]])), Err(Error::Closed));
}

#[test]
fn directories_and_files_of_others_are_refused_untouched() {
    let temp = TempDir::new().unwrap();

    let photos = temp.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::write(photos.join("cat.jpg"), "meow").unwrap();
    let text = temp.path().join("text");
    fs::create_dir(&text).unwrap();
    fs::write(text.join(FILE_NAME), "this is not a store").unwrap();
    let empty = temp.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join(FILE_NAME), "").unwrap();
    for directory in [&photos, &text, &empty] {
        let before = contents(directory);
        assert_not_a_store(open(directory));
        assert_not_a_store(open_read_only(directory));
        assert_eq!(contents(directory), before);
    }

    let file = temp.path().join("file");
    fs::write(&file, "a file").unwrap();
    assert_not_a_store(open(&file));
    assert_eq!(fs::read(&file).unwrap(), b"a file");

    let missing = temp.path().join("missing");
    assert_not_a_store(open_read_only(&missing));
    assert!(!missing.exists());
}

#[test]
fn a_redb_file_of_another_program_is_refused() {
    const THEIRS: redb::TableDefinition<'static, &str, &str> = redb::TableDefinition::new("theirs");
    let temp = TempDir::new().unwrap();
    let db = redb::Database::create(temp.path().join(FILE_NAME)).unwrap();
    let txn = db.begin_write().unwrap();
    txn.open_table(THEIRS).unwrap().insert("k", "v").unwrap();
    txn.commit().unwrap();
    drop(db);
    assert_not_a_store(open(temp.path()));
    assert_not_a_store(open_read_only(temp.path()));
}

#[test]
fn an_interrupted_creation_is_made_good() {
    let temp = TempDir::new().unwrap();
    fs::write(temp.path().join("amphi.redb.new"), [0; 5000]).unwrap();
    assert_not_a_store(open_read_only(temp.path()));
    let store = open(temp.path()).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    drop(store);
    assert_eq!(stored(&open(temp.path()).unwrap()), [1]);
}

#[test]
fn a_damaged_file_is_an_error_not_a_panic() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    (0..100).for_each(|k| put(&store, k, Durability::Sync).unwrap());
    store.close().unwrap();
    let file = temp.path().join(FILE_NAME);
    let whole = fs::read(&file).unwrap();
    for cut in [10, 100, 4096, 8192, whole.len() / 2, whole.len() - 4096] {
        fs::write(&file, &whole[..cut]).unwrap();
        if let Ok(store) = open(temp.path()) {
            let _ = block_on(store.scan(&[0], &[255], usize::MAX));
        }
    }
    for start in (4096..whole.len()).step_by(whole.len() / 16) {
        let mut damaged = whole.clone();
        let end = (start + 4096).min(damaged.len());
        damaged[start..end].fill(0xAB);
        fs::write(&file, &damaged).unwrap();
        if let Ok(store) = open(temp.path()) {
            let _ = block_on(store.scan(&[0], &[255], usize::MAX));
            let _ = put(&store, 200, Durability::Sync);
        }
    }
}

#[test]
fn a_store_that_is_only_read_is_not_written_and_locked_all_the_same() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    put(&store, 1, Durability::Sync).unwrap();
    store.close().unwrap();
    let before = contents(temp.path());

    let store = open(temp.path()).unwrap();
    assert_eq!(stored(&store), [1]);
    assert!(
        contents(temp.path()) == before,
        "opening and reading write nothing"
    );
    assert!(matches!(open(temp.path()), Err(Error::Locked { .. })));
    store.close().unwrap();
    assert!(contents(temp.path()) == before, "nor does closing");

    // The first commit makes it one that is written; nobody can come in between.
    let store = open(temp.path()).unwrap();
    assert_eq!(stored(&store), [1]);
    put(&store, 2, Durability::Relaxed).unwrap();
    assert_eq!(stored(&store), [1, 2]);
    assert!(matches!(open(temp.path()), Err(Error::Locked { .. })));
    assert!(matches!(open_read_only(temp.path()), Err(Error::Locked { .. })));
    store.close().unwrap();
    // Several may read at once, and keep others from writing.
    let readers = [
        open_read_only(temp.path()).unwrap(),
        open_read_only(temp.path()).unwrap(),
    ];
    readers.iter().for_each(|store| assert_eq!(stored(store), [1, 2]));
    assert!(matches!(open(temp.path()), Err(Error::Locked { .. })));
    drop(readers);
    assert_eq!(stored(&open(temp.path()).unwrap()), [1, 2]);
}

#[test]
fn closing_after_a_bulk_load_leaves_few_holes() {
    let temp = TempDir::new().unwrap();
    let store = open(temp.path()).unwrap();
    // Blocks as tables have them, in the order of their keys, in batches that are too big for the log.
    let (block, blocks) = (vec![7; 8100], 880_u32);
    for from in (0..blocks).step_by(500) {
        let mut batch = WriteBatch::default();
        for i in from..blocks.min(from + 500) {
            batch.put([&[0x10], i.to_be_bytes().as_slice()].concat(), block.clone());
        }
        block_on(store.commit(batch, Durability::Relaxed)).unwrap();
    }
    store.close().unwrap();
    let length = fs::metadata(temp.path().join(FILE_NAME)).unwrap().len();
    let pages = u64::from(blocks) * 8192;
    assert!(length < pages + pages / 20, "{length} bytes for pages of {pages}");
    let store = open(temp.path()).unwrap();
    let all = block_on(store.scan(&[0x10], &[0x11], usize::MAX)).unwrap();
    assert_eq!(all.len(), blocks as usize);
    assert!(all.iter().all(|(_, value)| *value == block));
}
