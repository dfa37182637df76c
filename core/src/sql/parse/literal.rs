//! What the text of a literal stands for.

use super::lexeme::quote_or_escape;
use alloc::{borrow::Cow, string::String, vec::Vec};

/// The value of a single-quoted string as written between its quotes: doubled quotes and MySQL's
/// backslash escapes. `\%` and `\_` keep their backslash: they mean something to LIKE only.
pub(in crate::sql) fn unescape(raw: &str) -> Cow<'_, str> {
    if quote_or_escape(raw.as_bytes(), 0) == raw.len() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                chars.next();
                out.push('\'');
            }
            '\\' => match chars.next() {
                Some('0') => out.push('\0'),
                Some('b') => out.push('\u{8}'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('Z') => out.push('\u{1a}'),
                Some(w @ ('%' | '_')) => {
                    out.push('\\');
                    out.push(w);
                }
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The bytes of `0x…`, of which half a byte may be missing at the front; `None` if it is no such literal.
pub(in crate::sql) fn hex_number(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    match digits.len() % 2 {
        0 => hex_bytes(digits),
        _ => hex_bytes(&alloc::format!("0{digits}")),
    }
}

/// The bytes of `b'…'`, filled up with zero bits at the front; `None` if a digit is neither 0 nor 1.
pub(in crate::sql) fn bit_bytes(digits: &str) -> Option<Vec<u8>> {
    let bit = |b: &u8| match b {
        b'0' => Some(0u8),
        b'1' => Some(1),
        _ => None,
    };
    let byte = |bits: &[u8]| bits.iter().try_fold(0u8, |byte, b| Some(byte << 1 | bit(b)?));
    let (first, rest) = digits.as_bytes().split_at(digits.len() % 8);
    let first = (!first.is_empty()).then_some(first);
    first.into_iter().chain(rest.chunks(8)).map(byte).collect()
}

/// The bytes of `X'…'`; `None` if a digit is no hexadecimal one or half a byte is missing.
pub(in crate::sql) fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_mysqls() {
        assert_eq!(unescape(r"it\'s"), "it's");
        assert_eq!(unescape("it''s"), "it's");
        assert_eq!(unescape(r"a\nb\\c\x\0"), "a\nb\\cx\0");
        assert_eq!(unescape(r"100\%"), r"100\%");
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(hex_bytes("00fF"), Some(alloc::vec![0, 255]));
        assert_eq!(hex_bytes("0"), None);
        assert_eq!(hex_bytes("0g"), None);
    }
}
