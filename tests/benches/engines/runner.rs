//! Runs workloads under criterion and collects the medians for the summary.

use crate::{
    clock::{Bencher, Clock},
    engine::{Engine, Fixture},
    gluesql_engine,
    summary::{self, Figure, Target, Workload},
};
use criterion::{Criterion, SamplingMode};
use std::{env, fs, path::PathBuf, time::Duration};

/// Rows of a table unless `AMPHI_BENCH_ROWS` says otherwise.
const ROWS: usize = 100_000;

/// The number in an environment variable.
fn number(variable: &str) -> Option<usize> {
    let given = env::var(variable).ok()?;
    let number = given.replace('_', "").parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is a number, not {given}")))
}

/// Criterion, the filter, and what was measured so far.
pub struct Runner {
    criterion: Criterion<Clock>,
    filter: Option<String>,
    target: PathBuf,
    /// Rows of a table.
    pub rows: usize,
    done: Vec<Workload>,
}

/// What a workload is called, how much work one iteration is, and what it should reach.
#[derive(Clone, Copy)]
pub struct Task {
    /// `placement/what`: one row of the summary.
    pub name: &'static str,
    /// Operations in one iteration: times are given for one of them.
    pub operations: usize,
    pub targets: &'static [Target],
}

impl Runner {
    /// The first argument that is no option is the filter.
    pub fn from_args() -> Runner {
        let filter = env::args().skip(1).find(|a| !a.starts_with('-'));
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
            PathBuf::from,
        );
        let criterion = Criterion::default()
            .with_measurement(Clock)
            .output_directory(&target.join("criterion"))
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(
                number("AMPHI_BENCH_MS").unwrap_or(400) as u64
            ))
            .nresamples(2000)
            .without_plots();
        let rows = number("AMPHI_BENCH_ROWS").unwrap_or(ROWS);
        Runner {
            criterion,
            filter,
            target,
            rows,
            done: Vec::new(),
        }
    }

    fn wanted(&self, task: &str, peer: &str) -> bool {
        let id = format!("{task}/{peer}");
        self.filter
            .as_ref()
            .is_none_or(|filter| id.contains(filter.as_str()))
    }

    fn record(&mut self, task: &Task, peer: &'static str, value: f64) {
        let figure = Figure { peer, value };
        match self.done.iter_mut().find(|w| w.task.name == task.name) {
            Some(workload) => workload.figures.push(figure),
            None => self.done.push(Workload {
                task: *task,
                figures: vec![figure],
            }),
        }
    }

    /// Measures the time of one peer on a task with criterion.
    pub fn time(&mut self, task: &Task, peer: &'static str, body: impl FnMut(&mut Bencher<'_>)) {
        self.time_some(task, peer, task.operations, body);
    }

    /// The same where an iteration is `operations` for this peer.
    pub fn time_some(
        &mut self,
        task: &Task,
        peer: &'static str,
        operations: usize,
        body: impl FnMut(&mut Bencher<'_>),
    ) {
        if !self.wanted(task.name, peer) {
            return;
        }
        let group_name = format!("{} {}", task.name, self.rows);
        let mut group = self.criterion.benchmark_group(&group_name);
        if operations > 1 {
            group.sampling_mode(SamplingMode::Flat);
        }
        group.bench_function(peer, body);
        group.finish();
        // Criterion names its directories after the ids, less what a file name cannot have.
        let directory = group_name.replace('/', "_");
        let estimates = self
            .target
            .join("criterion")
            .join(directory)
            .join(peer)
            .join("new/estimates.json");
        let text = fs::read_to_string(&estimates).unwrap_or_else(|e| panic!("{}: {e}", estimates.display()));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let median = json["median"]["point_estimate"].as_f64().unwrap();
        self.record(task, peer, median / operations as f64);
    }

    /// The same for every engine of `fixtures`.
    pub fn engines(
        &mut self,
        task: &Task,
        fixtures: &[&Fixture<'_>],
        mut body: impl FnMut(&dyn Engine, &mut Bencher<'_>),
    ) {
        for fixture in fixtures {
            if fixture.name == gluesql_engine::NAME && self.rows > gluesql_engine::MOST_ROWS {
                continue;
            }
            self.time(task, fixture.name, |b| body(fixture.shared(), b));
        }
    }

    /// Measures something else than criterion's time of an iteration: bytes, or the nanoseconds per
    /// operation of several threads.
    pub fn figure(&mut self, task: &Task, peer: &'static str, measure: impl FnOnce() -> f64) {
        if self.wanted(task.name, peer) {
            let value = measure();
            println!("{}/{peer}: {value:.1}", task.name);
            self.record(task, peer, value);
        }
    }

    /// Prints the summary and writes it beside the build.
    pub fn finish(self) {
        let text = summary::markdown(&self.done, self.rows);
        println!("\n{text}");
        let file = self.target.join("bench-summary.md");
        fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}
