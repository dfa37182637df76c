//! The background thread that writes relaxed commits within the flush interval.
//!
//! It sleeps until a commit leaves something unwritten, then waits one interval, so that the
//! commits of that time share one write, and flushes. A failed flush shows in the next write: the
//! engine remembers it.

use crate::block_on;
use amphi_core::database::Database;
use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

#[derive(Default)]
struct Signal {
    /// Whether the thread knows that there is something to write.
    armed: AtomicBool,
    stop: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread; dropping it stops it without a last flush.
pub(crate) struct Flusher {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts the thread for a database.
    pub(crate) fn start(database: Database) -> io::Result<Flusher> {
        let signal = Arc::new(Signal::default());
        let interval = Duration::from_millis(database.config().flush_interval_ms);
        let thread = thread::Builder::new().name("amphi-flush".to_owned()).spawn({
            let signal = signal.clone();
            move || run(&signal, &database, interval)
        })?;
        Ok(Flusher {
            signal,
            thread: Some(thread),
        })
    }

    /// To be called after whatever may have committed: wakes the thread if there is something to write.
    pub(crate) fn committed(&self, database: &Database) {
        if database.flush_due() && !self.signal.armed.swap(true, Ordering::AcqRel) {
            drop(self.signal.lock());
            self.signal.changed.notify_one();
        }
    }
}

fn run(signal: &Signal, database: &Database, interval: Duration) {
    let mut stop = signal.lock();
    while !*stop {
        if !signal.armed.load(Ordering::Acquire) {
            stop = signal.changed.wait(stop).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        stop = signal
            .changed
            .wait_timeout_while(stop, interval, |stop| !*stop)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if *stop {
            return;
        }
        drop(stop);
        // Disarmed first: a commit during the flush arms it again.
        signal.armed.store(false, Ordering::Release);
        let _ = block_on(database.flush());
        stop = signal.lock();
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        *self.signal.lock() = true;
        self.signal.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
