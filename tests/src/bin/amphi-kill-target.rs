//! The program that `tests/kill.rs` kills: `amphi-kill-target DIRECTORY SEED`, or with `big ROWS` instead of
//! the seed.
#![allow(clippy::expect_used)]

use amphi_tests::{big_kill_target, kill_target};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let directory = Path::new(&arguments[1]);
    let number = |i: usize| arguments.get(i).and_then(|s| s.parse().ok());
    let done = match arguments[2].as_str() {
        "big" => big_kill_target::run(directory, number(3).expect("a number of rows")),
        _ => kill_target::run(directory, number(2).expect("a seed") as u64),
    };
    if let Err(e) = done {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
