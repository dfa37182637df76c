//! Frames with good checksums around what a fuzzer made: it cannot guess a checksum, and whoever damages
//! a file on purpose can compute one.
//!
//! Written from the description of the formats in ARCHITECTURE.md.

/// Bytes of a block before its body.
pub(super) const BLOCK_HEADER: usize = 7;

/// The block of this kind and body under a key, in the format version that is written.
pub(super) fn block(key: &[u8], kind: u8, body: &[u8]) -> Vec<u8> {
    let is_of_directory = matches!(kind, 2 | 4);
    block_of_format(key, kind, if is_of_directory { 2 } else { 1 }, body)
}

/// The block of this kind, format version and body under a key.
pub(super) fn block_of_format(key: &[u8], kind: u8, format: u8, body: &[u8]) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(&[format, kind]);
    crc.update(body);
    let mut block = vec![0xa3, format, kind];
    block.extend_from_slice(&crc.finalize().to_le_bytes());
    block.extend_from_slice(body);
    block
}

/// The catalog record of this body under a key.
pub(super) fn record(key: &[u8], body: &[u8]) -> Vec<u8> {
    let mut record = vec![1];
    record.extend_from_slice(body);
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(&record);
    record.extend_from_slice(&crc.finalize().to_le_bytes());
    record
}

/// A store's entry without what [`frame`] adds; for a block the kind comes first.
pub(super) fn unframe(key: &[u8], value: &[u8]) -> Vec<u8> {
    match key.first() {
        Some(0x10) => {
            let mut bare = value[2..3].to_vec();
            bare.extend_from_slice(&value[BLOCK_HEADER..]);
            bare
        }
        Some(0x02 | 0x04) => value[1..value.len() - 4].to_vec(),
        _ => value.to_vec(),
    }
}

/// A store's entry with the frame its key asks for.
pub(super) fn frame(key: &[u8], bare: &[u8]) -> Vec<u8> {
    match (key.first(), bare.split_first()) {
        (Some(0x10), Some((kind, body))) => block(key, *kind, body),
        (Some(0x02 | 0x04), _) => record(key, bare),
        _ => bare.to_vec(),
    }
}

/// A record of the log: see `native/src/store/log.rs`.
pub(super) fn log_record(salt: u64, sequence: u64, synced: u64, body: &[u8]) -> Vec<u8> {
    let mut rest = (body.len() as u32).to_le_bytes().to_vec();
    for field in [salt, sequence, synced] {
        rest.extend_from_slice(&field.to_le_bytes());
    }
    rest.extend_from_slice(body);
    let mut record = crc32fast::hash(&rest).to_le_bytes().to_vec();
    record.extend_from_slice(&rest);
    record.resize(record.len().next_multiple_of(8), 0);
    record
}
