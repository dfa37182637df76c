//! Comparisons: typed kernels that give bit masks.
//!
//! All reduce to `=` and `<`: the others exchange the operands or invert the bits.

use super::mask::{Mask, pack, pack_values};
use super::vector::{Side, Vector, union};
use crate::sql::plan::CompareOp;
use crate::types::{Collation, ColumnData, DataType, Error, Result, compare_decimals};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Compares two vectors of one physical type.
pub(super) fn compare(
    op: CompareOp,
    left: &Vector,
    right: &Vector,
    types: (&DataType, &DataType),
    rows: usize,
) -> Result<Mask> {
    if op == CompareOp::NullSafeEq {
        return null_safe_eq(left, right, types, rows);
    }
    if left.is_null_constant() || right.is_null_constant() {
        return Ok(Mask::nulls(rows));
    }
    let (less, swap, invert) = match op {
        CompareOp::Eq | CompareOp::NullSafeEq => (false, false, false),
        CompareOp::NotEq => (false, false, true),
        CompareOp::Lt => (true, false, false),
        CompareOp::GtEq => (true, false, true),
        CompareOp::Gt => (true, true, false),
        CompareOp::LtEq => (true, true, true),
    };
    let ((l, lt), (r, rt)) = if swap {
        ((right, types.1), (left, types.0))
    } else {
        ((left, types.0), (right, types.1))
    };
    let constant = l.constant && r.constant;
    let n = if constant { 1 } else { rows };
    let mut bits = match (l.column.data(), r.column.data()) {
        (ColumnData::I64(_), ColumnData::I64(_)) if less => bits(l.i64s(), r.i64s(), |a, b| a < b),
        (ColumnData::I64(_), ColumnData::I64(_)) => bits(l.i64s(), r.i64s(), |a, b| a == b),
        (ColumnData::F64(_), ColumnData::F64(_)) if less => bits(l.f64s(), r.f64s(), |a, b| a < b),
        (ColumnData::F64(_), ColumnData::F64(_)) => bits(l.f64s(), r.f64s(), |a, b| a == b),
        (ColumnData::Decimal(_), ColumnData::Decimal(_)) if lt.scale() != rt.scale() => {
            let (ls, rs) = (lt.scale(), rt.scale());
            let want = if less { Ordering::Less } else { Ordering::Equal };
            bits(l.decimals(), r.decimals(), |a, b| {
                compare_decimals(a, ls, b, rs) == want
            })
        }
        (ColumnData::Decimal(_), ColumnData::Decimal(_)) if less => {
            bits(l.decimals(), r.decimals(), |a, b| a < b)
        }
        (ColumnData::Decimal(_), ColumnData::Decimal(_)) => bits(l.decimals(), r.decimals(), |a, b| a == b),
        (ColumnData::Bytes(_), ColumnData::Bytes(_)) => {
            let nocase = lt.collation() == Collation::NoCase || rt.collation() == Collation::NoCase;
            let rows = 0..n;
            match (less, nocase) {
                (true, false) => pack(rows.map(|i| l.bytes_at(i) < r.bytes_at(i))),
                (false, false) => pack(rows.map(|i| l.bytes_at(i) == r.bytes_at(i))),
                (true, true) => pack(rows.map(|i| compare_nocase(l.bytes_at(i), r.bytes_at(i)).is_lt())),
                (false, true) => pack(rows.map(|i| l.bytes_at(i).eq_ignore_ascii_case(r.bytes_at(i)))),
            }
        }
        _ => return Err(Error::invalid("a comparison of values of different types")),
    };
    if invert {
        bits.iter_mut().for_each(|w| *w = !*w);
    }
    if constant {
        return Ok(Mask::filled(bits.first().is_some_and(|w| w & 1 != 0), rows));
    }
    Ok(Mask::new(bits, union(l.nulls(), r.nulls()).as_ref(), rows))
}

fn null_safe_eq(l: &Vector, r: &Vector, types: (&DataType, &DataType), rows: usize) -> Result<Mask> {
    let null = |v: &Vector| match v.constant {
        true => Mask::filled(v.is_null_constant(), rows),
        false => Mask::new(
            v.nulls().map(|n| n.words().to_vec()).unwrap_or_default(),
            None,
            rows,
        ),
    };
    let equal = compare(CompareOp::Eq, l, r, types, rows)?.only_true();
    Ok(equal.or(&null(l).and(&null(r))))
}

/// Order of text without regard to ASCII case.
pub(super) fn compare_nocase(a: &[u8], b: &[u8]) -> Ordering {
    let lower = |b: &u8| b.to_ascii_lowercase();
    a.iter().map(lower).cmp(b.iter().map(lower))
}

#[inline]
fn bits<T: Copy>(l: Side<'_, T>, r: Side<'_, T>, f: impl Fn(T, T) -> bool) -> Vec<u64> {
    match (l, r) {
        (Side::Many(a), Side::Many(b)) => pack(a.iter().zip(b).map(|(a, b)| f(*a, *b))),
        (Side::Many(a), Side::One(b)) => pack_values(a, |a| f(a, b)),
        (Side::One(a), Side::Many(b)) => pack_values(b, |b| f(a, b)),
        (Side::One(a), Side::One(b)) => alloc::vec![u64::from(f(a, b))],
    }
}
