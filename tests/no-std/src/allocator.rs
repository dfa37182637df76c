//! A bump allocator over the pages of the wasm memory: it never frees, which a test can afford.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::memory_grow,
    ptr::null_mut,
    sync::atomic::{AtomicUsize, Ordering},
};

const PAGE: usize = 65_536;

struct Bump {
    next: AtomicUsize,
    end: AtomicUsize,
}

#[global_allocator]
static BUMP: Bump = Bump {
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

// SAFETY: there is one thread; every block lies in pages that `memory_grow` handed to this
// allocator alone, is aligned as asked, and is never handed out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let place = |next: usize| {
            let start = next.checked_next_multiple_of(layout.align())?;
            Some((start, start.checked_add(layout.size())?))
        };
        let end = self.end.load(Ordering::Relaxed);
        if let Some((start, stop)) = place(self.next.load(Ordering::Relaxed))
            && stop <= end
        {
            self.next.store(stop, Ordering::Relaxed);
            return start as *mut u8;
        }
        // New pages at the end of memory; what is left of the old ones is given up.
        let pages = layout.size().div_ceil(PAGE).max(16);
        let first = memory_grow::<0>(pages);
        if first == usize::MAX {
            return null_mut();
        }
        let start = first * PAGE;
        self.next.store(start + layout.size(), Ordering::Relaxed);
        self.end.store(start + pages * PAGE, Ordering::Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
