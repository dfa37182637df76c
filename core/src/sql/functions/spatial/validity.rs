//! Whether geometries are valid, and points inside areas.
//!
//! Up to rounding: what is closer to a line than [`TOLERANCE`] of the coordinates is on it.

use super::relation::Relation;
use super::shape::{Kind, Point, Shape, to_segment};
use crate::shared_sort::sort_shared;
use crate::sql::functions::EvalContext;
use crate::types::Result;
use alloc::vec::Vec;

/// Points this much closer than a geometry's size are on it.
const TOLERANCE: f64 = 1e-12;

/// The turn from `a` by `b` to `c`: positive to the left; 0 if it is too small to tell.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    let (l, r) = ((b.0 - a.0) * (c.1 - a.1), (b.1 - a.1) * (c.0 - a.0));
    let size = l.abs() + r.abs();
    if (l - r).abs() <= size * TOLERANCE {
        0.0
    } else {
        l - r
    }
}

/// Whether a point is on a segment, up to rounding.
fn is_on(p: Point, segment: (Point, Point)) -> bool {
    let size = [segment.0, segment.1, p]
        .iter()
        .fold(0.0f64, |m, p| m.max(p.0.abs()).max(p.1.abs()));
    to_segment(p, segment) <= size * TOLERANCE
}

/// Whether a point is in the exterior of a ring.
fn is_outside(p: Point, ring: &[Point]) -> bool {
    // Crossings of a ray to the right.
    let mut inside = false;
    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
        if is_on(p, (*a, *b)) {
            return false;
        }
        if (a.1 > p.1) != (b.1 > p.1) {
            let x = a.0 + (p.1 - a.1) / (b.1 - a.1) * (b.0 - a.0);
            inside ^= p.0 < x;
        }
    }
    !inside
}

/// A point inside an area: the middle of the widest stretch of it on a level between two corners.
pub(super) fn inner_point(shape: &Shape) -> Option<Point> {
    let mut levels: Vec<f64> = shape.points().into_iter().map(|p| p.1).collect();
    sort_shared(&mut levels, f64::total_cmp);
    levels.dedup();
    let mut best: Option<(f64, Point)> = None;
    for (low, high) in levels.iter().zip(levels.iter().skip(1)) {
        let y = (low + high) / 2.0;
        let mut crossings: Vec<f64> = shape
            .segments()
            .into_iter()
            .filter(|(a, b)| (a.1 > y) != (b.1 > y))
            .map(|(a, b)| a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
            .collect();
        sort_shared(&mut crossings, f64::total_cmp);
        let (pairs, _) = crossings.as_chunks::<2>();
        for [left, right] in pairs {
            let width = right - left;
            if best.is_none_or(|(w, _)| width > w) {
                best = Some((width, ((left + right) / 2.0, y)));
            }
        }
    }
    best.map(|(_, p)| p)
}

/// Whether the lines of a geometry make sense: rings that close, have an area, and do not cross; polygons of one
/// collection that meet in points only.
///
/// # Errors
/// As [`Relation::new`].
pub(super) fn is_valid(cx: &EvalContext<'_>, shape: &Shape) -> Result<bool> {
    let parts = match shape {
        Shape::Point(_) => return Ok(true),
        Shape::Line(line) => {
            return Ok(line.is_empty() || line.iter().any(|p| line.first() != Some(p)));
        }
        Shape::Polygon(rings) => return Ok(rings.is_empty() || is_valid_polygon(shape, rings)),
        Shape::Collection(_, parts) => parts,
    };
    for (i, part) in parts.iter().enumerate() {
        if !is_valid(cx, part)? {
            return Ok(false);
        }
        if matches!(shape, Shape::Collection(Kind::Polygons, _)) {
            for other in parts.iter().skip(i + 1) {
                let relation = Relation::new(cx, part, other)?;
                if relation.matches("F********") != Some(true) || relation.matches("****1****") == Some(true)
                {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

fn is_valid_polygon(shape: &Shape, rings: &[Vec<Point>]) -> bool {
    let closed = |r: &Vec<Point>| r.len() >= 4 && r.first() == r.last();
    if !rings.iter().all(closed) || shape.area() <= 0.0 {
        return false;
    }
    let segments = shape.segments();
    let crosses = |(i, (a, b)): (usize, &(Point, Point))| {
        segments.iter().skip(i + 1).any(|(c, d)| {
            turn(*a, *b, *c) * turn(*a, *b, *d) < 0.0 && turn(*c, *d, *a) * turn(*c, *d, *b) < 0.0
        })
    };
    let holes = rings.get(1..).unwrap_or_default();
    let outer = rings.first().map_or(&[][..], Vec::as_slice);
    let inside = |hole: &Vec<Point>| !hole.iter().any(|p| is_outside(*p, outer));
    !segments.iter().enumerate().any(crosses) && holes.iter().all(inside)
}
