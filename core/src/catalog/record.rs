//! How the catalog is kept in the store: one `postcard` record per table, and one for the rest.
//!
//! A record is `version byte | postcard | crc32 of its key and all before`. Only stored tables have
//! records, and the record of the rest lists them all: a lost record is noticed, not a table less.

use super::record_v1::{SchemasRecordV1, TableRecordV1};
use super::{PersistenceConfig, SequenceRecord, TableDef, ViewDef};
use crate::codec::{Crc32, table_key};
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The format version of catalog records that are written; older ones are read too.
const VERSION: u8 = 2;
/// Ids of tables and trees are handed out one after the other; none gets there.
pub const MAX_ID: u64 = 1 << 63;

/// The parent of a foreign key by name, for when its table does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentName {
    /// The parent's schema.
    pub schema: String,
    /// The parent's name.
    pub table: String,
    /// The parent's columns.
    pub columns: Vec<String>,
}

/// One stored table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRecord {
    /// The definition, placement included.
    pub def: TableDef,
    /// Tree id of the rows.
    pub rows: u64,
    /// Tree ids of the indexes, in the definition's order.
    pub indexes: Vec<u64>,
    /// Next row id to hand out.
    pub sequence: i64,
    /// The parents of the definition's foreign keys by name, in its order: a parent in memory is gone
    /// after a restart.
    pub parents: Vec<ParentName>,
}

impl TableRecord {
    /// Decodes the record stored under `key`.
    ///
    /// # Errors
    /// As [`decode_record`]; [`Error::Corrupted`] too if the parts of the record contradict each other.
    pub fn decode(bytes: &[u8], key: &[u8]) -> Result<TableRecord> {
        let record = TableRecord::decode_exported(bytes, key)?;
        match record.def.persistence.persistent {
            true => Ok(record),
            false => Err(Error::corrupted(record.def.name, key)),
        }
    }

    /// As [`TableRecord::decode`], of an export, which has tables in memory too.
    ///
    /// # Errors
    /// As there.
    pub fn decode_exported(bytes: &[u8], key: &[u8]) -> Result<TableRecord> {
        let record: TableRecord = decode_record(bytes, key)?;
        let def = &record.def;
        let named = key == table_key(def.id.0) && !def.id.is_temporary();
        let distinct =
            |i: usize, id: &u64| *id != record.rows && !record.indexes.iter().take(i).any(|o| o == id);
        let trees = record.indexes.len() == def.indexes.len()
            && record.indexes.iter().enumerate().all(|(i, id)| distinct(i, id));
        let ids = record.indexes.iter().chain([&record.rows, &def.id.0]);
        let possible = ids
            .chain(def.foreign_keys.iter().map(|f| &f.parent.0))
            .all(|id| *id < MAX_ID);
        if named && trees && possible && def.is_consistent() {
            Ok(record)
        } else {
            Err(Error::corrupted(record.def.name, key))
        }
    }
}

/// Everything of the catalog that is not a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemasRecord {
    /// Schema names as declared.
    pub schemas: Vec<String>,
    /// Persistence enabled for tables that do not exist yet: schema key, table key, settings.
    pub remembered: Vec<(String, String, PersistenceConfig)>,
    /// The ids of all stored tables, ascending: each has a record.
    pub tables: Vec<u64>,
    /// All views.
    pub views: Vec<ViewDef>,
    /// All sequences.
    pub sequences: Vec<SequenceRecord>,
}

/// A record, in the formats it has had.
pub trait Record: Serialize + DeserializeOwned {
    /// The record of format 1.
    type V1: DeserializeOwned + Into<Self>;
}

impl Record for TableRecord {
    type V1 = TableRecordV1;
}

impl Record for SchemasRecord {
    type V1 = SchemasRecordV1;
}

fn checksum(key: &[u8], body: &[u8]) -> [u8; 4] {
    let mut crc = Crc32::new();
    crc.update(key);
    crc.update(body);
    crc.finalize().to_le_bytes()
}

/// Encodes a record, to be stored under `key`.
///
/// # Errors
/// [`Error::Store`] if `postcard` refuses it, which no record of ours makes it do.
pub fn encode_record<T: Record>(record: &T, key: &[u8]) -> Result<Vec<u8>> {
    let mut out = postcard::to_extend(record, alloc::vec![VERSION])
        .map_err(|e| Error::store(alloc::format!("cannot encode a catalog record: {e}")))?;
    let sum = checksum(key, &out);
    out.extend_from_slice(&sum);
    Ok(out)
}

/// Decodes the record stored under `key`.
///
/// # Errors
/// [`Error::Corrupted`] naming the key if the checksum or the structure is wrong; [`Error::NotAStore`]
/// if a newer version of Amphi wrote it.
pub fn decode_record<T: Record>(bytes: &[u8], key: &[u8]) -> Result<T> {
    let corrupted = || Error::corrupted("catalog", key);
    let (body, sum) = bytes.split_last_chunk::<4>().ok_or_else(corrupted)?;
    if checksum(key, body) != *sum {
        return Err(corrupted());
    }
    let (version, body) = body.split_first().ok_or_else(corrupted)?;
    let decoded = match *version {
        1 => whole::<T::V1>(body).map(Into::into),
        VERSION => whole(body),
        version => {
            return Err(Error::NotAStore {
                path: "the store".to_string(),
                message: alloc::format!(
                    "its catalog has record format {version}, this version of Amphi knows up to {VERSION}"
                ),
            });
        }
    };
    decoded.ok_or_else(corrupted)
}

/// What `bytes` encode, all of them.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((record, [])) => Some(record),
        _ => None,
    }
}
