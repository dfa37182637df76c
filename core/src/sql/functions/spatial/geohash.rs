//! Geohashes (Niemeyer, 2008): places on the earth as short texts, each character a part of the place before it.

use super::argument::{GEOMETRY, Shapes, numbers, refuse_srid};
use super::shape::{Point, Shape};
use crate::sql::functions::ArgKind::{Any, Int, Text};
use crate::sql::functions::ScalarFunction;
use crate::sql::functions::args::{Args, DOUBLE, TEXT, function, lenient, try_blobs, try_texts};
use crate::types::{DataType, Error, Result};
use alloc::{format, vec::Vec};

/// The 32 characters, five bits each.
const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// The longest geohash.
const MAX_LENGTH: i64 = 100;

/// The family's functions.
pub(in crate::sql::functions) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "ST_GEOHASH",
        &[],
        (2, 3),
        &[Any, Any, Int],
        TEXT,
        "The geohash of at most that many characters: (point, length) or (longitude, latitude, length).",
        |cx, a, t, _, n| {
            let last = a.len().saturating_sub(1);
            let lengths = [lenient(a, t, last, &DataType::BIGINT)?];
            let shapes = match a.len() {
                2 => Some(Shapes::new(a, t, 0)?),
                _ => None,
            };
            let both = match a.len() {
                2 => Vec::new(),
                _ => Vec::from([
                    lenient(a, t, 0, &DataType::Double)?,
                    lenient(a, t, 1, &DataType::Double)?,
                ]),
            };
            try_texts(cx, n, |i, out| {
                let place = match &shapes {
                    None => (both.float(0, i), both.float(1, i)),
                    Some(shapes) => match shapes.at(i)? {
                        Some(Shape::Point(p)) => p,
                        Some(_) => return Err(Error::invalid("ST_GEOHASH takes a point")),
                        None => return Ok(None),
                    },
                };
                let length = lengths.int(0, i);
                if !(1..=MAX_LENGTH).contains(&length) {
                    return Err(Error::invalid(format!(
                        "a geohash has 1 to {MAX_LENGTH} characters"
                    )));
                }
                hash(place, length, |c| out.push(c))?;
                Ok(Some(()))
            })
        },
    ),
    function(
        "ST_LONGFROMGEOHASH",
        &[],
        (1, 1),
        &[Text],
        DOUBLE,
        "The longitude of a geohash.",
        |_, a, _, _, n| numbers(n, |i| place(a.text(0, i)).map(|p| Some(p.0))),
    ),
    function(
        "ST_LATFROMGEOHASH",
        &[],
        (1, 1),
        &[Text],
        DOUBLE,
        "The latitude of a geohash.",
        |_, a, _, _, n| numbers(n, |i| place(a.text(0, i)).map(|p| Some(p.1))),
    ),
    function(
        "ST_POINTFROMGEOHASH",
        &[],
        (1, 2),
        &[Text, Int],
        GEOMETRY,
        "The point of longitude and latitude of a geohash.",
        |cx, a, _, _, n| {
            try_blobs(cx, n, |i| {
                if a.has(1) {
                    refuse_srid(a.int(1, i))?;
                }
                place(a.text(0, i)).map(|p| Some(Shape::Point(p).write()))
            })
        },
    ),
];

/// Two ranges, longitude first, halved in turns.
struct Ranges {
    of: [(f64, f64); 2],
    turn: usize,
}

impl Ranges {
    fn new() -> Ranges {
        Ranges {
            of: [(-180.0, 180.0), (-90.0, 90.0)],
            turn: 0,
        }
    }

    /// Goes on in the upper or lower half, whichever `is_upper` says of the middle.
    fn halve(&mut self, is_upper: impl FnOnce(usize, f64) -> bool) -> bool {
        let turn = self.turn % 2;
        self.turn += 1;
        let Some((low, high)) = self.of.get_mut(turn) else {
            return false;
        };
        let middle = (*low + *high) / 2.0;
        let upper = is_upper(turn, middle);
        *(if upper { low } else { high }) = middle;
        upper
    }

    fn middle(&self) -> Point {
        let [x, y] = self.of;
        ((x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0)
    }
}

fn hash(place: Point, length: i64, mut put: impl FnMut(char)) -> Result<()> {
    if !(-180.0..=180.0).contains(&place.0) || !(-90.0..=90.0).contains(&place.1) {
        return Err(Error::invalid(
            "a longitude is from -180 to 180, a latitude from -90 to 90",
        ));
    }
    let mut ranges = Ranges::new();
    for _ in 0..length {
        let bits = (0..5).fold(0usize, |bits, _| {
            bits * 2 + usize::from(ranges.halve(|turn, middle| [place.0, place.1][turn & 1] >= middle))
        });
        put(char::from(LETTERS.get(bits).copied().unwrap_or(b'0')));
        if ranges.middle() == place {
            break;
        }
    }
    Ok(())
}

/// The place that a geohash says, with no more digits than it takes to be in it, as in MySQL.
fn place(text: &str) -> Result<Point> {
    let mut ranges = Ranges::new();
    let wrong = || Error::invalid(format!("'{text}' is no geohash"));
    if text.is_empty() || text.len() > 433 {
        return Err(wrong());
    }
    for c in text.bytes() {
        let letter = c.to_ascii_lowercase();
        let bits = LETTERS.iter().position(|l| *l == letter).ok_or_else(wrong)?;
        for shift in [4, 3, 2, 1, 0] {
            ranges.halve(|_, _| bits >> shift & 1 == 1);
        }
    }
    let (x, y) = ranges.middle();
    let [across, up] = ranges.of;
    Ok((rounded(x, across), rounded(y, up)))
}

/// The fewest digits after the point that still are within a range.
fn rounded(value: f64, (low, high): (f64, f64)) -> f64 {
    let mut unit = 1.0;
    for _ in 0..20 {
        let short = libm::round(value * unit) / unit;
        if low <= short && short <= high {
            return short;
        }
        unit *= 10.0;
    }
    value
}
