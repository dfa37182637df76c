//! Geometries of the plane: making them, taking them apart, measures and predicates, as in MySQL.
//!
//! POINT, LINESTRING and POLYGON, without a spatial reference system. Arguments are geometries or their WKT.

use super::ArgKind::{Any, Bytes, Double, Int, Text};
use super::args::{Args, BLOB, BOOL, DOUBLE, INT, TEXT, function, lenient, try_blobs, try_ints, try_texts};
use super::relation::{Relation, is_valid, shortest};
use super::shape::{Shape, rectangle, shape};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Error, Result};
use alloc::{format, string::String, vec::Vec};

const GEOMETRY: ReturnKind = ReturnKind::Fixed(|| DataType::Geometry);

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

/// A predicate of two geometries.
macro_rules! predicate {
    ($name:literal, $doc:literal, $f:expr) => {
        function($name, &[], (2, 2), &[Any], BOOL, $doc, |_, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            try_ints(n, |i| {
                let f: fn(&Relation) -> bool = $f;
                let both = left.at(i)?.zip(right.at(i)?);
                Ok(both.map(|(l, r)| i64::from(f(&Relation::new(&l, &r)))))
            })
        })
    };
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
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
        ],
        (1, 2),
        &[Text, Int],
        GEOMETRY,
        "The geometry of a WKT such as 'POINT(1 2)', 'LINESTRING(0 0, 1 1)' or 'POLYGON((0 0, 1 0, 0 1, 0 0))'.",
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
        &["ST_GEOMETRYFROMWKB"],
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
        "POINT, LINESTRING or POLYGON.",
        |cx, a, t, _, n| {
            let shapes = Shapes::new(a, t, 0)?;
            try_texts(cx, n, |i, out| {
                let Some(shape) = shapes.at(i)? else {
                    return Ok(None);
                };
                out.push_str(match shape {
                    Shape::Point(_) => "POINT",
                    Shape::Line(_) => "LINESTRING",
                    Shape::Polygon(_) => "POLYGON",
                });
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
    measure!(
        "ST_AREA",
        &[],
        "The area of a polygon, 0 of anything else.",
        |s| Some(s.area())
    ),
    measure!(
        "ST_LENGTH",
        &["GLENGTH"],
        "The length of a line; NULL of anything else.",
        |s| match s {
            Shape::Line(_) => Some(s.length()),
            _ => None,
        }
    ),
    measure!(
        "ST_PERIMETER",
        &[],
        "The length of the rings of a polygon, 0 of anything else.",
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
        "0 of a point, 1 of a line, 2 of a polygon.",
        |s| { Some(s.dimension()) }
    ),
    count!(
        "ST_ISEMPTY",
        &[],
        BOOL,
        "Whether it has no points; all geometries have.",
        |s| { Some(i64::from(s.points().is_empty())) }
    ),
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
                Shape::Polygon(rings) => Some(rings.len() as i64 - 1),
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
    count!(
        "ST_ISVALID",
        &[],
        BOOL,
        "Whether its rings close, have an area and do not cross.",
        |s| { Some(i64::from(is_valid(s))) }
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
        |_, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            numbers(n, |i| {
                let both = left.at(i)?.zip(right.at(i)?);
                Ok(both.map(|(l, r)| shortest(&l, &r)))
            })
        },
    ),
    predicate!("ST_EQUALS", "Whether they are the same points.", Relation::equals),
    predicate!(
        "ST_INTERSECTS",
        "Whether they have a point in common.",
        Relation::intersects
    ),
    predicate!("ST_DISJOINT", "Whether they have no point in common.", |r| !r
        .intersects()),
    predicate!(
        "ST_CONTAINS",
        "Whether the second lies within the first.",
        Relation::contains
    ),
    predicate!(
        "ST_WITHIN",
        "Whether the first lies within the second.",
        Relation::within
    ),
    predicate!(
        "ST_TOUCHES",
        "Whether only their boundaries meet.",
        Relation::touches
    ),
    predicate!(
        "ST_CROSSES",
        "Whether lines meet in points, or a line leaves an area.",
        Relation::crosses
    ),
    predicate!(
        "ST_OVERLAPS",
        "Whether each has a part of the other, and one of its own.",
        Relation::overlaps
    ),
];

/// The geometries of an argument.
struct Shapes {
    wkb: [Column; 1],
}

impl Shapes {
    fn new(a: &[Column], types: &[DataType], k: usize) -> Result<Shapes> {
        let is_text = types.get(k).is_some_and(DataType::is_text);
        let wkb = match (a.get(k), is_text) {
            (Some(column), true) => {
                let mut out = Column::new(DataType::Geometry.physical());
                for i in 0..column.len() {
                    match column.is_null(i) {
                        true => out.push_null(),
                        false => out.push_bytes(&of_text(crate::types::utf8_text(column.bytes_at(i)))?),
                    }
                }
                out
            }
            (Some(column), false) if column.bytes().is_some() => column.clone(),
            _ => lenient(a, types, k, &DataType::Geometry)?,
        };
        Ok(Shapes { wkb: [wkb] })
    }

    fn at(&self, i: usize) -> Result<Option<Shape>> {
        match self.wkb.null(0, i) {
            true => Ok(None),
            false => shape(self.wkb.blob(0, i)).map(Some),
        }
    }
}

fn of_text(text: &str) -> Result<Vec<u8>> {
    crate::types::parse_wkt(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Error::invalid(format!(
            "'{shown}' is no geometry: there are POINT(x y), LINESTRING(…) and POLYGON((…))"
        ))
    })
}

fn refuse_srid(srid: i64) -> Result<()> {
    match srid {
        0 => Ok(()),
        srid => Err(Error::Unsupported {
            feature: format!("the spatial reference system {srid} (geometries are of the plane, SRID 0)"),
            position: None,
        }),
    }
}

fn numbers(rows: usize, mut f: impl FnMut(usize) -> Result<Option<f64>>) -> Result<Column> {
    let mut out = Column::with_capacity(DataType::Double.physical(), rows);
    for i in 0..rows {
        match f(i)?.filter(|v| v.is_finite()) {
            Some(v) => out.push_f64(v),
            None => out.push_null(),
        }
    }
    Ok(out)
}
