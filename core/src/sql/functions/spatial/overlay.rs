//! Union, intersection and differences of two geometries, of whatever dimensions: the areas, then the lines that
//! are not in or around them, then the points that are in neither.

use super::super::EvalContext;
use super::arrangement::{Arrangement, Edge, Place};
use super::rings::polygons;
use super::shape::{Point, Shape};
use crate::types::Result;
use alloc::vec::Vec;

/// What is made of two geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Union,
    Intersection,
    Difference,
    SymDifference,
}

impl Operation {
    /// Whether the result has what the first or the second geometry has.
    fn holds(self, a: bool, b: bool) -> bool {
        match self {
            Operation::Union => a || b,
            Operation::Intersection => a && b,
            Operation::Difference => a && !b,
            Operation::SymDifference => a != b,
        }
    }
}

/// What there is of lines and points within a result: of each geometry whether it has the thing as its own kind, and
/// whether it covers it.
fn keeps(operation: Operation, own: (bool, bool), covers: (bool, bool)) -> bool {
    match operation {
        Operation::Union => own.0 || own.1,
        Operation::Intersection => covers.0 && covers.1,
        Operation::Difference => own.0 && !covers.1,
        Operation::SymDifference => (own.0 && !covers.1) || (own.1 && !covers.0),
    }
}

/// Whether geometry `k` has an edge in or around it.
fn covers(e: &Edge, k: usize) -> bool {
    let (below, above) = e.sides(k);
    below || above || e.is_line(k)
}

/// What an operation makes of two geometries.
///
/// # Errors
/// As [`Arrangement::new`].
pub(super) fn overlay(cx: &EvalContext<'_>, operation: Operation, a: &Shape, b: &Shape) -> Result<Shape> {
    let all = Arrangement::new(cx, a, b)?;
    let area_sides = |e: &Edge| {
        let (a, b) = (e.sides(0), e.sides(1));
        (operation.holds(a.0, b.0), operation.holds(a.1, b.1))
    };
    let mut parts = polygons(cx, &all, &area_sides)?;
    let is_kept: Vec<bool> = all
        .edges
        .iter()
        .map(|e| {
            let in_area = area_sides(e) != (false, false);
            let (own, covered) = ((e.is_line(0), e.is_line(1)), (covers(e, 0), covers(e, 1)));
            !in_area && keeps(operation, own, covered)
        })
        .collect();
    parts.extend(lines(&all, &is_kept).into_iter().map(Shape::Line));
    for place in &all.places {
        let mut touched = all.edges_at(place);
        let is_in_result =
            touched.any(|(i, e)| area_sides(e) != (false, false) || is_kept.get(i).copied().unwrap_or(false));
        let inside = |k: usize| place.below.get(k).is_some_and(|w| *w > 0);
        let has_point = |k: usize| place.is_point.get(k).copied().unwrap_or(false);
        let covers_place =
            |k: usize| has_point(k) || inside(k) || all.edges_at(place).any(|(_, e)| covers(e, k));
        let in_area = place.edges.is_empty() && operation.holds(inside(0), inside(1));
        let own = (has_point(0), has_point(1));
        if !is_in_result && !in_area && keeps(operation, own, (covers_place(0), covers_place(1))) {
            parts.push(Shape::Point(place.point));
        }
    }
    Ok(Shape::of_parts(parts))
}

/// The edges that are kept as lines, which go on through places where nothing else meets.
fn lines(all: &Arrangement, is_kept: &[bool]) -> Vec<Vec<Point>> {
    let mut is_left = is_kept.to_vec();
    let goes_on = |place: &Place| place.edges.len() == 2 && place.ends == [0; 2];
    let mut out = Vec::new();
    // First from where lines end, then what is left are rings.
    for any_place in [false, true] {
        for (n, place) in all.places.iter().enumerate() {
            if !any_place && goes_on(place) {
                continue;
            }
            for e in &place.edges {
                let line = line_from(all, n, *e, &mut is_left, &goes_on);
                if line.len() > 1 {
                    out.push(line);
                }
            }
        }
    }
    out
}

fn line_from(
    all: &Arrangement,
    start: usize,
    first: usize,
    is_left: &mut [bool],
    goes_on: &dyn Fn(&Place) -> bool,
) -> Vec<Point> {
    let mut line = Vec::new();
    let (mut at, mut edge) = (start, Some(first));
    while let Some(e) = edge.take()
        && let Some(left) = is_left.get_mut(e).filter(|left| **left)
        && let (Some(one), Some(here)) = (all.edges.get(e), all.places.get(at))
    {
        *left = false;
        if line.is_empty() {
            line.push(here.point);
        }
        at = if one.from == at { one.to } else { one.from };
        let Some(there) = all.places.get(at) else { break };
        // Cells beside each other may be of one point.
        if line.last() != Some(&there.point) {
            line.push(there.point);
        }
        if goes_on(there) {
            edge = there.edges.iter().copied().find(|next| *next != e);
        }
    }
    line
}
