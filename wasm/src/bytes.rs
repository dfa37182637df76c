//! Lists of keys and batches as one run of bytes, for a store in JavaScript. Numbers are 4 bytes, little-endian.
//!
//! - *keys*: their number; each with its length in front;
//! - *batch*: the number of deleted ranges, the two keys of each; the number of changes, each a key and either the
//!   length of its value and the value, or [`ABSENT`] for a delete. A key has its length in front.

use amphi_core::{Error, Result, kv::WriteBatch};

/// The length of a value that is not there.
const ABSENT: u32 = u32::MAX;

fn put_number(out: &mut Vec<u8>, number: usize) -> Result<()> {
    let number = u32::try_from(number).ok().filter(|n| *n != ABSENT);
    let number = number.ok_or_else(|| Error::store("a commit of 4 GiB is more than the store takes"))?;
    out.extend_from_slice(&number.to_le_bytes());
    Ok(())
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    put_number(out, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// A list of keys.
///
/// # Errors
/// [`Error::Store`] if there are too many.
pub(crate) fn keys(keys: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(4 + keys.iter().map(|k| k.len() + 4).sum::<usize>());
    put_number(&mut out, keys.len())?;
    for key in keys {
        put_bytes(&mut out, key)?;
    }
    Ok(out)
}

/// A batch.
///
/// # Errors
/// [`Error::Store`] if it is too big.
pub(crate) fn batch(batch: &WriteBatch) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(batch.bytes() + 8 * batch.changes.len() + 64);
    put_number(&mut out, batch.delete_ranges.len())?;
    for (from, to) in &batch.delete_ranges {
        put_bytes(&mut out, from)?;
        put_bytes(&mut out, to)?;
    }
    put_number(&mut out, batch.changes.len())?;
    for (key, change) in &batch.changes {
        put_bytes(&mut out, key)?;
        match change {
            Some(value) => put_bytes(&mut out, value)?,
            None => out.extend_from_slice(&ABSENT.to_le_bytes()),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_written_as_documented() {
        let mut written = WriteBatch::default();
        written.delete_range(b"a".to_vec(), b"bc".to_vec());
        written.put(b"k".to_vec(), b"".to_vec());
        written.delete(b"l".to_vec());
        let expected: [&[u8]; 8] = [
            &[1, 0, 0, 0],
            &[1, 0, 0, 0, b'a'],
            &[2, 0, 0, 0, b'b', b'c'],
            &[2, 0, 0, 0],
            &[1, 0, 0, 0, b'k'],
            &[0, 0, 0, 0],
            &[1, 0, 0, 0, b'l'],
            &[255, 255, 255, 255],
        ];
        assert_eq!(batch(&written), Ok(expected.concat()));
        let listed = keys(&[b"x".to_vec(), Vec::new()]);
        assert_eq!(listed, Ok(vec![2, 0, 0, 0, 1, 0, 0, 0, b'x', 0, 0, 0, 0]));
    }
}
