//! CORR, COVAR_… and REGR_…: moments of pairs in one pass, as `moments` does it for single values.

use super::accumulator::run_up;
use super::{Accumulator, Groups};
use crate::sql::functions::PairStatistic;
use crate::types::{Column, DataType, Result, vec_capacity};
use alloc::vec::Vec;

/// Number, means and sums of squared deviations of pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Pairs {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    squares_x: f64,
    squares_y: f64,
    products: f64,
}

impl Pairs {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        let (dx, dy) = (x - self.mean_x, y - self.mean_y);
        self.mean_x += dx / self.n;
        self.mean_y += dy / self.n;
        self.squares_x += dx * (x - self.mean_x);
        self.squares_y += dy * (y - self.mean_y);
        self.products += dx * (y - self.mean_y);
    }

    /// Both together (Chan, Golub and LeVeque, 1979).
    fn with(&self, other: &Pairs) -> Pairs {
        let n = self.n + other.n;
        if self.n == 0.0 || other.n == 0.0 {
            return if self.n == 0.0 { *other } else { *self };
        }
        let (dx, dy) = (other.mean_x - self.mean_x, other.mean_y - self.mean_y);
        let weight = self.n * other.n / n;
        Pairs {
            n,
            mean_x: self.mean_x + dx * other.n / n,
            mean_y: self.mean_y + dy * other.n / n,
            squares_x: self.squares_x + other.squares_x + dx * dx * weight,
            squares_y: self.squares_y + other.squares_y + dy * dy * weight,
            products: self.products + other.products + dx * dy * weight,
        }
    }

    fn statistic(&self, which: PairStatistic) -> Option<f64> {
        let slope = || (self.squares_x != 0.0).then(|| self.products / self.squares_x);
        if self.n == 0.0 {
            return None;
        }
        match which {
            PairStatistic::Count => Some(self.n),
            PairStatistic::MeanX => Some(self.mean_x),
            PairStatistic::MeanY => Some(self.mean_y),
            PairStatistic::SquaresX => Some(self.squares_x),
            PairStatistic::SquaresY => Some(self.squares_y),
            PairStatistic::Products => Some(self.products),
            PairStatistic::CovariancePop => Some(self.products / self.n),
            PairStatistic::CovarianceSamp => (self.n > 1.0).then(|| self.products / (self.n - 1.0)),
            PairStatistic::Slope => slope(),
            PairStatistic::Intercept => Some(self.mean_y - slope()? * self.mean_x),
            PairStatistic::Correlation => {
                let both = libm::sqrt(self.squares_x) * libm::sqrt(self.squares_y);
                (both != 0.0).then(|| (self.products / both).clamp(-1.0, 1.0))
            }
            PairStatistic::Determination if self.squares_x == 0.0 => None,
            PairStatistic::Determination if self.squares_y == 0.0 => Some(1.0),
            PairStatistic::Determination => {
                Some(self.products / self.squares_x * (self.products / self.squares_y))
            }
        }
    }
}

/// The moments of each group, of arguments (y, x) of type DOUBLE; pairs with a NULL do not count.
#[derive(Debug)]
pub struct Comoments {
    which: PairStatistic,
    groups: Vec<Pairs>,
}

impl Comoments {
    /// For a statistic.
    pub fn new(which: PairStatistic) -> Comoments {
        Comoments {
            which,
            groups: Vec::new(),
        }
    }
}

impl Accumulator for Comoments {
    fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, Pairs::default());
    }

    fn add(&mut self, groups: Groups<'_>, args: &[Column]) -> Result<()> {
        let [ys, xs, ..] = args else { return Ok(()) };
        groups.each(|row, group| {
            if let (Some(pairs), Some(y), Some(x)) =
                (self.groups.get_mut(group), ys.f64s().get(row), xs.f64s().get(row))
                && !ys.is_null(row)
                && !xs.is_null(row)
            {
                pairs.add(*x, *y);
            }
            Ok(())
        })
    }

    fn accumulate(&mut self, firsts: &[bool]) -> Result<bool> {
        run_up(&mut self.groups, firsts, |before, own| *own = before.with(own));
        Ok(true)
    }

    fn finish(&mut self) -> Result<Column> {
        let groups = core::mem::take(&mut self.groups);
        if self.which == PairStatistic::Count {
            return Ok(Column::from_i64(groups.iter().map(|p| p.n as i64).collect()));
        }
        let mut out = Column::with_capacity(DataType::Double.physical(), groups.len());
        for pairs in groups {
            match pairs.statistic(self.which) {
                Some(value) => out.push_f64(value),
                None => out.push_null(),
            }
        }
        Ok(out)
    }

    fn memory_with(&self, groups: usize, _: &[Column]) -> usize {
        vec_capacity(self.groups.capacity(), groups).saturating_mul(size_of::<Pairs>() + 8)
    }
}
