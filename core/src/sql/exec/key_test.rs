//! What a scan does with the keys of a join above it: it asks as long as that spares it rows.

use super::key_set::KeySet;
use super::run_rows::RunRows;
use crate::sync::Once;
use alloc::{sync::Arc, vec::Vec};

/// Keys that a join tells, once it has read its right side.
pub type Told = Arc<Once<KeySet>>;

/// After so many rows it is known whether asking is worth it.
const TRIED: usize = 4096;

/// A column to be looked for among keys.
#[derive(Debug)]
struct KeyTest {
    /// Position among the output columns.
    column: usize,
    told: Told,
    tested: usize,
    found: usize,
}

/// The columns that a scan looks for among keys.
#[derive(Debug, Default)]
pub struct KeyTests {
    tests: Vec<KeyTest>,
}

impl KeyTests {
    /// Has output column `column`, of integers, looked for among what a join tells.
    pub fn push(&mut self, column: usize, told: Told) {
        self.tests.push(KeyTest {
            column,
            told,
            tested: 0,
            found: 0,
        });
    }

    /// Keeps the rows that may have partners.
    pub fn narrow(&mut self, rows: &mut RunRows<'_>) {
        self.tests.retain_mut(|test| {
            // A join without keys to tell has told nothing by now, and never will.
            let Some(keys) = test.told.get() else { return false };
            test.tested += rows.len();
            rows.keep_where(test.column, |key| keys.may_have(key));
            test.found += rows.len();
            // Seven of eight found: that spares less than it costs.
            test.tested < TRIED || test.found < test.tested - test.tested / 8
        });
    }
}
