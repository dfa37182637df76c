//! An allocator that can tell how many bytes some work leaves allocated.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed},
};

/// Whether it counts. An atomic addition per allocation would go to the account of those engines alone that allocate
/// through Rust.
static COUNTS: AtomicBool = AtomicBool::new(false);
static GREW: AtomicIsize = AtomicIsize::new(0);

fn count(more: usize, less: usize) {
    if COUNTS.load(Relaxed) {
        GREW.fetch_add(more as isize - less as isize, Relaxed);
    }
}

/// The system's allocator.
pub struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the count has no part in it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(at, layout, size) }
    }
}

/// What some work returns, and how many bytes are allocated through Rust more than before it.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, isize) {
    GREW.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let done = work();
    COUNTS.store(false, Relaxed);
    (done, GREW.load(Relaxed))
}
