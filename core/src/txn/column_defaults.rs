//! What ON DELETE and ON UPDATE SET DEFAULT need from above: the defaults of columns are SQL, which transactions
//! do not evaluate.

use crate::table::TableDef;
use crate::types::{Column, Result};

/// Evaluates defaults.
pub trait ColumnDefaults: Send + Sync {
    /// The default of a column: one value of its type, NULL if it has none.
    ///
    /// # Errors
    /// Those of evaluating it.
    fn default_of(&self, table: &TableDef, column: usize) -> Result<Column>;
}
