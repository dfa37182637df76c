//! What the workloads ask of every SQL engine, so that all of them do the same work.

use crate::rows::Row;
use std::{cell::OnceCell, path::Path};

/// How a result column is read.
#[derive(Clone, Copy)]
pub enum Kind {
    Int,
    Float,
    Text,
}

/// All columns of the table: what `SELECT *` returns.
pub const ROW: &[Kind] = &[Kind::Int, Kind::Int, Kind::Float, Kind::Text];

/// A connection to a SQL engine.
pub trait Engine {
    /// Makes an empty table (id, a, b, c).
    fn create(&self, table: &str);

    /// Runs a statement without a result, as text.
    fn run(&self, sql: &str);

    /// Runs a query as text, reads every value and returns the number of rows.
    fn query(&self, sql: &str, kinds: &[Kind]) -> usize;

    /// Prepares a statement whose parameters are `?1`, `?2`, … in order.
    fn prepare<'a>(&'a self, sql: &str, kinds: &'a [Kind]) -> Box<dyn Prepared + 'a>;

    /// Makes what was committed durable, where there is something to do for that.
    fn flush(&self) {}

    /// Another connection to the same database, for another thread.
    fn connect(&self) -> Box<dyn Engine + Send> {
        panic!("this engine is used by one thread only")
    }

    /// Begins a transaction.
    fn begin(&self) {
        self.run("BEGIN");
    }

    /// Commits it.
    fn commit(&self) {
        self.run("COMMIT");
    }

    /// Inserts rows in one transaction.
    fn insert_all(&self, table: &str, rows: &[Row]) {
        self.begin();
        let mut insert = self.prepare(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3, ?4)"), &[]);
        for row in rows {
            insert.insert(row);
        }
        drop(insert);
        self.commit();
    }
}

/// A prepared statement.
pub trait Prepared {
    /// Runs an INSERT of a row.
    fn insert(&mut self, row: &Row);

    /// Runs a statement with whole numbers as parameters; returns the rows changed.
    fn execute(&mut self, params: &[i64]) -> usize;

    /// Runs a query, reads every value and returns the number of rows.
    fn query(&mut self, params: &[i64]) -> usize;
}

/// An engine with its tables, made when it is first needed.
pub struct Fixture<'a> {
    pub name: &'static str,
    engine: OnceCell<Box<dyn Engine>>,
    make: Box<dyn Fn() -> Box<dyn Engine> + 'a>,
}

impl<'a> Fixture<'a> {
    pub fn new(name: &'static str, make: impl Fn() -> Box<dyn Engine> + 'a) -> Fixture<'a> {
        Fixture {
            name,
            engine: OnceCell::new(),
            make: Box::new(make),
        }
    }

    /// The engine all workloads of this fixture share.
    pub fn shared(&self) -> &dyn Engine {
        &**self.engine.get_or_init(|| (self.make)())
    }

    /// A new one, for work that starts from the same state each time.
    pub fn fresh(&self) -> Box<dyn Engine> {
        (self.make)()
    }
}

/// An empty directory on the disk that holds the build, removed when dropped.
pub fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Bytes of the files in a directory.
pub fn file_bytes(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}
