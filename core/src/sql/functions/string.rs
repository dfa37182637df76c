//! Strings: length, case, parts, putting together.
//!
//! Positions and lengths count characters, from 1.

use super::ArgKind::{Any, Bytes, Int, Text};
use super::ScalarFunction;
use super::args::{Args, INT, TEXT, function, ints, lenient, slices, texts};
use crate::types::DataType;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "LENGTH",
        &["OCTET_LENGTH", "LENGTHB"],
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        |cx, a, _, _, n| slices(cx, n, |i| split(a.text(0, i), a.int(1, i)).0.as_bytes()),
    ),
    function(
        "RIGHT",
        &[],
        (2, 2),
        &[Text, Int],
        TEXT,
        "The last characters.",
        |cx, a, _, _, n| {
            slices(cx, n, |i| {
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
        |cx, a, _, _, n| {
            slices(cx, n, |i| {
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
        |cx, a, _, _, n| {
            slices(cx, n, |i| {
                substring_index(a.text(0, i), a.text(1, i), a.int(2, i)).as_bytes()
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
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
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
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "As text.",
        |_, a, t, _, _| lenient(a, t, 0, &DataType::TEXT),
    ),
];

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
