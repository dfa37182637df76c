//! Exports: the bytes of a whole database make the same database again, wherever it is imported; damaged ones make none.
#![allow(clippy::unwrap_used, clippy::panic)]

use amphi::{Config, Database, Error, PersistenceOptions, SystemHost};
use amphi_core::database::Database as Core;
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_core::router::{CacheConfig, Config as CoreConfig};
use amphi_core::tree::BlockSizing;
use amphi_tests::block_on::block_on;
use amphi_tests::damage::ask;
use amphi_tests::pending_store::PendingStore;
use amphi_tests::sql_client::Answer;
use amphi_tests::transfers::{TOTAL, copy_meanwhile, total};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// An export that was made when the format was settled, of what `SCRIPT` makes.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/export-1/export.amphi");
const SCRIPT: &str = include_str!("../fixtures/export-1/export.sql");

/// Blocks of a few rows, so that little data has many.
fn config(directory: Option<&Path>) -> Config {
    let mut config = Config {
        flush_interval_ms: 3_600_000,
        ..Config::default()
    };
    (config.sizing.max_rows, config.sizing.fanout) = (4, 4);
    match directory {
        Some(directory) => config.data_dir = directory.to_str().unwrap().to_owned(),
        None => config.enable_store = false,
    }
    config
}

/// A database in a directory that ends with it.
struct Stored {
    db: Database,
    directory: TempDir,
}

impl Stored {
    fn new() -> Stored {
        let directory = TempDir::new().unwrap();
        let db = Database::from_config(config(Some(directory.path()))).unwrap();
        Stored { db, directory }
    }

    fn filled() -> Stored {
        let stored = Stored::new();
        stored.db.execute_script(SCRIPT).unwrap();
        stored
            .db
            .enable_persistence("later", PersistenceOptions::default())
            .unwrap();
        stored
    }

    fn reopened(self) -> Stored {
        self.db.close().unwrap();
        let db = Database::from_config(config(Some(self.directory.path()))).unwrap();
        Stored { db, ..self }
    }
}

fn exported(db: &Database) -> Vec<u8> {
    let mut bytes = Vec::new();
    db.export(&mut bytes).unwrap();
    bytes
}

/// The statements that make it again, rows and all; without where tables are, if `anywhere`.
fn dump(db: &Database, anywhere: bool) -> Vec<String> {
    let mut statements = Vec::new();
    let session = db.session();
    let take = |sql: &str| -> Result<(), Error> {
        statements.push(sql.to_owned());
        Ok(())
    };
    session.dump(None, take).unwrap();
    for statement in statements
        .iter_mut()
        .filter(|s| anywhere && s.starts_with("CREATE TABLE"))
    {
        let end = statement.find(" WITH (persistent").unwrap_or(statement.len());
        statement.truncate(end);
    }
    statements
}

fn assert_sound(db: &Database) {
    let report = db.check().unwrap();
    assert!(report.is_empty(), "{report}");
}

/// That keys, defaults, triggers and sequences go on where they were.
fn assert_goes_on(db: &Database) {
    let one = |sql: &str| db.query_row(sql, ()).unwrap().get::<i64>(0).unwrap();
    db.execute("INSERT INTO orders (customer) VALUES (2)", ())
        .unwrap();
    assert_eq!(one("SELECT MAX(id) FROM orders"), 61);
    assert_eq!(one("SELECT COUNT(*) FROM log"), 61, "its trigger fires");
    assert_eq!(
        one("SELECT number FROM orders WHERE id = 61"),
        161,
        "its default takes the next number"
    );
    assert_eq!(
        one("SELECT COUNT(*) FROM customer_orders WHERE name = 'name 2'"),
        21
    );
    let refused = |sql: &str| db.execute(sql, ()).unwrap_err().code();
    assert_eq!(refused("INSERT INTO orders (customer) VALUES (1000)"), "23503");
    assert_eq!(
        refused("INSERT INTO customer VALUES (50, 'name 1', NULL)"),
        "23505"
    );
    assert_eq!(
        refused("INSERT INTO orders (customer, quantity) VALUES (1, 0)"),
        "23514"
    );
    assert_sound(db);
}

#[test]
fn an_export_makes_the_same_database_in_a_store_and_in_memory() {
    let source = Stored::filled();
    let before = dump(&source.db, false);
    assert!(before.len() > 10, "{before:#?}");
    let bytes = exported(&source.db);

    let target = Stored::new();
    target.db.import(bytes.as_slice()).unwrap();
    assert_eq!(dump(&target.db, false), before);
    assert_sound(&target.db);
    let placements = |db: &Database| -> Vec<String> {
        let names = ["customer", "orders", "log", "other.notes", "later"];
        names
            .iter()
            .map(|t| format!("{:?}", db.get_persistence_config(t)))
            .collect()
    };
    assert_eq!(placements(&target.db), placements(&source.db));
    assert_eq!(
        target.db.list_persistent_tables(),
        ["customer", "orders", "other.notes"]
    );
    assert!(target.db.get_persistence_config("later").unwrap().persistent);
    // Another export of it, and a third database, and so on.
    let again = Stored::new();
    again.db.import(exported(&target.db).as_slice()).unwrap();
    assert_eq!(dump(&again.db, false), before);
    assert_goes_on(&target.db);
    assert_goes_on(&again.db);

    let memory = Database::from_config(config(None)).unwrap();
    memory.import(bytes.as_slice()).unwrap();
    assert_eq!(dump(&memory, true), dump(&source.db, true));
    assert_eq!(memory.list_persistent_tables(), [""; 0]);
    assert_goes_on(&memory);
    // And back into a store, from where tables are all in memory.
    let back = Stored::new();
    back.db.import(exported(&memory).as_slice()).unwrap();
    assert_eq!(back.db.list_persistent_tables(), [""; 0]);
    assert_eq!(dump(&back.db, true), dump(&memory, true));
}

#[test]
fn what_was_imported_into_a_store_is_durable() {
    let source = Stored::filled();
    let bytes = exported(&source.db);
    let target = Stored::new();
    target.db.import(bytes.as_slice()).unwrap();
    let (target, source) = (target.reopened(), source.reopened());
    assert_eq!(dump(&target.db, false), dump(&source.db, false));
    assert_sound(&target.db);
}

#[test]
fn only_an_empty_database_takes_an_import() {
    let bytes = exported(&Stored::filled().db);
    for something in [
        "CREATE TABLE t (a INT)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE SEQUENCE s",
    ] {
        let db = Database::memory().unwrap();
        db.execute(something, ()).unwrap();
        let refused = db.import(bytes.as_slice()).unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }), "{something}: {refused}");
        assert!(
            db.query("SELECT * FROM customer", ()).is_err(),
            "nothing was imported"
        );
    }
    let db = Database::memory().unwrap();
    db.execute_script("CREATE TABLE t (a INT); DROP TABLE t").unwrap();
    db.import(bytes.as_slice()).unwrap();
    assert!(db.import(bytes.as_slice()).is_err());
    assert_goes_on(&db);
}

#[test]
fn damaged_bytes_are_refused_and_change_nothing() {
    let bytes = exported(&Stored::filled().db);
    let db = Database::from_config(config(None)).unwrap();
    let refused = |damaged: &[u8], what: String| {
        let error = db.import(damaged).unwrap_err();
        assert!(matches!(error.code(), "XX001" | "AM004"), "{what}: {error}");
    };
    for cut in (0..bytes.len()).step_by(97).chain([1, 8, 9, bytes.len() - 1]) {
        refused(&bytes[..cut], format!("cut at {cut}"));
    }
    for byte in (0..bytes.len()).step_by(61) {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 1 << (byte % 8);
        refused(&damaged, format!("byte {byte}"));
    }
    refused(&[&bytes[..], &[0]].concat(), "more than all".to_owned());
    refused(b"SQLite format 3\0", "another file".to_owned());
    db.import(bytes.as_slice()).unwrap();
    assert_goes_on(&db);
}

/// A store that answers `Pending` first, with a cache of about one block.
fn pending() -> Core {
    let store = Arc::new(PendingStore::new(Arc::new(MemoryStore::new()))) as Arc<dyn KvBackend>;
    let config = CoreConfig {
        cache: CacheConfig {
            max_bytes: Some(256),
            ..CacheConfig::default()
        },
        sizing: BlockSizing {
            max_rows: 4,
            fanout: 4,
            ..BlockSizing::default()
        },
        write_ahead_bytes: 500,
        ..CoreConfig::default()
    };
    block_on(Core::open(Some(store), Arc::new(SystemHost::new()), config)).unwrap()
}

fn core_export(db: &Core) -> Vec<u8> {
    let mut bytes = Vec::new();
    block_on(db.export(|part| {
        bytes.extend_from_slice(part);
        Ok(())
    }))
    .unwrap();
    bytes
}

fn rows(db: &Core, sql: &str) -> Vec<Vec<String>> {
    let Answer::Rows { rows, .. } = ask(db, sql).unwrap() else {
        panic!("no rows")
    };
    rows.iter()
        .map(|r| r.iter().map(ToString::to_string).collect())
        .collect()
}

#[test]
fn a_store_that_lets_wait_exports_and_imports_block_by_block() {
    let (source, target) = (pending(), pending());
    for placement in ["memory", "persistent", "dual"] {
        ask(
            &source,
            &format!(
                "CREATE TABLE {placement}_t (id INT PRIMARY KEY, a TEXT, INDEX (a)) ENGINE = {placement}"
            ),
        )
        .unwrap();
        ask(
            &source,
            &format!(
                "INSERT INTO {placement}_t SELECT value, CONCAT('a', value % 7) FROM generate_series(1, 100)"
            ),
        )
        .unwrap();
        ask(&source, &format!("DELETE FROM {placement}_t WHERE id % 3 = 0")).unwrap();
    }
    block_on(target.import(&core_export(&source))).unwrap();
    for placement in ["memory", "persistent", "dual"] {
        for query in [
            "SELECT * FROM @ ORDER BY id",
            "SELECT id FROM @ WHERE a = 'a3' ORDER BY id",
        ] {
            let query = query.replace('@', &format!("{placement}_t"));
            assert_eq!(rows(&target, &query), rows(&source, &query), "{query}");
        }
    }
    let report = block_on(target.check()).unwrap();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn exports_made_while_writers_go_on_are_snapshots() {
    copy_meanwhile("memory", |db| {
        let copy = pending();
        block_on(copy.import(&core_export(db))).unwrap();
        assert_eq!(rows(&copy, TOTAL), [[total()]]);
        let report = block_on(copy.check()).unwrap();
        assert!(report.is_empty(), "{report}");
    });
}

#[test]
fn the_export_of_format_1_is_imported_for_good() {
    let bytes = fs::read(FIXTURE).unwrap();
    let expected = Stored::filled();
    let target = Stored::new();
    target.db.import(bytes.as_slice()).unwrap();
    assert_eq!(dump(&target.db, false), dump(&expected.db, false));
    assert_goes_on(&target.db);
}

#[test]
#[ignore = "makes the fixture, which is done once for each version of the format"]
fn make_the_fixture() {
    fs::write(FIXTURE, exported(&Stored::filled().db)).unwrap();
}
