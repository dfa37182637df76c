//! Runs the engine's futures to their end on the calling thread.
//!
//! redb's futures are ready at once, so the loop almost always polls once; parking is for stores
//! whose answers come from another thread.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
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
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        thread::park();
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
