//! A time limit per case: an endless loop ends the test, naming the case.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

struct State {
    case: Mutex<(Instant, String)>,
    over: AtomicBool,
}

/// Watches one thread's cases until it is dropped.
pub struct Watchdog(Arc<State>);

impl Watchdog {
    /// Ends the process if a case takes longer than `limit`.
    pub fn new(limit: Duration) -> Watchdog {
        let state = Arc::new(State {
            case: Mutex::new((Instant::now(), String::from("none"))),
            over: AtomicBool::new(false),
        });
        let watched = state.clone();
        thread::spawn(move || {
            while !watched.over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200));
                let (since, case) = watched
                    .case
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                if since.elapsed() > limit {
                    eprintln!("no end after {limit:?}: {case}");
                    std::process::abort();
                }
            }
        });
        Watchdog(state)
    }

    /// A new case begins.
    pub fn begin(&self, case: &str) {
        *self.0.case.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), case.to_owned());
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}
