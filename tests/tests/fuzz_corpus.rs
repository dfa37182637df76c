//! The fuzz targets over their seed corpus and over every input that once failed, without a fuzzer.
//!
//! One test, in a process of its own: the targets bound the growth of its heap.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::counting_allocator::CountingAllocator;
use amphi_tests::damage::Watchdog;
use amphi_tests::fuzz::{Target, seeds};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_and_all_former_failures_pass() {
    let watchdog = Watchdog::new(Duration::from_secs(60));
    let mut failed = Vec::new();
    for target in Target::ALL {
        let corpus = files(&target.corpus());
        assert!(
            corpus.len() >= seeds(target).len(),
            "{}: seeds are missing; `cargo run -p amphi-tests --bin amphi-fuzz-seeds` writes them",
            target.name()
        );
        for file in corpus.iter().chain(&files(&target.regressions())) {
            watchdog.begin(&file.display().to_string());
            let bytes = fs::read(file).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target.run(&HEAP, &bytes))).is_err() {
                failed.push(file.clone());
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
