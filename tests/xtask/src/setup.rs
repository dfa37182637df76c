//! What the checks need besides cargo itself: the wasm32 target, cargo-deny and cargo-fuzz; and for those of the npm package Node's
//! packages and Chromium.

use crate::{
    steps::{Outcome, cargo, root, run},
    wasm,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
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

/// The oldest Node that runs the package and its tools.
const NODE: u32 = 20;

/// Why the npm package and the demo page cannot be built and tested here; `None`: it can.
pub fn node_is_missing() -> Option<String> {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return Some(format!(
            "there is no Node, of which version {NODE} or later is needed"
        ));
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next();
    match major.and_then(|n| n.parse::<u32>().ok()) {
        Some(major) if major >= NODE => None,
        _ => Some(format!(
            "Node is {version}, and version {NODE} or later is needed"
        )),
    }
}

/// Installs what the package in a folder is made and tested with, unless that is there: the versions of its lock file.
pub fn node_packages(folder: &Path) -> Outcome {
    let stamp = folder.join("node_modules/.installed-lock.json");
    let lock = folder.join("package-lock.json");
    if fs::read(&stamp).ok() == fs::read(&lock).ok() {
        return Ok(());
    }
    let install = ["ci", "--ignore-scripts", "--silent"];
    run(Command::new("npm").args(install).current_dir(folder))?;
    fs::copy(&lock, &stamp).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(())
}

/// The Chromium of the machine, which on Debian is installed if there is none; `None`: playwright has downloaded one.
pub fn chromium() -> Result<Option<PathBuf>, String> {
    if let Some(program) = found_chromium() {
        return Ok(Some(program));
    }
    if apt_get(&[
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        "chromium",
    ])
    .is_ok()
    {
        return Ok(found_chromium());
    }
    run(Command::new(wasm::npm_program("playwright-core")).args(["install", "chromium"]))?;
    Ok(None)
}

fn found_chromium() -> Option<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let asked = env::var_os("AMPHI_CHROMIUM").map(PathBuf::from);
    asked.or_else(|| {
        names
            .iter()
            .flat_map(|name| folders.iter().map(move |f| f.join(name)))
            .find(|p| p.is_file())
    })
}

fn apt_get(arguments: &[&str]) -> Outcome {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
    if !is_root {
        command.args(["--non-interactive", "apt-get"]);
    }
    run(command
        .args(["-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}
