//! Geometries made of others: what two have together, buffers, hulls and collections.

use super::argument::{GEOMETRY, Shapes, numbers};
use super::buffer::{Style, buffer};
use super::hull::{convex_hull, simplified};
use super::overlay::{Operation, overlay};
use super::relation::shortest;
use super::shape::{Kind, Point, Shape, distance};
use super::validity::inner_point;
use crate::sql::functions::ArgKind::{Any, Double, Int, Text};
use crate::sql::functions::ScalarFunction;
use crate::sql::functions::args::{Args, BOOL, DOUBLE, INT, TEXT, function, try_blobs, try_ints, try_texts};
use crate::types::{Error, Result};
use alloc::vec::Vec;
use core::fmt::Write;

/// What two geometries have together.
macro_rules! together {
    ($name:literal, $doc:literal, $operation:expr) => {
        function($name, &[], (2, 2), &[Any], GEOMETRY, $doc, |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            try_blobs(cx, n, |i| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => overlay(cx, $operation, &l, &r).map(|s| Some(s.write())),
                None => Ok(None),
            })
        })
    };
}

/// A collection of the arguments.
macro_rules! collection {
    ($name:literal, $least:literal, $doc:literal, $f:expr) => {
        function(
            $name,
            &[],
            ($least, usize::MAX),
            &[Any],
            GEOMETRY,
            $doc,
            |cx, a, t, _, n| {
                let shapes = (0..a.len())
                    .map(|k| Shapes::new(a, t, k))
                    .collect::<Result<Vec<_>>>()?;
                try_blobs(cx, n, |i| {
                    let parts = shapes
                        .iter()
                        .map(|s| s.at(i))
                        .collect::<Result<Option<Vec<_>>>>()?;
                    let f: fn(Vec<Shape>) -> Option<Shape> = $f;
                    let Some(parts) = parts else { return Ok(None) };
                    let wrong = || Error::invalid(concat!($name, " takes other geometries"));
                    f(parts).ok_or_else(wrong).map(|s| Some(s.write()))
                })
            },
        )
    };
}

/// The points of shapes that are points.
fn points_of(parts: &[Shape]) -> Option<Vec<Point>> {
    let point = |s: &Shape| match s {
        Shape::Point(p) => Some(*p),
        _ => None,
    };
    parts.iter().map(point).collect()
}

/// The rings of lines that close.
fn rings_of(parts: &[Shape]) -> Option<Vec<Vec<Point>>> {
    let ring = |s: &Shape| match s {
        Shape::Line(line) if line.len() >= 4 && line.first() == line.last() => Some(line.clone()),
        _ => None,
    };
    parts.iter().map(ring).collect()
}

/// A collection of shapes of one kind.
fn all_of(kind: Kind, parts: Vec<Shape>) -> Option<Shape> {
    let is_one = |s: &Shape| {
        matches!(
            (kind, s),
            (Kind::Points, Shape::Point(_))
                | (Kind::Lines, Shape::Line(_))
                | (Kind::Polygons, Shape::Polygon(_))
                | (Kind::Mixed, _)
        )
    };
    parts.iter().all(is_one).then_some(Shape::Collection(kind, parts))
}

/// Metres from the middle of the earth, as MySQL has it.
const EARTH_RADIUS: f64 = 6_370_986.0;

/// The family's functions.
pub(in crate::sql::functions) const FUNCTIONS: &[ScalarFunction] = &[
    together!(
        "ST_UNION",
        "What is in one of two geometries; of one argument an aggregate.",
        Operation::Union
    ),
    together!(
        "ST_INTERSECTION",
        "What two geometries have in common.",
        Operation::Intersection
    ),
    together!(
        "ST_DIFFERENCE",
        "What the first geometry has and the second has not.",
        Operation::Difference
    ),
    together!(
        "ST_SYMDIFFERENCE",
        "What only one of two geometries has.",
        Operation::SymDifference
    ),
    function(
        "ST_UNARYUNION",
        &[],
        (1, 1),
        &[Any],
        GEOMETRY,
        "The union of the parts of a geometry.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            let nothing = Shape::of_parts(Vec::new());
            try_blobs(cx, n, |i| match shapes.at(i)? {
                Some(s) => overlay(cx, Operation::Union, &s, &nothing).map(|s| Some(s.write())),
                None => Ok(None),
            })
        },
    ),
    function(
        "ST_BUFFER",
        &[],
        (2, 3),
        &[Any, Double, Text],
        GEOMETRY,
        "What is within a distance of a geometry; the third argument says how many segments a quarter of a circle has (8), or 'quad_segs=8 endcap=flat join=mitre mitre_limit=5'.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                let style = match a.has(2) {
                    true => Style::parse(a.text(2, i))?,
                    false => Style::default(),
                };
                match shapes.at(i)? {
                    Some(s) => buffer(cx, &s, a.float(1, i), style).map(|s| Some(s.write())),
                    None => Ok(None),
                }
            })
        },
    ),
    function(
        "ST_CONVEXHULL",
        &[],
        (1, 1),
        &[Any],
        GEOMETRY,
        "The smallest convex geometry around it.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| match shapes.at(i)? {
                Some(s) => convex_hull(&s).map(|s| Some(s.write())),
                None => Ok(None),
            })
        },
    ),
    function(
        "ST_SIMPLIFY",
        &[],
        (2, 2),
        &[Any, Double],
        GEOMETRY,
        "Its lines with fewer points, which are not further away than a distance (Douglas-Peucker).",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                Ok(shapes.at(i)?.map(|s| simplified(&s, a.float(1, i)).write()))
            })
        },
    ),
    function(
        "ST_SWAPXY",
        &["ST_FLIPCOORDINATES"],
        (1, 1),
        &[Any],
        GEOMETRY,
        "With the coordinates of its points exchanged.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| Ok(shapes.at(i)?.map(|s| swapped(s).write())))
        },
    ),
    function(
        "ST_POINTONSURFACE",
        &[],
        (1, 1),
        &[Any],
        GEOMETRY,
        "A point of it: inside its areas, or else one of its points.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                let point = shapes
                    .at(i)?
                    .and_then(|s| inner_point(&s).or(s.points().first().copied()));
                Ok(point.map(|p| Shape::Point(p).write()))
            })
        },
    ),
    function(
        "ST_NUMGEOMETRIES",
        &["NUMGEOMETRIES"],
        (1, 1),
        &[Any],
        INT,
        "How many parts a collection has; 1 of anything else.",
        |_, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_ints(n, |i| {
                Ok(shapes.at(i)?.map(|s| match s {
                    Shape::Collection(_, parts) => parts.len() as i64,
                    _ => 1,
                }))
            })
        },
    ),
    function(
        "ST_GEOMETRYN",
        &["GEOMETRYN"],
        (2, 2),
        &[Any, Int],
        GEOMETRY,
        "The n-th part of a collection.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                let place = usize::try_from(a.int(1, i)).ok().and_then(|n| n.checked_sub(1));
                Ok(match (shapes.at(i)?, place) {
                    (Some(Shape::Collection(_, parts)), Some(p)) => parts.get(p).map(Shape::write),
                    (Some(one), Some(0)) => Some(one.write()),
                    _ => None,
                })
            })
        },
    ),
    function(
        "ST_INTERIORRINGN",
        &["INTERIORRINGN"],
        (2, 2),
        &[Any, Int],
        GEOMETRY,
        "The n-th hole of a polygon as a line.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                // The outer ring has place 0.
                let place = usize::try_from(a.int(1, i)).ok().filter(|n| *n > 0);
                Ok(match (shapes.at(i)?, place) {
                    (Some(Shape::Polygon(rings)), Some(p)) => {
                        rings.get(p).map(|ring| Shape::Line(ring.clone()).write())
                    }
                    _ => None,
                })
            })
        },
    ),
    function(
        "ST_LINEINTERPOLATEPOINT",
        &[],
        (2, 2),
        &[Any, Double],
        GEOMETRY,
        "The point at a part (0 to 1) of the length of a line.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                let part = a.float(1, i);
                if !(0.0..=1.0).contains(&part) {
                    return Err(Error::invalid("the part of a line is from 0 to 1"));
                }
                Ok(match shapes.at(i)? {
                    Some(Shape::Line(line)) => along(&line, part).map(|p| Shape::Point(p).write()),
                    _ => None,
                })
            })
        },
    ),
    function(
        "ST_DWITHIN",
        &[],
        (3, 3),
        &[Any, Any, Double],
        BOOL,
        "Whether two geometries are no further apart than that.",
        |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            try_ints(n, |i| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => {
                    let found = shortest(cx, &l, &r)?;
                    Ok(Some(i64::from(found.is_some_and(|d| d <= a.float(2, i)))))
                }
                None => Ok(None),
            })
        },
    ),
    function(
        "ST_DISTANCE_SPHERE",
        &["ST_DISTANCESPHERE"],
        (2, 3),
        &[Any, Any, Double],
        DOUBLE,
        "The distance in metres of two points of longitude and latitude on a sphere, of the earth's or another radius.",
        |_, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            numbers(n, |i| {
                let radius = if a.has(2) { a.float(2, i) } else { EARTH_RADIUS };
                let both = left.at(i)?.zip(right.at(i)?);
                match both.map(|(l, r)| (points_of(&[l]), points_of(&[r]))) {
                    None => Ok(None),
                    Some((Some(l), Some(r))) => match (l.as_slice(), r.as_slice()) {
                        ([l], [r]) if radius > 0.0 => Ok(Some(on_sphere(*l, *r) * radius)),
                        _ => Err(Error::invalid("the radius of a sphere is positive")),
                    },
                    Some(_) => Err(Error::invalid("ST_DISTANCE_SPHERE takes points")),
                }
            })
        },
    ),
    function(
        "ST_ASGEOJSON",
        &[],
        (1, 1),
        &[Any],
        TEXT,
        "A geometry as GeoJSON (RFC 7946).",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_texts(cx, n, |i, out| {
                Ok(shapes.at(i)?.map(|s| {
                    // If it is too long the writer knows.
                    let _ = geo_json(&s, out);
                }))
            })
        },
    ),
    collection!("LINESTRING", 2, "The line of points.", |parts| {
        points_of(&parts).map(Shape::Line)
    }),
    collection!(
        "POLYGON",
        1,
        "The polygon of closed lines, the outer one first.",
        |parts| { rings_of(&parts).map(Shape::Polygon) }
    ),
    collection!("MULTIPOINT", 1, "The collection of points.", |parts| all_of(
        Kind::Points,
        parts
    )),
    collection!("MULTILINESTRING", 1, "The collection of lines.", |parts| all_of(
        Kind::Lines,
        parts
    )),
    collection!("MULTIPOLYGON", 1, "The collection of polygons.", |parts| all_of(
        Kind::Polygons,
        parts
    )),
    collection!(
        "GEOMETRYCOLLECTION",
        0,
        "The collection of geometries.",
        |parts| all_of(Kind::Mixed, parts)
    ),
    collection!(
        "ST_COLLECT",
        2,
        "The collection of geometries, of one kind if they are; of one argument an aggregate.",
        |parts| Some(Shape::collect(parts))
    ),
];

fn swapped(shape: Shape) -> Shape {
    let swap = |line: Vec<Point>| line.into_iter().map(|(x, y)| (y, x)).collect::<Vec<Point>>();
    match shape {
        Shape::Point((x, y)) => Shape::Point((y, x)),
        Shape::Line(line) => Shape::Line(swap(line)),
        Shape::Polygon(rings) => Shape::Polygon(rings.into_iter().map(swap).collect()),
        Shape::Collection(kind, parts) => Shape::Collection(kind, parts.into_iter().map(swapped).collect()),
    }
}

/// The point at a part of a line's length.
fn along(line: &[Point], part: f64) -> Option<Point> {
    let length: f64 = line
        .iter()
        .zip(line.iter().skip(1))
        .map(|(a, b)| distance(*a, *b))
        .sum();
    let mut left = length * part;
    for (a, b) in line.iter().zip(line.iter().skip(1)) {
        let own = distance(*a, *b);
        if left < own {
            let t = left / own;
            return Some((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
        }
        left -= own;
    }
    line.last().copied()
}

/// The angle between two places on a sphere, by the haversine formula.
fn on_sphere(a: Point, b: Point) -> f64 {
    let square = |x: f64| x * x;
    let (from, to) = (a.1.to_radians(), b.1.to_radians());
    let (up, across) = (to - from, (b.0 - a.0).to_radians());
    let h = square(libm::sin(up / 2.0)) + libm::cos(from) * libm::cos(to) * square(libm::sin(across / 2.0));
    2.0 * libm::asin(libm::sqrt(h.min(1.0)))
}

/// Writes GeoJSON.
fn geo_json(shape: &Shape, out: &mut dyn Write) -> core::fmt::Result {
    fn point(p: &Point, out: &mut dyn Write) -> core::fmt::Result {
        write!(out, "[{:?}, {:?}]", p.0, p.1)
    }
    fn list<T>(
        items: &[T],
        out: &mut dyn Write,
        item: &dyn Fn(&T, &mut dyn Write) -> core::fmt::Result,
    ) -> core::fmt::Result {
        out.write_str("[")?;
        for (i, one) in items.iter().enumerate() {
            if i > 0 {
                out.write_str(", ")?;
            }
            item(one, out)?;
        }
        out.write_str("]")
    }
    fn coordinates(shape: &Shape, out: &mut dyn Write) -> core::fmt::Result {
        match shape {
            Shape::Point(p) => point(p, out),
            Shape::Line(line) => list(line, out, &point),
            Shape::Polygon(rings) => list(rings, out, &|ring, out| list(ring, out, &point)),
            Shape::Collection(_, parts) => list(parts, out, &coordinates),
        }
    }
    let (name, member) = match shape {
        Shape::Point(_) => ("Point", "coordinates"),
        Shape::Line(_) => ("LineString", "coordinates"),
        Shape::Polygon(_) => ("Polygon", "coordinates"),
        Shape::Collection(Kind::Points, _) => ("MultiPoint", "coordinates"),
        Shape::Collection(Kind::Lines, _) => ("MultiLineString", "coordinates"),
        Shape::Collection(Kind::Polygons, _) => ("MultiPolygon", "coordinates"),
        Shape::Collection(Kind::Mixed, _) => ("GeometryCollection", "geometries"),
    };
    write!(out, "{{\"type\": \"{name}\", \"{member}\": ")?;
    match shape {
        Shape::Collection(Kind::Mixed, parts) => list(parts, out, &geo_json)?,
        other => coordinates(other, out)?,
    }
    out.write_str("}")
}
