//! Running a source of lines to its end: a file, standard input, a `-c` text.

use crate::{
    input::Input,
    progress::Progress,
    shell::{Failure, Flow, Shell, plural},
};
use amphi::{Error, Position};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

/// Scripts may read scripts this deep.
const DEEPEST: usize = 16;

/// How a source of lines is run.
pub struct Source<'a> {
    /// The name shown with errors.
    pub name: Option<&'a str>,
    /// Whether the first error ends it.
    pub stop_on_error: bool,
    /// Bytes in all, to show progress.
    pub bytes: Option<u64>,
}

impl Shell {
    /// Runs a file.
    pub fn run_file(&mut self, path: &Path) -> Result<Flow, Failure> {
        if self.depth >= DEEPEST {
            return Err(Failure::Usage(format!(
                "scripts read scripts more than {DEEPEST} deep"
            )));
        }
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let bytes = file.metadata().map_err(|e| unreadable(path, &e))?.len();
        let name = path.display().to_string();
        let source = Source {
            name: Some(&name),
            stop_on_error: !self.continue_on_error,
            bytes: Some(bytes),
        };
        let interactive = std::mem::replace(&mut self.interactive, false);
        let failed = std::mem::replace(&mut self.failed, false);
        self.depth += 1;
        let flow = self.run_lines(BufReader::new(file), &source);
        self.depth -= 1;
        self.interactive = interactive;
        let failed_inside = std::mem::replace(&mut self.failed, failed);
        if flow? == Flow::Quit {
            self.failed |= failed_inside && !interactive;
            return Ok(Flow::Quit);
        }
        if failed_inside {
            return Err(Failure::Usage(format!("{name} stopped at its first error")));
        }
        Ok(Flow::Next)
    }

    /// Runs lines until they end, a failure stops them, or a command ends the shell. Failures are
    /// reported here; what is returned is only that standard output is gone.
    pub fn run_lines(&mut self, mut lines: impl BufRead, source: &Source<'_>) -> Result<Flow, Failure> {
        let mut input = Input::new();
        let mut progress = source.bytes.map(|b| Progress::new(Some(b), &self.cancel));
        let mut done = 0;
        let mut count = 0;
        let mut number = 0;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            number += 1;
            let here = Position {
                line: number,
                column: 1,
            };
            let line = match lines.read_until(b'\n', &mut bytes) {
                Ok(0) => None,
                Ok(_) => match std::str::from_utf8(&bytes) {
                    Ok(line) => Some(line.trim_end_matches(['\n', '\r'])),
                    Err(e) => {
                        self.report(
                            &not_utf8(number, &bytes, e.valid_up_to()).into(),
                            source.name,
                            here,
                        );
                        if source.stop_on_error {
                            return Ok(Flow::Next);
                        }
                        continue;
                    }
                },
                Err(e) => {
                    self.report(&Failure::Usage(format!("cannot read: {e}")), source.name, here);
                    return Ok(Flow::Next);
                }
            };
            done += bytes.len() as u64;
            let at_end = line.is_none();
            let items = match line {
                Some(line) => input.push(line),
                None => input.finish(),
            };
            for (item, start) in items {
                match self.run(&item, start) {
                    Ok(Flow::Next) => count += 1,
                    Ok(Flow::Quit) => return Ok(Flow::Quit),
                    Err(Failure::Output(e)) => return Err(Failure::Output(e)),
                    Err(failure) => {
                        if let Some(progress) = &mut progress {
                            progress.clear();
                        }
                        self.report(&failure, source.name, start);
                        if source.stop_on_error {
                            return Ok(Flow::Next);
                        }
                    }
                }
                if let Some(progress) = &mut progress
                    && let Err(e) = progress.at(done, &format!("{count} {}", plural(count, "statement")))
                {
                    progress.clear();
                    self.report(&e.into(), source.name, start);
                    return Ok(Flow::Next);
                }
            }
            if at_end {
                return Ok(Flow::Next);
            }
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("cannot read {}: {error}", path.display()))
}

fn not_utf8(line: u64, bytes: &[u8], valid: usize) -> Error {
    let before = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default());
    Error::Data {
        message: "the script is not UTF-8".to_owned(),
        position: Some(Position {
            line,
            column: before.chars().count() as u64 + 1,
        }),
    }
}
