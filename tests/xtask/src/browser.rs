//! The tests of the npm package, in Node and in headless Chromium, those of the demo page, and the package's benches.

use crate::{
    demo, setup,
    steps::{Outcome, root, run},
    wasm,
};
use std::process::Command;

/// Builds the package and the demo page and runs all of their tests.
pub fn all() -> Outcome {
    wasm::build_for_tests()?;
    node()?;
    chromium()?;
    demo::test()
}

/// The tests that need no browser.
fn node() -> Outcome {
    run(Command::new("node")
        .args(["--test", "build/test/node/"])
        .current_dir(wasm::package()))
}

/// The tests in Chromium: the machine's, or else the one that playwright downloads.
fn chromium() -> Outcome {
    let mut tests = Command::new("node");
    tests
        .args(["--test", "build/test/browser/"])
        .current_dir(wasm::package());
    if let Some(program) = setup::chromium()? {
        tests.env("AMPHI_CHROMIUM", program);
    }
    run(&mut tests)
}

/// Builds the package as it is shipped and measures it beside its peers; all, or what is named.
pub fn bench(measurements: &[&str]) -> Outcome {
    wasm::ship()?;
    let folder = root().join("wasm/bench");
    setup::node_packages(&folder)?;
    run(Command::new("node")
        .args(["node_modules/typescript/bin/tsc", "-p", "."])
        .current_dir(&folder))?;
    let mut bench = Command::new("node");
    bench.arg("build/run.js").args(measurements).current_dir(&folder);
    if let Some(program) = setup::chromium()? {
        bench.env("AMPHI_CHROMIUM", program);
    }
    run(&mut bench)
}
