//! What a filter asks of single columns, so that a scan passes over leaves in which no row can have it.
//!
//! Taken from the conjuncts that compare a column with what is known when the scan starts. A range of keys may let
//! through more than its conjunct, never less: the filter is applied to the rows all the same. So whatever is
//! not compared exactly as stored (another collation, another representation) asks for nothing.

use super::constant::constant_in;
use super::eval::{Scope, SubResult};
use super::table_columns::TableColumns;
use crate::codec::{KeyRanges, key_of_decimal, order_key};
use crate::sql::optimize::{compared_column, is_constant, split_and, split_or};
use crate::sql::plan::{BinaryOp, CompareOp, Expr, UnaryOp};
use crate::types::{Collation, ColumnData, DataType, Physical};
use alloc::{vec, vec::Vec};

/// For stored columns the ranges of keys that a filter lets through.
pub fn needed_leaves(filter: &Expr, columns: &TableColumns, scope: &Scope<'_>) -> Vec<(usize, KeyRanges)> {
    let mut conjuncts = Vec::new();
    split_and(filter, &mut conjuncts);
    let mut needed = Vec::new();
    for expr in conjuncts {
        if let Some((column, ranges)) = conjunct(expr, scope)
            && let Some(stored) = columns.stored(column)
        {
            needed.push((stored, ranges));
        }
    }
    needed
}

/// The column that a condition depends on, and the values with which it may be true.
fn conjunct(expr: &Expr, scope: &Scope<'_>) -> Option<(usize, KeyRanges)> {
    match expr {
        Expr::Compare { op, left, right } => {
            if let Some(column) = ordered_column(left) {
                Some((column, comparison(*op, &left.ty(), right, scope)?))
            } else {
                let column = ordered_column(right)?;
                Some((column, comparison(exchanged(*op), &right.ty(), left, scope)?))
            }
        }
        Expr::InList {
            operand,
            list,
            negated: false,
        } => Some((ordered_column(operand)?, members(&operand.ty(), list, scope)?)),
        Expr::InSubPlan {
            operand,
            index,
            negated: false,
        } => match scope.sub_results.get(*index)? {
            SubResult::Set(set) => Some((ordered_column(operand)?, set.key_ranges()?)),
            SubResult::Scalar(_) | SubResult::Exists(_) => None,
        },
        Expr::IsNull { operand, negated } => {
            let null = KeyRanges::new(Vec::new(), true);
            let ranges = if *negated { KeyRanges::not_null() } else { null };
            Some((compared_column(operand)?, ranges))
        }
        Expr::Column { index, .. } => {
            let true_ones = vec![(i64::MIN, -1), (1, i64::MAX)];
            Some((boolean(expr).then_some(*index)?, KeyRanges::new(true_ones, false)))
        }
        Expr::Unary {
            op: UnaryOp::Not,
            operand,
            ..
        } if boolean(operand) => Some((compared_column(operand)?, KeyRanges::new(vec![(0, 0)], false))),
        Expr::IsBool {
            operand,
            value: true,
            negated: false,
        } => conjunct(operand, scope),
        Expr::Binary { op: BinaryOp::Or, .. } => {
            let mut disjuncts = Vec::new();
            split_or(expr, &mut disjuncts);
            let mut all = disjuncts.into_iter().map(|d| match d {
                Expr::Binary { .. } => None,
                d => conjunct(d, scope),
            });
            let (column, mut ranges) = all.next()??;
            for other in all {
                let (_, more) = other.filter(|(other, _)| *other == column)?;
                ranges = ranges.or(more);
            }
            Some((column, ranges))
        }
        _ => None,
    }
}

/// The column that an expression compares as, in the order of its keys.
fn ordered_column(expr: &Expr) -> Option<usize> {
    compared_column(expr).filter(|_| expr.ty().collation() == Collation::Binary)
}

/// Whether it is a column of truth values.
fn boolean(expr: &Expr) -> bool {
    matches!(expr, Expr::Column { ty, .. } if ty.physical() == Physical::I64)
}

fn exchanged(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq => op,
    }
}

/// A value that columns are compared with.
enum Known {
    Null,
    /// Between these keys.
    Keys(i64, i64),
}

/// The value of an expression that is compared with a column of type `ty`.
fn known(ty: &DataType, expr: &Expr, scope: &Scope<'_>) -> Option<Known> {
    let of = expr.ty();
    let is_alike = of.physical() == ty.physical() && of.collation() == Collation::Binary;
    if !is_alike || !is_constant(expr) || calls_the_program(expr) {
        return None;
    }
    // What fails does so when a row is looked at, if there is one.
    let value = constant_in(expr, scope).ok()?;
    if value.is_null(0) {
        return Some(Known::Null);
    }
    if let ColumnData::Decimal(v) = value.data() {
        return decimal_keys(*v.first()?, of.scale(), ty.scale());
    }
    let key = order_key(&value, 0)?;
    Some(Known::Keys(key, key))
}

/// The keys of a decimal of one scale among those of another.
fn decimal_keys(value: i128, from: u8, to: u8) -> Option<Known> {
    let factor = 10i128.checked_pow(u32::from(from.abs_diff(to)))?;
    if from <= to {
        let key = key_of_decimal(value.saturating_mul(factor));
        return Some(Known::Keys(key, key));
    }
    let below = value.div_euclid(factor);
    let above = below + i128::from(value.rem_euclid(factor) != 0);
    Some(Known::Keys(key_of_decimal(below), key_of_decimal(above)))
}

fn comparison(op: CompareOp, ty: &DataType, value: &Expr, scope: &Scope<'_>) -> Option<KeyRanges> {
    let (least, greatest) = match known(ty, value, scope)? {
        Known::Null => return Some(KeyRanges::new(Vec::new(), op == CompareOp::NullSafeEq)),
        Known::Keys(least, greatest) => (least, greatest),
    };
    // Of other representations different values may have one key.
    let is_exact = matches!(ty.physical(), Physical::I64 | Physical::F64);
    let range = match op {
        CompareOp::Eq | CompareOp::NullSafeEq => Some((least, greatest)),
        CompareOp::NotEq => Some((i64::MIN, i64::MAX)),
        CompareOp::LtEq => Some((i64::MIN, greatest)),
        CompareOp::GtEq => Some((least, i64::MAX)),
        CompareOp::Lt if !is_exact => Some((i64::MIN, greatest)),
        CompareOp::Gt if !is_exact => Some((least, i64::MAX)),
        CompareOp::Lt => greatest.checked_sub(1).map(|last| (i64::MIN, last)),
        CompareOp::Gt => least.checked_add(1).map(|first| (first, i64::MAX)),
    };
    Some(KeyRanges::new(range.into_iter().collect(), false))
}

fn members(ty: &DataType, list: &[Expr], scope: &Scope<'_>) -> Option<KeyRanges> {
    let mut ranges = Vec::with_capacity(list.len());
    for member in list {
        if let Known::Keys(least, greatest) = known(ty, member, scope)? {
            ranges.push((least, greatest));
        }
    }
    Some(KeyRanges::new(ranges, false))
}

/// Whether a function of the program is called, which may do anything.
fn calls_the_program(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::User { .. });
    expr.for_each_child(&mut |child| found |= calls_the_program(child));
    found
}
