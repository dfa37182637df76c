//! A lock that may be held across a store call: waiters are suspended, not spun.
//!
//! The engine's other locks are spin locks held for nanoseconds. Commits and store writes last as long
//! as the disk does, so they queue here: a future that finds the latch taken leaves its waker.
//!
//! Whoever comes when the latch is free takes it, waiters or not: handing it over would cost a switch of
//! threads per commit. But a waiter that was passed over a few times has its turn kept for it.

use crate::sync::Mutex;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// How often a waiter may be passed over.
const PATIENCE: u32 = 4;

#[derive(Default)]
struct State {
    held: bool,
    waiters: Vec<Waker>,
    /// The waiter whose turn is next, once one has lost its patience.
    reserved: Option<u64>,
    next_waiter: u64,
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

/// Waits for a latch, or for something that whoever holds it may bring about.
struct Acquire<'a, F: Fn() -> bool> {
    latch: &'a Latch,
    unless: F,
    /// Its number, once it has waited.
    waiter: Option<u64>,
    passed_over: u32,
}

impl Latch {
    /// Waits for the latch and takes it.
    pub async fn acquire(&self) -> LatchGuard<'_> {
        loop {
            if let Some(guard) = self.acquire_unless(|| false).await {
                return guard;
            }
        }
    }

    /// Waits for the latch and takes it, unless something is so before: then it is not taken. What is
    /// waited for is looked at whenever the latch is released.
    pub async fn acquire_unless(&self, unless: impl Fn() -> bool + Unpin) -> Option<LatchGuard<'_>> {
        Acquire {
            latch: self,
            unless,
            waiter: None,
            passed_over: 0,
        }
        .await
    }

    /// Takes the latch if it is free and nobody has waited too long for it.
    pub fn try_acquire(&self) -> Option<LatchGuard<'_>> {
        let mut state = self.state.lock();
        let is_free = !state.held && state.reserved.is_none();
        is_free.then(|| {
            state.held = true;
            LatchGuard { latch: self }
        })
    }

    fn wake_all(&self, release: impl FnOnce(&mut State)) {
        // All are woken: a waiter whose future was dropped meanwhile must not swallow the only wake-up.
        let waiters = {
            let mut state = self.state.lock();
            release(&mut state);
            core::mem::take(&mut state.waiters)
        };
        waiters.into_iter().for_each(Waker::wake);
    }
}

impl<'a, F: Fn() -> bool + Unpin> Future for Acquire<'a, F> {
    type Output = Option<LatchGuard<'a>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<LatchGuard<'a>>> {
        let latch = self.latch;
        let mut state = latch.state.lock();
        // Under the lock: a release after this look wakes this waiter.
        if (self.unless)() {
            return Poll::Ready(None);
        }
        let is_mine = state.reserved.is_none() || (self.waiter.is_some() && state.reserved == self.waiter);
        if !state.held && is_mine {
            state.held = true;
            state.reserved = None;
            self.waiter = None;
            return Poll::Ready(Some(LatchGuard { latch }));
        }
        let waiter = match self.waiter {
            Some(waiter) => {
                self.passed_over += 1;
                waiter
            }
            None => {
                state.next_waiter += 1;
                state.next_waiter
            }
        };
        self.waiter = Some(waiter);
        if self.passed_over >= PATIENCE && state.reserved.is_none() {
            state.reserved = Some(waiter);
        }
        if !state.waiters.iter().any(|w| w.will_wake(cx.waker())) {
            state.waiters.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl<F: Fn() -> bool> Drop for Acquire<'_, F> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter else { return };
        if self.latch.state.lock().reserved == Some(waiter) {
            self.latch.wake_all(|state| state.reserved = None);
        }
    }
}

impl Drop for LatchGuard<'_> {
    fn drop(&mut self) {
        self.latch.wake_all(|state| state.held = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;

    fn poll<'a>(waiting: &mut Pin<Box<impl Future<Output = LatchGuard<'a>>>>) -> Option<LatchGuard<'a>> {
        let mut cx = Context::from_waker(Waker::noop());
        match waiting.as_mut().poll(&mut cx) {
            Poll::Ready(guard) => Some(guard),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_waiter_is_passed_over_a_few_times_only() {
        let latch = Latch::default();
        let mut held = poll(&mut Box::pin(latch.acquire()));
        let mut waiting = Box::pin(latch.acquire());
        assert!(held.is_some() && poll(&mut waiting).is_none());
        let mut passed_over = 0;
        loop {
            drop(held.take());
            held = poll(&mut Box::pin(latch.acquire()));
            if held.is_none() {
                break;
            }
            assert!(poll(&mut waiting).is_none());
            passed_over += 1;
            assert!(passed_over < 10, "the waiter starves");
        }
        assert!(passed_over > 0 && poll(&mut waiting).is_some());
    }

    #[test]
    fn a_waiter_leaves_when_what_it_waits_for_is_so() {
        use core::cell::Cell;
        let latch = Latch::default();
        let done = Cell::new(false);
        let held = poll(&mut Box::pin(latch.acquire()));
        let mut waiting = Box::pin(latch.acquire_unless(|| done.get()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        done.set(true);
        drop(held);
        assert!(matches!(waiting.as_mut().poll(&mut cx), Poll::Ready(None)));
        assert!(poll(&mut Box::pin(latch.acquire())).is_some(), "it was not taken");
    }

    #[test]
    fn a_waiter_that_gives_up_keeps_nobody_out() {
        let latch = Latch::default();
        let held = poll(&mut Box::pin(latch.acquire()));
        let mut waiting = Box::pin(latch.acquire());
        (0..10).for_each(|_| assert!(poll(&mut waiting).is_none()));
        drop(held);
        assert!(poll(&mut Box::pin(latch.acquire())).is_none(), "its turn is kept");
        drop(waiting);
        assert!(poll(&mut Box::pin(latch.acquire())).is_some());
    }
}
