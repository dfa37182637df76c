//! The few lexical forms that taking literals out of a text needs: words, quoted text, numbers.
//!
//! It reads as the tokenizer does or not at all: what it is not sure of is `None`, and the text then
//! takes the ordinary way through tokenizer and parser.

/// A literal as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralText<'a> {
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Bool(bool),
    /// Digits, perhaps with a fraction and an exponent; no sign.
    Number {
        /// As written.
        digits: &'a str,
        /// Whether a minus stands before it.
        negative: bool,
    },
    /// What stands between single quotes, escapes and all.
    Text(&'a str),
}

/// A text being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexemes<'a> {
    pub(super) sql: &'a str,
}

pub(super) fn is_word_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || !b.is_ascii()
}

pub(super) fn is_word_part(b: u8) -> bool {
    is_word_start(b) || b.is_ascii_digit() || b == b'$'
}

/// Where a `'` or `\` is at or after `from`; the end of the text if there is none.
pub(super) fn quote_or_escape(bytes: &[u8], from: usize) -> usize {
    /// The bytes equal to `c`, as their highest bits. (The lowest set one is certain.)
    fn equal(word: u64, c: u8) -> u64 {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        let x = word ^ (LOW * u64::from(c));
        x.wrapping_sub(LOW) & !x & HIGH
    }
    let rest = bytes.get(from..).unwrap_or(&[]);
    let (words, tail) = rest.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = equal(word, b'\'') | equal(word, b'\\');
        if found != 0 {
            return from + i * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let at = tail.iter().position(|b| matches!(b, b'\'' | b'\\'));
    from + words.len() * 8 + at.unwrap_or(tail.len())
}

impl<'a> Lexemes<'a> {
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.sql.as_bytes().get(at).copied()
    }

    /// The first byte at or after `at` that is no white space.
    pub(super) fn skip_blanks(&self, at: usize) -> usize {
        let rest = self.sql.as_bytes().get(at..).unwrap_or(&[]);
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        at + rest.iter().position(|b| !blank(b)).unwrap_or(rest.len())
    }

    /// The end of the word that starts at `at`.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let rest = self.sql.as_bytes().get(at..).unwrap_or(&[]);
        at + rest.iter().position(|b| !is_word_part(*b)).unwrap_or(rest.len())
    }

    /// The word at `at`; empty if there is none.
    pub(super) fn word(&self, at: usize) -> &'a str {
        match self.byte(at) {
            Some(b) if is_word_start(b) => self.sql.get(at..self.word_end(at)).unwrap_or(""),
            _ => "",
        }
    }

    /// The byte after the single-quoted text that starts at `at`.
    pub(super) fn text_end(&self, at: usize) -> Option<usize> {
        let bytes = self.sql.as_bytes();
        let mut i = at + 1;
        loop {
            i = quote_or_escape(bytes, i);
            match bytes.get(i)? {
                b'\\' => i += 2,
                _ if bytes.get(i + 1) == Some(&b'\'') => i += 2,
                _ => return Some(i + 1),
            }
        }
    }

    /// The byte after the quoted name that starts at `at`.
    pub(super) fn quoted_name_end(&self, at: usize) -> Option<usize> {
        let bytes = self.sql.as_bytes();
        let quote = bytes.get(at)?;
        let mut i = at + 1;
        loop {
            i += bytes.get(i..)?.iter().position(|b| b == quote)?;
            if bytes.get(i + 1) != Some(quote) {
                return Some(i + 1);
            }
            i += 2;
        }
    }

    /// The byte after the number that starts at `at`, digits in front of the point and behind it; `None` for
    /// every other form of numbers.
    pub(super) fn number_end(&self, at: usize) -> Option<usize> {
        let bytes = self.sql.as_bytes();
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or(&[]);
            let n = rest
                .iter()
                .position(|b| !b.is_ascii_digit())
                .unwrap_or(rest.len());
            (n > 0).then_some(from + n)
        };
        let mut end = digits(at)?;
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
            end = digits(end + 1 + usize::from(signed))?;
        }
        match bytes.get(end) {
            Some(b) if is_word_part(*b) || *b == b'.' => None,
            _ => Some(end),
        }
    }

    /// The byte after the number, signed number or text at `at`.
    fn constant_end(&self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'\'' => self.text_end(at),
            b'-' => self.number_end(at + 1),
            _ => self.number_end(at),
        }
    }

    /// The number, signed number or text at `at`, and the byte after it.
    pub(super) fn constant(&self, at: usize) -> Option<(LiteralText<'a>, usize)> {
        let end = self.constant_end(at)?;
        Some((self.literal_in(at, end), end))
    }

    /// The byte after the number, signed number, text, NULL, TRUE or FALSE at `at`.
    pub(super) fn literal_end(&self, at: usize) -> Option<usize> {
        if !self.byte(at).is_some_and(is_word_start) {
            return self.constant_end(at);
        }
        let word = self.word(at);
        let is_literal = ["NULL", "TRUE", "FALSE"]
            .iter()
            .any(|w| word.eq_ignore_ascii_case(w));
        is_literal.then_some(at + word.len())
    }

    /// The literal that starts and ends there, as [`Lexemes::literal_end`] says.
    pub(super) fn literal_in(&self, start: usize, end: usize) -> LiteralText<'a> {
        let text = self.sql.get(start..end).unwrap_or("");
        match text.as_bytes() {
            [b'\'', .., b'\''] => LiteralText::Text(text.get(1..text.len() - 1).unwrap_or("")),
            [b'n' | b'N', ..] => LiteralText::Null,
            [b't' | b'T', ..] => LiteralText::Bool(true),
            [b'f' | b'F', ..] => LiteralText::Bool(false),
            [b'-', ..] => LiteralText::Number {
                digits: text.get(1..).unwrap_or(""),
                negative: true,
            },
            _ => LiteralText::Number {
                digits: text,
                negative: false,
            },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_found_wherever_they_are() {
        for n in 0..20 {
            let before = "ü".repeat(n);
            for (rest, wanted) in [
                ("'", 1),
                ("''x'", 4),
                (r"\''", 3),
                (r"\\'", 3),
                ("x\u{27}\u{a7}", 2),
            ] {
                let sql = alloc::format!("'{before}{rest} and ' more");
                let lexemes = Lexemes { sql: &sql };
                assert_eq!(lexemes.text_end(0), Some(1 + before.len() + wanted), "{sql}");
            }
            let open = alloc::format!("'{before}");
            assert_eq!(Lexemes { sql: &open }.text_end(0), None);
            let escaped = alloc::format!("'{before}\\");
            assert_eq!(Lexemes { sql: &escaped }.text_end(0), None);
        }
    }

    #[test]
    fn numbers_of_plain_forms_only() {
        let end = |sql: &str| Lexemes { sql }.number_end(0);
        for whole in ["0", "12", "1.5", "1e3", "1.5E-3", "00.10"] {
            assert_eq!(end(whole), Some(whole.len()), "{whole}");
            assert_eq!(end(&alloc::format!("{whole},")), Some(whole.len()), "{whole}");
        }
        for other in [
            "", "x", ".5", "1.", "1.e3", "1e", "1e+", "0x1F", "1L", "1_0", "1.2.3", "5AND",
        ] {
            assert_eq!(end(other), None, "{other}");
        }
    }
}
