//! Readers of old snapshots while everything they read is overwritten in the store: many blocks, a cache
//! of one, flushes, changes of placement and of definitions in between, results read on batch by batch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::router::Config;
use amphi_core::session::{Outcome, Params, RowStream, Session};
use amphi_core::types::{Problem, Value};
use amphi_tests::block_on::block_on;
use amphi_tests::random::Random;
use amphi_tests::seeds::for_seeds;
use amphi_tests::sql_client::slt_text;
use amphi_tests::test_bed::{Client, Layout, TestBed, in_layouts};
use std::collections::BTreeMap;
use std::collections::VecDeque;

/// Rows of the table: with blocks of four, a tree of three levels.
const ROWS: i64 = 300;

/// The table: key, indexed number, text.
type Rows = BTreeMap<i64, (i64, String)>;

/// The queries that a reader runs, each with its answer in the model.
const QUERIES: [(&str, fn(&Rows) -> Vec<String>); 4] = [
    ("SELECT id, n, s FROM t", by_id),
    (
        "SELECT id, n, s FROM t WHERE n BETWEEN 100 AND 400 ORDER BY n, id",
        by_index,
    ),
    ("SELECT id, n, s FROM t WHERE id BETWEEN 50 AND 180", by_range),
    (
        "SELECT a.id, b.n, b.s FROM t a JOIN t b ON b.id = a.id + 1 ORDER BY a.id",
        by_join,
    ),
];

fn line(id: i64, (n, s): &(i64, String)) -> String {
    format!("{id} {n} {s}")
}

fn by_id(rows: &Rows) -> Vec<String> {
    rows.iter().map(|(id, row)| line(*id, row)).collect()
}

fn by_index(rows: &Rows) -> Vec<String> {
    let mut found: Vec<_> = rows.iter().filter(|(_, r)| (100..=400).contains(&r.0)).collect();
    found.sort_by_key(|(id, row)| (row.0, **id));
    found.into_iter().map(|(id, row)| line(*id, row)).collect()
}

fn by_range(rows: &Rows) -> Vec<String> {
    rows.range(50..=180).map(|(id, row)| line(*id, row)).collect()
}

fn by_join(rows: &Rows) -> Vec<String> {
    let next = |id: &i64| rows.get(&(id + 1)).map(|row| line(*id, row));
    rows.keys().filter_map(next).collect()
}

/// Somebody who looks at what was.
enum Reader {
    /// A transaction, which runs any query at any time.
    Transaction(Session, Rows),
    /// A result that is read on, and what is still to come.
    Result(RowStream, VecDeque<String>),
}

fn start(session: &mut Session, sql: &str) -> RowStream {
    match block_on(session.execute(sql, &Params::None)).unwrap() {
        Outcome::Rows(rows) => rows,
        _ => panic!("{sql} answers rows"),
    }
}

/// The next rows as lines; `None` at the end.
fn next(stream: &mut RowStream) -> Option<Vec<String>> {
    let types: Vec<_> = stream.columns().iter().map(|c| c.ty.clone()).collect();
    let batch = block_on(stream.next_batch()).unwrap()?.compact();
    let row = |i: usize| -> Vec<Value> {
        let columns = types.iter().enumerate();
        columns.map(|(c, ty)| batch.column(c).value(i, ty)).collect()
    };
    let text = |row: Vec<Value>| row.iter().map(slt_text).collect::<Vec<_>>().join(" ");
    Some((0..batch.rows()).map(|i| text(row(i))).collect())
}

fn drain(mut stream: RowStream) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(batch) = next(&mut stream) {
        lines.extend(batch);
    }
    lines
}

impl Reader {
    fn begin(bed: &TestBed, rows: &Rows, random: &mut Random) -> Reader {
        let mut session = bed.db.session();
        if random.chance(50) {
            block_on(session.execute("BEGIN", &Params::None)).unwrap();
            return Reader::Transaction(session, rows.clone());
        }
        let (sql, answer) = random.pick(&QUERIES).unwrap();
        Reader::Result(start(&mut session, sql), answer(rows).into())
    }

    /// Looks again. False when there is nothing more to see.
    fn look(&mut self, random: &mut Random) -> bool {
        match self {
            Reader::Transaction(session, rows) => {
                let (sql, answer) = random.pick(&QUERIES).unwrap();
                assert_eq!(drain(start(session, sql)), answer(rows), "{sql}");
                true
            }
            Reader::Result(stream, expected) => match next(stream) {
                Some(lines) => {
                    for line in lines {
                        assert_eq!(Some(line), expected.pop_front());
                    }
                    true
                }
                None => {
                    assert!(expected.is_empty(), "{} rows are missing", expected.len());
                    false
                }
            },
        }
    }
}

fn text(random: &mut Random) -> String {
    format!("{}-{}", random.below(1000), "x".repeat(random.below(30) as usize))
}

fn fill(c: &mut Client, random: &mut Random) -> Rows {
    let row = |id| (id, ((id * 7) % 500, text(random)));
    let rows: Rows = (0..ROWS).map(row).collect();
    let values: Vec<String> = rows
        .iter()
        .map(|(id, (n, s))| format!("({id}, {n}, '{s}')"))
        .collect();
    c.ok(&format!("INSERT INTO t VALUES {}", values.join(", ")));
    rows
}

/// Changes much of the table, or all of it, or what it is.
fn change(c: &mut Client, rows: &mut Rows, random: &mut Random, engines: &[&str]) {
    let s = text(random);
    match random.below(12) {
        0..=2 => {
            c.ok(&format!("UPDATE t SET s = '{s}', n = n + 1"));
            rows.values_mut().for_each(|r| *r = (r.0 + 1, s.clone()));
        }
        3..=5 => {
            let from = random.below(ROWS as u64) as i64;
            let to = from + random.below(60) as i64;
            c.ok(&format!(
                "UPDATE t SET s = '{s}' WHERE id BETWEEN {from} AND {to}"
            ));
            rows.range_mut(from..=to).for_each(|(_, r)| r.1.clone_from(&s));
        }
        6 => {
            let k = random.below(7) as i64;
            c.ok(&format!("DELETE FROM t WHERE id % 7 = {k}"));
            rows.retain(|id, _| id % 7 != k);
        }
        7 => {
            c.ok(["DELETE FROM t", "TRUNCATE TABLE t"][random.below(2) as usize]);
            *rows = fill(c, random);
        }
        8 => {
            c.all(&["DROP TABLE t", CREATE, INDEX]);
            *rows = fill(c, random);
        }
        9 => {
            let engine = random.pick(engines).unwrap();
            c.ok(&format!("ALTER TABLE t ENGINE = {engine}"));
        }
        10 => c.all(&["DROP INDEX by_n ON t", INDEX]),
        _ => {
            let missing: Vec<i64> = (0..ROWS).filter(|id| !rows.contains_key(id)).collect();
            for id in missing {
                c.ok(&format!("INSERT INTO t VALUES ({id}, {id}, '{s}')"));
                rows.insert(id, (id, s.clone()));
            }
        }
    }
}

const CREATE: &str = "CREATE TABLE t (id INT PRIMARY KEY, n INT, s TEXT)";
const INDEX: &str = "CREATE INDEX by_n ON t (n)";

#[test]
fn readers_of_old_snapshots_see_what_was() {
    for_seeds(4, |seed| {
        in_layouts(&Layout::ALL, |bed| {
            let mut random = Random::new(seed);
            let engines: &[&str] = match bed.layout() {
                Layout::Memory => &["memory"],
                _ => &["persistent", "dual", "memory", "persistent"],
            };
            let mut c = bed.relaxed_client();
            c.all(&[CREATE, INDEX]);
            let mut rows = fill(&mut c, &mut random);
            let mut readers: Vec<Reader> = Vec::new();
            for _ in 0..60 {
                if readers.len() < 4 && random.chance(40) {
                    readers.push(Reader::begin(bed, &rows, &mut random));
                }
                change(&mut c, &mut rows, &mut random, engines);
                if random.chance(50) {
                    block_on(bed.db.flush()).unwrap();
                }
                if bed.layout() != Layout::Memory && random.chance(20) {
                    // Whoever opens the store now finds it whole, and the trees that only readers have.
                    let config = Config {
                        writable: false,
                        default_persistent: false,
                        ..bed.db.config().clone()
                    };
                    let other = bed.open(config).unwrap();
                    let report = block_on(other.check()).unwrap();
                    let is_left = |p: &Problem| p.to_string().contains("a tree that no table has");
                    assert!(report.problems.iter().all(is_left), "{report}");
                }
                readers.retain_mut(|reader| reader.look(&mut random));
                if readers.len() == 4 && random.chance(30) {
                    readers.swap_remove(random.below(4) as usize);
                }
            }
            let mut now = bed.db.session();
            for (sql, answer) in QUERIES {
                assert_eq!(drain(start(&mut now, sql)), answer(&rows), "{sql}");
            }
        });
    });
}

#[test]
fn a_result_is_read_on_while_every_block_is_overwritten_ten_times() {
    in_layouts(&Layout::ALL, |bed| {
        let mut random = Random::new(1);
        let mut c = bed.client();
        c.all(&[CREATE, INDEX]);
        let rows = fill(&mut c, &mut random);
        let results = QUERIES.map(|(sql, answer)| {
            let mut session = bed.db.session();
            (start(&mut session, sql), answer(&rows))
        });
        // Each has begun, and has most before it.
        let mut begun = results.map(|(mut stream, expected)| {
            let first = next(&mut stream).unwrap();
            (stream, first, expected)
        });
        for i in 0..10 {
            c.ok(&format!("UPDATE t SET n = {i}, s = 'overwritten {i}'"));
            for (stream, seen, _) in &mut begun {
                seen.extend(next(stream).unwrap_or_default());
            }
        }
        c.ok("DROP TABLE t");
        for (stream, mut seen, expected) in begun {
            seen.extend(drain(stream));
            assert_eq!(seen, expected);
        }
        if bed.layout() != Layout::Memory {
            assert_eq!(bed.stored_trees(), 0, "nobody needs the blocks any more");
            let cached = bed.db.stats().cache_bytes;
            assert_eq!(cached, 0, "blocks of no table are in the cache");
        }
    });
}
