//! ST_Buffer: what is within a distance of a geometry, as the union of a rectangle along each segment and of what fills
//! the corners and ends between them. A full circle has 4 × `quarter` corners, as in PostGIS.

use super::super::EvalContext;
use super::overlay::{Operation, overlay};
use super::shape::{Kind, Point, Shape, distance, is_turned};
use crate::types::{Error, Result};
use alloc::string::String;
use alloc::vec::Vec;
use core::f64::consts::{FRAC_PI_2, PI, TAU};

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Round,
    Flat,
    Square,
}

/// How corners are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Corner {
    Round,
    Mitre,
    Bevel,
}

/// On which side of a line corners are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

/// What a buffer looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Segments of a quarter of a circle.
    quarter: u32,
    end: End,
    corner: Corner,
    /// How far a mitre reaches at most, in distances.
    mitre_limit: f64,
}

impl Default for Style {
    fn default() -> Style {
        Style {
            quarter: 8,
            end: End::Round,
            corner: Corner::Round,
            mitre_limit: 5.0,
        }
    }
}

impl Style {
    /// The most segments of a quarter of a circle.
    const MOST: i64 = 1000;

    /// Reads PostGIS' way to say it: a number of segments, or `quad_segs=8 endcap=flat join=mitre mitre_limit=5`.
    ///
    /// # Errors
    /// [`Error::Invalid`], and [`Error::Unsupported`] of sides.
    pub(super) fn parse(text: &str) -> Result<Style> {
        let mut out = Style::default();
        let wrong = |word: &str| {
            Error::invalid(alloc::format!(
                "'{word}' is no style of a buffer: it has quad_segs=, endcap=round|flat|square, join=round|mitre|bevel and mitre_limit="
            ))
        };
        if let Ok(quarter) = text.trim().parse::<i64>() {
            out.quarter = quarter.clamp(1, Style::MOST) as u32;
            return Ok(out);
        }
        for word in text.split_ascii_whitespace() {
            let (name, value) = word.split_once('=').ok_or_else(|| wrong(word))?;
            let value = value.to_ascii_lowercase();
            match (name.to_ascii_lowercase().as_str(), value.as_str()) {
                ("quad_segs", n) => {
                    let n = n.parse::<i64>().map_err(|_| wrong(word))?;
                    out.quarter = n.clamp(1, Style::MOST) as u32;
                }
                ("endcap", "round") => out.end = End::Round,
                ("endcap", "flat" | "butt") => out.end = End::Flat,
                ("endcap", "square") => out.end = End::Square,
                ("join", "round") => out.corner = Corner::Round,
                ("join", "mitre" | "miter") => out.corner = Corner::Mitre,
                ("join", "bevel") => out.corner = Corner::Bevel,
                ("mitre_limit" | "miter_limit", limit) => {
                    let limit = limit.parse::<f64>().ok().filter(|l| l.is_finite());
                    out.mitre_limit = limit.ok_or_else(|| wrong(word))?.max(1.0);
                }
                ("side", "both") => {}
                ("side", _) => return Err(Error::unsupported(String::from("ST_BUFFER on one side"))),
                _ => return Err(wrong(word)),
            }
        }
        Ok(out)
    }
}

/// What is within `reach` of a shape; of a negative one, what of its areas is not within that distance of their outside.
///
/// # Errors
/// As [`overlay`], and [`Error::OutOfRange`] of a distance that is not finite.
pub(super) fn buffer(cx: &EvalContext<'_>, shape: &Shape, reach: f64, style: Style) -> Result<Shape> {
    if !reach.is_finite() {
        return Err(Error::invalid("the distance of a buffer is finite"));
    }
    let nothing = Shape::of_parts(Vec::new());
    if reach == 0.0 {
        return Ok(shape.clone());
    }
    let mut pieces = Pieces {
        cx,
        reach: reach.abs(),
        style,
        out: Vec::new(),
    };
    let areas = || {
        let areas = shape.simple().into_iter().filter(|s| s.dimension() == 2);
        areas.cloned().collect::<Vec<Shape>>()
    };
    for part in shape.simple() {
        match part {
            Shape::Polygon(rings) => {
                for (i, ring) in rings.iter().enumerate() {
                    let mut ring = ring.clone();
                    // The area is to the left, and what is filled on one side of it.
                    if is_turned(&ring, i) {
                        ring.reverse();
                    }
                    pieces.line(&ring, if reach > 0.0 { Side::Right } else { Side::Left })?;
                }
            }
            _ if reach < 0.0 => {}
            Shape::Point(p) => pieces.point(*p)?,
            Shape::Line(line) => pieces.line(line, Side::Both)?,
            Shape::Collection(..) => {}
        }
    }
    if reach < 0.0 {
        let around = Shape::Collection(Kind::Polygons, pieces.out);
        let areas = Shape::Collection(Kind::Polygons, areas());
        return overlay(cx, Operation::Difference, &areas, &around);
    }
    let mut all = pieces.out;
    all.extend(areas());
    overlay(
        cx,
        Operation::Union,
        &Shape::Collection(Kind::Polygons, all),
        &nothing,
    )
}

/// The pieces around lines and points.
struct Pieces<'a> {
    cx: &'a EvalContext<'a>,
    reach: f64,
    style: Style,
    out: Vec<Shape>,
}

fn moved(p: Point, by: Point) -> Point {
    (p.0 + by.0, p.1 + by.1)
}

fn opposite(v: Point) -> Point {
    (-v.0, -v.1)
}

impl Pieces<'_> {
    fn add(&mut self, mut ring: Vec<Point>) -> Result<()> {
        self.cx
            .scratch
            .take(ring.len().saturating_mul(size_of::<Point>()))?;
        ring.extend(ring.first().copied());
        if is_turned(&ring, 0) {
            ring.reverse();
        }
        self.out.push(Shape::Polygon(Vec::from([ring])));
        Ok(())
    }

    /// Around a point: a circle, or a square.
    fn point(&mut self, p: Point) -> Result<()> {
        let r = self.reach;
        match self.style.end {
            // A point has no length to go along.
            End::Flat => Ok(()),
            End::Square => {
                let corners = [(-r, -r), (r, -r), (r, r), (-r, r)];
                self.add(corners.map(|c| moved(p, c)).to_vec())
            }
            End::Round => {
                let quarter = self.style.quarter;
                let steps = 0..4 * quarter;
                let circle = steps.map(|i| {
                    let (turns, step) = (i / quarter, i % quarter);
                    let angle = FRAC_PI_2 * f64::from(step) / f64::from(quarter);
                    let (x, y) = (r * libm::cos(angle), r * libm::sin(angle));
                    // Whole quarters are exact.
                    moved(p, [(x, y), (-y, x), (-x, -y), (y, -x)][turns as usize % 4])
                });
                self.add(circle.collect())
            }
        }
    }

    /// Around a line, or a ring.
    fn line(&mut self, line: &[Point], side: Side) -> Result<()> {
        let mut points = line.to_vec();
        points.dedup();
        let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
            return Ok(());
        };
        if points.len() == 1 {
            return self.point(first);
        }
        let normals: Vec<Point> = points
            .iter()
            .zip(points.iter().skip(1))
            .map(|(a, b)| self.normal(*a, *b))
            .collect();
        for ((a, b), n) in points.iter().zip(points.iter().skip(1)).zip(&normals) {
            self.cx.check_interrupt()?;
            let right = opposite(*n);
            // By the ends too, so that the corners beside have exactly its sides.
            let sides = [
                moved(*a, right),
                moved(*b, right),
                *b,
                moved(*b, *n),
                moved(*a, *n),
                *a,
            ];
            self.add(sides.to_vec())?;
        }
        for ((p, before), after) in points.iter().skip(1).zip(&normals).zip(normals.iter().skip(1)) {
            self.corner(*p, *before, *after, side)?;
        }
        let (Some(start), Some(end)) = (normals.first().copied(), normals.last().copied()) else {
            return Ok(());
        };
        if first == last {
            return self.corner(first, end, start, side);
        }
        self.end(first, opposite(start))?;
        self.end(last, end)
    }

    /// As far to the left of a segment as the buffer reaches.
    fn normal(&self, a: Point, b: Point) -> Point {
        let length = distance(a, b);
        (
            -(b.1 - a.1) / length * self.reach,
            (b.0 - a.0) / length * self.reach,
        )
    }

    /// The points of an arc counter-clockwise from one direction to another, without them.
    fn arc(&self, p: Point, from: Point, to: Point) -> Vec<Point> {
        let start = libm::atan2(from.1, from.0);
        let mut total = libm::atan2(to.1, to.0) - start;
        if total <= 0.0 {
            total += TAU;
        }
        let steps = libm::round(total / (FRAC_PI_2 / f64::from(self.style.quarter))) as u32;
        let angles = (1..steps).map(|i| start + total * f64::from(i) / f64::from(steps));
        angles
            .map(|a| moved(p, (self.reach * libm::cos(a), self.reach * libm::sin(a))))
            .collect()
    }

    /// The points of a mitre from one direction to another: where the sides meet, or, if that is too far away, where
    /// they reach the limit.
    fn mitre(&self, p: Point, from: Point, to: Point) -> Vec<Point> {
        let (x, y) = (from.0 + to.0, from.1 + to.1);
        let squared = self.reach * self.reach;
        let scale = 2.0 * squared / (x * x + y * y);
        let limit = self.style.mitre_limit * self.reach;
        if scale * libm::hypot(x, y) <= limit {
            return Vec::from([moved(p, (x * scale, y * scale))]);
        }
        // On from both ends along the sides, as far as the limit along their middle. The sides leave counter-clockwise
        // from the one and clockwise from the other.
        let sides = [(from, (-from.1, from.0)), (to, (to.1, -to.0))];
        let half = (to.1 - from.1, from.0 - to.0);
        let length = libm::hypot(half.0, half.1);
        let middle = (half.0 / length, half.1 / length);
        let reached = sides.map(|(start, ahead)| {
            let along = |v: Point| v.0 * middle.0 + v.1 * middle.1;
            let t = (limit - along(start)) / along(ahead);
            moved(p, (start.0 + t * ahead.0, start.1 + t * ahead.1))
        });
        let is_beyond = limit > self.reach && reached.iter().all(|p| p.0.is_finite() && p.1.is_finite());
        if is_beyond { reached.to_vec() } else { Vec::new() }
    }

    /// What is between two segments on the outside of their corner.
    fn corner(&mut self, p: Point, before: Point, after: Point, side: Side) -> Result<()> {
        let cross = before.0 * after.1 - before.1 * after.0;
        let along = before.0 * after.0 + before.1 * after.1;
        let straight = cross.abs() <= self.reach * self.reach * 1e-15;
        if straight && along > 0.0 {
            return Ok(());
        }
        let is_left = cross >= 0.0 || straight;
        let is_other = side == if is_left { Side::Left } else { Side::Right };
        if is_other && !straight {
            return Ok(());
        }
        // Counter-clockwise from one end to the other.
        let (from, to) = match is_left {
            true => (opposite(before), opposite(after)),
            false => (after, before),
        };
        let mut ring = Vec::from([p, moved(p, from)]);
        match self.style.corner {
            Corner::Round => ring.extend(self.arc(p, from, to)),
            Corner::Mitre => ring.extend(self.mitre(p, from, to)),
            Corner::Bevel => {}
        }
        ring.push(moved(p, to));
        self.add(ring)
    }

    /// What is beyond the end of a line, whose left is `normal`.
    fn end(&mut self, p: Point, normal: Point) -> Result<()> {
        let right = opposite(normal);
        let mut ring = Vec::from([p, moved(p, right)]);
        match self.style.end {
            End::Flat => return Ok(()),
            End::Square => {
                let ahead = (normal.1, -normal.0);
                ring.push(moved(moved(p, right), ahead));
                ring.push(moved(moved(p, normal), ahead));
            }
            End::Round => {
                // Half a circle, whatever rounding says of the angle between opposite directions.
                let start = libm::atan2(right.1, right.0);
                let steps = 2 * self.style.quarter;
                let angles = (1..steps).map(|i| start + PI * f64::from(i) / f64::from(steps));
                ring.extend(angles.map(|a| moved(p, (self.reach * libm::cos(a), self.reach * libm::sin(a)))));
            }
        }
        ring.push(moved(p, normal));
        self.add(ring)
    }
}
