//! The interactive loop: a prompt, and errors that end nothing.

use crate::{
    editor::{Prompt, Typed},
    input::Input,
    shell::{Failure, Flow, Shell},
};
use std::io::Write;

impl Shell {
    /// Runs statements and commands of a person until end of input or `.quit`.
    pub fn run_interactive(&mut self, database: &str) -> Result<Flow, Failure> {
        self.interactive = true;
        writeln!(
            self.out,
            "Amphi {} on {database}; statements end with a semicolon, .help lists commands",
            env!("CARGO_PKG_VERSION")
        )?;
        self.out.flush()?;
        self.cancel.listen(self.session.interrupt_handle());
        let mut prompt = Prompt::new(self.session.clone())?;
        loop {
            let flow = match prompt.read()? {
                Typed::Text(text) => self.run_typed(&text)?,
                Typed::Dropped => continue,
                Typed::End => return Ok(Flow::Next),
            };
            if flow == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
    }

    /// Runs what was typed; the first failure ends it.
    fn run_typed(&mut self, text: &str) -> Result<Flow, Failure> {
        let mut input = Input::new();
        let mut items = Vec::new();
        for line in text.lines() {
            items.extend(input.push(line));
        }
        items.extend(input.finish());
        for (item, start) in items {
            self.cancel.start();
            match self.run(&item, start) {
                Ok(Flow::Next) => {}
                Ok(Flow::Quit) => return Ok(Flow::Quit),
                Err(Failure::Output(e)) => return Err(Failure::Output(e)),
                Err(failure) => {
                    self.report(&failure, None, start);
                    break;
                }
            }
        }
        Ok(Flow::Next)
    }
}
