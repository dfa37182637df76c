//! Making geometries, taking them apart, and measures of them, as in MySQL.
//!
//! Geometries have no spatial reference system. Arguments are geometries or their WKT.

use super::argument::{GEOMETRY, Shapes, numbers, of_text, refuse_srid};
use super::relation::shortest;
use super::shape::{Kind, Shape, rectangle, shape};
use super::validity::is_valid;
use crate::sql::functions::ArgKind::{Any, Bytes, Double, Int, Text};
use crate::sql::functions::ScalarFunction;
use crate::sql::functions::args::{
    Args, BLOB, BOOL, DOUBLE, INT, TEXT, function, try_blobs, try_ints, try_texts,
};
/// A number of one geometry.
macro_rules! measure {
    ($name:literal, $aliases:expr, $doc:literal, $f:expr) => {
        function($name, $aliases, (1, 1), &[Any], DOUBLE, $doc, |_, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            numbers(n, |i| {
                let f: fn(&Shape) -> Option<f64> = $f;
                Ok(shapes.at(i)?.and_then(|s| f(&s)))
            })
        })
    };
}

/// A whole number of one geometry.
macro_rules! count {
    ($name:literal, $aliases:expr, $returns:expr, $doc:literal, $f:expr) => {
        function(
            $name,
            $aliases,
            (1, 1),
            &[Any],
            $returns,
            $doc,
            |_, a, t, _, n| {
                let shapes = Shapes::new(a, t, 0)?;
                try_ints(n, |i| {
                    let f: fn(&Shape) -> Option<i64> = $f;
                    Ok(shapes.at(i)?.and_then(|s| f(&s)))
                })
            },
        )
    };
}

/// A geometry out of one.
macro_rules! part {
    ($name:literal, $aliases:expr, $doc:literal, $f:expr) => {
        function(
            $name,
            $aliases,
            (1, 1),
            &[Any],
            GEOMETRY,
            $doc,
            |cx, a, t, _, n| {
                let shapes = Shapes::new(a, t, 0)?;
                try_blobs(cx, n, |i| {
                    let f: fn(&Shape) -> Option<Shape> = $f;
                    Ok(shapes.at(i)?.and_then(|s| f(&s)).map(|s| s.write()))
                })
            },
        )
    };
}

/// The family's functions.
pub(in crate::sql::functions) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "ST_POINT",
        &["POINT", "ST_MAKEPOINT"],
        (2, 2),
        &[Double],
        GEOMETRY,
        "The point of two coordinates.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                Ok(Some(Shape::Point((a.float(0, i), a.float(1, i))).write()))
            })
        },
    ),
    function(
        "ST_MAKEENVELOPE",
        &[],
        (4, 5),
        &[Double, Double, Double, Double, Int],
        GEOMETRY,
        "The rectangle from (x1, y1) to (x2, y2).",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                let (x, y) = ((a.float(0, i), a.float(2, i)), (a.float(1, i), a.float(3, i)));
                let (low, high) = ((x.0.min(x.1), y.0.min(y.1)), (x.0.max(x.1), y.0.max(y.1)));
                if a.has(4) {
                    refuse_srid(a.int(4, i))?;
                }
                Ok(Some(rectangle(low, high).write()))
            })
        },
    ),
    function(
        "ST_GEOMFROMTEXT",
        &[
            "ST_GEOMETRYFROMTEXT",
            "GEOMFROMTEXT",
            "ST_POINTFROMTEXT",
            "ST_LINEFROMTEXT",
            "ST_LINESTRINGFROMTEXT",
            "ST_POLYFROMTEXT",
            "ST_POLYGONFROMTEXT",
            "ST_MPOINTFROMTEXT",
            "ST_MLINEFROMTEXT",
            "ST_MPOLYFROMTEXT",
            "ST_GEOMCOLLFROMTEXT",
        ],
        (1, 2),
        &[Text, Int],
        GEOMETRY,
        "The geometry of a WKT such as 'POINT(1 2)', 'POLYGON((0 0, 1 0, 0 1, 0 0))' or 'MULTIPOINT((1 2), (3 4))'.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                if a.has(1) {
                    refuse_srid(a.int(1, i))?;
                }
                of_text(a.text(0, i)).map(Some)
            })
        },
    ),
    function(
        "ST_GEOMFROMWKB",
        &[
            "ST_GEOMETRYFROMWKB",
            "ST_POINTFROMWKB",
            "ST_LINEFROMWKB",
            "ST_POLYFROMWKB",
        ],
        (1, 2),
        &[Bytes, Int],
        GEOMETRY,
        "The geometry of little-endian WKB.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                if a.has(1) {
                    refuse_srid(a.int(1, i))?;
                }
                shape(a.blob(0, i)).map(|s| Some(s.write()))
            })
        },
    ),
    function(
        "ST_ASTEXT",
        &["ST_ASWKT", "ASTEXT"],
        (1, 1),
        &[Any],
        TEXT,
        "A geometry as WKT.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_texts(cx, n, |i, out| {
                let Some(shape) = shapes.at(i)? else {
                    return Ok(None);
                };
                // If it is too long the writer knows.
                let _ = crate::types::write_wkt(&shape.write(), out);
                Ok(Some(()))
            })
        },
    ),
    function(
        "ST_ASBINARY",
        &["ST_ASWKB"],
        (1, 1),
        &[Any],
        BLOB,
        "A geometry as little-endian WKB.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| Ok(shapes.at(i)?.map(|s| s.write())))
        },
    ),
    function(
        "ST_GEOMETRYTYPE",
        &["GEOMETRYTYPE"],
        (1, 1),
        &[Any],
        TEXT,
        "POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON or GEOMETRYCOLLECTION.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_texts(cx, n, |i, out| {
                let Some(shape) = shapes.at(i)? else {
                    return Ok(None);
                };
                out.push_str(shape.name());
                Ok(Some(()))
            })
        },
    ),
    measure!("ST_X", &[], "The first coordinate of a point.", |s| match s {
        Shape::Point((x, _)) => Some(*x),
        _ => None,
    }),
    measure!("ST_Y", &[], "The second coordinate of a point.", |s| match s {
        Shape::Point((_, y)) => Some(*y),
        _ => None,
    }),
    measure!("ST_AREA", &[], "The area of polygons, 0 of anything else.", |s| {
        Some(s.area())
    }),
    measure!(
        "ST_LENGTH",
        &["GLENGTH"],
        "The length of lines; NULL of anything else.",
        |s| match s {
            Shape::Line(_) | Shape::Collection(Kind::Lines, _) => Some(s.length()),
            _ => None,
        }
    ),
    measure!(
        "ST_PERIMETER",
        &[],
        "The length of the rings of polygons, 0 of anything else.",
        |s| { Some(if s.dimension() == 2 { s.length() } else { 0.0 }) }
    ),
    count!(
        "ST_SRID",
        &[],
        INT,
        "0: geometries have no spatial reference system.",
        |_| Some(0)
    ),
    count!(
        "ST_DIMENSION",
        &["DIMENSION"],
        INT,
        "0 of points, 1 of lines, 2 of polygons.",
        |s| { Some(s.dimension()) }
    ),
    count!("ST_ISEMPTY", &[], BOOL, "Whether it has no points.", |s| {
        Some(i64::from(s.points().is_empty()))
    }),
    count!(
        "ST_NUMPOINTS",
        &["NUMPOINTS", "ST_NPOINTS"],
        INT,
        "How many points it is written with.",
        |s| { Some(s.points().len() as i64) }
    ),
    count!(
        "ST_NUMINTERIORRINGS",
        &["ST_NUMINTERIORRING"],
        INT,
        "How many holes a polygon has.",
        |s| {
            match s {
                Shape::Polygon(rings) => Some(rings.len().saturating_sub(1) as i64),
                _ => None,
            }
        }
    ),
    count!(
        "ST_ISCLOSED",
        &[],
        BOOL,
        "Whether a line ends where it starts.",
        |s| match s {
            Shape::Line(line) => Some(i64::from(line.first() == line.last())),
            _ => None,
        }
    ),
    function(
        "ST_ISVALID",
        &[],
        (1, 1),
        &[Any],
        BOOL,
        "Whether its rings close, have an area and do not cross, and its polygons do not overlap.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_ints(n, |i| match shapes.at(i)? {
                Some(s) => is_valid(cx, &s).map(|is| Some(i64::from(is))),
                None => Ok(None),
            })
        },
    ),
    part!(
        "ST_ENVELOPE",
        &["ENVELOPE"],
        "The rectangle around it.",
        |s| Some(s.envelope())
    ),
    part!("ST_CENTROID", &["CENTROID"], "Its centre of mass.", |s| s
        .centroid()
        .map(Shape::Point)),
    part!(
        "ST_STARTPOINT",
        &["STARTPOINT"],
        "The first point of a line.",
        |s| match s {
            Shape::Line(line) => line.first().copied().map(Shape::Point),
            _ => None,
        }
    ),
    part!(
        "ST_ENDPOINT",
        &["ENDPOINT"],
        "The last point of a line.",
        |s| match s {
            Shape::Line(line) => line.last().copied().map(Shape::Point),
            _ => None,
        }
    ),
    part!(
        "ST_EXTERIORRING",
        &["EXTERIORRING"],
        "The outer ring of a polygon as a line.",
        |s| match s {
            Shape::Polygon(rings) => rings.first().cloned().map(Shape::Line),
            _ => None,
        }
    ),
    function(
        "ST_POINTN",
        &["POINTN"],
        (2, 2),
        &[Any, Int],
        GEOMETRY,
        "The n-th point of a line.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_blobs(cx, n, |i| {
                let place = usize::try_from(a.int(1, i)).ok().and_then(|n| n.checked_sub(1));
                Ok(match shapes.at(i)? {
                    Some(Shape::Line(line)) => {
                        let point = place.and_then(|p| line.get(p)).copied();
                        point.map(|p| Shape::Point(p).write())
                    }
                    _ => None,
                })
            })
        },
    ),
    function(
        "ST_DISTANCE",
        &[],
        (2, 2),
        &[Any],
        DOUBLE,
        "The shortest distance of two geometries in the plane.",
        |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            numbers(n, |i| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => shortest(cx, &l, &r),
                None => Ok(None),
            })
        },
    ),
];
