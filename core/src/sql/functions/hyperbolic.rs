//! Hyperbolic functions, roots, trigonometry in degrees, and histograms.

use super::ArgKind::{Double, Int};
use super::ScalarFunction;
use super::args::{Args, DOUBLE, INT, floats, function, try_ints};
use crate::types::Error;

/// A function of one float.
macro_rules! real {
    ($name:literal, $doc:literal, $f:expr) => {
        function($name, &[], (1, 1), &[Double], DOUBLE, $doc, |_, a, _, _, n| {
            floats(n, |i| {
                let f: fn(f64) -> f64 = $f;
                f(a.float(0, i))
            })
        })
    };
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    real!("SINH", "Hyperbolic sine.", libm::sinh),
    real!("COSH", "Hyperbolic cosine.", libm::cosh),
    real!("TANH", "Hyperbolic tangent.", libm::tanh),
    real!("ASINH", "Inverse hyperbolic sine.", libm::asinh),
    real!("ACOSH", "Inverse hyperbolic cosine.", libm::acosh),
    real!("ATANH", "Inverse hyperbolic tangent.", libm::atanh),
    real!("CBRT", "Cube root.", libm::cbrt),
    real!("SIND", "Sine of degrees.", |x| quadrant(x, 0)),
    real!("COSD", "Cosine of degrees.", |x| quadrant(x, 1)),
    real!("TAND", "Tangent of degrees.", |x| quadrant(x, 0) / quadrant(x, 1)),
    real!("COTD", "Cotangent of degrees.", |x| quadrant(x, 1)
        / quadrant(x, 0)),
    real!("ASIND", "Arc sine, in degrees.", |x| exact(
        libm::asin(x).to_degrees()
    )),
    real!("ACOSD", "Arc cosine, in degrees.", |x| exact(
        libm::acos(x).to_degrees()
    )),
    real!("ATAND", "Arc tangent, in degrees.", |x| exact(
        libm::atan(x).to_degrees()
    )),
    function(
        "WIDTH_BUCKET",
        &[],
        (4, 4),
        &[Double, Double, Double, Int],
        INT,
        "In which of n equal parts of a range x is; 0 before it and n + 1 after it.",
        |_, a, _, _, n| {
            try_ints(n, |i| {
                let (x, low, high, count) = (a.float(0, i), a.float(1, i), a.float(2, i), a.int(3, i));
                if count < 1 || count == i64::MAX {
                    return Err(Error::invalid("WIDTH_BUCKET takes at least one bucket"));
                }
                if low == high || x.is_nan() {
                    return Err(Error::invalid("the range of WIDTH_BUCKET is empty"));
                }
                let (beyond, part) = match low < high {
                    true => (x < low, (x - low) / (high - low)),
                    false => (x > low, (low - x) / (low - high)),
                };
                Ok(Some(match part {
                    _ if beyond => 0,
                    part if part >= 1.0 => count + 1,
                    part => ((part * count as f64) as i64).min(count - 1) + 1,
                }))
            })
        },
    ),
];

/// The sine (or `shift` quarters on, the cosine) of degrees, exact at multiples of 30 and 90.
fn quadrant(degrees: f64, shift: i64) -> f64 {
    let turn = libm::fmod(degrees, 360.0);
    let quarters = libm::floor(turn / 90.0);
    let rest = turn - quarters * 90.0;
    let sine = |d: f64| match d {
        0.0 => 0.0,
        30.0 => 0.5,
        90.0 => 1.0,
        d => libm::sin(d.to_radians()),
    };
    match (quarters as i64 + shift).rem_euclid(4) {
        0 => sine(rest),
        1 => sine(90.0 - rest),
        2 => -sine(rest),
        _ => -sine(90.0 - rest),
    }
}

/// Degrees that are whole up to rounding are whole.
fn exact(degrees: f64) -> f64 {
    let whole = libm::round(degrees);
    if (degrees - whole).abs() < 1e-12 {
        whole
    } else {
        degrees
    }
}
