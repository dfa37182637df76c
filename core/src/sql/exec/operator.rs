//! The one interface of all operators.

use super::Cx;
use crate::types::{Batch, Result};
use core::task::Poll;

/// Rows that operators which make new batches aim at.
pub const BATCH_ROWS: usize = 1024;

/// A step of a plan that produces batches on demand.
///
/// `Pending` means that blocks were recorded in `cx.missing`; once they are resident the same call is
/// made again and goes on where it was. An operator therefore pulls from its child before it changes
/// its own state. After `Ready(Ok(None))` or an error it is not called again. A batch may have no rows.
pub trait Operator: Send {
    /// The next batch, or `None` at the end.
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>>;
}
