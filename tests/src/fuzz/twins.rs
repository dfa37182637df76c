//! Two databases that are told the same and must answer the same: one in memory, whose statements come as
//! text and so are planned as templates; one persistent, on a store that answers `Pending` first, with a
//! cache of about one block, whose statements are prepared.
//!
//! Clock and randomness stand still in both. Limits of memory are low, and not the same for both, since
//! blocks of a table in memory count for nothing: an error that names one ends the comparison.

use crate::block_on::block_on;
use crate::pending_store::PendingStore;
use crate::placements::TestPlacement;
use crate::sql_client::slt_text;
use amphi_core::database::Database;
use amphi_core::host::Host;
use amphi_core::kv::{KvBackend, MemoryStore};
use amphi_core::router::Config;
use amphi_core::session::{Outcome, Params, Session};
use amphi_core::{Error, Result};
use std::fmt::Write;
use std::sync::Arc;

/// Bytes that a query may collect.
const QUERY_BYTES: usize = 1 << 20;
/// Bytes of an answer that are looked at.
const SHOWN_BYTES: usize = 16 << 10;
/// Rows that statements may change in all, and tables that one may name, beyond which nothing more is run:
/// joins take as long as they are told to.
const MOST_ROWS: u64 = 40;
const MOST_TABLES: usize = 4;

/// The tables at the start. The scripts of the seeds make tables of other names.
const TABLES: [&str; 6] = [
    "CREATE TABLE ta (id INT PRIMARY KEY, n INT, s VARCHAR(20), d DECIMAL(9,2), f DOUBLE, INDEX by_n (n DESC, s))",
    "CREATE TABLE tb (k TEXT COLLATE NOCASE PRIMARY KEY, t INT, b BLOB, at DATETIME(6), day DATE, \
     CONSTRAINT of_t FOREIGN KEY (t) REFERENCES ta (id) ON DELETE CASCADE)",
    "CREATE TABLE tc (a BIGINT UNIQUE, j JSON, u UUID, x BOOLEAN, e VECTOR(2), CHECK (a < 1000))",
    "INSERT INTO ta VALUES (1, 10, 'one', 1.50, 0.5), (2, 20, 'two', -2.25, -1e10), (3, NULL, NULL, NULL, NULL), \
     (4, 10, 'Four', 0, 0), (5, 30, '', 9999999.99, 1e-7), (9, -1, 'nine%', 3, 2), (12, 20, 'two', 4, 4.5)",
    "INSERT INTO tb VALUES ('a', 1, X'00FF', '2024-02-29 13:14:15.123456', '2024-02-29'), ('B', 2, X'', NULL, NULL), \
     ('c d', NULL, NULL, '1970-01-01 00:00:00', '9999-12-31'), ('e', 9, X'61', '0001-01-01 00:00:00', '0001-01-01')",
    "INSERT INTO tc VALUES (1, '{\"a\": [1, 2]}', '00000000-0000-0000-0000-000000000001', TRUE, '[1, 2]'), (NULL, NULL, NULL, NULL, NULL), \
     (-7, '\"x\"', NULL, FALSE, '[0, -1.5]')",
];

/// A host whose time and chance stand still.
pub(super) struct Still;

impl Host for Still {
    fn unix_micros(&self) -> i64 {
        1_709_212_455_123_456
    }

    fn monotonic_micros(&self) -> u64 {
        1
    }

    fn random(&self) -> u64 {
        0x9E37_79B9_7F4A_7C15
    }
}

/// One of the two.
struct Twin {
    store: Arc<dyn KvBackend>,
    config: Config,
    db: Database,
    session: Session,
    prepares: bool,
    /// Rows changed so far.
    changed: u64,
}

/// What a statement came to, as far as it is compared.
type Answer = Result<String>;

fn is_limit(answer: &Answer) -> bool {
    matches!(
        answer,
        Err(Error::QueryMemory { .. } | Error::TransactionMemory { .. })
    )
}

impl Twin {
    fn new(placement: TestPlacement) -> Twin {
        let memory = Arc::new(MemoryStore::new());
        let store: Arc<dyn KvBackend> = match placement {
            TestPlacement::Pending => Arc::new(PendingStore::new(memory)),
            _ => memory,
        };
        let config = Config {
            max_query_bytes: Some(QUERY_BYTES),
            max_transaction_bytes: Some(QUERY_BYTES),
            ..placement.config()
        };
        let db = open(&store, &config);
        let mut twin = Twin {
            session: db.session(),
            store,
            config,
            db,
            prepares: placement.is_stored(),
            changed: 0,
        };
        for sql in TABLES {
            twin.run(sql, Params::None).expect("the tables are made");
        }
        twin.changed = 0;
        twin
    }

    fn run(&mut self, sql: &str, params: Params) -> Answer {
        block_on(async {
            let prepared = match self.prepares {
                true => self.session.prepare(sql),
                false => Err(Error::Closed),
            };
            let outcome = match prepared {
                Ok((prepared, _)) => self.session.execute_prepared(&prepared, params).await?,
                // Without values the types of parameters are not known, and errors may be others.
                Err(_) => self.session.execute(sql, params).await?,
            };
            if let Outcome::Affected { rows, .. } = outcome {
                self.changed += rows;
            }
            let answer = show(outcome).await;
            self.db.flush().await?;
            answer
        })
    }

    /// The rows of a table as text, sorted.
    fn table(&self, name: &str) -> Answer {
        let sql = format!("SELECT * FROM `{}`", name.replace('`', "``"));
        let outcome = block_on(async { show(self.db.session().execute(&sql, ()).await?).await })?;
        let mut rows: Vec<&str> = outcome.lines().collect();
        rows.sort_unstable();
        Ok(rows.join("\n"))
    }

    fn check(&self, when: &str) {
        let report = block_on(self.db.check()).expect("the database can be checked");
        assert!(report.is_empty(), "{when}: {:#?}", report.problems);
    }
}

fn open(store: &Arc<dyn KvBackend>, config: &Config) -> Database {
    block_on(Database::open(
        Some(store.clone()),
        Arc::new(Still),
        config.clone(),
    ))
    .expect("the database opens")
}

async fn show(outcome: Outcome) -> Answer {
    let mut text = String::new();
    let mut stream = match outcome {
        Outcome::Done => return Ok("done".into()),
        Outcome::Affected { rows, last_insert_id } => return Ok(format!("{rows} {last_insert_id:?}")),
        Outcome::Rows(stream) => stream,
    };
    let columns = stream.columns().to_vec();
    for column in &columns {
        let _ = write!(text, "{} {}|", column.name, column.ty);
    }
    while text.len() < SHOWN_BYTES
        && let Some(batch) = stream.next_batch().await?
    {
        let batch = batch.compact();
        for row in 0..batch.rows() {
            text.push('\n');
            for (i, column) in columns.iter().enumerate() {
                let value = batch.column(i).value(row, &column.ty);
                text.push_str(&slt_text(&value));
                text.push('|');
            }
            if text.len() >= SHOWN_BYTES {
                break;
            }
        }
    }
    let end = text.floor_char_boundary(SHOWN_BYTES);
    text.truncate(end);
    Ok(text)
}

/// See the module.
pub(super) struct Twins {
    memory: Twin,
    stored: Twin,
}

impl Twins {
    pub(super) fn new() -> Twins {
        Twins {
            memory: Twin::new(TestPlacement::Memory),
            stored: Twin::new(TestPlacement::Pending),
        }
    }

    /// Runs a statement in both. `false`: nothing more is to be run.
    pub(super) fn run(&mut self, sql: &str, params: &Params) -> bool {
        if self.tables_named(sql) > MOST_TABLES {
            return true;
        }
        let given = params.clone();
        let in_memory = self.memory.run(sql, given.clone());
        let stored = self.stored.run(sql, given);
        if is_limit(&in_memory) || is_limit(&stored) {
            return false;
        }
        // What describes a database says where its tables are.
        let first = sql.split_whitespace().next().unwrap_or_default();
        let describes = ["EXPLAIN", "SHOW", "DESCRIBE", "DESC"];
        if !describes.iter().any(|w| first.eq_ignore_ascii_case(w)) {
            assert_eq!(
                in_memory.map_err(|e| e.to_string()),
                stored.map_err(|e| e.to_string()),
                "in memory and stored: {sql}"
            );
        }
        self.memory.changed <= MOST_ROWS
    }

    fn tables_named(&self, sql: &str) -> usize {
        let tables = self.stored.db.list_persistent_tables();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let words = sql.split(|c| !is_word(c));
        words
            .filter(|w| tables.iter().any(|t| t.eq_ignore_ascii_case(w)))
            .count()
    }

    /// Checks both, and that what the store holds is what memory shows.
    pub(super) fn finish(self) {
        let Twins { memory, stored } = self;
        memory.check("in memory");
        stored.check("stored");
        let Twin {
            store,
            config,
            db,
            session,
            ..
        } = stored;
        let open_still = session.in_transaction();
        drop((session, db));
        let reopened = open(&store, &config);
        let report = block_on(reopened.check()).expect("the database can be checked");
        assert!(report.is_empty(), "opened again: {:#?}", report.problems);
        let again = Twin {
            session: reopened.session(),
            store,
            config,
            db: reopened,
            prepares: true,
            changed: 0,
        };
        assert_eq!(open_still, memory.session.in_transaction());
        for table in again.db.list_persistent_tables() {
            if !table.contains('.') {
                assert_eq!(memory.table(&table), again.table(&table), "{table}, opened again");
            }
        }
    }
}
