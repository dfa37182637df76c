//! Waiting for several blocks at once, and not waiting at all.

use crate::types::{Error, Result};
use core::task::Poll;

/// Gathers the answers of several trees, so that all missing blocks are asked for in one trip.
#[derive(Default)]
pub(super) struct Wait {
    pending: bool,
}

impl Wait {
    /// Notes whether an answer is still to come.
    pub(super) fn see<T>(&mut self, answer: Poll<Result<T>>) -> Result<Option<T>> {
        match answer {
            Poll::Ready(result) => result.map(Some),
            Poll::Pending => {
                self.pending = true;
                Ok(None)
            }
        }
    }

    /// Ready if every answer was.
    pub(super) fn done(&self) -> Poll<()> {
        if self.pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}

/// The answer of a tree whose leaf is pinned, and which therefore cannot have to wait.
pub(super) fn settled<T>(answer: Poll<Result<T>>) -> Result<T> {
    match answer {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::store("a pinned block was not resident")),
    }
}
