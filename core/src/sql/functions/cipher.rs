//! AES_ENCRYPT and AES_DECRYPT, as MySQL has them by default: AES-128 in ECB mode, with PKCS #7 padding.
//!
//! MySQL's way to make 16 bytes of a key, and a mode that shows which blocks are alike, are kept so that its data can be
//! read; it is no recommendation.

use super::ArgKind::Bytes;
use super::ScalarFunction;
use super::args::{Args, BLOB, blobs, function, try_blobs};
use crate::types::Error;
use aes::Aes128;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use alloc::vec::Vec;

/// Bytes of a block, and of a key.
const BLOCK: usize = 16;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "AES_ENCRYPT",
        &[],
        (2, 2),
        &[Bytes],
        BLOB,
        "Bytes encrypted with a key, by AES-128 in ECB mode as MySQL has it: (message, key).",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                let message = a.blob(0, i);
                if message.len() > super::args::MAX_TEXT {
                    return Err(Error::invalid("the message is too long to be encrypted"));
                }
                Ok(Some(encrypted(message, a.blob(1, i))))
            })
        },
    ),
    function(
        "AES_DECRYPT",
        &[],
        (2, 2),
        &[Bytes],
        BLOB,
        "What AES_ENCRYPT encrypted with a key; NULL of anything else.",
        |cx, a, _, _, n| blobs(cx, n, |i| decrypted(a.blob(0, i), a.blob(1, i))),
    ),
];

/// The cipher of a key, whose bytes are laid over each other.
fn cipher(key: &[u8]) -> Aes128 {
    let mut folded = [0; BLOCK];
    for part in key.chunks(BLOCK) {
        for (to, from) in folded.iter_mut().zip(part) {
            *to ^= from;
        }
    }
    Aes128::new(GenericArray::from_slice(&folded))
}

fn encrypted(message: &[u8], key: &[u8]) -> Vec<u8> {
    let cipher = cipher(key);
    let padding = BLOCK - message.len() % BLOCK;
    let mut out = message.to_vec();
    out.resize(message.len() + padding, padding as u8);
    for block in out.chunks_exact_mut(BLOCK) {
        cipher.encrypt_block(GenericArray::from_mut_slice(block));
    }
    out
}

fn decrypted(bytes: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    if !bytes.len().is_multiple_of(BLOCK) {
        return None;
    }
    let cipher = cipher(key);
    let mut out = bytes.to_vec();
    for block in out.chunks_exact_mut(BLOCK) {
        cipher.decrypt_block(GenericArray::from_mut_slice(block));
    }
    let padding = usize::from(*out.last()?);
    let length = out.len().checked_sub(padding)?;
    let is_padding =
        (1..=BLOCK).contains(&padding) && out.get(length..)?.iter().all(|b| usize::from(*b) == padding);
    out.truncate(length);
    is_padding.then_some(out)
}
