//! The engine in a program without the standard library.
//!
//! Linking is the test: a crate anywhere below `amphi-core` that pulled in `std` would bring a
//! second panic handler, and the build for `wasm32-unknown-unknown` would fail. For other targets
//! this crate is empty.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod allocator;
#[cfg(target_arch = "wasm32")]
mod engine;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
