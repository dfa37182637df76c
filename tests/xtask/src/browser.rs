//! The tests of the npm package, in Node and in headless Chromium, and those of the demo page.

use crate::{
    demo, setup,
    steps::{Outcome, run},
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
