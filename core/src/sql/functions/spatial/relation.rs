//! How two geometries lie to each other: the DE-9IM (OGC 06-103r4, section 6.1.15), of which dimension the interiors,
//! boundaries and exteriors are that two geometries have in common, and the predicates that it defines.

use super::super::EvalContext;
use super::arrangement::{Arrangement, Edge, Place};
use super::shape::{Point, Shape, distance, to_segment};
use crate::types::Result;
use alloc::string::String;

const INTERIOR: usize = 0;
const BOUNDARY: usize = 1;
const EXTERIOR: usize = 2;

/// What two geometries have in common: the dimension by place in the first and in the second, -1 of nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    dimensions: (i64, i64),
    matrix: [[i8; 3]; 3],
}

/// Where an edge is in geometry `k`.
fn of_edge(e: &Edge, k: usize) -> usize {
    match (e.sides(k), e.is_line(k)) {
        ((true, true), _) => INTERIOR,
        ((false, false), true) => INTERIOR,
        ((false, false), false) => EXTERIOR,
        _ => BOUNDARY,
    }
}

/// Where a place is in geometry `k`. The end of a line is its boundary, unless an even number of ends meet there.
fn of_place(all: &Arrangement, place: &Place, k: usize) -> usize {
    let (mut inside, mut on_line) = (false, false);
    for (_, e) in all.edges_at(place) {
        match e.sides(k) {
            (true, true) => inside = true,
            (false, false) => on_line |= e.is_line(k),
            _ => return BOUNDARY,
        }
    }
    let is_inside = match place.edges.is_empty() {
        true => place.below.get(k).is_some_and(|w| *w > 0),
        false => inside,
    };
    let ends = place.ends.get(k).copied().unwrap_or(0);
    match () {
        () if is_inside => INTERIOR,
        () if ends % 2 == 1 => BOUNDARY,
        () if on_line || ends > 0 || place.is_point.get(k) == Some(&true) => INTERIOR,
        () => EXTERIOR,
    }
}

impl Relation {
    /// How `a` lies to `b`.
    ///
    /// # Errors
    /// As [`Arrangement::new`].
    pub(super) fn new(cx: &EvalContext<'_>, a: &Shape, b: &Shape) -> Result<Relation> {
        let all = Arrangement::new(cx, a, b)?;
        let mut matrix = [[-1; 3]; 3];
        let mut meet = |first: usize, second: usize, dimension: i8| {
            if let Some(cell) = matrix
                .get_mut(first)
                .and_then(|row: &mut [i8; 3]| row.get_mut(second))
            {
                *cell = dimension.max(*cell);
            }
        };
        meet(EXTERIOR, EXTERIOR, 2);
        for e in &all.edges {
            let (a, b) = (e.sides(0), e.sides(1));
            let area = |inside: bool| if inside { INTERIOR } else { EXTERIOR };
            meet(area(a.0), area(b.0), 2);
            meet(area(a.1), area(b.1), 2);
            meet(of_edge(e, 0), of_edge(e, 1), 1);
        }
        for place in &all.places {
            meet(of_place(&all, place, 0), of_place(&all, place, 1), 0);
        }
        Ok(Relation {
            dimensions: (a.dimension(), b.dimension()),
            matrix,
        })
    }

    /// The predicate a text such as `T*F**F***` says, in which T is anything, F nothing, * either; `None` if it says none.
    pub(super) fn matches(&self, pattern: &str) -> Option<bool> {
        let is_pattern = pattern.len() == 9 && pattern.bytes().all(|c| b"TF*012tf".contains(&c));
        is_pattern.then(|| {
            self.matrix
                .iter()
                .flatten()
                .zip(pattern.bytes())
                .all(|(d, c)| match c {
                    b'T' | b't' => *d >= 0,
                    b'F' | b'f' => *d < 0,
                    b'*' => true,
                    digit => *d == (digit - b'0') as i8,
                })
        })
    }

    fn is(&self, pattern: &str) -> bool {
        self.matches(pattern) == Some(true)
    }

    /// The nine dimensions, `F` of nothing.
    pub(super) fn text(&self) -> String {
        let letter = |d: &i8| match d {
            0 => '0',
            1 => '1',
            2 => '2',
            _ => 'F',
        };
        self.matrix.iter().flatten().map(letter).collect()
    }

    pub(super) fn intersects(&self) -> bool {
        !self.is("FF*FF****")
    }

    /// Whether the first lies within the second.
    pub(super) fn within(&self) -> bool {
        self.is("T*F**F***")
    }

    pub(super) fn contains(&self) -> bool {
        self.is("T*****FF*")
    }

    /// Whether the first has every point of the second, its boundary included.
    pub(super) fn covers(&self) -> bool {
        self.intersects() && self.is("******FF*")
    }

    pub(super) fn is_covered(&self) -> bool {
        self.intersects() && self.is("**F**F***")
    }

    pub(super) fn equals(&self) -> bool {
        self.is("T*F**FFF*")
    }

    /// Whether only boundaries meet.
    pub(super) fn touches(&self) -> bool {
        self.intersects() && self.is("F********")
    }

    /// Whether both reach beyond each other in what they have in common, which is like them.
    pub(super) fn overlaps(&self) -> bool {
        match self.dimensions {
            (1, 1) => self.is("1*T***T**"),
            (a, b) => a == b && self.is("T*T***T**"),
        }
    }

    /// Whether lines meet in points, or a line leaves an area.
    pub(super) fn crosses(&self) -> bool {
        match self.dimensions {
            (1, 1) => self.is("0********"),
            (a, b) if a < b => self.is("T*T******"),
            (a, b) if a > b => self.is("T*****T**"),
            _ => false,
        }
    }
}

/// The distance of two geometries, 0 if they meet; `None` if one is empty.
///
/// # Errors
/// As [`Arrangement::new`].
pub(super) fn shortest(cx: &EvalContext<'_>, a: &Shape, b: &Shape) -> Result<Option<f64>> {
    let one_way = |a: &Shape, b: &Shape| -> Result<f64> {
        let (segments, corners) = (b.segments(), b.points());
        let mut least = f64::INFINITY;
        for p in a.points() {
            cx.check_interrupt()?;
            let to_points = corners.iter().map(|q: &Point| distance(p, *q));
            let to_segments = segments.iter().map(|s| to_segment(p, *s));
            least = to_points.chain(to_segments).fold(least, f64::min);
        }
        Ok(least)
    };
    let least = one_way(a, b)?.min(one_way(b, a)?);
    match least.is_finite() {
        false => Ok(None),
        true if least > 0.0 && Relation::new(cx, a, b)?.intersects() => Ok(Some(0.0)),
        true => Ok(Some(least)),
    }
}
