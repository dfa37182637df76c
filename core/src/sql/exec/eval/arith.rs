//! Arithmetic, bit operations and concatenation: typed kernels.
//!
//! A kernel computes every row, NULLs' default values too, and flags what overflowed; only if
//! something did, the rows are looked at again to find one that is not NULL. Division by zero is NULL.

use super::mask::pack_values;
use super::scope::Scope;
use super::vector::{Side, Vector, make_bytes, typed, union, zip};
use crate::sql::plan::{BinaryOp, UnaryOp};
use crate::types::{
    Bitmap, BytesVec, Column, ColumnData, DataType, Error, Physical, QUOTIENT_DIGITS, Result, cut_quotient,
    divide_decimals, multiply_decimals, rescale_decimal, round_i64,
};
use alloc::{string::String, sync::Arc, vec::Vec};

/// `l op r`, for all operators but the logical ones.
pub(super) fn binary(
    op: BinaryOp,
    l: &Vector,
    r: &Vector,
    types: (&DataType, &DataType),
    ty: &DataType,
) -> Result<Vector> {
    if l.is_null_constant() || r.is_null_constant() {
        return Ok(Vector::null(ty.physical()));
    }
    // Division by an integer gives a decimal or a float: then the operands follow the result.
    let family = match op {
        BinaryOp::IntDivide => widest(types.0, types.1),
        _ => ty.physical(),
    };
    let (l, lt) = coerce(l, types.0, family)?;
    let (r, rt) = coerce(r, types.1, family)?;
    let column = match family {
        Physical::I64 => integers(op, &l, &r),
        Physical::F64 => floats(op, &l, &r),
        Physical::Decimal => decimals(op, &l, &r, lt.scale(), rt.scale(), ty.scale()),
        Physical::Bytes => None,
    };
    match column {
        Some(column) => Ok(Vector {
            column,
            constant: l.constant && r.constant,
        }),
        None => Err(overflow(op, &l, &r, &lt, &rt, ty)),
    }
}

/// `op v`, for the operators on numbers.
pub(super) fn unary(op: UnaryOp, v: &Vector, ty: &DataType) -> Result<Vector> {
    let nulls = v.nulls().cloned();
    let column = match (op, v.column.data()) {
        (UnaryOp::BitNot, ColumnData::I64(x)) => {
            Some(typed(x.iter().map(|x| !x).collect(), nulls, ColumnData::I64))
        }
        (UnaryOp::Negate, ColumnData::I64(x)) => {
            let negated: Option<Vec<i64>> = x.iter().map(|x| x.checked_neg()).collect();
            negated.map(|x| Column::from_parts(ColumnData::I64(Arc::new(x)), nulls))
        }
        (UnaryOp::Negate, ColumnData::F64(x)) => Some(Column::from_parts(
            ColumnData::F64(Arc::new(x.iter().map(|x| -x).collect())),
            nulls,
        )),
        (UnaryOp::Negate, ColumnData::Decimal(x)) => Some(Column::from_parts(
            ColumnData::Decimal(Arc::new(x.iter().map(|x| -x).collect())),
            nulls,
        )),
        _ => return Err(Error::invalid("an operator on a value that is no number")),
    };
    let out_of_range = || Error::OutOfRange {
        value: String::from("-(-9223372036854775808)"),
        expected: alloc::format!("{ty}"),
        column: None,
    };
    Ok(Vector {
        column: column.ok_or_else(out_of_range)?,
        constant: v.constant,
    })
}

fn widest(l: &DataType, r: &DataType) -> Physical {
    match (l.physical(), r.physical()) {
        (Physical::F64, _) | (_, Physical::F64) => Physical::F64,
        (Physical::Decimal, _) | (_, Physical::Decimal) => Physical::Decimal,
        _ => Physical::I64,
    }
}

/// The operand in the family the operation is done in, and its type there.
fn coerce(v: &Vector, from: &DataType, to: Physical) -> Result<(Vector, DataType)> {
    let ty = match to {
        to if to == from.physical() => return Ok((v.clone(), from.clone())),
        Physical::I64 => DataType::BIGINT,
        Physical::F64 => DataType::Double,
        Physical::Decimal => DataType::Decimal {
            precision: 38,
            scale: from.scale(),
            unsigned: false,
        },
        Physical::Bytes => DataType::BLOB,
    };
    Ok((v.convert(from, &ty, false)?, ty))
}

/// The column of results, unless a row that is not NULL is flagged.
fn unless_flagged<T: Copy + Default>(
    results: Vec<(T, bool)>,
    nulls: Option<Bitmap>,
    wrap: fn(Arc<Vec<T>>) -> ColumnData,
) -> Option<Column> {
    let null = |i: usize| nulls.as_ref().is_some_and(|n| n.get(i));
    if results
        .iter()
        .enumerate()
        .any(|(i, (_, flagged))| *flagged && !null(i))
    {
        return None;
    }
    Some(typed(results.into_iter().map(|(v, _)| v).collect(), nulls, wrap))
}

/// Runs a kernel whose overflow is a flag per row; without a flag in any row the flags cost nothing.
fn checked<T: Copy, R: Copy + Default>(
    l: Side<'_, T>,
    r: Side<'_, T>,
    nulls: Option<Bitmap>,
    wrap: fn(Arc<Vec<R>>) -> ColumnData,
    f: impl Fn(T, T) -> (R, bool),
) -> Option<Column> {
    let mut any = false;
    let values = zip(l, r, |a, b| {
        let (v, flagged) = f(a, b);
        any |= flagged;
        v
    });
    if any {
        return unless_flagged(zip(l, r, f), nulls, wrap);
    }
    Some(typed(values, nulls, wrap))
}

/// The NULLs of a quotient: those of the operands, and the rows whose divisor is zero.
fn quotient_nulls<T: Copy + Default + PartialEq>(
    l: &Vector,
    r: &Vector,
    divisor: Side<'_, T>,
) -> Option<Bitmap> {
    let nulls = union(l.nulls(), r.nulls());
    let zero = match divisor {
        Side::One(d) if d != T::default() => return nulls,
        Side::One(_) => Bitmap::filled(l.column.len(), true),
        Side::Many(d) => Bitmap::from_words(pack_values(d, |d| d == T::default()), d.len()),
    };
    union(nulls.as_ref(), Some(&zero).filter(|z| z.any()))
}

fn integers(op: BinaryOp, l: &Vector, r: &Vector) -> Option<Column> {
    let (a, b, wrap) = (l.i64s(), r.i64s(), ColumnData::I64);
    let nulls = || union(l.nulls(), r.nulls());
    let plain = |f: fn(i64, i64) -> i64| Some(typed(zip(a, b, f), nulls(), wrap));
    // A shift by 64 or more, or by a negative count, shifts everything out.
    fn shift(n: i64) -> Option<u32> {
        u32::try_from(n).ok().filter(|n| *n < 64)
    }
    match op {
        BinaryOp::Add => checked(a, b, nulls(), wrap, i64::overflowing_add),
        BinaryOp::Subtract => checked(a, b, nulls(), wrap, i64::overflowing_sub),
        BinaryOp::Multiply => checked(a, b, nulls(), wrap, i64::overflowing_mul),
        BinaryOp::IntDivide | BinaryOp::Divide => {
            let f = |a: i64, b: i64| if b == 0 { (0, false) } else { a.overflowing_div(b) };
            checked(a, b, quotient_nulls(l, r, b), wrap, f)
        }
        BinaryOp::Modulo => {
            let f = |a: i64, b: i64| if b == 0 { 0 } else { a.wrapping_rem(b) };
            Some(typed(zip(a, b, f), quotient_nulls(l, r, b), wrap))
        }
        BinaryOp::BitAnd => plain(|a, b| a & b),
        BinaryOp::BitOr => plain(|a, b| a | b),
        BinaryOp::BitXor => plain(|a, b| a ^ b),
        BinaryOp::ShiftLeft => plain(|a, b| shift(b).map_or(0, |n| a << n)),
        BinaryOp::ShiftRight => {
            plain(|a, b| shift(b).map_or(if a < 0 && b > 0 { -1 } else { 0 }, |n| a >> n))
        }
        BinaryOp::Concat | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => None,
    }
}

fn floats(op: BinaryOp, l: &Vector, r: &Vector) -> Option<Column> {
    let (a, b, wrap) = (l.f64s(), r.f64s(), ColumnData::F64);
    let nulls = || union(l.nulls(), r.nulls());
    fn finite(v: f64) -> (f64, bool) {
        (v, !v.is_finite())
    }
    match op {
        BinaryOp::Add => checked(a, b, nulls(), wrap, |a, b| finite(a + b)),
        BinaryOp::Subtract => checked(a, b, nulls(), wrap, |a, b| finite(a - b)),
        BinaryOp::Multiply => checked(a, b, nulls(), wrap, |a, b| finite(a * b)),
        BinaryOp::Divide => {
            let f = |a: f64, b: f64| if b == 0.0 { (0.0, false) } else { finite(a / b) };
            checked(a, b, quotient_nulls(l, r, b), wrap, f)
        }
        BinaryOp::Modulo => {
            let f = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a % b };
            Some(typed(zip(a, b, f), quotient_nulls(l, r, b), wrap))
        }
        BinaryOp::IntDivide => {
            let f = |a: f64, b: f64| match b {
                0.0 => (0, false),
                b => round_i64(libm::trunc(a / b)).map_or((0, true), |q| (q, false)),
            };
            checked(a, b, quotient_nulls(l, r, b), ColumnData::I64, f)
        }
        _ => None,
    }
}

fn decimals(op: BinaryOp, l: &Vector, r: &Vector, ls: u8, rs: u8, scale: u8) -> Option<Column> {
    let (a, b, wrap) = (l.decimals(), r.decimals(), ColumnData::Decimal);
    let nulls = || union(l.nulls(), r.nulls());
    const LIMIT: i128 = 10i128.pow(38);
    fn flag(v: Option<i128>) -> (i128, bool) {
        v.filter(|v| *v > -LIMIT && *v < LIMIT)
            .map_or((0, true), |v| (v, false))
    }
    let one_scale = ls == scale && rs == scale;
    let aligned = |a: i128, b: i128, s: u8| Some((rescale_decimal(a, ls, s)?, rescale_decimal(b, rs, s)?));
    let wider = ls.max(rs);
    match op {
        BinaryOp::Add if one_scale => checked(a, b, nulls(), wrap, |a, b| flag(a.checked_add(b))),
        BinaryOp::Subtract if one_scale => checked(a, b, nulls(), wrap, |a, b| flag(a.checked_sub(b))),
        BinaryOp::Add => checked(a, b, nulls(), wrap, |a, b| {
            flag(aligned(a, b, wider).and_then(|(a, b)| rescale_decimal(a.checked_add(b)?, wider, scale)))
        }),
        BinaryOp::Subtract => checked(a, b, nulls(), wrap, |a, b| {
            flag(aligned(a, b, wider).and_then(|(a, b)| rescale_decimal(a.checked_sub(b)?, wider, scale)))
        }),
        BinaryOp::Multiply => {
            let exact = ls.saturating_add(rs);
            checked(a, b, nulls(), wrap, |a, b| {
                flag(multiply_decimals(a, b, exact, scale))
            })
        }
        BinaryOp::Divide => {
            let shift = i32::from(scale) - i32::from(ls) + i32::from(rs);
            // More digits than a quotient is shown with are guard digits.
            let divide = match scale > ls.saturating_add(QUOTIENT_DIGITS) {
                true => cut_quotient,
                false => divide_decimals,
            };
            let f = |a: i128, b: i128| {
                if b == 0 {
                    (0, false)
                } else {
                    flag(divide(a, b, shift))
                }
            };
            checked(a, b, quotient_nulls(l, r, b), wrap, f)
        }
        BinaryOp::Modulo => {
            let f = |a: i128, b: i128| match b {
                0 => (0, false),
                b => flag(
                    aligned(a, b, wider).and_then(|(a, b)| rescale_decimal(a.checked_rem(b)?, wider, scale)),
                ),
            };
            checked(a, b, quotient_nulls(l, r, b), wrap, f)
        }
        BinaryOp::IntDivide => {
            let f = |a: i128, b: i128| match b {
                0 => (0, false),
                b => aligned(a, b, wider)
                    .and_then(|(a, b)| i64::try_from(a.checked_div(b)?).ok())
                    .map_or((0, true), |q| (q, false)),
            };
            checked(a, b, quotient_nulls(l, r, b), ColumnData::I64, f)
        }
        _ => None,
    }
}

/// `l || r`.
///
/// # Errors
/// As [`make_bytes`].
pub(super) fn concat(l: &Vector, r: &Vector, rows: usize, scope: &Scope<'_>) -> Result<Vector> {
    if l.is_null_constant() || r.is_null_constant() {
        return Ok(Vector::null(Physical::Bytes));
    }
    let constant = l.constant && r.constant;
    let n = if constant { 1 } else { rows };
    let nulls = union(l.nulls(), r.nulls());
    let bytes = |v: &Vector| match v.constant {
        true => v.bytes_at(0).len().saturating_mul(n),
        false => v.column.bytes().map_or(0, |b| b.data().len()),
    };
    let total = bytes(l).saturating_add(bytes(r));
    make_bytes(total, scope)?;
    let mut out = BytesVec::with_capacity(n, total);
    let mut both = Vec::new();
    for i in 0..n {
        both.clear();
        if !nulls.as_ref().is_some_and(|n| n.get(i)) {
            both.extend_from_slice(l.bytes_at(i));
            both.extend_from_slice(r.bytes_at(i));
        }
        out.push(&both);
    }
    Ok(Vector {
        column: Column::from_parts(ColumnData::Bytes(Arc::new(out)), nulls),
        constant,
    })
}

/// The error for the first row that overflows: names the operation and its operands.
fn overflow(op: BinaryOp, l: &Vector, r: &Vector, lt: &DataType, rt: &DataType, ty: &DataType) -> Error {
    let symbol = match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::IntDivide => "DIV",
        BinaryOp::Modulo => "%",
        _ => return Error::invalid("an operator on values that are no numbers"),
    };
    let n = if l.constant {
        r.column.len()
    } else {
        l.column.len()
    };
    let at = |v: &Vector, i: usize, n: usize| {
        if v.constant {
            v.column.clone()
        } else {
            v.column.slice(i, i + n)
        }
    };
    let one = |v: &Vector, i: usize| Vector {
        column: at(v, i, 1),
        constant: true,
    };
    let fails = |i: &usize| {
        let (a, b) = (one(l, *i), one(r, *i));
        !a.is_null_constant() && !b.is_null_constant() && {
            match l.column.physical() {
                Physical::I64 => integers(op, &a, &b).is_none(),
                Physical::F64 => floats(op, &a, &b).is_none(),
                _ => decimals(op, &a, &b, lt.scale(), rt.scale(), ty.scale()).is_none(),
            }
        }
    };
    let row = (0..n).find(fails).unwrap_or(0);
    let (a, b) = (one(l, row).column.value(0, lt), one(r, row).column.value(0, rt));
    Error::OutOfRange {
        value: alloc::format!("{a} {symbol} {b}"),
        expected: alloc::format!("{ty}"),
        column: None,
    }
}
