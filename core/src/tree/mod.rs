//! The one structure everything lives in: a copy-on-write B+tree of columnar leaves.
//!
//! A table is a [`RowTree`] (row id -> columns), a secondary index an [`IndexTree`] (encoded key ->
//! row id). Cloning a tree clones one `Arc`: the clone is a snapshot. Changing a node that a snapshot
//! shares copies that node and its path; changing an unshared node happens in place.
//!
//! Interior nodes are always in memory. A leaf cell holds its leaf, or knows that the leaf is in
//! the store: then a read records the cell in [`Missing`], pins it in its [`Pins`] and returns
//! `Pending`; the driver fetches, fills, and calls again. Every operation is all or nothing: if it
//! returns `Pending` or an error, the tree is unchanged.
//!
//! Separator invariant: separator of leaf i <= every key in leaf i < separator of leaf i + 1; the first
//! leaf of a tree has the lowest separator (minus infinity) and is never removed. A leaf's separator is
//! its name in the store for life.
//!
//! In the store (see [`codec`](crate::codec)): leaves under level 0, directory pages (one per bottom
//! interior node: separators, row counts, bounds of columns) under level 1, a header (number of pages) under level 2, and
//! an outline (all pages in one) under level 3 while it is closed.
//! `verify` compares a version with the store.
//! What a store write replaces or deletes stays readable by older snapshots: see `slot` and
//! `overwritten`.
//!
//! Nothing here knows of SQL, transactions, or which placement a table has: [`TreeHome`] says whether
//! leaves must stay resident and whether they are ever stored.

mod cache;
mod copy;
mod cursor;
mod edit;
mod held;
mod home;
mod index_leaf;
mod index_tree;
mod leaf;
mod leaf_bounds;
mod leaf_columns;
mod leaf_filter;
mod leaves;
mod load;
mod made_columns;
mod missing;
mod node;
mod outline;
mod overwritten;
mod path;
mod range;
mod rank;
mod rehome;
mod row_ids;
mod row_leaf;
mod row_leaf_size;
mod row_tree;
mod sample;
mod slot;
#[cfg(test)]
mod tests;
mod thinned_rows;
mod tree;
mod verify;
mod write;

pub use crate::codec::TreeId;
pub use cache::{BlockCache, EvictionPolicy};
pub use copy::Copy;
pub use cursor::{Cursor, Span};
pub use home::{BlockSizing, Garbage, Residency, TreeHome};
pub use index_leaf::IndexLeaf;
pub use index_tree::{IndexCursor, IndexSpan, IndexTree};
pub use leaf::Leaf;
pub use leaves::Leaves;
pub use missing::{Missing, Pins, StoredBlock};
pub use row_leaf::RowLeaf;
pub use row_tree::{RowAt, RowCursor, RowSpan, RowTree};
pub use sample::SampledLeaf;
pub use tree::Tree;
pub use verify::{Comparison, StoredRun};
pub use write::Written;
