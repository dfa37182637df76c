//! Which seeds a random test runs: a fixed number on all cores, or what the environment asks for.
//!
//! `AMPHI_SEED=n` repeats the one seed that a failure named; `AMPHI_SEEDS=n` runs so many instead.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Runs a test for the seeds from 0 on, `count` of them unless the environment says otherwise. A failing
/// seed is printed. Returns how many it ran.
pub fn for_seeds(count: u64, test: impl Fn(u64) + Sync) -> u64 {
    if let Some(seed) = variable("AMPHI_SEED") {
        test(seed);
        return 1;
    }
    let count = variable("AMPHI_SEEDS").unwrap_or(count);
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return;
            }
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) {
                eprintln!("^ this was AMPHI_SEED={seed}");
                resume_unwind(panic);
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, |n| n.get());
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().expect("all seeds pass");
        }
    });
    count
}
