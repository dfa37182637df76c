//! The wasm module of the npm package. A crate of its own, since a library that is a cdylib and an rlib at once
//! is built without link-time optimization.
#![forbid(unsafe_code)]

pub use amphi_wasm::*;
