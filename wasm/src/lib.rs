//! Amphi in the browser: a stub that compiles for `wasm32-unknown-unknown` until the IndexedDB
//! store and the JavaScript bindings land. It exists so that the core's portability is checked now.
#![no_std]
#![forbid(unsafe_code)]

pub use amphi_core as core;
