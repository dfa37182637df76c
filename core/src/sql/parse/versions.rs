//! Version comments: `/*!40101 SET NAMES utf8mb4 */` is read as what it holds, as MySQL reads it.
//!
//! The number is that of the MySQL version (of MariaDB's, in `/*M!`) from which on the text means something; a
//! later one leaves a comment. Only the marks are blanked out, so that everything stays where it is.

use super::skip::{block_comment_end, line_end, quoted_end};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The last version of MySQL whose comments are read.
const MYSQL: u32 = 80_099;
/// The last version of MariaDB whose comments are read.
const MARIADB: u32 = 101_199;

/// The length of the mark of a comment whose text is to be read, at the start of these bytes.
pub(super) fn version_mark(bytes: &[u8]) -> Option<usize> {
    let (prefix, last) = match bytes {
        [b'/', b'*', b'!', ..] => (3, MYSQL),
        [b'/', b'*', b'M', b'!', ..] => (4, MARIADB),
        _ => return None,
    };
    let digits = bytes
        .iter()
        .skip(prefix)
        .take(6)
        .take_while(|b| b.is_ascii_digit());
    let digits = digits.count();
    let number = bytes.get(prefix..prefix + digits)?;
    // Fewer than five digits are no version but part of the text, as in MySQL.
    if digits < 5 {
        return Some(prefix);
    }
    let number = core::str::from_utf8(number).ok()?.parse::<u32>().ok()?;
    (number <= last).then_some(prefix + digits)
}

/// The byte after what is quoted or a comment and starts at `at`; `None`: neither does.
fn skipped(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match *rest {
        [quote @ (b'\'' | b'"' | b'`'), ..] => Some(quoted_end(bytes, at, quote)),
        [b'#', ..] | [b'-', b'-', ..] => Some(line_end(bytes, at)),
        [b'/', b'*', ..] => Some(block_comment_end(bytes, at)),
        _ => None,
    }
}

/// The byte after the version comment that starts at `at` with a mark of that length: quotes and comments in it do
/// not end it.
pub(super) fn version_comment_end(bytes: &[u8], at: usize, mark: usize) -> usize {
    let mut i = at + mark;
    while i < bytes.len() {
        match bytes.get(i..) {
            Some([b'*', b'/', ..]) => return i + 2,
            _ => i = skipped(bytes, i).unwrap_or(i + 1),
        }
    }
    bytes.len()
}

/// The text without the marks of version comments that are to be read.
pub(super) fn executed(sql: &str) -> Cow<'_, str> {
    let bytes = sql.as_bytes();
    if !bytes.windows(3).any(|w| w == b"/*!" || w == b"*M!") {
        return Cow::Borrowed(sql);
    }
    let mut out: Vec<u8> = bytes.to_vec();
    let mut blank = |from: usize, to: usize| {
        for byte in out.get_mut(from..to).unwrap_or_default() {
            *byte = b' ';
        }
    };
    let (mut i, mut open) = (0, false);
    while let Some(rest) = bytes.get(i..).filter(|r| !r.is_empty()) {
        if open && rest.starts_with(b"*/") {
            blank(i, i + 2);
            (i, open) = (i + 2, false);
        } else if let Some(mark) = version_mark(rest).filter(|_| !open) {
            blank(i, i + mark);
            (i, open) = (i + mark, true);
        } else {
            i = skipped(bytes, i).unwrap_or(i + 1);
        }
    }
    // Only ASCII bytes became others.
    Cow::Owned(alloc::string::String::from_utf8(out).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marks_of_versions_that_are_known_go() {
        for (sql, read) in [
            ("SELECT 1 /*!40000 + 1 */", "SELECT 1          + 1   "),
            (
                "/*! a */ /*!99999 b */ /*!1 c */",
                "    a    /*!99999 b */    1 c   ",
            ),
            (
                "/*M!100100 a */ /*M!999999 b */",
                "           a    /*M!999999 b */",
            ),
            (
                "'/*! ' /* /*! */ -- /*!\n# /*!\n\"/*!\"",
                "'/*! ' /* /*! */ -- /*!\n# /*!\n\"/*!\"",
            ),
            (
                "/*!50001 '*/' /* in */ ä*/ `*/`",
                "         '*/' /* in */ ä   `*/`",
            ),
            ("/*!50001 open", "         open"),
        ] {
            assert_eq!(executed(sql), read);
        }
    }
}
