//! Opening: recognise the store, restore the catalog, load directories, remove what a crash left over.

use super::config::Config;
use super::engine::Engine;
use super::trees::Trees;
use crate::catalog::{Catalog, Placement, SchemasRecord, TableRecord, decode_record};
use crate::codec::{TreeId, blocks_range, schemas_key, superblock_key, table_range, tree_of_key, tree_range};
use crate::host::Host;
use crate::kv::{Durability, KvBackend, WriteBatch};
use crate::table::{Sequence, Table};
use crate::tree::{BlockCache, IndexTree, RowTree};
use crate::txn::{Counters, History, Latch, Snapshot};
use crate::types::{Error, Result};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64};
use spin::Mutex;

/// What the superblock holds: a magic word and the version of the store's format.
const SUPERBLOCK: &[u8] = b"AMPHI\x01";
/// Entries read per trip.
const PAGE: usize = 256;

impl Engine {
    /// Opens a database over a store, or in memory without one.
    ///
    /// # Errors
    /// [`Error::NotAStore`] if the store holds something else, [`Error::Corrupted`], [`Error::Store`],
    /// [`Error::Config`].
    pub async fn open(
        store: Option<Arc<dyn KvBackend>>,
        host: Arc<dyn Host>,
        config: Config,
    ) -> Result<Engine> {
        let store = store.filter(|_| config.enable_store);
        config.validate(store.is_some())?;
        let cache = BlockCache::new(config.cache.bytes(), config.cache.eviction_policy.into());
        let trees = Trees::new(config.sizing, cache);
        let mut catalog = Catalog::new(&config.name);
        let mut records = BTreeMap::new();
        let mut next_table = 1;
        if let Some(store) = store.as_deref() {
            recognise(store, config.writable).await?;
            records = restore(store, &trees, &mut catalog).await?;
            if config.writable {
                remove_leftovers(store, &trees, &catalog).await?;
            }
            next_table = catalog.tables().map(|t| t.def.id.0 + 1).max().unwrap_or(1);
            // Parents that lived in memory are gone, but children still name them: their ids stay taken.
            let parents = catalog
                .tables()
                .flat_map(|t| t.def.foreign_keys.iter().map(|f| f.parent.0 + 1));
            next_table = parents.max().unwrap_or(1).max(next_table);
        }
        catalog.set_schema_version(1);
        Ok(Engine {
            history: Arc::new(History::new(Snapshot { version: 1, catalog })),
            store,
            host,
            trees,
            counters: Arc::new(Counters::default()),
            config,
            commit_latch: Latch::default(),
            store_latch: Latch::default(),
            records: Mutex::new(records),
            unwritten: AtomicBool::new(false),
            poisoned: Mutex::new(None),
            closed: AtomicBool::new(false),
            next_table: AtomicU64::new(next_table),
            next_schema_version: AtomicU64::new(2),
        })
    }
}

/// Checks the superblock; writes it into an empty store.
async fn recognise(store: &dyn KvBackend, writable: bool) -> Result<()> {
    let not_ours = |message: &str| Error::NotAStore {
        path: "the store".to_string(),
        message: message.to_string(),
    };
    let found = store.get_many(&[superblock_key()]).await?;
    match found.first().and_then(|v| v.as_deref()) {
        Some(SUPERBLOCK) => Ok(()),
        Some(b) if b.starts_with(b"AMPHI") => Err(not_ours("it has a format this version does not know")),
        Some(_) => Err(not_ours("its superblock is not ours")),
        None if !store.scan(&[], &[0xff; 16], 1).await?.is_empty() => Err(not_ours("it has no superblock")),
        None if !writable => Ok(()),
        None => {
            let mut batch = WriteBatch::default();
            batch.put(superblock_key(), SUPERBLOCK.to_vec());
            store.commit(batch, Durability::Sync).await
        }
    }
}

/// Reads catalog records and loads the trees they name. Returns the records as stored.
async fn restore(
    store: &dyn KvBackend,
    trees: &Trees,
    catalog: &mut Catalog,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::new();
    let key = schemas_key();
    if let Some(Some(bytes)) = store.get_many(core::slice::from_ref(&key)).await?.pop() {
        let schemas: SchemasRecord = decode_record(&bytes, &key)?;
        schemas.schemas.iter().for_each(|s| catalog.add_schema(s));
        schemas
            .remembered
            .into_iter()
            .for_each(|(s, t, c)| catalog.remember(&s, &t, Some(c)));
        records.insert(key, bytes);
    }
    let (mut from, to) = table_range();
    let mut parents = Vec::new();
    loop {
        let page = store.scan(&from, &to, PAGE).await?;
        let full = page.len() == PAGE;
        for (key, bytes) in page {
            let record: TableRecord = decode_record(&bytes, &key)?;
            parents.push((record.def.id, record.parents.clone()));
            catalog.put_table(Arc::new(load_table(store, trees, record, &key).await?));
            from = [key.as_slice(), &[0]].concat();
            records.insert(key, bytes);
        }
        if !full {
            break;
        }
    }
    for (child, names) in parents {
        let foreign = catalog.table(child)?.def.foreign_keys.clone();
        for (f, name) in foreign.iter().zip(names) {
            if catalog.get(f.parent).is_none() {
                catalog.add_orphan(child, &f.name, name);
            }
        }
    }
    Ok(records)
}

async fn load_table(store: &dyn KvBackend, trees: &Trees, record: TableRecord, key: &[u8]) -> Result<Table> {
    let def = record.def;
    let placement = def.persistence.placement();
    if record.indexes.len() != def.indexes.len() {
        let key = key.iter().map(|b| alloc::format!("{b:02x}")).collect();
        return Err(Error::Corrupted { table: def.name, key });
    }
    let rows = RowTree::load(trees.existing(TreeId(record.rows), &def.name, placement), store).await?;
    let mut indexes = Vec::new();
    for (id, index) in record.indexes.iter().zip(&def.indexes) {
        let label = alloc::format!("{}.{}", def.name, index.name);
        indexes.push(IndexTree::load(trees.existing(TreeId(*id), &label, placement), store).await?);
    }
    if placement == Placement::Dual {
        rows.load_all(store).await?;
        for index in &indexes {
            index.load_all(store).await?;
        }
    }
    let sequence = Arc::new(Sequence::new(record.sequence));
    Ok(Table::from_parts(Arc::new(def), rows, indexes, sequence))
}

/// Removes blocks of trees no table has: a migration or a drop that a crash cut short.
async fn remove_leftovers(store: &dyn KvBackend, trees: &Trees, catalog: &Catalog) -> Result<()> {
    let live: BTreeSet<TreeId> = catalog.tables().flat_map(|t| t.homes().map(|h| h.id)).collect();
    let (mut from, to) = blocks_range();
    let mut batch = WriteBatch::default();
    while let Some((key, _)) = store.scan(&from, &to, 1).await?.pop() {
        let Some(id) = tree_of_key(&key) else { break };
        trees.raise_above(id);
        let range = tree_range(id);
        from = range.1.clone();
        if !live.contains(&id) {
            batch.delete_range(range.0, range.1);
        }
    }
    if batch.is_empty() {
        Ok(())
    } else {
        store.commit(batch, Durability::Sync).await
    }
}
