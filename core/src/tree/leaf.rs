//! What the tree asks of a leaf: an ordered run of entries that splits, joins, and becomes bytes.
//!
//! Invariant of every leaf: its keys ascend strictly. Which keys belong to it is the tree's business.

use super::home::TreeHome;
use crate::codec::ColumnBounds;
use alloc::vec::Vec;
use core::{borrow::Borrow, fmt::Debug};

/// A leaf of a [`Tree`](super::Tree): [`RowLeaf`](super::RowLeaf) or [`IndexLeaf`](super::IndexLeaf).
#[allow(clippy::len_without_is_empty)]
pub trait Leaf: Clone + Debug + Send + Sync + Sized + 'static {
    /// What entries are found by.
    type Key: Ord + ?Sized;
    /// A key of its own, kept in interior nodes.
    type Separator: Borrow<Self::Key> + Ord + Clone + Debug + Send + Sync + 'static;

    /// The separator below every key.
    fn lowest() -> Self::Separator;
    /// The separator's name in the store; the bytes order as the separators do.
    fn separator_bytes(separator: &Self::Separator) -> Vec<u8>;
    /// Back from [`Leaf::separator_bytes`]; `None` for bytes that are no separator.
    fn separator_from_bytes(bytes: &[u8]) -> Option<Self::Separator>;

    /// Number of entries.
    fn len(&self) -> usize;
    /// Where `key` is, or where it would be inserted.
    fn search(&self, key: &Self::Key) -> Result<usize, usize>;
    /// A short separator above the entry before `at` and not above the entry at `at`.
    fn separator_before(&self, at: usize) -> Self::Separator;
    /// Bytes of memory of the first `n` entries, without spare room.
    fn weight_of(&self, n: usize) -> usize;
    /// Bytes of the block that [`Leaf::encode`] makes; visits every entry.
    fn block_size(&self) -> usize;
    /// Bytes of memory held.
    fn memory(&self) -> usize;

    /// Keeps the first `at` entries and returns the rest, with room for about `room` entries.
    fn split_off(&mut self, at: usize, room: usize) -> Self;
    /// Appends a leaf whose keys are all above this one's.
    fn append(&mut self, right: &Self);

    /// How many columns of the leaves of a tree have bounds: its first ones.
    fn bounded_columns(_home: &TreeHome) -> usize {
        0
    }
    /// Bounds of a column: all values of it, and perhaps some that are gone, lie within them.
    fn column_bounds(&self, _column: usize) -> ColumnBounds {
        ColumnBounds::UNKNOWN
    }

    /// Whether this may be a leaf of a tree of that home.
    fn fits(&self, home: &TreeHome) -> bool;
    /// The block to store under `key`.
    fn encode(&self, key: &[u8]) -> Vec<u8>;
    /// The leaf stored under `key`; `None` if the bytes are not that block, whole and unchanged.
    fn decode(key: &[u8], bytes: &[u8]) -> Option<Self>;
    /// As [`Leaf::decode`], but the leaf may stay encoded as far as that is possible.
    fn open(key: &[u8], bytes: Vec<u8>) -> Option<Self> {
        Self::decode(key, &bytes)
    }
    /// Whether it is still encoded. Whoever reads from it more than once takes it [decoded](Leaf::decoded); what a
    /// reader has it decode is kept in that value of the leaf, and not in its clones.
    fn is_encoded(&self) -> bool {
        false
    }
    /// Whether its entries are those of another leaf but for some, and that one is kept in memory for it.
    fn is_thinned(&self) -> bool {
        false
    }
    /// The same leaf, neither encoded nor thinned.
    fn decoded(&self) -> Self {
        self.clone()
    }
}
