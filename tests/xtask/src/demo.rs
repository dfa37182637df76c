//! The demo page in `www`: building, serving and testing it.

use crate::{
    setup,
    steps::{Outcome, root, run},
    wasm,
};
use std::{path::PathBuf, process::Command};

/// The page's folder.
pub fn folder() -> PathBuf {
    root().join("www")
}

fn node(arguments: &[&str]) -> Command {
    let mut node = Command::new("node");
    node.args(arguments).current_dir(folder());
    node
}

/// Builds the package and the page, and serves it until it is stopped.
pub fn serve(options: &[&str]) -> Outcome {
    let (quick, port) = match *options {
        [] => (false, "8080"),
        ["--quick"] => (true, "8080"),
        ["--port", port] => (false, port),
        ["--quick", "--port", port] | ["--port", port, "--quick"] => (true, port),
        _ => return Err("usage: cargo xtask demo [--quick] [--port N]".to_owned()),
    };
    if let Some(reason) = setup::node_is_missing() {
        return Err(format!("the demo page cannot be built: {reason}"));
    }
    match quick {
        true => wasm::build_for_tests()?,
        false => wasm::ship()?,
    }
    build()?;
    run(&mut node(&["tools/serve.mjs", "--port", port]))
}

/// Builds the page over the package as it is built.
fn build() -> Outcome {
    setup::node_packages(&folder())?;
    run(&mut node(&["tools/build.mjs"]))
}

/// Builds the page, checks its types and runs its tests in Chromium; the package is built already.
pub fn test() -> Outcome {
    build()?;
    run(&mut node(&["node_modules/typescript/bin/tsc", "-p", "."]))?;
    run(&mut node(&["tools/build-tests.mjs"]))?;
    let mut tests = node(&["--test"]);
    tests.current_dir(folder().join("build"));
    if let Some(program) = setup::chromium()? {
        tests.env("AMPHI_CHROMIUM", program);
    }
    run(&mut tests)
}
