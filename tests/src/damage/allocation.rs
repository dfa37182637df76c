//! An allocator that notes the largest single allocation: a few damaged bytes must not make it giant.
//!
//! Pages of redb are not noted: redb makes room for a page as long as its number says before it reads
//! it, and a damaged number may say 4 GiB. No code around redb can see that coming.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, watched. A test binary makes it its global one.
pub struct Bounded;

/// A page is 4096 bytes times a power of two, shared by a count of references.
fn is_page(size: usize) -> bool {
    let page = size.wrapping_sub(2 * size_of::<usize>());
    page.is_power_of_two() && page >= 4096
}

fn note(size: usize) {
    if !is_page(size) {
        LARGEST.fetch_max(size, Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

/// Bytes of the largest single allocation since the last call.
pub fn largest_allocation() -> usize {
    LARGEST.swap(0, Relaxed)
}
