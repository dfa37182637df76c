//! What makes a store a database: the superblock, a magic word and the version of the store's format.
//!
//! It is written once, in one batch with the first catalog; whatever is cut short before that batch is no
//! database.

use super::records::{Extent, records};
use crate::catalog::Catalog;
use crate::codec::superblock_key;
use crate::kv::{KvBackend, WriteBatch};
use crate::types::{Error, Result};
use alloc::format;
use alloc::string::{String, ToString};

/// The version of the store's format.
const STORE_FORMAT: u8 = 1;
const MAGIC: &[u8] = b"AMPHI";
/// What the superblock holds.
pub(super) const SUPERBLOCK: &[u8] = &[b'A', b'M', b'P', b'H', b'I', STORE_FORMAT];

/// Whether a store holds a database; an empty one does not.
///
/// # Errors
/// [`Error::NotAStore`] if it holds something else, or a format of another version.
pub(super) async fn is_database(store: &dyn KvBackend) -> Result<bool> {
    let not_ours = |message: String| Error::NotAStore {
        path: "the store".to_string(),
        message,
    };
    let found = store.get_many(&[superblock_key()]).await?;
    match found.first().and_then(|v| v.as_deref()) {
        Some(SUPERBLOCK) => Ok(true),
        Some(other) => match other.strip_prefix(MAGIC) {
            Some([version]) => Err(not_ours(format!(
                "it has store format {version}, this version of Amphi knows {STORE_FORMAT}"
            ))),
            _ => Err(not_ours("its superblock is not ours".to_string())),
        },
        None if is_empty(store).await? => Ok(false),
        None => Err(not_ours("it has entries but no superblock".to_string())),
    }
}

/// Whether a store holds nothing at all.
pub(super) async fn is_empty(store: &dyn KvBackend) -> Result<bool> {
    Ok(store.scan(&[], &[0xff; 16], 1).await?.is_empty())
}

/// What makes a store a database with these tables of a catalog: the superblock and all records.
pub(super) fn first_batch(catalog: &Catalog, extent: Extent) -> Result<WriteBatch> {
    let mut batch = WriteBatch::default();
    batch.put(superblock_key(), SUPERBLOCK.to_vec());
    for (key, value) in records(catalog, extent)? {
        batch.put(key, value);
    }
    Ok(batch)
}
