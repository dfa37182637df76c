//! The `amphi` program run over some input, to its end.
// Not every test file uses all of it.
#![allow(dead_code)]

use std::{
    io::Write,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// How a shell ended, and what it printed.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A shell in a directory.
pub fn shell(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
    command.current_dir(directory.path());
    command
}

/// Runs a shell over some input.
pub fn run_with(directory: &TempDir, arguments: &[&str], input: &str) -> Ended {
    let mut child = shell(directory)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // The shell may stop reading at an error.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a shell in a directory of its own.
pub fn run(arguments: &[&str], input: &str) -> Ended {
    run_with(&TempDir::new().unwrap(), arguments, input)
}

/// The output of a run that must succeed.
pub fn ok(directory: &TempDir, arguments: &[&str], input: &str) -> String {
    let ended = run_with(directory, arguments, input);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(ended.err, "");
    ended.out
}
