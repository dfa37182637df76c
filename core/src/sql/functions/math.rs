//! Mathematics on floats, the largest and smallest of several values, and random numbers.
//!
//! Outside a function's domain the result is NULL; what overflows a DOUBLE is an error.

use super::ArgKind::{Double, Int, Number, Same};
use super::args::{Args, DOUBLE, floats, function, lenient, too_big};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Decimal, Physical, Result, compare_decimals};
use core::cmp::Ordering;
use core::f64::consts::PI;

/// A function of one float.
macro_rules! real {
    ($name:literal, $aliases:expr, $doc:literal, $f:expr) => {
        function(
            $name,
            $aliases,
            (1, 1),
            &[Double],
            DOUBLE,
            $doc,
            |_, a, _, _, n| {
                floats(n, |i| {
                    let f: fn(f64) -> f64 = $f;
                    f(a.float(0, i))
                })
            },
        )
    };
}

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    real!("SQRT", &[], "Square root.", libm::sqrt),
    real!("EXP", &[], "e to that power.", libm::exp),
    real!("LN", &[], "Natural logarithm.", |x| logarithm(x, libm::log)),
    real!("LOG10", &[], "Logarithm to base 10.", |x| logarithm(
        x,
        libm::log10
    )),
    real!("LOG2", &[], "Logarithm to base 2.", |x| logarithm(x, libm::log2)),
    real!("SIN", &[], "Sine of radians.", libm::sin),
    real!("COS", &[], "Cosine of radians.", libm::cos),
    real!("TAN", &[], "Tangent of radians.", libm::tan),
    real!("COT", &[], "Cotangent of radians.", |x| 1.0 / libm::tan(x)),
    real!("ASIN", &[], "Arc sine, in radians.", libm::asin),
    real!("ACOS", &[], "Arc cosine, in radians.", libm::acos),
    real!("DEGREES", &[], "Radians as degrees.", |x| x / PI * 180.0),
    real!("RADIANS", &[], "Degrees as radians.", |x| x / 180.0 * PI),
    function(
        "ATAN",
        &["ATAN2"],
        (1, 2),
        &[Double],
        DOUBLE,
        "Arc tangent, in radians: of x, or of y / x by the quadrant.",
        |_, a, _, _, n| {
            floats(n, |i| {
                if a.has(1) {
                    libm::atan2(a.float(0, i), a.float(1, i))
                } else {
                    libm::atan(a.float(0, i))
                }
            })
        },
    ),
    function(
        "POWER",
        &["POW"],
        (2, 2),
        &[Double],
        DOUBLE,
        "x to the power of y.",
        |_, a, _, _, n| floats(n, |i| libm::pow(a.float(0, i), a.float(1, i))),
    ),
    function(
        "LOG",
        &[],
        (1, 2),
        &[Double],
        DOUBLE,
        "Natural logarithm, or with two arguments that of the second to the base of the first.",
        |_, a, _, _, n| {
            floats(n, |i| {
                let first = logarithm(a.float(0, i), libm::log);
                match a.has(1) {
                    true if first == 0.0 => f64::NAN,
                    true => logarithm(a.float(1, i), libm::log) / first,
                    false => first,
                }
            })
        },
    ),
    function(
        "PI",
        &[],
        (0, 0),
        &[],
        DOUBLE,
        "3.141592653589793.",
        |_, _, _, _, n| floats(n, |_| PI),
    ),
    function(
        "RAND",
        &["RANDOM"],
        (0, 1),
        &[Int],
        DOUBLE,
        "A random number from 0 on, below 1; with a seed, a fixed sequence.",
        |cx, a, _, _, n| {
            if !a.has(0) {
                // 53 random bits are every float there is between 0 and 1 in steps of 2^-53.
                return floats(n, |_| (cx.host.random() >> 11) as f64 / (1u64 << 53) as f64);
            }
            let constant = a.first().is_some_and(|c| c.len() == 1);
            let mut seeded = Seeded::new(a.int(0, 0));
            floats(n, |i| {
                if !constant {
                    seeded = Seeded::new(a.int(0, i));
                }
                seeded.next()
            })
        },
    )
    .volatile(),
    function(
        "GREATEST",
        &[],
        (1, usize::MAX),
        &[Same],
        ReturnKind::Same,
        "The largest argument; NULL if one is NULL.",
        |_, a, t, ty, n| extreme(a, t, ty, n, Ordering::Greater),
    ),
    function(
        "LEAST",
        &[],
        (1, usize::MAX),
        &[Same],
        ReturnKind::Same,
        "The smallest argument; NULL if one is NULL.",
        |_, a, t, ty, n| extreme(a, t, ty, n, Ordering::Less),
    ),
    function(
        "MOD",
        &[],
        (2, 2),
        &[Number],
        ReturnKind::Of(mod_type),
        "The remainder, with the sign of the first argument; NULL by zero.",
        |_, a, t, ty, n| {
            let a = [lenient(a, t, 0, ty)?, lenient(a, t, 1, ty)?];
            let mut out = Column::with_capacity(ty.physical(), n);
            for i in 0..n {
                match ty.physical() {
                    Physical::F64 if a.float(1, i) != 0.0 => out.push_f64(a.float(0, i) % a.float(1, i)),
                    Physical::I64 if a.int(1, i) != 0 => out.push_i64(a.int(0, i).wrapping_rem(a.int(1, i))),
                    Physical::Decimal if a.decimal(1, i) != 0 => {
                        out.push_decimal(a.decimal(0, i) % a.decimal(1, i))
                    }
                    _ => out.push_null(),
                }
            }
            Ok(out)
        },
    ),
];

fn logarithm(x: f64, f: fn(f64) -> f64) -> f64 {
    if x > 0.0 { f(x) } else { f64::NAN }
}

fn mod_type(types: &[DataType]) -> DataType {
    let any = |p: Physical| types.iter().any(|t| t.physical() == p);
    if any(Physical::F64) || any(Physical::Bytes) {
        DataType::Double
    } else if any(Physical::Decimal) {
        let scale = types.iter().map(DataType::scale).max().unwrap_or(0);
        DataType::Decimal {
            precision: Decimal::MAX_PRECISION,
            scale,
            unsigned: false,
        }
    } else {
        DataType::BIGINT
    }
}

/// MySQL's generator for RAND(seed): two linear congruences modulo 2^30 - 1.
struct Seeded(u64, u64);

impl Seeded {
    const MAX: u64 = 0x3FFF_FFFF;

    fn new(seed: i64) -> Seeded {
        let seed = u64::from(seed as u32);
        let wrap = |v: u64| (v & 0xFFFF_FFFF) % Seeded::MAX;
        Seeded(
            wrap(seed * 0x1_0001 + 55_555_555),
            wrap(seed.wrapping_mul(0x1000_0001)),
        )
    }

    fn next(&mut self) -> f64 {
        self.0 = (self.0 * 3 + self.1) % Seeded::MAX;
        self.1 = (self.0 + self.1 + 33) % Seeded::MAX;
        self.0 as f64 / Seeded::MAX as f64
    }
}

fn extreme(a: &[Column], types: &[DataType], ty: &DataType, rows: usize, wanted: Ordering) -> Result<Column> {
    if a.iter().any(|c| c.physical() != ty.physical()) {
        return Err(too_big("arguments of different types", ty));
    }
    let scale = |k: usize| types.get(k).map_or(0, DataType::scale);
    let mut out = Column::with_capacity(ty.physical(), rows);
    for i in 0..rows {
        let mut best = 0;
        for k in 1..a.len() {
            let order = match ty.physical() {
                Physical::I64 => a.int(k, i).cmp(&a.int(best, i)),
                Physical::F64 => a.float(k, i).total_cmp(&a.float(best, i)),
                Physical::Decimal => {
                    compare_decimals(a.decimal(k, i), scale(k), a.decimal(best, i), scale(best))
                }
                Physical::Bytes => a.blob(k, i).cmp(a.blob(best, i)),
            };
            if order == wanted {
                best = k;
            }
        }
        if let (Some(c), i) = a.arg(best, i) {
            out.push_from(c, i);
        }
    }
    Ok(out)
}
