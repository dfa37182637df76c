//! A table to test with: leaves of four rows, a cache of one block, and a store in memory.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::JobMemory;
use super::{Check, ColumnSource, Rebuild, Table, TreeFactory, Updated};
use crate::kv::{Durability, KvBackend, MemoryStore, StoreFuture, WriteBatch};
use crate::table::{ColumnDef, IndexColumn, IndexDef, PersistenceConfig, Placement, TableDef, TableId};
use crate::tree::{
    BlockCache, BlockSizing, EvictionPolicy, Garbage, Missing, Pins, Residency, TreeHome, TreeId,
};
use crate::types::{BytesVec, Column, DataType, Result, RowId};
use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::{
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, Waker},
};

/// Homes of small blocks over a tiny cache.
#[derive(Clone)]
pub(crate) struct SmallTrees {
    next: Arc<AtomicU64>,
    cache: Arc<BlockCache>,
    garbage: Arc<Garbage>,
}

impl SmallTrees {
    pub(crate) fn new() -> SmallTrees {
        SmallTrees {
            next: Arc::new(AtomicU64::new(1)),
            cache: BlockCache::new(1, EvictionPolicy::Lru),
            garbage: Garbage::new(),
        }
    }
}

impl TreeFactory for SmallTrees {
    fn home(&self, label: &str, placement: Placement) -> Arc<TreeHome> {
        let residency = match placement {
            Placement::Persistent => Residency::Cached,
            Placement::Memory | Placement::Dual => Residency::Always,
        };
        let sizing = BlockSizing {
            max_rows: 4,
            max_bytes: 1 << 20,
            fanout: 4,
        };
        let id = TreeId(self.next.fetch_add(1, Ordering::Relaxed));
        let stored = placement.is_stored();
        TreeHome::new(
            id,
            residency,
            stored,
            sizing,
            label.into(),
            self.cache.clone(),
            self.garbage.clone(),
        )
    }
}

/// A table `t (id BIGINT PRIMARY KEY, name TEXT UNIQUE, grp BIGINT, KEY (grp))` and its store.
pub(crate) struct Fixture {
    pub(crate) table: Table,
    trees: SmallTrees,
    pub(crate) store: MemoryStore,
}

impl Fixture {
    /// The same empty table in memory and persistent.
    pub(crate) fn both() -> [Fixture; 2] {
        [false, true].map(|persistent| {
            let trees = SmallTrees::new();
            Fixture {
                table: Table::create(Arc::new(definition(persistent)), &trees),
                trees,
                store: MemoryStore::new(),
            }
        })
    }

    pub(crate) fn trees(&self) -> SmallTrees {
        self.trees.clone()
    }

    pub(crate) fn home(&self, label: &str) -> Arc<TreeHome> {
        self.trees.home(label, self.table.def.persistence.placement())
    }

    /// Takes steps until one is ready, fetching what is missing in between.
    pub(crate) fn run<T>(&self, step: impl FnMut(&mut Missing) -> Poll<Result<T>>) -> Result<T> {
        run_on(&self.store, step)
    }

    /// Writes everything dirty, so that the cache may evict it.
    pub(crate) fn store_all(&self) {
        if !self.table.def.persistence.persistent {
            return;
        }
        let mut batch = WriteBatch::default();
        let rows = self.table.rows.write_dirty(&mut batch).unwrap();
        let indexes: Vec<_> = self
            .table
            .indexes
            .iter()
            .map(|i| i.write_dirty(&mut batch).unwrap())
            .collect();
        now(self.store.commit(batch, Durability::Sync)).unwrap();
        rows.settle();
        indexes.into_iter().for_each(|i| i.settle());
    }

    /// Runs one row operation on the table, then stores what it changed.
    fn change<T>(
        &mut self,
        mut change: impl FnMut(&mut Table, &mut Pins, &mut Missing) -> Poll<Result<T>>,
    ) -> Result<T> {
        let mut pins = Pins::new();
        let result = run_on(&self.store, |missing| change(&mut self.table, &mut pins, missing));
        drop(pins);
        self.store_all();
        result
    }

    pub(crate) fn insert(&mut self, id: RowId, columns: &[Column]) -> Result<()> {
        self.change(|t, pins, missing| t.insert(id, columns, 0, pins, missing))
    }

    pub(crate) fn append(&mut self, ids: &[RowId], columns: &[Column], from: usize) -> Result<usize> {
        self.change(|t, pins, missing| t.append(ids, columns, from, pins, missing))
    }

    pub(crate) fn update(&mut self, id: RowId, set: &[usize], values: &[Column]) -> Result<Option<Updated>> {
        self.change(|t, pins, missing| t.update(id, set, values, 0, None, pins, missing))
    }

    pub(crate) fn remove(&mut self, id: RowId) -> Result<bool> {
        self.change(|t, pins, missing| t.remove(id, None, pins, missing))
    }

    pub(crate) fn conflicts(&mut self, id: Option<RowId>, columns: &[Column]) -> Vec<(RowId, Option<usize>)> {
        self.change(|t, pins, missing| t.conflicts(id, columns, 0, pins, missing))
            .unwrap()
    }

    pub(crate) fn rebuild(&mut self, def: TableDef, mapping: Vec<ColumnSource>) -> Result<()> {
        let mut job = Rebuild::new(&self.table, def, mapping, &self.trees(), JobMemory::UNLIMITED);
        self.table = self.run(|missing| job.step(missing))?;
        self.store_all();
        Ok(())
    }

    /// The text of a row's column; `None` if there is no such row.
    pub(crate) fn text(&mut self, id: RowId, column: usize) -> Option<String> {
        let row = self
            .change(|t, pins, missing| t.row(id, pins, missing))
            .unwrap()?;
        let (column, at) = row.column(column);
        Some(String::from_utf8_lossy(column.bytes_at(at)).into_owned())
    }

    pub(crate) fn check(&self) -> Vec<String> {
        let mut check = Check::new(&self.table);
        let problems = self.run(|missing| check.step(missing)).unwrap();
        problems.iter().map(|p| p.to_string()).collect()
    }
}

/// Takes steps until one is ready, fetching what is missing from the store in between.
pub(crate) fn run_on<T>(
    store: &MemoryStore,
    mut step: impl FnMut(&mut Missing) -> Poll<Result<T>>,
) -> Result<T> {
    for _ in 0..10_000 {
        let mut missing = Missing::new();
        match step(&mut missing) {
            Poll::Ready(result) => return result,
            Poll::Pending => assert!(!missing.blocks.is_empty(), "Pending without a missing block"),
        }
        let blocks = missing.take_blocks();
        let keys: Vec<Vec<u8>> = blocks.iter().map(|b| b.store_key()).collect();
        let values = now(store.get_many(&keys)).unwrap();
        for ((block, key), value) in blocks.iter().zip(&keys).zip(values) {
            block.fill(key, value).unwrap();
        }
    }
    panic!("no progress");
}

/// What a future of the memory store, which is ready at once, yields.
fn now<T>(mut future: StoreFuture<'_, T>) -> Result<T> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the memory store never waits"),
    }
}

pub(crate) fn ints(values: &[i64]) -> Column {
    Column::from_i64(values.to_vec())
}

pub(crate) fn texts(values: &[&str]) -> Column {
    let mut bytes = BytesVec::default();
    values.iter().for_each(|v| bytes.push(v.as_bytes()));
    Column::from_bytes(bytes)
}

fn definition(persistent: bool) -> TableDef {
    let column = |name: &str, ty: DataType, nullable: bool| ColumnDef::new(name, ty, nullable);
    let index = |name: &str, column: usize, unique: bool| IndexDef {
        name: name.into(),
        columns: vec![IndexColumn {
            column,
            descending: false,
        }],
        unique,
        constraint: unique,
        filter: None,
        statistics: None,
    };
    TableDef {
        columns: vec![
            column("id", DataType::BIGINT, false),
            column("name", DataType::TEXT, true),
            column("grp", DataType::BIGINT, true),
        ],
        primary_key: vec![0],
        row_id_column: Some(0),
        indexes: vec![index("by_name", 1, true), index("by_group", 2, false)],
        persistence: PersistenceConfig {
            persistent,
            sync_on_write: false,
            cache_in_memory: false,
        },
        ..TableDef::new(TableId(1), "main", "t")
    }
}
