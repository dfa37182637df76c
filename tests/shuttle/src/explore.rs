//! Running one scenario under many schedules.

use crate::Bed;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Schedules of either kind for each scenario, unless `AMPHI_SCHEDULES` says otherwise.
const SCHEDULES: usize = 200;
/// The preemptions that a schedule of probabilistic concurrency testing has at most.
const DEPTH: usize = 3;

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}

/// Runs a scenario under random schedules, and under those of probabilistic concurrency testing
/// (Burckhardt et al., ASPLOS 2010), which preempts few times, at places chosen evenly. It begins with a
/// database whose store holds what `statements` wrote.
///
/// `AMPHI_SEED` begins with other schedules. A failure prints its schedule, for `shuttle::replay`.
///
/// # Panics
/// If the scenario does, or deadlocks.
pub fn explore(
    name: &str,
    statements: &'static [&'static str],
    scenario: impl Fn(Bed) + Send + Sync + Clone + 'static,
) {
    let schedules = number("AMPHI_SCHEDULES").map_or(SCHEDULES, |n| n as usize);
    let seed = number("AMPHI_SEED").unwrap_or(0);
    let start = Instant::now();
    // Once, and not in every execution: preemptions are for the scenario.
    let image = Arc::new(OnceLock::new());
    let written = image.clone();
    run(RandomScheduler::new(1), move || {
        let _ = written.set(Bed::write(statements));
    });
    let scenario = move || scenario(Bed::new(image.get().cloned().unwrap_or_default()));
    run(RandomScheduler::new_from_seed(seed, schedules), scenario.clone());
    run(PctScheduler::new_from_seed(seed, DEPTH, schedules), scenario);
    println!(
        "{name}: {} schedules from seed {seed} in {:.1?}",
        2 * schedules,
        start.elapsed()
    );
}

fn run(scheduler: impl Scheduler + 'static, scenario: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    // Shuttle takes every atomic operation as sequentially consistent, and says so for each.
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(scenario);
}

/// Runs threads to their end.
///
/// # Panics
/// If one does.
pub fn together(threads: Vec<Box<dyn FnOnce() + Send>>) {
    let running: Vec<_> = threads.into_iter().map(thread::spawn).collect();
    for thread in running {
        thread.join().expect("the thread ends");
    }
}
