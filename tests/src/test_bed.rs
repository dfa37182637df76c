//! A database laid out over the placements, and clients that talk to it in texts: what the tests of
//! placements, transactions and isolation stand on.
//!
//! Blocks hold [`BLOCK_ROWS`](crate::placements::BLOCK_ROWS) rows and the cache about one block.

use crate::block_on::block_on;
use crate::pending_store::PendingStore;
use crate::placements::TestPlacement;
use crate::sql_client::{Answer, collect, slt_text};
use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_core::router::Config;
use amphi_core::session::{Params, Session};
use amphi_core::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the tables of a test live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// No store.
    Memory,
    /// Every table persistent.
    Persistent,
    /// Every table dual.
    Dual,
    /// Every table persistent, on a store that answers `Pending` first.
    Pending,
    /// Tables take turns: memory, persistent, dual.
    Mixed,
    /// The same, on a store that answers `Pending` first.
    MixedPending,
    /// Tables in memory unless they say otherwise, beside a store.
    Plain,
    /// The same, on a store that answers `Pending` first.
    PlainPending,
}

impl Layout {
    /// Those a test of transactions runs in: every placement, and placements mixed.
    pub const ALL: [Layout; 6] = [
        Layout::Memory,
        Layout::Persistent,
        Layout::Dual,
        Layout::Pending,
        Layout::Mixed,
        Layout::MixedPending,
    ];

    /// Those a test of placements runs in: it says itself where tables live.
    pub const PLAIN: [Layout; 2] = [Layout::Plain, Layout::PlainPending];

    fn is_pending(self) -> bool {
        matches!(
            self,
            Layout::Pending | Layout::MixedPending | Layout::PlainPending
        )
    }

    /// The options of its databases.
    pub fn config(self) -> Config {
        let placement = match self {
            Layout::Persistent | Layout::Pending => TestPlacement::Persistent,
            Layout::Dual => TestPlacement::Dual,
            _ => TestPlacement::Memory,
        };
        placement.config()
    }

    /// The engine for the `n`th table, where it is not the default.
    fn engine(self, n: usize) -> Option<&'static str> {
        match self {
            Layout::Dual => Some("dual"),
            Layout::Mixed | Layout::MixedPending => Some(["memory", "persistent", "dual"][n % 3]),
            _ => None,
        }
    }
}

/// Runs a test in several layouts and checks the database's integrity after each.
pub fn in_layouts(layouts: &[Layout], test: impl Fn(&mut TestBed)) {
    for layout in layouts {
        println!("layout {layout:?}");
        let mut bed = TestBed::new(*layout);
        test(&mut bed);
        bed.check();
    }
}

/// One database over one store, which outlives it.
pub struct TestBed {
    /// The database open now.
    pub db: Database,
    layout: Layout,
    config: Config,
    store: Arc<MemoryStore>,
    tables: Arc<AtomicUsize>,
}

impl TestBed {
    /// An empty database.
    pub fn new(layout: Layout) -> TestBed {
        TestBed::with_config(layout, layout.config())
    }

    /// An empty database with other options than the layout's.
    pub fn with_config(layout: Layout, config: Config) -> TestBed {
        let store = Arc::new(MemoryStore::new());
        TestBed {
            db: open(layout, &store, config.clone()).expect("the database opens"),
            layout,
            config,
            store,
            tables: Arc::default(),
        }
    }

    /// Where its tables live.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// A new session.
    pub fn client(&self) -> Client {
        Client {
            session: self.db.session(),
            db: self.db.clone(),
            layout: self.layout,
            tables: self.tables.clone(),
            flushes: true,
        }
    }

    /// A new session that leaves relaxed commits to the next flush.
    pub fn relaxed_client(&self) -> Client {
        Client {
            flushes: false,
            ..self.client()
        }
    }

    /// Closes the database and opens its store again.
    pub fn reopen(&mut self) {
        block_on(self.db.close()).expect("the database closes");
        self.crash();
    }

    /// Opens the store again as it is now, as after a crash.
    pub fn crash(&mut self) {
        self.db = self.open(self.config.clone()).expect("the database opens again");
    }

    /// Opens another database over the store.
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub fn open(&self, config: Config) -> Result<Database> {
        open(self.layout, &self.store, config)
    }

    /// Fails the test unless every table is whole.
    pub fn check(&self) {
        let problems = block_on(self.db.check()).expect("the tables can be checked");
        assert!(problems.is_empty(), "the integrity check found: {problems:#?}");
    }

    /// Everything in the store.
    pub fn entries(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.store.entries()
    }

    /// How many trees have blocks in the store, once all is written.
    pub fn stored_trees(&self) -> usize {
        block_on(self.db.flush()).expect("the database flushes");
        let id = |k: Vec<u8>| (k.first() == Some(&0x10)).then(|| k[1..9].to_vec());
        let ids: BTreeSet<Vec<u8>> = self.entries().into_keys().filter_map(id).collect();
        ids.len()
    }
}

fn open(layout: Layout, store: &Arc<MemoryStore>, config: Config) -> Result<Database> {
    let store: Option<Arc<dyn KvBackend>> = match layout {
        Layout::Memory => None,
        _ if layout.is_pending() => Some(Arc::new(PendingStore::new(store.clone()))),
        _ => Some(store.clone()),
    };
    block_on(Database::open(store, Arc::new(SystemHost::new()), config))
}

/// A session that answers in texts: rows separated by `, `, values by a blank.
pub struct Client {
    /// The session itself.
    pub session: Session,
    db: Database,
    layout: Layout,
    tables: Arc<AtomicUsize>,
    flushes: bool,
}

impl Client {
    /// Runs one statement to its end.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn run(&mut self, sql: &str) -> Result<Answer> {
        self.run_with(sql, &Params::None)
    }

    /// Runs one statement with parameters to its end.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn run_with(&mut self, sql: &str, params: &Params) -> Result<Answer> {
        let mut sql = sql.to_string();
        let creates = sql.starts_with("CREATE TABLE") && !sql.contains("ENGINE") && !sql.contains("WITH");
        if creates && let Some(engine) = self.layout.engine(self.tables.fetch_add(1, Ordering::Relaxed)) {
            sql = format!("{sql} ENGINE = {engine}");
        }
        println!("{sql}"); // shown if the test fails
        block_on(async {
            let answer = collect(self.session.execute(&sql, params).await?).await?;
            if self.flushes {
                self.db.flush().await?;
            }
            Ok(answer)
        })
    }

    /// Runs a statement that succeeds.
    #[track_caller]
    pub fn ok(&mut self, sql: &str) {
        if let Err(e) = self.run(sql) {
            panic!("{sql}: {e}");
        }
    }

    /// Runs statements that succeed.
    #[track_caller]
    pub fn all(&mut self, statements: &[&str]) {
        for sql in statements {
            self.ok(sql);
        }
    }

    /// Runs a statement that fails.
    #[track_caller]
    pub fn err(&mut self, sql: &str) -> Error {
        match self.run(sql) {
            Ok(answer) => panic!("{sql} does not fail but answers {answer:?}"),
            Err(e) => e,
        }
    }

    /// Runs a statement that fails, and returns the error's code.
    #[track_caller]
    pub fn code(&mut self, sql: &str) -> &'static str {
        self.err(sql).code()
    }

    /// The rows of a query as text.
    #[track_caller]
    pub fn q(&mut self, sql: &str) -> String {
        match self.run(sql) {
            Ok(answer) => text(&answer),
            Err(e) => panic!("{sql}: {e}"),
        }
    }

    /// How many rows a statement changed.
    #[track_caller]
    pub fn affected(&mut self, sql: &str) -> u64 {
        match self.run(sql) {
            Ok(Answer::Affected(n)) => n,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// An answer's rows as text.
pub fn text(answer: &Answer) -> String {
    let Answer::Rows { rows, .. } = answer else {
        return String::new();
    };
    let row = |r: &Vec<_>| r.iter().map(slt_text).collect::<Vec<_>>().join(" ");
    rows.iter().map(row).collect::<Vec<_>>().join(", ")
}
