//! The `amphi` SQL shell.

mod args;
mod cancel;
mod commands;
mod complete;
mod editor;
mod export;
mod highlight;
mod import;
mod input;
mod keywords;
mod lines;
mod output;
mod progress;
mod repl;
mod script;
mod shell;

use amphi::{Config, Database};
use args::{Options, Request, Target};
use script::Source;
use shell::{Failure, Shell};
use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    process::ExitCode,
};

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)) {
        Ok(Request::Run(options)) => run(&options),
        Ok(Request::Salvage { damaged, new }) => salvage(&damaged, &new),
        Ok(Request::Help) => print(args::USAGE),
        Ok(Request::Version) => print(&format!("amphi {}", env!("CARGO_PKG_VERSION"))),
        Err(message) => {
            eprintln!("amphi: {message}\n(amphi --help shows the options)");
            ExitCode::from(2)
        }
    }
}

fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn open(options: &Options) -> amphi::Result<Database> {
    let data_dir = match &options.target {
        Target::Memory => String::new(),
        Target::Directory(directory) => directory
            .to_str()
            .ok_or_else(|| amphi::Error::Config {
                option: "data_dir".to_owned(),
                message: format!("{} is not UTF-8", directory.display()),
            })?
            .to_owned(),
    };
    Database::from_config(Config {
        data_dir,
        writable: !options.read_only,
        ..Config::default()
    })
}

/// Succeeds only if nothing is lost.
fn salvage(damaged: &Path, new: &Path) -> ExitCode {
    match Database::salvage(damaged, new) {
        Ok(report) => {
            let printed = print(&report.to_string());
            if report.problems.is_empty() {
                printed
            } else {
                ExitCode::FAILURE
            }
        }
        Err(e) => {
            eprintln!("error {}: {e}", e.code());
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> ExitCode {
    let db = match open(options) {
        Ok(db) => db,
        Err(e) => {
            eprintln!("error {}: {e}", e.code());
            return ExitCode::FAILURE;
        }
    };
    if options.lines {
        return serve(db, options);
    }
    let mut shell = Shell::new(db, options.mode, options.continue_on_error);
    let ended = read_input(&mut shell, options);
    let mut failed = shell.failed;
    if let Err(failure) = ended.and_then(|()| Ok(shell.out.flush()?)) {
        // A reader that has seen enough (`head`) is no failure worth words.
        let quiet = matches!(&failure, Failure::Output(e) if e.kind() == io::ErrorKind::BrokenPipe);
        if !quiet {
            eprintln!("cannot write: {failure:?}");
        }
        failed = true;
    }
    if shell.session.in_transaction() {
        eprintln!("the open transaction was rolled back");
    }
    if let Err(e) = shell.db.close() {
        eprintln!("error {}: {e}", e.code());
        failed = true;
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Answers JSON requests.
fn serve(db: Database, options: &Options) -> ExitCode {
    let renew = |db: &Database| {
        if let Target::Directory(directory) = &options.target {
            if options.read_only {
                return Err(amphi::Error::ReadOnly {
                    name: directory.display().to_string(),
                });
            }
            db.close()?;
            Database::destroy(directory)?;
        }
        open(options)
    };
    let (db, read) = lines::serve(db, &renew, io::stdin().lock(), io::stdout());
    let read = read.map_err(|e| format!("cannot read or write: {e}"));
    let closed = db.close().map_err(|e| format!("error {}: {e}", e.code()));
    match read.and(closed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn read_input(shell: &mut Shell, options: &Options) -> Result<(), Failure> {
    let script = |name| Source {
        name,
        stop_on_error: !options.continue_on_error,
        bytes: None,
    };
    if !options.commands.is_empty() {
        for command in &options.commands {
            let flow = shell.run_lines(command.as_bytes(), &script(None))?;
            if shell.failed || flow == shell::Flow::Quit {
                break;
            }
        }
        return Ok(());
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let name = match &options.target {
            Target::Memory => ":memory:".to_owned(),
            Target::Directory(directory) => directory.display().to_string(),
        };
        shell.run_interactive(&name)?;
    } else {
        shell.run_lines(stdin.lock(), &script(Some("stdin")))?;
    }
    Ok(())
}
