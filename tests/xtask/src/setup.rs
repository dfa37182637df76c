//! What the checks need besides cargo itself: the wasm32 target and cargo-deny.

use crate::steps::{Outcome, cargo, root, run};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// The version of cargo-deny that checks licences, bans and sources.
const CARGO_DENY: &str = "0.20.2";

/// Makes `wasm32-unknown-unknown` available and returns the environment its builds need (none when
/// the active toolchain has the target).
pub fn wasm_toolchain() -> Result<Vec<(String, String)>, String> {
    let script = root().join("tests/setup-wasm.sh");
    let output = Command::new("bash")
        .arg(&script)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("bash {}: {e}", script.display()))?;
    if !output.status.success() {
        return Err(
            "the wasm32-unknown-unknown target is missing and could not be installed; \
             run `rustup target add wasm32-unknown-unknown` and try again"
                .to_owned(),
        );
    }
    // The script's answer is lines of `export NAME=VALUE [NAME=VALUE]`.
    let answer = String::from_utf8_lossy(&output.stdout);
    Ok(answer
        .lines()
        .filter_map(|line| line.strip_prefix("export "))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

fn deny_root() -> PathBuf {
    root().join("target/tools")
}

/// The installed cargo-deny.
pub fn deny_program() -> PathBuf {
    let name = format!("cargo-deny{}", std::env::consts::EXE_SUFFIX);
    deny_root().join("bin").join(name)
}

/// Installs cargo-deny below `target/tools` unless that version is there.
pub fn cargo_deny() -> Outcome {
    let version = Command::new(deny_program()).arg("--version").output();
    if version.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).trim() == format!("cargo-deny {CARGO_DENY}"))
    {
        return Ok(());
    }
    println!("installing cargo-deny {CARGO_DENY} (a few minutes, once)");
    // A debug build takes a third of a release build's time and is fast enough for one run.
    run(cargo(&[
        "install",
        "--quiet",
        "--debug",
        "--locked",
        "--force",
        "cargo-deny",
    ])
    .args(["--version", CARGO_DENY, "--root"])
    .arg(deny_root())
    .env("CARGO_TARGET_DIR", deny_root().join("build"))
    .env("CARGO_PROFILE_DEV_DEBUG", "0"))
}
