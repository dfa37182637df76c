//! What the tests need of either kind of tree, and a store to run it on.

use super::super::leaf::Leaf;
use super::super::*;
use crate::codec::key_row_id;
use crate::kv::{Durability, KvBackend, MemoryStore, WriteBatch};
use crate::types::{Column, Physical, Result};
use alloc::{string::String, sync::Arc, vec, vec::Vec};
use core::{
    future::Future,
    ops::Bound,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Leaves of 4 rows or 200 bytes.
pub(super) const SIZING: BlockSizing = BlockSizing {
    max_rows: 4,
    max_bytes: 200,
    fanout: 4,
};

/// Less than two leaves of the trees below.
pub(super) const ONE_BLOCK: usize = 700;

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the memory store is always ready"),
    }
}

/// The driver: steps until ready, fetching what is missing in between.
pub(super) fn drive<T>(
    store: &MemoryStore,
    mut step: impl FnMut(&mut Pins, &mut Missing) -> Poll<Result<T>>,
) -> T {
    let (mut pins, mut missing) = (Pins::new(), Missing::new());
    for _ in 0..10_000 {
        match step(&mut pins, &mut missing) {
            Poll::Ready(value) => return value.unwrap(),
            Poll::Pending => {
                assert!(!missing.blocks.is_empty(), "Pending without a missing block");
                block_on(missing.fetch(store)).unwrap();
            }
        }
    }
    panic!("no progress");
}

pub(super) struct World {
    pub(super) store: MemoryStore,
    pub(super) cache: Arc<BlockCache>,
    pub(super) garbage: Arc<Garbage>,
}

impl World {
    pub(super) fn new(max_bytes: usize, policy: EvictionPolicy) -> World {
        World {
            store: MemoryStore::new(),
            cache: BlockCache::new(max_bytes, policy),
            garbage: Garbage::new(),
        }
    }

    pub(super) fn home(&self, id: u64, residency: Residency, stored: bool) -> Arc<TreeHome> {
        self.home_sized(id, residency, stored, SIZING)
    }

    pub(super) fn home_sized(
        &self,
        id: u64,
        residency: Residency,
        stored: bool,
        sizing: BlockSizing,
    ) -> Arc<TreeHome> {
        let (cache, garbage) = (self.cache.clone(), self.garbage.clone());
        TreeHome::new(TreeId(id), residency, stored, sizing, "t".into(), cache, garbage)
    }

    pub(super) fn commit(&self, batch: WriteBatch) {
        block_on(self.store.commit(batch, Durability::Relaxed)).unwrap();
    }

    /// Writes a version and settles it.
    pub(super) fn save<L: Leaf>(&self, tree: &Tree<L>) {
        let mut batch = WriteBatch::default();
        let written = tree.write_dirty(&mut batch).unwrap();
        self.commit(batch);
        written.settle();
    }
}

/// A tree of either kind as a map from integers to integers.
pub(super) trait Subject: Leaf {
    fn tree(home: Arc<TreeHome>) -> Tree<Self>;
    fn get(tree: &Tree<Self>, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<i64>>>;
    fn insert(
        tree: &mut Tree<Self>,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>>;
    fn update(
        tree: &mut Tree<Self>,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>>;
    fn remove(tree: &mut Tree<Self>, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>>;
    /// Appends ascending keys above the last, `value = key`.
    fn append_all(tree: &mut Tree<Self>, keys: &[i64], store: &MemoryStore);
    fn cursor(tree: &Tree<Self>, from: Bound<i64>, to: Bound<i64>, reverse: bool) -> Cursor<Self>;
    /// Entry `i`, checked to be whole.
    fn entry(&self, i: usize) -> (i64, i64);
}

/// All entries of a range, in cursor order.
pub(super) fn scan<L: Subject>(
    tree: &Tree<L>,
    store: &MemoryStore,
    from: Bound<i64>,
    to: Bound<i64>,
    reverse: bool,
) -> Vec<(i64, i64)> {
    let mut cursor = L::cursor(tree, from, to, reverse);
    let mut entries = Vec::new();
    while let Some(span) = drive(store, |_, missing| cursor.next(missing)) {
        assert!(span.from < span.to && span.to <= span.leaf.len());
        let mut part: Vec<_> = (span.from..span.to).map(|i| span.leaf.entry(i)).collect();
        if reverse {
            part.reverse();
        }
        entries.extend(part);
    }
    entries
}

pub(super) fn scan_all<L: Subject>(tree: &Tree<L>, store: &MemoryStore) -> Vec<(i64, i64)> {
    scan(tree, store, Bound::Unbounded, Bound::Unbounded, false)
}

fn text(value: i64) -> Option<String> {
    let length = value.rem_euclid(90) as usize;
    (value % 5 != 0).then(|| "x".repeat(if length == 89 { 500 } else { length }))
}

/// An integer and a text whose length follows from it.
fn row(values: &[i64]) -> [Column; 2] {
    let mut texts = Column::new(Physical::Bytes);
    for v in values {
        match text(*v) {
            Some(t) => texts.push_bytes(t.as_bytes()),
            None => texts.push_null(),
        }
    }
    [Column::from_i64(values.to_vec()), texts]
}

impl Subject for RowLeaf {
    fn tree(home: Arc<TreeHome>) -> RowTree {
        RowTree::new(home, vec![Physical::I64, Physical::Bytes])
    }

    fn get(tree: &RowTree, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<i64>>> {
        tree.get(key, pins, missing).map_ok(|found| {
            found.map(|at| {
                let (id, value) = at.leaf.entry(at.pos);
                assert_eq!(id, key);
                value
            })
        })
    }

    fn insert(
        tree: &mut RowTree,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        tree.insert(key, &row(&[9, value]), 1, pins, missing)
    }

    fn update(
        tree: &mut RowTree,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let [number, text] = row(&[value]);
        let set = [(1, &text), (0, &number)];
        tree.update(key, set.into_iter(), 0, |_, _| (), pins, missing)
    }

    fn remove(tree: &mut RowTree, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>> {
        tree.remove(key, Some(|_: &[Column], _| ()), pins, missing)
    }

    fn append_all(tree: &mut RowTree, keys: &[i64], store: &MemoryStore) {
        let values: Vec<_> = [7].iter().chain(keys).copied().collect();
        let source = row(&values);
        let done = drive(store, |pins, missing| {
            tree.append(keys, &source, 1, pins, missing)
        });
        assert_eq!(done, keys.len());
    }

    fn cursor(tree: &RowTree, from: Bound<i64>, to: Bound<i64>, reverse: bool) -> RowCursor {
        tree.cursor(from, to, reverse)
    }

    fn entry(&self, i: usize) -> (i64, i64) {
        let [numbers, texts] = self.columns() else {
            panic!("two columns")
        };
        let value = numbers.i64s()[i];
        match text(value) {
            Some(t) => assert_eq!(texts.bytes_at(i), t.as_bytes()),
            None => assert!(texts.is_null(i)),
        }
        assert_eq!((numbers.len(), texts.len()), (self.len(), self.len()));
        (self.row_id(i), value)
    }
}

/// Keys of different lengths that order as the integers do.
fn key_bytes(key: i64) -> Vec<u8> {
    let mut bytes = b"prefix".to_vec();
    key_row_id(&mut bytes, key);
    bytes.resize(bytes.len() + key.rem_euclid(4) as usize * 25, 7);
    bytes
}

fn key_of(bytes: &[u8]) -> i64 {
    let id: [u8; 8] = bytes[6..14].try_into().unwrap();
    (u64::from_be_bytes(id) ^ 1 << 63) as i64
}

impl Subject for IndexLeaf {
    fn tree(home: Arc<TreeHome>) -> IndexTree {
        IndexTree::new(home)
    }

    fn get(tree: &IndexTree, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<i64>>> {
        tree.get(&key_bytes(key), pins, missing)
    }

    fn insert(
        tree: &mut IndexTree,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        tree.insert(&key_bytes(key), value, pins, missing)
    }

    fn update(
        tree: &mut IndexTree,
        key: i64,
        value: i64,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        // both halves work on one leaf, so the second is never Pending
        match tree.remove(&key_bytes(key), pins, missing) {
            Poll::Ready(Ok(true)) => {}
            other => return other,
        }
        let added = tree.insert(&key_bytes(key), value, pins, missing);
        assert!(added.is_ready());
        added
    }

    fn remove(tree: &mut IndexTree, key: i64, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>> {
        tree.remove(&key_bytes(key), pins, missing)
    }

    fn append_all(tree: &mut IndexTree, keys: &[i64], store: &MemoryStore) {
        for key in keys {
            assert!(drive(store, |pins, missing| {
                <IndexLeaf as Subject>::insert(tree, *key, *key, pins, missing)
            }));
        }
    }

    fn cursor(tree: &IndexTree, from: Bound<i64>, to: Bound<i64>, reverse: bool) -> IndexCursor {
        tree.cursor(from.map(key_bytes), to.map(key_bytes), reverse)
    }

    fn entry(&self, i: usize) -> (i64, i64) {
        let key = key_of(self.key(i));
        assert_eq!(self.key(i), key_bytes(key));
        (key, self.row_id(i))
    }
}
