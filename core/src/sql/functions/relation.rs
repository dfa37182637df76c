//! How two geometries lie to each other: what of each is inside, on the boundary of, and outside the other.
//!
//! Both are cut where they meet, and every part is judged by a point of it, up to rounding. The predicates are
//! those of the DE-9IM (OGC 06-103r4, section 6.1.15).

use super::shape::{Point, Shape, distance, to_segment};
use alloc::vec::Vec;

/// Where a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Interior,
    Boundary,
    Exterior,
}

/// Points this much closer than a geometry's size are on it.
const TOLERANCE: f64 = 1e-12;

/// What is known of two geometries.
#[derive(Debug, Default)]
pub(super) struct Relation {
    dimensions: (i64, i64),
    /// They have a point in common.
    intersect: bool,
    /// Their interiors have; and have a line or an area in common.
    interiors: bool,
    along: bool,
    /// The interior (or boundary) of the first reaches outside the second, and the other way round.
    first_outside: bool,
    second_outside: bool,
}

impl Relation {
    pub(super) fn new(a: &Shape, b: &Shape) -> Relation {
        let mut out = Relation {
            dimensions: (a.dimension(), b.dimension()),
            ..Relation::default()
        };
        out.first_outside = out.look(a, b, false) || a.dimension() > b.dimension();
        out.second_outside = out.look(b, a, true) || b.dimension() > a.dimension();
        out.intersect |= out.interiors;
        out
    }

    /// Judges the parts of `a` by `b`; whether one of them is outside.
    fn look(&mut self, a: &Shape, b: &Shape, again: bool) -> bool {
        let mut outside = false;
        let areas = a.dimension() == 2 && b.dimension() == 2;
        for (point, is_interior, is_part) in parts(a, b, self) {
            match place(point, b) {
                Place::Interior => {
                    self.intersect = true;
                    // Beside a boundary inside an area there is interior on either side, and exterior.
                    if is_interior || b.dimension() == 2 && a.dimension() > 0 {
                        self.interiors = true;
                        self.along |= is_part || areas;
                    }
                    if areas && !is_interior {
                        match again {
                            false => self.second_outside = true,
                            true => self.first_outside = true,
                        }
                    }
                }
                Place::Boundary => self.intersect = true,
                Place::Exterior => outside = true,
            }
        }
        match again {
            false => outside | self.first_outside,
            true => outside | self.second_outside,
        }
    }

    pub(super) fn intersects(&self) -> bool {
        self.intersect
    }

    /// Whether the first lies within the second.
    pub(super) fn within(&self) -> bool {
        self.interiors && !self.first_outside
    }

    pub(super) fn contains(&self) -> bool {
        self.interiors && !self.second_outside
    }

    pub(super) fn equals(&self) -> bool {
        self.within() && self.contains()
    }

    /// Whether only boundaries meet.
    pub(super) fn touches(&self) -> bool {
        self.intersect && !self.interiors
    }

    /// Whether both reach beyond each other in what they have in common, which is like them.
    pub(super) fn overlaps(&self) -> bool {
        let (a, b) = self.dimensions;
        a == b && a > 0 && self.along && self.first_outside && self.second_outside
    }

    /// Whether lines meet in points, or a line leaves an area.
    pub(super) fn crosses(&self) -> bool {
        match self.dimensions {
            (1, 1) => self.interiors && !self.along,
            (a, b) if a < b => self.interiors && self.first_outside,
            (a, b) if a > b => self.interiors && self.second_outside,
            _ => false,
        }
    }
}

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

fn place(p: Point, shape: &Shape) -> Place {
    match shape {
        Shape::Point(q) if distance(p, *q) == 0.0 => Place::Interior,
        Shape::Point(_) => Place::Exterior,
        Shape::Line(line) => {
            let ends = (line.first(), line.last());
            let is_open = ends.0 != ends.1;
            if is_open && (ends.0 == Some(&p) || ends.1 == Some(&p)) {
                return Place::Boundary;
            }
            match shape.segments().into_iter().any(|s| is_on(p, s)) {
                true => Place::Interior,
                false => Place::Exterior,
            }
        }
        Shape::Polygon(_) => {
            // Crossings of a ray to the right, by all rings together: holes count twice.
            let mut inside = false;
            for (a, b) in shape.segments() {
                if is_on(p, (a, b)) {
                    return Place::Boundary;
                }
                if (a.1 > p.1) != (b.1 > p.1) {
                    let x = a.0 + (p.1 - a.1) / (b.1 - a.1) * (b.0 - a.0);
                    inside ^= p.0 < x;
                }
            }
            if inside { Place::Interior } else { Place::Exterior }
        }
    }
}

/// Points that stand for the parts of `a` cut by `b`: the point, whether it is of the interior of `a`, and whether
/// it stands for more than itself. Where segments cross in a point of their own is noted at once.
fn parts(a: &Shape, b: &Shape, relation: &mut Relation) -> Vec<(Point, bool, bool)> {
    let mut out = Vec::new();
    let is_area = a.dimension() == 2;
    match a {
        Shape::Point(p) => out.push((*p, true, false)),
        Shape::Line(line) => {
            let is_open = line.first() != line.last();
            let last = line.len().saturating_sub(1);
            for (i, p) in line.iter().enumerate() {
                out.push((*p, !(is_open && (i == 0 || i == last)), false));
            }
        }
        Shape::Polygon(_) => {
            out.extend(a.points().into_iter().map(|p| (p, false, false)));
            out.extend(inner_point(a).map(|p| (p, true, true)));
        }
    }
    let others = b.segments();
    let corners = b.points();
    for (from, to) in a.segments() {
        // Where along the segment there is a cut.
        let mut cuts = alloc::vec![0.0, 1.0];
        let along = |p: Point| {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            ((p.0 - from.0) * dx + (p.1 - from.1) * dy) / (dx * dx + dy * dy)
        };
        cuts.extend(
            corners
                .iter()
                .filter(|p| is_on(**p, (from, to)))
                .map(|p| along(*p)),
        );
        for (c, d) in &others {
            let (s, t) = (turn(*c, *d, from), turn(*c, *d, to));
            let (u, v) = (turn(from, to, *c), turn(from, to, *d));
            if s * t < 0.0 && u * v < 0.0 {
                cuts.push(s / (s - t));
                // Around a crossing the interiors meet, whatever has them.
                relation.intersect = true;
                relation.interiors = true;
            }
        }
        cuts.retain(|t| t.is_finite());
        cuts.sort_by(f64::total_cmp);
        for (s, t) in cuts.iter().zip(cuts.iter().skip(1)).filter(|(s, t)| s < t) {
            let middle = (s + t) / 2.0;
            let point = (
                from.0 + middle * (to.0 - from.0),
                from.1 + middle * (to.1 - from.1),
            );
            out.push((point, !is_area, true));
        }
    }
    out
}

/// A point inside an area: the middle of the widest stretch of it on a level between two corners.
fn inner_point(shape: &Shape) -> Option<Point> {
    let mut levels: Vec<f64> = shape.points().into_iter().map(|p| p.1).collect();
    levels.sort_by(f64::total_cmp);
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
        crossings.sort_by(f64::total_cmp);
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

/// The distance of two geometries, 0 if they meet.
pub(super) fn shortest(a: &Shape, b: &Shape) -> f64 {
    if Relation::new(a, b).intersects() {
        return 0.0;
    }
    let one_way = |a: &Shape, b: &Shape| {
        let (points, segments) = (a.points(), b.segments());
        let each = points.into_iter().map(|p| match segments.as_slice() {
            [] => b.points().first().map_or(f64::INFINITY, |q| distance(p, *q)),
            segments => segments
                .iter()
                .map(|s| to_segment(p, *s))
                .fold(f64::INFINITY, f64::min),
        });
        each.fold(f64::INFINITY, f64::min)
    };
    one_way(a, b).min(one_way(b, a))
}

/// Whether the lines of a geometry make sense: rings that close, have an area, and do not cross.
pub(super) fn is_valid(shape: &Shape) -> bool {
    match shape {
        Shape::Point(_) => true,
        Shape::Line(line) => line.iter().any(|p| line.first() != Some(p)),
        Shape::Polygon(rings) => {
            let closed = |r: &Vec<Point>| r.len() >= 4 && r.first() == r.last();
            if rings.is_empty() || !rings.iter().all(closed) || shape.area() <= 0.0 {
                return false;
            }
            let segments = shape.segments();
            let crosses = |(i, (a, b)): (usize, &(Point, Point))| {
                segments.iter().skip(i + 1).any(|(c, d)| {
                    turn(*a, *b, *c) * turn(*a, *b, *d) < 0.0 && turn(*c, *d, *a) * turn(*c, *d, *b) < 0.0
                })
            };
            let holes = rings.get(1..).unwrap_or_default();
            let outer = Shape::Polygon(rings.iter().take(1).cloned().collect());
            let inside = |hole: &Vec<Point>| hole.iter().all(|p| place(*p, &outer) != Place::Exterior);
            !segments.iter().enumerate().any(crosses) && holes.iter().all(inside)
        }
    }
}
