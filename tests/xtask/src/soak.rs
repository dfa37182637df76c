//! Long runs that are not part of the checks.

use crate::steps::{cargo, run};
use std::process::ExitCode;

/// Runs the test of a table larger than memory with a table of so many megabytes.
pub fn big(megabytes: &str) -> ExitCode {
    let arguments = [
        "test",
        "--release",
        "-p",
        "amphi-tests",
        "--test",
        "larger_than_memory",
    ];
    // Otherwise glibc keeps some 40 MB of free memory: see ARCHITECTURE.
    let allocator = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_TRIM_THRESHOLD_", "131072")];
    match run(cargo(&arguments).env("AMPHI_BIG_MB", megabytes).envs(allocator)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
