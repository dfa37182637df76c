//! SQLite through rusqlite.

use crate::{
    engine::{Engine, Kind, Prepared, directory},
    rows::Row,
};
use rusqlite::{Connection, Statement, params, params_from_iter};
use std::{
    hint::black_box,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tempfile::TempDir;

pub const NAME: &str = "SQLite";

/// A SQLite database; on disk, the directory goes with it.
pub struct Sqlite {
    pub connection: Connection,
    /// How another connection is opened.
    again: Option<Again>,
    _directory: Option<TempDir>,
}

#[derive(Clone)]
struct Again {
    path: String,
    synchronous: &'static str,
    cache_kb: u64,
}

impl Sqlite {
    /// A connection that is open already.
    pub fn on(connection: Connection) -> Sqlite {
        Sqlite {
            connection,
            again: None,
            _directory: None,
        }
    }
}

/// `:memory:`.
pub fn memory() -> Sqlite {
    Sqlite::on(Connection::open_in_memory().unwrap())
}

/// A memory database that several connections share.
pub fn shared_memory() -> Sqlite {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = format!("file:shared{number}?mode=memory&cache=shared");
    Sqlite {
        connection: Connection::open(&path).unwrap(),
        again: Some(Again {
            path,
            synchronous: "",
            cache_kb: 0,
        }),
        _directory: None,
    }
}

/// A file with a write-ahead log.
pub fn file(synchronous: &'static str, cache_kb: u64) -> Sqlite {
    let directory = directory();
    let path = directory.path().join("db");
    Sqlite {
        connection: open(&path, synchronous, cache_kb),
        again: Some(Again {
            path: path.to_str().unwrap().to_owned(),
            synchronous,
            cache_kb,
        }),
        _directory: Some(directory),
    }
}

/// Opens a file with a write-ahead log.
pub fn open(path: &Path, synchronous: &str, cache_kb: u64) -> Connection {
    let connection = Connection::open(path).unwrap();
    let settings = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA cache_size = -{cache_kb};"
    );
    connection.execute_batch(&settings).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection
}

pub fn read(row: &rusqlite::Row<'_>, kinds: &[Kind]) {
    for (i, kind) in kinds.iter().enumerate() {
        match kind {
            Kind::Int => {
                black_box(row.get::<_, i64>(i).unwrap());
            }
            Kind::Float => {
                black_box(row.get::<_, f64>(i).unwrap());
            }
            Kind::Text => {
                black_box(row.get::<_, String>(i).unwrap());
            }
        }
    }
}

impl Engine for Sqlite {
    fn create(&self, table: &str) {
        self.run(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE, c TEXT)"
        ));
    }

    fn run(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }

    fn query(&self, sql: &str, kinds: &[Kind]) -> usize {
        self.prepare(sql, kinds).query(&[])
    }

    fn prepare<'a>(&'a self, sql: &str, kinds: &'a [Kind]) -> Box<dyn Prepared + 'a> {
        let statement = self.connection.prepare(sql).unwrap();
        Box::new(SqliteStatement { statement, kinds })
    }

    fn connect(&self) -> Box<dyn Engine + Send> {
        let again = self.again.clone().unwrap();
        let connection = if again.synchronous.is_empty() {
            Connection::open(&again.path).unwrap()
        } else {
            open(again.path.as_ref(), again.synchronous, again.cache_kb)
        };
        Box::new(Sqlite {
            connection,
            again: Some(again),
            _directory: None,
        })
    }
}

struct SqliteStatement<'a> {
    statement: Statement<'a>,
    kinds: &'a [Kind],
}

/// Whether a table of a shared cache is locked by another connection, which only trying again helps.
fn locked(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseLocked)
}

impl SqliteStatement<'_> {
    fn try_query(&mut self, params: &[i64]) -> rusqlite::Result<usize> {
        let mut rows = self.statement.query(params_from_iter(params))?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            read(row, self.kinds);
            count += 1;
        }
        Ok(count)
    }
}

impl Prepared for SqliteStatement<'_> {
    fn insert(&mut self, row: &Row) {
        let params = params![row.id, row.a, row.b, row.c];
        self.statement.execute(params).unwrap();
    }

    fn execute(&mut self, params: &[i64]) -> usize {
        loop {
            match self.statement.execute(params_from_iter(params)) {
                Err(e) if locked(&e) => std::thread::yield_now(),
                done => return done.unwrap(),
            }
        }
    }

    fn query(&mut self, params: &[i64]) -> usize {
        loop {
            match self.try_query(params) {
                Err(e) if locked(&e) => std::thread::yield_now(),
                done => return done.unwrap(),
            }
        }
    }
}
