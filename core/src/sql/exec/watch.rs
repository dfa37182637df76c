//! What a statement that changes rows did, for EXPLAIN ANALYZE: its operators, its changes and its triggers.
//!
//! The watch is in the surroundings of the statement and of nothing else that runs for it. A statement that runs
//! again, because another one committed first, is counted anew.

use super::OperatorCounts;
use crate::host::Host;
use crate::sql::plan::Query;
use crate::sync::Mutex;
use alloc::{sync::Arc, vec::Vec};
use core::sync::atomic::Ordering::Relaxed;

/// See the module.
#[derive(Debug)]
pub struct Watch {
    /// The query that gives the statement its rows.
    source: Arc<Query>,
    operators: Mutex<Vec<Arc<OperatorCounts>>>,
    changes: Mutex<Vec<Arc<OperatorCounts>>>,
    triggers: Mutex<Vec<Arc<OperatorCounts>>>,
}

impl Watch {
    /// For a statement with that source.
    pub fn new(source: Arc<Query>) -> Watch {
        Watch {
            source,
            operators: Mutex::default(),
            changes: Mutex::default(),
            triggers: Mutex::default(),
        }
    }

    /// Whether a query is the statement's source.
    pub fn is_of(&self, query: &Arc<Query>) -> bool {
        Arc::ptr_eq(&self.source, query)
    }

    /// The source starts to run, with these counts.
    pub fn start(&self, operators: Vec<Arc<OperatorCounts>>) {
        *self.operators.lock() = operators;
        self.changes.lock().clear();
        self.triggers.lock().clear();
    }

    /// The counts of the source's operators, as [`QueryRun::counts`](super::QueryRun::counts) has them.
    pub fn operators(&self) -> Vec<Arc<OperatorCounts>> {
        self.operators.lock().clone()
    }

    /// What the `n`-th change of the statement did: the rows it changed, and the time it took.
    pub fn change(&self, n: usize) -> Arc<OperatorCounts> {
        nth(&self.changes, n)
    }

    /// What the `n`-th trigger of the statement did: how often it ran, and the time that took.
    pub fn trigger(&self, n: usize) -> Arc<OperatorCounts> {
        nth(&self.triggers, n)
    }
}

fn nth(of: &Mutex<Vec<Arc<OperatorCounts>>>, n: usize) -> Arc<OperatorCounts> {
    let mut all = of.lock();
    while all.len() <= n {
        all.push(Arc::default());
    }
    all.get(n).cloned().unwrap_or_default()
}

impl OperatorCounts {
    /// Adds the time since a moment of the monotonic clock, and what was done in it.
    pub fn add(&self, rows: u64, since: u64, host: &dyn Host) {
        self.rows.fetch_add(rows, Relaxed);
        self.micros
            .fetch_add(host.monotonic_micros().saturating_sub(since), Relaxed);
    }
}
