//! Strings changed: trimmed, padded, repeated, replaced, quoted, formatted.

use super::ArgKind::{Int, Number, Text};
use super::args::{Args, MAX_TEXT, TEXT, function, lenient, slices, texts, too_long};
use super::string::split;
use super::text_writer::TextWriter;
use super::{EvalContext, ScalarFunction};
use crate::types::{Column, DataType, Decimal, Physical, Result};
use alloc::string::String;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] =
    &[
        function(
            "TRIM",
            &[],
            (1, 2),
            &[Text],
            TEXT,
            "Without that string (a space) at both ends.",
            |cx, a, _, _, n| {
                slices(cx, n, |i| {
                    let what = trimmed(a, i);
                    trim_end(trim_start(a.text(0, i), what), what).as_bytes()
                })
            },
        ),
        function(
            "LTRIM",
            &[],
            (1, 2),
            &[Text],
            TEXT,
            "Without that string (a space) at the start.",
            |cx, a, _, _, n| slices(cx, n, |i| trim_start(a.text(0, i), trimmed(a, i)).as_bytes()),
        ),
        function(
            "RTRIM",
            &[],
            (1, 2),
            &[Text],
            TEXT,
            "Without that string (a space) at the end.",
            |cx, a, _, _, n| slices(cx, n, |i| trim_end(a.text(0, i), trimmed(a, i)).as_bytes()),
        ),
        function(
            "LPAD",
            &[],
            (2, 3),
            &[Text, Int, Text],
            TEXT,
            "Filled up on the left to that many characters, or cut to them.",
            |cx, a, _, _, n| pad(cx, a, n, true),
        ),
        function(
            "RPAD",
            &[],
            (2, 3),
            &[Text, Int, Text],
            TEXT,
            "Filled up on the right to that many characters, or cut to them.",
            |cx, a, _, _, n| pad(cx, a, n, false),
        ),
        function(
            "REPEAT",
            &[],
            (2, 2),
            &[Text, Int],
            TEXT,
            "The string that many times.",
            |cx, a, _, _, n| repeat(cx, n, |i| (a.text(0, i), a.int(1, i))),
        ),
        function(
            "SPACE",
            &[],
            (1, 1),
            &[Int],
            TEXT,
            "That many spaces.",
            |cx, a, _, _, n| repeat(cx, n, |i| (" ", a.int(0, i))),
        ),
        function(
            "REVERSE",
            &[],
            (1, 1),
            &[Text],
            TEXT,
            "The characters in reverse order.",
            |cx, a, _, _, n| {
                texts(cx, n, |i, out| {
                    out.extend(a.text(0, i).chars().rev());
                    Some(())
                })
            },
        ),
        function(
            "REPLACE",
            &[],
            (3, 3),
            &[Text],
            TEXT,
            "Every occurrence of the second string replaced by the third.",
            |cx, a, _, _, n| {
                texts(cx, n, |i, out| {
                    let (mut rest, from) = (a.text(0, i), a.text(1, i));
                    while let Some((before, after)) = rest.split_once(from).filter(|_| !from.is_empty()) {
                        out.push_str(before);
                        out.push_str(a.text(2, i));
                        rest = if out.overflowed() { "" } else { after };
                    }
                    out.push_str(rest);
                    Some(())
                })
            },
        ),
        function(
            "INSERT",
            &[],
            (4, 4),
            &[Text, Int, Int, Text],
            TEXT,
            "Characters from a position, that many, replaced by a string.",
            |cx, a, _, _, n| {
                texts(cx, n, |i, out| {
                    let (s, at, len) = (a.text(0, i), a.int(1, i), a.int(2, i));
                    if at < 1 || at > s.chars().count() as i64 {
                        out.push_str(s);
                        return Some(());
                    }
                    let (head, tail) = split(s, at - 1);
                    out.push_str(head);
                    out.push_str(a.text(3, i));
                    out.push_str(if len < 0 { "" } else { split(tail, len).1 });
                    Some(())
                })
            },
        ),
        function(
            "TRANSLATE",
            &[],
            (3, 3),
            &[Text],
            TEXT,
            "Each character of the second string replaced by the one at its place in the third, or removed.",
            |cx, a, _, _, n| {
                texts(cx, n, |i, out| {
                    let (from, to) = (a.text(1, i), a.text(2, i));
                    out.extend(a.text(0, i).chars().filter_map(
                        |c| match from.chars().position(|f| f == c) {
                            None => Some(c),
                            Some(at) => to.chars().nth(at),
                        },
                    ));
                    Some(())
                })
            },
        ),
        function(
            "QUOTE",
            &[],
            (1, 1),
            &[Text],
            TEXT,
            "As a string literal of SQL, with escapes.",
            |cx, a, _, _, n| {
                texts(cx, n, |i, out| {
                    if a.null(0, i) {
                        out.push_str("NULL");
                        return Some(());
                    }
                    out.push('\'');
                    for c in a.text(0, i).chars() {
                        match c {
                            '\'' | '\\' => out.extend(['\\', c]),
                            '\0' => out.push_str("\\0"),
                            '\u{1a}' => out.push_str("\\Z"),
                            c => out.push(c),
                        }
                    }
                    out.push('\'');
                    Some(())
                })
            },
        )
        .sees_null(),
        function(
            "FORMAT",
            &[],
            (2, 2),
            &[Number, Int],
            TEXT,
            "The number with thousands separators and that many digits after the point.",
            |cx, a, t, _, n| {
                let numbers = lenient(a, t, 0, &t.first().map_or(DataType::Double, exact))?;
                let scale = t.first().map_or(0, |t| exact(t).scale());
                let numbers = [numbers];
                texts(cx, n, |i, out| {
                    format_number(numbers.decimal(0, i), scale, a.int(1, i), out)
                })
            },
        ),
    ];

/// What TRIM removes at row `i`.
fn trimmed(a: &[Column], i: usize) -> &str {
    if a.has(1) { a.text(1, i) } else { " " }
}

fn trim_start<'a>(s: &'a str, what: &str) -> &'a str {
    if what.is_empty() {
        s
    } else {
        s.trim_start_matches(what)
    }
}

fn trim_end<'a>(s: &'a str, what: &str) -> &'a str {
    if what.is_empty() {
        s
    } else {
        s.trim_end_matches(what)
    }
}

fn pad(cx: &EvalContext<'_>, a: &[Column], rows: usize, left: bool) -> Result<Column> {
    let longest = (0..rows).map(|i| a.int(1, i)).max().unwrap_or(0);
    if longest > MAX_TEXT as i64 {
        return Err(too_long());
    }
    texts(cx, rows, |i, out| {
        let (s, wanted) = (a.text(0, i), a.int(1, i));
        let missing = wanted.saturating_sub(s.chars().count() as i64);
        let fill = if a.has(2) { a.text(2, i) } else { " " };
        if wanted < 0 || (missing > 0 && fill.is_empty()) {
            return None;
        }
        if left {
            out.extend(fill.chars().cycle().take(missing.max(0) as usize));
        }
        out.push_str(split(s, wanted).0);
        if !left {
            out.extend(fill.chars().cycle().take(missing.max(0) as usize));
        }
        Some(())
    })
}

fn repeat<'a>(cx: &EvalContext<'_>, rows: usize, f: impl Fn(usize) -> (&'a str, i64)) -> Result<Column> {
    let bytes = |i| {
        let (s, times): (&str, i64) = f(i);
        (s.len() as i64).saturating_mul(times)
    };
    if (0..rows).any(|i| bytes(i) > MAX_TEXT as i64) {
        return Err(too_long());
    }
    texts(cx, rows, |i, out| {
        let (s, mut left) = f(i);
        while left > 0 && !s.is_empty() && !out.overflowed() {
            out.push_str(s);
            left -= 1;
        }
        Some(())
    })
}

/// Writes a number with commas between thousands.
fn format_number(v: i128, scale: u8, digits: i64, out: &mut TextWriter) -> Option<()> {
    let d = Decimal::new(v, scale)
        .rescale(digits.clamp(0, 30) as u8)
        .unwrap_or(Decimal::new(v, scale));
    let mut text = String::new();
    write!(text, "{d}").ok()?;
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |t| ("-", t));
    let (int, frac) = text.split_once('.').unwrap_or((text, ""));
    out.push_str(sign);
    for (k, c) in int.chars().enumerate() {
        if k > 0 && (int.len() - k) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    if !frac.is_empty() {
        out.push('.');
        out.push_str(frac);
    }
    Some(())
}
/// The exact type numbers are formatted in.
fn exact(ty: &DataType) -> DataType {
    let scale = if ty.physical() == Physical::F64 {
        15
    } else {
        ty.scale()
    };
    DataType::Decimal {
        precision: Decimal::MAX_PRECISION,
        scale,
        unsigned: false,
    }
}
