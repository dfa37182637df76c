//! What a cell knows of the columns of its leaf.
//!
//! In a tree that is not stored, bounds are found when a reader first asks for those of a column, and forgotten when
//! the leaf changes. In one that is, they are made when the leaf is written, and stand in its directory page:
//!
//! - of a *clean* cell they are what the page says, and its leaf lies within them;
//! - of a *dirty* one they are what the page says of the older leaf that is in the store under its name, so no
//!   reader may use them; there are none if that is not known. A write that leaves the leaf within them
//!   leaves the page as it is.

use crate::codec::ColumnBounds;
use crate::sync::Once;
use alloc::boxed::Box;
// They only count: a reader who comes too early finds nothing.
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// See the module.
#[derive(Default)]
pub(super) struct LeafBounds(Once<Box<[AtomicU64]>>);

impl LeafBounds {
    /// Of these columns; they are known.
    pub(super) fn of(bounds: &[ColumnBounds]) -> LeafBounds {
        LeafBounds(Once::initialized(cells(bounds)))
    }

    /// The bounds of a column.
    #[inline]
    pub(super) fn get(&self, column: usize) -> ColumnBounds {
        match self.0.get().and_then(|bounds| bounds.get(column)) {
            Some(bits) => load(bits),
            None => ColumnBounds::UNKNOWN,
        }
    }

    /// Those of all columns, if they are there.
    pub(super) fn all(&self) -> Option<impl ExactSizeIterator<Item = ColumnBounds>> {
        self.0.get().map(|bounds| bounds.iter().map(load))
    }

    /// As all of them are now.
    pub(super) fn copy(&self) -> LeafBounds {
        match self.all() {
            Some(all) => LeafBounds(Once::initialized(
                all.map(|bounds| AtomicU64::new(bounds.to_bits())).collect(),
            )),
            None => LeafBounds::default(),
        }
    }

    /// Says what the bounds of one of `columns` columns are.
    pub(super) fn set(&self, columns: usize, column: usize, bounds: ColumnBounds) {
        let all = self
            .0
            .call_once(|| (0..columns).map(|_| AtomicU64::new(0)).collect());
        if let Some(bits) = all.get(column) {
            bits.store(bounds.to_bits(), Relaxed);
        }
    }

    /// Says what the bounds of all columns are, which are as many as are there already, if there are any.
    pub(super) fn set_all(&self, bounds: &[ColumnBounds]) {
        let all = self.0.call_once(|| cells(bounds));
        for (bits, bounds) in all.iter().zip(bounds) {
            bits.store(bounds.to_bits(), Relaxed);
        }
    }

    /// Nothing is known any more.
    #[inline]
    pub(super) fn forget(&mut self) {
        if let Some(all) = self.0.get_mut() {
            all.iter_mut().for_each(|bits| *bits.get_mut() = 0);
        }
    }

    /// How many columns there are; `None`: that is not known.
    pub(super) fn columns(&self) -> Option<usize> {
        self.0.get().map(|bounds| bounds.len())
    }

    /// Takes what is known away.
    pub(super) fn clear(&mut self) {
        self.0 = Once::new();
    }
}

fn load(bits: &AtomicU64) -> ColumnBounds {
    ColumnBounds::from_written(bits.load(Relaxed))
}

fn cells(bounds: &[ColumnBounds]) -> Box<[AtomicU64]> {
    bounds
        .iter()
        .map(|bounds| AtomicU64::new(bounds.to_bits()))
        .collect()
}
