//! Stopping a statement that runs: at somebody's request, or because its time is over.
//!
//! Operators ask between batches, cursors between leaves, sorts between parts of a few hundred thousand rows,
//! and what changes rows every few of them, so a statement stops soon. A stopped statement has changed nothing. What has
//! no context to ask is not interrupted: the commit itself, undoing, and single values of bounded size.

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

/// An interrupt with the clock it is asked by.
#[derive(Clone)]
pub struct Stop {
    interrupt: Interrupt,
    host: Arc<dyn Host>,
}

impl Stop {
    /// The interrupt of a statement that started by the clock of this host.
    pub fn new(interrupt: &Interrupt, host: &Arc<dyn Host>) -> Stop {
        Stop {
            interrupt: interrupt.clone(),
            host: host.clone(),
        }
    }

    /// Whether the statement may go on.
    ///
    /// # Errors
    /// As [`Interrupt::check`].
    #[inline]
    pub fn check(&self) -> Result<()> {
        self.interrupt.check(&*self.host)
    }
}
