//! Sorting where it hardly matters how fast: few elements, or seldom.
//!
//! An instance of the standard library's sort takes 4 to 5 kB of a wasm module, and every type of element and every
//! comparison make one. There all these sorts share one, of the elements' places, and elements are swapped after it.
//! Natively, where no size is paid for, it is the standard library's.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Sorts as `sort_by`; equal elements stay in their order.
pub(crate) fn sort_shared<T>(all: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if cfg!(target_family = "wasm") {
        sort_by_places(all, &compare);
    } else {
        all.sort_by(compare);
    }
}

fn sort_by_places<T>(all: &mut [T], compare: &dyn Fn(&T, &T) -> Ordering) {
    let order = ordered_places(all.len(), &|a, b| match (all.get(a), all.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    arrange(order, &mut |a, b| all.swap(a, b));
}

/// The places of elements in the order that these are to be in.
fn ordered_places(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// Brings every element from its place in `order` to where that stands, one cycle of the permutation after another.
fn arrange(mut order: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for first in 0..order.len() {
        let mut at = first;
        while let Some(from) = order.get_mut(at).map(|place| core::mem::replace(place, at))
            && from != at
            && from != first
        {
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[test]
    fn elements_are_sorted_as_by_the_standard_library_and_equal_ones_stay_in_order() {
        let mut seed = 1_u32;
        for n in [0, 1, 2, 3, 8, 9, 100, 1000] {
            let mut random = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 27
            };
            let given: Vec<(u32, String)> = (0..n).map(|i: i32| (random(), i.to_string())).collect();
            let (mut ours, mut shared, mut wanted) = (given.clone(), given.clone(), given);
            wanted.sort_by_key(|(key, _)| *key);
            sort_by_places(&mut ours, &|a, b| a.0.cmp(&b.0));
            assert_eq!(ours, wanted);
            sort_shared(&mut shared, |a, b| a.0.cmp(&b.0));
            assert_eq!(shared, wanted);
        }
    }
}
