//! Point reads by threads while another thread commits, against SQLite's memory database with a
//! shared cache, the only one that several of its connections can use.

use crate::{
    amphi_engine,
    engine::{Engine, Kind},
    rows::{GROUPS, Ids, rows},
    runner::{Runner, Task},
    sqlite_engine::{self, NAME as SQLITE},
    summary::Target::{Faster, Within},
};
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// Amphi itself without the writer: what a writer may not change.
const NO_WRITER: &str = "Amphi without a writer";
/// How long each measurement lasts, of which the median of five counts.
const LASTS: Duration = Duration::from_millis(300);
const TIMES: usize = 5;
/// Pause of the writer after each commit where it is to leave the processors to the readers.
const PAUSE: Duration = Duration::from_millis(1);

/// What the threads do.
#[derive(Clone, Copy)]
struct Scene {
    readers: usize,
    /// Pause between two commits; `None`: no writer.
    writer: Option<Duration>,
}

/// Nanoseconds per read, all readers together.
fn reads(engine: &dyn Engine, rows: usize, scene: Scene) -> f64 {
    let mut results: Vec<f64> = (0..TIMES).map(|_| once(engine, rows, scene)).collect();
    results.sort_by(f64::total_cmp);
    results[TIMES / 2]
}

fn once(engine: &dyn Engine, rows: usize, scene: Scene) -> f64 {
    let done = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let connections: Vec<_> = (0..scene.readers).map(|_| engine.connect()).collect();
    let writer = scene.writer.map(|pause| (engine.connect(), pause));
    let start = Instant::now();
    thread::scope(|scope| {
        for connection in connections {
            let (done, stop) = (&done, &stop);
            scope.spawn(move || {
                let kinds = &[Kind::Int, Kind::Float, Kind::Text];
                let mut select = connection.prepare("SELECT a, b, c FROM t WHERE id = ?1", kinds);
                let mut ids = Ids::new(rows);
                let mut count = 0;
                while !stop.load(Relaxed) {
                    count += select.query(&[ids.next_id()]);
                }
                done.fetch_add(count, Relaxed);
            });
        }
        if let Some((connection, pause)) = writer {
            let stop = &stop;
            scope.spawn(move || {
                let mut update = connection.prepare("UPDATE t SET a = ?1 WHERE id = ?2", &[]);
                let mut ids = Ids::new(rows);
                let mut n = 0;
                while !stop.load(Relaxed) {
                    n += update.execute(&[n, ids.next_id()]) as i64;
                    if !pause.is_zero() {
                        thread::sleep(pause);
                    }
                }
            });
        }
        thread::sleep(LASTS);
        stop.store(true, Relaxed);
    });
    start.elapsed().as_nanos() as f64 / done.into_inner().max(1) as f64
}

pub fn all(run: &mut Runner) {
    let n = run.rows;
    let all = rows(n, GROUPS);
    let mut amphi: Option<amphi_engine::Amphi> = None;
    let mut sqlite: Option<sqlite_engine::Sqlite> = None;
    let scenes = [
        (
            "concurrent/read, 1 thread, writer at full speed",
            1,
            Duration::ZERO,
        ),
        ("concurrent/read, 1 thread, 1000 commits/s", 1, PAUSE),
        ("concurrent/read, 2 threads, 1000 commits/s", 2, PAUSE),
    ];
    for (name, readers, pause) in scenes {
        let task = Task {
            name,
            operations: 1,
            // A tenth for the noise of two measurements.
            targets: &[Faster(SQLITE, 2.0), Within(NO_WRITER, 1.1)],
        };
        let scene = Scene {
            readers,
            writer: Some(pause),
        };
        let mut load = || {
            let engine = amphi_engine::memory();
            engine.create("t");
            engine.insert_all("t", &all);
            engine
        };
        run.figure(&task, amphi_engine::NAME, || {
            reads(amphi.get_or_insert_with(&mut load), n, scene)
        });
        run.figure(&task, NO_WRITER, || {
            let scene = Scene {
                readers,
                writer: None,
            };
            reads(amphi.get_or_insert_with(&mut load), n, scene)
        });
        run.figure(&task, SQLITE, || {
            let engine = sqlite.get_or_insert_with(|| {
                let engine = sqlite_engine::shared_memory();
                engine.create("t");
                engine.insert_all("t", &all);
                engine
            });
            reads(engine, n, scene)
        });
    }
}
