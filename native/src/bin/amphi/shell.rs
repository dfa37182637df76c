//! The shell's state, and running one statement or reporting one failure.

use crate::{
    cancel::Cancel,
    input::Item,
    output::{self, Mode},
};
use amphi::{Database, Error, Outcome, Position, Session, shift_position};
use std::{
    io::{self, BufWriter, Stdout, Write},
    rc::Rc,
    time::Instant,
};

/// An open database and how to show what it answers.
pub struct Shell {
    /// The database.
    pub db: Database,
    /// The session that all statements run in.
    pub session: Rc<Session>,
    /// How results are printed.
    pub mode: Mode,
    /// Whether the time of each statement is printed.
    pub timer: bool,
    /// Whether the plan of each query is printed before its result.
    pub explain: bool,
    /// Whether scripts go on after an error.
    pub continue_on_error: bool,
    /// Whether a person reads along.
    pub interactive: bool,
    /// Whether a script or command has failed and was not told to go on.
    pub failed: bool,
    /// Standard output.
    pub out: BufWriter<Stdout>,
    /// Scripts that are reading scripts.
    pub depth: usize,
    /// Ctrl-C.
    pub cancel: Cancel,
}

/// Why something did not work.
#[derive(Debug)]
pub enum Failure {
    /// The database refused.
    Database(Error),
    /// The shell was used wrongly; the text says how.
    Usage(String),
    /// Standard output is gone.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Database(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Whether to go on after an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// With the next one.
    Next,
    /// No: the shell was told to end.
    Quit,
}

impl Shell {
    /// A shell over an open database.
    pub fn new(db: Database, mode: Mode, continue_on_error: bool) -> Shell {
        Shell {
            session: Rc::new(db.session()),
            db,
            mode,
            timer: false,
            explain: false,
            continue_on_error,
            interactive: false,
            failed: false,
            out: BufWriter::new(io::stdout()),
            depth: 0,
            cancel: Cancel::default(),
        }
    }

    /// Runs a statement or a command.
    pub fn run(&mut self, item: &Item, start: Position) -> Result<Flow, Failure> {
        let began = Instant::now();
        let flow = match item {
            Item::Statement(sql) => self.statement(sql).map(|()| Flow::Next).map_err(|e| match e {
                Failure::Database(e) => Failure::Database(shift_position(e, start)),
                other => other,
            }),
            Item::Command(line) => self.command(line),
        };
        self.out.flush()?;
        if self.timer {
            eprintln!("time: {:.3} ms", began.elapsed().as_secs_f64() * 1e3);
        }
        flow
    }

    /// Runs a statement and prints what it answers.
    pub fn statement(&mut self, sql: &str) -> Result<(), Failure> {
        // Only queries and changes have plans.
        if self.explain && self.session.prepare(sql).is_ok() {
            self.explain(sql)?;
        }
        let outcome = self.session.run(sql, ())?;
        // What the shell has answered is durable, relaxed or not: whoever reads an answer may rely on
        // all that was committed before it. Statements without an answer do not wait for the disk.
        if (self.interactive || matches!(outcome, Outcome::Rows(_)))
            && let Err(e) = self.db.flush()
        {
            eprintln!("warning {}: {e}", e.code());
        }
        match outcome {
            Outcome::Rows(mut rows) => {
                let columns = rows.columns().to_vec();
                let count = match output::print(&mut self.out, self.mode, &columns, rows.by_ref()) {
                    Ok(count) => count,
                    Err(output::Failure::Query(e)) => return Err(e.into()),
                    Err(output::Failure::Output(e)) => return Err(e.into()),
                };
                if self.mode == Mode::Table {
                    writeln!(self.out, "({count} {})", plural(count, "row"))?;
                }
            }
            Outcome::Affected { rows, .. } if self.interactive => {
                writeln!(self.out, "{rows} {} affected", plural(rows, "row"))?;
            }
            Outcome::Done if self.interactive => writeln!(self.out, "done")?,
            Outcome::Affected { .. } | Outcome::Done => {}
        }
        Ok(())
    }

    /// Prints the plan of a statement, a line an operator.
    pub fn explain(&mut self, sql: &str) -> Result<(), Failure> {
        for row in self.session.query(&format!("EXPLAIN {sql}"), ())? {
            let line: String = row?.get(0)?;
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Tells the user of a failure. `source` is the name of the script it happened in, and `start`
    /// the place of the statement there.
    pub fn report(&mut self, failure: &Failure, source: Option<&str>, start: Position) {
        // What was printed before comes first.
        let _ = self.out.flush();
        let place = |position: Option<Position>| match source {
            Some(source) => format!("{source}:{}: ", position.unwrap_or(start).line),
            None => String::new(),
        };
        match failure {
            Failure::Database(e) => eprintln!("{}error {}: {e}", place(e.position()), e.code()),
            Failure::Usage(message) => eprintln!("{}error: {message}", place(None)),
            Failure::Output(e) => eprintln!("cannot write: {e}"),
        }
        if !self.interactive && !self.continue_on_error {
            self.failed = true;
        }
    }
}

/// The word in the singular or plural.
pub fn plural(count: u64, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
