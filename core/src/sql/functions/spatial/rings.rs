//! The polygons that the edges around an area make.

use super::super::EvalContext;
use super::arrangement::{Arrangement, Edge};
use super::grid::{Cell, turn};
use super::shape::{Point, Shape};
use crate::types::Result;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// An edge around the area, with the area to its left.
#[derive(Debug, Clone, Copy)]
struct Side {
    from: usize,
    to: usize,
}

/// The polygons of an area: `sides` says of each edge whether the area is below and above it.
///
/// # Errors
/// [`Error::Interrupted`](crate::types::Error::Interrupted), `QueryMemory`.
pub(super) fn polygons(
    cx: &EvalContext<'_>,
    all: &Arrangement,
    sides: &dyn Fn(&Edge) -> (bool, bool),
) -> Result<Vec<Shape>> {
    let around: Vec<Option<Side>> = all
        .edges
        .iter()
        .map(|e| match sides(e) {
            (false, true) => Some(Side {
                from: e.from,
                to: e.to,
            }),
            (true, false) => Some(Side {
                from: e.to,
                to: e.from,
            }),
            _ => None,
        })
        .collect();
    cx.scratch
        .take(around.len().saturating_mul(size_of::<Option<Side>>()))?;
    let mut rings: Vec<Vec<usize>> = Vec::new();
    let mut ring_of: Vec<Option<usize>> = vec![None; around.len()];
    // Where a place is in the path at hand.
    let mut on_path: Vec<Option<usize>> = vec![None; all.places.len()];
    for first in 0..around.len() {
        let (Some(Some(side)), Some(None)) = (around.get(first), ring_of.get(first)) else {
            continue;
        };
        cx.check_interrupt()?;
        // The edges on the way, of which a ring is taken whenever a place comes again.
        let mut path: Vec<usize> = Vec::new();
        mark(&mut on_path, side.from, Some(0));
        let mut edge = first;
        while let (Some(Some(side)), Some(own)) = (around.get(edge), ring_of.get_mut(edge)) {
            // Until the ring that it is part of is known.
            *own = Some(usize::MAX);
            path.push(edge);
            match on_path.get(side.to).copied().flatten() {
                None => mark(&mut on_path, side.to, Some(path.len())),
                Some(start) => {
                    let ring = path.split_off(start.min(path.len()));
                    for e in &ring {
                        if let Some(own) = ring_of.get_mut(*e) {
                            *own = Some(rings.len());
                        }
                        if let Some(Some(Side { to, .. })) = around.get(*e)
                            && *to != side.to
                        {
                            mark(&mut on_path, *to, None);
                        }
                    }
                    rings.push(ring);
                }
            }
            if path.is_empty() {
                mark(&mut on_path, side.to, None);
                break;
            }
            match next(all, &around, &ring_of, side) {
                Some(next) => edge = next,
                None => break,
            }
        }
    }
    Ok(assemble(all, &around, &rings, &ring_of))
}

fn mark(on_path: &mut [Option<usize>], place: usize, at: Option<usize>) {
    if let Some(mark) = on_path.get_mut(place) {
        *mark = at;
    }
}

/// The next edge around the same part of the area: the first one clockwise from where the side comes from.
fn next(all: &Arrangement, around: &[Option<Side>], ring_of: &[Option<usize>], side: &Side) -> Option<usize> {
    let place = all.places.get(side.to)?;
    let back = all.cell(side.from);
    let leaving = place.edges.iter().copied().filter(|e| {
        let is_new = ring_of.get(*e).is_some_and(Option::is_none);
        is_new && matches!(around.get(*e), Some(Some(s)) if s.from == side.to)
    });
    let end = |e: usize| {
        around
            .get(e)
            .copied()
            .flatten()
            .map_or((0, 0), |s| all.cell(s.to))
    };
    leaving.min_by(|a, b| clockwise(place.cell, back, end(*a), end(*b)))
}

/// The order of directions from a place, clockwise from one.
fn clockwise(place: Cell, start: Cell, a: Cell, b: Cell) -> Ordering {
    let half = |c: Cell| match turn(place, start, c) {
        right if right < 0 => 0,
        // Opposite, since no two edges go one way.
        0 => 1,
        _ => 2,
    };
    half(a).cmp(&half(b)).then_with(|| turn(place, a, b).cmp(&0))
}

/// The rings as polygons: those that run counter-clockwise are outer ones, the others holes.
fn assemble(
    all: &Arrangement,
    around: &[Option<Side>],
    rings: &[Vec<usize>],
    ring_of: &[Option<usize>],
) -> Vec<Shape> {
    // The edge that ends the area below the left end of an edge.
    let mut lower: Vec<Option<usize>> = Vec::with_capacity(around.len());
    for e in &all.edges {
        let found = e.lower.and_then(|l| match around.get(l) {
            Some(Some(_)) => Some(l),
            _ => lower.get(l).copied().flatten(),
        });
        lower.push(found);
    }
    let is_outer: Vec<bool> = rings
        .iter()
        .map(|r| is_counter_clockwise(all, around, r))
        .collect();
    let outer_of = |ring: usize| {
        let mut ring = ring;
        for _ in 0..=rings.len() {
            if is_outer.get(ring).copied()? {
                return Some(ring);
            }
            // From the leftmost place, down to the edge on the other side of the area.
            let first = rings.get(ring)?.iter().min()?;
            ring = ring_of.get(lower.get(*first).copied()??).copied()??;
        }
        None
    };
    let points = |ring: &Vec<usize>| {
        let sides = ring.iter().filter_map(|e| around.get(*e).copied().flatten());
        let place = |p: usize| all.places.get(p).map(|p| p.point);
        let mut points: Vec<Point> = Vec::new();
        for p in sides.filter_map(|s| place(s.from)) {
            // Cells beside each other may be of one point: no stop there, and no way there and back.
            match points.as_slice() {
                [.., last] if *last == p => {}
                [.., before, _] if *before == p => drop(points.pop()),
                _ => points.push(p),
            }
        }
        let first = (0..points.len()).min_by(|a, b| {
            let key = |i: &usize| points.get(*i).copied().unwrap_or_default();
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        points.rotate_left(first.unwrap_or(0));
        points.extend(points.first().copied());
        points
    };
    let mut polygons: Vec<Option<Vec<_>>> = vec![None; rings.len()];
    let is_thin: Vec<bool> = rings.iter().map(|r| is_thin(all, around, r)).collect();
    for (i, ring) in rings.iter().enumerate() {
        if (is_outer.get(i), is_thin.get(i)) == (Some(&true), Some(&false))
            && let Some(polygon) = polygons.get_mut(i)
        {
            *polygon = Some(vec![points(ring)]);
        }
    }
    for (i, ring) in rings.iter().enumerate() {
        if (is_outer.get(i), is_thin.get(i)) == (Some(&false), Some(&false))
            && let Some(Some(polygon)) = outer_of(i).and_then(|o| polygons.get_mut(o))
        {
            polygon.push(points(ring));
        }
    }
    polygons.into_iter().flatten().map(Shape::Polygon).collect()
}

/// Twice the area of a ring, positive if it runs counter-clockwise, in cells.
fn doubled_area(all: &Arrangement, around: &[Option<Side>], ring: &[usize]) -> i128 {
    let Some(origin) = ring.first().and_then(|e| around.get(*e).copied().flatten()) else {
        return 0;
    };
    let origin = all.cell(origin.from);
    let sides = ring.iter().filter_map(|e| around.get(*e).copied().flatten());
    // A turn is below 2^84 in size, and there are fewer than 2^40 edges.
    sides
        .map(|s| turn(origin, all.cell(s.from), all.cell(s.to)))
        .sum()
}

fn is_counter_clockwise(all: &Arrangement, around: &[Option<Side>], ring: &[usize]) -> bool {
    doubled_area(all, around, ring) > 0
}

/// Whether a ring is but a few cells wide, as rounding leaves them between lines that are almost the same.
fn is_thin(all: &Arrangement, around: &[Option<Side>], ring: &[usize]) -> bool {
    const CELLS: i128 = 8;
    let sides = ring.iter().filter_map(|e| around.get(*e).copied().flatten());
    let length = |s: Side| {
        let (a, b) = (all.cell(s.from), all.cell(s.to));
        i128::from(a.0.abs_diff(b.0)) + i128::from(a.1.abs_diff(b.1))
    };
    doubled_area(all, around, ring).abs() <= sides.map(length).sum::<i128>() * CELLS
}
