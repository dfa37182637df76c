//! Opening: recognise the store, restore the catalog, load directories, remove what a crash left over.

use super::config::Config;
use super::engine::Engine;
use super::group::{Group, Unwritten};
use super::records::{Extent, Records};
use super::superblock::{first_batch, is_database};
use super::trees::{Trees, stored_trees};
use crate::catalog::{Catalog, Placement, SchemasRecord, SequenceRecord, TableRecord, decode_record};
use crate::codec::{TreeId, schemas_key, table_key, table_range, tree_range};
use crate::host::Host;
use crate::kv::{Durability, KvBackend, WriteBatch};
use crate::sync::atomic::{AtomicBool, AtomicU64};
use crate::sync::{Mutex, Once};
use crate::table::{Sequence, Table};
use crate::tree::{BlockCache, IndexTree, RowTree};
use crate::txn::{Counters, History, Latch, Snapshot};
use crate::types::{Error, Result};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

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
            let mut is_ours = is_database(store).await?;
            if !is_ours && config.writable {
                store
                    .commit(first_batch(&catalog, Extent::Stored)?, Durability::Sync)
                    .await?;
                is_ours = true;
            }
            if is_ours {
                records = restore(store, Extent::Stored, &trees, &mut catalog).await?;
            }
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
            records: Mutex::new(Records::found(records)),
            group: Group::default(),
            unwritten: Unwritten::default(),
            poisoned: Once::new(),
            closed: AtomicBool::new(false),
            next_table: AtomicU64::new(next_table),
            next_schema_version: AtomicU64::new(2),
            next_temporary: AtomicU64::new(0),
        })
    }
}

/// Reads catalog records and loads the trees they name. Returns the records as stored. The trees of an export are only
/// to be read from it: wherever its tables are to be, their leaves come when they are asked for.
pub(super) async fn restore(
    store: &dyn KvBackend,
    extent: Extent,
    trees: &Trees,
    catalog: &mut Catalog,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::new();
    let key = schemas_key();
    let bytes = store.get_many(core::slice::from_ref(&key)).await?.pop().flatten();
    let bytes = bytes.ok_or_else(|| Error::corrupted("catalog", &key))?;
    let schemas: SchemasRecord = decode_record(&bytes, &key)?;
    schemas.schemas.iter().for_each(|s| catalog.add_schema(s));
    schemas
        .remembered
        .into_iter()
        .for_each(|(s, t, c)| catalog.remember(&s, &t, Some(c)));
    schemas.views.into_iter().for_each(|v| catalog.put_view(v));
    let sequences = schemas.sequences.into_iter().map(SequenceRecord::restore);
    sequences.for_each(|s| catalog.put_sequence(s));
    records.insert(key, bytes);
    let (mut from, to) = table_range();
    let mut parents = Vec::new();
    let mut homes = BTreeSet::new();
    loop {
        let page = store.scan(&from, &to, PAGE).await?;
        let full = page.len() == PAGE;
        for (key, bytes) in page {
            let (record, placement) = match extent {
                Extent::Stored => {
                    let record = TableRecord::decode(&bytes, &key)?;
                    let placement = record.def.persistence.placement();
                    (record, placement)
                }
                Extent::All => (TableRecord::decode_exported(&bytes, &key)?, Placement::Persistent),
            };
            parents.push((record.def.id, record.parents.clone()));
            let table = load_table(store, trees, record, placement).await?;
            if !table.homes().all(|h| homes.insert(h.id)) {
                return Err(Error::corrupted(&*table.def.name, &key));
            }
            catalog.put_table(Arc::new(table));
            from = [key.as_slice(), &[0]].concat();
            records.insert(key, bytes);
        }
        if !full {
            break;
        }
    }
    // Collecting would sort, and with that have a sort in the program.
    let (mut listed, mut found) = (BTreeSet::new(), BTreeSet::new());
    listed.extend(schemas.tables);
    found.extend(catalog.tables().map(|t| t.def.id.0));
    if let Some(lost) = listed.symmetric_difference(&found).next() {
        return Err(Error::corrupted("catalog", &table_key(*lost)));
    }
    for (child, names) in parents {
        catalog.note_parents(child, names)?;
    }
    Ok(records)
}

async fn load_table(
    store: &dyn KvBackend,
    trees: &Trees,
    record: TableRecord,
    placement: Placement,
) -> Result<Table> {
    let def = record.def;
    let home = trees.existing(TreeId(record.rows), &def.name, placement);
    home.set_columns(def.stored_physical());
    let rows = RowTree::load(home, store).await?;
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
    let mut live: BTreeSet<TreeId> = BTreeSet::new();
    live.extend(catalog.tables().flat_map(|t| t.homes().map(|h| h.id)));
    let mut batch = WriteBatch::default();
    for id in stored_trees(store).await?.difference(&live) {
        trees.raise_above(*id);
        let (from, to) = tree_range(*id);
        batch.delete_range(from, to);
    }
    if batch.is_empty() {
        Ok(())
    } else {
        store.commit(batch, Durability::Sync).await
    }
}
