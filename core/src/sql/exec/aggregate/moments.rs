//! VARIANCE and STDDEV, in one pass by Welford's method: no catastrophic cancellation.

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::types::{Column, Physical, Result, vec_capacity};
use alloc::vec::Vec;

/// Count, mean and sum of squared deviations from it, per group, of a DOUBLE argument.
#[derive(Debug)]
pub struct Moments {
    sample: bool,
    root: bool,
    groups: Vec<(f64, f64, f64)>,
}

impl Moments {
    /// Of the population or (`sample`) estimated from a sample; `root`: the standard deviation.
    pub fn new(sample: bool, root: bool) -> Moments {
        Moments {
            sample,
            root,
            groups: Vec::new(),
        }
    }
}

impl Accumulator for Moments {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, (0.0, 0.0, 0.0));
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let Some(column) = args.first() else { return Ok(()) };
        groups.each(|row, group| {
            if let (Some((count, mean, squares)), Some(x)) =
                (self.groups.get_mut(group), column.f64s().get(row))
                && !column.is_null(row)
            {
                *count += 1.0;
                let delta = x - *mean;
                *mean += delta / *count;
                *squares += delta * (x - *mean);
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        // Chan, Golub and LeVeque, 1979: moments of two parts from those of each.
        run_up(
            &mut self.groups,
            firsts,
            |(n, mean, squares), (m, other, more)| {
                let all = *n + *m;
                if all > 0.0 {
                    let delta = *other - mean;
                    *more += squares + delta * delta * n * *m / all;
                    *other = mean + delta * *m / all;
                    *m = all;
                }
            },
        );
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        let mut out = Column::with_capacity(Physical::F64, self.groups.len());
        for (count, _, squares) in core::mem::take(&mut self.groups) {
            let n = if self.sample { count - 1.0 } else { count };
            let variance = squares / n;
            match n > 0.0 {
                true if self.root => out.push_f64(libm::sqrt(variance)),
                true => out.push_f64(variance),
                false => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(24 + 8)
    }
}
