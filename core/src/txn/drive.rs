//! The driver: the loop that turns synchronous steps into asynchronous calls.
//!
//! step -> fetch the missing blocks, all in one trip -> step again. A step that returns `Pending` has
//! changed nothing it cannot resume from, and has pinned what it asked for.

use super::Counters;
use crate::kv::KvBackend;
use crate::tree::Missing;
use crate::types::{Error, Result};
use core::task::Poll;

/// Fetches every block a step found missing, and fills their cells.
///
/// # Errors
/// [`Error::NotResident`] without a store; what the store or the decoding of a block reports.
pub async fn fetch(store: Option<&dyn KvBackend>, missing: &mut Missing) -> Result<()> {
    let Some(first) = missing.blocks.first() else {
        return Err(Error::store(
            "a step waits for no block; this is a defect in Amphi",
        ));
    };
    let Some(store) = store else {
        return Err(Error::NotResident {
            table: first.label().into(),
        });
    };
    missing.fetch(store).await
}

/// Runs `step` until it is ready.
///
/// # Errors
/// What the step or [`fetch`] reports.
pub async fn drive<T>(
    store: Option<&dyn KvBackend>,
    counters: &Counters,
    step: impl FnMut(&mut Missing) -> Poll<Result<T>>,
) -> Result<T> {
    drive_from(Missing::default(), store, counters, step).await
}

/// As [`drive`], with what the steps are to record into, and may be stopped by.
///
/// # Errors
/// As [`drive`].
pub async fn drive_from<T>(
    mut missing: Missing,
    store: Option<&dyn KvBackend>,
    counters: &Counters,
    mut step: impl FnMut(&mut Missing) -> Poll<Result<T>>,
) -> Result<T> {
    loop {
        let polled = step(&mut missing);
        counters.absorb(&mut missing);
        match polled {
            Poll::Ready(result) => return result,
            Poll::Pending => fetch(store, &mut missing).await?,
        }
    }
}
