//! The table: a definition, a row tree, and one index tree per index of the definition.

use super::index_key::IndexKey;
use super::sequence::Sequence;
use crate::catalog::{Placement, TableDef};
use crate::codec::KeyPart;
use crate::tree::{IndexTree, Residency, RowTree, TreeHome};
use alloc::{string::String, sync::Arc, vec::Vec};

/// Makes homes for new trees, each under a tree id that was never used before.
pub trait TreeFactory {
    /// A home for a tree of a table of that placement; `label` names it in errors.
    fn home(&self, label: &str, placement: Placement) -> Arc<TreeHome>;
}

/// One version of a table. Cloning it clones a few `Arc`s; the clone is a snapshot.
///
/// Invariant: `indexes` are parallel to `def.indexes`, and each holds exactly one entry per row.
#[derive(Clone)]
pub struct Table {
    /// The definition.
    pub def: Arc<TableDef>,
    /// Row id to stored columns.
    pub rows: RowTree,
    /// Key to row id, one per index of the definition.
    pub indexes: Vec<IndexTree>,
    /// Where new row ids come from.
    pub sequence: Arc<Sequence>,
    /// How each index makes its keys; fixed with the definition's indexes.
    pub(super) keys: Arc<Vec<IndexKey>>,
}

impl Table {
    /// An empty table.
    pub fn create(def: Arc<TableDef>, trees: &dyn TreeFactory) -> Table {
        let placement = def.persistence.placement();
        let rows = RowTree::new(trees.home(&def.name, placement), def.stored_physical());
        let indexes = def
            .indexes
            .iter()
            .map(|i| IndexTree::new(trees.home(&index_label(&def, &i.name), placement)))
            .collect();
        Table::from_parts(def, rows, indexes, Arc::new(Sequence::new(1)))
    }

    /// A table of existing trees. `indexes` are parallel to `def.indexes`.
    pub fn from_parts(
        def: Arc<TableDef>,
        rows: RowTree,
        indexes: Vec<IndexTree>,
        sequence: Arc<Sequence>,
    ) -> Table {
        let keys = Arc::new(def.indexes.iter().map(|i| IndexKey::new(&def, i)).collect());
        Table {
            def,
            rows,
            indexes,
            sequence,
            keys,
        }
    }

    /// The key parts of index `index`, in key order; empty for an index that does not exist.
    pub fn index_parts(&self, index: usize) -> &[KeyPart] {
        self.keys.get(index).map_or(&[], IndexKey::parts)
    }

    /// How index `index` makes its keys.
    pub fn index_key(&self, index: usize) -> Option<&IndexKey> {
        self.keys.get(index)
    }

    /// All trees' homes: the rows', then the indexes'.
    pub fn homes(&self) -> impl Iterator<Item = &Arc<TreeHome>> {
        core::iter::once(self.rows.home()).chain(self.indexes.iter().map(IndexTree::home))
    }

    /// Whether a leaf may have to be fetched first.
    pub(super) fn may_wait(&self) -> bool {
        matches!(self.rows.home().residency, Residency::Cached)
    }
}

/// What an index's tree is called in errors.
pub(super) fn index_label(def: &TableDef, index: &str) -> String {
    alloc::format!("{}.{}", def.name, index)
}
