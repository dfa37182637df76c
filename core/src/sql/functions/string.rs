//! Strings: length, case, parts, padding, putting together.
//!
//! Positions and lengths count characters, from 1.

use super::ArgKind::{Any, Bytes, Int, Number, Text};
use super::ScalarFunction;
use super::args::{Args, INT, MAX_TEXT, TEXT, function, ints, slices, texts, too_long};
use crate::types::{Column, DataType, Decimal, Result};
use alloc::string::String;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] =
    &[
        function(
            "LENGTH",
            &["OCTET_LENGTH"],
            (1, 1),
            &[Bytes],
            INT,
            "Length in bytes.",
            |_, a, _, _, n| ints(n, |i| Some(a.blob(0, i).len() as i64)),
        ),
        function(
            "BIT_LENGTH",
            &[],
            (1, 1),
            &[Bytes],
            INT,
            "Length in bits.",
            |_, a, _, _, n| ints(n, |i| Some(a.blob(0, i).len() as i64 * 8)),
        ),
        function(
            "CHAR_LENGTH",
            &["CHARACTER_LENGTH"],
            (1, 1),
            &[Text],
            INT,
            "Length in characters.",
            |_, a, _, _, n| ints(n, |i| Some(a.text(0, i).chars().count() as i64)),
        ),
        function(
            "ASCII",
            &[],
            (1, 1),
            &[Bytes],
            INT,
            "The first byte as a number, 0 of an empty string.",
            |_, a, _, _, n| ints(n, |i| Some(a.blob(0, i).first().map_or(0, |b| i64::from(*b)))),
        ),
        function(
            "ORD",
            &[],
            (1, 1),
            &[Text],
            INT,
            "The bytes of the first character as a number.",
            |_, a, _, _, n| {
                ints(n, |i| {
                    let first = a.text(0, i).chars().next().map_or(0, char::len_utf8);
                    Some(
                        a.blob(0, i)
                            .iter()
                            .take(first)
                            .fold(0, |v, b| v * 256 + i64::from(*b)),
                    )
                })
            },
        ),
        function(
            "UNICODE",
            &[],
            (1, 1),
            &[Text],
            INT,
            "The code point of the first character.",
            |_, a, _, _, n| {
                ints(n, |i| {
                    a.text(0, i).chars().next().map(|c| i64::from(u32::from(c)))
                })
            },
        ),
        function(
            "CHR",
            &["CHAR"],
            (1, usize::MAX),
            &[Int],
            TEXT,
            "The characters of those code points; NULL if one is none.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    for k in 0..a.len() {
                        out.push(u32::try_from(a.int(k, i)).ok().and_then(char::from_u32)?);
                    }
                    Some(())
                })
            },
        ),
        function(
            "CONCAT",
            &[],
            (1, usize::MAX),
            &[Text],
            TEXT,
            "The arguments end to end; NULL if one is NULL.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    (0..a.len()).for_each(|k| out.push_str(a.text(k, i)));
                    Some(())
                })
            },
        ),
        function(
            "CONCAT_WS",
            &[],
            (2, usize::MAX),
            &[Text],
            TEXT,
            "The arguments after the first that are not NULL, with the first between them.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    let mut separator = if a.null(0, i) { return None } else { "" };
                    for k in (1..a.len()).filter(|k| !a.null(*k, i)) {
                        out.push_str(separator);
                        out.push_str(a.text(k, i));
                        separator = a.text(0, i);
                    }
                    Some(())
                })
            },
        )
        .sees_null(),
        function(
            "LOWER",
            &["LCASE"],
            (1, 1),
            &[Text],
            TEXT,
            "In lower case.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    a.text(0, i).chars().for_each(|c| out.extend(c.to_lowercase()));
                    Some(())
                })
            },
        ),
        function(
            "UPPER",
            &["UCASE"],
            (1, 1),
            &[Text],
            TEXT,
            "In upper case.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    a.text(0, i).chars().for_each(|c| out.extend(c.to_uppercase()));
                    Some(())
                })
            },
        ),
        function(
            "LEFT",
            &[],
            (2, 2),
            &[Text, Int],
            TEXT,
            "The first characters.",
            |_, a, _, _, n| slices(n, |i| split(a.text(0, i), a.int(1, i)).0.as_bytes()),
        ),
        function(
            "RIGHT",
            &[],
            (2, 2),
            &[Text, Int],
            TEXT,
            "The last characters.",
            |_, a, _, _, n| {
                slices(n, |i| {
                    let s = a.text(0, i);
                    split(s, (s.chars().count() as i64).saturating_sub(a.int(1, i).max(0)))
                        .1
                        .as_bytes()
                })
            },
        ),
        function(
            "SUBSTRING",
            &["SUBSTR", "MID"],
            (2, 3),
            &[Text, Int],
            TEXT,
            "Characters from a position (negative: from the end), at most that many.",
            |_, a, _, _, n| {
                slices(n, |i| {
                    substring(a.text(0, i), a.int(1, i), a.has(2).then(|| a.int(2, i))).as_bytes()
                })
            },
        ),
        function(
            "SUBSTRING_INDEX",
            &[],
            (3, 3),
            &[Text, Text, Int],
            TEXT,
            "What is before the n-th delimiter (negative: after the n-th from the end).",
            |_, a, _, _, n| {
                slices(n, |i| {
                    substring_index(a.text(0, i), a.text(1, i), a.int(2, i)).as_bytes()
                })
            },
        ),
        function(
            "TRIM",
            &[],
            (1, 2),
            &[Text],
            TEXT,
            "Without that string (a space) at both ends.",
            |_, a, _, _, n| {
                slices(n, |i| {
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
            |_, a, _, _, n| slices(n, |i| trim_start(a.text(0, i), trimmed(a, i)).as_bytes()),
        ),
        function(
            "RTRIM",
            &[],
            (1, 2),
            &[Text],
            TEXT,
            "Without that string (a space) at the end.",
            |_, a, _, _, n| slices(n, |i| trim_end(a.text(0, i), trimmed(a, i)).as_bytes()),
        ),
        function(
            "LPAD",
            &[],
            (2, 3),
            &[Text, Int, Text],
            TEXT,
            "Filled up on the left to that many characters, or cut to them.",
            |_, a, _, _, n| pad(a, n, true),
        ),
        function(
            "RPAD",
            &[],
            (2, 3),
            &[Text, Int, Text],
            TEXT,
            "Filled up on the right to that many characters, or cut to them.",
            |_, a, _, _, n| pad(a, n, false),
        ),
        function(
            "REPEAT",
            &[],
            (2, 2),
            &[Text, Int],
            TEXT,
            "The string that many times.",
            |_, a, _, _, n| repeat(n, |i| (a.text(0, i), a.int(1, i))),
        ),
        function(
            "SPACE",
            &[],
            (1, 1),
            &[Int],
            TEXT,
            "That many spaces.",
            |_, a, _, _, n| repeat(n, |i| (" ", a.int(0, i))),
        ),
        function(
            "REVERSE",
            &[],
            (1, 1),
            &[Text],
            TEXT,
            "The characters in reverse order.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
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
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    let (mut rest, from) = (a.text(0, i), a.text(1, i));
                    while let Some((before, after)) = rest.split_once(from).filter(|_| !from.is_empty()) {
                        out.push_str(before);
                        out.push_str(a.text(2, i));
                        rest = if out.len() > MAX_TEXT { "" } else { after };
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
            |_, a, _, _, n| {
                texts(n, |i, out| {
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
            |_, a, _, _, n| {
                texts(n, |i, out| {
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
            |_, a, _, _, n| {
                texts(n, |i, out| {
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
            |_, a, t, _, n| {
                let numbers = super::args::lenient(a, t, 0, &t.first().map_or(DataType::Double, exact))?;
                let scale = t.first().map_or(0, |t| exact(t).scale());
                let numbers = [numbers];
                texts(n, |i, out| {
                    format_number(numbers.decimal(0, i), scale, a.int(1, i), out)
                })
            },
        ),
        function(
            "ELT",
            &[],
            (2, usize::MAX),
            &[Int, Text],
            TEXT,
            "The n-th of the strings after n; NULL if there is none.",
            |_, a, _, _, n| {
                texts(n, |i, out| {
                    let k = usize::try_from(a.int(0, i))
                        .ok()
                        .filter(|k| *k > 0 && !a.null(0, i) && !a.null(*k, i))?;
                    out.push_str(a.text(k, i));
                    Some(())
                })
            },
        )
        .sees_null(),
        function(
            "TO_TEXT",
            &["TO_CHAR"],
            (1, 1),
            &[Any],
            TEXT,
            "As text.",
            |_, a, t, _, _| super::args::lenient(a, t, 0, &DataType::TEXT),
        ),
    ];

/// The exact type numbers are formatted in.
fn exact(ty: &DataType) -> DataType {
    let scale = if ty.physical() == crate::types::Physical::F64 {
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

/// The first `count` characters, and the rest.
pub(super) fn split(s: &str, count: i64) -> (&str, &str) {
    if count <= 0 {
        return ("", s);
    }
    let end = s.char_indices().nth(count as usize).map_or(s.len(), |(at, _)| at);
    s.split_at_checked(end).unwrap_or((s, ""))
}

fn substring(s: &str, from: i64, len: Option<i64>) -> &str {
    let start = match from {
        0 => return "",
        1.. => from - 1,
        _ => match (s.chars().count() as i64).saturating_add(from) {
            start @ 0.. => start,
            _ => return "",
        },
    };
    let rest = split(s, start).1;
    len.map_or(rest, |n| split(rest, n).0)
}

fn substring_index<'a>(s: &'a str, delimiter: &str, count: i64) -> &'a str {
    let nth = usize::try_from(count.unsigned_abs())
        .unwrap_or(usize::MAX)
        .wrapping_sub(1);
    if delimiter.is_empty() || count == 0 {
        ""
    } else if count > 0 {
        s.match_indices(delimiter)
            .nth(nth)
            .map_or(s, |(at, _)| s.get(..at).unwrap_or(s))
    } else {
        let end = s
            .rmatch_indices(delimiter)
            .nth(nth)
            .map(|(at, _)| at + delimiter.len());
        end.map_or(s, |at| s.get(at..).unwrap_or(s))
    }
}

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

fn pad(a: &[Column], rows: usize, left: bool) -> Result<Column> {
    let longest = (0..rows).map(|i| a.int(1, i)).max().unwrap_or(0);
    if longest > MAX_TEXT as i64 {
        return Err(too_long());
    }
    texts(rows, |i, out| {
        let (s, wanted) = (a.text(0, i), a.int(1, i));
        let missing = wanted - s.chars().count() as i64;
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

fn repeat<'a>(rows: usize, f: impl Fn(usize) -> (&'a str, i64)) -> Result<Column> {
    let bytes = |i| {
        let (s, times): (&str, i64) = f(i);
        (s.len() as i64).saturating_mul(times)
    };
    if (0..rows).any(|i| bytes(i) > MAX_TEXT as i64) {
        return Err(too_long());
    }
    texts(rows, |i, out| {
        let (s, times) = f(i);
        (0..if s.is_empty() { 0 } else { times }).for_each(|_| out.push_str(s));
        Some(())
    })
}

/// Writes a number with commas between thousands.
fn format_number(v: i128, scale: u8, digits: i64, out: &mut String) -> Option<()> {
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
