//! Two geometries as one arrangement: places, edges that meet in places only, and what of each geometry is where.
//!
//! Invariant: edges are in the order of their left ends and, from one place, from the lowest up. A polygon is what its
//! rings, outer ones counter-clockwise, go around: where their winding number is positive. The numbers are found in one
//! sweep from left to right over the edges at hand, from bottom to top.

use super::super::EvalContext;
use super::grid::{Cell, Grid, Segment, by_slope, cut, turn};
use super::shape::{Point, Shape, is_turned};
use crate::shared_sort::sort_shared;
use crate::types::Result;
use alloc::vec::Vec;

/// One of something for each of the two geometries.
pub(super) type Both<T> = [T; 2];

/// What an edge, or a part of one, is of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Belongs {
    /// By how much the winding numbers above it are higher than below.
    pub(super) rise: Both<i32>,
    pub(super) line: Both<bool>,
}

/// An edge from a place to one on its right, or above it.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) of: Belongs,
    /// The winding numbers below it.
    pub(super) below: Both<i32>,
    /// The next edge below its left end.
    pub(super) lower: Option<usize>,
}

impl Edge {
    /// Whether geometry `k` has the area below and above.
    pub(super) fn sides(&self, k: usize) -> (bool, bool) {
        let below = self.below.get(k).copied().unwrap_or(0);
        let rise = self.of.rise.get(k).copied().unwrap_or(0);
        (below > 0, below.saturating_add(rise) > 0)
    }

    /// Whether it is of a line of geometry `k`.
    pub(super) fn is_line(&self, k: usize) -> bool {
        self.of.line.get(k).copied().unwrap_or(false)
    }
}

/// A place where edges meet, or a point.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) cell: Cell,
    pub(super) point: Point,
    /// The winding numbers just below it.
    pub(super) below: Both<i32>,
    /// Whether it is a point of a geometry.
    pub(super) is_point: Both<bool>,
    /// How many lines start or end there.
    pub(super) ends: Both<u32>,
    /// Its edges, to the right and to the left.
    pub(super) edges: Vec<usize>,
}

/// What two geometries make together.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub(super) places: Vec<Place>,
    pub(super) edges: Vec<Edge>,
}

/// The parts of the two geometries before they are cut.
#[derive(Default)]
struct Given {
    segments: Vec<Segment<Belongs>>,
    points: Vec<(usize, Point)>,
    ends: Vec<(usize, Point)>,
}

impl Given {
    fn segment(&mut self, grid: &Grid, points: (Point, Point), of: Belongs) {
        let steps = (grid.step(points.0), grid.step(points.1));
        if grid.cell(points.0) != grid.cell(points.1) {
            self.segments.push(Segment { steps, points, of });
        }
    }

    /// What a geometry that is no collection has.
    fn add(&mut self, grid: &Grid, k: usize, shape: &Shape) {
        let mut of = Belongs::default();
        match shape {
            Shape::Point(p) => self.points.push((k, *p)),
            Shape::Line(line) => {
                of.line = [k == 0, k == 1];
                for (a, b) in line.iter().zip(line.iter().skip(1)) {
                    self.segment(grid, (*a, *b), of);
                }
                self.ends.extend(line.first().map(|p| (k, *p)));
                self.ends.extend(line.last().map(|p| (k, *p)));
            }
            Shape::Polygon(rings) => {
                for (i, ring) in rings.iter().enumerate() {
                    let rise = if is_turned(ring, i) { -1 } else { 1 };
                    of.rise = [if k == 0 { rise } else { 0 }, if k == 1 { rise } else { 0 }];
                    // A ring that does not close is closed.
                    let next = ring.iter().skip(1).chain(ring.first());
                    for (a, b) in ring.iter().zip(next) {
                        self.segment(grid, (*a, *b), of);
                    }
                }
            }
            Shape::Collection(..) => {}
        }
    }
}

impl Arrangement {
    /// The arrangement of two geometries.
    ///
    /// # Errors
    /// [`Error::QueryMemory`](crate::types::Error::QueryMemory), `Interrupted`; `OutOfRange` of coordinates too far apart.
    pub(super) fn new(cx: &EvalContext<'_>, a: &Shape, b: &Shape) -> Result<Arrangement> {
        let (one, other) = (a.bounds(), b.bounds());
        let grid = Grid::over((
            (one.0.0.min(other.0.0), one.0.1.min(other.0.1)),
            (one.1.0.max(other.1.0), one.1.1.max(other.1.1)),
        ))?;
        let mut given = Given::default();
        for (k, shape) in [a, b].into_iter().enumerate() {
            shape.simple().into_iter().for_each(|s| given.add(&grid, k, s));
        }
        let Given {
            segments,
            points,
            ends,
        } = given;
        cx.scratch
            .take(segments.len().saturating_mul(size_of::<Segment<Belongs>>()))?;
        let alone: Vec<Point> = points.iter().chain(&ends).map(|(_, p)| *p).collect();
        let cut = cut(cx, &grid, segments, &alone)?;
        let mut places: Vec<Place> = cut
            .places
            .iter()
            .map(|(cell, point)| Place {
                cell: *cell,
                point: *point,
                below: [0; 2],
                is_point: [false; 2],
                ends: [0; 2],
                edges: Vec::new(),
            })
            .collect();
        cx.scratch.take(places.len().saturating_mul(size_of::<Place>()))?;
        let at = |p: Point| places_at(&cut.places, grid.cell(p));
        for (k, p) in &points {
            if let Some(is) = at(*p).and_then(|i| places.get_mut(i)?.is_point.get_mut(*k)) {
                *is = true;
            }
        }
        for (k, p) in &ends {
            if let Some(n) = at(*p).and_then(|i| places.get_mut(i)?.ends.get_mut(*k)) {
                *n = n.saturating_add(1);
            }
        }
        let edges = edges_of(&places, cut.parts);
        cx.scratch.take(edges.len().saturating_mul(size_of::<Edge>()))?;
        for (i, e) in edges.iter().enumerate() {
            for place in [e.from, e.to] {
                if let Some(place) = places.get_mut(place) {
                    place.edges.push(i);
                }
            }
        }
        let mut out = Arrangement { places, edges };
        out.wind(cx)?;
        Ok(out)
    }

    /// Finds the winding numbers.
    fn wind(&mut self, cx: &EvalContext<'_>) -> Result<()> {
        // The edges across the line of the sweep, from bottom to top.
        let mut across: Vec<usize> = Vec::new();
        for n in 0..self.places.len() {
            if n % 64 == 0 {
                cx.check_interrupt()?;
            }
            let Some(place) = self.places.get(n) else { continue };
            let cell = place.cell;
            let is_above = |e: &usize| {
                let ends = self.edges.get(*e).map(|e| (self.cell(e.from), self.cell(e.to)));
                ends.is_some_and(|(from, to)| turn(from, to, cell) > 0)
            };
            let start = across.partition_point(is_above);
            let ended = across
                .iter()
                .skip(start)
                .take_while(|e| self.edges.get(**e).is_some_and(|e| e.to == n))
                .count();
            let mut lower = start.checked_sub(1).and_then(|i| across.get(i)).copied();
            let mut below = lower.map_or([0; 2], |e| self.above(e));
            let started: Vec<usize> = place
                .edges
                .iter()
                .copied()
                .filter(|e| self.starts(*e, n))
                .collect();
            if let Some(place) = self.places.get_mut(n) {
                place.below = below;
            }
            for e in &started {
                if let Some(edge) = self.edges.get_mut(*e) {
                    edge.below = below;
                    edge.lower = lower;
                }
                below = self.above(*e);
                lower = Some(*e);
            }
            across.splice(start..start + ended, started);
        }
        Ok(())
    }

    fn starts(&self, edge: usize, place: usize) -> bool {
        self.edges.get(edge).is_some_and(|e| e.from == place)
    }

    /// The winding numbers above an edge.
    fn above(&self, edge: usize) -> Both<i32> {
        self.edges.get(edge).map_or([0; 2], |e| {
            let ([a, b], [rise_a, rise_b]) = (e.below, e.of.rise);
            [a.saturating_add(rise_a), b.saturating_add(rise_b)]
        })
    }

    /// The cell of a place.
    pub(super) fn cell(&self, place: usize) -> Cell {
        self.places.get(place).map_or((0, 0), |p| p.cell)
    }

    /// The edges of a place.
    pub(super) fn edges_at(&self, place: &Place) -> impl Iterator<Item = (usize, &Edge)> {
        place.edges.iter().filter_map(|e| Some((*e, self.edges.get(*e)?)))
    }
}

/// Which place a cell is.
fn places_at(places: &[(Cell, Point)], cell: Cell) -> Option<usize> {
    places.binary_search_by_key(&cell, |(c, _)| *c).ok()
}

/// The parts as edges, those between the same places as one, in order.
fn edges_of(places: &[Place], parts: Vec<(usize, usize, Belongs)>) -> Vec<Edge> {
    let mut edges: Vec<Edge> = parts
        .into_iter()
        .map(|(from, to, of)| {
            let is_back = from > to;
            let rise = of.rise.map(|r| if is_back { -r } else { r });
            let (from, to) = if is_back { (to, from) } else { (from, to) };
            Edge {
                from,
                to,
                of: Belongs { rise, ..of },
                below: [0; 2],
                lower: None,
            }
        })
        .collect();
    let cell = |i: usize| places.get(i).map_or((0, 0), |p| p.cell);
    sort_shared(&mut edges, |a: &Edge, b: &Edge| {
        let slope = || by_slope(cell(a.from), cell(a.to), cell(b.to));
        (a.from.cmp(&b.from)).then_with(slope).then(a.to.cmp(&b.to))
    });
    edges.dedup_by(|next, kept| {
        let same = (next.from, next.to) == (kept.from, kept.to);
        if same {
            let ([a, b], [more_a, more_b]) = (kept.of.rise, next.of.rise);
            kept.of.rise = [a.saturating_add(more_a), b.saturating_add(more_b)];
            let ([a, b], [more_a, more_b]) = (kept.of.line, next.of.line);
            kept.of.line = [a || more_a, b || more_b];
        }
        same
    });
    // What goes back on itself is nothing.
    edges.retain(|e| e.of.rise != [0; 2] || e.of.line != [false; 2]);
    edges
}
