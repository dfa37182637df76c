//! Long runs that are not part of the checks.

use crate::steps::{Outcome, cargo, run};

/// Works on a table of so many megabytes, larger than memory; and opens one of a million rows after processes
/// that were killed over it.
pub fn big(megabytes: &str) -> Outcome {
    let test = |name: &str| {
        let mut command = cargo(&["test", "--release", "-p", "amphi-tests", "--test", name]);
        // Otherwise glibc keeps some 40 MB of free memory: see ARCHITECTURE.
        command.envs([("MALLOC_ARENA_MAX", "1"), ("MALLOC_TRIM_THRESHOLD_", "131072")]);
        command
    };
    run(test("larger_than_memory").env("AMPHI_BIG_MB", megabytes))?;
    let opens = ["--", "--nocapture", "a_big_table_opens_soon_after_a_kill"];
    run(test("kill").args(opens).env("AMPHI_OPEN_ROWS", "1000000"))
}
