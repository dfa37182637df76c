//! MIN and MAX, over any type.

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::types::{
    Bitmap, BytesVec, Collation, Column, ColumnData, DataType, Physical, Result, vec_capacity,
};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::cmp::Ordering;

/// The accumulator of MIN (or MAX) over arguments of a type.
pub fn min_max(arg: &DataType, max: bool) -> Box<dyn Accumulator> {
    let wanted = if max { Ordering::Greater } else { Ordering::Less };
    match arg.physical() {
        Physical::I64 => Box::new(FixedBest::<i64>::new(wanted)),
        Physical::F64 => Box::new(FixedBest::<f64>::new(wanted)),
        Physical::Decimal => Box::new(FixedBest::<i128>::new(wanted)),
        Physical::Bytes => Box::new(BytesBest {
            wanted,
            collation: arg.collation(),
            best: Vec::new(),
            bytes: 0,
        }),
    }
}

/// A value of fixed width in a column.
trait Fixed: Copy + Default + Send {
    fn values(column: &Column) -> &[Self];
    fn column(values: Vec<Self>) -> ColumnData;
    fn order(&self, other: &Self) -> Ordering;
}

impl Fixed for i64 {
    fn values(column: &Column) -> &[i64] {
        column.i64s()
    }
    fn column(values: Vec<i64>) -> ColumnData {
        ColumnData::I64(Arc::new(values))
    }
    fn order(&self, other: &i64) -> Ordering {
        self.cmp(other)
    }
}

impl Fixed for i128 {
    fn values(column: &Column) -> &[i128] {
        column.decimals()
    }
    fn column(values: Vec<i128>) -> ColumnData {
        ColumnData::Decimal(Arc::new(values))
    }
    fn order(&self, other: &i128) -> Ordering {
        self.cmp(other)
    }
}

impl Fixed for f64 {
    fn values(column: &Column) -> &[f64] {
        column.f64s()
    }
    fn column(values: Vec<f64>) -> ColumnData {
        ColumnData::F64(Arc::new(values))
    }
    fn order(&self, other: &f64) -> Ordering {
        // 0.0 = -0.0 as in comparisons; NaN is greatest, as in ORDER BY.
        self.partial_cmp(other)
            .unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
    }
}

/// The best value per group, of fixed width.
struct FixedBest<T> {
    wanted: Ordering,
    best: Vec<T>,
    seen: Bitmap,
}

impl<T> FixedBest<T> {
    fn new(wanted: Ordering) -> FixedBest<T> {
        FixedBest {
            wanted,
            best: Vec::new(),
            seen: Bitmap::default(),
        }
    }
}

impl<T: Fixed> Accumulator for FixedBest<T> {
    fn grow(&mut self, groups: usize) {
        self.seen
            .extend_filled(groups.saturating_sub(self.best.len()), false);
        self.best.resize(groups, T::default());
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let values = T::values(column);
        let nulls = column.null_bitmap();
        groups.each(|row, group| {
            if let (Some(best), Some(value)) = (self.best.get_mut(group), values.get(row))
                && !nulls.is_some_and(|n| n.get(row))
                && (value.order(best) == self.wanted || !self.seen.get(group))
            {
                *best = *value;
                self.seen.set(group, true);
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        let wanted = self.wanted;
        let mut states: Vec<Option<T>> = (self.seen.iter().zip(&self.best))
            .map(|(seen, best)| seen.then_some(*best))
            .collect();
        run_up(&mut states, firsts, |before, state| {
            let better = |b: &T| state.as_ref().is_none_or(|s| b.order(s) == wanted);
            if let Some(before) = before.as_ref().filter(|b| better(b)) {
                *state = Some(*before);
            }
        });
        for (group, state) in states.into_iter().enumerate() {
            if let (Some(best), Some(state)) = (self.best.get_mut(group), state) {
                *best = state;
                self.seen.set(group, true);
            }
        }
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        let mut nulls = Bitmap::default();
        self.seen.iter().for_each(|s| nulls.push(!s));
        Ok(Column::from_parts(
            T::column(core::mem::take(&mut self.best)),
            Some(nulls),
        ))
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.best.capacity(), groups)
            .saturating_mul(size_of::<T>())
            .saturating_add(groups / 4)
    }
}

/// The best byte string per group.
struct BytesBest {
    wanted: Ordering,
    collation: Collation,
    best: Vec<Option<Box<[u8]>>>,
    bytes: usize,
}

impl Accumulator for BytesBest {
    fn grow(&mut self, groups: usize) {
        self.best.resize(groups, None);
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let nulls = column.null_bitmap();
        groups.each(|row, group| {
            if let Some(best) = self.best.get_mut(group)
                && !nulls.is_some_and(|n| n.get(row))
            {
                let value = column.bytes_at(row);
                let better = best
                    .as_ref()
                    .is_none_or(|b| order(value, b, self.collation) == self.wanted);
                if better {
                    self.bytes = self.bytes + value.len() - best.as_ref().map_or(0, |b| b.len());
                    *best = Some(value.into());
                }
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        let (wanted, collation) = (self.wanted, self.collation);
        run_up(&mut self.best, firsts, |before, state| {
            let better = |b: &[u8]| state.as_ref().is_none_or(|s| order(b, s, collation) == wanted);
            if let Some(before) = before.as_ref().filter(|b| better(b)) {
                *state = Some(before.clone());
            }
        });
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        let mut out = Column::from_bytes(BytesVec::with_capacity(self.best.len(), self.bytes));
        for best in core::mem::take(&mut self.best) {
            match best {
                Some(b) => out.push_bytes(&b),
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let arg = args.first();
        let added = arg.and_then(Column::bytes).map_or(0, |b| b.data().len());
        let texts = self.bytes.saturating_add(added).saturating_mul(2);
        // What an allocator adds to each text, and the places of the results.
        let each = size_of::<Option<Box<[u8]>>>() + 16 + 4;
        texts.saturating_add(vec_capacity(self.best.capacity(), groups).saturating_mul(each))
    }
}

fn order(a: &[u8], b: &[u8], collation: Collation) -> Ordering {
    match collation {
        Collation::Binary => a.cmp(b),
        Collation::NoCase => {
            let lower = |s: &[u8]| s.iter().map(u8::to_ascii_lowercase).collect::<Vec<u8>>();
            lower(a).cmp(&lower(b))
        }
    }
}
