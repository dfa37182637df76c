//! What ANALYZE found out about the values of a table, kept with the definitions of its columns and indexes.
//!
//! So it is transactional, stored, renamed, moved and dropped with them, and a column of a new type has none. It says how
//! many rows there were: whoever uses it scales it to as many as there are now.

use super::Table;
use crate::types::{Collation, Column, ColumnData};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Of a column's values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnStatistics {
    /// Rows the table had.
    pub rows: u64,
    /// Of them, those in which it was NULL.
    pub nulls: u64,
    /// Different values, NULL aside: exactly if they were few or an index has them in order, else about.
    pub distinct: u64,
    /// The [ordinals](ordinal) of the smallest and the largest value, never NaN; `None` if there was no value.
    pub range: Option<(f64, f64)>,
}

// The range is never NaN.
impl Eq for ColumnStatistics {}

/// Of an index's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexStatistics {
    /// Entries the index had.
    pub rows: u64,
    /// Different keys of its first column, of its first two, and so on; NULL counts as a value.
    pub distinct: Vec<u64>,
}

/// A number for a value that grows with it, to tell about how much of a range lies below it; `None` for NULL and NaN.
/// Texts are told by their first six bytes.
pub fn ordinal(column: &Column, row: usize, collation: Collation) -> Option<f64> {
    if column.is_null(row) {
        return None;
    }
    match column.data() {
        ColumnData::I64(v) => v.get(row).map(|v| *v as f64),
        ColumnData::F64(v) => v.get(row).copied().filter(|v| !v.is_nan()),
        ColumnData::Decimal(v) => v.get(row).map(|v| *v as f64),
        ColumnData::Bytes(v) => {
            const DIGITS: usize = 6;
            let folded = |b: &u8| match collation {
                Collation::Binary => *b,
                Collation::NoCase => b.to_ascii_lowercase(),
            };
            let digits = v.get(row).iter().map(folded).chain(core::iter::repeat(0));
            Some(digits.take(DIGITS).fold(0.0, |n, b| n * 256.0 + f64::from(b)))
        }
    }
}

/// Different values of `now` rows, if there were so many in `then` rows. Where more than a tenth of the rows had a value of
/// their own there are more with more rows, else there are as many.
pub fn scaled_distinct(distinct: u64, then: u64, now: f64) -> f64 {
    let (distinct, then) = (distinct as f64, then as f64);
    let grown = match distinct > then * 0.1 {
        true => distinct * now / then.max(1.0),
        false => distinct,
    };
    grown.min(now)
}

impl Table {
    /// How many different keys the first `columns` columns of an index (`None`: the row id) have, as far as that is known: of a
    /// unique key, or from ANALYZE.
    pub fn known_keys(&self, index: Option<usize>, columns: usize) -> Option<u64> {
        let rows = self.rows.len();
        let Some(index) = index else { return Some(rows) };
        let def = self.def.indexes.get(index)?;
        if def.unique && columns == def.columns.len() && def.filter.is_none() {
            return Some(rows);
        }
        let s = def.statistics.as_ref()?;
        let distinct = *s.distinct.get(columns.checked_sub(1)?)?;
        Some(libm::round(scaled_distinct(distinct, s.rows, rows as f64)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::BytesVec;

    #[test]
    fn ordinals_grow_with_values() {
        let mut texts = BytesVec::default();
        ["", "a", "aa", "b", "ba"]
            .iter()
            .for_each(|t| texts.push(t.as_bytes()));
        for column in [
            Column::from_i64(alloc::vec![i64::MIN, -1, 0, 7, i64::MAX]),
            Column::from_f64(alloc::vec![f64::NEG_INFINITY, -1.5, 0.0, 0.5, f64::INFINITY]),
            Column::from_decimals(alloc::vec![i128::MIN, -5, 0, 5, 1 << 90]),
            Column::from_bytes(texts),
        ] {
            let ordinals: Vec<Option<f64>> = (0..5).map(|i| ordinal(&column, i, Collation::Binary)).collect();
            assert!(ordinals.windows(2).all(|w| w[0] < w[1]), "{ordinals:?}");
        }
        let nan = Column::from_f64(alloc::vec![f64::NAN]);
        assert_eq!(ordinal(&nan, 0, Collation::Binary), None);
    }
}
