//! See `amphi_tests::fuzz`.
#![no_main]

use amphi_tests::{counting_allocator::CountingAllocator, fuzz::Target};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

fuzz_target!(|data: &[u8]| Target::Sql.run(&HEAP, data));
