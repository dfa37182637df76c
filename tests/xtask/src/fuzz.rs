//! The fuzz targets under cargo-fuzz: briefly with the checks, or for as long as asked.
//!
//! Without a sanitizer, which cargo-fuzz needs a nightly compiler for: the engine has no `unsafe` code. The
//! targets bound the heap themselves.

use crate::{
    setup::{self, Tool},
    steps::{Outcome, root, run},
};
use std::{fs, process::Command};

const TARGETS: [&str; 5] = ["sql", "params", "decode", "image", "log"];
/// Seconds per target with the checks.
const BRIEF: u64 = 10;
/// From so many seconds on a build that is slower to make pays.
const LONG: u64 = 120;

/// Runs every target for a few seconds on what the repository holds.
pub fn brief() -> Outcome {
    every_target(BRIEF, "brief")
}

/// Runs every target for so many seconds, on what earlier long runs have found too.
pub fn long(seconds: &str) -> Outcome {
    let seconds = seconds
        .parse()
        .map_err(|_| format!("{seconds} is no number of seconds"))?;
    every_target(seconds, "corpus")
}

fn every_target(seconds: u64, found: &str) -> Outcome {
    setup::tool(&Tool::FUZZ)?;
    let folder = root().join("tests/fuzz");
    let output = root().join("target/fuzz");
    let mut failed = Vec::new();
    for target in TARGETS {
        let corpus = output.join(found).join(target);
        let made = if seconds < LONG {
            let _ = fs::remove_dir_all(&corpus);
            fs::create_dir_all(&corpus)
        } else {
            fs::create_dir_all(&corpus)
        };
        made.map_err(|e| format!("{}: {e}", corpus.display()))?;
        println!("{target}, {seconds} s");
        let mut fuzz = Command::new(setup::program(&Tool::FUZZ));
        fuzz.args(["fuzz", "run", "--sanitizer", "none", "--codegen-units", "16"])
            .arg("--fuzz-dir")
            .arg(&folder)
            .arg("--target-dir")
            .arg(&output)
            .arg(target)
            // What is found goes into the first of these.
            .arg(&corpus);
        let kept = ["corpus", "regressions"].map(|kept| folder.join(kept).join(target));
        fuzz.args(kept.iter().filter(|kept| kept.is_dir()))
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-dict={}", folder.join("sql.dict").display()))
            .arg(format!("-artifact_prefix={}/failed-{target}-", output.display()))
            .args([
                "-timeout=60",
                "-rss_limit_mb=2048",
                "-max_len=4096",
                "-verbosity=0",
            ])
            .current_dir(root());
        if seconds >= LONG {
            fuzz.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        }
        if run(&mut fuzz).is_err() {
            failed.push(target);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{} failed; the inputs are {}/failed-*: once mended, they belong into {}/regressions",
            failed.join(", "),
            output.display(),
            folder.display()
        ))
    }
}
