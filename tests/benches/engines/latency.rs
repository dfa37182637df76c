//! How long a point read takes while a table moves to the disk or is loaded: the half that is faster (p50),
//! all but one in a hundred (p99), and the longest. Elapsed time in any case: waiting is what it is about.
//!
//! Amphi moves the table that is read. SQLite has nothing of the kind: it copies it, with `INSERT … SELECT`, from a
//! memory database to a file with a write-ahead log, which the reads of another connection do not wait for.

use crate::{
    amphi_engine,
    engine::{Engine, Kind},
    rows::{GROUPS, Ids, Row, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// How long reads are measured with nothing beside them.
const ALONE: Duration = Duration::from_millis(500);
/// Amphi with nothing beside the reads.
const IDLE: &str = "Amphi alone";

/// p50, p99 and the longest, in nanoseconds.
type Latencies = [f64; 3];

/// Reads rows of `t` by key until `work` is done.
fn reads_beside(reader: Box<dyn Engine + Send>, rows: usize, work: impl FnOnce()) -> Latencies {
    let stop = AtomicBool::new(false);
    let mut taken = thread::scope(|scope| {
        let reads = scope.spawn(|| {
            let kinds = &[Kind::Int, Kind::Float, Kind::Text];
            let mut select = reader.prepare("SELECT a, b, c FROM t WHERE id = ?1", kinds);
            let mut ids = Ids::new(rows);
            let mut taken = Vec::new();
            while !stop.load(Relaxed) {
                let id = ids.next_id();
                let start = Instant::now();
                assert_eq!(select.query(&[id]), 1);
                taken.push(start.elapsed().as_nanos() as f64);
            }
            drop(select);
            drop(reader);
            taken
        });
        work();
        stop.store(true, Relaxed);
        reads.join().unwrap()
    });
    taken.sort_by(f64::total_cmp);
    let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize];
    [at(0.5), at(0.99), at(1.0)]
}

fn amphi_moves(all: &[Row]) -> Latencies {
    let engine = amphi_engine::persistent("", 256);
    engine.create("t");
    engine.insert_all("t", all);
    reads_beside(engine.connect(), all.len(), || {
        engine.db.migrate_to_persistent("t").unwrap();
        engine.db.flush().unwrap();
        engine.db.load_to_memory("t").unwrap();
    })
}

fn amphi_loads(all: &[Row]) -> Latencies {
    let engine = amphi_engine::persistent("ENGINE = persistent", 256);
    engine.create("t");
    engine.insert_all("t", all);
    engine.create("u");
    engine.flush();
    reads_beside(engine.connect(), all.len(), || {
        engine.insert_all("u", all);
        engine.flush();
    })
}

fn amphi_alone(all: &[Row]) -> Latencies {
    let engine = amphi_engine::persistent("ENGINE = persistent", 256);
    engine.create("t");
    engine.insert_all("t", all);
    engine.flush();
    reads_beside(engine.connect(), all.len(), || thread::sleep(ALONE))
}

fn sqlite_copies(all: &[Row]) -> Latencies {
    let engine = sqlite_engine::file("NORMAL", 256 * 1024);
    engine.run("ATTACH ':memory:' AS m");
    engine.create("m.t");
    engine.insert_all("m.t", all);
    engine.create("main.t");
    engine.insert_all("main.t", all);
    engine.create("main.u");
    reads_beside(engine.connect(), all.len(), || {
        engine.run("INSERT INTO main.u SELECT * FROM m.t");
        engine.run("CREATE TEMP TABLE back AS SELECT * FROM main.u");
    })
}

fn sqlite_loads(all: &[Row]) -> Latencies {
    let engine = sqlite_engine::file("NORMAL", 256 * 1024);
    engine.create("t");
    engine.insert_all("t", all);
    engine.create("u");
    reads_beside(engine.connect(), all.len(), || engine.insert_all("u", all))
}

pub fn all(run: &mut Runner) {
    let all = rows(run.rows, GROUPS);
    let scenes = [
        (
            [
                "latency/read beside a migration and back, p50",
                "latency/read beside a migration and back, p99",
                "latency/read beside a migration and back, max",
            ],
            amphi_moves as fn(&[Row]) -> Latencies,
            sqlite_copies as fn(&[Row]) -> Latencies,
        ),
        (
            [
                "latency/read beside a bulk insert, p50",
                "latency/read beside a bulk insert, p99",
                "latency/read beside a bulk insert, max",
            ],
            amphi_loads,
            sqlite_loads,
        ),
    ];
    let mut alone = None;
    for (names, amphi, sqlite) in scenes {
        let (mut ours, mut theirs) = (None, None);
        for (i, name) in names.into_iter().enumerate() {
            let task = Task {
                name,
                operations: 1,
                targets: &[],
            };
            let mut figure = |peer, known: &mut Option<Latencies>, measure: fn(&[Row]) -> Latencies| {
                run.figure(&task, peer, || known.get_or_insert_with(|| measure(&all))[i]);
            };
            figure(amphi_engine::NAME, &mut ours, amphi);
            figure(IDLE, &mut alone, amphi_alone);
            figure(SQLITE, &mut theirs, sqlite);
        }
    }
}
