//! How far a long script or import has come, on a terminal only.

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
    total: u64,
}

impl Progress {
    /// Progress through `total` units, bytes usually.
    pub fn new(total: u64) -> Progress {
        Progress {
            shown: false,
            // Work that is done by then shows nothing.
            next: io::stderr().is_terminal().then(|| Instant::now() + 3 * INTERVAL),
            total,
        }
    }

    /// Says that `done` units are behind us.
    pub fn at(&mut self, done: u64, label: &str) {
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now < next {
            return;
        }
        self.next = Some(now + INTERVAL);
        self.shown = true;
        let percent = done.min(self.total).saturating_mul(100) / self.total.max(1);
        let bar = "#".repeat((percent / 4) as usize);
        // A terminal that is gone is no reason to stop the work.
        let _ = write!(io::stderr(), "\r\x1b[K[{bar:<25}] {percent:>3}% {label}");
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
