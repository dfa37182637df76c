//! What a statement that writes did.

use crate::types::Batch;
use alloc::vec::Vec;

/// The outcome of INSERT, UPDATE or DELETE.
#[derive(Debug, Clone, Default)]
pub struct DmlResult {
    /// Rows inserted, updated (also to the values they had) or deleted; one per row of an upsert or REPLACE.
    pub affected: u64,
    /// The first AUTO_INCREMENT value the statement generated.
    pub last_insert_id: Option<i64>,
    /// The rows of RETURNING.
    pub returning: Option<Vec<Batch>>,
}
