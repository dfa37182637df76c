//! The project's chores behind `cargo xtask`.

mod browser;
mod checks;
mod demo;
mod fuzz;
mod probes;
mod setup;
mod soak;
mod steps;
mod wasm;

use setup::Tool;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

commands:
  test   do all set-up and run every check and test (`ci` is the same)
  setup  only the set-up: the wasm32 target, cargo-deny and cargo-fuzz; with Node, its packages and Chromium
  wasm   builds the npm package as it is shipped, in wasm/js/dist, and prints its sizes
  browser
         only the tests of the npm package, in Node and in headless Chromium, and those of the demo page
  consumers
         only the projects that install the packed npm package: Node, pages without a bundler and with Vite, webpack, esbuild
  demo [--quick] [--port N]
         builds the npm package and the demo page, and serves it on localhost (port 8080, or N); --quick: with the
         module of the tests, which is built sooner, and is larger and slower
  browser-bench [size|start|point|commits|bulk|classic]...
         measures the npm package as it is shipped beside other databases in Chromium; AMPHI_BENCH_RUNS=n runs
         each n times (3)
  fuzz [SECONDS]
         only the fuzz targets: briefly, or each for so many seconds
  shuttle
         only the tests under shuttle; AMPHI_SCHEDULES=n tries n schedules of either kind
  probes
         only the probes of the shell's machine mode (python3; in ../shared/probes, or below AMPHI_SHARED)
  corpus PATH
         runs SQLite's sqllogictest corpus, of which PATH is a checkout, and requires all of it to pass
  soak-big [MB]
         works on a table larger than memory (2048 MB) and fails if the process takes too much; and opens a
         table of a million rows after kills, and fails if that takes too long";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test" | "ci"] => checks::run_all(),
        ["setup"] => alone(set_up()),
        ["wasm"] => alone(wasm::ship()),
        ["browser"] => alone(browser::all()),
        ["consumers"] => alone(browser::consumers()),
        ["demo", ref options @ ..] => alone(demo::serve(options)),
        ["browser-bench", ref measurements @ ..] => alone(browser::bench(measurements)),
        ["fuzz"] => alone(fuzz::brief()),
        ["fuzz", seconds] => alone(fuzz::long(seconds)),
        ["shuttle"] => alone(checks::shuttle()),
        ["probes"] => alone(probes::all()),
        ["corpus", checkout] => alone(probes::corpus(checkout)),
        ["soak-big"] => alone(soak::big("2048")),
        ["soak-big", megabytes] => alone(soak::big(megabytes)),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn set_up() -> steps::Outcome {
    setup::wasm_toolchain()?;
    setup::tool(&Tool::DENY)?;
    setup::tool(&Tool::FUZZ)?;
    match setup::node_is_missing() {
        Some(reason) => println!("the npm package is left out: {reason}"),
        None => {
            setup::node_packages(&wasm::package())?;
            setup::node_packages(&demo::folder())?;
            setup::chromium()?;
        }
    }
    Ok(())
}

/// The exit status of a single step.
fn alone(outcome: steps::Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("failed: {message}");
            ExitCode::FAILURE
        }
    }
}
