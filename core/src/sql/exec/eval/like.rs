//! LIKE: patterns compiled once, matched over bytes.
//!
//! `%` is any run of characters, `_` one character (of any length in UTF-8). ASCII letters match
//! without case unless asked otherwise.

use super::mask::{Mask, pack};
use super::vector::{Vector, union};
use crate::types::BytesVec;
use alloc::vec::Vec;
use amphi_kernels::Substring;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Byte(u8),
    One,
    Any,
}

/// A compiled pattern. The plain shapes most patterns have need no backtracking.
#[derive(Debug)]
enum Shape {
    /// No wildcard.
    Equal(Vec<u8>),
    /// `text%`.
    Prefix(Vec<u8>),
    /// `%text`.
    Suffix(Vec<u8>),
    /// `%text%`.
    Contains(Substring),
    Any(Vec<Token>),
}

/// A compiled LIKE pattern.
#[derive(Debug)]
pub struct Pattern {
    shape: Shape,
    case_sensitive: bool,
}

impl Pattern {
    /// Compiles a pattern. An escape character at the very end stands for itself.
    pub fn new(pattern: &str, escape: Option<char>, case_sensitive: bool) -> Pattern {
        let mut tokens: Vec<Token> = Vec::with_capacity(pattern.len());
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let literal = if Some(c) == escape {
                chars.next().unwrap_or(c)
            } else {
                c
            };
            match c {
                '%' if Some(c) != escape => {
                    if tokens.last() != Some(&Token::Any) {
                        tokens.push(Token::Any);
                    }
                }
                '_' if Some(c) != escape => tokens.push(Token::One),
                _ => {
                    let mut utf8 = [0; 4];
                    let bytes = literal.encode_utf8(&mut utf8).bytes();
                    tokens.extend(bytes.map(|b| Token::Byte(fold(b, case_sensitive))));
                }
            }
        }
        let bytes = |t: &[Token]| -> Option<Vec<u8>> {
            t.iter()
                .map(|t| if let Token::Byte(b) = t { Some(*b) } else { None })
                .collect()
        };
        let shape = match tokens.as_slice() {
            [Token::Any, middle @ .., Token::Any] => {
                bytes(middle).map(|text| Shape::Contains(Substring::new(text, case_sensitive)))
            }
            [Token::Any, rest @ ..] => bytes(rest).map(Shape::Suffix),
            [rest @ .., Token::Any] => bytes(rest).map(Shape::Prefix),
            all => bytes(all).map(Shape::Equal),
        };
        Pattern {
            shape: shape.unwrap_or(Shape::Any(tokens)),
            case_sensitive,
        }
    }

    /// Whether the text matches.
    pub fn matches(&self, text: &[u8]) -> bool {
        match &self.shape {
            Shape::Equal(p) => self.same(text, p),
            Shape::Prefix(p) => text.get(..p.len()).is_some_and(|t| self.same(t, p)),
            Shape::Suffix(p) => {
                let start = text.len().checked_sub(p.len());
                start.and_then(|s| text.get(s..)).is_some_and(|t| self.same(t, p))
            }
            Shape::Contains(p) => p.is_in(text),
            Shape::Any(tokens) => self.backtrack(text, tokens),
        }
    }

    #[inline]
    fn same(&self, text: &[u8], folded: &[u8]) -> bool {
        if self.case_sensitive {
            text == folded
        } else {
            text.eq_ignore_ascii_case(folded)
        }
    }

    /// One bit per text: whether it matches.
    fn matches_each(&self, texts: &BytesVec) -> Vec<u64> {
        match &self.shape {
            Shape::Contains(p) => p.is_in_each(texts.data(), texts.ends()),
            _ => pack((0..texts.len()).map(|i| self.matches(texts.get(i)))),
        }
    }

    /// Greedy matching that goes back to the last `%` only: earlier ones need never match more.
    fn backtrack(&self, text: &[u8], tokens: &[Token]) -> bool {
        let (mut t, mut p) = (0, 0);
        let mut resume: Option<(usize, usize)> = None;
        while t < text.len() {
            let step = match (tokens.get(p), text.get(t)) {
                (Some(Token::Any), _) => {
                    resume = Some((t, p + 1));
                    p += 1;
                    continue;
                }
                (Some(Token::One), _) => char_len(text, t),
                (Some(Token::Byte(b)), Some(c)) if fold(*c, self.case_sensitive) == *b => 1,
                _ => 0,
            };
            if step > 0 {
                t += step;
                p += 1;
            } else if let Some((at, after)) = resume {
                t = at + char_len(text, at);
                p = after;
                resume = Some((t, after));
            } else {
                return false;
            }
        }
        tokens
            .get(p..)
            .is_some_and(|rest| rest.iter().all(|t| *t == Token::Any))
    }
}

#[inline]
fn fold(b: u8, case_sensitive: bool) -> u8 {
    if case_sensitive { b } else { b.to_ascii_lowercase() }
}

/// Bytes of the character that starts at `at`.
fn char_len(text: &[u8], at: usize) -> usize {
    let rest = text.get(at + 1..).unwrap_or(&[]);
    1 + rest.iter().take_while(|b| **b & 0xC0 == 0x80).count()
}

/// `v LIKE pattern`; NULL if either is.
pub(super) fn like(
    v: &Vector,
    pattern: &Vector,
    escape: Option<char>,
    case_sensitive: bool,
    rows: usize,
) -> Mask {
    if v.is_null_constant() || pattern.is_null_constant() {
        return Mask::nulls(rows);
    }
    let compile = |i| {
        Pattern::new(
            crate::types::utf8_text(pattern.bytes_at(i)),
            escape,
            case_sensitive,
        )
    };
    let bits = if pattern.constant {
        let p = compile(0);
        match v.column.bytes() {
            Some(texts) if !v.constant => p.matches_each(texts),
            _ => return Mask::filled(p.matches(v.bytes_at(0)), rows),
        }
    } else {
        pack((0..rows).map(|i| compile(i).matches(v.bytes_at(i))))
    };
    Mask::new(bits, union(v.nulls(), pattern.nulls()).as_ref(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, Some('\\'), false).matches(text.as_bytes())
    }

    #[test]
    fn wildcards_case_and_escapes() {
        for (text, pattern, want) in [
            ("abc", "a%", true),
            ("abc", "_b_", true),
            ("abc", "a", false),
            ("ABC", "%b%", true),
            ("abc", "%C", true),
            ("", "%", true),
            ("", "_", false),
            ("Grüße", "gr_ße", true),
            ("Ä", "ä", false), // only ASCII letters lose their case
            ("a_c", "a\\_c", true),
            ("abc", "a\\_c", false),
            ("a\\", "a\\", true),
            ("mississippi", "m%iss%ip_i", true),
            ("mississippi", "m%iss%ip_", false),
            ("日本語", "__語", true),
            ("日本語", "%本_", true),
            ("100%", "100\\%", true),
            ("abab", "%ab", true),
            ("aab", "%ab%", true),
        ] {
            assert_eq!(like(text, pattern), want, "{text} LIKE {pattern}");
        }
        assert!(Pattern::new("a!%c", Some('!'), false).matches(b"a%c"));
        assert!(!Pattern::new("ABC", None, true).matches(b"abc"));
        assert!(Pattern::new("a\\%", None, false).matches(b"a\\xyz"));
    }

    #[test]
    fn hostile_patterns_stay_fast() {
        let text = "a".repeat(20_000);
        assert!(!like(&text, &("%a".repeat(40) + "%b_")));
    }
}
