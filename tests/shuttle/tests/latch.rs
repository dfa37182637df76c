//! The latch by itself: mutual exclusion, nobody forgotten, nobody starved, and waiters that give up.
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_core::txn::{Latch, LatchGuard};
use amphi_shuttle::{explore, together};
use shuttle::future::{block_on, spawn_local, yield_now};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::Poll;

/// Holds the latch a while, and sees that nobody else does.
async fn hold(guard: LatchGuard<'_>, inside: &AtomicU64) {
    assert_eq!(inside.fetch_add(1, SeqCst), 0, "two hold the latch");
    yield_now().await;
    inside.fetch_sub(1, SeqCst);
    drop(guard);
}

#[test]
fn one_at_a_time_and_everybody_once() {
    explore("three threads at a latch", &[], |_| {
        let shared = Arc::new((Latch::default(), AtomicU64::new(0), AtomicU64::new(0)));
        let thread = |_| -> Box<dyn FnOnce() + Send> {
            let shared = shared.clone();
            Box::new(move || {
                for _ in 0..3 {
                    block_on(async { hold(shared.0.acquire().await, &shared.1).await });
                    shared.2.fetch_add(1, SeqCst);
                }
            })
        };
        together((0..3).map(thread).collect());
        assert_eq!(shared.2.load(SeqCst), 9);
    });
}

#[test]
fn waiters_that_give_up_hold_nobody_up() {
    explore("waiters that give up", &[], |_| {
        let shared = Arc::new((Latch::default(), AtomicU64::new(0)));
        let stay = |_| -> Box<dyn FnOnce() + Send> {
            let shared = shared.clone();
            Box::new(move || {
                for _ in 0..2 {
                    block_on(async { hold(shared.0.acquire().await, &shared.1).await });
                }
            })
        };
        // Looks at the latch a few times, which may make it the next in turn, and goes without it.
        let leave = |looks: u64| -> Box<dyn FnOnce() + Send> {
            let shared = shared.clone();
            Box::new(move || {
                block_on(async {
                    let mut waiting = pin!(shared.0.acquire());
                    for _ in 0..looks {
                        match poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await {
                            Poll::Ready(guard) => return hold(guard, &shared.1).await,
                            Poll::Pending => yield_now().await,
                        }
                    }
                });
            })
        };
        together(vec![stay(0), leave(1), stay(1), leave(6)]);
    });
}

#[test]
fn a_task_that_is_aborted_wakes_the_next() {
    explore("an aborted holder or waiter", &[], |_| {
        let latch = Arc::new(Latch::default());
        let wait = |latch: &Arc<Latch>| {
            let latch = latch.clone();
            spawn_local(async move {
                let guard = latch.acquire().await;
                yield_now().await;
                drop(guard);
            })
        };
        let (one, two, three) = (wait(&latch), wait(&latch), wait(&latch));
        two.abort();
        block_on(one).unwrap();
        let _ = block_on(two);
        block_on(three).unwrap();
        drop(block_on(latch.acquire()));
    });
}
