//! The positions of the rows that pass a test, found without a branch for each row.

use crate::types::Bitmap;
use alloc::vec::Vec;

/// Ascending positions among so many rows, which are looked at in pieces.
#[derive(Debug)]
pub struct Positions {
    /// The first `found` count.
    rows: Vec<u32>,
    found: usize,
    /// Rows looked at.
    next: u32,
}

impl Positions {
    /// None yet, of at most `rows` rows.
    pub fn new(rows: usize) -> Positions {
        Positions {
            rows: alloc::vec![0; rows],
            found: 0,
            next: 0,
        }
    }

    /// The next rows have these values; those that are NULL do not pass. `nulls`: where values are NULL, the first at bit
    /// `from`.
    #[inline]
    pub fn test(
        &mut self,
        values: &[i64],
        nulls: Option<&Bitmap>,
        from: usize,
        passes: impl Fn(i64) -> bool,
    ) {
        match nulls {
            None => self.add(values.iter().map(|value| passes(*value))),
            Some(nulls) => {
                let rows = values.iter().zip(from..);
                self.add(rows.map(|(value, at)| passes(*value) & !nulls.get(at)));
            }
        }
    }

    #[inline(always)]
    fn add(&mut self, passed: impl Iterator<Item = bool>) {
        for passed in passed {
            if let Some(slot) = self.rows.get_mut(self.found) {
                *slot = self.next;
            }
            self.found += usize::from(passed);
            self.next += 1;
        }
    }

    /// The next rows do not pass.
    pub fn skip(&mut self, rows: usize) {
        self.next += rows as u32;
    }

    /// The positions.
    pub fn into_rows(mut self) -> Vec<u32> {
        self.rows.truncate(self.found);
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_on_from_piece_to_piece_and_nulls_never_pass() {
        let mut found = Positions::new(10);
        found.test(&[1, 2, 3], None, 0, |v| v != 2);
        found.skip(2);
        let nulls = Bitmap::from_words(alloc::vec![0b1_0010], 5);
        found.test(&[1, 1, 0, 1], Some(&nulls), 1, |v| v == 1);
        assert_eq!(found.into_rows(), [0, 2, 6]);
        assert!(Positions::new(0).into_rows().is_empty());
    }
}
