//! Loops over slices that depend on the vectoriser.
//!
//! The browser's module is compiled for size, which leaves such loops ten times as slow as they can be; so they are a crate
//! of their own, which the profile `wasm` compiles for speed. What belongs here knows nothing of tables, types or errors: slices in,
//! numbers or bits out. Nothing is generic over closures or types, since that would be compiled where it is used.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod crc32;
mod integer_sum;
mod substring;

pub use crc32::{Crc32Table, crc32};
pub use integer_sum::integer_sum;
pub use substring::Substring;
