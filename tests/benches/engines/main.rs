//! Amphi beside the engines people would pick instead, on the same work in the same run.
//!
//! `cargo bench -p amphi-tests` measures everything; `-- point` only what has `point` in its name.
//! `AMPHI_BENCH_ROWS` is the number of rows (100,000 unless given), `AMPHI_BENCH_MS` about how long each
//! engine is measured (400, where one iteration takes less). Times are criterion's medians;
//! sizes and reads beside a writer are measured once. On a busy machine `AMPHI_BENCH_CLOCK=cpu` gives
//! steadier ratios of all that does not wait for a disk. At the end a table of ratios is printed and
//! written to `target/bench-summary.md`.
//!
//! Every engine takes the best path its ordinary users have: statements are prepared once where the
//! work says so, and every column of every row of a result is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod allocation;
mod amphi_engine;
mod clock;
mod concurrency;
mod engine;
mod floors;
mod gluesql_engine;
mod latency;
mod memory_reads;
mod memory_writes;
mod migration;
mod numbers;
mod persistent_reads;
mod persistent_writes;
mod queries;
mod redb_floor;
mod rows;
mod runner;
mod sales;
mod scans;
mod size;
mod sqlite_engine;
mod summary;

#[global_allocator]
static ALLOCATOR: allocation::Counting = allocation::Counting;

fn main() {
    let mut run = runner::Runner::from_args();
    memory_writes::all(&mut run);
    memory_reads::all(&mut run);
    scans::memory(&mut run);
    concurrency::all(&mut run);
    persistent_writes::all(&mut run);
    persistent_reads::all(&mut run);
    scans::persistent(&mut run);
    size::all(&mut run);
    migration::all(&mut run);
    queries::all(&mut run);
    latency::all(&mut run);
    run.finish();
}
