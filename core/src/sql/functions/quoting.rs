//! Texts as SQL writes them, and numbers in other bases: PostgreSQL's QUOTE_… and TO_…, SQLite's UNISTR.

use super::ArgKind::{Int, Text};
use super::ScalarFunction;
use super::args::{Args, TEXT, function, texts, try_texts};
use super::text_writer::TextWriter;
use crate::types::Error;
use alloc::format;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "QUOTE_LITERAL",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "As a string literal, quotes and backslashes doubled.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                write_literal(a.text(0, i), out);
                Some(())
            })
        },
    ),
    function(
        "QUOTE_NULLABLE",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "As QUOTE_LITERAL, NULL for NULL.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                match a.null(0, i) {
                    true => out.push_str("NULL"),
                    false => write_literal(a.text(0, i), out),
                }
                Some(())
            })
        },
    )
    .sees_null(),
    function(
        "QUOTE_IDENT",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "As a name: in double quotes unless it is made of small letters, digits and underscores.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let name = a.text(0, i);
                let plain = |b: u8| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit();
                let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
                match starts && name.bytes().all(plain) {
                    true => out.push_str(name),
                    false => {
                        let _ = write!(out, "\"{}\"", name.replace('"', "\"\""));
                    }
                }
                Some(())
            })
        },
    ),
    function(
        "UNISTR",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "A text with its escapes of Unicode characters replaced: \\\\XXXX, \\\\+XXXXXX, \\\\uXXXX, \\\\UXXXXXXXX.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let text = a.text(0, i);
                unescape(text, out).map(Some).ok_or_else(|| {
                    Error::invalid(format!("'{text}' has an escape that is no Unicode character"))
                })
            })
        },
    ),
    function(
        "TO_HEX",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "A number in hexadecimal, in small letters.",
        |cx, a, _, _, n| texts(cx, n, |i, out| write!(out, "{:x}", a.int(0, i)).ok()),
    ),
    function(
        "TO_OCT",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "A number in octal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| write!(out, "{:o}", a.int(0, i)).ok()),
    ),
    function(
        "TO_BIN",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "A number in binary.",
        |cx, a, _, _, n| texts(cx, n, |i, out| write!(out, "{:b}", a.int(0, i)).ok()),
    ),
];

fn write_literal(text: &str, out: &mut TextWriter) {
    out.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
}

/// `None`: an escape is wrong.
fn unescape(text: &str, out: &mut TextWriter) -> Option<()> {
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        if let Some(after) = escape.strip_prefix('\\') {
            out.push('\\');
            rest = after;
            continue;
        }
        let (digits, length) = match escape.as_bytes().first()? {
            b'+' => (escape.get(1..)?, 6),
            b'u' => (escape.get(1..)?, 4),
            b'U' => (escape.get(1..)?, 8),
            _ => (escape, 4),
        };
        let code = digits
            .get(..length)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        rest = digits.get(length..)?;
    }
    out.push_str(rest);
    Some(())
}
