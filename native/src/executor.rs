//! Runs the engine's futures to their end on the calling thread.
//!
//! redb's futures are ready at once, so the loop almost always polls once; parking is for stores
//! whose answers come from another thread.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on the calling thread.
///
/// # Examples
///
/// ```
/// assert_eq!(amphi::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // Most futures never wait, and then no waker has to be made.
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    loop {
        if let Some(output) = poll_parking(future.as_mut(), thread::park) {
            return output;
        }
    }
}

/// As [`block_on`], for so long at most; `None`: that was not enough.
pub(crate) fn block_on_for<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    // Too long to be counted is for ever.
    let end = Instant::now().checked_add(limit);
    loop {
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        let output = poll_parking(future.as_mut(), || thread::park_timeout(left));
        if output.is_some() || left.is_zero() {
            return output;
        }
    }
}

/// Polls once, and if that is not the end, parks.
fn poll_parking<F: Future>(future: Pin<&mut F>, park: impl FnOnce()) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    match future.poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => {
            park();
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::block_on;
    use std::{
        future::poll_fn,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        task::Poll,
        thread,
        time::Duration,
    };

    #[test]
    fn a_future_woken_by_another_thread_ends() {
        let done = Arc::new(AtomicBool::new(false));
        let answer = block_on(poll_fn(|cx| {
            if done.load(Ordering::Acquire) {
                return Poll::Ready(7);
            }
            let (done, waker) = (done.clone(), cx.waker().clone());
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                done.store(true, Ordering::Release);
                waker.wake();
            });
            Poll::Pending
        }));
        assert_eq!(answer, 7);
    }
}
