//! Segments on a grid of whole numbers, cut where they meet, so that what follows is exact.
//!
//! Snap rounding (Hobby, "Practical segment intersection with finite precision output", 1999): every end and every crossing
//! of two segments makes the cell around it hot, and every segment that passes a hot cell is bent to its centre. Then
//! segments meet in ends only. There are 2^40 cells to either side of the middle of what the grid holds, and a segment is
//! followed through them in a thousandth of a cell, so that what rounding moves off a line is still on it. Places keep
//! the coordinates that they were given, and crossings are computed from those: the grid decides what meets and is not to
//! be seen in results.

use super::super::EvalContext;
use super::shape::Point;
use crate::shared_sort::sort_shared;
use crate::types::{Error, Result};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A cell of the grid, or a step.
pub(super) type Cell = (i64, i64);

/// Steps from the middle to the end, as a power of two. Products of two differences fit 128 bits.
const HALF_WIDTH: i32 = 50;
/// Steps of a cell.
const CELL: i64 = 1 << 10;

/// A straight line between two different cells, in steps, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<T> {
    pub(super) steps: (Cell, Cell),
    pub(super) points: (Point, Point),
    pub(super) of: T,
}

/// From coordinates to cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    middle: Point,
    scale: f64,
}

impl Grid {
    /// The grid over what lies between two corners.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if that is more than a double can say.
    pub(super) fn over((low, high): (Point, Point)) -> Result<Grid> {
        if low.0 > high.0 {
            let middle = (0.0, 0.0);
            return Ok(Grid { middle, scale: 1.0 });
        }
        let middle = (low.0 + (high.0 - low.0) / 2.0, low.1 + (high.1 - low.1) / 2.0);
        let extent = (high.0 - low.0).max(high.1 - low.1);
        let exponent = libm::ilogb(extent.max(f64::MIN_POSITIVE)) + 1;
        let scale = libm::ldexp(1.0, HALF_WIDTH.saturating_sub(exponent).min(1000));
        match extent.is_finite() && scale > 0.0 {
            true => Ok(Grid { middle, scale }),
            false => Err(Error::OutOfRange {
                value: alloc::string::String::from("the extent of the geometries"),
                expected: alloc::string::String::from("a DOUBLE"),
                column: None,
            }),
        }
    }

    /// Where a point is, in steps.
    pub(super) fn step(&self, p: Point) -> Cell {
        // Whatever the bytes of a geometry say, it stays on the grid.
        let last = 1i64 << (HALF_WIDTH + 1);
        let one = |v: f64, middle: f64| (libm::rint((v - middle) * self.scale) as i64).clamp(-last, last);
        (one(p.0, self.middle.0), one(p.1, self.middle.1))
    }

    /// The cell of a point.
    pub(super) fn cell(&self, p: Point) -> Cell {
        cell_of(self.step(p))
    }

    fn point(&self, cell: Cell) -> Point {
        let one = |c: i64, middle: f64| (c * CELL) as f64 / self.scale + middle;
        (one(cell.0, self.middle.0), one(cell.1, self.middle.1))
    }
}

/// The cell that a step is in.
fn cell_of(step: Cell) -> Cell {
    let one = |v: i64| (v + CELL / 2).div_euclid(CELL);
    (one(step.0), one(step.1))
}

/// The turn from `a` by `b` to `c`: positive to the left, 0 on a line.
pub(super) fn turn(a: Cell, b: Cell, c: Cell) -> i128 {
    let by = |p: i64, q: i64| i128::from(p) - i128::from(q);
    by(b.0, a.0) * by(c.1, a.1) - by(b.1, a.1) * by(c.0, a.0)
}

/// Where two segments cross between their ends: the cell, and the point.
fn crossing<T>(grid: &Grid, s: &Segment<T>, t: &Segment<T>) -> Option<(Cell, Point)> {
    let (from, to) = (
        turn(t.steps.0, t.steps.1, s.steps.0),
        turn(t.steps.0, t.steps.1, s.steps.1),
    );
    let (left, right) = (
        turn(s.steps.0, s.steps.1, t.steps.0),
        turn(s.steps.0, s.steps.1, t.steps.1),
    );
    if from.signum() * to.signum() >= 0 || left.signum() * right.signum() >= 0 {
        return None;
    }
    let part = from as f64 / (from - to) as f64;
    let (a, b) = s.steps;
    let along = |a: i64, b: i64| a.saturating_add(libm::rint((b - a) as f64 * part) as i64);
    let near = cell_of((along(a.0, b.0), along(a.1, b.1)));
    // Both pass the cell that they cross in, which rounding may miss by one.
    const AROUND: [Cell; 9] = [
        (0, 0),
        (-1, 0),
        (1, 0),
        (0, -1),
        (0, 1),
        (-1, -1),
        (1, -1),
        (-1, 1),
        (1, 1),
    ];
    let around = AROUND.map(|(x, y)| (near.0 + x, near.1 + y));
    let passed = around
        .into_iter()
        .find(|c| passes(s.steps, *c) && passes(t.steps, *c));
    let cell = passed.unwrap_or(near);
    let point = exact_crossing(s.points, t.points).filter(|p| {
        let near = grid.cell(*p);
        near.0.abs_diff(cell.0) <= 1 && near.1.abs_diff(cell.1) <= 1
    });
    Some((cell, point.unwrap_or_else(|| grid.point(cell))))
}

/// Where two lines cross, as near as doubles can say.
fn exact_crossing((a, b): (Point, Point), (c, d): (Point, Point)) -> Option<Point> {
    let (r, q) = ((b.0 - a.0, b.1 - a.1), (d.0 - c.0, d.1 - c.1));
    let along = ((c.0 - a.0) * q.1 - (c.1 - a.1) * q.0) / (r.0 * q.1 - r.1 * q.0);
    // What a level or upright line says is exact.
    let x = match (a.0 == b.0, c.0 == d.0) {
        (true, _) => a.0,
        (_, true) => c.0,
        _ => a.0 + along * r.0,
    };
    let y = match (a.1 == b.1, c.1 == d.1) {
        (true, _) => a.1,
        (_, true) => c.1,
        _ => a.1 + along * r.1,
    };
    (x.is_finite() && y.is_finite()).then_some((x, y))
}

/// Whether a segment, in steps, passes a cell, which has its left and lower side, but not the others.
fn passes((from, to): (Cell, Cell), cell: Cell) -> bool {
    let (p, q) = if from.0 <= to.0 { (from, to) } else { (to, from) };
    let (left, bottom) = (cell.0 * CELL - CELL / 2, cell.1 * CELL - CELL / 2);
    let (right, top) = (left + CELL, bottom + CELL);
    if p.0 >= right || q.0 < left || p.1.min(q.1) >= top || p.1.max(q.1) < bottom {
        return false;
    }
    if p.0 == q.0 || p.1 == q.1 {
        return true;
    }
    let rises = p.1 < q.1;
    let side = |x: i64, y: i64| turn(p, q, (x, y)).signum();
    let (upper_left, upper_right) = (side(left, top), side(right, top));
    let (lower_left, lower_right) = (side(left, bottom), side(right, bottom));
    match () {
        () if upper_left == 0 => !rises,
        () if upper_right == 0 => rises,
        () if upper_left != upper_right || lower_left == 0 || lower_left != upper_left => true,
        () if lower_right == 0 => !rises,
        () => lower_left != lower_right || lower_right != upper_right,
    }
}

/// All segments cut where they meet.
pub(super) struct Cut<T> {
    /// The places, from left to right, on a level from bottom to top.
    pub(super) places: Vec<(Cell, Point)>,
    /// Their parts, as places from and to, in the direction of the segment.
    pub(super) parts: Vec<(usize, usize, T)>,
}

/// Cuts segments where they meet; `points` are places too.
///
/// # Errors
/// [`Error::QueryMemory`], [`Error::Interrupted`].
pub(super) fn cut<T: Copy>(
    cx: &EvalContext<'_>,
    grid: &Grid,
    mut segments: Vec<Segment<T>>,
    points: &[Point],
) -> Result<Cut<T>> {
    let given = segments
        .iter()
        .flat_map(|s| [(cell_of(s.steps.0), s.points.0), (cell_of(s.steps.1), s.points.1)]);
    let mut places: Vec<(Cell, Point)> = given.chain(points.iter().map(|p| (grid.cell(*p), *p))).collect();
    cx.scratch
        .take(places.len().saturating_mul(size_of::<(Cell, Point)>()))?;
    let left = |s: &Segment<T>| s.steps.0.0.min(s.steps.1.0);
    sort_shared(&mut segments, |a, b| left(a).cmp(&left(b)));
    crossings(cx, grid, &segments, &mut places)?;
    // The given points first, where a crossing is in the same cell: sorting keeps their order.
    sort_shared(&mut places, |(a, _), (b, _)| a.cmp(b));
    places.dedup_by_key(|(cell, _)| *cell);
    let mut parts = Vec::with_capacity(segments.len());
    let mut passed: Vec<usize> = Vec::new();
    for (n, s) in segments.iter().enumerate() {
        if n % 64 == 0 {
            cx.check_interrupt()?;
        }
        let (a, b) = s.steps;
        let (low, high) = ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)));
        let (low, high) = (cell_of(low), cell_of(high));
        let start = places.partition_point(|(c, _)| c.0 < low.0);
        passed.clear();
        let near = places.iter().enumerate().skip(start);
        let near = near.take_while(|(_, (c, _))| c.0 <= high.0);
        let near = near.filter(|(_, (c, _))| c.1 >= low.1 && c.1 <= high.1);
        passed.extend(near.filter(|(_, (c, _))| passes(s.steps, *c)).map(|(i, _)| i));
        let by = |p: i64, q: i64| i128::from(p) - i128::from(q);
        let along = |i: &usize| {
            let c = places.get(*i).map_or((0, 0), |(c, _)| *c);
            by(c.0, 0) * by(b.0, a.0) + by(c.1, 0) * by(b.1, a.1)
        };
        sort_shared(&mut passed, |i, j| along(i).cmp(&along(j)));
        cx.scratch
            .take(passed.len().saturating_mul(size_of::<(usize, usize, T)>()))?;
        parts.extend(
            passed
                .iter()
                .zip(passed.iter().skip(1))
                .map(|(from, to)| (*from, *to, s.of)),
        );
    }
    Ok(Cut { places, parts })
}

/// Adds where segments, which are in the order of their left ends, cross.
fn crossings<T>(
    cx: &EvalContext<'_>,
    grid: &Grid,
    segments: &[Segment<T>],
    places: &mut Vec<(Cell, Point)>,
) -> Result<()> {
    // Those that may reach beyond the left end of the one at hand.
    let mut open: Vec<&Segment<T>> = Vec::new();
    for (n, s) in segments.iter().enumerate() {
        if n % 64 == 0 {
            cx.check_interrupt()?;
        }
        let left = s.steps.0.0.min(s.steps.1.0);
        let (low, high) = (s.steps.0.1.min(s.steps.1.1), s.steps.0.1.max(s.steps.1.1));
        open.retain(|t| t.steps.0.0.max(t.steps.1.0) >= left);
        for t in &open {
            if t.steps.0.1.max(t.steps.1.1) < low || t.steps.0.1.min(t.steps.1.1) > high {
                continue;
            }
            if let Some(place) = crossing(grid, s, t) {
                cx.scratch.take(size_of::<(Cell, Point)>())?;
                places.push(place);
            }
        }
        open.push(s);
    }
    Ok(())
}

/// The order of directions from one place to others on its right: from the lowest up.
pub(super) fn by_slope(from: Cell, a: Cell, b: Cell) -> Ordering {
    0.cmp(&turn(from, a, b))
}
