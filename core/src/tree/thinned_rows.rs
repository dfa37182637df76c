//! The rows of another leaf without some: a leaf that lost rows since a version that others still read.
//!
//! Taking a row out of columns copies them if an older version shares them, texts and all. So the
//! older leaf is kept, with the positions of the rows that are gone; single values are read where they are, and whole
//! columns are made when they are asked for.
//!
//! Invariants: the leaf behind is not thinned itself; the positions ascend; at least half of the rows behind
//! are left, which bounds the memory that is held for nothing.

use super::leaf::Leaf;
use super::made_columns::{ColumnSource, MadeColumns};
use super::row_leaf::RowLeaf;
use crate::types::{Column, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::{iter::once, ops::Range};

/// See the module.
pub(super) struct ThinnedRows(MadeColumns<Rest>);

/// What is left of a leaf.
#[derive(Clone)]
struct Rest {
    source: Arc<RowLeaf>,
    /// Positions in `source` of the rows that are gone.
    gone: Positions,
}

/// Positions below [`ThinnedRows::MOST`]: a bit each.
#[derive(Clone, Copy, Default)]
struct Positions([u64; ThinnedRows::MOST / 64]);

impl Positions {
    fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many are below `at`.
    fn below(&self, at: usize) -> usize {
        let (whole, rest) = self.0.split_at(self.0.len().min(at / 64));
        let part = rest.first().map_or(0, |word| word & ((1 << (at % 64)) - 1));
        let whole = whole.iter().map(|word| word.count_ones() as usize);
        whole.sum::<usize>() + part.count_ones() as usize
    }

    /// Number `n` of those that are not among them.
    fn outside(&self, n: usize) -> usize {
        let (mut base, mut n) = (0, n);
        for word in &self.0 {
            let left = word.count_zeros() as usize;
            if n < left {
                // Each that is among them and not above it moves it on by one; there are few as a rule.
                let (mut at, mut among) = (n, *word);
                while among != 0 && among.trailing_zeros() as usize <= at {
                    at += 1;
                    among &= among - 1;
                }
                return base + at;
            }
            (base, n) = (base + 64, n - left);
        }
        base.saturating_add(n)
    }

    /// In order.
    fn iter(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        self.0.iter().enumerate().flat_map(|(i, word)| {
            let mut word = *word;
            core::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(i * 64 + bit)
            })
        })
    }
}

impl ColumnSource for Rest {
    fn column_count(&self) -> usize {
        self.source.column_count()
    }

    fn column(&self, i: usize) -> Column {
        let column = self.source.shared_column(i);
        column.pick(self.runs())
    }
}

impl Rest {
    fn len(&self) -> usize {
        self.source.len().saturating_sub(self.gone.len())
    }

    /// Runs of positions in the source that are left.
    fn runs(&self) -> impl Iterator<Item = Range<usize>> + Clone + '_ {
        let gone = self.gone.iter();
        let starts = once(0).chain(gone.clone().map(|g| g + 1));
        let ends = gone.chain(once(self.source.len()));
        starts
            .zip(ends)
            .map(|(from, to)| from..to)
            .filter(|r| !r.is_empty())
    }
}

impl ThinnedRows {
    /// Most rows of a leaf that can be thinned.
    pub(super) const MOST: usize = 256;

    /// All rows of a leaf that is not thinned, at most [`ThinnedRows::MOST`].
    pub(super) fn of(source: Arc<RowLeaf>) -> ThinnedRows {
        let gone = Positions::default();
        ThinnedRows(MadeColumns::of(Rest { source, gone }))
    }

    /// Takes out the row at `at`, which exists.
    pub(super) fn remove(&mut self, at: usize) {
        self.0.change(|rest| rest.gone.insert(rest.gone.outside(at)));
    }

    /// Whether too few rows of the leaf behind are left to keep it.
    pub(super) fn are_few(&self) -> bool {
        let rest = self.0.source();
        rest.len() * 2 < rest.source.len()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.source().len()
    }

    /// Where the row at `at` is: a leaf that is not thinned, and the position in it.
    #[inline]
    pub(super) fn place(&self, at: usize) -> (&RowLeaf, usize) {
        let rest = self.0.source();
        (&rest.source, rest.gone.outside(at))
    }

    /// As [`RowLeaf::find`].
    #[inline]
    pub(super) fn find(&self, id: RowId) -> Result<usize, usize> {
        let rest = self.0.source();
        match rest.source.find(id) {
            Ok(place) if !rest.gone.contains(place) => Ok(place - rest.gone.below(place)),
            Ok(place) | Err(place) => Err(place - rest.gone.below(place)),
        }
    }

    /// Appends the ids of the rows `from..to`.
    pub(super) fn extend_row_ids(&self, out: &mut Vec<RowId>, from: usize, to: usize) {
        let (rest, mut first) = (self.0.source(), 0);
        for run in rest.runs() {
            // The rows first.. of this leaf are those of the run.
            let (start, end) = (from.max(first), to.min(first + run.len()));
            if start < end {
                let (start, end) = (run.start + start - first, run.start + end - first);
                rest.source.extend_row_ids(out, start, end);
            }
            first += run.len();
        }
    }

    /// All columns, as those of a leaf of its own.
    pub(super) fn columns(&self) -> &[Column] {
        self.0.all()
    }

    /// One of them.
    pub(super) fn column(&self, i: usize) -> Option<&Column> {
        self.0.get(i)
    }

    /// All columns; they are not kept.
    pub(super) fn make_columns(&self) -> Vec<Column> {
        self.0.make()
    }

    /// Whether all columns are there anyway, so that the leaf behind is not needed.
    pub(super) fn has_columns_made(&self) -> bool {
        self.0.all_made().is_some()
    }

    /// As [`RowLeaf::text_bytes`].
    pub(super) fn text_bytes(&self, i: usize) -> usize {
        let Rest { source, gone } = self.0.source();
        let lost = gone.iter().map(|g| source.text_len(i, g));
        source.text_bytes(i).saturating_sub(lost.sum())
    }

    /// Bytes of the rows and their ids; see [`Leaf::weight_of`].
    pub(super) fn weight(&self) -> usize {
        let Rest { source, gone } = self.0.source();
        let lost = gone.iter().map(|g| source.weight_of_row(g));
        source.weight_of(source.len()).saturating_sub(lost.sum())
    }

    /// Bytes of memory: the leaf behind may be held for this one alone.
    pub(super) fn memory(&self) -> usize {
        size_of::<ThinnedRows>() + self.0.source().source.memory() + self.0.memory()
    }
}

impl Clone for ThinnedRows {
    /// Shares the leaf behind, but not the columns that were made.
    fn clone(&self) -> ThinnedRows {
        ThinnedRows(MadeColumns::of(self.0.source().clone()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::types::{DataType, Physical};
    use alloc::{collections::BTreeSet, format, string::String, vec};
    use proptest::prelude::*;

    const COLUMNS: [Physical; 3] = [Physical::I64, Physical::Decimal, Physical::Bytes];

    /// One row per id, with values and NULLs that depend on it.
    fn rows(ids: &[RowId]) -> [Column; 3] {
        let mut columns = COLUMNS.map(Column::new);
        for id in ids {
            let [number, decimal, text] = &mut columns;
            match id.rem_euclid(5) {
                0 => number.push_null(),
                _ => number.push_i64(id * 3),
            }
            decimal.push_decimal(i128::from(*id) << 64);
            match id.rem_euclid(7) {
                0 => text.push_null(),
                n => text.push_bytes(format!("row {id} ").repeat(n as usize).as_bytes()),
            }
        }
        columns
    }

    fn leaf(ids: &[RowId]) -> RowLeaf {
        let mut leaf = RowLeaf::new(&COLUMNS);
        leaf.push_rows(ids, &rows(ids), 0);
        leaf
    }

    fn ids(leaf: &RowLeaf) -> Vec<RowId> {
        leaf.row_ids().i64s().to_vec()
    }

    /// Everything that can be asked of a leaf, by values first.
    fn told(leaf: &RowLeaf) -> Vec<String> {
        let mut told = vec![format!("{}", leaf.len())];
        let types = [
            DataType::BIGINT,
            DataType::Decimal {
                precision: 38,
                scale: 0,
                unsigned: false,
            },
            DataType::TEXT,
        ];
        for at in 0..leaf.len() {
            let id = leaf.row_id(at);
            let find = [id - 1, id, id + 1].map(|id| leaf.find(id));
            let values = types.iter().enumerate().map(|(i, ty)| leaf.value_ref(i, at, ty));
            told.push(format!("{id} {find:?} {:?}", values.collect::<Vec<_>>()));
            let (columns, place) = leaf.columns_at(at);
            told.push(format!(
                "{:?}",
                columns
                    .iter()
                    .map(|c| c.slice(place, place + 1))
                    .collect::<Vec<_>>()
            ));
            let mut some = Vec::new();
            leaf.extend_row_ids(&mut some, at / 2, at);
            told.push(format!("{some:?} {}", leaf.weight_of_row(at)));
        }
        told.push(format!(
            "{} {:?}",
            leaf.row_id(leaf.len()),
            leaf.value_ref(3, 0, &DataType::TEXT)
        ));
        told.push(format!(
            "{:?}",
            (0..4).map(|i| leaf.text_bytes(i)).collect::<Vec<_>>()
        ));
        told.push(format!(
            "{} {}",
            leaf.has_columns(&COLUMNS),
            leaf.has_columns(&COLUMNS[1..])
        ));
        told.push(format!("{} {}", leaf.weight_of(leaf.len()), leaf.block_size()));
        told.push(format!("{:?} {:?}", leaf.column(2), leaf.column(3)));
        told.push(format!("{leaf:?}"));
        // Where the ids of no rows start is anything.
        told.extend((!leaf.is_empty()).then(|| format!("{:?}", leaf.encode(b"key"))));
        told.push(format!(
            "{:?}",
            (0..leaf.len()).map(|n| leaf.weight_of(n)).collect::<Vec<_>>()
        ));
        told
    }

    /// What every change makes of it.
    fn changed(leaf: &RowLeaf) -> Vec<RowLeaf> {
        let len = leaf.len();
        let beyond = leaf.row_id(len.saturating_sub(1)).min(1 << 40) + 7;
        let new = rows(&[beyond]);
        let mut split = leaf.clone();
        let right = split.split_off(len / 2, 0);
        let mut joined = split.clone();
        joined.append(&right);
        let mut before = RowLeaf::new(&COLUMNS);
        before.push_rows(&[-9], &rows(&[-9]), 0);
        before.append(leaf);
        let mut inserted = leaf.clone();
        inserted.insert(len, beyond, &new, 0);
        let mut pushed = leaf.clone();
        pushed.reserve(&new, 0, 1, false);
        pushed.push_rows(&[beyond], &new, 0);
        let mut updated = leaf.clone();
        updated.update(len / 2, [0, 2].into_iter().zip([&new[0], &new[2]]), 0);
        let like = leaf.with_capacity_like(3);
        vec![
            split,
            right,
            joined,
            before,
            inserted,
            pushed,
            updated,
            like,
            leaf.decoded(),
            leaf.clone(),
        ]
    }

    proptest! {
        #[test]
        fn a_thinned_leaf_is_the_leaf_of_its_rows(
            gaps in proptest::collection::vec(1..4i64, 1..40),
            is_dense in any::<bool>(),
            is_encoded in any::<bool>(),
            gone in proptest::collection::vec((any::<usize>(), 0..6u8), 1..12),
        ) {
            let mut last = 0;
            let all: Vec<RowId> = gaps.iter().map(|gap| {
                last += if is_dense { 1 } else { *gap };
                last
            }).collect();
            let source = match is_encoded {
                true => RowLeaf::open(b"k", leaf(&all).encode(b"k")).unwrap(),
                false => leaf(&all),
            };
            let source = Arc::new(source);
            let mut left = all.clone();
            let mut thinned = source.clone();
            let mut older = Vec::new();
            for (at, what) in gone {
                if left.is_empty() {
                    break;
                }
                match what {
                    // Another version shares it.
                    0 => older.push((thinned.clone(), left.clone())),
                    1 => {
                        thinned.columns();
                    }
                    2 => {
                        thinned.column(at % 3);
                    }
                    _ => {}
                }
                let at = at % left.len();
                left.remove(at);
                RowLeaf::remove_from(&mut thinned, at);
                prop_assert_eq!(told(&thinned.clone()), told(&leaf(&left)));
            }
            for (leaf, expected) in changed(&thinned).iter().zip(changed(&leaf(&left))) {
                prop_assert_eq!(told(leaf), told(&expected));
            }
            older.push((source, all));
            for (older, rows) in older {
                prop_assert_eq!(ids(&older), rows.clone());
                prop_assert_eq!(told(&older), told(&leaf(&rows)));
            }
        }
    }

    proptest! {
        #[test]
        fn positions_are_counted_over_all_words(
            runs in proptest::collection::vec((0..ThinnedRows::MOST, 1..100usize), 0..6),
        ) {
            let runs = runs.into_iter().flat_map(|(from, n)| from..from + n);
            let among: BTreeSet<usize> = runs.filter(|at| *at < ThinnedRows::MOST).collect();
            let mut positions = Positions::default();
            among.iter().for_each(|at| positions.insert(*at));
            prop_assert_eq!(positions.len(), among.len());
            prop_assert!(positions.iter().eq(among.iter().copied()));
            for at in 0..=ThinnedRows::MOST {
                prop_assert_eq!(positions.contains(at), among.contains(&at));
                prop_assert_eq!(positions.below(at), among.range(..at).count());
            }
            let outside = (0..ThinnedRows::MOST + 9).filter(|at| !among.contains(at));
            for (n, at) in outside.enumerate() {
                prop_assert_eq!(positions.outside(n), at);
            }
        }
    }

    #[test]
    fn a_shared_leaf_is_thinned_until_few_rows_are_left() {
        let all: Vec<RowId> = (0..100).collect();
        let mut thinned = Arc::new(leaf(&all));
        let older = thinned.clone();
        for left in (50..100).rev() {
            RowLeaf::remove_from(&mut thinned, left);
            assert!(thinned.is_thinned());
            assert!(
                thinned.columns_at(0).0[2].bytes_at(0).as_ptr() == older.columns()[2].bytes_at(0).as_ptr()
            );
        }
        assert_eq!(thinned.touch(0, 7), older.touch(0, 7));
        RowLeaf::remove_from(&mut thinned, 0);
        assert!(!thinned.is_thinned(), "fewer than half");
        assert_eq!(ids(&thinned), (1..50).collect::<Vec<_>>());
        drop(older);
        // Nobody shares it: it changes where it is.
        RowLeaf::remove_from(&mut thinned, 0);
        assert!(!thinned.is_thinned());
        assert_eq!(told(&thinned), told(&leaf(&(2..50).collect::<Vec<_>>())));
    }

    #[test]
    fn a_leaf_whose_columns_are_there_lets_go_of_the_one_behind() {
        let mut thinned = Arc::new(leaf(&[1, 2, 3, 4, 5, 6]));
        let source = Arc::downgrade(&thinned);
        let version = thinned.clone();
        RowLeaf::remove_from(&mut thinned, 0);
        drop(version);
        assert!(thinned.is_thinned() && source.strong_count() == 1);
        let older = thinned.clone();
        let small = thinned.memory();
        thinned.columns();
        assert!(thinned.memory() > small, "what was made is counted");
        RowLeaf::remove_from(&mut thinned, 0);
        drop(older);
        assert_eq!(source.strong_count(), 0);
        assert_eq!(ids(&thinned), [3, 4, 5, 6]);
    }
}
