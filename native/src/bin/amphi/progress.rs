//! How far a long script, import or export has come, on a terminal only, and whether it is to go on.

use crate::cancel::Cancel;
use amphi::Result;
use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// How often the line is drawn anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// One line on standard error, drawn over itself and wiped at the end.
pub struct Progress {
    shown: bool,
    /// `None` if standard error is no terminal.
    next: Option<Instant>,
    /// Units in all, if that is known.
    total: Option<u64>,
    cancel: Cancel,
}

impl Progress {
    /// Progress through `total` units, bytes or rows, or through nobody knows how many.
    pub fn new(total: Option<u64>, cancel: &Cancel) -> Progress {
        Progress {
            shown: false,
            // Work that is done by then shows nothing.
            next: io::stderr().is_terminal().then(|| Instant::now() + 3 * INTERVAL),
            total,
            cancel: cancel.clone(),
        }
    }

    /// Says that `done` units are behind us.
    ///
    /// # Errors
    /// [`Error::Interrupted`](amphi::Error::Interrupted) if the user wants it to stop.
    pub fn at(&mut self, done: u64, label: &str) -> Result<()> {
        self.cancel.check()?;
        let Some(next) = self.next else { return Ok(()) };
        let now = Instant::now();
        if now >= next {
            self.draw(now, done, label);
        }
        Ok(())
    }

    fn draw(&mut self, now: Instant, done: u64, label: &str) {
        self.next = Some(now + INTERVAL);
        self.shown = true;
        let bar = match self.total {
            Some(total) => {
                let percent = done.min(total).saturating_mul(100) / total.max(1);
                format!("[{:<25}] {percent:>3}% ", "#".repeat((percent / 4) as usize))
            }
            None => String::new(),
        };
        // A terminal that is gone is no reason to stop the work.
        let _ = write!(io::stderr(), "\r\x1b[K{bar}{label}");
        let _ = io::stderr().flush();
    }

    /// Wipes the line, so that other output starts on a clean one.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
            let _ = io::stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
