//! Ranges of index keys: "equal on the first columns, then a range on the next" as bounds of bytes.

use super::constant::constant_in;
use super::eval::Scope;
use crate::codec::{KeyPart, encode_key_part, prefix_end};
use crate::shared_sort::sort_shared;
use crate::sql::plan::{Expr, ScanBounds};
use crate::types::{Column, Result};
use alloc::vec::Vec;
use core::ops::Bound;

/// A range of encoded keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// Lower bound.
    pub from: Bound<Vec<u8>>,
    /// Upper bound.
    pub to: Bound<Vec<u8>>,
}

/// What of an index is read.
#[derive(Debug, Clone)]
pub enum IndexKeys {
    /// Equal on the first columns, a range on the next.
    Range(Vec<Expr>, ScanBounds),
    /// Equal on the first columns, one of a list on the next.
    List(Vec<Expr>, Vec<Expr>),
}

impl IndexKeys {
    /// The ranges of an index whose keys have these parts, ascending and apart from one another.
    ///
    /// # Errors
    /// Those of evaluating the values.
    pub fn ranges(&self, parts: &[KeyPart], scope: &Scope<'_>) -> Result<Vec<KeyRange>> {
        let (IndexKeys::Range(equal, _) | IndexKeys::List(equal, _)) = self;
        let mut prefix = Vec::new();
        for (e, part) in equal.iter().zip(parts) {
            if extend_prefix(&mut prefix, part, &constant_in(e, scope)?, 0).is_none() {
                return Ok(Vec::new());
            }
        }
        let Some(part) = parts.get(equal.len()) else {
            return Ok(alloc::vec![prefix_range(prefix)]);
        };
        match self {
            IndexKeys::Range(_, bounds) => {
                let from = constant_bound(&bounds.from, scope)?;
                let to = constant_bound(&bounds.to, scope)?;
                Ok(value_range(&prefix, part, from.as_ref(), to.as_ref())
                    .into_iter()
                    .collect())
            }
            IndexKeys::List(_, list) => {
                let mut keys = Vec::with_capacity(list.len());
                for e in list {
                    let mut key = prefix.clone();
                    if extend_prefix(&mut key, part, &constant_in(e, scope)?, 0).is_some() {
                        keys.push(key);
                    }
                }
                sort_shared(&mut keys, Ord::cmp);
                keys.dedup();
                Ok(keys.into_iter().map(prefix_range).collect())
            }
        }
    }
}

fn constant_bound(bound: &Bound<Expr>, scope: &Scope<'_>) -> Result<Bound<Column>> {
    Ok(match bound {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(e) => Bound::Included(constant_in(e, scope)?),
        Bound::Excluded(e) => Bound::Excluded(constant_in(e, scope)?),
    })
}

/// Appends a value to a key prefix; `None` if it is NULL, which equals nothing.
pub fn extend_prefix(prefix: &mut Vec<u8>, part: &KeyPart, value: &Column, row: usize) -> Option<()> {
    if value.is_null(row) {
        return None;
    }
    encode_key_part(prefix, part, value, row);
    Some(())
}

/// All keys that start with `prefix`.
pub fn prefix_range(prefix: Vec<u8>) -> KeyRange {
    let to = prefix_end(&prefix).map_or(Bound::Unbounded, Bound::Excluded);
    KeyRange {
        from: Bound::Included(prefix),
        to,
    }
}

/// The keys that start with `prefix` and whose next part, `part`, has a value within the bounds (of SQL
/// values: `from` is the smaller one also where the part descends). `None`: no key can be in the range.
/// A bound leaves NULLs out; without bounds they are in.
pub fn value_range(
    prefix: &[u8],
    part: &KeyPart,
    from: Bound<&Column>,
    to: Bound<&Column>,
) -> Option<KeyRange> {
    if matches!((from, to), (Bound::Unbounded, Bound::Unbounded)) {
        return Some(prefix_range(prefix.to_vec()));
    }
    let key = |value: &Column| {
        let mut key = prefix.to_vec();
        extend_prefix(&mut key, part, value, 0).map(|()| key)
    };
    let mut null = prefix.to_vec();
    encode_key_part(&mut null, part, &Column::nulls(part.physical, 1), 0);
    let (first, last) = if part.descending { (to, from) } else { (from, to) };
    let after = |key: &[u8]| prefix_end(key).map(Bound::Included);
    let from = match first {
        Bound::Included(v) => Bound::Included(key(v)?),
        Bound::Excluded(v) => after(&key(v)?)?,
        Bound::Unbounded if part.descending => Bound::Included(prefix.to_vec()),
        Bound::Unbounded => after(&null)?,
    };
    let end = |key: &[u8]| prefix_end(key).map_or(Bound::Unbounded, Bound::Excluded);
    let to = match last {
        Bound::Included(v) => end(&key(v)?),
        Bound::Excluded(v) => Bound::Excluded(key(v)?),
        Bound::Unbounded if part.descending => Bound::Excluded(null),
        Bound::Unbounded => end(prefix),
    };
    match (&from, &to) {
        (Bound::Included(a), Bound::Excluded(b)) if a >= b => None,
        _ => Some(KeyRange { from, to }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::{Collation, Physical};

    fn part(descending: bool) -> KeyPart {
        KeyPart {
            physical: Physical::I64,
            collation: Collation::Binary,
            descending,
        }
    }

    /// Which of NULL, 1, 2, 3 (after an equal first column) a range lets in.
    fn within(descending: bool, from: Bound<i64>, to: Bound<i64>) -> Vec<Option<i64>> {
        let int = |i: i64| Column::from_i64(alloc::vec![i]);
        let mut prefix = Vec::new();
        extend_prefix(&mut prefix, &part(false), &int(7), 0).unwrap();
        let (from, to) = (from.map(int), to.map(int));
        let Some(range) = value_range(&prefix, &part(descending), from.as_ref(), to.as_ref()) else {
            return Vec::new();
        };
        let inside = |v: &Option<i64>| {
            let mut key = prefix.clone();
            let column = v.map_or(Column::nulls(Physical::I64, 1), int);
            encode_key_part(&mut key, &part(descending), &column, 0);
            key.extend_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 1]); // a row id
            core::ops::RangeBounds::contains(&(range.from.clone(), range.to.clone()), &key)
        };
        [None, Some(1), Some(2), Some(3)]
            .into_iter()
            .filter(|v| inside(v))
            .collect()
    }

    #[test]
    fn bounds_mean_values_in_both_directions_and_leave_nulls_out() {
        use Bound::*;
        for descending in [false, true] {
            assert_eq!(
                within(descending, Unbounded, Unbounded),
                [None, Some(1), Some(2), Some(3)]
            );
            assert_eq!(within(descending, Included(2), Unbounded), [Some(2), Some(3)]);
            assert_eq!(within(descending, Excluded(2), Unbounded), [Some(3)]);
            assert_eq!(within(descending, Unbounded, Included(2)), [Some(1), Some(2)]);
            assert_eq!(within(descending, Unbounded, Excluded(2)), [Some(1)]);
            assert_eq!(within(descending, Included(2), Included(2)), [Some(2)]);
            assert_eq!(within(descending, Included(3), Included(1)), []);
            assert_eq!(within(descending, Excluded(2), Excluded(3)), []);
        }
    }

    #[test]
    fn a_null_bound_lets_nothing_in() {
        let null = Column::nulls(Physical::I64, 1);
        assert_eq!(
            value_range(&[], &part(false), Bound::Included(&null), Bound::Unbounded),
            None
        );
        let mut prefix = Vec::new();
        assert_eq!(extend_prefix(&mut prefix, &part(false), &null, 0), None);
    }
}
