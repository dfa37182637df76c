//! Digests (MD5, SHA-1, SHA-2, HMAC) and texts that stand for bytes (Base64, hexadecimal).

use super::ArgKind::{Bytes, Int, Text};
use super::ScalarFunction;
use super::args::{Args, BLOB, TEXT, blobs, function, texts, try_texts};
use super::text_writer::TextWriter;
use crate::types::Error;
use alloc::{format, string::String};
use base64ct::{Base64, Encoding};
use core::fmt::Write;
use hmac::{Hmac, Mac};
use sha2::Digest;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "MD5",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The MD5 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&md5::Md5::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA1",
        &["SHA"],
        (1, 1),
        &[Bytes],
        TEXT,
        "The SHA-1 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&sha1::Sha1::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA224",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The SHA-224 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&sha2::Sha224::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA256",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The SHA-256 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&sha2::Sha256::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA384",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The SHA-384 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&sha2::Sha384::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA512",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "The SHA-512 digest, in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(&sha2::Sha512::digest(a.blob(0, i)), out)),
    ),
    function(
        "SHA2",
        &[],
        (2, 2),
        &[Bytes, Int],
        TEXT,
        "The SHA-2 digest of 224, 256 (also 0), 384 or 512 bits, in hexadecimal; NULL of another number.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let bytes = a.blob(0, i);
                match a.int(1, i) {
                    224 => hex(&sha2::Sha224::digest(bytes), out),
                    0 | 256 => hex(&sha2::Sha256::digest(bytes), out),
                    384 => hex(&sha2::Sha384::digest(bytes), out),
                    512 => hex(&sha2::Sha512::digest(bytes), out),
                    _ => None,
                }
            })
        },
    ),
    function(
        "HMAC_SHA256",
        &[],
        (2, 2),
        &[Bytes],
        TEXT,
        "The HMAC of a message by SHA-256, in hexadecimal (RFC 2104): (message, key).",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let mac = Hmac::<sha2::Sha256>::new_from_slice(a.blob(1, i));
                let mut mac = mac.map_err(|e| Error::invalid(format!("the key of HMAC_SHA256: {e}")))?;
                mac.update(a.blob(0, i));
                Ok(hex(&mac.finalize().into_bytes(), out))
            })
        },
    ),
    function(
        "BASE64_ENCODE",
        &["TO_BASE64"],
        (1, 1),
        &[Bytes],
        TEXT,
        "Bytes as Base64 (RFC 4648), padded and in one line.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                out.push_str(&Base64::encode_string(a.blob(0, i)));
                Some(())
            })
        },
    ),
    function(
        "BASE64_DECODE",
        &["FROM_BASE64"],
        (1, 1),
        &[Text],
        BLOB,
        "The bytes that Base64 stands for, white space left out; NULL of anything else.",
        |cx, a, _, _, n| {
            blobs(cx, n, |i| {
                let digits: String = a.text(0, i).split_ascii_whitespace().collect();
                Base64::decode_vec(&digits).ok()
            })
        },
    ),
    function(
        "HEX_ENCODE",
        &[],
        (1, 1),
        &[Bytes],
        TEXT,
        "Bytes in hexadecimal.",
        |cx, a, _, _, n| texts(cx, n, |i, out| hex(a.blob(0, i), out)),
    ),
];

fn hex(bytes: &[u8], out: &mut TextWriter) -> Option<()> {
    bytes.iter().try_for_each(|b| write!(out, "{b:02x}")).ok()
}
