//! SUM and AVG: exact over integers and decimals, compensated over floats.

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::types::{Bitmap, Column, ColumnData, DataType, Decimal, Error, Physical, Result, vec_capacity};
use alloc::{string::ToString, sync::Arc, vec::Vec};
use amphi_kernels::integer_sum;

/// 10^n, if it fits.
fn power_of_ten(n: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(n))
}

/// SUM or AVG of integers and decimals, in 128 bits.
#[derive(Debug)]
pub struct ExactSum {
    average: bool,
    scale: u8,
    ty: DataType,
    /// Sum, number of values.
    groups: Vec<(i128, i64)>,
}

impl ExactSum {
    /// Over arguments of `scale` digits after the point; the result has type `ty`.
    pub fn new(average: bool, scale: u8, ty: DataType) -> ExactSum {
        ExactSum {
            average,
            scale,
            ty,
            groups: Vec::new(),
        }
    }

    fn out_of_range(&self) -> Error {
        Error::OutOfRange {
            value: if self.average { "AVG" } else { "SUM" }.to_string(),
            expected: self.ty.to_string(),
            column: None,
        }
    }
}

/// How sums become results.
struct Scaling {
    average: bool,
    /// A result has so many units of the argument's scale as one of its own, and so many of its own as one of the argument's.
    up: i128,
    down: i128,
    limit: i128,
}

impl Scaling {
    /// From the scale of the argument to that of the result; `None` if they are too far apart.
    fn new(average: bool, from: u8, to: u8) -> Option<Scaling> {
        Some(Scaling {
            average,
            up: power_of_ten(to.saturating_sub(from))?,
            down: power_of_ten(from.saturating_sub(to))?,
            limit: power_of_ten(Decimal::MAX_PRECISION)?,
        })
    }

    /// The result of one group in units of the result's scale.
    fn result(&self, sum: i128, count: i64) -> Option<i128> {
        let value = if self.average {
            let n = i128::from(count);
            // Whole part and remainder apart, so that only a result that does not fit overflows.
            let rest = divide_rounded((sum % n).checked_mul(self.up)?, n);
            (sum / n).checked_mul(self.up)?.checked_add(rest)?
        } else if self.up > 1 {
            sum.checked_mul(self.up)?
        } else {
            sum
        };
        let value = if self.down > 1 {
            divide_rounded(value, self.down)
        } else {
            value
        };
        (value > -self.limit && value < self.limit).then_some(value)
    }
}

/// `a / b`, halves away from zero; `b` is positive.
fn divide_rounded(a: i128, b: i128) -> i128 {
    let (q, r) = (a / b, a % b);
    if r.unsigned_abs() >= b.unsigned_abs().div_ceil(2) {
        q + a.signum()
    } else {
        q
    }
}

impl Accumulator for ExactSum {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, (0, 0));
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let nulls = column.null_bitmap();
        let states = &mut self.groups;
        let mut overflow = false;
        match column.data() {
            ColumnData::I64(v) => {
                if let (Groups::One(rows), Some(state)) = (groups, states.first_mut()) {
                    // A NULL's slot holds 0; no sum of 64-bit integers overflows 128 bits.
                    let values = v.get(..rows).unwrap_or(v);
                    state.0 += integer_sum(values);
                    state.1 += (values.len() - nulls.map_or(0, |n| n.count_ones()).min(values.len())) as i64;
                    return Ok(());
                }
                groups.each(|row, group| {
                    if let (Some(state), Some(value)) = (states.get_mut(group), v.get(row))
                        && !nulls.is_some_and(|n| n.get(row))
                    {
                        state.0 += i128::from(*value);
                        state.1 += 1;
                    }
                    Ok(())
                })?;
            }
            ColumnData::Decimal(v) => groups.each(|row, group| {
                if let (Some(state), Some(value)) = (states.get_mut(group), v.get(row))
                    && !nulls.is_some_and(|n| n.get(row))
                {
                    let (sum, over) = state.0.overflowing_add(*value);
                    overflow |= over;
                    *state = (sum, state.1 + 1);
                }
                Ok(())
            })?,
            ColumnData::F64(_) | ColumnData::Bytes(_) => {}
        }
        if overflow {
            Err(self.out_of_range())
        } else {
            Ok(())
        }
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        let mut overflow = false;
        run_up(&mut self.groups, firsts, |before, state| {
            let (sum, over) = state.0.overflowing_add(before.0);
            overflow |= over;
            *state = (sum, state.1 + before.1);
        });
        if overflow {
            Err(self.out_of_range())
        } else {
            Ok(true)
        }
    }

    fn finish(&mut self) -> Result<Column> {
        let scaling = Scaling::new(self.average, self.scale, self.ty.scale());
        let scaling = scaling.ok_or_else(|| self.out_of_range())?;
        let groups = core::mem::take(&mut self.groups);
        let nulls = groups.iter().any(|(_, count)| *count == 0).then(|| {
            let mut nulls = Bitmap::default();
            groups.iter().for_each(|(_, count)| nulls.push(*count == 0));
            nulls
        });
        // The sum of no values is NULL, whose place holds 0.
        let sums = groups.iter().map(|(sum, count)| match count {
            0 => Ok(0),
            _ => scaling.result(*sum, *count).ok_or_else(|| self.out_of_range()),
        });
        let data = if self.ty.physical() == Physical::I64 {
            let int = |sum: Result<i128>| i64::try_from(sum?).map_err(|_| self.out_of_range());
            ColumnData::I64(Arc::new(sums.map(int).collect::<Result<_>>()?))
        } else {
            ColumnData::Decimal(Arc::new(sums.collect::<Result<_>>()?))
        };
        Ok(Column::from_parts(data, nulls))
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(size_of::<(i128, i64)>() + 16)
    }
}

/// SUM or AVG as DOUBLE, with Neumaier's compensation: the sum of 0.1 ten times is 1.
#[derive(Debug)]
pub struct FloatSum {
    average: bool,
    /// TOTAL: 0 of no values.
    zero: bool,
    scale: u8,
    /// Sum, compensation, number of values.
    groups: Vec<(f64, f64, i64)>,
    /// What group 0 has besides, if it is the only one.
    lanes: Lanes,
}

/// How many sums run side by side.
const LANES: usize = 4;

/// Compensated sums of every fourth value each, so that an addition need not wait for the one before.
/// Which sum takes a value depends only on how many came before, and not on how they come in batches.
#[derive(Debug, Clone, Default)]
struct Lanes {
    sums: [f64; LANES],
    compensations: [f64; LANES],
    /// The sum that takes the next value.
    next: usize,
}

impl Lanes {
    /// Adds `value` to sum `lane`. The rounding error is that of Neumaier's algorithm, computed without
    /// a branch (TwoSum, Knuth, The Art of Computer Programming 2, section 4.2.2).
    #[inline]
    fn add_to(&mut self, lane: usize, value: f64) {
        let (Some(sum), Some(compensation)) = (self.sums.get_mut(lane), self.compensations.get_mut(lane))
        else {
            return;
        };
        let new = *sum + value;
        let added = new - *sum;
        *compensation += (*sum - (new - added)) + (value - added);
        *sum = new;
    }

    /// Adds values in order; `false`, and nothing added, if a sum leaves the range of floats.
    fn add(&mut self, values: &[f64]) -> bool {
        let mut lanes = self.clone();
        let head = (LANES - lanes.next) % LANES;
        let (head, rest) = values.split_at_checked(head).unwrap_or((values, &[]));
        for value in head {
            lanes.add_to(lanes.next, *value);
            lanes.next = (lanes.next + 1) % LANES;
        }
        let (chunks, tail) = rest.as_chunks::<LANES>();
        for chunk in chunks {
            (0..LANES).zip(chunk).for_each(|(lane, v)| lanes.add_to(lane, *v));
        }
        for value in tail {
            lanes.add_to(lanes.next, *value);
            lanes.next += 1;
        }
        let fits = lanes.sums.iter().all(|s| s.is_finite());
        if fits {
            *self = lanes;
        }
        fits
    }
}

impl FloatSum {
    /// Over floats, or over integers and decimals of `scale` digits after the point.
    pub fn new(average: bool, scale: u8) -> FloatSum {
        FloatSum {
            average,
            zero: false,
            scale,
            groups: Vec::new(),
            lanes: Lanes::default(),
        }
    }

    /// The same sum, which is 0 of no values.
    pub fn with_zero(self) -> FloatSum {
        FloatSum { zero: true, ..self }
    }
}

#[inline]
fn add_float(state: &mut (f64, f64, i64), value: f64) {
    let sum = state.0 + value;
    state.1 += if libm::fabs(state.0) >= libm::fabs(value) {
        (state.0 - sum) + value
    } else {
        (value - sum) + state.0
    };
    state.0 = sum;
    state.2 += 1;
}

impl Accumulator for FloatSum {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, (0.0, 0.0, 0));
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        let nulls = column.null_bitmap();
        let unit = power_of_ten(self.scale).unwrap_or(1) as f64;
        let states = &mut self.groups;
        if let (ColumnData::F64(v), Groups::One(rows), Some(state)) =
            (column.data(), groups, states.first_mut())
        {
            // A NULL's slot holds 0.
            let values = v.get(..rows).unwrap_or(v);
            if self.lanes.add(values) {
                state.2 += (values.len() - nulls.map_or(0, |n| n.count_ones()).min(values.len())) as i64;
                return Ok(());
            }
        }
        let mut add = |row: usize, group: usize, value: f64| {
            if let Some(state) = states.get_mut(group)
                && !nulls.is_some_and(|n| n.get(row))
            {
                add_float(state, value);
            }
            Ok(())
        };
        match column.data() {
            ColumnData::F64(v) => groups.each(|r, g| add(r, g, v.get(r).copied().unwrap_or(0.0))),
            ColumnData::I64(v) => groups.each(|r, g| add(r, g, v.get(r).copied().unwrap_or(0) as f64)),
            ColumnData::Decimal(v) => {
                groups.each(|r, g| add(r, g, v.get(r).copied().unwrap_or(0) as f64 / unit))
            }
            ColumnData::Bytes(_) => Ok(()),
        }
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        run_up(&mut self.groups, firsts, |before, state| {
            let own = *state;
            *state = *before;
            add_float(state, own.0);
            state.1 += own.1;
            state.2 = before.2 + own.2;
        });
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        let mut out = Column::with_capacity(crate::types::Physical::F64, self.groups.len());
        if let Some(first) = self.groups.first_mut() {
            let count = first.2;
            let lanes = core::mem::take(&mut self.lanes);
            for (sum, compensation) in lanes.sums.into_iter().zip(lanes.compensations) {
                add_float(first, sum);
                first.1 += compensation;
            }
            first.2 = count;
        }
        for (sum, compensation, count) in core::mem::take(&mut self.groups) {
            // An infinite sum has a meaningless compensation.
            let sum = if sum.is_finite() { sum + compensation } else { sum };
            match (count, self.average) {
                (0, _) if self.zero => out.push_f64(0.0),
                (0, _) => out.push_null(),
                (n, true) => out.push_f64(sum / n as f64),
                (_, false) => out.push_f64(sum),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(24 + 8)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn decimal(precision: u8, scale: u8) -> DataType {
        DataType::Decimal {
            precision,
            scale,
            unsigned: false,
        }
    }

    fn run(mut acc: impl Accumulator, arg: &Column) -> Result<Column> {
        acc.grow(1);
        acc.add(Groups::One(arg.len()), core::slice::from_ref(arg))?;
        acc.finish()
    }

    #[test]
    fn integer_sums_go_beyond_64_bits() {
        let arg = Column::from_i64(alloc::vec![i64::MAX, i64::MAX, 1]);
        let sum = run(ExactSum::new(false, 0, decimal(38, 0)), &arg).unwrap();
        assert_eq!(sum.decimals(), [i128::from(i64::MAX) * 2 + 1]);
    }

    #[test]
    fn integers_of_any_size_are_summed_exactly() {
        let edge = 1_i64 << 52;
        let ends = [i64::MIN, i64::MAX, edge, edge - 1, -edge, -edge - 1, 0, -1, 7];
        for value in ends {
            // Chunks of small values only, of big ones, and both.
            let mut values = alloc::vec![value; 2500];
            values.extend((0..3000).map(|i| i % 7 - 3));
            values.extend(ends);
            let exact = values.iter().map(|v| i128::from(*v)).sum::<i128>();
            let sum = run(ExactSum::new(false, 0, decimal(38, 0)), &Column::from_i64(values)).unwrap();
            assert_eq!(sum.decimals(), [exact], "{value}");
        }
    }

    #[test]
    fn averages_have_four_more_digits_and_round_halves_away_from_zero() {
        // As in MySQL: AVG of 1, 2, 2 is 1.6667, and NULLs do not count.
        let mut arg = Column::from_i64(alloc::vec![1, 2, 2]);
        arg.push_null();
        let avg = run(ExactSum::new(true, 0, decimal(23, 4)), &arg).unwrap();
        assert_eq!(avg.decimals(), [16_667]);
        let arg = Column::from_decimals(alloc::vec![-1, 0]);
        assert_eq!(
            run(ExactSum::new(true, 1, decimal(10, 1)), &arg)
                .unwrap()
                .decimals(),
            [-1]
        );
    }

    #[test]
    fn a_sum_that_does_not_fit_is_an_error_and_an_empty_one_is_null() {
        let arg = Column::from_decimals(alloc::vec![10_i128.pow(38) - 1, 1]);
        let e = run(ExactSum::new(false, 0, decimal(38, 0)), &arg);
        assert!(matches!(e, Err(Error::OutOfRange { .. })));
        assert!(
            run(
                ExactSum::new(false, 0, decimal(38, 0)),
                &Column::from_i64(Vec::new())
            )
            .unwrap()
            .is_null(0)
        );
    }

    #[test]
    fn ten_tenths_are_one() {
        let arg = Column::from_f64(alloc::vec![0.1; 10]);
        assert_eq!(run(FloatSum::new(false, 0), &arg).unwrap().f64s(), [1.0]);
        let arg = Column::from_f64(alloc::vec![0.1; 1000]);
        assert_eq!(run(FloatSum::new(false, 0), &arg).unwrap().f64s(), [100.0]);
        let arg = Column::from_f64(alloc::vec![f64::INFINITY, 1.0]);
        assert_eq!(
            run(FloatSum::new(false, 0), &arg).unwrap().f64s(),
            [f64::INFINITY]
        );
    }

    #[test]
    fn a_float_sum_does_not_depend_on_batches() {
        let values: Vec<f64> = (0..500_i64)
            .map(|i| (i * 7919 % 1009) as f64 / 7.0 * if i % 3 == 0 { -1e9 } else { 1e-3 })
            .collect();
        let in_batches = |size: usize| {
            let mut acc = FloatSum::new(false, 0);
            acc.grow(1);
            for batch in values.chunks(size) {
                let batch = Column::from_f64(batch.to_vec());
                acc.add(Groups::One(batch.len()), &[batch]).unwrap();
            }
            acc.finish().unwrap().f64s()[0].to_bits()
        };
        let whole = in_batches(500);
        (1..50).for_each(|size| assert_eq!(in_batches(size), whole, "{size}"));
    }

    #[test]
    fn sums_that_leave_the_range_of_floats_are_those_of_one_value_after_the_other() {
        let max = f64::MAX;
        let mut values = Vec::new();
        (0..20).for_each(|_| values.extend([max, -max, 0.5]));
        let sum = |v: Vec<f64>| run(FloatSum::new(false, 0), &Column::from_f64(v)).unwrap().f64s()[0];
        assert_eq!(sum(values), 10.0);
        assert_eq!(sum(alloc::vec![max, max, 1.0, 1.0, 1.0]), f64::INFINITY);
        assert!(sum(alloc::vec![f64::INFINITY, 1.0, f64::NEG_INFINITY]).is_nan());
    }
}
