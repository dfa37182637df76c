//! What the checks need besides cargo itself: the wasm32 target, cargo-deny and cargo-fuzz.

use crate::steps::{Outcome, cargo, root, run};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// A cargo command to install.
pub struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    /// Checks licences, bans and sources.
    pub const DENY: Tool = Tool {
        name: "cargo-deny",
        version: "0.20.2",
    };
    /// Builds and runs fuzz targets.
    pub const FUZZ: Tool = Tool {
        name: "cargo-fuzz",
        version: "0.13.2",
    };
}

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

fn tools_root() -> PathBuf {
    root().join("target/tools")
}

/// The installed program of a tool.
pub fn program(tool: &Tool) -> PathBuf {
    let name = format!("{}{}", tool.name, std::env::consts::EXE_SUFFIX);
    tools_root().join("bin").join(name)
}

/// Installs a tool below `target/tools` unless that version is there.
pub fn tool(tool: &Tool) -> Outcome {
    let Tool { name, version } = tool;
    let installed = Command::new(program(tool)).arg("--version").output();
    if installed.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).trim() == format!("{name} {version}")) {
        return Ok(());
    }
    println!("installing {name} {version} (minutes, once)");
    // A debug build takes a third of a release build's time and is fast enough for one run.
    run(
        cargo(&["install", "--quiet", "--debug", "--locked", "--force", name])
            .args(["--version", version, "--root"])
            .arg(tools_root())
            .env("CARGO_TARGET_DIR", tools_root().join("build"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )
}
