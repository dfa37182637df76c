//! The interactive loop: prompts, and errors that end nothing.

use crate::{
    script::Source,
    shell::{Failure, Flow, Shell},
};
use std::io::{self, Write};

impl Shell {
    /// Reads statements and commands from a person until end of input or `.quit`.
    pub fn run_interactive(&mut self, database: &str) -> Result<Flow, Failure> {
        self.interactive = true;
        writeln!(
            self.out,
            "Amphi {} on {database}; statements end with a semicolon, .help lists commands",
            env!("CARGO_PKG_VERSION")
        )?;
        let source = Source {
            name: None,
            prompt: true,
            stop_on_error: false,
            bytes: None,
        };
        let flow = self.run_lines(io::stdin().lock(), &source)?;
        if flow == Flow::Next {
            // End of input was typed on the prompt's line.
            writeln!(self.out)?;
        }
        Ok(flow)
    }
}
