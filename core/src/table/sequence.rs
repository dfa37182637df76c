//! The source of row ids and AUTO_INCREMENT values of one table.
//!
//! Shared by all versions of the table and outside transactions: a value handed out is never handed
//! out again, even if its transaction rolls back.

use crate::sync::atomic::{AtomicI64, Ordering};
use crate::types::{Error, Result, RowId};

/// Hands out ascending row ids, from 1 unless told otherwise.
#[derive(Debug)]
pub struct Sequence {
    next: AtomicI64,
}

impl Sequence {
    /// A sequence whose first value is `next`.
    pub fn new(next: RowId) -> Sequence {
        Sequence {
            next: AtomicI64::new(next),
        }
    }

    /// Takes `n` consecutive values and returns the first.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if fewer than `n` are left below `i64::MAX`.
    pub fn next(&self, n: u64) -> Result<RowId> {
        let after = |next: i64| i64::try_from(n).ok().and_then(|n| next.checked_add(n));
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, after)
            .map_err(|_| Error::OutOfRange {
                value: alloc::format!("the next AUTO_INCREMENT value after {}", self.peek()),
                expected: "BIGINT".into(),
                column: None,
            })
    }

    /// Makes every later value greater than `id`.
    #[inline]
    pub fn raise_above(&self, id: RowId) {
        if self.peek() <= id {
            self.next.fetch_max(id.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// The value that would be handed out next.
    #[inline]
    pub fn peek(&self) -> RowId {
        self.next.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_are_consecutive_and_never_repeat() {
        let s = Sequence::new(1);
        assert_eq!(
            (s.next(1).unwrap(), s.next(3).unwrap(), s.next(1).unwrap()),
            (1, 2, 5)
        );
        s.raise_above(100);
        s.raise_above(7);
        assert_eq!(s.next(1).unwrap(), 101);
    }

    #[test]
    fn an_exhausted_sequence_says_so_and_stays_exhausted() {
        let s = Sequence::new(1);
        s.raise_above(i64::MAX);
        assert!(matches!(s.next(1), Err(Error::OutOfRange { .. })));
        assert!(matches!(s.next(u64::MAX), Err(Error::OutOfRange { .. })));
        let s = Sequence::new(i64::MAX - 2);
        assert!(s.next(3).is_err());
        assert_eq!(s.next(2).unwrap(), i64::MAX - 2);
    }
}
