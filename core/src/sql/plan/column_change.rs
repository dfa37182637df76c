//! ALTER TABLE … MODIFY COLUMN and its like: a column becomes another one, and maybe stands elsewhere.

use super::{Expr, RowCheck};
use crate::catalog::{ColumnDef, IndexDef};
use alloc::vec::Vec;

/// The change of one column. Positions are those afterwards unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnChange {
    /// All columns afterwards.
    pub columns: Vec<ColumnDef>,
    /// The position before of each.
    pub from: Vec<usize>,
    /// The column that changes.
    pub column: usize,
    /// Whether the rows must be written anew; if not, they are right as they are.
    pub rewrites: bool,
    /// The new values, over one column, the old ones; `None`: they stay.
    pub convert: Option<Expr>,
    /// Whether a new value is the old one, over two columns, old and new.
    pub is_same: Option<Expr>,
    /// Generated columns that are computed again, in order: over all columns.
    pub generated: Vec<(usize, Expr)>,
    /// CHECKs that must hold for the new values: over all columns.
    pub checks: Vec<RowCheck>,
    /// The column that is the row id.
    pub row_id_column: Option<usize>,
    /// The index that the PRIMARY KEY needs because it is the row id no longer.
    pub primary: Option<IndexDef>,
}
