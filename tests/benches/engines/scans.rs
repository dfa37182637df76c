//! Queries that read every row, on tables in memory and on persistent ones with nothing cached.

use crate::{
    amphi_engine,
    engine::{Engine, Fixture, Kind, ROW},
    floors::{self, Columns, VEC},
    gluesql_engine,
    rows::{GROUPS, NEEDLE, ROWS_PER_KEY, Row, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::{self, Faster, Within},
};
use std::{collections::HashMap, hint::black_box};

const GROUP_KINDS: &[Kind] = &[Kind::Int, Kind::Int, Kind::Float];

/// Keeps the compiler from leaving out what computed a value.
fn consume<T>(value: T) {
    black_box(value);
}

/// One query with its names and targets in both placements.
struct Scan {
    memory: (&'static str, &'static [Target]),
    persistent: (&'static str, &'static [Target]),
    sql: String,
    kinds: &'static [Kind],
    /// Rows of the result.
    result: usize,
}

fn scans(rows: usize) -> [Scan; 7] {
    let (first, last) = hundredth(rows);
    [
        Scan {
            memory: ("memory/SUM", &[Faster(SQLITE, 10.0), Within(VEC, 3.0)]),
            persistent: ("persistent/SUM, nothing cached", &[Faster(SQLITE, 5.0)]),
            sql: "SELECT SUM(a) FROM t".to_owned(),
            kinds: &[Kind::Int],
            result: 1,
        },
        Scan {
            memory: ("memory/filter + SUM", &[Faster(SQLITE, 10.0), Within(VEC, 3.0)]),
            persistent: ("persistent/filter + SUM, nothing cached", &[Faster(SQLITE, 5.0)]),
            sql: format!("SELECT SUM(b) FROM t WHERE a < {}", GROUPS / 2),
            kinds: &[Kind::Float],
            result: 1,
        },
        Scan {
            memory: ("memory/range of ordered + SUM", &[Faster(SQLITE, 10.0)]),
            persistent: (
                "persistent/range of ordered + SUM, nothing cached",
                &[Faster(SQLITE, 5.0)],
            ),
            sql: format!("SELECT SUM(b) FROM o WHERE a BETWEEN {first} AND {last}"),
            kinds: &[Kind::Float],
            result: 1,
        },
        Scan {
            memory: (
                "memory/GROUP BY 100 groups",
                &[Faster(SQLITE, 10.0), Within(VEC, 3.0)],
            ),
            persistent: (
                "persistent/GROUP BY 100 groups, nothing cached",
                &[Faster(SQLITE, 5.0)],
            ),
            sql: "SELECT a, COUNT(*), SUM(b) FROM t GROUP BY a".to_owned(),
            kinds: GROUP_KINDS,
            result: GROUPS,
        },
        Scan {
            memory: (
                "memory/ORDER BY LIMIT 10",
                &[Faster(SQLITE, 5.0), Within(VEC, 3.0)],
            ),
            persistent: ("persistent/ORDER BY LIMIT 10, nothing cached", &[]),
            sql: "SELECT id, a, b, c FROM t ORDER BY b DESC LIMIT 10".to_owned(),
            kinds: ROW,
            result: 10,
        },
        Scan {
            memory: ("memory/LIKE", &[Faster(SQLITE, 3.0), Within(VEC, 3.0)]),
            persistent: ("persistent/LIKE, nothing cached", &[]),
            sql: format!("SELECT COUNT(*) FROM t WHERE c LIKE '%{NEEDLE}%'"),
            kinds: &[Kind::Int],
            result: 1,
        },
        Scan {
            memory: (
                "memory/join 10 to 1, GROUP BY",
                &[Faster(SQLITE, 5.0), Within(VEC, 3.0)],
            ),
            persistent: ("persistent/join 10 to 1, GROUP BY, nothing cached", &[]),
            sql: "SELECT d.a, COUNT(*), SUM(f.b) FROM f JOIN d ON f.a = d.id GROUP BY d.a".to_owned(),
            kinds: GROUP_KINDS,
            result: GROUPS,
        },
    ]
}

/// The first and the last of a hundredth of the values of `a` in `o`, from the middle on.
fn hundredth(rows: usize) -> (i64, i64) {
    let values = (rows / ROWS_PER_KEY) as i64;
    (values / 2, values / 2 + values / 100)
}

/// `t` to scan and group, `o`, whose `a` ascends with the rows, and `f`, whose `a` is the key of a tenth as many rows in
/// `d`.
struct Data {
    t: Vec<Row>,
    o: Vec<Row>,
    f: Vec<Row>,
    d: Vec<Row>,
}

impl Data {
    fn new(n: usize) -> Data {
        let in_order = |mut row: Row| {
            row.a = row.id / ROWS_PER_KEY as i64;
            row
        };
        Data {
            t: rows(n, GROUPS),
            o: rows(n, GROUPS).into_iter().map(in_order).collect(),
            f: rows(n, n / ROWS_PER_KEY),
            d: rows(n / ROWS_PER_KEY, GROUPS),
        }
    }

    fn load(&self, engine: &dyn Engine) {
        for (name, rows) in [("t", &self.t), ("o", &self.o), ("f", &self.f), ("d", &self.d)] {
            engine.create(name);
            engine.insert_all(name, rows);
        }
        engine.flush();
    }
}

fn run_scan(
    run: &mut Runner,
    (name, targets): (&'static str, &'static [Target]),
    scan: &Scan,
    fixtures: &[&Fixture<'_>],
) -> Task {
    let task = Task {
        name,
        operations: run.rows,
        targets,
    };
    run.engines(&task, fixtures, |engine, b| {
        let mut query = engine.prepare(&scan.sql, scan.kinds);
        b.iter(|| assert_eq!(query.query(&[]), scan.result));
    });
    task
}

/// Tables in memory, against SQLite's `:memory:`, GlueSQL and plain vectors; times are per row.
pub fn memory(run: &mut Runner) {
    let data = Data::new(run.rows);
    let amphi = Fixture::new(amphi_engine::NAME, || {
        let engine = amphi_engine::memory();
        data.load(&engine);
        Box::new(engine)
    });
    let sqlite = Fixture::new(SQLITE, || {
        let engine = sqlite_engine::memory();
        data.load(&engine);
        Box::new(engine)
    });
    let glue = Fixture::new(gluesql_engine::NAME, || {
        let engine = gluesql_engine::memory();
        data.load(&engine);
        Box::new(engine)
    });
    let columns = floors::Columns::new(&data.t);
    let ordered = Columns::new(&data.o);
    let facts = Columns::new(&data.f);
    let (first, last) = hundredth(run.rows);
    let dimension: HashMap<i64, i64> = data.d.iter().map(|row| (row.id, row.a)).collect();
    let floors: [Box<dyn Fn()>; 7] = [
        Box::new(|| consume(columns.sum())),
        Box::new(|| consume(columns.filter_sum(black_box(GROUPS as i64 / 2)))),
        Box::new(|| consume(ordered.range_sum(black_box(first), black_box(last)))),
        Box::new(|| consume(columns.group_by())),
        Box::new(|| consume(columns.greatest())),
        Box::new(|| consume(columns.like())),
        Box::new(|| consume(facts.join(&dimension))),
    ];
    for (scan, floor) in scans(run.rows).iter().zip(floors) {
        // GlueSQL takes 60 µs a row for LIKE: minutes for what the others do in milliseconds.
        let all = [&amphi, &sqlite, &glue];
        let fixtures = if scan.sql.contains("LIKE") {
            &all[..2]
        } else {
            &all
        };
        let task = run_scan(run, scan.memory, scan, fixtures);
        run.time(&task, VEC, |b| b.iter(&floor));
    }
}

/// Persistent tables without a cache, against SQLite's file with the smallest; times are per row.
pub fn persistent(run: &mut Runner) {
    let data = Data::new(run.rows);
    let amphi = Fixture::new(amphi_engine::NAME, || {
        let engine = amphi_engine::persistent("ENGINE = persistent", 0);
        data.load(&engine);
        Box::new(engine)
    });
    let sqlite = Fixture::new(SQLITE, || {
        let engine = sqlite_engine::file("NORMAL", 64);
        data.load(&engine);
        Box::new(engine)
    });
    for scan in scans(run.rows) {
        run_scan(run, scan.persistent, &scan, &[&amphi, &sqlite]);
    }
}
