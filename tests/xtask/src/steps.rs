//! Named, timed steps and the summary at the end. A failed step does not stop the others.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// What a step ends with: nothing, or why it failed.
pub type Outcome = Result<(), String>;

/// The steps done so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Duration, Outcome)>,
}

impl Steps {
    /// Runs one step under a heading.
    pub fn run(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = step();
        let took = start.elapsed();
        match &outcome {
            Ok(()) => println!("== {name}: ok, {:.1} s", took.as_secs_f64()),
            Err(message) => println!("== {name}: FAILED after {:.1} s: {message}", took.as_secs_f64()),
        }
        self.done.push((name, took, outcome));
    }

    /// Prints one line per step; success if all succeeded.
    pub fn summary(self) -> ExitCode {
        println!("\n{:>8}  step", "seconds");
        for (name, took, outcome) in &self.done {
            let failed = if outcome.is_err() { "  FAILED" } else { "" };
            println!("{:>8.1}  {name}{failed}", took.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, took, _)| *took).sum();
        let failed = self.done.iter().filter(|(.., outcome)| outcome.is_err()).count();
        println!("{:>8.1}  total\n", total.as_secs_f64());
        println!("{} passed, {failed} failed", self.done.len() - failed);
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The cargo that runs this program, in the workspace's root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> Outcome {
    let name = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(e) => Err(format!("{name}: {e}")),
    }
}
