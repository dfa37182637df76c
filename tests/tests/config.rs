//! The options, from Rust and from JSON documents: defaults, every option, what is refused, and that
//! each has its effect.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::{CacheConfig, CachePolicy, Config, Database, Error};
use tempfile::TempDir;

fn parse(json: &str) -> Result<Config, String> {
    serde_json::from_str(json).map_err(|e| e.to_string())
}

/// How opening fails: the option named, and the message.
fn refused(json: &str) -> (String, String) {
    match Database::from_json(json) {
        Err(Error::Config { option, message }) => (option, message),
        Err(other) => panic!("{json}: {other}"),
        Ok(_) => panic!("{json} is accepted"),
    }
}

fn json_path(directory: &TempDir) -> String {
    serde_json::to_string(directory.path().to_str().unwrap()).unwrap()
}

#[test]
fn an_empty_document_is_the_defaults() {
    assert_eq!(parse("{}").unwrap(), Config::default());
    assert_eq!(parse(r#"{"cache": {}}"#).unwrap(), Config::default());
    let config = Config::default();
    assert_eq!(config.name, "main");
    assert!(config.writable && config.enable_store && config.cache.enabled);
    assert!(!config.default_persistent);
    assert_eq!(config.data_dir, "");
    assert_eq!(config.cache.max_size_mb, 256);
    assert_eq!(config.cache.eviction_policy, CachePolicy::Lru);
}

#[test]
fn every_option_of_the_document() {
    let config = parse(
        r#"{
            "name": "shop", "writable": false, "data_dir": "/somewhere", "default_persistent": true,
            "enable_store": true, "flush_interval_ms": 7, "max_pending_mb": 8, "max_query_memory_mb": 9,
            "max_transaction_mb": 10, "statement_timeout_ms": 11,
            "cache": { "enabled": false, "max_size_mb": 3, "eviction_policy": "lfu" }
        }"#,
    )
    .unwrap();
    let expected = Config {
        name: "shop".into(),
        writable: false,
        data_dir: "/somewhere".into(),
        default_persistent: true,
        enable_store: true,
        flush_interval_ms: 7,
        max_pending_mb: 8,
        max_query_memory_mb: 9,
        max_transaction_mb: 10,
        statement_timeout_ms: 11,
        cache: CacheConfig {
            enabled: false,
            max_size_mb: 3,
            eviction_policy: CachePolicy::Lfu,
            ..CacheConfig::default()
        },
        ..Config::default()
    };
    assert_eq!(config, expected);
    // There and back.
    let json = serde_json::to_string(&expected).unwrap();
    assert_eq!(parse(&json).unwrap(), expected);
}

#[test]
fn unknown_keys_and_wrong_values_are_named() {
    for (json, named) in [
        (r#"{"nmae": "x"}"#, "nmae"),
        (r#"{"enable_badger": true}"#, "enable_badger"),
        (r#"{"cache": {"max_size": 1}}"#, "max_size"),
        (r#"{"sizing": {}}"#, "sizing"),
        (r#"{"cache": {"max_bytes": 1}}"#, "max_bytes"),
        (r#"{"cache": {"eviction_policy": "fifo"}}"#, "fifo"),
        (r#"{"cache": {"max_size_mb": -1}}"#, "-1"),
        (r#"{"writable": "yes"}"#, "yes"),
        (r#"{"cache": true}"#, "CacheConfig"),
        (r#"{"name": "a", "name": "b"}"#, "name"),
        (r#"{"name": "a""#, "EOF"),
    ] {
        let message = parse(json).unwrap_err();
        assert!(message.contains(named), "{json}: {message}");
        let (_, message) = refused(json);
        assert!(message.contains(named), "{json}: {message}");
    }
}

#[test]
fn values_that_make_no_sense_together() {
    for (json, option) in [
        (r#"{"name": ""}"#, "name"),
        (r#"{"default_persistent": true}"#, "default_persistent"),
        (r#"{"cache": {"max_size_mb": 0}}"#, "cache.max_size_mb"),
    ] {
        assert_eq!(refused(json).0, option, "{json}");
    }
    let directory = TempDir::new().unwrap();
    let off = format!(
        r#"{{"data_dir": {}, "enable_store": false, "default_persistent": true}}"#,
        json_path(&directory)
    );
    assert_eq!(refused(&off).0, "default_persistent");
    Database::from_json(r#"{"cache": {"enabled": false, "max_size_mb": 0}}"#).unwrap();
}

#[test]
fn the_name_is_the_first_schemas() {
    let directory = TempDir::new().unwrap();
    let document = format!(
        r#"{{"name": "Shop", "data_dir": {}, "default_persistent": true}}"#,
        json_path(&directory)
    );
    for round in 0..2 {
        let db = Database::from_json(&document).unwrap();
        assert_eq!(db.session().schema(), "Shop");
        if round == 0 {
            db.execute("CREATE TABLE item (id INT PRIMARY KEY)", ()).unwrap();
            db.execute("INSERT INTO shop.item VALUES (1)", ()).unwrap();
        }
        assert_eq!(db.list_persistent_tables(), ["item"]);
        let count: i64 = db
            .query_row("SELECT COUNT(*) FROM item", ())
            .unwrap()
            .get(0)
            .unwrap();
        assert_eq!(count, 1);
        db.close().unwrap();
    }
    // Under another name the tables are still there, in the schema they were made in.
    let db = Database::from_config(Config {
        name: "other".into(),
        data_dir: directory.path().to_str().unwrap().into(),
        ..Config::default()
    })
    .unwrap();
    assert_eq!(db.list_persistent_tables(), ["Shop.item"]);
    let count: i64 = db
        .query_row("SELECT COUNT(*) FROM shop.item", ())
        .unwrap()
        .get(0)
        .unwrap();
    assert_eq!(count, 1);
    db.execute("CREATE TABLE item (a INT)", ()).unwrap();
}

#[test]
fn a_store_only_where_there_is_one() {
    let directory = TempDir::new().unwrap();
    let config = Config {
        data_dir: directory.path().join("data").to_str().unwrap().into(),
        ..Config::default()
    };
    let off = Config {
        enable_store: false,
        ..config.clone()
    };
    let db = Database::from_config(off).unwrap();
    let refused = db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ());
    assert!(matches!(refused, Err(Error::NoStore { .. })));
    assert!(
        !directory.path().join("data").exists(),
        "nothing is made where nothing is stored"
    );
    drop(db);
    let db = Database::from_config(config.clone()).unwrap();
    db.execute("CREATE TABLE t (a INT) ENGINE = persistent", ())
        .unwrap();
    db.execute("CREATE TABLE m (a INT)", ()).unwrap();
    assert_eq!(db.list_persistent_tables(), ["t"]);
    db.close().unwrap();
    let off = Config {
        enable_store: false,
        ..config.clone()
    };
    assert!(
        Database::from_config(off)
            .unwrap()
            .list_persistent_tables()
            .is_empty()
    );
    let db = Database::from_config(Config {
        default_persistent: true,
        ..config
    })
    .unwrap();
    db.execute("CREATE TABLE u (a INT)", ()).unwrap();
    assert_eq!(db.list_persistent_tables(), ["t", "u"]);
}

#[test]
fn not_writable() {
    let directory = TempDir::new().unwrap();
    let config = |writable| Config {
        writable,
        data_dir: directory.path().to_str().unwrap().into(),
        ..Config::default()
    };
    let db = Database::from_config(config(true)).unwrap();
    db.execute("CREATE TABLE t (a INT) ENGINE = dual", ()).unwrap();
    db.execute("INSERT INTO t VALUES (1), (2)", ()).unwrap();
    db.close().unwrap();
    let db = Database::from_config(config(false)).unwrap();
    let sum: i64 = db.query_row("SELECT SUM(a) FROM t", ()).unwrap().get(0).unwrap();
    assert_eq!(sum, 3);
    let refused = db.execute("INSERT INTO t VALUES (3)", ());
    assert!(matches!(&refused, Err(e @ Error::ReadOnly { .. }) if e.to_string().contains("main")));
    db.close().unwrap();
}

#[test]
fn relaxed_commits_reach_the_disk_by_themselves() {
    let directory = TempDir::new().unwrap();
    let db = Database::from_config(Config {
        data_dir: directory.path().to_str().unwrap().into(),
        default_persistent: true,
        flush_interval_ms: 10,
        ..Config::default()
    })
    .unwrap();
    db.execute("CREATE TABLE t (a INT)", ()).unwrap();
    let before = db.stats().store_commits;
    db.execute("INSERT INTO t VALUES (1)", ()).unwrap();
    let start = std::time::Instant::now();
    while db.stats().store_commits == before {
        assert!(start.elapsed().as_secs() < 10, "nothing was written");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn the_query_memory_limit_is_one() {
    let db = Database::from_json(r#"{"max_query_memory_mb": 1}"#).unwrap();
    db.execute("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)", ())
        .unwrap();
    for i in 0..200 {
        db.execute("INSERT INTO t VALUES (?, ?)", (i, "z".repeat(9000)))
            .unwrap();
    }
    let sorted = db
        .query("SELECT s FROM t ORDER BY s", ())
        .and_then(|mut rows| rows.try_for_each(|r| r.map(drop)));
    assert!(matches!(sorted, Err(Error::QueryMemory { .. })), "{sorted:?}");
    let count: i64 = db
        .query_row("SELECT COUNT(*) FROM t", ())
        .unwrap()
        .get(0)
        .unwrap();
    assert_eq!(count, 200);
}
