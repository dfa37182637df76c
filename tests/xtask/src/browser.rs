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
    chromium("build/test/browser/")?;
    consumers_of_the_build()?;
    demo::test()
}

/// Builds the package and runs the projects that install what `npm pack` makes of it.
pub fn consumers() -> Outcome {
    wasm::build_for_tests()?;
    consumers_of_the_build()
}

fn consumers_of_the_build() -> Outcome {
    setup::node_packages(&wasm::package().join("test/consumers"))?;
    chromium("build/test/consumers/")
}

/// The tests that need no browser.
fn node() -> Outcome {
    run(Command::new("node")
        .args(["--test", "build/test/node/"])
        .current_dir(wasm::package()))
}

/// The tests of a folder in Chromium: the machine's, or else the one that playwright downloads.
fn chromium(folder: &str) -> Outcome {
    let mut tests = Command::new("node");
    tests.args(["--test", folder]).current_dir(wasm::package());
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
