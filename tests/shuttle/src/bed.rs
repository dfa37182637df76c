//! A database over a store in memory, and sessions on it.

use crate::slow_store::SlowStore;
use amphi_core::database::{Database, Watch};
use amphi_core::host::Host;
use amphi_core::kv::MemoryStore;
use amphi_core::router::{CacheConfig, Config};
use amphi_core::session::{Outcome, Params, RowStream, Session, Watched};
use amphi_core::tree::BlockSizing;
use amphi_core::{Result, Value};
use shuttle::future::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;

struct StoppedClock;

impl Host for StoppedClock {
    fn unix_micros(&self) -> i64 {
        0
    }

    fn monotonic_micros(&self) -> u64 {
        0
    }

    fn random(&self) -> u64 {
        4
    }
}

/// Blocks of two rows, and a cache of about one of them.
fn config() -> Config {
    Config {
        cache: CacheConfig {
            max_bytes: Some(64),
            ..CacheConfig::default()
        },
        sizing: BlockSizing {
            max_rows: 2,
            fanout: 2,
            ..BlockSizing::default()
        },
        ..Config::default()
    }
}

pub(crate) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// A database, and the store under it.
#[derive(Clone)]
pub struct Bed {
    /// The database.
    pub db: Database,
    store: Arc<MemoryStore>,
}

impl Bed {
    /// What a store holds after these statements.
    pub(crate) fn write(statements: &[&str]) -> Entries {
        let bed = Bed::new(Entries::new());
        let mut c = bed.client();
        statements.iter().for_each(|sql| c.ok(sql));
        block_on(bed.db.close()).expect("the database closes");
        bed.store.entries()
    }

    /// A database over a store that holds these entries.
    pub(crate) fn new(entries: Entries) -> Bed {
        Bed::over(Arc::new(MemoryStore::with_entries(entries)))
    }

    fn over(store: Arc<MemoryStore>) -> Bed {
        let slow = Arc::new(SlowStore(store.clone()));
        let open = Database::open(Some(slow), Arc::new(StoppedClock), config());
        Bed {
            db: block_on(open).expect("the database opens"),
            store,
        }
    }

    /// What a crash leaves: a database over what is in the store now.
    pub fn crashed(&self) -> Bed {
        Bed::new(self.store.entries())
    }

    /// A new session.
    pub fn client(&self) -> Client {
        Client {
            session: self.db.session(),
        }
    }

    /// # Panics
    /// Unless every table is whole.
    pub fn check(&self) {
        let problems = block_on(self.db.check()).expect("the tables can be checked");
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

/// The rows as text.
async fn texts(mut stream: RowStream) -> Result<String> {
    let types: Vec<_> = stream.columns().iter().map(|c| c.ty.clone()).collect();
    let mut rows: Vec<String> = Vec::new();
    while let Some(batch) = stream.next_batch().await? {
        let batch = batch.compact();
        for row in 0..batch.rows() {
            let value = |(c, ty)| batch.column(c).value(row, ty);
            let values: Vec<Value> = types.iter().enumerate().map(value).collect();
            let text = values.iter().map(Value::to_string);
            rows.push(text.collect::<Vec<_>>().join(" "));
        }
    }
    Ok(rows.join(", "))
}

/// A session that answers in texts.
pub struct Client {
    session: Session,
}

impl Client {
    /// Runs a statement; of a query, the rows as text, by `, `.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn execute(&mut self, sql: &str) -> Result<String> {
        match self.session.execute(sql, &Params::None).await? {
            Outcome::Rows(stream) => texts(stream).await,
            _ => Ok(String::new()),
        }
    }

    /// The rows of a query, and a watch on what it read.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn watch(&mut self, sql: &str) -> (String, Watch) {
        let (prepared, _) = self.session.prepare(sql).expect("a query");
        let watched = self.session.watch(&prepared, Params::None);
        let Watched { rows, watch } = watched.expect("it can be watched");
        let rows = block_on(texts(rows.expect("it can be run")));
        (rows.expect("it can be read"), watch)
    }

    /// As [`Client::execute`], on this thread.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn run(&mut self, sql: &str) -> Result<String> {
        block_on(self.execute(sql))
    }
    /// Runs a statement that succeeds.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn ok(&mut self, sql: &str) {
        self.q(sql);
    }

    /// The rows of a query that succeeds, as text.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn q(&mut self, sql: &str) -> String {
        match self.run(sql) {
            Ok(rows) => rows,
            Err(e) => panic!("{sql}: {e}"),
        }
    }

    /// Begins a transaction and runs these statements in it.
    ///
    /// # Panics
    /// If one fails.
    #[track_caller]
    pub fn begin(&mut self, statements: &[&str]) {
        self.ok("BEGIN");
        statements.iter().for_each(|sql| self.ok(sql));
    }

    /// Commits. Returns false if it lost to another transaction.
    ///
    /// # Panics
    /// If it fails otherwise.
    #[track_caller]
    pub fn commit(&mut self) -> bool {
        match self.run("COMMIT") {
            Ok(_) => true,
            Err(e) if e.is_retryable() => false,
            Err(e) => panic!("COMMIT: {e}"),
        }
    }
}
