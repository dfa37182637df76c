//! Counting what an operator yields, for EXPLAIN ANALYZE.

use super::{Cx, Operator};
use crate::types::{Batch, Result};
use alloc::{boxed::Box, sync::Arc};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::task::Poll;

/// What one operator of a plan did.
#[derive(Debug, Default)]
pub struct OperatorCounts {
    /// Rows it yielded.
    pub rows: AtomicU64,
    /// Batches it yielded.
    pub batches: AtomicU64,
    /// Microseconds spent in it and its inputs.
    pub micros: AtomicU64,
    /// Blocks it and its inputs found missing.
    pub misses: AtomicU64,
    /// Blocks it and its inputs passed over.
    pub skipped: AtomicU64,
}

/// An operator whose yield is counted.
pub struct Counted {
    inner: Box<dyn Operator>,
    counts: Arc<OperatorCounts>,
}

impl Counted {
    /// Counts what `inner` yields.
    pub fn new(inner: Box<dyn Operator>, counts: Arc<OperatorCounts>) -> Counted {
        Counted { inner, counts }
    }
}

impl Operator for Counted {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        let start = cx.env.host.monotonic_micros();
        let known = cx.missing.blocks.len();
        let passed = cx.missing.blocks_skipped;
        let result = self.inner.next(cx);
        let missed = cx.missing.blocks.len().saturating_sub(known);
        self.counts.misses.fetch_add(missed as u64, Relaxed);
        let skipped = cx.missing.blocks_skipped.saturating_sub(passed);
        self.counts.skipped.fetch_add(skipped, Relaxed);
        let spent = cx.env.host.monotonic_micros().saturating_sub(start);
        self.counts.micros.fetch_add(spent, Relaxed);
        if let Poll::Ready(Ok(Some(batch))) = &result {
            self.counts.rows.fetch_add(batch.rows() as u64, Relaxed);
            self.counts.batches.fetch_add(1, Relaxed);
        }
        result
    }
}
