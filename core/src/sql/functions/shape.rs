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
    /// The outer ring, then holes.
    Polygon(Vec<Vec<Point>>),
}

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

    fn points(&mut self) -> Option<Vec<Point>> {
        let count = u32::from_le_bytes(self.take()?);
        // No more than the bytes can hold.
        (count as usize <= self.0.len() / 16).then_some(())?;
        (0..count).map(|_| self.point()).collect()
    }
}

impl Shape {
    /// Reads WKB.
    pub(super) fn read(wkb: &[u8]) -> Option<Shape> {
        let mut r = Reader(wkb);
        let [1] = r.take()? else { return None };
        match u32::from_le_bytes(r.take()?) {
            1 => r.point().map(Shape::Point),
            2 => r.points().map(Shape::Line),
            3 => {
                let rings = u32::from_le_bytes(r.take()?);
                (rings as usize <= wkb.len()).then_some(())?;
                let rings = (0..rings).map(|_| r.points());
                rings.collect::<Option<Vec<_>>>().map(Shape::Polygon)
            }
            _ => None,
        }
    }

    /// Writes WKB.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::from([1]);
        let kind = self.dimension() + 1;
        out.extend_from_slice(&(kind as u32).to_le_bytes());
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
            Shape::Line(line) => points(line, &mut out),
            Shape::Polygon(rings) => {
                out.extend_from_slice(&(rings.len() as u32).to_le_bytes());
                rings.iter().for_each(|r| points(r, &mut out));
            }
        }
        out
    }

    /// 0 of points, 1 of lines, 2 of areas.
    pub(super) fn dimension(&self) -> i64 {
        match self {
            Shape::Point(_) => 0,
            Shape::Line(_) => 1,
            Shape::Polygon(_) => 2,
        }
    }

    /// All its points.
    pub(super) fn points(&self) -> Vec<Point> {
        match self {
            Shape::Point(p) => alloc::vec![*p],
            Shape::Line(line) => line.clone(),
            Shape::Polygon(rings) => rings.concat(),
        }
    }

    /// Its lines: the rings of a polygon.
    pub(super) fn lines(&self) -> &[Vec<Point>] {
        match self {
            Shape::Point(_) => &[],
            Shape::Line(line) => core::slice::from_ref(line),
            Shape::Polygon(rings) => rings,
        }
    }

    /// The segments of its lines.
    pub(super) fn segments(&self) -> Vec<(Point, Point)> {
        let mut out = Vec::new();
        for line in self.lines() {
            out.extend(line.iter().copied().zip(line.iter().skip(1).copied()));
        }
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

    /// The area of a polygon, 0 of anything else.
    pub(super) fn area(&self) -> f64 {
        match self {
            Shape::Polygon(rings) => {
                let areas: Vec<f64> = rings.iter().map(|r| doubled_area(r).abs() / 2.0).collect();
                match areas.split_first() {
                    Some((outer, holes)) => outer - holes.iter().sum::<f64>(),
                    None => 0.0,
                }
            }
            _ => 0.0,
        }
    }

    /// The length of its lines.
    pub(super) fn length(&self) -> f64 {
        self.segments().into_iter().map(|(a, b)| distance(a, b)).sum()
    }

    /// Its centre of mass: of the area, of the lines if there is none, of the points if there are no lines.
    pub(super) fn centroid(&self) -> Option<Point> {
        let area = self.area();
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        if area > 0.0 {
            for (i, ring) in self.lines().iter().enumerate() {
                // A hole turns the other way round, whichever way it is written.
                let turn = if (doubled_area(ring) > 0.0) == (i == 0) {
                    1.0
                } else {
                    -1.0
                };
                for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
                    let cross = (a.0 * b.1 - b.0 * a.1) * turn;
                    x += (a.0 + b.0) * cross;
                    y += (a.1 + b.1) * cross;
                }
            }
            return Some((x / (6.0 * area), y / (6.0 * area)));
        }
        for (a, b) in self.segments() {
            let own = distance(a, b);
            x += (a.0 + b.0) / 2.0 * own;
            y += (a.1 + b.1) / 2.0 * own;
            weight += own;
        }
        if weight == 0.0 {
            return self.points().first().copied();
        }
        Some((x / weight, y / weight))
    }

    /// The rectangle around it, or a line or a point if it has no extent.
    pub(super) fn envelope(&self) -> Shape {
        let (low, high) = self.bounds();
        rectangle(low, high)
    }
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
    pairs.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
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
