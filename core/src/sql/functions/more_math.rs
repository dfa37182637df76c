//! Functions of statistics, and sizes for people.

use super::ArgKind::{Double, Int};
use super::ScalarFunction;
use super::args::{Args, DOUBLE, TEXT, floats, function, texts};
use alloc::format;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "ERF",
        &[],
        (1, 1),
        &[Double],
        DOUBLE,
        "The error function.",
        |_, a, _, _, n| floats(n, |i| libm::erf(a.float(0, i))),
    ),
    function(
        "ERFC",
        &[],
        (1, 1),
        &[Double],
        DOUBLE,
        "1 minus the error function.",
        |_, a, _, _, n| floats(n, |i| libm::erfc(a.float(0, i))),
    ),
    function(
        "GAMMA",
        &[],
        (1, 1),
        &[Double],
        DOUBLE,
        "The gamma function.",
        |_, a, _, _, n| floats(n, |i| libm::tgamma(a.float(0, i))),
    ),
    function(
        "LGAMMA",
        &[],
        (1, 1),
        &[Double],
        DOUBLE,
        "The natural logarithm of the gamma function without its sign.",
        |_, a, _, _, n| floats(n, |i| libm::lgamma(a.float(0, i))),
    ),
    function(
        "ATAN2D",
        &[],
        (2, 2),
        &[Double],
        DOUBLE,
        "Arc tangent of y / x by the quadrant, in degrees.",
        |_, a, _, _, n| floats(n, |i| libm::atan2(a.float(0, i), a.float(1, i)).to_degrees()),
    ),
    function(
        "RANDOM_NORMAL",
        &[],
        (0, 2),
        &[Double],
        DOUBLE,
        "A random number of the normal distribution: (mean, deviation), of 0 and 1 unless given.",
        |cx, a, _, _, n| {
            // The method of Box and Muller (1958).
            let unit = || (cx.host.random() >> 11) as f64 / (1u64 << 53) as f64;
            floats(n, |i| {
                let mean = if a.has(0) { a.float(0, i) } else { 0.0 };
                let deviation = if a.has(1) { a.float(1, i) } else { 1.0 };
                let distance = libm::sqrt(-2.0 * libm::log(1.0 - unit()));
                mean + deviation * distance * libm::cos(core::f64::consts::TAU * unit())
            })
        },
    )
    .volatile(),
    function(
        "PG_SIZE_PRETTY",
        &[],
        (1, 1),
        &[Int],
        TEXT,
        "A number of bytes for people, as PostgreSQL has it: 10 kB.",
        |cx, a, _, _, n| {
            texts(cx, n, |i, out| {
                let mut size = a.int(0, i);
                let mut unit = "bytes";
                if size.unsigned_abs() >= 10 * 1024 {
                    // Half units are kept until the last, which rounds.
                    size >>= 9;
                    for name in ["kB", "MB", "GB", "TB", "PB"] {
                        unit = name;
                        if size.unsigned_abs() < 20 * 1024 - 1 || name == "PB" {
                            break;
                        }
                        size >>= 10;
                    }
                    size = (size + size.signum()) / 2;
                }
                out.push_str(&format!("{size} {unit}"));
                Some(())
            })
        },
    ),
    function(
        "FORMAT_PICO_TIME",
        &[],
        (1, 1),
        &[Double],
        TEXT,
        "A number of picoseconds for people: 3.50 ns.",
        |cx, a, _, _, n| {
            const UNITS: [(f64, &str); 7] = [
                (86_400e12, "d"),
                (3600e12, "h"),
                (60e12, "min"),
                (1e12, "s"),
                (1e9, "ms"),
                (1e6, "us"),
                (1e3, "ns"),
            ];
            texts(cx, n, |i, out| {
                let time = a.float(0, i);
                let unit = UNITS.iter().find(|(least, _)| time.abs() >= *least);
                out.push_str(&match unit {
                    Some((size, name)) => format!("{:.2} {name}", time / size),
                    None => format!("{:3} ps", time as i64),
                });
                Some(())
            })
        },
    ),
];
