//! The command line.

use crate::output::Mode;
use std::{ffi::OsString, path::PathBuf};

/// Shown by `--help`.
pub const USAGE: &str = r#"The Amphi SQL shell.

usage: amphi [OPTIONS] [PATH | :memory:]

PATH is the directory of the database (default: ./amphi-data), made if it does not exist;
:memory: is a database without a store. Without -c, statements are read from standard input.

options:
  -c, --command SQL     run these statements and exit; may be given several times
  --json                machine mode: a JSON request a line in, a JSON answer a line out,
                        {"sql":"SELECT ?","params":[1],"session":0,"id":1}
  --mode MODE           how results are printed: table (default), tsv, csv, json
  --continue-on-error   do not stop a script at its first error, and exit with 0
  --read-only           open an existing database without writing to it
  --salvage DAMAGED     save what can be read of the database in DAMAGED, which is not
                        changed, into a new one in PATH, and exit
  -h, --help            show this
  -V, --version         show the version

exit status: 0, 1 after an error in a statement or the database, 2 for a wrong command line"#;

/// Where the database is.
#[derive(Debug, PartialEq)]
pub enum Target {
    /// `:memory:`.
    Memory,
    /// A directory.
    Directory(PathBuf),
}

/// What the shell was asked to do.
#[derive(Debug, PartialEq)]
pub struct Options {
    /// Which database to open.
    pub target: Target,
    /// Texts of `-c`, in order.
    pub commands: Vec<String>,
    /// How results are printed.
    pub mode: Mode,
    /// Whether requests and answers are lines of JSON.
    pub lines: bool,
    /// Whether a script goes on after an error.
    pub continue_on_error: bool,
    /// Whether to open for reading only.
    pub read_only: bool,
}

/// The meaning of a command line.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Run the shell.
    Run(Options),
    /// Save what can be read of a damaged database.
    Salvage {
        /// Its directory.
        damaged: PathBuf,
        /// The directory of the new one.
        new: PathBuf,
    },
    /// Print [`USAGE`].
    Help,
    /// Print the version.
    Version,
}

/// Reads the arguments after the program's name; an error is a message for the user.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, String> {
    let mut options = Options {
        target: Target::Directory(PathBuf::from("amphi-data")),
        commands: Vec::new(),
        mode: Mode::Table,
        lines: false,
        continue_on_error: false,
        read_only: false,
    };
    let mut damaged = None;
    let mut has_target = false;
    let mut only_targets = false;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        if only_targets || !text.starts_with('-') {
            if has_target {
                return Err(format!("more than one database: {}", argument.display()));
            }
            has_target = true;
            options.target = match text {
                ":memory:" => Target::Memory,
                _ => Target::Directory(PathBuf::from(argument)),
            };
            continue;
        }
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (text, None),
        };
        let mut value = || {
            attached
                .clone()
                .or_else(|| arguments.next()?.into_string().ok())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name {
            "-c" | "--command" => options.commands.push(value()?),
            "--salvage" => damaged = Some(PathBuf::from(value()?)),
            "--mode" => options.mode = value()?.parse()?,
            "-h" | "--help" => return Ok(Request::Help),
            "-V" | "--version" => return Ok(Request::Version),
            _ if attached.is_some() => return Err(format!("unknown option {text}")),
            "--json" => options.lines = true,
            "--continue-on-error" => options.continue_on_error = true,
            "--read-only" => options.read_only = true,
            "--" => only_targets = true,
            _ => return Err(format!("unknown option {text}")),
        }
    }
    match (damaged, options.target) {
        (None, target) => Ok(Request::Run(Options { target, ..options })),
        (Some(damaged), Target::Directory(new)) if has_target => Ok(Request::Salvage { damaged, new }),
        (Some(_), _) => Err("--salvage needs the directory of the new database".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Result<Options, String> {
        match parse(arguments.iter().map(OsString::from))? {
            Request::Run(options) => Ok(options),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn the_default_is_a_directory_here() {
        let options = run(&[]).unwrap();
        assert_eq!(options.target, Target::Directory("amphi-data".into()));
        assert!(!options.read_only && !options.continue_on_error && options.commands.is_empty());
    }

    #[test]
    fn options_and_target_mix_in_any_order() {
        let options = run(&["-c", "SELECT 1", ":memory:", "--mode=csv", "-c", "SELECT 2"]).unwrap();
        assert_eq!(options.target, Target::Memory);
        assert_eq!(options.mode, Mode::Csv);
        assert_eq!(options.commands, ["SELECT 1", "SELECT 2"]);
        assert_eq!(run(&["--mode", "json"]).unwrap().mode, Mode::Json);
        assert_eq!(run(&["--", "-x"]).unwrap().target, Target::Directory("-x".into()));
    }

    #[test]
    fn mistakes_are_named() {
        for (arguments, named) in [
            (&["--mod", "csv"][..], "--mod"),
            (&["--mode", "xml"], "xml"),
            (&["-c"], "-c"),
            (&["a", "b"], "b"),
            (&["--salvage", "a"], "--salvage"),
            (&["--salvage", "a", ":memory:"], "--salvage"),
            (&["--read-only=yes"], "--read-only"),
        ] {
            let message = run(arguments).unwrap_err();
            assert!(message.contains(named), "{message}");
        }
    }
}
