//! COMPRESS and UNCOMPRESS, in MySQL's form: the length in four bytes, the lowest first, then zlib's (RFC 1950).

use super::ArgKind::Bytes;
use super::ScalarFunction;
use super::args::{Args, BLOB, INT, MAX_TEXT, blobs, function, ints};
use alloc::vec::Vec;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

/// zlib's own level.
const LEVEL: u8 = 6;
/// MySQL leaves the upper two bits of the length to others.
const LENGTH: u32 = 0x3FFF_FFFF;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "COMPRESS",
        &[],
        (1, 1),
        &[Bytes],
        BLOB,
        "Bytes compressed by zlib, behind their length, as in MySQL.",
        |cx, a, _, _, n| blobs(cx, n, |i| Some(compressed(a.blob(0, i)))),
    ),
    function(
        "UNCOMPRESS",
        &[],
        (1, 1),
        &[Bytes],
        BLOB,
        "What COMPRESS compressed; NULL of anything else.",
        |cx, a, _, _, n| blobs(cx, n, |i| uncompressed(a.blob(0, i))),
    ),
    function(
        "UNCOMPRESSED_LENGTH",
        &[],
        (1, 1),
        &[Bytes],
        INT,
        "How many bytes compressed ones say that they were.",
        |_, a, _, _, n| {
            ints(n, |i| {
                let length = a.blob(0, i).first_chunk::<4>().map(|l| u32::from_le_bytes(*l));
                Some(i64::from(length.unwrap_or(0) & LENGTH))
            })
        },
    ),
];

fn compressed(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut out = (bytes.len() as u32 & LENGTH).to_le_bytes().to_vec();
    out.append(&mut compress_to_vec_zlib(bytes, LEVEL));
    // So that a CHAR column does not cut it.
    if out.last() == Some(&b' ') {
        out.push(b'.');
    }
    out
}

fn uncompressed(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = (u32::from_le_bytes(*length) & LENGTH) as usize;
    if length > MAX_TEXT {
        return None;
    }
    let out = decompress_to_vec_zlib_with_limit(rest, length).ok()?;
    (out.len() == length).then_some(out)
}
