//! Bits and bytes: bitwise operations, hexadecimal, number bases, URL encoding, checksums.

use super::ArgKind::{Any, Bytes, Int, Text};
use super::ScalarFunction;
use super::args::{Args, BLOB, INT, TEXT, blobs, function, ints, lenient, texts};
use super::text_writer::TextWriter;
use crate::codec::crc32;
use crate::types::{Column, DataType, Physical};
use alloc::vec::Vec;
use core::fmt::Write;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "BITWISE_AND",
        &[],
        (2, 2),
        &[Int],
        INT,
        "x & y.",
        |_, a, _, _, n| ints(n, |i| Some(a.int(0, i) & a.int(1, i))),
    ),
    function(
        "BITWISE_OR",
        &[],
        (2, 2),
        &[Int],
        INT,
        "x | y.",
        |_, a, _, _, n| ints(n, |i| Some(a.int(0, i) | a.int(1, i))),
    ),
    function(
        "BITWISE_XOR",
        &[],
        (2, 2),
        &[Int],
        INT,
        "x ^ y.",
        |_, a, _, _, n| ints(n, |i| Some(a.int(0, i) ^ a.int(1, i))),
    ),
    function("BITWISE_NOT", &[], (1, 1), &[Int], INT, "~x.", |_, a, _, _, n| {
        ints(n, |i| Some(!a.int(0, i)))
    }),
    function("LSHIFT", &[], (2, 2), &[Int], INT, "x << y.", |_, a, _, _, n| {
        ints(n, |i| {
            Some(shift_count(a.int(1, i)).map_or(0, |n| a.int(0, i) << n))
        })
    }),
    function(
        "RSHIFT",
        &[],
        (2, 2),
        &[Int],
        INT,
        "x >> y, keeping the sign.",
        |_, a, _, _, n| ints(n, |i| Some(a.int(0, i) >> shift_count(a.int(1, i)).unwrap_or(63))),
    ),
    function(
        "BIT_COUNT",
        &[],
        (1, 1),
        &[Int],
        INT,
        "How many bits are set.",
        |_, a, _, _, n| ints(n, |i| Some(i64::from(a.int(0, i).count_ones()))),
    ),
    function(
        "HEX",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "A number, or the bytes of a string, in hexadecimal.",
        |cx, a, t, _, n| {
            if t.first().is_some_and(DataType::is_numeric) {
                let numbers = [lenient(a, t, 0, &DataType::BIGINT)?];
                return texts(cx, n, |i, out| write!(out, "{:X}", numbers.int(0, i)).ok());
            }
            let column = match t.first() {
                Some(ty) if ty.physical() == Physical::Bytes => a.first().cloned(),
                _ => Some(lenient(a, t, 0, &DataType::TEXT)?),
            };
            let bytes = [column.unwrap_or_else(|| Column::nulls(Physical::Bytes, 1))];
            texts(cx, n, |i, out| {
                bytes
                    .blob(0, i)
                    .iter()
                    .try_for_each(|b| write!(out, "{b:02X}"))
                    .ok()
            })
        },
    ),
    function(
        "UNHEX",
        &["HEX_DECODE"],
        (1, 1),
        &[Text],
        BLOB,
        "The bytes hexadecimal digits stand for; NULL of anything else.",
        |cx, a, _, _, n| blobs(cx, n, |i| unhex(a.text(0, i))),
    ),
    function(
        "BIN",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "In binary.",
        |cx, a, _, _, n| texts(cx, n, |i, out| write!(out, "{:b}", a.int(0, i)).ok()),
    ),
    function("OCT", &[], (1, 1), &[Int], TEXT, "In octal.", |cx, a, _, _, n| {
        texts(cx, n, |i, out| write!(out, "{:o}", a.int(0, i)).ok())
    }),
    function(
        "CONV",
        &[],
        (3, 3),
        &[Text, Int, Int],
        TEXT,
        "A number from one base (2 to 36) in another.",
        |cx, a, _, _, n| texts(cx, n, |i, out| conv(a.text(0, i), a.int(1, i), a.int(2, i), out)),
    ),
    function(
        "CRC32",
        &[],
        (1, 1),
        &[Bytes],
        INT,
        "The CRC-32 of the bytes.",
        |_, a, _, _, n| ints(n, |i| Some(i64::from(crc32(a.blob(0, i))))),
    ),
    function(
        "CRC32C",
        &[],
        (1, 1),
        &[Bytes],
        INT,
        "The CRC-32 of the bytes by Castagnoli's polynomial.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let step = |crc: u32, byte: &u8| {
                    (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                        (crc >> 1) ^ (0x82F6_3B78 & 0_u32.wrapping_sub(crc & 1))
                    })
                };
                Some(i64::from(!a.blob(0, i).iter().fold(u32::MAX, step)))
            })
        },
    ),
    function(
        "GET_BYTE",
        &[],
        (2, 2),
        &[Bytes, Int],
        INT,
        "The byte at a place, from 0; NULL beyond the end.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let at = usize::try_from(a.int(1, i)).ok()?;
                a.blob(0, i).get(at).map(|b| i64::from(*b))
            })
        },
    ),
    function(
        "GET_BIT",
        &[],
        (2, 2),
        &[Bytes, Int],
        INT,
        "The bit at a place, counted from the lowest bit of the first byte; NULL beyond the end.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let at = usize::try_from(a.int(1, i)).ok()?;
                a.blob(0, i).get(at / 8).map(|b| i64::from(b >> (at % 8) & 1))
            })
        },
    ),
    function(
        "URL_ENCODE",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "Percent-encoded for a URL.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                a.blob(0, i)
                    .iter()
                    .try_for_each(|b| match b {
                        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                            out.write_char(char::from(*b))
                        }
                        b => write!(out, "%{b:02X}"),
                    })
                    .ok()
            })
        },
    ),
    function(
        "URL_DECODE",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "Percent-encoding undone; NULL if the result is no text.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                out.push_str(core::str::from_utf8(&url_decode(a.blob(0, i))?).ok()?);
                Some(())
            })
        },
    ),
];

fn shift_count(n: i64) -> Option<u32> {
    u32::try_from(n).ok().filter(|n| *n < 64)
}

fn digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|d| d as u8)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let b = text.as_bytes();
    // An odd number of digits has a leading zero.
    let (first, rest) = b.split_at_checked(b.len() % 2)?;
    let mut out = Vec::with_capacity(b.len().div_ceil(2));
    for d in first {
        out.push(digit(*d)?);
    }
    for [hi, lo] in rest.as_chunks::<2>().0 {
        out.push(digit(*hi)? << 4 | digit(*lo)?);
    }
    Some(out)
}

fn url_decode(mut b: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(b.len());
    while let Some((c, rest)) = b.split_first() {
        b = rest;
        match c {
            b'+' => out.push(b' '),
            b'%' => {
                let ([hi, lo], rest) = rest.split_first_chunk::<2>()?;
                out.push(digit(*hi)? << 4 | digit(*lo)?);
                b = rest;
            }
            c => out.push(*c),
        }
    }
    Some(out)
}

/// Reads the longest prefix that is a number of the base; a negative base reads or prints with a sign.
fn conv(text: &str, from: i64, to: i64, out: &mut TextWriter) -> Option<()> {
    let base = |b: i64| Some(b.unsigned_abs()).filter(|b| (2..=36).contains(b));
    let (from_base, to_base) = (base(from)?, base(to)?);
    let text = text.trim_ascii();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    let mut v = 0u64;
    for d in digits.chars().map_while(|c| c.to_digit(from_base as u32)) {
        v = v.saturating_mul(from_base).saturating_add(u64::from(d));
    }
    if negative {
        v = v.wrapping_neg();
    }
    if to < 0 && (v as i64) < 0 {
        out.push('-');
        v = v.wrapping_neg();
    }
    let mut reversed = Vec::new();
    loop {
        reversed.push(char::from_digit((v % to_base) as u32, to_base as u32)?.to_ascii_uppercase());
        v /= to_base;
        if v == 0 {
            break;
        }
    }
    out.extend(reversed.into_iter().rev());
    Some(())
}
