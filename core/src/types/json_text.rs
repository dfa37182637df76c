//! The grammar of JSON (RFC 8259): reading a text as a series of events, checking it, and quoting text as
//! a JSON string. What the events mean is up to whoever listens; see [`Json`](super::Json).

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
        let string = self.string();
        self.space();
        string && self.eat(b':')
    }
}

/// What a JSON text is made of, in its order. Slices are parts of the text as written.
pub(super) trait Events<'t> {
    /// `[` or, if it is an object, `{`.
    fn open(&mut self, _is_object: bool) {}
    /// The end of the innermost array or object.
    fn close(&mut self) {}
    /// A key with its quotes, and what is up to the value.
    fn key(&mut self, _quoted: &'t str) {}
    /// A number, a string with its quotes, or one of three words.
    fn scalar(&mut self, _written: &'t str) {}
}

struct Nothing;

impl Events<'_> for Nothing {}

/// Whether the text is one JSON value of at most [`MAX_JSON_DEPTH`] levels.
pub fn is_json(text: &str) -> bool {
    walk(text, &mut Nothing)
}

/// Reads a text; `false` if it turns out to be no JSON value of at most [`MAX_JSON_DEPTH`] levels.
pub(super) fn walk<'t>(text: &'t str, events: &mut impl Events<'t>) -> bool {
    let mut s = Scan(text.as_bytes());
    // What has been read since `rest` was what is left.
    let since = |rest: usize, s: &Scan<'_>| {
        let part = text.len().saturating_sub(rest)..text.len().saturating_sub(s.0.len());
        text.get(part).unwrap_or_default()
    };
    // The closing bracket each open level waits for.
    let mut open: alloc::vec::Vec<u8> = alloc::vec::Vec::new();
    'value: loop {
        s.space();
        let rest = s.0.len();
        match s.peek() {
            Some(bracket @ (b'[' | b'{')) => {
                if open.len() >= MAX_JSON_DEPTH {
                    return false;
                }
                s.skip(1);
                s.space();
                events.open(bracket == b'{');
                let close = bracket + 2;
                if s.eat(close) {
                    events.close();
                } else {
                    if bracket == b'{' {
                        let rest = s.0.len();
                        if !s.key() {
                            return false;
                        }
                        events.key(since(rest, &s));
                    }
                    open.push(close);
                    continue 'value;
                }
            }
            Some(b'"') if s.string() => events.scalar(since(rest, &s)),
            Some(b't') if s.word(b"true") => events.scalar("true"),
            Some(b'f') if s.word(b"false") => events.scalar("false"),
            Some(b'n') if s.word(b"null") => events.scalar("null"),
            Some(b'-' | b'0'..=b'9') if s.number() => events.scalar(since(rest, &s)),
            _ => return false,
        }
        // After a value: close levels, or go on to the next value.
        loop {
            s.space();
            let Some(close) = open.last().copied() else {
                return s.0.is_empty();
            };
            if s.eat(b',') {
                if close == b'}' {
                    s.space();
                    let rest = s.0.len();
                    if !s.key() {
                        return false;
                    }
                    events.key(since(rest, &s));
                }
                continue 'value;
            }
            if !s.eat(close) {
                return false;
            }
            events.close();
            open.pop();
        }
    }
}

/// The text as a JSON string with its quotes.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let _ = write_json_string(text, &mut out);
    out
}

/// Writes the text as a JSON string with its quotes.
///
/// # Errors
/// Those of the writer.
pub(crate) fn write_json_string(text: &str, out: &mut impl Write) -> core::fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
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
