//! Ctrl-C while something runs.
//!
//! It stops the running statement, and whatever else asks between its steps. What stops for neither is
//! ended with the shell by the third Ctrl-C in a row.

use amphi::{Error, InterruptHandle, Result};
use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// How often Ctrl-C ends the shell.
const LAST: usize = 3;

/// Whether the user wants what runs now to stop.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    requests: Arc<AtomicUsize>,
}

impl Cancel {
    /// Makes Ctrl-C a request instead of the end of the process.
    pub fn listen(&self, statement: InterruptHandle) {
        let requests = self.requests.clone();
        let handled = ctrlc::set_handler(move || {
            statement.interrupt();
            if requests.fetch_add(1, Relaxed) + 1 >= LAST {
                process::exit(130);
            }
        });
        if let Err(e) = handled {
            eprintln!("warning: Ctrl-C ends the shell: {e}");
        }
    }

    /// Says that something starts: earlier requests are not meant for it.
    pub fn start(&self) {
        self.requests.store(0, Relaxed);
    }

    /// Whether what runs is to stop.
    pub fn requested(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    /// Asked between steps.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if it is to stop.
    pub fn check(&self) -> Result<()> {
        match self.requested() {
            true => Err(Error::Interrupted { limit_ms: None }),
            false => Ok(()),
        }
    }
}
