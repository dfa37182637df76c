//! "Did you mean …?": the most similar name by edit distance.

use alloc::{string::String, vec::Vec};

/// Names longer than this are compared by their first characters only.
const MAX_LENGTH: usize = 64;

/// The Levenshtein distance, without regard to ASCII case, or `None` if it is above `limit`.
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut least = left;
        for (cb, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let change = diagonal + usize::from(!ca.eq_ignore_ascii_case(cb));
            diagonal = *cell;
            left = change.min(left + 1).min(*cell + 1);
            *cell = left;
            least = least.min(left);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        if least > limit {
            return None;
        }
    }
    row.last().copied().filter(|d| *d <= limit)
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
