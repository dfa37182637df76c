//! The log: small commits on their way into the redb file.
//!
//! A commit is durable once its record is appended and synced: one write into space that the file
//! already has, and one sync. redb's own durable commit writes a dozen pages all over its file and,
//! if opening after a crash is not to read all of it, syncs twice; it is made now and then, for all
//! commits in the log together, and then the log starts again at its beginning.
//!
//! ```text
//! record   crc32 (4) | length of the body (4) | salt (8) | sequence (8) | synced (8) | body | zeros to 8
//! body     ranges (4) | per range: 2 lengths (4 each), from, to
//!          changes (4) | per change: key length (4), value length (4; all ones: removed), key, value
//! ```
//!
//! Invariants: sequence numbers count commits for ever, and redb's file says which one it holds (its
//! *mark*). The records of the log follow one another without gap, from its beginning to the first
//! that is torn or older. A log has records of one salt, which whoever opens the store for writing draws
//! anew: what an earlier opening left behind the end can never continue it. So after a crash the
//! records after the mark are the commits that redb's file lacks.
//!
//! `synced` is how far the log was durable when the record was written: a record that cannot be read
//! although a later one says that it was durable is damage, not the end.

use amphi_core::{Error, Result, kv::WriteBatch};
use redb::StorageBackend;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

const HEADER: usize = 32;
const REMOVED: u32 = u32::MAX;
/// Space is reserved in steps from the first to the second of these sizes.
const STEPS: (u64, u64) = (64 << 10, 1 << 20);
/// How far beyond its end a log is searched for signs of damage.
const SEARCHED: usize = 64 << 20;

/// See the module.
pub(super) struct Log {
    file: Box<dyn StorageBackend>,
    /// Bytes of records after which the log must start again.
    capacity: u64,
    salt: u64,
    /// Of the last record, or of the mark if there is none.
    sequence: u64,
    end: u64,
    /// Bytes before this one were synced.
    synced: u64,
    /// Bytes the file has.
    reserved: u64,
    buffer: Vec<u8>,
}

fn log_error(action: &str, error: &io::Error) -> Error {
    Error::store(format!("cannot {action} the store's log: {error}"))
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(8)
}

/// Bytes a batch takes in the log.
pub(super) fn record_size(batch: &WriteBatch) -> u64 {
    let ranges: usize = batch
        .delete_ranges
        .iter()
        .map(|(f, t)| 8 + f.len() + t.len())
        .sum();
    (aligned(HEADER + 8 + ranges + 8 * batch.changes.len() + batch.bytes())) as u64
}

fn push_u32(out: &mut Vec<u8>, n: usize) {
    out.extend_from_slice(&(n as u32).to_le_bytes());
}

fn encode_body(out: &mut Vec<u8>, batch: &WriteBatch) {
    push_u32(out, batch.delete_ranges.len());
    for (from, to) in &batch.delete_ranges {
        push_u32(out, from.len());
        push_u32(out, to.len());
        out.extend_from_slice(from);
        out.extend_from_slice(to);
    }
    push_u32(out, batch.changes.len());
    for (key, change) in &batch.changes {
        push_u32(out, key.len());
        match change {
            Some(value) => push_u32(out, value.len()),
            None => out.extend_from_slice(&REMOVED.to_le_bytes()),
        }
        out.extend_from_slice(key);
        out.extend_from_slice(change.as_deref().unwrap_or_default());
    }
}

/// Takes `n` bytes off the front.
fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(n)?;
    *bytes = rest;
    Some(taken)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let taken = take(bytes, 4)?.first_chunk()?;
    Some(u32::from_le_bytes(*taken))
}

fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    let taken = take(bytes, 8)?.first_chunk()?;
    Some(u64::from_le_bytes(*taken))
}

/// `None` if the bytes are no body.
fn decode_body(mut body: &[u8]) -> Option<WriteBatch> {
    let body = &mut body;
    let mut batch = WriteBatch::default();
    for _ in 0..take_u32(body)? {
        let (from, to) = (take_u32(body)?, take_u32(body)?);
        let from = take(body, from as usize)?.to_vec();
        batch.delete_range(from, take(body, to as usize)?.to_vec());
    }
    for _ in 0..take_u32(body)? {
        let (key, value) = (take_u32(body)?, take_u32(body)?);
        let key = take(body, key as usize)?.to_vec();
        if value == REMOVED {
            batch.delete(key);
        } else {
            batch.put(key, take(body, value as usize)?.to_vec());
        }
    }
    body.is_empty().then_some(batch)
}

/// A record as it is in the file.
struct Record {
    salt: u64,
    sequence: u64,
    body: Vec<u8>,
}

impl Record {
    fn size(&self) -> u64 {
        aligned(HEADER + self.body.len()) as u64
    }
}

impl Log {
    /// The log in `file`, to be [recovered](Log::recover) before anything else.
    pub(super) fn new(file: Box<dyn StorageBackend>, capacity: u64) -> Log {
        Log {
            file,
            capacity,
            salt: RandomState::new().build_hasher().finish(),
            sequence: 0,
            end: 0,
            synced: 0,
            reserved: 0,
            buffer: Vec::new(),
        }
    }

    /// Reads what a crash left: the commits after the `mark` of the redb file, as one batch. Unless that
    /// is empty, the log takes nothing before it was [restarted](Log::restart).
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be read, is damaged, or belongs to another file.
    pub(super) fn recover(&mut self, mark: u64) -> Result<WriteBatch> {
        match self.recover_to_damage(mark)? {
            (commits, None) => Ok(commits),
            (_, Some(damage)) => Err(damage),
        }
    }

    /// As [`Log::recover`], but of a damaged log the commits before the damage, and the damage.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be read, or belongs to another file.
    pub(super) fn recover_to_damage(&mut self, mark: u64) -> Result<(WriteBatch, Option<Error>)> {
        let mut damage = None;
        self.reserved = self.file.len().map_err(|e| log_error("read", &e))?;
        let mut commits = WriteBatch::default();
        let mut last: Option<(u64, u64)> = None;
        let mut at = 0;
        while let Some(record) = self.read(at).map_err(|e| log_error("read", &e))? {
            match last {
                None if record.sequence > mark.saturating_add(1) => {
                    return Err(Error::store(
                        "the store's log continues a later state of its file; restore both from the same copy",
                    ));
                }
                Some(last) if (record.salt, record.sequence) != (last.0, last.1.wrapping_add(1)) => break,
                _ => {}
            }
            if record.sequence > mark {
                let Some(batch) = decode_body(&record.body) else {
                    damage = Some(damaged(at));
                    break;
                };
                commits.merge(batch);
            }
            last = Some((record.salt, record.sequence));
            at += record.size();
        }
        if let Some((salt, sequence)) = last {
            // Up to the mark the records are what is left of a log that has started again since: what
            // they and those behind them knew to be durable may have been overwritten.
            if sequence > mark && damage.is_none() {
                damage = self.search_damage(at, salt, sequence)?;
            }
            self.sequence = sequence;
        }
        self.sequence = self.sequence.max(mark);
        if !commits.is_empty() {
            self.end = self.capacity;
        }
        Ok((commits, damage))
    }

    /// The record at a position; `None` if there is none that is whole.
    fn read(&self, at: u64) -> io::Result<Option<Record>> {
        let left = self.reserved.saturating_sub(at);
        let mut header = [0; HEADER];
        if left < HEADER as u64 {
            return Ok(None);
        }
        self.file.read(at, &mut header)?;
        let mut fields = header.as_slice();
        let parsed = (|| {
            let (crc, length) = (take_u32(&mut fields)?, take_u32(&mut fields)?);
            let (salt, sequence) = (take_u64(&mut fields)?, take_u64(&mut fields)?);
            Some((crc, u64::from(length), salt, sequence))
        })();
        let Some((crc, length, salt, sequence)) = parsed else {
            return Ok(None);
        };
        if sequence == 0 || length > left - HEADER as u64 {
            return Ok(None);
        }
        let mut body = vec![0; length as usize];
        self.file.read(at + HEADER as u64, &mut body)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(header.get(4..).unwrap_or_default());
        hasher.update(&body);
        let record = Record { salt, sequence, body };
        Ok((hasher.finalize() == crc).then_some(record))
    }

    /// Looks behind the end for a record that knows of the one missing there.
    fn search_damage(&self, end: u64, salt: u64, last: u64) -> Result<Option<Error>> {
        let length = self.reserved.saturating_sub(end).min(SEARCHED as u64);
        let mut rest = vec![0; length as usize];
        self.file
            .read(end, &mut rest)
            .map_err(|e| log_error("read", &e))?;
        for (i, header) in rest.windows(HEADER).enumerate().step_by(8) {
            let mut fields = header.get(8..).unwrap_or_default();
            let known = take_u64(&mut fields) == Some(salt)
                && take_u64(&mut fields).is_some_and(|s| s > last)
                && take_u64(&mut fields).is_some_and(|s| s > end);
            if known
                && self
                    .read(end + i as u64)
                    .map_err(|e| log_error("read", &e))?
                    .is_some()
            {
                return Ok(Some(damaged(end)));
            }
        }
        Ok(None)
    }

    /// The sequence number of the last record.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether there are no records since it started.
    pub(super) fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Whether a record of so many bytes fits before the log must start again.
    pub(super) fn has_room(&self, size: u64) -> bool {
        self.end.saturating_add(size) <= self.capacity
    }

    /// Whether the file has any space.
    pub(super) fn has_space(&self) -> bool {
        self.reserved > 0
    }

    /// Whether records wait for [`Log::sync`].
    pub(super) fn is_unsynced(&self) -> bool {
        self.synced < self.end
    }

    /// Makes the file big enough for a record. Done with zeros before they are needed, because a sync
    /// after overwriting costs less than one after growing.
    ///
    /// # Errors
    /// [`Error::Store`], for example if the disk is full; then nothing has changed.
    pub(super) fn reserve(&mut self, size: u64) -> Result<()> {
        let needed = self.end.saturating_add(size);
        while self.reserved < needed {
            let step = self.reserved.clamp(STEPS.0, STEPS.1);
            let zeros = vec![0; step as usize];
            self.file
                .set_len(self.reserved + step)
                .and_then(|()| self.file.write(self.reserved, &zeros))
                .map_err(|e| log_error("extend", &e))?;
            self.reserved += step;
        }
        Ok(())
    }

    /// Appends a record, for which space was reserved.
    ///
    /// # Errors
    /// [`Error::Store`]; then it is not known whether the record is in the log.
    pub(super) fn append(&mut self, batch: &WriteBatch) -> Result<()> {
        let mut record = core::mem::take(&mut self.buffer);
        record.clear();
        record.resize(HEADER, 0);
        encode_body(&mut record, batch);
        let length = (record.len() - HEADER) as u32;
        let sequence = self.sequence + 1;
        if let Some((header, body)) = record.split_first_chunk_mut::<HEADER>() {
            let mut fields = Vec::with_capacity(HEADER);
            fields.extend_from_slice(&length.to_le_bytes());
            for field in [self.salt, sequence, self.synced] {
                fields.extend_from_slice(&field.to_le_bytes());
            }
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(&fields);
            hasher.update(body);
            let (crc, rest) = header.split_at_mut(4);
            crc.copy_from_slice(&hasher.finalize().to_le_bytes());
            rest.copy_from_slice(&fields);
        }
        record.resize(aligned(record.len()), 0);
        let written = self.file.write(self.end, &record);
        if written.is_ok() {
            self.sequence = sequence;
            self.end += record.len() as u64;
        }
        self.buffer = record;
        written.map_err(|e| log_error("write", &e))
    }

    /// Makes all records durable.
    ///
    /// # Errors
    /// [`Error::Store`]; then it is not known which are.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.file.sync_data().map_err(|e| log_error("sync", &e))?;
        self.synced = self.end;
        Ok(())
    }

    /// Starts again at the beginning: every record is durable in the redb file.
    pub(super) fn restart(&mut self) {
        (self.end, self.synced) = (0, 0);
    }

    /// Gives the space back: every record is durable in the redb file.
    ///
    /// # Errors
    /// [`Error::Store`]; the records are harmless all the same.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.restart();
        self.reserved = 0;
        self.file.set_len(0).map_err(|e| log_error("truncate", &e))
    }
}

fn damaged(at: u64) -> Error {
    Error::store(format!("the store's log is damaged at byte {at}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::file::SharedFile;
    use redb::backends::InMemoryBackend;

    /// A file of these bytes that outlives the log.
    fn file_of(bytes: &[u8]) -> SharedFile {
        let file = SharedFile::new(InMemoryBackend::new());
        file.set_len(bytes.len() as u64).unwrap();
        file.write(0, bytes).unwrap();
        file
    }

    fn bytes_of(file: &SharedFile) -> Vec<u8> {
        let mut all = vec![0; file.len().unwrap() as usize];
        file.read(0, &mut all).unwrap();
        all
    }

    fn open(file: &SharedFile, mark: u64) -> (Log, Result<WriteBatch>) {
        let mut log = Log::new(Box::new(file.clone()), 1 << 20);
        let commits = log.recover(mark);
        (log, commits)
    }

    fn put(log: &mut Log, key: u8) {
        let mut batch = WriteBatch::default();
        batch.put(vec![key], vec![key; 100]);
        log.reserve(record_size(&batch)).unwrap();
        let before = log.end;
        log.append(&batch).unwrap();
        assert_eq!(log.end - before, record_size(&batch));
    }

    fn keys(commits: Result<WriteBatch>) -> Vec<u8> {
        commits.unwrap().changes.keys().map(|k| k[0]).collect()
    }

    #[test]
    fn records_after_the_mark_come_back() {
        let file = file_of(&[]);
        let (mut log, none) = open(&file, 7);
        assert!(none.unwrap().is_empty());
        (1..=5).for_each(|k| put(&mut log, k));
        assert_eq!(log.sequence(), 12);
        assert_eq!(keys(open(&file, 7).1), [1, 2, 3, 4, 5]);
        assert_eq!(keys(open(&file, 10).1), [4, 5]);
        let (log, none) = open(&file, 12);
        assert!(none.unwrap().is_empty() && log.has_room(100));
        assert!(!open(&file, 10).0.has_room(1), "it must be restarted first");
        assert!(open(&file, 5).1.is_err(), "commit 7 is in neither");
    }

    #[test]
    fn every_kind_of_change_comes_back() {
        let file = file_of(&[]);
        let (mut log, _) = open(&file, 0);
        let mut batch = WriteBatch::default();
        batch.delete_range(b"a".to_vec(), b"c".to_vec());
        batch.delete_range(vec![], vec![255]);
        batch.put(b"b".to_vec(), b"new".to_vec());
        batch.put(vec![], vec![]);
        batch.delete(b"d".to_vec());
        log.reserve(record_size(&batch)).unwrap();
        log.append(&batch).unwrap();
        let read = open(&file, 0).1.unwrap();
        assert_eq!(read.delete_ranges, batch.delete_ranges);
        assert_eq!(read.changes, batch.changes);
    }

    #[test]
    fn a_torn_record_is_the_end_and_what_is_behind_it_stays_dead() {
        let file = file_of(&[]);
        let (mut log, _) = open(&file, 0);
        (1..=3).for_each(|k| put(&mut log, k));
        let (size, whole) = (log.end as usize / 3, bytes_of(&file));
        for cut in 0..3 * size {
            let mut torn = whole.clone();
            torn[cut..].fill(0);
            let left = keys(open(&file_of(&torn), 0).1);
            // The padding behind a record need not be there.
            let expected = (cut + size - (HEADER + 4 + 4 + 8 + 1 + 100)) / size;
            assert_eq!(left.len(), expected, "cut at {cut}");
        }
        // The second record is torn, the third is whole. The next opening writes the very same second.
        let mut torn = whole.clone();
        torn[size + HEADER + 20] ^= 1;
        let file = file_of(&torn);
        let (mut log, first) = open(&file, 0);
        assert_eq!(keys(first), [1]);
        log.restart();
        put(&mut log, 1);
        put(&mut log, 2);
        assert_eq!(keys(open(&file, 1).1), [1, 2]);
    }

    #[test]
    fn a_record_that_was_durable_and_is_unreadable_is_damage() {
        let file = file_of(&[]);
        let (mut log, _) = open(&file, 0);
        for k in 1..=4 {
            put(&mut log, k);
            log.sync().unwrap();
        }
        let (size, whole) = (log.end as usize / 4, bytes_of(&file));
        for (record, bit) in [(1, 0), (1, 70), (2, 300)] {
            let mut damaged = whole.clone();
            damaged[record * size + bit / 8] ^= 1 << (bit % 8);
            assert!(open(&file_of(&damaged), 0).1.is_err(), "record {record}");
        }
        let mut damaged = whole;
        damaged[3 * size + 50] ^= 1;
        assert_eq!(
            keys(open(&file_of(&damaged), 0).1),
            [1, 2, 3],
            "nothing knows of the last"
        );
    }

    #[test]
    fn what_is_left_of_the_log_before_a_restart_is_no_damage() {
        let file = file_of(&[]);
        let (mut log, _) = open(&file, 0);
        for k in 1..=4 {
            put(&mut log, k);
            log.sync().unwrap();
        }
        let (size, before) = (log.end as usize / 4, bytes_of(&file));
        // All of it is in the redb file. Of what follows, a power failure leaves the second half of the
        // third record's place written, and nothing else.
        log.restart();
        (5..=7).for_each(|k| put(&mut log, k));
        let mut torn = before;
        let half = 2 * size + size / 2..3 * size;
        torn[half.clone()].copy_from_slice(&bytes_of(&file)[half]);
        assert!(keys(open(&file_of(&torn), 4).1).is_empty());
    }

    #[test]
    fn a_restarted_log_forgets_what_it_held() {
        let file = file_of(&[]);
        let (mut log, _) = open(&file, 0);
        (1..=5).for_each(|k| put(&mut log, k));
        log.restart();
        assert!(keys(open(&file, 5).1).is_empty());
        put(&mut log, 6);
        assert_eq!(keys(open(&file, 5).1), [6]);
        log.clear().unwrap();
        assert!(keys(open(&file, 6).1).is_empty() && bytes_of(&file).is_empty());
    }
}
