//! The wasm module and the npm package around it.

use crate::{
    setup,
    steps::{Outcome, cargo, root, run},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-unknown-unknown";
/// A workspace of its own: it takes a minute to compile, and nobody else needs it.
const BINDGEN_MANIFEST: &str = "tests/bindgen/Cargo.toml";

/// How the module is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As the package ships it: small, and slow to build.
    Shipped,
    /// As the tests run it.
    Tested,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Shipped => "wasm",
            Profile::Tested => "wasm-dev",
        }
    }
}

/// The npm package's folder.
pub fn package() -> PathBuf {
    root().join("wasm/js")
}

/// A program of the packages that the npm package is made and tested with.
pub fn npm_program(name: &str) -> PathBuf {
    package().join("node_modules/.bin").join(name)
}

/// Builds the package as it is shipped into `wasm/js/dist`, and prints the size of what a page loads.
pub fn ship() -> Outcome {
    setup::node_packages(&package())?;
    compile(Profile::Shipped, &["amphi-wasm-module"])?;
    bindgen(Profile::Shipped, "amphi_wasm_module", "src/wasm", "amphi")?;
    let module = package().join("src/wasm/amphi_bg.wasm");
    // -Oz leaves 3 % less, of which Brotli then leaves 1 % more.
    run(Command::new(npm_program("wasm-opt"))
        .args(["-O1", "--shrink-level", "1"])
        .arg(&module)
        .arg("-o")
        .arg(&module))?;
    scripts()?;
    run(Command::new("node").arg("tools/sizes.mjs").current_dir(package()))
}

/// Builds the package and the tests' modules quickly, for tests.
pub fn build_for_tests() -> Outcome {
    setup::node_packages(&package())?;
    compile(Profile::Tested, &["amphi-wasm-module", "amphi-browser-tests"])?;
    bindgen(Profile::Tested, "amphi_wasm_module", "src/wasm", "amphi")?;
    bindgen(Profile::Tested, "amphi_browser_tests", "build/kit", "kit")?;
    scripts()?;
    run(Command::new(npm_program("tsc"))
        .args(["-p", "test"])
        .current_dir(package()))
}

fn compile(profile: Profile, crates: &[&str]) -> Outcome {
    let mut build = cargo(&["build", "--target", TARGET, "--profile", profile.name()]);
    for name in crates {
        build.args(["-p", name]);
    }
    if profile == Profile::Shipped {
        // For the loops of `core/kernels`; all browsers have had it since 2023, Node since 16.4.
        build.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Ctarget-feature=+simd128",
        );
    }
    run(build.envs(setup::wasm_toolchain()?))
}

/// Makes the JavaScript beside a module.
fn bindgen(profile: Profile, module: &str, folder: &str, name: &str) -> Outcome {
    let input = root()
        .join("target")
        .join(TARGET)
        .join(profile.name())
        .join(format!("{module}.wasm"));
    run(cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--manifest-path",
        BINDGEN_MANIFEST,
        "--target-dir",
    ])
    .arg(root().join("target/bindgen"))
    .arg("--")
    .arg(input)
    .arg(package().join(folder))
    .arg(name))
}

/// Compiles the TypeScript, and puts the module beside it.
fn scripts() -> Outcome {
    let dist = package().join("dist");
    // Otherwise files that are no more would be shipped.
    if dist.exists() {
        fs::remove_dir_all(&dist).map_err(|e| format!("{}: {e}", dist.display()))?;
    }
    run(Command::new(npm_program("tsc"))
        .args(["-p", "."])
        .current_dir(package()))?;
    copy_files(&package().join("src/wasm"), &dist.join("wasm"))
}

fn copy_files(from: &Path, to: &Path) -> Outcome {
    let copy = || {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    };
    copy().map_err(|e: std::io::Error| format!("copying {} to {}: {e}", from.display(), to.display()))
}
