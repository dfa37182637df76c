//! The targets by name, and the bound on the heap that all of them share.

use super::{decode, image, log, params, sql};
use crate::counting_allocator::CountingAllocator;
use std::path::{Path, PathBuf};

/// By how much one input may make the heap grow at most. Inputs are a few KiB, queries of the targets may
/// collect 1 MiB, and answers are not kept: everything beyond is an allocation that some number in the
/// input decided.
pub const HEAP_BOUND: usize = 64 << 20;

/// What is fuzzed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Scripts of SQL statements.
    Sql,
    /// Statements with parameter values.
    Params,
    /// Single blocks and catalog records behind a good checksum, and texts that become values.
    Decode,
    /// Whole stores whose entries have good checksums.
    Image,
    /// The native store's log.
    Log,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 5] = [
        Target::Sql,
        Target::Params,
        Target::Decode,
        Target::Image,
        Target::Log,
    ];

    /// Its name: of the fuzz target and of its folders.
    pub fn name(self) -> &'static str {
        match self {
            Target::Sql => "sql",
            Target::Params => "params",
            Target::Decode => "decode",
            Target::Image => "image",
            Target::Log => "log",
        }
    }

    /// The seed corpus, kept in the repository.
    pub fn corpus(self) -> PathBuf {
        fuzz_folder().join("corpus").join(self.name())
    }

    /// Inputs that once failed.
    pub fn regressions(self) -> PathBuf {
        fuzz_folder().join("regressions").join(self.name())
    }

    /// Runs one input.
    ///
    /// # Panics
    /// If the engine breaks a promise, one of them the bound on the heap.
    pub fn run(self, heap: &CountingAllocator, data: &[u8]) {
        heap.reset_peak();
        let before = heap.now();
        match self {
            Target::Sql => sql::run(data),
            Target::Params => params::run(data),
            Target::Decode => decode::run(data),
            Target::Image => image::run(data),
            Target::Log => log::run(data),
        }
        let growth = heap.peak().saturating_sub(before);
        assert!(
            growth <= HEAP_BOUND,
            "the heap grew by {growth} bytes over {} bytes of input",
            data.len()
        );
    }
}

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}
