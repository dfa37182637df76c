//! What the engine itself puts into a row that is written.

use super::Expr;
use alloc::vec::Vec;

/// Columns of a row that is changed which the engine sets: those of ON UPDATE CURRENT_TIMESTAMP that the statement
/// does not set, and the generated columns whose value may be another one then.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Derived {
    /// Column and new value, over no columns: set in the rows in which another column really changes.
    pub touched: Vec<(usize, Expr)>,
    /// Generated columns, in an order in which they can be computed: column, and its value over all columns of the
    /// table.
    pub generated: Vec<(usize, Expr)>,
}

impl Derived {
    /// The columns it sets, in the order of their values.
    pub fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.touched.iter().chain(&self.generated).map(|(c, _)| *c)
    }

    /// The expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.touched.iter().chain(&self.generated).map(|(_, e)| e)
    }

    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.generated.is_empty()
    }
}
