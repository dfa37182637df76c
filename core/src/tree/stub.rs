//! Signatures to come.
#![allow(clippy::todo, missing_docs, unused_variables)]
use super::*;
use crate::{
    kv::{KvBackend, WriteBatch},
    types::*,
};
use alloc::{sync::Arc, vec::Vec};
use core::{marker::PhantomData, ops::Bound, task::Poll};

pub trait Leaf: Clone + Send + Sync + 'static {}
impl Leaf for RowLeaf {}
impl Leaf for IndexLeaf {}
#[derive(Debug, Clone)]
pub struct RowLeaf {
    columns: Vec<Column>,
}
impl RowLeaf {
    pub fn len(&self) -> usize {
        todo!()
    }
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    pub fn row_ids(&self) -> Column {
        todo!()
    }
    pub fn row_id(&self, i: usize) -> RowId {
        todo!()
    }
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
    pub fn find(&self, id: RowId) -> Result<usize, usize> {
        todo!()
    }
}
#[derive(Debug, Clone)]
pub struct IndexLeaf {
    ids: Vec<RowId>,
}
impl IndexLeaf {
    pub fn len(&self) -> usize {
        todo!()
    }
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    pub fn key(&self, i: usize) -> &[u8] {
        todo!()
    }
    pub fn row_id(&self, i: usize) -> RowId {
        todo!()
    }
    pub fn row_ids(&self) -> &[RowId] {
        &self.ids
    }
}
#[derive(Debug)]
pub struct Tree<L> {
    home: Arc<TreeHome>,
    l: PhantomData<L>,
}
impl<L> Clone for Tree<L> {
    fn clone(&self) -> Self {
        todo!()
    }
}
pub type RowTree = Tree<RowLeaf>;
pub type IndexTree = Tree<IndexLeaf>;
pub struct Written<L> {
    l: PhantomData<L>,
}
impl<L> Written<L> {
    pub fn settle(self) {
        todo!()
    }
}
#[derive(Debug, Clone)]
pub struct RowAt {
    pub leaf: Arc<RowLeaf>,
    pub pos: usize,
}
#[derive(Debug, Clone)]
pub struct Span<L> {
    pub leaf: Arc<L>,
    pub from: usize,
    pub to: usize,
}
pub type RowSpan = Span<RowLeaf>;
pub type IndexSpan = Span<IndexLeaf>;
#[derive(Debug)]
pub struct Cursor<L> {
    tree: Tree<L>,
}
pub type RowCursor = Cursor<RowLeaf>;
pub type IndexCursor = Cursor<IndexLeaf>;
impl<L: Leaf> Cursor<L> {
    pub fn next(&mut self, missing: &mut Missing) -> Poll<Result<Option<Span<L>>>> {
        todo!()
    }
}
impl<L: Leaf> Tree<L> {
    pub fn home(&self) -> &Arc<TreeHome> {
        &self.home
    }
    pub fn len(&self) -> u64 {
        todo!()
    }
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    pub fn ptr_eq(&self, other: &Self) -> bool {
        todo!()
    }
    pub fn leaf_count(&self) -> usize {
        todo!()
    }
    pub fn resident_bytes(&self) -> usize {
        todo!()
    }
    pub fn rehome(&self, home: Arc<TreeHome>, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Self>> {
        todo!()
    }
    pub fn is_dirty(&self) -> bool {
        todo!()
    }
    pub fn dirty_bytes(&self) -> usize {
        todo!()
    }
    pub fn write_dirty(&self, batch: &mut WriteBatch) -> Result<Written<L>> {
        todo!()
    }
    pub async fn load(home: Arc<TreeHome>, store: &dyn KvBackend) -> Result<Self> {
        todo!()
    }
    pub async fn load_all(&self, store: &dyn KvBackend) -> Result<()> {
        todo!()
    }
}
impl RowTree {
    pub fn new(home: Arc<TreeHome>, columns: Vec<Physical>) -> RowTree {
        todo!()
    }
    pub fn get(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowAt>>> {
        todo!()
    }
    pub fn ensure(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        todo!()
    }
    pub fn cursor(&self, from: Bound<RowId>, to: Bound<RowId>, reverse: bool) -> RowCursor {
        todo!()
    }
    pub fn first_row_id(&self, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowId>>> {
        todo!()
    }
    pub fn last_row_id(&self, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowId>>> {
        todo!()
    }
    pub fn insert(
        &mut self,
        id: RowId,
        source: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        todo!()
    }
    pub fn append(
        &mut self,
        ids: &[RowId],
        source: &[Column],
        from: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<usize>> {
        todo!()
    }
    pub fn update(
        &mut self,
        id: RowId,
        set: &[usize],
        source: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        todo!()
    }
    pub fn remove(&mut self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>> {
        todo!()
    }
}
impl IndexTree {
    pub fn new(home: Arc<TreeHome>) -> IndexTree {
        todo!()
    }
    pub fn get(&self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowId>>> {
        todo!()
    }
    pub fn ensure(&self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        todo!()
    }
    pub fn cursor(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>, reverse: bool) -> IndexCursor {
        todo!()
    }
    pub fn insert(
        &mut self,
        key: &[u8],
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        todo!()
    }
    pub fn remove(&mut self, key: &[u8], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<bool>> {
        todo!()
    }
    /// `Err(position)`: the entry at `position` is not above the one before it.
    pub fn build<K: AsRef<[u8]>>(
        home: Arc<TreeHome>,
        sorted: impl IntoIterator<Item = (K, RowId)>,
    ) -> Result<IndexTree, usize> {
        todo!()
    }
}
