//! Sorting of many elements that can be stopped on the way.

use crate::types::Result;
use alloc::vec;
use core::cmp::Ordering;

/// Elements that are sorted in one go: some hundredths of a second.
const PART: usize = if cfg!(test) { 8 } else { 1 << 18 };

/// Sorts as `sort_unstable_by`, and asks `check` between parts: many elements are halved around their median
/// until they are few.
///
/// # Errors
/// That of `check`; the elements are in some order then.
pub(crate) fn sort_checked<T>(
    all: &mut [T],
    compare: impl Fn(&T, &T) -> Ordering,
    check: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let mut parts = vec![all];
    while let Some(part) = parts.pop() {
        check()?;
        if part.len() <= PART || part.is_sorted_by(|a, b| compare(a, b).is_le()) {
            part.sort_unstable_by(&compare);
            continue;
        }
        let middle = part.len() / 2;
        let (low, _, high) = part.select_nth_unstable_by(middle, &compare);
        parts.push(high);
        parts.push(low);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Error;
    use alloc::vec::Vec;
    use core::cell::Cell;

    #[test]
    fn parts_are_sorted_as_a_whole() {
        let mut seed = 1_u32;
        for n in [0, 1, 8, 9, 100, 1000] {
            let mut random = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 24
            };
            let all: Vec<u32> = (0..n).map(|_| random()).collect();
            let (mut ours, mut wanted) = (all.clone(), all);
            wanted.sort_unstable_by(|a, b| b.cmp(a));
            assert!(sort_checked(&mut ours, |a, b| b.cmp(a), &|| Ok(())).is_ok());
            assert_eq!(ours, wanted);
        }
    }

    #[test]
    fn it_stops_when_it_is_to() {
        let asked = Cell::new(0);
        let check = || {
            asked.set(asked.get() + 1);
            match asked.get() {
                3 => Err(Error::Interrupted { limit_ms: None }),
                _ => Ok(()),
            }
        };
        let mut all: Vec<u32> = (0..100).map(|i| i * 37 % 101).collect();
        assert!(sort_checked(&mut all, u32::cmp, &check).is_err());
        assert_eq!(asked.get(), 3);
    }
}
