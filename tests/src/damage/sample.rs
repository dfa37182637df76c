//! The database that is damaged: tables of every placement in the store, every kind of index and key,
//! several leaves and directory pages each, and questions whose answers are known.

use crate::block_on::block_on;
use crate::sql_client::{Answer, collect};
use amphi::SystemHost;
use amphi_core::Result;
use amphi_core::database::Database;
use amphi_core::kv::KvBackend;
use amphi_core::router::{CacheConfig, Config};
use amphi_core::session::Params;
use amphi_core::tree::BlockSizing;
use std::sync::Arc;

/// The stored tables.
pub const TABLES: [&str; 3] = ["item", "sale", "note"];

/// How the sample's database is opened.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The options.
    pub config: Config,
    /// Rows of the biggest table.
    pub rows: u64,
}

impl Sample {
    /// Blocks of a few rows and a cache of about one of them, so that a few rows make a whole tree.
    pub fn small() -> Sample {
        Sample {
            config: Config {
                cache: CacheConfig {
                    max_bytes: Some(256),
                    ..CacheConfig::default()
                },
                sizing: BlockSizing {
                    max_rows: 8,
                    fanout: 4,
                    ..BlockSizing::default()
                },
                ..Config::default()
            },
            rows: 60,
        }
    }

    /// Blocks as users have them.
    pub fn usual() -> Sample {
        Sample {
            config: Config::default(),
            rows: 500,
        }
    }

    /// Opens a store.
    ///
    /// # Errors
    /// Those of [`Database::open`].
    pub fn open(&self, store: Arc<dyn KvBackend>) -> Result<Database> {
        block_on(Database::open(
            Some(store),
            Arc::new(SystemHost::new()),
            self.config.clone(),
        ))
    }

    /// Fills an empty database, over several commits, and with rows that came and went; all but
    /// [`Sample::finish`].
    pub fn fill(&self, db: &Database) {
        let run = |sql: &str| {
            ask(db, sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            block_on(db.flush()).expect("the database flushes");
        };
        run(
            "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40) UNIQUE NOT NULL, price DECIMAL(10,2), \
             made DATE, INDEX by_price (price DESC, name)) ENGINE = persistent",
        );
        run(
            "CREATE TABLE sale (id INT PRIMARY KEY AUTO_INCREMENT, item INT, n SMALLINT, at DATETIME(6), \
             CONSTRAINT of_item FOREIGN KEY (item) REFERENCES item (id), INDEX by_at (at)) ENGINE = dual",
        );
        run(
            "CREATE TABLE note (k TEXT COLLATE NOCASE PRIMARY KEY, body BLOB, f DOUBLE, u UUID) ENGINE = persistent",
        );
        let n = self.rows;
        let insert = |table: &str, rows: &mut dyn Iterator<Item = String>| {
            let rows: Vec<String> = rows.collect();
            for some in rows.chunks(rows.len().div_ceil(3).max(1)) {
                run(&format!("INSERT INTO {table} VALUES {}", some.join(", ")));
            }
        };
        insert(
            "item",
            &mut (1..=n).map(|i| {
                format!(
                    "({i}, 'item {i}', {}.{:02}, '2024-01-{:02}')",
                    i * 7 % 90,
                    i % 100,
                    i % 28 + 1
                )
            }),
        );
        insert(
            "sale",
            &mut (1..=n).map(|i| {
                format!(
                    "({i}, {}, {}, '2024-02-03 04:05:{:02}')",
                    i * 5 % n + 1,
                    i % 9,
                    i % 60
                )
            }),
        );
        insert(
            "note",
            &mut (1..=n / 2).map(|i| {
                let body = "4f".repeat((i % 30) as usize);
                format!(
                    "('Key {}', X'{body}', {i}.25, '00000000-0000-0000-0000-{i:012}')",
                    i * 3 % 101 * 1000 + i
                )
            }),
        );
        run("DELETE FROM sale WHERE n = 3");
        run("UPDATE item SET price = price + 1 WHERE id % 10 = 0");
    }

    /// The last commit: it changes answers over several tables.
    pub fn finish(&self, db: &Database) {
        block_on(async {
            let mut session = db.session();
            for sql in [
                "BEGIN",
                "UPDATE note SET body = NULL, f = -0.5 WHERE f > 20 AND f < 30",
                "UPDATE item SET price = price + 1 WHERE id < 20",
                "UPDATE sale SET n = n + 1 WHERE id < 20",
                "COMMIT",
            ] {
                session
                    .execute(sql, &Params::None)
                    .await
                    .unwrap_or_else(|e| panic!("{sql}: {e}"));
            }
            db.flush().await.expect("the database flushes");
        });
    }

    /// The answers to all questions now.
    pub fn answers(&self, db: &Database) -> Vec<Answer> {
        let questions = self.questions().into_iter();
        questions
            .map(|q| ask(db, &q).unwrap_or_else(|e| panic!("{q}: {e}")))
            .collect()
    }

    /// The questions: scans, points, index lookups and ranges, counts, a join.
    pub fn questions(&self) -> Vec<String> {
        let n = self.rows;
        let mut questions = vec![
            "SELECT * FROM item".to_owned(),
            "SELECT * FROM sale ORDER BY id DESC".to_owned(),
            "SELECT k, hex(body), f, u FROM note ORDER BY k".to_owned(),
            "SELECT COUNT(*), SUM(n) FROM sale".to_owned(),
            "SELECT COUNT(*) FROM note".to_owned(),
            "SELECT id, name FROM item WHERE price > 80 ORDER BY price DESC, name LIMIT 9".to_owned(),
            "SELECT s.id, i.name FROM sale s JOIN item i ON i.id = s.item WHERE s.n = 5 ORDER BY s.id"
                .to_owned(),
            "SELECT id FROM sale WHERE at = '2024-02-03 04:05:07' ORDER BY id".to_owned(),
        ];
        for id in [n / 3, n - 1, n + 5] {
            questions.push(format!("SELECT * FROM item WHERE id = {id}"));
            questions.push(format!("SELECT id, price FROM item WHERE name = 'item {id}'"));
            questions.push(format!(
                "SELECT f FROM note WHERE k = 'kEY {}'",
                id * 3 % 101 * 1000 + id
            ));
        }
        questions
    }
}

/// The answer to one statement.
///
/// # Errors
/// Those of the statement.
pub fn ask(db: &Database, sql: &str) -> Result<Answer> {
    block_on(async { collect(db.session().execute(sql, &Params::None).await?).await })
}
