//! Functions of whole numbers, and of the digits of exact ones.

use super::ArgKind::{Any, Int, Number};
use super::args::{Args, INT, TEXT, function, ints, lenient, texts, too_big, try_ints};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Decimal, Error, Physical, Result};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "FACTORIAL",
        &[],
        (1, 1),
        &[Int],
        ReturnKind::Fixed(|| DataType::Decimal {
            precision: Decimal::MAX_PRECISION,
            scale: 0,
            unsigned: false,
        }),
        "The product of the whole numbers up to n, at most 33!.",
        |_, a, _, ty, n| {
            let mut out = Column::with_capacity(Physical::Decimal, n);
            for i in 0..n {
                let n = a.int(0, i);
                if n < 0 {
                    return Err(Error::invalid("FACTORIAL takes no negative number"));
                }
                if n > 33 {
                    return Err(too_big(alloc::format!("FACTORIAL({n})"), ty));
                }
                out.push_decimal((1..=i128::from(n)).product());
            }
            Ok(out)
        },
    ),
    function(
        "GCD",
        &[],
        (2, 2),
        &[Int],
        INT,
        "The greatest common divisor.",
        |_, a, _, ty, n| {
            try_ints(n, |i| {
                let divisor = gcd(a.int(0, i), a.int(1, i));
                i64::try_from(divisor).map(Some).map_err(|_| too_big("GCD", ty))
            })
        },
    ),
    function(
        "LCM",
        &[],
        (2, 2),
        &[Int],
        INT,
        "The least common multiple.",
        |_, a, _, ty, n| {
            try_ints(n, |i| {
                let (x, y) = (a.int(0, i), a.int(1, i));
                if x == 0 || y == 0 {
                    return Ok(Some(0));
                }
                let multiple = (x.unsigned_abs() / gcd(x, y)).checked_mul(y.unsigned_abs());
                let fits = multiple.and_then(|m| i64::try_from(m).ok());
                fits.map(Some).ok_or_else(|| too_big("LCM", ty))
            })
        },
    ),
    function(
        "SCALE",
        &[],
        (1, 1),
        &[Number],
        INT,
        "How many digits after the point an exact number has.",
        |_, _, t, _, n| ints(n, |_| Some(i64::from(t.first().map_or(0, DataType::scale)))),
    ),
    function(
        "MIN_SCALE",
        &[],
        (1, 1),
        &[Number],
        INT,
        "How many digits after the point an exact number needs.",
        |_, a, t, _, n| {
            let scale = t.first().map_or(0, DataType::scale);
            let is_exact = t.first().is_some_and(|t| t.physical() == Physical::Decimal);
            ints(n, |i| {
                let mut digits = a.decimal(0, i);
                let mut needed = if is_exact { i64::from(scale) } else { 0 };
                while needed > 0 && digits % 10 == 0 {
                    digits /= 10;
                    needed -= 1;
                }
                Some(needed)
            })
        },
    ),
    function(
        "TRIM_SCALE",
        &[],
        (1, 1),
        &[Number],
        TEXT,
        "An exact number as text, without zeros at the end of its fraction.",
        |cx, a, t, _, n| {
            let shown = [lenient(a, t, 0, &DataType::TEXT)?];
            texts(cx, n, |i, out| {
                let text = shown.text(0, i);
                out.push_str(match text.contains('.') && !text.contains('e') {
                    true => text.trim_end_matches('0').trim_end_matches('.'),
                    false => text,
                });
                Some(())
            })
        },
    ),
    function(
        "NUM_NULLS",
        &[],
        (1, usize::MAX),
        &[Any],
        INT,
        "How many of the values are NULL.",
        |_, a, _, _, n| count_nulls(a, n, true),
    )
    .sees_null(),
    function(
        "NUM_NONNULLS",
        &[],
        (1, usize::MAX),
        &[Any],
        INT,
        "How many of the values are not NULL.",
        |_, a, _, _, n| count_nulls(a, n, false),
    )
    .sees_null(),
];

/// Euclid's algorithm.
fn gcd(x: i64, y: i64) -> u64 {
    let (mut x, mut y) = (x.unsigned_abs(), y.unsigned_abs());
    while y != 0 {
        (x, y) = (y, x % y);
    }
    x
}

fn count_nulls(a: &[Column], rows: usize, nulls: bool) -> Result<Column> {
    ints(rows, |i| {
        Some((0..a.len()).filter(|k| a.null(*k, i) == nulls).count() as i64)
    })
}
