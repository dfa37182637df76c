//! MEDIAN, MODE and percentiles: aggregates that need all values of a group in order.

use super::{Accumulator, Groups};
use crate::types::{Collation, Column, ColumnData, DataType, Error, Physical, Result, vec_capacity};
use alloc::{format, vec::Vec};
use core::cmp::Ordering;

/// What is taken from the ordered values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// The middle value of a DOUBLE argument, or the mean of the two middle ones.
    Median,
    /// The most frequent value; of several, the first in order.
    Mode,
    /// PERCENTILE_CONT of a DOUBLE argument: between the two nearest values.
    Between,
    /// The same with a fraction from 0 to 100.
    Percent,
    /// PERCENTILE_DISC: the first value that so many are not beyond.
    Nearest,
}

/// Every value that is not NULL, and its group.
#[derive(Debug)]
pub struct Ranked {
    rank: Rank,
    descending: bool,
    collation: Collation,
    values: Column,
    /// The fraction of each group that has rows, if there is one; NaN of NULL.
    fractions: Vec<Option<f64>>,
    group_of: Vec<u32>,
    groups: usize,
}

impl Ranked {
    /// Over an argument of a type, and the fraction as the second if the rank has one.
    pub fn new(rank: Rank, descending: bool, arg: &DataType) -> Ranked {
        Ranked {
            rank,
            descending,
            fractions: Vec::new(),
            collation: arg.collation(),
            values: Column::new(arg.physical()),
            group_of: Vec::new(),
            groups: 0,
        }
    }

    fn compare(&self, i: usize, j: usize) -> Ordering {
        match self.values.data() {
            ColumnData::I64(v) => v.get(i).cmp(&v.get(j)),
            ColumnData::F64(v) => v.get(i).partial_cmp(&v.get(j)).unwrap_or(Ordering::Equal),
            ColumnData::Decimal(v) => v.get(i).cmp(&v.get(j)),
            ColumnData::Bytes(v) if self.collation == Collation::NoCase => {
                let lower = |b: &u8| b.to_ascii_lowercase();
                v.get(i).iter().map(lower).cmp(v.get(j).iter().map(lower))
            }
            ColumnData::Bytes(v) => v.get(i).cmp(v.get(j)),
        }
    }

    /// Keeps the fraction of a row's group.
    fn note_fraction(&mut self, fractions: &Column, row: usize, group: usize) -> Result<()> {
        let (name, most) = match self.rank {
            Rank::Percent => ("PERCENTILE", 100.0),
            Rank::Nearest => ("PERCENTILE_DISC", 1.0),
            _ => ("PERCENTILE_CONT", 1.0),
        };
        let given = fractions.f64s().get(row).filter(|_| !fractions.is_null(row));
        let given = given.map_or(f64::NAN, |f| f / most);
        if !given.is_nan() && !(0.0..=1.0).contains(&given) {
            return Err(Error::invalid(format!("{name} takes a number from 0 to {most}")));
        }
        match self.fractions.get_mut(group) {
            Some(Some(known)) if known.to_bits() != given.to_bits() => Err(Error::invalid(format!(
                "{name} takes the same number in all rows of a group"
            ))),
            Some(known) => {
                *known = Some(given);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn push_percentile(&self, ordered: &[u32], group: usize, out: &mut Column) {
        let fraction = self.fractions.get(group).copied().flatten().unwrap_or(f64::NAN);
        let n = ordered.len();
        if n == 0 || fraction.is_nan() {
            return out.push_null();
        }
        if self.rank == Rank::Nearest {
            let place = (libm::ceil(fraction * n as f64) as usize).saturating_sub(1);
            match ordered.get(place.min(n - 1)) {
                Some(i) => out.push_from(&self.values, *i as usize),
                None => out.push_null(),
            }
            return;
        }
        let place = fraction * (n - 1) as f64;
        let low = libm::floor(place);
        let at = |k: usize| {
            let i = ordered.get(k.min(n - 1));
            i.and_then(|i| self.values.f64s().get(*i as usize)).copied()
        };
        match (at(low as usize), at(libm::ceil(place) as usize)) {
            // Parts first: the difference of two large values may overflow.
            (Some(a), Some(b)) => {
                let part = place - low;
                out.push_f64(if a == b { a } else { a * (1.0 - part) + b * part });
            }
            _ => out.push_null(),
        }
    }

    fn push_median(&self, ordered: &[u32], out: &mut Column) {
        let values = self.values.f64s();
        let at = |k: usize| ordered.get(k).and_then(|i| values.get(*i as usize)).copied();
        let n = ordered.len();
        match (at(n.wrapping_sub(1) / 2), at(n / 2)) {
            // Halves first: the sum of two large values may overflow.
            (Some(low), Some(high)) => out.push_f64(if low == high { low } else { low / 2.0 + high / 2.0 }),
            _ => out.push_null(),
        }
    }

    fn push_mode(&self, ordered: &[u32], out: &mut Column) {
        let equal = |a: &u32, b: &u32| self.compare(*a as usize, *b as usize).is_eq();
        let mut best: &[u32] = &[];
        for run in ordered.chunk_by(equal) {
            if run.len() > best.len() {
                best = run;
            }
        }
        match best.first() {
            Some(i) => out.push_from(&self.values, *i as usize),
            None => out.push_null(),
        }
    }
}

impl Accumulator for Ranked {
    fn grow(&mut self, groups: usize) {
        self.groups = groups;
        if !matches!(self.rank, Rank::Median | Rank::Mode) {
            self.fractions.resize(groups, None);
        }
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        groups.each(|row, group| {
            if !column.is_null(row) && row < column.len() {
                if let Some(fractions) = args.get(1) {
                    self.note_fraction(fractions, row, group)?;
                }
                self.values.push_from(column, row);
                self.group_of.push(group as u32);
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<Column> {
        let group = |i: &u32| self.group_of.get(*i as usize).copied().unwrap_or(0);
        let mut order: Vec<u32> = (0..self.group_of.len() as u32).collect();
        order.sort_by(|a, b| {
            group(a).cmp(&group(b)).then_with(|| {
                let ascending = self.compare(*a as usize, *b as usize);
                match self.descending {
                    true => ascending.reverse(),
                    false => ascending,
                }
            })
        });
        let physical = match self.rank {
            Rank::Median | Rank::Between | Rank::Percent => Physical::F64,
            Rank::Mode | Rank::Nearest => self.values.physical(),
        };
        let mut out = Column::with_capacity(physical, self.groups);
        let mut rest = order.as_slice();
        for g in 0..self.groups as u32 {
            let n = rest.partition_point(|i| group(i) <= g);
            let (own, after) = rest.split_at_checked(n).unwrap_or((rest, &[]));
            rest = after;
            match self.rank {
                Rank::Median => self.push_median(own, &mut out),
                Rank::Mode => self.push_mode(own, &mut out),
                Rank::Between | Rank::Percent | Rank::Nearest => {
                    self.push_percentile(own, g as usize, &mut out)
                }
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, args: &[Column]) -> usize {
        let arg = args.first();
        let rows = self.group_of.len() + arg.map_or(0, Column::len);
        let values = arg.map_or(self.values.memory(), |arg| self.values.memory_with(arg, None));
        // The group of each value, their order, and what sorting it takes; the results.
        let each = vec_capacity(self.group_of.capacity(), rows).saturating_add(rows * 2);
        values
            .saturating_add(each.saturating_mul(4))
            .saturating_add(groups.saturating_mul(16 + 32))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::moments::Moments;
    use super::*;
    use alloc::vec;

    fn two_groups(mut acc: impl Accumulator, arg: &Column) -> Column {
        acc.grow(3);
        acc.add(Groups::Each(&[0, 1, 0, 0, 1, 0]), core::slice::from_ref(arg))
            .unwrap();
        acc.finish().unwrap()
    }

    #[test]
    fn median_mode_and_deviation_of_groups() {
        let arg = Column::from_f64(vec![4.0, 7.0, 1.0, 2.0, 7.0, 9.0]);
        let median = two_groups(Ranked::new(Rank::Median, false, &DataType::Double), &arg);
        assert_eq!(median.f64s(), [3.0, 7.0, 0.0]);
        assert!(median.is_null(2), "a group without values has no median");
        let arg = Column::from_i64(vec![4, 7, 1, 4, 6, 1]);
        assert_eq!(
            two_groups(Ranked::new(Rank::Mode, false, &DataType::BIGINT), &arg).i64s()[..2],
            [1, 6]
        );
        // Population variance of 4, 1, 2, 9 is 9.5; of the sample 38/3.
        let near = |c: Column, want: f64| assert!((c.f64s()[0] - want).abs() < 1e-9, "{c:?}");
        let arg = Column::from_f64(vec![4.0, 7.0, 1.0, 2.0, 7.0, 9.0]);
        near(two_groups(Moments::new(false, false), &arg), 9.5);
        near(two_groups(Moments::new(true, false), &arg), 38.0 / 3.0);
        near(two_groups(Moments::new(false, true), &arg), 9.5f64.sqrt());
        // A large offset must not drown the deviation.
        let arg = Column::from_f64(vec![1e9 + 4.0, 0.0, 1e9 + 1.0, 1e9 + 2.0, 0.0, 1e9 + 9.0]);
        assert!((two_groups(Moments::new(false, false), &arg).f64s()[0] - 9.5).abs() < 1e-5);
    }
}
