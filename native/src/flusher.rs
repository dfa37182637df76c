//! The background thread that writes relaxed commits within the flush interval.
//!
//! The first commit that leaves something unwritten starts it. It sleeps until there is such a commit, then
//! waits one interval, so that the commits of that time share one write, and flushes. A failed flush shows
//! in the next write: the engine remembers it.

use crate::block_on;
use amphi_core::database::Database;
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
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

/// The thread, once there is one; dropping it stops it without a last flush.
#[derive(Default)]
pub(crate) struct Flusher {
    signal: Arc<Signal>,
    thread: OnceLock<Option<JoinHandle<()>>>,
}

impl Flusher {
    /// To be called when a commit has left something to write: wakes the thread.
    pub(crate) fn committed(&self, database: &Database) {
        if self.signal.armed.swap(true, Ordering::AcqRel) {
            return;
        }
        if self.thread.get_or_init(|| self.start(database)).is_some() {
            drop(self.signal.lock());
            self.signal.changed.notify_one();
        } else {
            // Without a thread every commit is written by whoever made it.
            self.signal.armed.store(false, Ordering::Release);
            let _ = block_on(database.flush());
        }
    }

    fn start(&self, database: &Database) -> Option<JoinHandle<()>> {
        let (signal, database) = (self.signal.clone(), database.clone());
        let interval = Duration::from_millis(database.config().flush_interval_ms);
        let thread = thread::Builder::new().name("amphi-flush".to_owned());
        thread.spawn(move || run(&signal, &database, interval)).ok()
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
        if let Some(thread) = self.thread.take().flatten() {
            let _ = thread.join();
        }
    }
}
