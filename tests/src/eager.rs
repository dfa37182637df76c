//! Futures that run on as soon as they are woken: inside the call that wakes them.
//!
//! Whoever lets go of a lock too early finds here what another thread would do in that moment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Running = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static RUNNING: RefCell<HashMap<u64, Running>> = RefCell::new(HashMap::new());
}

static NEXT: AtomicU64 = AtomicU64::new(0);

struct RunOn(u64);

impl Wake for RunOn {
    fn wake(self: Arc<Self>) {
        step(self.0);
    }
}

fn step(id: u64) {
    // Taken out while it runs: a future that wakes itself is polled by whoever polls it next.
    let Some(mut future) = RUNNING.with_borrow_mut(|r| r.remove(&id)) else {
        return;
    };
    let waker = Waker::from(Arc::new(RunOn(id)));
    if future
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
    {
        RUNNING.with_borrow_mut(|r| r.insert(id, future));
    }
}

/// A future that has been started.
pub struct Eager<T> {
    id: u64,
    result: Rc<RefCell<Option<T>>>,
}

impl<T: 'static> Eager<T> {
    /// Polls it for the first time.
    pub fn start(future: impl Future<Output = T> + 'static) -> Eager<T> {
        let result = Rc::new(RefCell::new(None));
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let slot = result.clone();
        let running: Running = Box::pin(async move {
            let output = future.await;
            slot.replace(Some(output));
        });
        RUNNING.with_borrow_mut(|r| r.insert(id, running));
        step(id);
        Eager { id, result }
    }

    /// Polls it once more.
    pub fn step(&self) {
        step(self.id);
    }

    /// Polls it to its end.
    pub fn finish(self) -> T {
        loop {
            if let Some(output) = self.result.borrow_mut().take() {
                return output;
            }
            step(self.id);
        }
    }

    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        self.result.borrow().is_some()
    }
}

impl<T> Drop for Eager<T> {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|r| r.remove(&self.id));
    }
}

/// `Pending` once, without waking anybody: whoever tests decides when to go on.
pub async fn pause() {
    let mut paused = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
