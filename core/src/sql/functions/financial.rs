//! Annuities: payments of one size in periods of one length, as spreadsheets have them.
//!
//! All of them solve `pv·(1+r)ⁿ + pmt·(1+r·type)·((1+r)ⁿ−1)/r + fv = 0`, or for r = 0 `pv + pmt·n + fv = 0`
//! (OpenDocument 1.3, part 4, section 6.12). Money paid out is negative; `type` is 1 if payments are made at
//! the beginning of a period, and 0, the default, if at its end.

use super::ArgKind::Double;
use super::ScalarFunction;
use super::args::{Args, DOUBLE, floats, function};
use crate::types::Column;
use libm::{fabs, log, pow};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "FV",
        &[],
        (3, 5),
        &[Double],
        DOUBLE,
        "The future value of payments: (rate, periods, payment, present value, type).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let (rate, periods, payment) = (a.float(0, i), a.float(1, i), a.float(2, i));
                let growth = pow(1.0 + rate, periods);
                -(optional(a, 3, i) * growth + payment * series(rate, periods, optional(a, 4, i)))
            })
        },
    ),
    function(
        "PV",
        &[],
        (3, 5),
        &[Double],
        DOUBLE,
        "The present value of payments: (rate, periods, payment, future value, type).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let (rate, periods, payment) = (a.float(0, i), a.float(1, i), a.float(2, i));
                let growth = pow(1.0 + rate, periods);
                -(optional(a, 3, i) + payment * series(rate, periods, optional(a, 4, i))) / growth
            })
        },
    ),
    function(
        "PMT",
        &[],
        (3, 5),
        &[Double],
        DOUBLE,
        "The payment of each period: (rate, periods, present value, future value, type).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let (rate, periods, present) = (a.float(0, i), a.float(1, i), a.float(2, i));
                let growth = pow(1.0 + rate, periods);
                -(present * growth + optional(a, 3, i)) / series(rate, periods, optional(a, 4, i))
            })
        },
    ),
    function(
        "NPER",
        &[],
        (3, 5),
        &[Double],
        DOUBLE,
        "The number of periods: (rate, payment, present value, future value, type).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let (rate, payment, present) = (a.float(0, i), a.float(1, i), a.float(2, i));
                let future = optional(a, 3, i);
                if rate == 0.0 {
                    return -(present + future) / payment;
                }
                let paid = payment * (1.0 + rate * optional(a, 4, i)) / rate;
                log((paid - future) / (paid + present)) / log(1.0 + rate)
            })
        },
    ),
    function(
        "RATE",
        &[],
        (3, 6),
        &[Double],
        DOUBLE,
        "The rate of each period, NULL if none is found: (periods, payment, present value, future value, type, guess).",
        |_, a, _, _, n| floats(n, |i| rate(a, i)),
    ),
    function(
        "NPV",
        &[],
        (2, usize::MAX),
        &[Double],
        DOUBLE,
        "The net present value of payments at the ends of periods: (rate, payment, …).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let growth = 1.0 + a.float(0, i);
                // From the last to the first, as Horner does.
                (1..a.len())
                    .rev()
                    .fold(0.0, |value, k| (value + a.float(k, i)) / growth)
            })
        },
    ),
    function(
        "SLN",
        &[],
        (3, 3),
        &[Double],
        DOUBLE,
        "What is written off in each period, in equal parts: (cost, value at the end, periods).",
        |_, a, _, _, n| floats(n, |i| (a.float(0, i) - a.float(1, i)) / a.float(2, i)),
    ),
    function(
        "IPMT",
        &[],
        (4, 6),
        &[Double],
        DOUBLE,
        "The interest in the payment of a period: (rate, period, periods, present value, future value, type).",
        |_, a, _, _, n| floats(n, |i| interest(a, i).1),
    ),
    function(
        "PPMT",
        &[],
        (4, 6),
        &[Double],
        DOUBLE,
        "What the payment of a period takes off the debt: (rate, period, periods, present value, future value, type).",
        |_, a, _, _, n| {
            floats(n, |i| {
                let (payment, interest) = interest(a, i);
                payment - interest
            })
        },
    ),
];

/// The payment of each period, and the interest that is in one of them; NaN for a period that is none.
fn interest(a: &[Column], i: usize) -> (f64, f64) {
    let (rate, period, periods, present) = (a.float(0, i), a.float(1, i), a.float(2, i), a.float(3, i));
    let (future, kind) = (optional(a, 4, i), optional(a, 5, i));
    if !(period >= 1.0 && period <= periods) {
        return (f64::NAN, f64::NAN);
    }
    let payment = -(present * pow(1.0 + rate, periods) + future) / series(rate, periods, kind);
    if kind != 0.0 && period == 1.0 {
        return (payment, 0.0);
    }
    // What is owed when the period begins.
    let owed = present * pow(1.0 + rate, period - 1.0) + payment * series(rate, period - 1.0, kind);
    let interest = -owed * rate;
    (
        payment,
        if kind == 0.0 {
            interest
        } else {
            interest / (1.0 + rate)
        },
    )
}

/// An argument that is 0 if it is not given.
fn optional(a: &[Column], k: usize, i: usize) -> f64 {
    if a.has(k) { a.float(k, i) } else { 0.0 }
}

/// What payments of 1 have grown to at the end of the last period.
fn series(rate: f64, periods: f64, kind: f64) -> f64 {
    if rate == 0.0 {
        return periods;
    }
    (1.0 + rate * kind) * (pow(1.0 + rate, periods) - 1.0) / rate
}

/// By the secant method; NaN if it does not settle.
fn rate(a: &[Column], i: usize) -> f64 {
    let (periods, payment, present) = (a.float(0, i), a.float(1, i), a.float(2, i));
    let (future, kind) = (optional(a, 3, i), optional(a, 4, i));
    let left_over =
        |rate: f64| present * pow(1.0 + rate, periods) + payment * series(rate, periods, kind) + future;
    let mut before = if a.has(5) { a.float(5, i) } else { 0.1 };
    let mut now = before + 0.01;
    for _ in 0..100 {
        let (was, is) = (left_over(before), left_over(now));
        let next = now - is * (now - before) / (is - was);
        if is == was || !next.is_finite() {
            break;
        }
        (before, now) = (now, next);
        if fabs(now - before) < 1e-12 {
            return now;
        }
    }
    let size = fabs(present) + fabs(payment * periods) + fabs(future);
    if fabs(left_over(now)) <= size * 1e-9 {
        now
    } else {
        f64::NAN
    }
}
