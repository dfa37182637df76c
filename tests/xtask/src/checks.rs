//! Every check of the project, in the order in which they fail fastest.

use crate::{
    browser, fuzz, probes,
    setup::{self, Tool},
    steps::{Outcome, Steps, cargo, root, run},
};
use std::process::{Command, ExitCode};

/// The fuzz targets are a workspace of their own.
const FUZZ_MANIFEST: &str = "tests/fuzz/Cargo.toml";
/// So is what makes the JavaScript beside the wasm module.
const BINDGEN_MANIFEST: &str = "tests/bindgen/Cargo.toml";

/// Does the set-up, runs every check and says how each went.
pub fn run_all() -> ExitCode {
    let mut steps = Steps::default();
    let mut wasm = Err("the wasm32 target is missing".to_owned());
    steps.run("set up the wasm32 target", || {
        wasm = setup::wasm_toolchain();
        wasm.as_ref().map(|_| ()).map_err(Clone::clone)
    });
    steps.run("set up cargo-deny", || setup::tool(&Tool::DENY));
    steps.run("set up cargo-fuzz", || setup::tool(&Tool::FUZZ));
    steps.run("formatting", || {
        run(&mut cargo(&["fmt", "--all", "--check"]))?;
        run(&mut cargo(&["fmt", "--check", "--manifest-path", FUZZ_MANIFEST]))?;
        run(&mut cargo(&[
            "fmt",
            "--check",
            "--manifest-path",
            BINDGEN_MANIFEST,
        ]))
    });
    steps.run("lints", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        run(&mut cargo(&arguments))
    });
    steps.run("licences, bans and sources of dependencies", || {
        // The advisory database would have to be fetched; this check works without a network.
        println!("(advisories are not checked: their database is not part of the project)");
        let deny = |of: &[&str]| {
            run(Command::new(setup::program(&Tool::DENY))
                .args(of)
                .args(["check", "licenses", "bans", "sources"])
                .current_dir(root()))
        };
        deny(&["--workspace"])?;
        deny(&["--manifest-path", FUZZ_MANIFEST])?;
        deny(&["--manifest-path", BINDGEN_MANIFEST])
    });
    steps.run("the engine without std (wasm32)", || {
        // The profile of the tests in the browser, which build the engine no second time then.
        let arguments = [
            "build",
            "-p",
            "amphi-no-std",
            "-p",
            "amphi-wasm-module",
            "--profile",
            "wasm-dev",
        ];
        run(cargo(&arguments)
            .args(["--target", "wasm32-unknown-unknown"])
            .envs(wasm?))
    });
    steps.run("tests", || {
        run(&mut cargo(&[
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]))
    });
    steps.run(
        "the npm package, in Node and Chromium",
        || match setup::node_is_missing() {
            None => browser::all(),
            Some(reason) => {
                println!("left out: all tests of the npm package and the demo page; {reason}");
                Ok(())
            }
        },
    );
    steps.run("probes of the machine mode", probes::all);
    steps.run("schedules of the commit path (shuttle)", shuttle);
    steps.run("fuzz targets, briefly", fuzz::brief);
    steps.run("documentation examples", || {
        run(&mut cargo(&["test", "--workspace", "--doc"]))
    });
    steps.run("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.summary()
}

/// Runs the tests under shuttle. They need a build of their own, with `--cfg shuttle`; its dependencies
/// are not optimized, since compiling them takes longer than the tests.
pub fn shuttle() -> Outcome {
    let profile = [
        "--config",
        "profile.dev.package.\"*\".opt-level=0",
        "--config",
        "profile.dev.debug=false",
    ];
    run(cargo(&["test", "-p", "amphi-shuttle", "--target-dir"])
        .arg(root().join("target/shuttle"))
        .args(profile)
        .args(["--", "--nocapture"])
        .env("RUSTFLAGS", "--cfg shuttle"))
}
