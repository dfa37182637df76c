//! The rows of several inputs, one input after the other: UNION ALL.

use super::{Cx, Operator};
use crate::types::{Batch, Result};
use alloc::{boxed::Box, collections::VecDeque};
use core::task::{Poll, ready};

/// See the module.
pub struct Append {
    /// Those that have not ended; one that has is dropped with what it holds.
    inputs: VecDeque<Box<dyn Operator>>,
}

impl Append {
    /// The rows of all inputs, whose columns have the same types.
    pub fn new(inputs: VecDeque<Box<dyn Operator>>) -> Append {
        Append { inputs }
    }
}

impl Operator for Append {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        while let Some(input) = self.inputs.front_mut() {
            if let Some(batch) = ready!(input.next(cx))? {
                return Poll::Ready(Ok(Some(batch)));
            }
            self.inputs.pop_front();
        }
        Poll::Ready(Ok(None))
    }
}
