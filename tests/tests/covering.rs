//! Indexes that tell all that a query wants: the blocks of rows are not read, and what is read is what the rows say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_core::kv::{Durability, KvBackend, MemoryStore, StoreFuture, WriteBatch};
use amphi_tests::block_on::block_on;
use amphi_tests::pending_store::PendingStore;
use amphi_tests::placements::TestPlacement;
use amphi_tests::random::Random;
use amphi_tests::sql_client::collect;
use amphi_tests::test_bed::{Client, Layout, in_layouts, text};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A store that notes which trees leaves are read of.
struct NotingStore {
    inner: Arc<MemoryStore>,
    read: Arc<Mutex<BTreeMap<u64, usize>>>,
}

impl KvBackend for NotingStore {
    fn get_many<'a>(&'a self, keys: &'a [Vec<u8>]) -> StoreFuture<'a, Vec<Option<Vec<u8>>>> {
        for key in keys.iter().filter(|k| k.len() > 9 && k[0] == 0x10 && k[9] == 0) {
            let tree = u64::from_be_bytes(key[1..9].try_into().unwrap());
            *self.read.lock().unwrap().entry(tree).or_default() += 1;
        }
        self.inner.get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> StoreFuture<'a, Vec<(Vec<u8>, Vec<u8>)>> {
        self.inner.scan(from, to, limit)
    }

    fn commit<'a>(&'a self, batch: WriteBatch, durability: Durability) -> StoreFuture<'a, ()> {
        self.inner.commit(batch, durability)
    }
}

#[test]
fn blocks_of_rows_are_not_read_with_a_cold_cache() {
    let config = || TestPlacement::Persistent.config();
    for pending in [false, true] {
        let inner = Arc::new(MemoryStore::new());
        let read = Arc::new(Mutex::new(BTreeMap::new()));
        let open = || {
            let noting: Arc<dyn KvBackend> = Arc::new(NotingStore {
                inner: inner.clone(),
                read: read.clone(),
            });
            let store = match pending {
                true => Arc::new(PendingStore::new(noting)),
                false => noting,
            };
            block_on(Database::open(Some(store), Arc::new(SystemHost::new()), config())).unwrap()
        };
        let db = open();
        let run = |db: &Database, sql: &str| {
            let mut session = db.session();
            let answer = block_on(async { collect(session.execute(sql, ()).await?).await });
            text(&answer.unwrap_or_else(|e| panic!("{sql}: {e}")))
        };
        // The rows are in the first tree, which is as old as the table.
        run(
            &db,
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b DECIMAL(6, 2), s VARCHAR(20), x DOUBLE)",
        );
        run(&db, "CREATE TABLE few (a INT)");
        run(&db, "INSERT INTO few VALUES (3), (5), (NULL), (77), (3)");
        run(
            &db,
            "INSERT INTO t SELECT value, value % 200, value / 4, CONCAT('s', value), value FROM generate_series(1, 1000)",
        );
        run(
            &db,
            "INSERT INTO t SELECT value, value % 200, value / 4, CONCAT('s', value), value FROM generate_series(1001, 2000)",
        );
        run(&db, "CREATE INDEX abs ON t (a, b, s)");
        run(&db, "CREATE INDEX x ON t (x)");
        run(&db, "ANALYZE");
        block_on(db.close()).unwrap();
        let rows = {
            let db = open();
            read.lock().unwrap().clear();
            run(&db, "SELECT SUM(x) FROM t");
            let trees: Vec<u64> = read.lock().unwrap().keys().copied().collect();
            assert_eq!(trees.len(), 1);
            trees[0]
        };
        for (sql, want) in [
            ("SELECT COUNT(*) FROM t WHERE a = 7", "10"),
            ("SELECT COUNT(*) FROM t WHERE a BETWEEN 3 AND 16", "140"),
            ("SELECT COUNT(*) FROM t WHERE x < 100.5", "100"),
            ("SELECT id FROM t WHERE x >= 1999 ORDER BY x DESC", "2000, 1999"),
            (
                "SELECT id, b, s FROM t WHERE a = 7 AND b > 400",
                "1607 401.75 s1607, 1807 451.75 s1807",
            ),
            (
                "SELECT b FROM t WHERE a IN (0, 199) AND b < 100 ORDER BY b",
                "49.75, 50.00, 99.75",
            ),
            (
                "SELECT a, COUNT(*) FROM t WHERE a >= 198 GROUP BY a ORDER BY a",
                "198 10, 199 10",
            ),
            ("SELECT MAX(b) FROM t WHERE a = 4", "451.00"),
            (
                "SELECT few.a, t.b FROM few JOIN t ON t.a = few.a WHERE t.b < 60 ORDER BY few.a, t.b",
                "3 0.75, 3 0.75, 3 50.75, 3 50.75, 5 1.25, 5 51.25, 77 19.25",
            ),
            (
                "SELECT few.a, COUNT(t.a) FROM few LEFT JOIN t ON t.a = few.a GROUP BY few.a ORDER BY few.a",
                "NULL 0, 3 20, 5 10, 77 10",
            ),
            (
                "SELECT s FROM t ORDER BY a DESC, b DESC, s DESC LIMIT 2",
                "s1999, s1799",
            ),
        ] {
            let db = open();
            read.lock().unwrap().clear();
            assert_eq!(run(&db, sql), want, "{sql}");
            let read = read.lock().unwrap();
            assert_eq!(read.get(&rows), None, "{sql} reads rows: {read:?}");
            assert!(!read.is_empty(), "{sql}");
        }
        // What the entries do not tell is read from the rows.
        let db = open();
        read.lock().unwrap().clear();
        assert_eq!(run(&db, "SELECT x FROM t WHERE a = 7 AND b > 450"), "1807");
        assert!(read.lock().unwrap().contains_key(&rows));
    }
}

/// The same query with and without the index.
#[track_caller]
fn same(c: &mut Client, sql: &str) -> String {
    let by_index = c.q(sql);
    let by_rows = c.q(&sql.replace("FROM t", "FROM copy"));
    let sorted = |s: &str| {
        let mut rows: Vec<String> = s.split(", ").map(String::from).collect();
        rows.sort();
        rows
    };
    assert_eq!(sorted(&by_index), sorted(&by_rows), "{sql}");
    by_index
}

#[test]
fn entries_tell_the_values_of_the_rows_whatever_their_types() {
    in_layouts(&Layout::ALL, |bed| {
        let mut c = bed.client();
        let columns = "id INT PRIMARY KEY, i BIGINT, d DECIMAL(20, 3), f DOUBLE, s VARCHAR(20), n VARCHAR(20) COLLATE NOCASE, \
                       b BLOB, t TIME(3), at DATETIME, k BIT(9), u BIGINT UNSIGNED";
        c.ok(&format!("CREATE TABLE t ({columns})"));
        c.ok(&format!("CREATE TABLE copy ({columns})"));
        for index in [
            "i",
            "d DESC",
            "f",
            "s DESC",
            "n",
            "t",
            "at DESC",
            "k",
            "u DESC",
            "s, i, d",
            "n, s DESC, at",
            "i DESC, b",
        ] {
            c.ok(&format!("CREATE INDEX `{index}` ON t ({index})"));
        }
        let mut random = Random::new(11);
        let or_null = |v: String, random: &mut Random| if random.chance(15) { "NULL".into() } else { v };
        for id in 0..60 {
            let r = &mut random;
            let int = r.below(40) as i64 - 20;
            let words = ["a", "A", "ab", "", "x''y", "Zoë"];
            let pick = |r: &mut Random| format!("'{}'", r.pick(&words).unwrap());
            let values = [
                or_null(int.to_string(), r),
                or_null(format!("{}.{:03}", r.below(9000) as i64 - 4500, r.below(1000)), r),
                or_null(
                    ["0.0", "-0.0", "1.5", "-2.25", "1e300"][r.below(5) as usize].into(),
                    r,
                ),
                or_null(pick(r), r),
                or_null(pick(r), r),
                or_null(
                    ["0x00", "0x0001", "0x01", "0xff00", "0x"][r.below(4) as usize].into(),
                    r,
                ),
                or_null(
                    format!("'{}:00:00.{:03}'", r.below(30) as i64 - 10, r.below(1000)),
                    r,
                ),
                or_null(format!("'2024-01-{:02} 10:00:00'", r.below(28) + 1), r),
                or_null(r.below(512).to_string(), r),
                or_null(
                    ["18446744073709551615", "0", "9223372036854775808", "7"][r.below(4) as usize].into(),
                    r,
                ),
            ];
            let values = values.join(", ");
            c.ok(&format!("INSERT INTO t VALUES ({id}, {values})"));
            c.ok(&format!("INSERT INTO copy VALUES ({id}, {values})"));
        }
        for column in ["i", "d", "f", "s", "n", "b", "t", "at", "k", "u"] {
            same(
                &mut c,
                &format!("SELECT id, {column} FROM t WHERE {column} IS NOT NULL ORDER BY {column}"),
            );
            same(
                &mut c,
                &format!("SELECT {column} FROM t ORDER BY {column} DESC LIMIT 60"),
            );
        }
        for sql in [
            "SELECT i, id FROM t WHERE i > 3",
            "SELECT d FROM t WHERE d < 0",
            "SELECT f FROM t WHERE f >= 0",
            "SELECT s, i, d FROM t WHERE s = 'a'",
            "SELECT s, d FROM t WHERE s IN ('a', 'A', '') AND i < 5",
            "SELECT n FROM t WHERE n = 'A'",
            "SELECT n, s, at FROM t WHERE n = 'ab'",
            "SELECT i, HEX(b) FROM t WHERE i < 0",
            "SELECT k FROM t WHERE k < 99",
            "SELECT u FROM t WHERE u > 7",
            "SELECT t FROM t WHERE t < '00:00:00'",
            "SELECT at FROM t WHERE at >= '2024-01-14'",
            "SELECT MIN(d), MAX(d) FROM t WHERE d > 1",
        ] {
            same(&mut c, sql);
        }
        assert!(
            c.q("EXPLAIN SELECT s, i, d FROM t WHERE s = 'a'")
                .contains("covering")
        );
        // Several values of such columns have one key.
        assert!(!c.q("EXPLAIN SELECT n FROM t WHERE n = 'A'").contains("covering"));
        assert!(!c.q("EXPLAIN SELECT f FROM t WHERE f = 1.5").contains("covering"));
        assert!(
            c.q("EXPLAIN SELECT COUNT(*) FROM t WHERE f = 1.5")
                .contains("covering")
        );
    });
}
