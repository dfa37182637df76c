//! Which leaves a reader may pass over by the bounds of their columns.

use super::leaf::Leaf;
use super::slot::Slot;
use crate::codec::KeyRanges;
use alloc::vec::Vec;

/// Leaves in memory that are looked into in vain, one after the other, before not each is any more.
const PATIENCE: u32 = 16;
/// Then so many are read for one that is looked into.
const SELDOM: u32 = 16;

/// What a reader needs of some columns. Nothing said: it needs every leaf.
#[derive(Default)]
pub(super) struct LeafFilter {
    columns: Vec<(usize, KeyRanges)>,
    /// Leaves in memory that were looked into in vain since the last that was passed over.
    in_vain: u32,
}

impl LeafFilter {
    /// Only entries whose values of each of these columns are in its ranges.
    pub(super) fn new(columns: Vec<(usize, KeyRanges)>) -> LeafFilter {
        LeafFilter { columns, in_vain: 0 }
    }

    /// Whether no entry of a leaf is needed.
    pub(super) fn rules_out<L: Leaf>(&self, cell: &Slot<L>) -> bool {
        let is_missed = |(column, ranges): &(usize, KeyRanges)| !ranges.may_meet(cell.column_bounds(*column));
        self.columns.iter().any(is_missed)
    }

    /// As [`LeafFilter::rules_out`]; but where looking into bounds seems not to pay, not always: of a leaf in memory it
    /// costs a twentieth of what reading the leaf does.
    #[inline]
    pub(super) fn passes_over<L: Leaf>(&mut self, cell: &Slot<L>) -> bool {
        !self.columns.is_empty() && self.look_into(cell)
    }

    fn look_into<L: Leaf>(&mut self, cell: &Slot<L>) -> bool {
        let is_cheap = !cell.home().is_cached();
        if is_cheap && self.in_vain >= PATIENCE && !self.in_vain.is_multiple_of(SELDOM) {
            self.in_vain = self.in_vain.wrapping_add(1);
            return false;
        }
        let is_over = self.rules_out(cell);
        self.in_vain = if is_over { 0 } else { self.in_vain.wrapping_add(1) };
        is_over
    }
}
