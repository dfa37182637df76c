//! Conversions made explicit: casts where the representation changes, literals converted in place.

use super::common::{common_type, comparison_type, is_integer, plain_type};
use super::fold::{date_or_date_time, exact};
use super::guard_digits::with_guard_digits;
use super::literal::{bool_literal, bytes_as_number, text_literal};
use crate::sql::functions::lookup;
use crate::sql::plan::{CompareOp, Expr};
use crate::types::{Collation, DataType, Error, Position, Result, Value};
use alloc::{boxed::Box, format, vec::Vec};

/// NULL of a type.
pub(in crate::sql::bind) fn null_of(ty: DataType) -> Expr {
    Expr::Literal {
        value: Value::Null,
        ty,
    }
}

/// Whether every value of `from` is, as it is held, the same value of `to`.
fn is_identity(from: &DataType, to: &DataType) -> bool {
    let fits = |inner: &Option<u32>, outer: &Option<u32>| match (inner, outer) {
        (_, None) => true,
        (Some(i), Some(o)) => i <= o,
        (None, Some(_)) => false,
    };
    match (from, to) {
        _ if from == to => true,
        (DataType::Bool, DataType::Int(_)) => true,
        (DataType::Int(f), DataType::Int(t)) => t.holds_all_of(*f),
        (DataType::Float, DataType::Double) => true,
        (
            DataType::Decimal {
                precision: fp,
                scale: fs,
                unsigned: fu,
            },
            DataType::Decimal {
                precision: tp,
                scale: ts,
                unsigned: tu,
            },
        ) => fs == ts && fp <= tp && (*fu || !*tu) && (*tp != 20 || !*tu),
        (DataType::Text { max: f, .. }, DataType::Text { max: t, .. }) => fits(f, t),
        (DataType::Blob { max: f }, DataType::Blob { max: t }) => fits(f, t),
        (DataType::Time { fsp: f }, DataType::Time { fsp: t })
        | (DataType::DateTime { fsp: f }, DataType::DateTime { fsp: t })
        | (DataType::Timestamp { fsp: f }, DataType::Timestamp { fsp: t }) => f <= t,
        _ => false,
    }
}

/// Converts to a type. Nothing is done where the representation is already right; a constant is
/// converted now if that is exact.
pub(in crate::sql::bind) fn cast(expr: Expr, to: &DataType, strict: bool) -> Expr {
    let expr = match to.is_numeric() {
        true => bytes_as_number(&expr).unwrap_or(expr),
        false => expr,
    };
    let from = expr.ty();
    // The text of a member says nothing of its number.
    let is_number = from.is_members() && to.is_numeric();
    if let Expr::Literal { value, .. } = &expr
        && !is_number
        && let Some(value) = exact(value, to)
    {
        return Expr::Literal {
            value,
            ty: to.clone(),
        };
    }
    if is_identity(&from, to) {
        return expr;
    }
    let expr = match to {
        DataType::Decimal { .. } | DataType::Float | DataType::Double => with_guard_digits(expr),
        _ => expr,
    };
    Expr::Cast {
        operand: Box::new(expr),
        ty: to.clone(),
        strict,
    }
}

/// `expr COLLATE …`: a cast even where nothing changes, so that a comparison knows it was said.
pub(in crate::sql::bind) fn collate(expr: Expr, collation: Collation) -> Expr {
    let max = match expr.ty() {
        DataType::Text { max, .. } => max,
        _ => None,
    };
    Expr::Cast {
        operand: Box::new(expr),
        ty: DataType::Text { max, collation },
        strict: false,
    }
}

/// A text expression of a comparison in the collation that the comparison has.
fn retype_text(expr: Expr, collation: Collation) -> Expr {
    let ty = expr.ty();
    if ty.collation() == collation {
        return expr;
    }
    match (expr, ty) {
        (Expr::Literal { value, .. }, DataType::Text { max, .. }) => Expr::Literal {
            value,
            ty: DataType::Text { max, collation },
        },
        (other, _) => collate(other, collation),
    }
}

/// As a boolean: numbers are true unless 0, text is read as a number.
pub(in crate::sql::bind) fn to_bool(expr: Expr, at: Option<Position>) -> Result<Expr> {
    let ty = expr.ty();
    if ty == DataType::Bool {
        return Ok(expr);
    }
    if let Expr::Literal { value, .. } = &expr {
        match value {
            Value::Null => return Ok(null_of(DataType::Bool)),
            Value::Int(i) => return Ok(bool_literal(*i != 0)),
            _ => {}
        }
    }
    if ty == DataType::Null {
        return Ok(cast(expr, &DataType::Bool, false));
    }
    let number = numeric(expr, at)?;
    let ty = number.ty();
    let zero = cast(super::int_literal(0), &ty, false);
    Ok(Expr::Compare {
        op: CompareOp::NotEq,
        left: Box::new(number),
        right: Box::new(zero),
    })
}

/// As a number for arithmetic: text is read as DOUBLE, leniently.
///
/// Errors: dates, blobs, vectors and the like are no numbers.
pub(in crate::sql::bind) fn numeric(expr: Expr, at: Option<Position>) -> Result<Expr> {
    let expr = bytes_as_number(&expr).unwrap_or(expr);
    let ty = expr.ty();
    match ty {
        DataType::Null | DataType::Members(_) => Ok(cast(expr, &DataType::BIGINT, false)),
        DataType::Text { .. } | DataType::Json => Ok(cast(expr, &DataType::Double, false)),
        _ if ty.is_numeric() => Ok(expr),
        _ => Err(Error::Invalid {
            message: format!("{ty} is no number; CAST it, or use INTERVAL for dates"),
            position: at,
        }),
    }
}

/// As text.
pub(in crate::sql::bind) fn to_text(expr: Expr) -> Expr {
    if expr.ty().is_text() {
        return expr;
    }
    match &expr {
        Expr::Literal {
            value: Value::Int(i), ..
        } => text_literal(format!("{i}")),
        _ => cast(expr, &DataType::TEXT, false),
    }
}

/// Whether a constant of one type may be turned into the other's before comparing without changing the
/// outcome.
pub(in crate::sql::bind) fn follows(literal: &DataType, other: &DataType) -> bool {
    (other.is_numeric() && (literal.is_numeric() || literal.is_text()))
        || (other.is_members() && (literal.is_numeric() || literal.is_text()))
        || (literal.is_text()
            && (other.is_text()
                || other.is_temporal()
                || matches!(other, DataType::Uuid | DataType::Blob { .. })))
        || (matches!(literal, DataType::Date) && matches!(other, DataType::DateTime { .. }))
        || *literal == DataType::Null
}

fn collation_of(left: &Expr, right: &Expr) -> Collation {
    let of = |e: &Expr| match e {
        // Only COLLATE and this module cast text to text.
        Expr::Cast { operand, ty, .. } if operand.ty().is_text() && ty.is_text() => Some(ty.collation()),
        _ => None,
    };
    let column = |e: &Expr| matches!(e, Expr::Column { .. });
    of(left).or_else(|| of(right)).unwrap_or_else(|| {
        if column(left) {
            left.ty().collation()
        } else if column(right) {
            right.ty().collation()
        } else if left.ty().collation() == Collation::NoCase {
            Collation::NoCase
        } else {
            right.ty().collation()
        }
    })
}

fn incomparable(a: &DataType, b: &DataType, at: Option<Position>) -> Error {
    Error::Invalid {
        message: format!("{a} and {b} cannot be compared; CAST one of them"),
        position: at,
    }
}

/// A JSON document beside what it compares with: a number or a text for what the document holds, as in MySQL and
/// SQLite; a document beside another one as it is.
fn as_scalar(json: Expr, other: &DataType) -> Result<Expr> {
    if json.ty() != DataType::Json {
        return Ok(json);
    }
    Ok(match other {
        t if t.is_numeric() => cast(json, &DataType::Double, false),
        DataType::Text { .. } => {
            let function = lookup("JSON_UNQUOTE").ok_or_else(|| Error::unsupported("JSON_UNQUOTE"))?;
            Expr::Function {
                function,
                args: alloc::vec![json],
                ty: DataType::TEXT,
            }
        }
        _ => json,
    })
}

/// Both operands in the type they compare in.
fn align(left: Expr, right: Expr, at: Option<Position>) -> Result<(Expr, Expr)> {
    let (lt, rt) = (left.ty(), right.ty());
    let (left, right) = (as_scalar(left, &rt)?, as_scalar(right, &lt)?);
    let beside = |e: Expr, other: &DataType| match other.is_numeric() {
        true => bytes_as_number(&e).unwrap_or(e),
        false => e,
    };
    let (lt, rt) = (left.ty(), right.ty());
    let (left, right) = (beside(left, &rt), beside(right, &lt));
    let (lt, rt) = (left.ty(), right.ty());
    // A constant takes the other's type where it has exactly that value.
    let constant = |e: &Expr, other: &DataType| match e {
        Expr::Literal { value, ty } if follows(ty, other) => exact(value, other),
        _ => None,
    };
    let is_literal = |e: &Expr| matches!(e, Expr::Literal { .. });
    if !is_literal(&left)
        && let Some(value) = constant(&right, &lt)
    {
        return Ok((left, Expr::Literal { value, ty: lt }));
    }
    if !is_literal(&right)
        && let Some(value) = constant(&left, &rt)
    {
        return Ok((Expr::Literal { value, ty: rt }, right));
    }
    // '2024-05-01 12:00' beside a DATE: the day starts at midnight.
    let written = |e: &Expr, other: &DataType| match e {
        Expr::Literal {
            value: Value::Text(s),
            ..
        } if *other == DataType::Date => date_or_date_time(s),
        _ => None,
    };
    let ty = match written(&left, &rt).or_else(|| written(&right, &lt)) {
        Some(ty) => ty,
        None => comparison_type(&lt, &rt).ok_or_else(|| incomparable(&lt, &rt, at))?,
    };
    if is_integer(&ty) {
        return Ok((left, right));
    }
    let strict = ty.is_temporal() || ty == DataType::Uuid;
    // The length of a text does not matter here, and a longer fraction of a second compares as it is.
    let ty = match ty {
        DataType::Text { collation, .. } => DataType::Text { max: None, collation },
        DataType::DateTime { .. } => DataType::DateTime { fsp: 6 },
        DataType::Timestamp { .. } => DataType::Timestamp { fsp: 6 },
        DataType::Time { .. } => DataType::Time { fsp: 6 },
        other => other,
    };
    Ok((cast(left, &ty, strict), cast(right, &ty, strict)))
}

/// An ENUM or SET as text, anything else as it is.
pub(in crate::sql::bind) fn plain(expr: Expr) -> Expr {
    match expr.ty() {
        ty @ DataType::Members(_) => cast(expr, &plain_type(&ty), false),
        _ => expr,
    }
}

/// What a comparison for order compares: an ENUM or SET by its number beside a number, by its text beside
/// anything else.
fn ordered(expr: Expr, other: &DataType) -> Expr {
    match expr.ty().is_members() && other.is_numeric() {
        true => cast(expr, &DataType::BIGINT, false),
        false => plain(expr),
    }
}

/// A comparison of two expressions of any types.
pub(in crate::sql::bind) fn compare(
    op: CompareOp,
    left: Expr,
    right: Expr,
    at: Option<Position>,
) -> Result<Expr> {
    let (left, right) = match op {
        CompareOp::Eq | CompareOp::NotEq | CompareOp::NullSafeEq => (left, right),
        _ => {
            let (lt, rt) = (left.ty(), right.ty());
            (ordered(left, &rt), ordered(right, &lt))
        }
    };
    let (mut left, mut right) = align(with_guard_digits(left), with_guard_digits(right), at)?;
    if left.ty().is_text() && right.ty().is_text() {
        let collation = collation_of(&left, &right);
        left = retype_text(left, collation);
        right = retype_text(right, collation);
    }
    Ok(Expr::Compare {
        op,
        left: Box::new(left),
        right: Box::new(right),
    })
}

/// An operand and its candidates in one type, if one type compares them all as single comparisons would.
pub(in crate::sql::bind) fn unify_comparison(
    operand: &Expr,
    list: &[Expr],
    at: Option<Position>,
) -> Result<Option<(Expr, Vec<Expr>)>> {
    let mut new_operand: Option<Expr> = None;
    let mut items = Vec::with_capacity(list.len());
    for item in list {
        let Expr::Compare { left, right, .. } = compare(CompareOp::Eq, operand.clone(), item.clone(), at)?
        else {
            return Ok(None);
        };
        match &new_operand {
            Some(known) if *known != *left => return Ok(None),
            Some(_) => {}
            None => new_operand = Some(*left),
        }
        items.push(*right);
    }
    Ok(new_operand.map(|o| (o, items)))
}

/// All expressions in their common type.
///
/// Errors: they have none.
pub(in crate::sql::bind) fn convert_all(
    exprs: Vec<Expr>,
    at: Option<Position>,
) -> Result<(Vec<Expr>, DataType)> {
    let mut ty = DataType::Null;
    for e in &exprs {
        let next = e.ty();
        ty = common_type(&ty, &next).ok_or_else(|| Error::Invalid {
            message: format!("{ty} and {next} have no common type; CAST one of them"),
            position: at,
        })?;
    }
    let converted = exprs.into_iter().map(|e| cast(e, &ty, false)).collect();
    Ok((converted, ty))
}
