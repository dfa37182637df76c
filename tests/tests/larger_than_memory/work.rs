//! What is done with the big table, step by step.

use crate::Run;
use amphi::{Database, Error};

/// Bytes of the values of a row: three numbers and the text.
const ROW: u64 = 8 + 8 + 8 + TEXT;
const TEXT: u64 = 76;
/// Rows of the table that the big one is made from, and of a transaction.
const CHUNK: u64 = 8192;

fn one(db: &Database, sql: &str) -> i64 {
    db.query_row(sql, ())
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
        .get(0)
        .unwrap()
}

fn rows(run: &Run) -> u64 {
    ((run.sizes.table << 20) / ROW).next_multiple_of(CHUNK)
}

/// The sum of `n % modulus` for `n` in `1..=rows`.
fn sum_of_remainders(rows: u64, modulus: u64) -> i64 {
    let whole = rows / modulus * (modulus * (modulus - 1) / 2);
    let rest = rows % modulus;
    (whole + rest * (rest + 1) / 2) as i64
}

/// Runs a query to its end, and returns its number of rows.
fn count(db: &Database, sql: &str) -> Result<u64, Error> {
    let mut rows = db.query(sql, ())?;
    let mut n = 0;
    while let Some(batch) = rows.next_batch()? {
        n += batch.rows() as u64;
    }
    Ok(n)
}

fn is_refused(result: Result<u64, Error>) -> bool {
    matches!(result, Err(Error::QueryMemory { .. }))
}

/// Makes the table and does everything.
pub fn all(run: &mut Run) {
    let rows = rows(run);
    run.step("start", |_| ());
    run.step("make the table", |run| fill(&run.db, rows));
    println!("            {rows} rows");
    run.step("scan: COUNT, SUM", |run| {
        assert_eq!(
            one(&run.db, "SELECT SUM(a) FROM big"),
            sum_of_remainders(rows, 1000)
        );
    });
    run.step("GROUP BY, 1000 groups", |run| {
        assert_eq!(
            count(&run.db, "SELECT a, COUNT(*), AVG(b), MAX(c) FROM big GROUP BY a"),
            Ok(1000)
        );
    });
    run.step("GROUP BY, as many groups as rows", |run| {
        assert!(is_refused(count(
            &run.db,
            "SELECT id, SUM(b) FROM big GROUP BY id"
        )));
    });
    run.step("ORDER BY … LIMIT 10", |run| {
        assert_eq!(
            count(&run.db, "SELECT * FROM big ORDER BY b DESC, c LIMIT 10"),
            Ok(10)
        );
    });
    run.step("ORDER BY, all rows", |run| {
        assert!(is_refused(count(&run.db, "SELECT * FROM big ORDER BY b")));
    });
    run.step("join with a small table", |run| {
        let sql = "SELECT COUNT(*) FROM big JOIN small ON big.a = small.a WHERE small.a < 10";
        assert_eq!(
            one(&run.db, sql),
            one(&run.db, "SELECT COUNT(*) FROM big WHERE a < 10")
        );
    });
    run.step("join with itself by key", |run| {
        let sql = "SELECT COUNT(*) FROM big x JOIN big y ON y.id = x.id + 1 WHERE x.id <= 10000";
        assert_eq!(one(&run.db, sql), 10_000);
    });
    run.step("join with itself by hashing", |run| {
        let sql = "SELECT x.id, y.c FROM big x JOIN big y ON x.b = y.b";
        assert!(is_refused(count(&run.db, sql)));
    });
    run.step("point reads", |run| {
        let read = run.db.prepare("SELECT a FROM big WHERE id = ?").unwrap();
        for i in 0..5_000_u64 {
            let id = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % rows + 1;
            let a: i64 = read.query_row((id as i64,)).unwrap().get(0).unwrap();
            assert_eq!(a as u64, id % 1000);
        }
    });
    run.step("UPDATE of all rows, in pieces", |run| {
        let update = run
            .db
            .prepare("UPDATE big SET a = a + 1 WHERE id > ? AND id <= ?")
            .unwrap();
        for from in (0..rows).step_by(CHUNK as usize) {
            assert_eq!(update.execute((from as i64, (from + CHUNK) as i64)), Ok(CHUNK));
        }
    });
    run.step("UPDATE of all rows, in one statement", |run| {
        assert!(is_refused(run.db.execute("UPDATE big SET a = a + 1", ())));
        // What it collects would do, what it changes would not.
        let half = format!("DELETE FROM big WHERE id <= {}", run.sizes.transaction << 14);
        let limit = (run.sizes.transaction << 20) as usize;
        assert_eq!(run.db.execute(&half, ()), Err(Error::TransactionMemory { limit }));
    });
    run.step("check", |run| {
        let report = run.db.check().unwrap();
        assert!(report.is_empty(), "{report}");
        assert!(report.rows >= rows);
    });
}

/// What is still there after reopening.
pub fn again(run: &mut Run) {
    let rows = rows(run);
    run.step("COUNT after reopening", |run| {
        assert_eq!(one(&run.db, "SELECT COUNT(*) FROM big") as u64, rows)
    });
}

fn fill(db: &Database, rows: u64) {
    db.execute_script(
        "CREATE TABLE big (id BIGINT PRIMARY KEY, a BIGINT, b DOUBLE, c TEXT);
         CREATE TABLE chunk (id BIGINT PRIMARY KEY, r DOUBLE, c TEXT) ENGINE = memory;
         CREATE TABLE small (a BIGINT PRIMARY KEY, name TEXT) ENGINE = memory;",
    )
    .unwrap();
    db.transaction(|tx| {
        let insert = tx.prepare("INSERT INTO chunk VALUES (?, ?, ?)")?;
        let mut random = 1_u64;
        for i in 1..=CHUNK {
            let mut text = String::new();
            while text.len() < TEXT as usize {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push(char::from(b'a' + (random >> 33) as u8 % 26));
            }
            insert.execute((i as i64, (random >> 33) as f64, text))?;
        }
        let insert = tx.prepare("INSERT INTO small VALUES (?, ?)")?;
        for a in 0..1000 {
            insert.execute((a, format!("name {a}")))?;
        }
        Ok(())
    })
    .unwrap();
    let sql = "INSERT INTO big SELECT id + ?1, (id + ?1) % 1000, r + ?1, c FROM chunk";
    let insert = db.prepare(sql).unwrap();
    for from in (0..rows).step_by(CHUNK as usize) {
        assert_eq!(insert.execute((from as i64,)), Ok(CHUNK));
    }
    db.flush().unwrap();
}
