//! Bytes as text and back, random and empty bytes, and UUIDs as bytes.

use super::ArgKind::{Bytes, Double, Int, Text};
use super::ScalarFunction;
use super::args::{Args, BLOB, BOOL, MAX_TEXT, TEXT, bools, function, texts, try_blobs, try_texts};
use super::text_writer::TextWriter;
use crate::types::{Error, Result, format_uuid, parse_uuid};
use alloc::{format, vec::Vec};
use base64ct::{Base64, Encoding};
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "ENCODE",
        &[],
        (2, 2),
        &[Bytes, Text],
        TEXT,
        "Bytes as text, in 'hex', 'base64' or 'escape'.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                encode(a.blob(0, i), a.text(1, i), out)?;
                Ok(Some(()))
            })
        },
    ),
    function(
        "DECODE",
        &[],
        (2, 2),
        &[Text],
        BLOB,
        "The bytes that a text says in 'hex', 'base64' or 'escape'.",
        |cx, a, _, _, n| try_blobs(cx, n, |i| decode(a.text(0, i), a.text(1, i)).map(Some)),
    ),
    function(
        "RANDOM_BYTES",
        &[],
        (1, 1),
        &[Int],
        BLOB,
        "So many random bytes, 1 to 1024.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| match a.int(0, i) {
                count @ 1..=1024 => Ok(Some(random(cx, count as usize))),
                count => Err(Error::OutOfRange {
                    value: format!("{count}"),
                    expected: "1 to 1024 bytes".into(),
                    column: None,
                }),
            })
        },
    )
    .volatile(),
    function(
        "RANDOMBLOB",
        &[],
        (1, 1),
        &[Int],
        BLOB,
        "SQLite's: so many random bytes, at least 1.",
        |cx, a, _, _, n| try_blobs(cx, n, |i| Ok(Some(random(cx, count(cx, a.int(0, i).max(1))?)))),
    )
    .volatile(),
    function(
        "ZEROBLOB",
        &[],
        (1, 1),
        &[Int],
        BLOB,
        "So many bytes that are 0.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                let count = count(cx, a.int(0, i).max(0))?;
                Ok(Some(alloc::vec![0; count]))
            })
        },
    ),
    function(
        "IS_UUID",
        &[],
        (1, 1),
        &[Text],
        BOOL,
        "Whether it is the text of a UUID.",
        |_, a, _, _, n| bools(n, |i| parse_uuid(a.text(0, i)).is_some()),
    ),
    function(
        "UUID_TO_BIN",
        &[],
        (1, 2),
        &[Text, Int],
        BLOB,
        "The 16 bytes of a UUID; with 1 the time's high part first, as in MySQL.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                let text = a.text(0, i);
                let uuid = parse_uuid(text).ok_or_else(|| Error::invalid(format!("{text:?} is no UUID")))?;
                Ok(Some(match a.has(1) && a.int(1, i) != 0 {
                    true => rearranged(&uuid, &[6, 7, 4, 5, 0, 1, 2, 3]),
                    false => uuid.to_vec(),
                }))
            })
        },
    ),
    function(
        "BIN_TO_UUID",
        &[],
        (1, 2),
        &[Bytes, Int],
        TEXT,
        "The UUID of 16 bytes, as UUID_TO_BIN made them.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let bytes = a.blob(0, i);
                if bytes.len() != 16 {
                    return Err(Error::invalid(format!("{} bytes are no UUID", bytes.len())));
                }
                let bytes = match a.has(1) && a.int(1, i) != 0 {
                    true => rearranged(bytes, &[4, 5, 6, 7, 2, 3, 0, 1]),
                    false => bytes.to_vec(),
                };
                // If it is too long the writer knows.
                let _ = write!(out, "{}", format_uuid(&bytes));
                Ok(Some(()))
            })
        },
    ),
    function(
        "FORMAT_BYTES",
        &[],
        (1, 1),
        &[Double],
        TEXT,
        "A number of bytes for people: 1.50 KiB.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let bytes = a.float(0, i);
                let mut unit = (1.0, "bytes");
                for (k, name) in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter().enumerate() {
                    let size = (1_u64 << (10 * (k + 1))) as f64;
                    if bytes.abs() >= size {
                        unit = (size, name);
                    }
                }
                match unit {
                    (1.0, name) => write!(out, "{bytes:4.0} {name}").ok(),
                    (size, name) => write!(out, "{:.2} {name}", bytes / size).ok(),
                }
            })
        },
    ),
];

/// A number of bytes that a function may make.
fn count(cx: &super::EvalContext<'_>, n: i64) -> Result<usize> {
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    if n > MAX_TEXT {
        return Err(super::args::too_long());
    }
    match n > cx.scratch.room() {
        true => Err(cx.scratch.exceeded()),
        false => Ok(n),
    }
}

fn random(cx: &super::EvalContext<'_>, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        bytes.extend_from_slice(&cx.host.random().to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// The bytes with the first of them at other places.
fn rearranged(bytes: &[u8], places: &[usize]) -> Vec<u8> {
    let first = places.iter().filter_map(|p| bytes.get(*p).copied());
    first.chain(bytes.iter().skip(places.len()).copied()).collect()
}

fn unknown(format: &str) -> Error {
    Error::Unknown {
        kind: "encoding",
        name: format.into(),
        nearest: None,
        position: None,
    }
}

fn encode(bytes: &[u8], format: &str, out: &mut TextWriter) -> Result<()> {
    if format.eq_ignore_ascii_case("hex") {
        for b in bytes {
            // If it is too long the writer knows.
            let _ = write!(out, "{b:02x}");
        }
    } else if format.eq_ignore_ascii_case("base64") {
        // Lines of 76 characters, as in PostgreSQL.
        for (i, line) in bytes.chunks(57).enumerate() {
            if i > 0 {
                out.push('\n');
            }
            out.push_str(&Base64::encode_string(line));
        }
    } else if format.eq_ignore_ascii_case("escape") {
        for b in bytes {
            match b {
                b'\\' => out.push_str("\\\\"),
                0 | 0x80.. => drop(write!(out, "\\{b:03o}")),
                b => out.push(char::from(*b)),
            }
        }
    } else {
        return Err(unknown(format));
    }
    Ok(())
}

fn decode(text: &str, format: &str) -> Result<Vec<u8>> {
    let invalid = || Error::invalid(format!("the text is not in the encoding {format}"));
    if format.eq_ignore_ascii_case("hex") {
        let digit = |c: char| c.to_digit(16).map(|d| d as u8).ok_or_else(invalid);
        let digits = text.chars().filter(|c| !c.is_ascii_whitespace());
        let digits = digits.map(digit).collect::<Result<Vec<u8>>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        return match rest {
            [] => Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()),
            _ => Err(invalid()),
        };
    }
    if format.eq_ignore_ascii_case("base64") {
        let clean: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        return Base64::decode_vec(crate::types::utf8_text(&clean)).map_err(|_| invalid());
    }
    if !format.eq_ignore_ascii_case("escape") {
        return Err(unknown(format));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'\\') => out.push(b'\\'),
            Some(high @ b'0'..=b'3') => {
                let mut octal = || {
                    bytes
                        .next()
                        .filter(|b| (b'0'..=b'7').contains(b))
                        .ok_or_else(invalid)
                };
                let (middle, low) = (octal()?, octal()?);
                out.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
            }
            _ => return Err(invalid()),
        }
    }
    Ok(out)
}
