//! A lock that may be held across a store call: waiters are suspended, not spun.
//!
//! The engine's other locks are spin locks held for nanoseconds. Commits and store writes last as long
//! as the disk does, so they queue here: a future that finds the latch taken leaves its waker.

use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use spin::Mutex;

#[derive(Default)]
struct State {
    held: bool,
    waiters: Vec<Waker>,
}

/// Mutual exclusion for asynchronous sections.
#[derive(Default)]
pub struct Latch {
    state: Mutex<State>,
}

/// Proof that the latch is held; dropping it releases the latch and wakes the waiters.
pub struct LatchGuard<'a> {
    latch: &'a Latch,
}

impl Latch {
    /// Waits for the latch and takes it.
    pub async fn acquire(&self) -> LatchGuard<'_> {
        poll_fn(|cx| {
            let mut state = self.state.lock();
            if state.held {
                if !state.waiters.iter().any(|w| w.will_wake(cx.waker())) {
                    state.waiters.push(cx.waker().clone());
                }
                return Poll::Pending;
            }
            state.held = true;
            Poll::Ready(LatchGuard { latch: self })
        })
        .await
    }
}

impl Drop for LatchGuard<'_> {
    fn drop(&mut self) {
        // All are woken: a waiter whose future was dropped meanwhile must not swallow the only wake-up.
        let waiters = {
            let mut state = self.latch.state.lock();
            state.held = false;
            core::mem::take(&mut state.waiters)
        };
        waiters.into_iter().for_each(Waker::wake);
    }
}
