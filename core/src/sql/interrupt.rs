//! Stopping a statement that runs: at somebody's request, or because its time is over.
//!
//! Operators ask between batches, so a statement stops within the time of one batch, and a stopped
//! statement has changed nothing. What works on many rows at once (a sort's comparisons, writing the rows
//! that were collected, building an index) is not interrupted.

use crate::host::Host;
use crate::types::{Error, Result};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Stops the statement that a session runs, from anywhere.
#[derive(Debug, Clone, Default)]
pub struct InterruptHandle {
    requested: Arc<AtomicBool>,
}

impl InterruptHandle {
    /// Asks the session's running statement to stop, which then fails with [`Error::Interrupted`]. Nothing
    /// happens if none is running.
    pub fn interrupt(&self) {
        self.requested.store(true, Relaxed);
    }
}

/// What a running statement asks whether it is to go on.
#[derive(Debug, Clone)]
pub struct Interrupt {
    requested: Arc<AtomicBool>,
    /// When its time is over, on the host's monotonic clock, and the limit in milliseconds.
    deadline: Option<(u64, u64)>,
}

impl Interrupt {
    /// For a statement that starts now: earlier requests are not meant for it. `limit_ms`: the time it has.
    pub fn new(handle: &InterruptHandle, limit_ms: Option<u64>, host: &dyn Host) -> Interrupt {
        handle.requested.store(false, Relaxed);
        let deadline = |limit: u64| {
            let now = host.monotonic_micros();
            (now.saturating_add(limit.saturating_mul(1000)), limit)
        };
        Interrupt {
            requested: handle.requested.clone(),
            deadline: limit_ms.map(deadline),
        }
    }

    /// Whether the statement may go on, by the clock of the host it started on.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if it was asked to stop or its time is over.
    #[inline]
    pub fn check(&self, host: &dyn Host) -> Result<()> {
        if self.requested.load(Relaxed) {
            return Err(Error::Interrupted { limit_ms: None });
        }
        match self.deadline {
            Some((end, limit)) if host.monotonic_micros() >= end => Err(Error::Interrupted {
                limit_ms: Some(limit),
            }),
            _ => Ok(()),
        }
    }
}
