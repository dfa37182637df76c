//! Rounding and signs, exact on integers and decimals.
//!
//! Exact numbers round half away from zero; floats as C's `rint` does, as in MySQL.

use super::ArgKind::{Exact, Int, Number};
use super::args::{Args, INT, floats, function, ints, too_big};
use super::{ReturnKind, ScalarFunction};
use crate::types::{Column, DataType, Decimal, Physical, Result, Value, pow10, rescale_decimal};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "ABS",
        &[],
        (1, 1),
        &[Number],
        ReturnKind::Of(number),
        "Without its sign.",
        |_, a, _, ty, n| match ty.physical() {
            Physical::F64 => floats(n, |i| a.float(0, i).abs()),
            Physical::Decimal => decimals(ty, n, |i| Some(a.decimal(0, i).abs())),
            _ => try_ints(ty, n, |i| a.int(0, i).checked_abs()),
        },
    ),
    function(
        "SIGN",
        &[],
        (1, 1),
        &[Number],
        INT,
        "-1, 0 or 1.",
        |_, a, t, _, n| match t.first().map(DataType::physical) {
            Some(Physical::F64) => ints(n, |i| {
                Some(i64::from(a.float(0, i) > 0.0) - i64::from(a.float(0, i) < 0.0))
            }),
            Some(Physical::Decimal) => ints(n, |i| Some(a.decimal(0, i).signum() as i64)),
            _ => ints(n, |i| Some(a.int(0, i).signum())),
        },
    ),
    function(
        "FLOOR",
        &[],
        (1, 1),
        &[Number],
        ReturnKind::Of(whole),
        "The largest integer not above.",
        |_, a, t, ty, n| to_whole(a, t, ty, n, libm::floor, |v, unit| v.div_euclid(unit)),
    ),
    function(
        "CEIL",
        &["CEILING"],
        (1, 1),
        &[Number],
        ReturnKind::Of(whole),
        "The smallest integer not below.",
        |_, a, t, ty, n| to_whole(a, t, ty, n, libm::ceil, |v, unit| -(-v).div_euclid(unit)),
    ),
    function(
        "ROUND",
        &[],
        (1, 2),
        &[Exact, Int],
        ReturnKind::OfConstants(rounded),
        "Rounded to that many digits after the point (negative: before it).",
        |_, a, t, ty, n| to_digits(a, t, ty, n, libm::rint, true),
    ),
    function(
        "TRUNCATE",
        &["TRUNC"],
        (1, 2),
        &[Exact, Int],
        ReturnKind::OfConstants(rounded),
        "Cut to that many digits after the point (negative: before it).",
        |_, a, t, ty, n| to_digits(a, t, ty, n, libm::trunc, false),
    ),
];

/// BIGINT, DOUBLE or the decimal itself.
fn number(types: &[DataType]) -> DataType {
    match types.first() {
        Some(DataType::Decimal { precision, scale, .. }) => DataType::Decimal {
            precision: *precision,
            scale: *scale,
            unsigned: false,
        },
        Some(t) if t.physical() == Physical::I64 => DataType::BIGINT,
        _ => DataType::Double,
    }
}

fn whole(types: &[DataType]) -> DataType {
    match number(types) {
        DataType::Decimal { precision, scale, .. } if precision.saturating_sub(scale) < 18 => {
            DataType::BIGINT
        }
        DataType::Decimal { precision, scale, .. } => DataType::Decimal {
            precision: (precision - scale + 1).min(38),
            scale: 0,
            unsigned: false,
        },
        t => t,
    }
}

/// A decimal gets as many digits as are asked for, if that is known when the statement is planned.
fn rounded(types: &[DataType], constants: &[Option<Value>]) -> DataType {
    match number(types) {
        DataType::Decimal { precision, scale, .. } => {
            let to = match constants.get(1) {
                Some(Some(Value::Int(d))) => (*d).clamp(0, 30) as u8,
                _ if types.len() > 1 => scale,
                _ => 0,
            };
            let precision = (precision.saturating_sub(scale) + to + 1).min(Decimal::MAX_PRECISION);
            DataType::Decimal {
                precision,
                scale: to,
                unsigned: false,
            }
        }
        t => t,
    }
}

fn try_ints(ty: &DataType, rows: usize, mut f: impl FnMut(usize) -> Option<i64>) -> Result<Column> {
    let mut out = Column::with_capacity(Physical::I64, rows);
    for i in 0..rows {
        out.push_i64(f(i).ok_or_else(|| too_big("the result", ty))?);
    }
    Ok(out)
}

fn decimals(ty: &DataType, rows: usize, mut f: impl FnMut(usize) -> Option<i128>) -> Result<Column> {
    let mut out = Column::with_capacity(Physical::Decimal, rows);
    for i in 0..rows {
        out.push_decimal(f(i).ok_or_else(|| too_big("the result", ty))?);
    }
    Ok(out)
}

fn to_whole(
    a: &[Column],
    types: &[DataType],
    ty: &DataType,
    rows: usize,
    float: fn(f64) -> f64,
    exact: fn(i128, i128) -> i128,
) -> Result<Column> {
    match types.first() {
        Some(DataType::Decimal { scale, .. }) => {
            let unit = pow10(u32::from(*scale)).unwrap_or(i128::MAX);
            match ty.physical() {
                Physical::Decimal => decimals(ty, rows, |i| Some(exact(a.decimal(0, i), unit))),
                _ => try_ints(ty, rows, |i| i64::try_from(exact(a.decimal(0, i), unit)).ok()),
            }
        }
        Some(t) if t.physical() == Physical::I64 => ints(rows, |i| Some(a.int(0, i))),
        _ => floats(rows, |i| float(a.float(0, i))),
    }
}

fn to_digits(
    a: &[Column],
    types: &[DataType],
    ty: &DataType,
    rows: usize,
    float: fn(f64) -> f64,
    round: bool,
) -> Result<Column> {
    let digits = |i: usize| if a.has(1) { a.int(1, i).clamp(-400, 400) } else { 0 };
    match types.first() {
        Some(DataType::Decimal { scale, .. }) => decimals(ty, rows, |i| {
            rescale_decimal(
                exact(a.decimal(0, i), i64::from(*scale) - digits(i), round)?,
                *scale,
                ty.scale(),
            )
        }),
        Some(t) if t.physical() == Physical::I64 => try_ints(ty, rows, |i| {
            i64::try_from(exact(i128::from(a.int(0, i)), -digits(i), round)?).ok()
        }),
        _ => floats(rows, |i| {
            let (x, d) = (a.float(0, i), digits(i));
            let unit = libm::pow(10.0, d.unsigned_abs() as f64);
            let moved = if d >= 0 { x * unit } else { x / unit };
            match (unit.is_finite() && moved.is_finite(), d >= 0) {
                (true, true) => float(moved) / unit,
                (true, false) => float(moved) * unit,
                (false, true) => x,
                (false, false) => 0.0,
            }
        }),
    }
}

/// Makes the last `drop` digits zero.
fn exact(v: i128, drop: i64, round: bool) -> Option<i128> {
    if drop <= 0 {
        return Some(v);
    }
    let Some(unit) = u32::try_from(drop).ok().and_then(pow10) else {
        return Some(0);
    };
    let rest = v % unit;
    let away = if round && rest.abs() >= unit - rest.abs() {
        v.signum()
    } else {
        0
    };
    (v - rest).checked_add(away * unit)
}
