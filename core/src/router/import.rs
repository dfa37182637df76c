//! Importing: the tables of an export become tables of an empty database, in one transaction.
//!
//! The export is read like a store. Each table is moved out of it as from one placement to another: to new trees, whose homes are
//! here, under an id that nobody here has had.

use super::engine::Engine;
use super::open::restore;
use super::records::Extent;
use super::superblock::is_database;
use super::trees::Trees;
use crate::catalog::{Catalog, PersistenceConfig, TableDef, TableId};
use crate::codec::{ExportFile, superblock_key};
use crate::table::Rehome;
use crate::tree::BlockCache;
use crate::txn::{Transaction, drive};
use crate::types::{Error, Result};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Engine {
    /// Puts all that an export holds into a transaction on an empty database. Without a store here, all tables are in
    /// memory.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the database is not empty; [`Error::Corrupted`] if the export contradicts itself.
    pub async fn import(&self, export: &ExportFile<'_>, transaction: &mut Transaction) -> Result<()> {
        require_empty(transaction.catalog())?;
        if !is_database(export).await? {
            return Err(Error::corrupted("export", &superblock_key()));
        }
        let cache = BlockCache::new(
            self.config.cache.bytes(),
            self.config.cache.eviction_policy.into(),
        );
        let trees = Trees::new(self.config.sizing, cache);
        let mut exported = Catalog::default();
        restore(export, Extent::All, &trees, &mut exported).await?;
        for schema in exported.schemas() {
            if transaction.catalog().schema(schema).is_none() {
                transaction.create_schema(schema, self.new_schema_version())?;
            }
        }
        let mut ids = NewIds {
            engine: self,
            by_old: BTreeMap::new(),
        };
        for table in exported.tables() {
            let def = self.imported(&table.def, &mut ids);
            let mut rehome = Rehome::new(table, def, self.trees());
            let moved = drive(Some(export), &self.counters, |missing| rehome.step(missing)).await?;
            transaction.add_table(moved, self.new_schema_version())?;
        }
        for table in exported.tables() {
            let parents = table.def.foreign_keys.iter();
            let names: Option<Vec<_>> = parents.map(|f| exported.parent_name(table.def.id, f)).collect();
            if let Some(names) = names {
                transaction.note_parents(ids.of(table.def.id), names)?;
            }
        }
        for sequence in exported.sequences().values() {
            transaction.put_sequence(sequence.clone(), self.new_schema_version())?;
        }
        for view in exported.views() {
            transaction.create_view(view.clone(), false, self.new_schema_version())?;
        }
        let remembered = exported.remembered().iter().filter(|_| self.has_store());
        for ((schema, table), config) in remembered {
            transaction.remember_persistence(schema, table, Some(config.clone()));
        }
        Ok(())
    }

    /// The definition that a table has here.
    fn imported(&self, def: &TableDef, ids: &mut NewIds<'_>) -> TableDef {
        let mut def = def.clone();
        def.id = ids.of(def.id);
        for foreign in &mut def.foreign_keys {
            foreign.parent = ids.of(foreign.parent);
        }
        if !self.has_store() {
            def.persistence = PersistenceConfig::default();
        }
        def
    }
}

/// The ids that tables of the export have here.
struct NewIds<'a> {
    engine: &'a Engine,
    by_old: BTreeMap<TableId, TableId>,
}

impl NewIds<'_> {
    fn of(&mut self, old: TableId) -> TableId {
        *self
            .by_old
            .entry(old)
            .or_insert_with(|| self.engine.new_table_id())
    }
}

/// # Errors
/// [`Error::Invalid`] if there is anything besides schemas.
fn require_empty(catalog: &Catalog) -> Result<()> {
    let table = catalog.tables().next().map(|t| format!("table {}", t.def.name));
    let view = || catalog.views().next().map(|v| format!("view {}", v.name));
    let sequence = || {
        catalog
            .sequences()
            .values()
            .next()
            .map(|s| format!("sequence {}", s.def.name))
    };
    let settings = || (!catalog.remembered().is_empty()).then(|| "settings of tables to come".to_string());
    match table.or_else(view).or_else(sequence).or_else(settings) {
        None => Ok(()),
        Some(found) => Err(Error::invalid(format!(
            "a database is imported into an empty one; this one has {found}"
        ))),
    }
}
