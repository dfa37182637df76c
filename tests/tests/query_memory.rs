//! What a statement collects is counted before it is taken: at any limit it is either refused, naming the limit, or
//! answered, and either way the heap grows by hardly more than the limit.
//!
//! One test, in a process of its own: it measures the heap.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::Error;
use amphi_core::database::Database;
use amphi_core::kv::MemoryStore;
use amphi_core::router::Config;
use amphi_core::session::Outcome;
use amphi_tests::block_on::block_on;
use amphi_tests::counting_allocator::CountingAllocator;
use std::sync::Arc;

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

const MIB: usize = 1 << 20;
/// The heap may grow by one and a half times the limit: what is counted is what a collection takes once it has
/// grown, and while it grows the half of it that is copied is there twice.
const FACTOR: f64 = 1.5;
/// And by this much for batches on their way, the plan, and what is counted roughly.
const SLACK: usize = MIB;

const ROWS: usize = 40_000;
const LIMITS: [usize; 7] = [MIB / 2, MIB, 2 * MIB, 4 * MIB, 8 * MIB, 16 * MIB, 64 * MIB];

fn open(limit: usize, store: &Arc<MemoryStore>) -> Database {
    let config = Config {
        max_query_bytes: Some(limit),
        ..Config::default()
    };
    block_on(Database::open(
        Some(store.clone()),
        Arc::new(SystemHost::new()),
        config,
    ))
    .unwrap()
}

/// Runs a statement, throws its rows away, and returns how the heap grew.
fn run(db: &Database, sql: &str) -> (Result<u64, Error>, usize) {
    HEAP.reset_peak();
    let before = HEAP.now();
    let done = block_on(async {
        let mut rows = 0;
        let mut session = db.session();
        match session.execute(sql, ()).await? {
            Outcome::Rows(mut stream) => {
                while let Some(batch) = stream.next_batch().await? {
                    rows += batch.rows() as u64;
                }
            }
            Outcome::Affected { rows: n, .. } => rows = n,
            Outcome::Done => {}
        }
        Ok(rows)
    });
    (done, HEAP.peak() - before)
}

/// Runs a statement at every limit, from the lowest up.
fn check(store: &Arc<MemoryStore>, sql: &str, changes: bool) {
    let (mut refused, mut answered) = (0, 0);
    for limit in LIMITS {
        let db = open(limit, store);
        // Moves the pages of the tables out of the measurement.
        run(&db, "SELECT COUNT(n), COUNT(s) FROM a").0.unwrap();
        run(&db, "SELECT COUNT(n), COUNT(s) FROM b").0.unwrap();
        let (done, growth) = run(&db, sql);
        match done {
            Ok(_) => answered += 1,
            Err(Error::QueryMemory { limit: named }) => {
                assert_eq!(named, limit);
                refused += 1;
            }
            Err(e) => panic!("{sql}: {e}"),
        }
        let most = (limit as f64 * FACTOR) as usize + SLACK;
        // What a statement changed takes memory of its own.
        if !(changes && answered > 0) {
            assert!(
                growth <= most,
                "{sql}: the heap grew by {growth} bytes at a limit of {limit}"
            );
        }
        if answered > 0 {
            break;
        }
    }
    assert!(refused > 0, "{sql}: never refused");
    assert!(answered > 0, "{sql}: never answered");
}

#[test]
fn what_statements_collect_stays_within_the_limit() {
    let store = Arc::new(MemoryStore::new());
    let db = open(usize::MAX, &store);
    for table in ["a", "b"] {
        let create = format!(
            "CREATE TABLE {table} (id INT PRIMARY KEY, n INT, wide BIGINT, d DECIMAL(20, 2), s VARCHAR(40), INDEX by_n (n)) \
             ENGINE = dual"
        );
        run(&db, &create).0.unwrap();
        for chunk in (0..ROWS).collect::<Vec<_>>().chunks(5000) {
            // Each n occurs in 60 rows; the other columns have another value in each.
            let row = |i: &usize| {
                let wide = i * 7_919_000_003 % 1_000_000_000_039;
                format!(
                    "({i}, {}, {wide}, {i}.25, 'a text of row {:012}')",
                    i % 1000,
                    i * 17 % ROWS
                )
            };
            let rows: Vec<String> = chunk.iter().map(row).collect();
            let insert = format!("INSERT INTO {table} VALUES {}", rows.join(", "));
            run(&db, &insert).0.unwrap();
        }
    }
    run(&db, "CREATE TABLE c (n INT) ENGINE = dual").0.unwrap();
    let create =
        "CREATE TABLE same_key (id INT PRIMARY KEY, k INT, s VARCHAR(40), INDEX ks (k, s)) ENGINE = dual";
    run(&db, create).0.unwrap();
    run(
        &db,
        "INSERT INTO same_key SELECT id, 7, s FROM a WHERE id < 20000",
    )
    .0
    .unwrap();
    let trigger =
        "CREATE TRIGGER t AFTER DELETE ON b FOR EACH ROW INSERT INTO c SELECT OLD.n WHERE OLD.id < 10";
    run(&db, trigger).0.unwrap();
    block_on(db.close()).unwrap();
    for sql in [
        // Sorting, by numbers, by texts, and the first so many.
        "SELECT id FROM a ORDER BY wide",
        "SELECT * FROM a ORDER BY s, n DESC",
        "SELECT * FROM a ORDER BY s LIMIT 20000",
        "SELECT id, wide FROM a ORDER BY wide LIMIT 30000",
        // Joins by hashing, by loops, by an index with many rows per key.
        "SELECT COUNT(*) FROM a JOIN b ON a.wide = b.wide",
        "SELECT COUNT(a.s) FROM a LEFT JOIN b ON a.s = b.s AND a.d = b.d",
        "SELECT COUNT(*) FROM (SELECT s FROM a WHERE id = 5) c LEFT JOIN b ON b.s < c.s",
        // Side by side, of which the rows of one key are collected.
        "SELECT COUNT(a.id), COUNT(c.s) FROM a JOIN same_key c ON c.k = a.id",
        // Groups: keys close together, far apart, texts, several; every kind of state.
        "SELECT id, COUNT(*) FROM a GROUP BY id",
        "SELECT wide, SUM(d), AVG(n), MIN(d), STDDEV_POP(n), BIT_OR(n) FROM a GROUP BY wide",
        "SELECT s, MAX(s), MIN(n) FROM a GROUP BY s",
        "SELECT n, d, COUNT(*) FROM a GROUP BY n, d",
        "SELECT GROUP_CONCAT(s) FROM a",
        "SELECT n, GROUP_CONCAT(s SEPARATOR '; ') FROM a GROUP BY n",
        "SELECT n, GROUP_CONCAT(s ORDER BY wide DESC) FROM a GROUP BY n",
        "SELECT JSON_ARRAYAGG(s ORDER BY s) FROM a",
        "SELECT MEDIAN(wide), MODE(s) FROM a",
        "SELECT COUNT(DISTINCT s), COUNT(DISTINCT wide) FROM a",
        "SELECT COUNT(DISTINCT s, wide) FROM a",
        "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY wide), PERCENTILE_DISC(0.1) WITHIN GROUP (ORDER BY s DESC) FROM a",
        "SELECT JSON_OBJECTAGG(s, d) FROM a",
        "SELECT n, JSON_OBJECTAGG(id, s) FILTER (WHERE wide > 5) FROM a GROUP BY n",
        "SELECT wide, CORR(d, n), BOOL_AND(n > 3), TOTAL(n) FROM a GROUP BY wide",
        "SELECT wide, APPROX_COUNT_DISTINCT(s) FROM a GROUP BY wide",
        "SELECT n, GROUP_CONCAT(s LIMIT 30) FROM a GROUP BY n",
        // Distinct rows.
        "SELECT DISTINCT wide FROM a",
        "SELECT DISTINCT s, d FROM a",
        // Operations on sets of rows.
        "SELECT wide FROM a UNION SELECT id FROM b",
        "SELECT s, d FROM a INTERSECT SELECT s, d FROM b",
        "SELECT wide FROM a EXCEPT ALL SELECT wide FROM b WHERE d > 3",
        // Windows.
        "SELECT id, ROW_NUMBER() OVER (ORDER BY wide), SUM(n) OVER (PARTITION BY n ORDER BY id) FROM a",
        "SELECT s, RANK() OVER (PARTITION BY n ORDER BY s), LAG(s) OVER (ORDER BY wide) FROM a",
        "SELECT MAX(s) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) FROM a",
        "SELECT s, SUM(n) OVER (ORDER BY wide), MAX(s) OVER (PARTITION BY n ORDER BY id) FROM a",
        // Subqueries that depend on the row.
        "SELECT COUNT(*) FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.id = a.wide % 1000)",
        "SELECT id, (SELECT s FROM b WHERE b.id = a.id) FROM a WHERE n < 500",
        // What in FROM depends on the tables before it.
        "SELECT a.id, p.value FROM a, string_split(a.s, ' ') p ORDER BY p.value",
        // Queries over their own rows.
        "WITH RECURSIVE r (n, t) AS (SELECT 1, s FROM a WHERE id < 40 UNION SELECT n + 1, t FROM r WHERE n < 900)
         SELECT COUNT(*) FROM r",
        // Sets.
        "SELECT COUNT(*) FROM a WHERE wide IN (SELECT wide FROM b)",
        "SELECT COUNT(*) FROM a WHERE s NOT IN (SELECT s FROM b WHERE id > 10)",
        // Texts that expressions make: a batch of them at a time.
        "SELECT MAX(JSON_LENGTH(CONCAT('[1', REPEAT(', 1', id % 1000), ']'))) FROM a",
        "SELECT MAX(LENGTH(REPEAT(s, 100))) FROM a",
        "SELECT COUNT(*) FROM a WHERE CONCAT(s, SPACE(id % 5000)) LIKE '%x'",
        "SELECT COUNT(*) FROM a JOIN (SELECT REPEAT('x', 20000) AS big) c ON a.s < c.big || a.s",
        // Several at once share the limit.
        "SELECT a.s, COUNT(*) FROM a JOIN b ON a.wide = b.wide GROUP BY a.s ORDER BY 2, 1",
    ] {
        check(&store, sql, false);
    }
    for sql in [
        "INSERT INTO a (id, s) SELECT id + 1000000, s FROM b",
        "UPDATE a SET s = CONCAT(s, '!')",
        "UPDATE a SET id = id + 1000000",
        "UPDATE a SET n = n + 1 WHERE wide IN (SELECT wide FROM b WHERE d > 3)",
        "DELETE FROM a WHERE wide IN (SELECT wide FROM b)",
        "DELETE FROM a ORDER BY s LIMIT 30000",
        "DELETE FROM a WHERE d > 3 RETURNING s",
        "UPDATE a JOIN b ON b.id = a.id SET a.s = b.s, b.d = a.d",
        "DELETE FROM b",
        "DELETE a, b FROM a LEFT JOIN b ON b.id = a.id + 50000",
        "MERGE INTO a USING b ON a.id = b.id + 30000 WHEN MATCHED THEN UPDATE SET s = b.s
         WHEN NOT MATCHED THEN INSERT (id, s) VALUES (b.id + 1000000, b.s)",
    ] {
        check(&Arc::new(MemoryStore::with_entries(store.entries())), sql, true);
    }
}
