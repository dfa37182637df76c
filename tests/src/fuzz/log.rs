//! The native store's log, read as after a crash: records with good checksums and any body, any numbers.
//!
//! What the store then shows must be the same however it is read, take a commit, and come back the same
//! after it was closed.

use super::frame::log_record;
use super::input::{Input, parts};
use crate::block_on::block_on;
use crate::disk::{Disk, DiskFault, Files, new_store, open_store};
use amphi::store::{RedbStore, StoreOptions};
use amphi_core::kv::{Durability, KvBackend, WriteBatch};
use std::sync::OnceLock;

/// Between records.
pub(super) const RECORD: &[u8] = b"\xffREC";

fn empty_store() -> Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(new_store).clone()
}

/// A record by its first byte: salt and sequence number follow the one before, or do not, or the bytes are
/// no record at all.
fn log_of(data: &[u8]) -> Vec<u8> {
    let mut log: Vec<u8> = Vec::new();
    let mut sequence = 0_u64;
    for part in parts(data, RECORD).take(64) {
        let mut input = Input::new(part);
        let how = input.u8();
        let salt = if how & 1 == 0 { 7 } else { input.u64() };
        sequence = if how & 2 == 0 {
            sequence.wrapping_add(1)
        } else {
            input.u64()
        };
        let synced = if how & 4 == 0 {
            log.len() as u64
        } else {
            input.u64()
        };
        let body = input.rest();
        if how & 8 == 0 {
            log.extend(log_record(salt, sequence, synced, body));
        } else {
            log.extend_from_slice(body);
            log.resize(log.len().next_multiple_of(8), 0);
        }
    }
    log
}

fn entries(store: &RedbStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all = block_on(store.scan(&[], &[0xff; 64], usize::MAX)).expect("the store is read");
    assert!(all.is_sorted_by(|a, b| a.0 < b.0), "keys out of order");
    let keys: Vec<Vec<u8>> = all.iter().map(|(k, _)| k.clone()).collect();
    let values = block_on(store.get_many(&keys)).expect("the store is read");
    assert!(
        all.iter()
            .map(|(_, v)| Some(v))
            .eq(values.iter().map(Option::as_ref)),
        "scan and get differ"
    );
    all
}

pub(super) fn run(data: &[u8]) {
    let [file, _] = empty_store();
    let disk = Disk::new([file, log_of(data)], DiskFault::None);
    let options = StoreOptions {
        log_bytes: 4096,
        ..StoreOptions::default()
    };
    let Ok(store) = open_store(&disk, options) else {
        return;
    };
    let mut expected = entries(&store);
    let mut batch = WriteBatch::default();
    batch.put(b"\x20new".to_vec(), b"value".to_vec());
    block_on(store.commit(batch, Durability::Sync)).expect("a commit is taken");
    expected.retain(|(k, _)| k != b"\x20new");
    expected.push((b"\x20new".to_vec(), b"value".to_vec()));
    expected.sort();
    assert_eq!(entries(&store), expected, "after a commit");
    store.close().expect("the store closes");
    let store = open_store(&disk, options).expect("the store opens again");
    assert_eq!(entries(&store), expected, "opened again");
}
