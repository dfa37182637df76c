//! A JSON value as a tree, for the functions that look into one or change it.
//!
//! Columns keep JSON as its text. A tree borrows from the text it was read from, keeps the order of keys,
//! and keeps numbers as they are written, so that nothing is lost by reading and writing again. Trees are
//! at most [`MAX_JSON_DEPTH`] levels deep, as texts are: whatever writes one says so if it is deeper.

use super::json_text::{Events, MAX_JSON_DEPTH, walk, write_json_string};
use alloc::{borrow::Cow, string::String, vec::Vec};
use core::cmp::Ordering;
use core::fmt::{self, Write};

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(Cow<'t, str>),
    /// A string, without quotes and escapes.
    String(Cow<'t, str>),
    /// An array.
    Array(Vec<Json<'t>>),
    /// An object, its keys in the order in which they first occur; of a key that occurs twice the last value.
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

/// An array or object whose end has not been read.
enum Open<'t> {
    Array(Vec<Json<'t>>),
    Object(Vec<(Cow<'t, str>, Json<'t>)>, Cow<'t, str>),
}

#[derive(Default)]
struct Builder<'t> {
    open: Vec<Open<'t>>,
    done: Option<Json<'t>>,
}

impl<'t> Builder<'t> {
    fn put(&mut self, value: Json<'t>) {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(members, key)) => put(members, core::mem::take(key), value),
        }
    }
}

impl<'t> Events<'t> for Builder<'t> {
    fn open(&mut self, is_object: bool) {
        self.open.push(match is_object {
            true => Open::Object(Vec::new(), Cow::Borrowed("")),
            false => Open::Array(Vec::new()),
        });
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Array(items)) => self.put(Json::Array(items)),
            Some(Open::Object(members, _)) => self.put(Json::Object(members)),
            None => {}
        }
    }

    fn key(&mut self, quoted: &'t str) {
        if let Some(Open::Object(_, key)) = self.open.last_mut() {
            *key = unquote(quoted);
        }
    }

    fn scalar(&mut self, written: &'t str) {
        let value = match written.as_bytes().first() {
            Some(b'"') => Json::String(unquote(written)),
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(Cow::Borrowed(written)),
        };
        self.put(value);
    }
}

/// The text of a string that starts with its quote and is well-formed. Half of a surrogate pair becomes U+FFFD.
fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let Some(end) = inner.find(['"', '\\']) else {
        return Cow::Borrowed(inner);
    };
    let plain = inner.get(..end).unwrap_or_default();
    if inner.as_bytes().get(end) == Some(&b'"') {
        return Cow::Borrowed(plain);
    }
    let mut out = String::from(plain);
    let mut rest = inner.get(end..).unwrap_or_default().chars();
    let unit = |rest: &mut core::str::Chars<'_>| {
        let digits = rest.as_str().get(..4).unwrap_or_default();
        let unit = u32::from_str_radix(digits, 16).unwrap_or(0xFFFD);
        *rest = rest.as_str().get(4..).unwrap_or_default().chars();
        unit
    };
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => out.push(match rest.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let first = unit(&mut rest);
                    let mut after = rest.clone();
                    let is_pair = (0xD800..0xDC00).contains(&first) && after.as_str().starts_with("\\u");
                    let second = is_pair.then(|| {
                        after = after.as_str().get(2..).unwrap_or_default().chars();
                        unit(&mut after)
                    });
                    match second.filter(|s| (0xDC00..0xE000).contains(s)) {
                        Some(second) => {
                            rest = after;
                            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                            char::from_u32(code).unwrap_or('\u{FFFD}')
                        }
                        None => char::from_u32(first).unwrap_or('\u{FFFD}'),
                    }
                }
                Some(c) => c,
                None => break,
            }),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Sets a member, in its place if there is one of that key.
fn put<'t>(members: &mut Vec<(Cow<'t, str>, Json<'t>)>, key: Cow<'t, str>, value: Json<'t>) {
    match members.iter_mut().find(|(k, _)| *k == key) {
        Some((_, old)) => *old = value,
        None => members.push((key, value)),
    }
}

impl<'t> Json<'t> {
    /// Reads a text; `None` if it is not JSON, or more than [`MAX_JSON_DEPTH`] levels deep.
    pub fn parse(text: &'t str) -> Option<Json<'t>> {
        let mut builder = Builder::default();
        match walk(text, &mut builder) {
            true => builder.done,
            false => None,
        }
    }

    /// Bytes of memory that the tree of a text may take, seen before it is made.
    pub fn memory_of(text: &str) -> usize {
        let elements = text
            .bytes()
            .filter(|b| matches!(b, b',' | b'[' | b'{' | b'\\'))
            .count()
            + 1;
        // Vectors grow by doubling; a member is a key and a value.
        text.len() + elements * 2 * size_of::<(Cow<'_, str>, Json<'_>)>()
    }

    /// The value of a member; `None` if this is no object or has no such key.
    pub fn member(&self, key: &str) -> Option<&Json<'t>> {
        match self {
            Json::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Sets a member of an object; of anything else nothing happens.
    pub fn set_member(&mut self, key: Cow<'t, str>, value: Json<'t>) {
        if let Json::Object(members) = self {
            put(members, key, value);
        }
    }

    /// Levels of arrays and objects, with one for a value at the bottom: 1 of a scalar and of `[]`.
    pub fn depth(&self) -> usize {
        let below = match self {
            Json::Array(items) => items.iter().map(Json::depth).max(),
            Json::Object(members) => members.iter().map(|(_, v)| v.depth()).max(),
            _ => None,
        };
        1 + below.unwrap_or(0)
    }

    /// Whether a text of it could be read again.
    pub fn is_writable(&self) -> bool {
        // Below `level` containers.
        fn fits(json: &Json<'_>, level: usize) -> bool {
            match json {
                Json::Array(items) => level < MAX_JSON_DEPTH && items.iter().all(|i| fits(i, level + 1)),
                Json::Object(members) => {
                    level < MAX_JSON_DEPTH && members.iter().all(|(_, v)| fits(v, level + 1))
                }
                _ => true,
            }
        }
        fits(self, 0)
    }

    /// Writes its text, with a space after `,` and `:`, as MySQL does.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        self.write_with(out, None)
    }

    /// Writes its text with a line for each element, two spaces further in for each level.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_pretty(&self, out: &mut impl Write) -> fmt::Result {
        self.write_with(out, Some(0))
    }

    fn write_with(&self, out: &mut impl Write, indent: Option<usize>) -> fmt::Result {
        match self {
            Json::Null => out.write_str("null"),
            Json::Bool(true) => out.write_str("true"),
            Json::Bool(false) => out.write_str("false"),
            Json::Number(n) => out.write_str(n),
            Json::String(s) => write_json_string(s, out),
            Json::Array(items) => {
                out.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    separate(out, i, indent)?;
                    item.write_with(out, indent.map(|n| n + 2))?;
                }
                end(out, items.len(), indent)?;
                out.write_char(']')
            }
            Json::Object(members) => {
                out.write_char('{')?;
                for (i, (key, value)) in members.iter().enumerate() {
                    separate(out, i, indent)?;
                    write_json_string(key, out)?;
                    out.write_str(": ")?;
                    value.write_with(out, indent.map(|n| n + 2))?;
                }
                end(out, members.len(), indent)?;
                out.write_char('}')
            }
        }
    }

    /// Whether both are the same value: numbers by what they amount to, members in any order.
    pub fn is_same(&self, other: &Json<'_>) -> bool {
        match (self, other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(a), Json::Bool(b)) => a == b,
            (Json::Number(a), Json::Number(b)) => compare_numbers(a, b) == Ordering::Equal,
            (Json::String(a), Json::String(b)) => a == b,
            (Json::Array(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Json::Object(a), Json::Object(b)) => {
                let has = |(k, v): &(Cow<'_, str>, Json<'_>)| other.member(k).is_some_and(|o| v.is_same(o));
                a.len() == b.len() && a.iter().all(has)
            }
            _ => false,
        }
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Json<'static> {
        let own = |s: Cow<'_, str>| Cow::Owned(s.into_owned());
        match self {
            Json::Null => Json::Null,
            Json::Bool(b) => Json::Bool(b),
            Json::Number(n) => Json::Number(own(n)),
            Json::String(s) => Json::String(own(s)),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(members) => {
                let member = |(k, v): (Cow<'_, str>, Json<'_>)| (own(k), v.into_owned());
                Json::Object(members.into_iter().map(member).collect())
            }
        }
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// What comes before element `i`: within an indented text a line, which is `indent` spaces in for the whole.
fn separate(out: &mut impl Write, i: usize, indent: Option<usize>) -> fmt::Result {
    if i > 0 {
        out.write_char(',')?;
    }
    match indent {
        Some(n) => line(out, n + 2),
        None if i > 0 => out.write_char(' '),
        None => Ok(()),
    }
}

fn end(out: &mut impl Write, elements: usize, indent: Option<usize>) -> fmt::Result {
    match indent.filter(|_| elements > 0) {
        Some(n) => line(out, n),
        None => Ok(()),
    }
}

fn line(out: &mut impl Write, indent: usize) -> fmt::Result {
    out.write_char('\n')?;
    (0..indent).try_for_each(|_| out.write_char(' '))
}

/// Compares two numbers as they are written: integers exactly, others as doubles.
pub(crate) fn compare_numbers(a: &str, b: &str) -> Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return a.cmp(&b);
    }
    let double = |n: &str| n.parse::<f64>().unwrap_or(f64::NAN);
    double(a).total_cmp(&double(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn written(text: &str) -> String {
        Json::parse(text).unwrap().to_string()
    }

    #[test]
    fn reading_and_writing_keeps_values_and_order() {
        for (text, expected) in [
            (
                " {\"b\":1.50,\"a\":[1 ,2e400,{}]} ",
                "{\"b\": 1.50, \"a\": [1, 2e400, {}]}",
            ),
            ("\"a\\u00e9\\n\\ud83d\\ude00\\/\"", "\"aé\\n😀/\""),
            ("\"\\ud83d x\"", "\"\u{FFFD} x\""),
            ("{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"a\": 3, \"b\": 2}"),
            ("[]", "[]"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(written(text), expected);
            assert_eq!(written(&written(text)), written(text));
        }
        assert_eq!(Json::parse("{\"a\":}"), None);
    }

    #[test]
    fn pretty_text_has_a_line_per_element() {
        let mut out = String::new();
        Json::parse("{\"a\":[1,{}],\"b\":[]}")
            .unwrap()
            .write_pretty(&mut out)
            .unwrap();
        assert_eq!(out, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    }

    #[test]
    fn what_is_too_deep_to_be_read_is_not_to_be_written() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        let text = deep(MAX_JSON_DEPTH);
        let deepest = Json::parse(&text).unwrap();
        assert!(deepest.is_writable());
        assert!(!Json::Array(alloc::vec![deepest]).is_writable());
        assert_eq!(Json::parse(&deep(MAX_JSON_DEPTH + 1)), None);
    }

    #[test]
    fn values_are_the_same_whatever_their_spelling() {
        for (a, b, same) in [
            ("1", "1.0", true),
            ("9007199254740993", "9007199254740992", false),
            ("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true),
            ("[1,2]", "[2,1]", false),
            ("null", "false", false),
        ] {
            let is_same = Json::parse(a).unwrap().is_same(&Json::parse(b).unwrap());
            assert_eq!(is_same, same, "{a} {b}");
        }
    }
}
