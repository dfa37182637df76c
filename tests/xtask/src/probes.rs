//! What drives the shell's machine mode from outside: probes of features, and SQLite's corpus of SQL logic
//! tests. Their programs are in python3 and lie beside the project, in `../shared/probes` or below
//! `AMPHI_SHARED`; where they or python3 are missing they are left out, which is said.

use crate::steps::{Outcome, cargo, root, run};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

/// Probes that are answered differently on purpose, each with a reason.
const EXCEPTIONS: &str = "tests/probes/exceptions.tsv";
/// A file for the runner of the corpus.
const SAMPLE: &str = "tests/probes/sample.test";

/// Where the probes are.
fn folder() -> PathBuf {
    let shared = env::var_os("AMPHI_SHARED").map(PathBuf::from);
    shared.unwrap_or_else(|| root().join("../shared")).join("probes")
}

/// Why nothing can be probed here, if so.
fn missing(program: &Path) -> Option<String> {
    if !program.is_file() {
        return Some(format!("there is no {}", program.display()));
    }
    let python = Command::new("python3")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    match python {
        Ok(status) if status.success() => None,
        _ => Some("there is no python3".to_owned()),
    }
}

/// Builds the shell and returns the command that starts it in machine mode.
fn engine(release: bool) -> Result<String, String> {
    let mut build = cargo(&["build", "--quiet", "-p", "amphi", "--bin", "amphi"]);
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let program = target
        .join(if release { "release" } else { "debug" })
        .join(format!("amphi{}", env::consts::EXE_SUFFIX));
    // The runners cut the command into words as a shell does.
    Ok(format!("'{}' --json :memory:", program.display()))
}

/// Runs the probes, whose failures must be the exceptions, and a sample through the corpus' runner.
pub fn all() -> Outcome {
    let program = folder().join("features.py");
    if let Some(why) = missing(&program) {
        println!("(all probes are left out: {why})");
        return Ok(());
    }
    let engine = engine(false)?;
    features(&program, &engine)?;
    let sample = [root().join(SAMPLE)];
    sql_logic(&engine, &sample, 1)
}

fn features(program: &Path, engine: &str) -> Outcome {
    let fails = root().join("target/probes.jsonl");
    let output = Command::new("python3")
        .arg(program)
        .args(["--engine", engine, "--fails"])
        .arg(&fails)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("python3: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(total) = text.lines().find(|line| line.starts_with("TOTAL ")) else {
        return Err(format!("{} did not come to its end:\n{text}", program.display()));
    };
    println!("{total}");
    let read = |path: &Path| fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
    let failed = read(&fails)?;
    let failed: BTreeSet<&str> = failed.lines().filter_map(name_of_failure).collect();
    let listed = read(&root().join(EXCEPTIONS))?;
    let listed = exceptions(&listed)?;
    let listing = |names: &[&&str]| names.iter().map(|n| **n).collect::<Vec<_>>().join(", ");
    let new: Vec<&&str> = failed.difference(&listed).collect();
    let gone: Vec<&&str> = listed.difference(&failed).collect();
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(format!(
            "these probes fail and are not in {EXCEPTIONS}: {}",
            listing(&new)
        )),
        (true, false) => Err(format!(
            "these probes pass and are still in {EXCEPTIONS}: {}",
            listing(&gone)
        )),
    }
}

/// The name in a line `{"name": "…", …}`.
fn name_of_failure(line: &str) -> Option<&str> {
    line.strip_prefix("{\"name\": \"")?.split('"').next()
}

/// The names of the list, of which each has a reason.
fn exceptions(list: &str) -> Result<BTreeSet<&str>, String> {
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let name = |line: &'_ str| match line.split_once('\t') {
        Some((name, reason)) if !reason.trim().is_empty() => Ok(name.len()),
        _ => Err(format!("{EXCEPTIONS}: no reason in the line {line:?}")),
    };
    lines
        .map(|line| Ok(line.get(..name(line)?).unwrap_or(line)))
        .collect()
}

/// Runs SQLite's corpus, from a checkout of it: select1 to select5, random and index, of which all must pass.
pub fn corpus(checkout: &str) -> Outcome {
    if let Some(why) = missing(&folder().join("slt_runner.py")) {
        return Err(format!("the corpus cannot be run: {why}"));
    }
    let test = Path::new(checkout).join("test");
    let names = [
        "select1.test",
        "select2.test",
        "select3.test",
        "select4.test",
        "select5.test",
        "random",
        "index",
    ];
    let paths: Vec<PathBuf> = names.iter().map(|name| test.join(name)).collect();
    if let Some(absent) = paths.iter().find(|path| !path.exists()) {
        return Err(format!(
            "there is no {}: is that a checkout of the corpus?",
            absent.display()
        ));
    }
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    sql_logic(&engine(true)?, &paths, jobs)
}

/// Runs files of SQL logic tests; all must pass, and no statement may take a minute.
fn sql_logic(engine: &str, paths: &[PathBuf], jobs: usize) -> Outcome {
    let jobs = jobs.to_string();
    run(Command::new("python3")
        .arg(folder().join("slt_runner.py"))
        .args([
            "--engine",
            engine,
            "--as",
            "mysql",
            "--timeout",
            "60",
            "--jobs",
            &jobs,
        ])
        .args(paths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_have_reasons() {
        let list = "# a list\na\tbecause\nb\tso\n";
        assert_eq!(exceptions(list), Ok(BTreeSet::from(["a", "b"])));
        assert!(exceptions("a\n").is_err());
        assert!(exceptions("a\t \n").is_err());
        let line = r#"{"name": "double_pipe", "category": "dialect"}"#;
        assert_eq!(name_of_failure(line), Some("double_pipe"));
    }
}
