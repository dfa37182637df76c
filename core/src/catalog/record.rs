//! How the catalog is kept in the store: one `postcard` record per table, and one for the rest.
//!
//! A record is `version byte | postcard | crc32 of all before`. Only stored tables have records.

use super::{PersistenceConfig, TableDef};
use crate::types::{Error, Result};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The format version of catalog records.
const VERSION: u8 = 1;

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

/// Everything of the catalog that is not a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemasRecord {
    /// Schema names as declared.
    pub schemas: Vec<String>,
    /// Persistence enabled for tables that do not exist yet: schema key, table key, settings.
    pub remembered: Vec<(String, String, PersistenceConfig)>,
}

/// Encodes a record.
///
/// # Errors
/// [`Error::Store`] if `postcard` refuses it, which no record of ours makes it do.
pub fn encode_record<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    let mut out = postcard::to_extend(record, alloc::vec![VERSION])
        .map_err(|e| Error::store(alloc::format!("cannot encode a catalog record: {e}")))?;
    let sum = crc32fast::hash(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    Ok(out)
}

/// Decodes a record; `key` is named in the error.
///
/// # Errors
/// [`Error::Corrupted`] if the checksum or the structure is wrong; [`Error::NotAStore`] if a newer
/// version of Amphi wrote it.
pub fn decode_record<T: DeserializeOwned>(bytes: &[u8], key: &[u8]) -> Result<T> {
    let corrupted = || Error::Corrupted {
        table: "catalog".to_string(),
        key: key.iter().map(|b| alloc::format!("{b:02x}")).collect(),
    };
    let (body, sum) = bytes.split_last_chunk::<4>().ok_or_else(corrupted)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return Err(corrupted());
    }
    let (version, body) = body.split_first().ok_or_else(corrupted)?;
    if *version != VERSION {
        return Err(Error::NotAStore {
            path: "catalog".to_string(),
            message: alloc::format!("record format {version} is not known to this version"),
        });
    }
    postcard::from_bytes(body).map_err(|_| corrupted())
}
