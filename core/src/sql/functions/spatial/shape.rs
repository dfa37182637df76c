//! A geometry taken apart: its points, and measures of it.

use crate::types::{Error, Result};
use alloc::vec::Vec;

/// A point of the plane.
pub(super) type Point = (f64, f64);

/// A geometry of the plane. A ring ends where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Point(Point),
    Line(Vec<Point>),
    /// The outer ring, then holes; none if it is empty.
    Polygon(Vec<Vec<Point>>),
    Collection(Kind, Vec<Shape>),
}

/// What a collection has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Points,
    Lines,
    Polygons,
    /// Anything, collections too.
    Mixed,
}

impl Kind {
    /// Its number in WKB.
    fn number(self) -> u32 {
        match self {
            Kind::Points => 4,
            Kind::Lines => 5,
            Kind::Polygons => 6,
            Kind::Mixed => 7,
        }
    }
}

/// How deep collections nest at most.
const MAX_DEPTH: usize = 17;

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn point(&mut self) -> Option<Point> {
        Some((f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?)))
    }

    /// A number of things that take at least so many bytes each: no more than the bytes can hold.
    fn count(&mut self, least: usize) -> Option<u32> {
        let count = u32::from_le_bytes(self.take()?);
        (count as usize <= self.0.len() / least).then_some(count)
    }

    fn points(&mut self) -> Option<Vec<Point>> {
        (0..self.count(16)?).map(|_| self.point()).collect()
    }

    fn shape(&mut self, depth: usize) -> Option<Shape> {
        let [1] = self.take()? else { return None };
        let kind = match u32::from_le_bytes(self.take()?) {
            1 => return self.point().map(Shape::Point),
            2 => return self.points().map(Shape::Line),
            3 => {
                let rings = (0..self.count(4)?).map(|_| self.points());
                return rings.collect::<Option<Vec<_>>>().map(Shape::Polygon);
            }
            4 => Kind::Points,
            5 => Kind::Lines,
            6 => Kind::Polygons,
            7 => Kind::Mixed,
            _ => return None,
        };
        let depth = depth.checked_sub(1)?;
        let parts = (0..self.count(9)?).map(|_| self.shape(depth));
        Some(Shape::Collection(kind, parts.collect::<Option<Vec<_>>>()?))
    }
}

impl Shape {
    /// Reads WKB.
    pub(super) fn read(wkb: &[u8]) -> Option<Shape> {
        Reader(wkb).shape(MAX_DEPTH)
    }

    /// Writes WKB.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.push(1);
        let kind = match self {
            Shape::Point(_) => 1,
            Shape::Line(_) => 2,
            Shape::Polygon(_) => 3,
            Shape::Collection(kind, _) => kind.number(),
        };
        out.extend_from_slice(&kind.to_le_bytes());
        let points = |points: &[Point], out: &mut Vec<u8>| {
            out.extend_from_slice(&(points.len() as u32).to_le_bytes());
            for (x, y) in points {
                out.extend_from_slice(&x.to_le_bytes());
                out.extend_from_slice(&y.to_le_bytes());
            }
        };
        match self {
            Shape::Point((x, y)) => {
                out.extend_from_slice(&x.to_le_bytes());
                out.extend_from_slice(&y.to_le_bytes());
            }
            Shape::Line(line) => points(line, out),
            Shape::Polygon(rings) => {
                out.extend_from_slice(&(rings.len() as u32).to_le_bytes());
                rings.iter().for_each(|r| points(r, out));
            }
            Shape::Collection(_, parts) => {
                out.extend_from_slice(&(parts.len() as u32).to_le_bytes());
                parts.iter().for_each(|p| p.write_to(out));
            }
        }
    }

    /// One shape of several: what there is one of stays itself, several of a kind are its collection, nothing is an
    /// empty collection.
    pub(super) fn of_parts(mut parts: Vec<Shape>) -> Shape {
        if parts.len() == 1
            && let Some(one) = parts.pop()
        {
            return one;
        }
        Shape::collect(parts)
    }

    /// A collection of shapes: of points, lines or polygons if all are that.
    pub(super) fn collect(parts: Vec<Shape>) -> Shape {
        let kind = |p: &Shape| match p {
            Shape::Point(_) => Kind::Points,
            Shape::Line(_) => Kind::Lines,
            Shape::Polygon(_) => Kind::Polygons,
            Shape::Collection(..) => Kind::Mixed,
        };
        let first = parts.first().map_or(Kind::Mixed, kind);
        let all = match parts.iter().all(|p| kind(p) == first) {
            true => first,
            false => Kind::Mixed,
        };
        Shape::Collection(all, parts)
    }

    /// Its name in WKT.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Shape::Point(_) => "POINT",
            Shape::Line(_) => "LINESTRING",
            Shape::Polygon(_) => "POLYGON",
            Shape::Collection(Kind::Points, _) => "MULTIPOINT",
            Shape::Collection(Kind::Lines, _) => "MULTILINESTRING",
            Shape::Collection(Kind::Polygons, _) => "MULTIPOLYGON",
            Shape::Collection(Kind::Mixed, _) => "GEOMETRYCOLLECTION",
        }
    }

    /// 0 of points, 1 of lines, 2 of areas; of a mixed collection the most of its parts.
    pub(super) fn dimension(&self) -> i64 {
        match self {
            Shape::Point(_) | Shape::Collection(Kind::Points, _) => 0,
            Shape::Line(_) | Shape::Collection(Kind::Lines, _) => 1,
            Shape::Polygon(_) | Shape::Collection(Kind::Polygons, _) => 2,
            Shape::Collection(Kind::Mixed, parts) => parts.iter().map(Shape::dimension).max().unwrap_or(0),
        }
    }

    /// Its points, lines and polygons, out of all collections.
    pub(super) fn simple(&self) -> Vec<&Shape> {
        let mut out = Vec::new();
        self.each_simple(&mut |s| out.push(s));
        out
    }

    fn each_simple<'a>(&'a self, f: &mut dyn FnMut(&'a Shape)) {
        match self {
            Shape::Collection(_, parts) => parts.iter().for_each(|p| p.each_simple(f)),
            one => f(one),
        }
    }

    /// All its points.
    pub(super) fn points(&self) -> Vec<Point> {
        let mut out = Vec::new();
        self.each_simple(&mut |s| match s {
            Shape::Point(p) => out.push(*p),
            other => out.extend(other.own_lines().iter().flatten()),
        });
        out
    }

    /// The lines of what is no collection.
    fn own_lines(&self) -> &[Vec<Point>] {
        match self {
            Shape::Line(line) => core::slice::from_ref(line),
            Shape::Polygon(rings) => rings,
            Shape::Point(_) | Shape::Collection(..) => &[],
        }
    }

    /// The segments of its lines and rings.
    pub(super) fn segments(&self) -> Vec<(Point, Point)> {
        let mut out = Vec::new();
        self.each_simple(&mut |s| {
            for line in s.own_lines() {
                out.extend(line.iter().copied().zip(line.iter().skip(1).copied()));
            }
        });
        out
    }

    /// The smallest and the largest coordinates.
    pub(super) fn bounds(&self) -> (Point, Point) {
        let first = (
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NEG_INFINITY),
        );
        self.points().into_iter().fold(first, |(low, high), (x, y)| {
            ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)))
        })
    }

    /// The area of its polygons, 0 of anything else.
    pub(super) fn area(&self) -> f64 {
        let mut sum = 0.0;
        self.each_simple(&mut |s| {
            if let Shape::Polygon(rings) = s {
                for (i, ring) in rings.iter().enumerate() {
                    let own = doubled_area(ring).abs() / 2.0;
                    sum += if i == 0 { own } else { -own };
                }
            }
        });
        sum
    }

    /// The length of its lines and rings.
    pub(super) fn length(&self) -> f64 {
        self.segments().into_iter().map(|(a, b)| distance(a, b)).sum()
    }

    /// Its centre of mass: of the areas, of the lines if there are none, of the points if there are no lines; `None`
    /// if it is empty.
    pub(super) fn centroid(&self) -> Option<Point> {
        let area = self.area();
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        // Near the first point, so that shapes far from the origin lose no digits.
        let origin = self.points().first().copied()?;
        if area > 0.0 {
            self.each_simple(&mut |s| {
                let Shape::Polygon(rings) = s else { return };
                for (i, ring) in rings.iter().enumerate() {
                    // A hole turns the other way round, whichever way it is written.
                    let turn = if is_turned(ring, i) { -1.0 } else { 1.0 };
                    for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
                        let (a, b) = ((a.0 - origin.0, a.1 - origin.1), (b.0 - origin.0, b.1 - origin.1));
                        let cross = (a.0 * b.1 - b.0 * a.1) * turn;
                        x += (a.0 + b.0) * cross;
                        y += (a.1 + b.1) * cross;
                    }
                }
            });
            return Some((origin.0 + x / (6.0 * area), origin.1 + y / (6.0 * area)));
        }
        for (a, b) in self.segments() {
            let own = distance(a, b);
            x += (a.0 + b.0) / 2.0 * own;
            y += (a.1 + b.1) / 2.0 * own;
            weight += own;
        }
        if weight > 0.0 {
            return Some((x / weight, y / weight));
        }
        let points = self.points();
        let count = points.len() as f64;
        let sum = points.into_iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        Some((sum.0 / count, sum.1 / count))
    }

    /// The rectangle around it, or a line or a point if it has no extent.
    pub(super) fn envelope(&self) -> Shape {
        let (low, high) = self.bounds();
        match low.0 <= high.0 {
            true => rectangle(low, high),
            false => Shape::of_parts(Vec::new()),
        }
    }
}

/// Whether a ring of a polygon, the outer one first, runs against its usual way: outer rings counter-clockwise, holes
/// clockwise.
pub(super) fn is_turned(ring: &[Point], place: usize) -> bool {
    (doubled_area(ring) > 0.0) != (place == 0)
}

/// A rectangle of two corners, or the line or point it is.
pub(super) fn rectangle(low: Point, high: Point) -> Shape {
    match (low.0 == high.0, low.1 == high.1) {
        (true, true) => Shape::Point(low),
        (true, false) | (false, true) => Shape::Line(alloc::vec![low, high]),
        (false, false) => Shape::Polygon(alloc::vec![alloc::vec![
            low,
            (high.0, low.1),
            high,
            (low.0, high.1),
            low
        ]]),
    }
}

/// Twice the area within a ring, positive if it runs counter-clockwise.
fn doubled_area(ring: &[Point]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().skip(1));
    // From the first point, so that rings far from the origin lose no digits.
    let (x, y) = ring.first().copied().unwrap_or_default();
    pairs
        .map(|(a, b)| (a.0 - x) * (b.1 - y) - (b.0 - x) * (a.1 - y))
        .sum()
}

/// The distance of two points.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    libm::hypot(a.0 - b.0, a.1 - b.1)
}

/// The distance of a point from a segment.
pub(super) fn to_segment(p: Point, (a, b): (Point, Point)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let squared = dx * dx + dy * dy;
    if squared == 0.0 {
        return distance(p, a);
    }
    let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / squared).clamp(0.0, 1.0);
    distance(p, (a.0 + t * dx, a.1 + t * dy))
}

/// The error for what is no geometry.
pub(super) fn no_geometry() -> Error {
    Error::invalid("a geometry is needed, such as ST_GeomFromText('POINT(1 2)')")
}

/// The shape of bytes that must be one.
pub(super) fn shape(wkb: &[u8]) -> Result<Shape> {
    Shape::read(wkb).ok_or_else(no_geometry)
}
