//! What the fuzzers run: one function per target that takes any bytes and panics if the engine breaks a
//! promise over them.
//!
//! `tests/fuzz` hands them to libFuzzer (`cargo xtask fuzz`); `tests/tests/fuzz_corpus.rs` replays the
//! corpus and every input that once failed, without a fuzzer.

mod decode;
mod frame;
mod image;
mod input;
mod log;
mod params;
mod seeds;
mod sql;
mod target;
mod twins;
mod values;

pub use seeds::{dictionary, seeds};
pub use target::{HEAP_BOUND, Target};
