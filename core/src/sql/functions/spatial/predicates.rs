//! Predicates of two geometries.

use super::argument::Shapes;
use super::relation::Relation;
use crate::sql::functions::ArgKind::{Any, Text};
use crate::sql::functions::args::{Args, BOOL, function, try_ints, try_texts};
use crate::sql::functions::{ReturnKind, ScalarFunction};
use crate::types::{DataType, Error};

/// A predicate of two geometries.
macro_rules! predicate {
    ($name:literal, $doc:literal, $f:expr) => {
        function($name, &[], (2, 2), &[Any], BOOL, $doc, |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            let f: fn(&Relation) -> bool = $f;
            try_ints(n, |i| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => Ok(Some(i64::from(f(&Relation::new(cx, &l, &r)?)))),
                None => Ok(None),
            })
        })
    };
}

/// A predicate of the rectangles around two geometries.
macro_rules! of_rectangles {
    ($name:literal, $doc:literal, $f:expr) => {
        function($name, &[], (2, 2), &[Any], BOOL, $doc, |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            let f: fn(&Relation) -> bool = $f;
            try_ints(n, |i| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => {
                    let relation = Relation::new(cx, &l.envelope(), &r.envelope())?;
                    Ok(Some(i64::from(f(&relation))))
                }
                None => Ok(None),
            })
        })
    };
}

/// The family's functions.
pub(in crate::sql::functions) const FUNCTIONS: &[ScalarFunction] = &[
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
    predicate!(
        "ST_COVERS",
        "Whether the first has every point of the second.",
        Relation::covers
    ),
    predicate!(
        "ST_COVEREDBY",
        "Whether the second has every point of the first.",
        Relation::is_covered
    ),
    of_rectangles!(
        "MBREQUALS",
        "Whether the rectangles around both are the same.",
        Relation::equals
    ),
    of_rectangles!(
        "MBRINTERSECTS",
        "Whether the rectangles around both have a point in common.",
        Relation::intersects
    ),
    of_rectangles!(
        "MBRDISJOINT",
        "Whether the rectangles around both have no point in common.",
        |r| !r.intersects()
    ),
    of_rectangles!(
        "MBRCONTAINS",
        "Whether the rectangle around the second lies within the one around the first.",
        Relation::contains
    ),
    of_rectangles!(
        "MBRWITHIN",
        "Whether the rectangle around the first lies within the one around the second.",
        Relation::within
    ),
    of_rectangles!(
        "MBRCOVERS",
        "Whether the rectangle around the first has every point of the one around the second.",
        Relation::covers
    ),
    of_rectangles!(
        "MBRCOVEREDBY",
        "Whether the rectangle around the second has every point of the one around the first.",
        Relation::is_covered
    ),
    of_rectangles!(
        "MBRTOUCHES",
        "Whether only the boundaries of the rectangles around both meet.",
        Relation::touches
    ),
    of_rectangles!(
        "MBROVERLAPS",
        "Whether the rectangles around both have a part in common, and each one of its own.",
        Relation::overlaps
    ),
    function(
        "ST_RELATE",
        &[],
        (2, 3),
        &[Any, Any, Text],
        ReturnKind::Of(|types| match types.len() {
            3 => DataType::Bool,
            _ => DataType::TEXT,
        }),
        "The DE-9IM of two geometries, or whether it is like a pattern such as 'T*F**F***'.",
        |cx, a, t, _, n| {
            let (left, right) = (Shapes::new(a, t, 0)?, Shapes::new(a, t, 1)?);
            let relation = |i: usize| match left.at(i)?.zip(right.at(i)?) {
                Some((l, r)) => Relation::new(cx, &l, &r).map(Some),
                None => Ok(None),
            };
            if !a.has(2) {
                return try_texts(cx, n, |i, out| {
                    let found = relation(i)?;
                    Ok(found.map(|r| out.push_str(&r.text())))
                });
            }
            try_ints(n, |i| {
                let Some(relation) = relation(i)? else {
                    return Ok(None);
                };
                let needed = || Error::invalid("a pattern of the DE-9IM is nine of T, F, *, 0, 1 and 2");
                let matches = relation.matches(a.text(2, i)).ok_or_else(needed)?;
                Ok(Some(i64::from(matches)))
            })
        },
    ),
];
