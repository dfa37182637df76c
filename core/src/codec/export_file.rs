//! The file of an export: the entries of a store with all tables, as one run of bytes.
//!
//! `"AMPHIEXP"` · format version (1) · entries · end. An entry is `01` · length of its key (4) · length of its value (4) · key ·
//! value. The end is `00` · number of entries (8) · crc32 of all before (4). Numbers are little-endian. The entries are those
//! of the store, in any order, each key once; blocks and records among them have checksums of their own.

use super::Crc32;
use crate::types::{Error, Result};
use alloc::{format, string::ToString, vec::Vec};

const MAGIC: &[u8; 8] = b"AMPHIEXP";
/// The version that is written, and the only one there is.
const VERSION: u8 = 1;
const ENTRY: u8 = 1;
const END: u8 = 0;

/// Makes the bytes of an export, part by part.
pub struct ExportWriter {
    crc: Crc32,
    entries: u64,
}

impl ExportWriter {
    /// Starts an export: its first bytes go into `out`.
    pub fn new(out: &mut Vec<u8>) -> ExportWriter {
        let mut writer = ExportWriter {
            crc: Crc32::new(),
            entries: 0,
        };
        let from = out.len();
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        writer.count(out, from);
        writer
    }

    fn count(&mut self, out: &[u8], from: usize) {
        self.crc.update(out.get(from..).unwrap_or_default());
    }

    /// Appends an entry to `out`.
    ///
    /// # Errors
    /// [`Error::Store`] if it has 4 GiB, which no store takes.
    pub fn entry(&mut self, key: &[u8], value: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let too_big = |_| Error::store("an entry of 4 GiB cannot be exported");
        let lengths = [key.len(), value.len()].map(|n| u32::try_from(n).map_err(too_big));
        let from = out.len();
        out.push(ENTRY);
        for length in lengths {
            out.extend_from_slice(&length?.to_le_bytes());
        }
        out.extend_from_slice(key);
        out.extend_from_slice(value);
        self.entries = self.entries.saturating_add(1);
        self.count(out, from);
        Ok(())
    }

    /// Appends the end to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let from = out.len();
        out.push(END);
        out.extend_from_slice(&self.entries.to_le_bytes());
        self.count(out, from);
        out.extend_from_slice(&self.crc.finalize().to_le_bytes());
    }
}

/// An export that is whole: its entries, by key.
#[derive(Debug)]
pub struct ExportFile<'a> {
    entries: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> ExportFile<'a> {
    /// Verifies the bytes of an export and finds its entries.
    ///
    /// # Errors
    /// [`Error::NotAStore`] if they are none, or of a later version; [`Error::Corrupted`] if they are damaged or cut
    /// short.
    pub fn open(bytes: &'a [u8]) -> Result<ExportFile<'a>> {
        let not_ours = |message: &str| Error::NotAStore {
            path: "the export".to_string(),
            message: message.to_string(),
        };
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| not_ours("it does not begin as one of Amphi does"))?;
        let damaged = || Error::corrupted("export", &[]);
        let (version, _) = rest.split_first().ok_or_else(damaged)?;
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
        let mut crc = Crc32::new();
        crc.update(body);
        if crc.finalize().to_le_bytes() != *sum {
            return Err(damaged());
        }
        if *version != VERSION {
            return Err(not_ours(&format!(
                "it has format {version}, this version of Amphi knows {VERSION}"
            )));
        }
        let rest = body.get(MAGIC.len() + 1..).ok_or_else(damaged)?;
        entries(rest)
            .map(|entries| ExportFile { entries })
            .ok_or_else(damaged)
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        let i = self.entries.binary_search_by_key(&key, |(k, _)| k).ok()?;
        self.entries.get(i).map(|(_, value)| *value)
    }

    /// The entries with `from <= key < to`, ascending.
    pub fn range(&self, from: &[u8], to: &[u8]) -> &[(&'a [u8], &'a [u8])] {
        let start = self.entries.partition_point(|(k, _)| *k < from);
        let end = self.entries.partition_point(|(k, _)| *k < to);
        self.entries.get(start..end).unwrap_or_default()
    }
}

/// The entries before the end, by key; `None` if that is not what the bytes are.
fn entries(mut rest: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut entries = Vec::new();
    loop {
        let (tag, after) = rest.split_first()?;
        if *tag == END {
            let counted = u64::from_le_bytes(after.try_into().ok()?);
            if counted != entries.len() as u64 {
                return None;
            }
            break;
        }
        let (key, after) = (*tag == ENTRY).then(|| after.split_first_chunk::<4>())??;
        let (value, after) = after.split_first_chunk::<4>()?;
        let (key, after) = after.split_at_checked(u32::from_le_bytes(*key) as usize)?;
        let (value, after) = after.split_at_checked(u32::from_le_bytes(*value) as usize)?;
        entries.push((key, value));
        rest = after;
    }
    entries.sort_unstable_by_key(|(key, _)| *key);
    let each_once = entries.is_sorted_by(|(a, _), (b, _)| a < b);
    each_once.then_some(entries)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn export(entries: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = ExportWriter::new(&mut bytes);
        for (key, value) in entries {
            writer.entry(key, value, &mut bytes).unwrap();
        }
        writer.finish(&mut bytes);
        bytes
    }

    #[test]
    fn entries_come_back_by_key() {
        let bytes = export(&[(b"b", b"2"), (b"a", b""), (b"c", b"333")]);
        let file = ExportFile::open(&bytes).unwrap();
        assert_eq!(file.get(b"b"), Some(&b"2"[..]));
        assert_eq!(file.get(b"bb"), None);
        assert_eq!(file.range(b"a", b"c"), [(&b"a"[..], &b""[..]), (b"b", b"2")]);
        assert!(file.range(b"c", b"a").is_empty());
        assert!(
            ExportFile::open(&export(&[]))
                .unwrap()
                .range(b"", b"z")
                .is_empty()
        );
    }

    #[test]
    fn whatever_is_damaged_or_cut_short_is_refused() {
        let bytes = export(&[(b"key", b"value"), (b"other", b"")]);
        for cut in 0..bytes.len() {
            assert!(ExportFile::open(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refused = ExportFile::open(&damaged).unwrap_err();
            let expected = if bit / 8 < MAGIC.len() { "AM004" } else { "XX001" };
            assert_eq!(refused.code(), expected, "bit {bit}");
        }
        assert_eq!(
            ExportFile::open(&export(&[(b"a", b"1"), (b"a", b"2")]))
                .unwrap_err()
                .code(),
            "XX001"
        );
    }

    #[test]
    fn a_later_version_is_refused_by_its_number() {
        let mut bytes = export(&[]);
        bytes[8] = 2;
        let end = bytes.len() - 4;
        let mut crc = Crc32::new();
        crc.update(&bytes[..end]);
        bytes[end..].copy_from_slice(&crc.finalize().to_le_bytes());
        let refused = ExportFile::open(&bytes).unwrap_err();
        assert_eq!(refused.code(), "AM004");
        assert!(refused.to_string().contains("format 2"), "{refused}");
    }
}
