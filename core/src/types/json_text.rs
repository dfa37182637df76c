//! Checking that text is JSON (RFC 8259), and quoting text as a JSON string. Values stay text.

use alloc::string::String;
use core::fmt::Write;

/// Deepest nesting a JSON value may have.
pub const MAX_JSON_DEPTH: usize = 256;

/// A reader over JSON text; positions only ever move forward.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn skip(&mut self, n: usize) {
        self.0 = self.0.get(n..).unwrap_or(&[]);
    }

    fn eat(&mut self, b: u8) -> bool {
        let hit = self.peek() == Some(b);
        if hit {
            self.skip(1);
        }
        hit
    }

    fn space(&mut self) {
        let n = self
            .0
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        self.skip(n);
    }

    fn digits(&mut self) -> bool {
        let n = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        self.skip(n);
        n > 0
    }

    fn number(&mut self) -> bool {
        self.eat(b'-');
        if !self.eat(b'0') && !self.digits() {
            return false;
        }
        if self.eat(b'.') && !self.digits() {
            return false;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            return self.digits();
        }
        true
    }

    fn string(&mut self) -> bool {
        if !self.eat(b'"') {
            return false;
        }
        loop {
            let n = self
                .0
                .iter()
                .take_while(|b| !matches!(b, b'"' | b'\\') && **b >= b' ')
                .count();
            self.skip(n);
            if self.eat(b'"') {
                return true;
            }
            if !self.eat(b'\\') {
                return false;
            }
            match self.peek() {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.skip(1),
                Some(b'u')
                    if self
                        .0
                        .get(1..5)
                        .is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) =>
                {
                    self.skip(5)
                }
                _ => return false,
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let hit = self.0.starts_with(word);
        if hit {
            self.skip(word.len());
        }
        hit
    }

    /// A key and its colon.
    fn key(&mut self) -> bool {
        self.space();
        let string = self.string();
        self.space();
        string && self.eat(b':')
    }
}

/// Whether the text is one JSON value of at most [`MAX_JSON_DEPTH`] levels.
pub fn is_json(text: &str) -> bool {
    let mut s = Scan(text.as_bytes());
    // The closing bracket each open level waits for.
    let mut open: alloc::vec::Vec<u8> = alloc::vec::Vec::new();
    'value: loop {
        s.space();
        match s.peek() {
            Some(bracket @ (b'[' | b'{')) => {
                s.skip(1);
                s.space();
                let close = bracket + 2;
                if open.len() >= MAX_JSON_DEPTH {
                    return false;
                }
                if !s.eat(close) {
                    if bracket == b'{' && !s.key() {
                        return false;
                    }
                    open.push(close);
                    continue 'value;
                }
            }
            Some(b'"') if s.string() => {}
            Some(b't') if s.word(b"true") => {}
            Some(b'f') if s.word(b"false") => {}
            Some(b'n') if s.word(b"null") => {}
            Some(b'-' | b'0'..=b'9') if s.number() => {}
            _ => return false,
        }
        // After a value: close levels, or go on to the next value.
        loop {
            s.space();
            let Some(close) = open.last().copied() else {
                return s.0.is_empty();
            };
            if s.eat(b',') {
                if close == b'}' && !s.key() {
                    return false;
                }
                continue 'value;
            }
            if !s.eat(close) {
                return false;
            }
            open.pop();
        }
    }
}

/// The text as a JSON string with its quotes.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_json_and_nothing_else() {
        for good in [
            "0",
            " -1.5e+3 ",
            "\"a\\u00e9\\n\"",
            "[]",
            "{}",
            "[1,[2,{\"a\":null}],true]",
            "{\"a\" : {\"b\":[]} , \"c\":1}",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "01",
            "1.",
            ".5",
            "+1",
            "nul",
            "[1,]",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":1,}",
            "[1 2]",
            "\"a",
            "\"\u{1}\"",
            "\"\\x\"",
            "1 2",
            "]",
            "[}",
            "NaN",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
        assert!(is_json(&("[".repeat(256) + &"]".repeat(256))));
        assert!(!is_json(&"[".repeat(100_000)));
    }
}
