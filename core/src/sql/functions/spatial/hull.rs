//! Simpler shapes out of one: its convex hull, and lines with fewer points.

use super::grid::{Grid, turn};
use super::shape::{Point, Shape, to_segment};
use crate::shared_sort::sort_shared;
use crate::types::Result;
use alloc::vec::Vec;

/// The convex hull (Andrew's monotone chain, 1979).
///
/// # Errors
/// [`Error::OutOfRange`](crate::types::Error::OutOfRange) of coordinates too far apart.
pub(super) fn convex_hull(shape: &Shape) -> Result<Shape> {
    let grid = Grid::over(shape.bounds())?;
    let mut points = shape.points();
    sort_shared(&mut points, |a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut out: Vec<Point> = Vec::new();
        for p in points {
            while let [.., a, b] = out.as_slice()
                && turn(grid.step(*a), grid.step(*b), grid.step(p)) <= 0
            {
                out.pop();
            }
            out.push(p);
        }
        out
    };
    let mut ring = half(&mut points.iter().copied());
    ring.pop();
    ring.extend(half(&mut points.iter().rev().copied()));
    Ok(match (points.as_slice(), ring.len()) {
        ([], _) => Shape::of_parts(Vec::new()),
        ([one], _) => Shape::Point(*one),
        (_, ..=3) => Shape::Line(ring.into_iter().take(2).collect()),
        _ => Shape::Polygon(Vec::from([ring])),
    })
}

/// With fewer points, none of which is missing by more than `tolerance` (Douglas and Peucker, 1973); rings and lines
/// that would be too short are left out.
pub(super) fn simplified(shape: &Shape, tolerance: f64) -> Shape {
    match shape {
        Shape::Point(_) => shape.clone(),
        Shape::Line(line) => Shape::Line(fewer(line, tolerance)),
        Shape::Polygon(rings) => {
            let rings: Vec<Vec<Point>> = rings.iter().map(|r| fewer(r, tolerance)).collect();
            match rings.first().is_some_and(|outer| outer.len() >= 4) {
                true => Shape::Polygon(rings.into_iter().filter(|r| r.len() >= 4).collect()),
                false => Shape::Polygon(Vec::new()),
            }
        }
        Shape::Collection(kind, parts) => {
            Shape::Collection(*kind, parts.iter().map(|p| simplified(p, tolerance)).collect())
        }
    }
}

fn fewer(line: &[Point], tolerance: f64) -> Vec<Point> {
    let mut is_kept = alloc::vec![false; line.len()];
    let last = line.len().saturating_sub(1);
    for end in [0, last] {
        if let Some(kept) = is_kept.get_mut(end) {
            *kept = true;
        }
    }
    // Stretches that are still to be looked at.
    let mut open = Vec::from([(0, last)]);
    while let Some((from, to)) = open.pop() {
        let (Some(a), Some(b)) = (line.get(from), line.get(to)) else {
            continue;
        };
        let between = line.iter().enumerate().take(to).skip(from + 1);
        let farthest = between
            .map(|(i, p)| (i, to_segment(*p, (*a, *b))))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((i, away)) = farthest
            && away > tolerance
            && let Some(kept) = is_kept.get_mut(i)
        {
            *kept = true;
            open.extend([(from, i), (i, to)]);
        }
    }
    let kept = line.iter().zip(&is_kept).filter(|(_, kept)| **kept);
    kept.map(|(p, _)| *p).collect()
}
