//! Salvage: a new database of all rows that can still be read from a damaged store.
//!
//! Nothing of the damaged store is changed, and nothing of it is believed that does not prove itself by
//! a checksum. Rows are taken leaf by leaf, indexes are built anew. The new store gets its catalog with
//! the last batch: cut short, it is no database.

use super::config::Config;
use super::damaged::{Damaged, Leaves};
use super::records::Extent;
use super::superblock::{SUPERBLOCK, first_batch, is_empty};
use super::trees::{Trees, stored_trees};
use crate::catalog::{
    Catalog, MAX_ID, PersistenceConfig, Placement, SchemasRecord, SequenceRecord, TableId, TableRecord,
    decode_record,
};
use crate::codec::{TreeId, schemas_key, superblock_key, table_key, table_range};
use crate::kv::{Durability, KvBackend, WriteBatch};
use crate::table::{ColumnDef, IndexBuild, JobMemory, Sequence, Table, TableDef, TreeFactory};
use crate::tree::{BlockCache, Leaf, Missing, Pins, RowLeaf, RowTree, Tree};
use crate::txn::{Counters, drive};
use crate::types::{Column, DataType, Error, Physical, Problem, Result, RowId};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::task::Poll;

/// Leaves read in one trip.
const RUN: usize = 32;

/// What a salvage has saved of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalvagedTable {
    /// Its schema and name. A table whose definition is lost is called `lost_` and a number, its columns
    /// `c1`, `c2`, ….
    pub name: String,
    /// Rows saved.
    pub rows: u64,
    /// Blocks of rows or of the directory that are lost.
    pub lost_blocks: u64,
    /// Rows in lost blocks, as far as the directory can say.
    pub lost_rows: u64,
    /// Indexes built anew.
    pub indexes: u64,
}

/// What a salvage has saved, and what is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SalvageReport {
    /// The tables saved, wholly or in part.
    pub tables: Vec<SalvagedTable>,
    /// What was found wrong, at most 1000 problems.
    pub problems: Vec<Problem>,
}

impl fmt::Display for SalvageReport {
    /// The problems, one a line, then the tables.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problems.iter().try_for_each(|p| writeln!(f, "{p}"))?;
        for t in &self.tables {
            writeln!(
                f,
                "{}: {} rows saved, {} blocks lost (with {} rows, as far as is known)",
                t.name, t.rows, t.lost_blocks, t.lost_rows
            )?;
        }
        write!(
            f,
            "tables: {}, problems: {}",
            self.tables.len(),
            self.problems.len()
        )
    }
}

/// Saves into an empty store what can be read of a damaged one.
///
/// # Errors
/// [`Error::Invalid`] if the target is not empty; the target's own errors. Damage is in the report.
pub async fn salvage(
    source: &dyn KvBackend,
    target: &dyn KvBackend,
    config: &Config,
) -> Result<SalvageReport> {
    if !is_empty(target).await? {
        return Err(Error::invalid("a damaged database is saved into an empty store"));
    }
    let mut salvage = Salvage {
        source: Damaged::new(source),
        target,
        trees: Trees::new(
            config.sizing,
            BlockCache::new(config.cache.bytes(), config.cache.eviction_policy.into()),
        ),
        counters: Counters::default(),
        catalog: Catalog::new(&config.name),
        batch_bytes: config.write_ahead_bytes.max(1),
        tables: Vec::new(),
    };
    salvage.run(config).await?;
    target
        .commit(first_batch(&salvage.catalog, Extent::Stored)?, Durability::Sync)
        .await?;
    Ok(SalvageReport {
        tables: salvage.tables,
        problems: salvage.source.problems,
    })
}

/// A salvage under way.
struct Salvage<'a> {
    source: Damaged<'a>,
    target: &'a dyn KvBackend,
    trees: Trees,
    counters: Counters,
    /// What is saved.
    catalog: Catalog,
    batch_bytes: usize,
    tables: Vec<SalvagedTable>,
}

/// The rows saved of one table.
struct SavedRows {
    tree: RowTree,
    last: Option<RowId>,
    lost_blocks: u64,
    lost_rows: u64,
}

impl Salvage<'_> {
    async fn run(&mut self, config: &Config) -> Result<()> {
        let superblock = self.source.get("catalog", &superblock_key()).await;
        if superblock.as_deref() != Some(SUPERBLOCK) {
            self.source
                .report("catalog", &superblock_key(), "the superblock is damaged");
        }
        let mut ids = self.schemas().await;
        let (from, to) = table_range();
        self.source
            .list("catalog", &from, &to, &[], |key, _| {
                let id = key.get(1..).and_then(|id| id.try_into().ok());
                ids.extend(id.map(u64::from_be_bytes));
            })
            .await;
        let mut claimed = BTreeSet::new();
        let mut is_one_lost = false;
        let mut saved = Vec::new();
        for id in ids {
            let key = table_key(id);
            let bytes = self.source.get("catalog", &key).await;
            match bytes.as_deref().map(|bytes| TableRecord::decode(bytes, &key)) {
                Some(Ok(record)) => {
                    claimed.insert(TreeId(record.rows));
                    claimed.extend(record.indexes.iter().map(|id| TreeId(*id)));
                    let parents = record.parents.clone();
                    let id = record.def.id;
                    self.save_table(record).await?;
                    saved.push((id, parents));
                }
                Some(Err(_)) | None => {
                    is_one_lost = true;
                    let message = "the record cannot be read: the definition of a table is lost";
                    self.source.report("catalog", &key, message);
                }
            }
        }
        for (child, names) in saved {
            self.catalog.note_parents(child, names)?;
        }
        if is_one_lost {
            self.save_nameless(&claimed, &config.name).await?;
        }
        Ok(())
    }

    /// Takes over schemas, views and remembered settings; returns the ids of the tables listed.
    async fn schemas(&mut self) -> BTreeSet<u64> {
        let key = schemas_key();
        let bytes = self.source.get("catalog", &key).await;
        let record = bytes.and_then(|bytes| decode_record::<SchemasRecord>(&bytes, &key).ok());
        let Some(record) = record else {
            self.source
                .report("catalog", &key, "the record of schemas and settings is lost");
            return BTreeSet::new();
        };
        record.schemas.iter().for_each(|s| self.catalog.add_schema(s));
        for (schema, table, config) in record.remembered {
            self.catalog.remember(&schema, &table, Some(config));
        }
        record.views.into_iter().for_each(|v| self.catalog.put_view(v));
        let sequences = record.sequences.into_iter().map(SequenceRecord::restore);
        sequences.for_each(|s| self.catalog.put_sequence(s));
        record.tables.into_iter().collect()
    }

    async fn save_table(&mut self, record: TableRecord) -> Result<()> {
        let mut def = record.def;
        let name = def.full_name();
        self.catalog.add_schema(&def.schema);
        let leaves = self.source.leaves(&name, TreeId(record.rows)).await;
        let rows = self.save_rows(&name, leaves, &def.stored_physical()).await?;
        let sequence = Arc::new(Sequence::new(record.sequence));
        rows.last.iter().for_each(|last| sequence.raise_above(*last));
        let table = Table::from_parts(
            Arc::new(def.clone()),
            rows.tree.clone(),
            Vec::new(),
            sequence.clone(),
        );
        let mut indexes = Vec::new();
        let mut kept = Vec::new();
        for index in core::mem::take(&mut def.indexes) {
            let home = self.trees.home(&index.name, Placement::Persistent);
            let mut build = IndexBuild::new(&table, index.clone(), home, JobMemory::UNLIMITED);
            match self.drive(|missing| build.step(missing)).await {
                Ok(tree) => {
                    self.write(&tree).await?;
                    indexes.push(tree);
                    kept.push(index);
                }
                Err(Error::DuplicateKey { key, .. }) => {
                    let message = format!("index {} is left out: the key {key} occurs twice", index.name);
                    self.source.report(&name, &table_key(def.id.0), message);
                    if index.name == "PRIMARY" {
                        def.primary_key.clear();
                    }
                }
                Err(other) => return Err(other),
            }
        }
        def.indexes = kept;
        self.keep(name, def, rows, indexes, sequence);
        Ok(())
    }

    fn keep(
        &mut self,
        name: String,
        def: TableDef,
        rows: SavedRows,
        indexes: Vec<crate::tree::IndexTree>,
        sequence: Arc<Sequence>,
    ) {
        self.tables.push(SalvagedTable {
            name,
            rows: rows.tree.len(),
            lost_blocks: rows.lost_blocks,
            lost_rows: rows.lost_rows,
            indexes: indexes.len() as u64,
        });
        let table = Table::from_parts(Arc::new(def), rows.tree, indexes, sequence);
        self.catalog.put_table(Arc::new(table));
    }

    /// Copies the rows of all leaves that can be read into a new tree.
    async fn save_rows(&mut self, name: &str, leaves: Leaves, columns: &[Physical]) -> Result<SavedRows> {
        let home = self.trees.home(name, Placement::Persistent);
        let mut saved = SavedRows {
            tree: RowTree::new(home, columns.to_vec()),
            last: None,
            lost_blocks: leaves.lost_pages,
            lost_rows: 0,
        };
        for run in leaves.keys.chunks(RUN) {
            let keys: Vec<Vec<u8>> = run.iter().map(|(key, _)| key.clone()).collect();
            let values = self.source.get_all(name, &keys).await;
            for ((key, counted), value) in run.iter().zip(values) {
                match self.source.leaf(name, key, value.as_deref(), Some(columns)) {
                    Some(leaf) => self.append(name, key, &leaf, &mut saved).await?,
                    None => {
                        saved.lost_blocks += 1;
                        saved.lost_rows = saved.lost_rows.saturating_add(counted.unwrap_or(0));
                    }
                }
            }
            if saved.tree.dirty_bytes() > self.batch_bytes {
                self.write(&saved.tree).await?;
            }
        }
        self.write(&saved.tree).await?;
        Ok(saved)
    }

    async fn append(&mut self, name: &str, key: &[u8], leaf: &RowLeaf, saved: &mut SavedRows) -> Result<()> {
        let ids = leaf.row_ids();
        let start = ids
            .i64s()
            .partition_point(|id| saved.last.is_some_and(|last| *id <= last));
        if start > 0 {
            self.source.report(
                name,
                key,
                format!("{start} rows are left out: later than rows after them"),
            );
        }
        let ids = ids.i64s().get(start..).unwrap_or(&[]);
        let Some(last) = ids.last() else { return Ok(()) };
        let mut pins = Pins::new();
        let tree = &mut saved.tree;
        let counters = &self.counters;
        let step = |missing: &mut Missing| tree.append(ids, leaf.columns(), start, &mut pins, missing);
        drive(Some(self.target), counters, step).await?;
        saved.last = Some(*last);
        Ok(())
    }

    /// Writes all of a tree that is not in the target yet.
    async fn write<L: Leaf>(&self, tree: &Tree<L>) -> Result<()> {
        while tree.is_dirty() {
            let mut batch = WriteBatch::default();
            let written = tree.write_some(&mut batch, self.batch_bytes)?;
            self.target.commit(batch, Durability::Relaxed).await?;
            written.settle();
        }
        Ok(())
    }

    async fn drive<T>(&self, step: impl FnMut(&mut Missing) -> Poll<Result<T>>) -> Result<T> {
        drive(Some(self.target), &self.counters, step).await
    }

    /// The id of no table, nor of a lost one that a foreign key names.
    fn unused_id(&self) -> TableId {
        let tables = self.catalog.tables();
        let parents = |t: &Arc<Table>| t.def.foreign_keys.iter().map(|f| f.parent.0).collect::<Vec<_>>();
        let used: BTreeSet<u64> = tables
            .flat_map(|t| parents(t).into_iter().chain([t.def.id.0]))
            .collect();
        TableId((1..MAX_ID).find(|id| !used.contains(id)).unwrap_or(0))
    }

    /// Saves the rows of trees whose definitions are lost, as far as blocks describe themselves.
    async fn save_nameless(&mut self, claimed: &BTreeSet<TreeId>, schema: &str) -> Result<()> {
        let Ok(trees) = stored_trees(self.source.store()).await else {
            return Ok(());
        };
        for tree in trees.difference(claimed) {
            let name = format!("lost_{}", tree.0);
            let problems = self.source.problems.len();
            let leaves = self.source.leaves(&name, *tree).await;
            let mut columns = None;
            for (key, _) in &leaves.keys {
                let value = self.source.get(&name, key).await;
                let leaf = self.source.leaf(&name, key, value.as_deref(), None);
                if let Some(leaf) = leaf {
                    columns = Some(leaf.columns().iter().map(Column::physical).collect::<Vec<_>>());
                    break;
                }
            }
            self.source.problems.truncate(problems);
            // The tree of an index has none.
            let Some(columns) = columns else { continue };
            let rows = self.save_rows(&name, leaves, &columns).await?;
            let def = nameless(self.unused_id(), schema, &name, &columns);
            let sequence = Arc::new(Sequence::new(1));
            rows.last.iter().for_each(|last| sequence.raise_above(*last));
            self.keep(format!("{schema}.{name}"), def, rows, Vec::new(), sequence);
        }
        Ok(())
    }
}

/// A definition for rows of which only the representations are known.
fn nameless(id: TableId, schema: &str, name: &str, columns: &[Physical]) -> TableDef {
    let column = |name: String, ty: DataType, nullable: bool| ColumnDef::new(name, ty, nullable);
    let mut all = vec![column("row_id".to_string(), DataType::BIGINT, false)];
    for (i, physical) in columns.iter().enumerate() {
        let ty = match physical {
            Physical::I64 => DataType::BIGINT,
            Physical::F64 => DataType::Double,
            Physical::Decimal => DataType::Decimal {
                precision: 38,
                scale: 0,
                unsigned: false,
            },
            Physical::Bytes => DataType::BLOB,
        };
        all.push(column(format!("c{}", i + 1), ty, true));
    }
    TableDef {
        columns: all,
        primary_key: vec![0],
        row_id_column: Some(0),
        persistence: PersistenceConfig {
            persistent: true,
            sync_on_write: false,
            cache_in_memory: false,
        },
        ..TableDef::new(id, schema, name)
    }
}
