//! What a statement that writes did.

use crate::types::Batch;
use alloc::vec::Vec;

/// The outcome of INSERT, UPDATE or DELETE.
#[derive(Debug, Clone, Default)]
pub struct DmlResult {
    /// Rows inserted, deleted, or updated to other values than they had. ON DUPLICATE KEY UPDATE counts a row it
    /// changes twice, REPLACE those it deletes too; ON CONFLICT DO UPDATE and INSERT OR REPLACE count one per row.
    pub affected: u64,
    /// The first AUTO_INCREMENT value the statement generated.
    pub last_insert_id: Option<i64>,
    /// The rows of RETURNING.
    pub returning: Option<Vec<Batch>>,
}
