//! "Did you mean …?": the most similar name by edit distance.

use alloc::{string::String, vec::Vec};

/// Names longer than this are compared by their first characters only.
const MAX_LENGTH: usize = 64;

/// The edit distance, an exchange of two neighbours counting as one edit, without regard to ASCII case;
/// `None` if it is above `limit`.
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let same = |x: Option<&char>, y: Option<&char>| match (x, y) {
        (Some(x), Some(y)) => x.eq_ignore_ascii_case(y),
        _ => false,
    };
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i);
        for j in 1..=b.len() {
            let changed = usize::from(!same(a.get(i - 1), b.get(j - 1)));
            let mut d = (at(&last, j - 1) + changed)
                .min(at(&last, j) + 1)
                .min(at(&row, j - 1) + 1);
            let swapped =
                i > 1 && j > 1 && same(a.get(i - 1), b.get(j - 2)) && same(a.get(i - 2), b.get(j - 1));
            if swapped {
                d = d.min(at(&before_last, j - 2) + 1);
            }
            row.push(d);
        }
        before_last = core::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|d| *d <= limit)
}

/// The candidate most similar to `name`, if one is within a third of its length.
pub(in crate::sql) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    let chars = |s: &str| s.chars().take(MAX_LENGTH).collect::<Vec<char>>();
    let wanted = chars(name);
    let limit = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|c| !c.is_empty())
        .filter_map(|c| Some((distance(&wanted, &chars(c), limit)?, c)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| String::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_and_another_word_does_not() {
        let names = ["AlbumId", "Title", "ArtistId"];
        assert_eq!(nearest("titel", names).as_deref(), Some("Title"));
        assert_eq!(nearest("ArtistID", names).as_deref(), Some("ArtistId"));
        assert_eq!(nearest("AlbumIdd", names).as_deref(), Some("AlbumId"));
        assert_eq!(nearest("Price", names), None);
        assert_eq!(nearest("x", ["y"]).as_deref(), Some("y"));
    }
}
