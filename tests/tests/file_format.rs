//! The file format: a database that was made when it was settled is opened for good, and one of a newer
//! version is refused by name.
//!
//! What the database holds is what its scripts make of a database in memory now.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::store::{FILE_NAME, LOG_NAME};
use amphi::{Config, Database, Error, PersistenceOptions};
use redb::TableDefinition;
use std::{fs, path::Path};
use tempfile::TempDir;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/store-1");
const CLOSED: &str = include_str!("../fixtures/store-1/closed.sql");
const COMMITTED: &str = include_str!("../fixtures/store-1/committed.sql");
const SECTOR: usize = 512;
/// A table that does not exist, but whose placement is remembered.
const REMEMBERED: &str = "later";

/// A file as the fixture keeps it; see its README.
fn pack(file: &[u8]) -> Vec<u8> {
    let mut packed = (file.len() as u32).to_le_bytes().to_vec();
    for (i, sector) in file.chunks(SECTOR).enumerate() {
        if sector.iter().any(|b| *b != 0) {
            packed.extend((i as u32).to_le_bytes());
            packed.extend(sector);
        }
    }
    packed
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let (length, rest) = packed.split_first_chunk::<4>().unwrap();
    let mut file = vec![0; u32::from_le_bytes(*length) as usize];
    let mut rest = rest;
    while let Some((number, sectors)) = rest.split_first_chunk::<4>() {
        let start = u32::from_le_bytes(*number) as usize * SECTOR;
        let length = SECTOR.min(file.len() - start);
        file[start..start + length].copy_from_slice(&sectors[..length]);
        rest = &sectors[length..];
    }
    file
}

fn config(directory: &Path) -> Config {
    Config {
        data_dir: directory.to_str().unwrap().to_owned(),
        // Nothing is written but what a test asks for.
        flush_interval_ms: 3_600_000,
        ..Config::default()
    }
}

/// The files of the fixture in a directory of their own.
fn copy() -> TempDir {
    let directory = TempDir::new().unwrap();
    for name in [FILE_NAME, LOG_NAME] {
        let packed = fs::read(Path::new(FIXTURE).join(format!("{name}.pages"))).unwrap();
        fs::write(directory.path().join(name), unpack(&packed)).unwrap();
    }
    directory
}

/// The same in memory.
fn expected() -> Database {
    let db = Database::memory().unwrap();
    let in_memory = |script: &str| {
        script
            .replace("ENGINE = persistent", "")
            .replace("ENGINE = dual", "")
            .replace("WITH (persistent = true, sync_on_write = true)", "")
    };
    for script in [CLOSED, COMMITTED] {
        db.execute_script(&in_memory(script)).unwrap();
    }
    db
}

const TABLES: [&str; 7] = [
    "every_type",
    "customer",
    "orders",
    "many",
    "long_text",
    "empty",
    "other.notes",
];

/// Every row of every table, and what indexes find.
fn answers(db: &Database) -> Vec<Vec<String>> {
    let mut queries: Vec<String> = TABLES.iter().map(|t| format!("SELECT * FROM {t}")).collect();
    for query in [
        "SELECT id FROM customer WHERE mail = 'bob@example.org'",
        "SELECT id, mail FROM customer WHERE name = 'Ada'",
        "SELECT id FROM orders WHERE total = 10 ORDER BY id",
        "SELECT COUNT(*), SUM(id) FROM many WHERE n = 3",
        "SELECT t FROM many WHERE id IN (1, 39, 40, 51, 100)",
        "SELECT c.name, SUM(o.total) FROM orders o JOIN customer c ON o.customer = c.id GROUP BY c.name ORDER BY 1",
    ] {
        queries.push(query.to_owned());
    }
    let answer = |sql: &String| {
        let rows = db.query(sql, ()).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let row = |row: amphi::Result<amphi::Row>| format!("{:?}", row.unwrap().values().collect::<Vec<_>>());
        rows.map(row).collect()
    };
    queries.iter().map(answer).collect()
}

/// Changes to every table, some of which an index or a key must refuse.
fn change(db: &Database) {
    db.execute_script(
        "UPDATE every_type SET body = 'changed', huge = 5 WHERE id = 1;
         DELETE FROM every_type WHERE id = 0;
         INSERT INTO customer (name, mail) VALUES ('Eve', 'eve@example.org');
         INSERT INTO orders (customer) VALUES (5);
         DELETE FROM customer WHERE id = 1;
         INSERT INTO many VALUES (45, 3, 'back');
         UPDATE many SET n = n + 1 WHERE id > 90;
         DELETE FROM long_text WHERE id = 1;
         INSERT INTO empty VALUES (2, NULL);
         DELETE FROM other.notes WHERE a = 'noted';",
    )
    .unwrap();
    for refused in [
        "INSERT INTO customer (name, mail) VALUES ('Bob again', 'bob@example.org')",
        "INSERT INTO customer (name) VALUES ('')",
        "INSERT INTO orders (customer) VALUES (1000)",
        "INSERT INTO many VALUES (100, 0, '')",
    ] {
        assert!(db.execute(refused, ()).is_err(), "{refused}");
    }
}

fn assert_sound(db: &Database) {
    let report = db.check().unwrap();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn the_database_of_format_1_is_read_and_written_for_good() {
    let directory = copy();
    let expected = expected();
    let db = Database::from_config(config(directory.path())).unwrap();
    assert_eq!(answers(&db), answers(&expected));
    let mut persistent = db.list_persistent_tables();
    persistent.sort();
    let mut stored = TABLES;
    stored.sort();
    assert_eq!(persistent, stored);
    let settings = |table: &str| {
        let config = db.get_persistence_config(table).unwrap();
        (config.persistent, config.cache_in_memory, config.sync_on_write)
    };
    assert_eq!(settings("many"), (true, false, false));
    assert_eq!(settings("customer"), (true, true, false));
    assert_eq!(settings("orders"), (true, false, true));
    assert_eq!(settings(REMEMBERED), (true, false, true));
    assert_sound(&db);

    change(&db);
    change(&expected);
    assert_eq!(answers(&db), answers(&expected));
    assert_sound(&db);
    db.close().unwrap();
    let db = Database::from_config(config(directory.path())).unwrap();
    assert_eq!(answers(&db), answers(&expected));
    assert_sound(&db);
}

#[test]
fn the_database_of_format_1_can_be_read_only() {
    let directory = copy();
    let db = Database::from_config(Config {
        writable: false,
        ..config(directory.path())
    })
    .unwrap();
    assert_eq!(answers(&db), answers(&expected()));
    assert_sound(&db);
}

#[test]
#[ignore = "makes the fixture, which is done once for each version of the format"]
fn make_the_fixture() {
    let directory = TempDir::new().unwrap();
    let mut config = config(directory.path());
    // So that little data has many blocks.
    (config.sizing.max_rows, config.sizing.fanout) = (4, 4);
    let db = Database::from_config(config.clone()).unwrap();
    db.execute_script(CLOSED).unwrap();
    let remembered = PersistenceOptions {
        sync_on_write: true,
        ..PersistenceOptions::default()
    };
    db.enable_persistence(REMEMBERED, remembered).unwrap();
    db.close().unwrap();
    let db = Database::from_config(config).unwrap();
    db.execute_script(COMMITTED).unwrap();
    db.flush().unwrap();
    for name in [FILE_NAME, LOG_NAME] {
        let file = fs::read(directory.path().join(name)).unwrap();
        assert_eq!(unpack(&pack(&file)), file);
        fs::write(Path::new(FIXTURE).join(format!("{name}.pages")), pack(&file)).unwrap();
    }
}

/// A small database, with one entry of its redb file replaced.
fn with_entry(change: impl FnOnce(&redb::WriteTransaction)) -> TempDir {
    let directory = TempDir::new().unwrap();
    let db = Database::open(directory.path()).unwrap();
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY) ENGINE = persistent", ())
        .unwrap();
    db.close().unwrap();
    let file = redb::Database::open(directory.path().join(FILE_NAME)).unwrap();
    let txn = file.begin_write().unwrap();
    change(&txn);
    txn.commit().unwrap();
    directory
}

fn refusal(directory: &TempDir) -> String {
    let before = fs::read(directory.path().join(FILE_NAME)).unwrap();
    let error = match Database::open(directory.path()) {
        Err(e @ Error::NotAStore { .. }) => e.to_string(),
        other => panic!("{:?}", other.map(|_| ())),
    };
    let after = fs::read(directory.path().join(FILE_NAME)).unwrap();
    assert!(before == after, "what is refused is not changed");
    error
}

#[test]
fn a_newer_format_is_refused_by_name_and_left_as_it_is() {
    const ENTRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");
    let directory = with_entry(|txn| {
        let mut entries = txn.open_table(ENTRIES).unwrap();
        entries.insert([1].as_slice(), b"AMPHI\x02".as_slice()).unwrap();
    });
    let message = refusal(&directory);
    assert!(
        message.contains("store format 2") && message.contains("knows 1"),
        "{message}"
    );

    const MARKER: TableDefinition<'static, &str, u64> = TableDefinition::new("amphi");
    let directory = with_entry(|txn| {
        let mut marker = txn.open_table(MARKER).unwrap();
        marker.insert("format", 2).unwrap();
    });
    let message = refusal(&directory);
    assert!(
        message.contains("layout 2") && message.contains("knows layout 1"),
        "{message}"
    );
}
