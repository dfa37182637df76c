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
    match run(cargo(&arguments).env("AMPHI_BIG_MB", megabytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
