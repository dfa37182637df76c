//! Amphi through its Rust API: one session per connection.

use crate::{
    engine::{Engine, Kind, Prepared, directory},
    rows::Row,
};
use amphi::{CacheConfig, Config, Database, Session, Statement, Value};
use std::{hint::black_box, path::Path};
use tempfile::TempDir;

pub const NAME: &str = "Amphi";

/// An Amphi database; on disk, the directory goes with it.
pub struct Amphi {
    session: Session,
    pub db: Database,
    /// What follows the columns in CREATE TABLE.
    with: &'static str,
    _directory: Option<TempDir>,
}

impl Amphi {
    /// A connection to an open database; `with` follows the columns in CREATE TABLE.
    pub fn on(db: Database, with: &'static str) -> Amphi {
        Amphi {
            session: db.session(),
            db,
            with,
            _directory: None,
        }
    }
}

/// Tables in memory, no store.
pub fn memory() -> Amphi {
    Amphi::on(Database::memory().unwrap(), "")
}

/// Persistent tables with a cache of `cache_mb` (0: none).
pub fn persistent(with: &'static str, cache_mb: u64) -> Amphi {
    let directory = directory();
    let db = open(directory.path(), cache_mb);
    Amphi {
        _directory: Some(directory),
        ..Amphi::on(db, with)
    }
}

/// Opens the database of a directory.
pub fn open(directory: &Path, cache_mb: u64) -> Database {
    Database::from_config(Config {
        data_dir: directory.to_str().unwrap().to_owned(),
        cache: CacheConfig {
            enabled: cache_mb > 0,
            max_size_mb: cache_mb,
            ..CacheConfig::default()
        },
        ..Config::default()
    })
    .unwrap()
}

pub fn read(row: &amphi::Row, kinds: &[Kind]) {
    for (i, kind) in kinds.iter().enumerate() {
        match kind {
            Kind::Int => {
                black_box(row.get::<i64>(i).unwrap());
            }
            Kind::Float => {
                black_box(row.get::<f64>(i).unwrap());
            }
            Kind::Text => {
                black_box(row.get::<String>(i).unwrap());
            }
        }
    }
}

fn read_all(rows: amphi::Rows, kinds: &[Kind]) -> usize {
    let mut count = 0;
    for row in rows {
        read(&row.unwrap(), kinds);
        count += 1;
    }
    count
}

impl Engine for Amphi {
    fn create(&self, table: &str) {
        let with = self.with;
        self.run(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, a BIGINT, b DOUBLE, c TEXT) {with}"
        ));
    }

    fn run(&self, sql: &str) {
        self.session.execute(sql, ()).unwrap();
    }

    fn query(&self, sql: &str, kinds: &[Kind]) -> usize {
        read_all(self.session.query(sql, ()).unwrap(), kinds)
    }

    fn prepare<'a>(&'a self, sql: &str, kinds: &'a [Kind]) -> Box<dyn Prepared + 'a> {
        let statement = self.session.prepare(sql).unwrap();
        Box::new(AmphiStatement { statement, kinds })
    }

    fn flush(&self) {
        self.db.flush().unwrap();
    }

    fn connect(&self) -> Box<dyn Engine + Send> {
        Box::new(Amphi::on(self.db.clone(), self.with))
    }
}

struct AmphiStatement<'a> {
    statement: Statement<'a>,
    kinds: &'a [Kind],
}

impl Prepared for AmphiStatement<'_> {
    fn insert(&mut self, row: &Row) {
        let params = (row.id, row.a, row.b, row.c.as_str());
        self.statement.execute(params).unwrap();
    }

    fn execute(&mut self, params: &[i64]) -> usize {
        self.statement.execute(params).unwrap() as usize
    }

    fn query(&mut self, params: &[i64]) -> usize {
        let params: Vec<Value> = params.iter().map(|n| Value::from(*n)).collect();
        read_all(self.statement.query(params).unwrap(), self.kinds)
    }
}
