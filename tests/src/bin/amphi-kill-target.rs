//! The program that `tests/kill.rs` kills: `amphi-kill-target DIRECTORY SEED`.
#![allow(clippy::expect_used)]

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let seed = arguments.get(2).and_then(|s| s.parse().ok());
    if let Err(e) = amphi_tests::kill_target::run(Path::new(&arguments[1]), seed.expect("a seed")) {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
