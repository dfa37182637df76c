//! From a version of the catalog to one atomic store batch.

use super::engine::Engine;
use crate::catalog::{Catalog, SchemasRecord, TableRecord, encode_record};
use crate::codec::{schemas_key, table_key, tree_range};
use crate::kv::{Durability, WriteBatch};
use crate::table::Table;
use crate::tree::{IndexLeaf, RowLeaf, Written};
use crate::txn::Counters;
use crate::types::Result;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The record of a stored table.
fn record(catalog: &Catalog, table: &Table) -> TableRecord {
    let def = &table.def;
    TableRecord {
        parents: def
            .foreign_keys
            .iter()
            .filter_map(|f| catalog.parent_name(def.id, f))
            .collect(),
        def: (*table.def).clone(),
        rows: table.rows.home().id.0,
        indexes: table.indexes.iter().map(|i| i.home().id.0).collect(),
        sequence: table.sequence.peek(),
    }
}

/// The catalog records a version has in the store, by key.
pub(super) fn records(catalog: &Catalog) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let schemas = SchemasRecord {
        schemas: catalog.schemas().map(Into::into).collect(),
        remembered: catalog
            .remembered()
            .iter()
            .map(|((s, t), c)| (s.clone(), t.clone(), c.clone()))
            .collect(),
        tables: stored(catalog).map(|t| t.def.id.0).collect(),
    };
    let key = schemas_key();
    let value = encode_record(&schemas, &key)?;
    let mut records = BTreeMap::from([(key, value)]);
    for table in stored(catalog) {
        let key = table_key(table.def.id.0);
        let value = encode_record(&record(catalog, table), &key)?;
        records.insert(key, value);
    }
    Ok(records)
}

/// The tables of a version that are in the store.
pub(super) fn stored(catalog: &Catalog) -> impl Iterator<Item = &Arc<Table>> {
    catalog.tables().filter(|t| t.def.persistence.persistent)
}

impl Engine {
    /// Writes all that differs between the store and a version, in one durable batch. The caller holds
    /// the store latch, from before it chose the version: none is written after a later one.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store); then the store is as it was.
    pub(super) async fn write_latched(&self, catalog: &Catalog) -> Result<()> {
        let Some(store) = self.store() else { return Ok(()) };
        let mut batch = WriteBatch::default();
        let (mut rows, mut indexes): (Vec<Written<RowLeaf>>, Vec<Written<IndexLeaf>>) = Default::default();
        for table in stored(catalog) {
            if table.rows.is_dirty() {
                rows.push(table.rows.write_dirty(&mut batch)?);
            }
            for index in table.indexes.iter().filter(|i| i.is_dirty()) {
                indexes.push(index.write_dirty(&mut batch)?);
            }
        }
        let new = records(catalog)?;
        {
            let old = self.records.lock();
            new.iter()
                .filter(|(k, v)| old.get(*k) != Some(v))
                .for_each(|(k, v)| batch.put(k.clone(), v.clone()));
            old.keys()
                .filter(|k| !new.contains_key(*k))
                .for_each(|k| batch.delete(k.clone()));
        }
        let garbage = self.trees.garbage().take();
        for id in &garbage {
            let (from, to) = tree_range(*id);
            batch.delete_range(from, to);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let bytes = batch.bytes() as u64;
        if let Err(e) = store.commit(batch, Durability::Sync).await {
            self.trees.garbage().put_back(garbage);
            return Err(e);
        }
        rows.into_iter().for_each(Written::settle);
        indexes.into_iter().for_each(Written::settle);
        *self.records.lock() = new;
        Counters::add(&self.counters.store_commits, 1);
        Counters::add(&self.counters.store_bytes, bytes);
        Ok(())
    }
}
