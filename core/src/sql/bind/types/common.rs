//! The type that two types share.

use crate::types::{Collation, DataType, Decimal};

/// Whether it is an integer or boolean, all held as `i64`.
pub(in crate::sql::bind) fn is_integer(ty: &DataType) -> bool {
    matches!(ty, DataType::Int(_) | DataType::Bool)
}

/// Digits before the point that values of a numeric type may need.
fn whole_digits(ty: &DataType) -> u8 {
    match ty {
        DataType::Decimal { precision, scale, .. } => precision.saturating_sub(*scale),
        DataType::Bool => 1,
        DataType::Int(i) => {
            let (low, high) = i.range();
            super::literal::digits(i128::from(low.unsigned_abs().max(high.unsigned_abs())))
        }
        _ => Decimal::MAX_PRECISION,
    }
}

/// DECIMAL with that many digits before and after the point, at most 38 in all.
pub(in crate::sql::bind) fn decimal(whole: u8, scale: u8) -> DataType {
    let scale = scale.min(Decimal::MAX_PRECISION);
    DataType::Decimal {
        precision: whole.saturating_add(scale).clamp(1, Decimal::MAX_PRECISION),
        scale,
        unsigned: false,
    }
}

/// The numeric type of both: BIGINT, DECIMAL of the larger scale, or DOUBLE if either is a float.
pub(in crate::sql::bind) fn numeric_type(a: &DataType, b: &DataType) -> DataType {
    let float = |t: &DataType| matches!(t, DataType::Float | DataType::Double);
    if float(a) || float(b) {
        DataType::Double
    } else if is_integer(a) && is_integer(b) {
        DataType::BIGINT
    } else {
        decimal(whole_digits(a).max(whole_digits(b)), a.scale().max(b.scale()))
    }
}

fn text_type(a: &DataType, b: &DataType) -> DataType {
    let max = match (a, b) {
        (DataType::Text { max: Some(x), .. }, DataType::Text { max: Some(y), .. }) => Some(*x.max(y)),
        _ => None,
    };
    let no_case = a.collation() == Collation::NoCase || b.collation() == Collation::NoCase;
    DataType::Text {
        max,
        collation: if no_case {
            Collation::NoCase
        } else {
            Collation::Binary
        },
    }
}

fn temporal_type(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date, DateTime, Time, Timestamp};
    Some(match (a, b) {
        (Time { fsp: x }, Time { fsp: y }) => Time { fsp: *x.max(y) },
        (Time { .. }, _) | (_, Time { .. }) => return None,
        (DateTime { fsp: x }, DateTime { fsp: y }) => DateTime { fsp: *x.max(y) },
        (Timestamp { fsp: x }, Timestamp { fsp: y }) => Timestamp { fsp: *x.max(y) },
        (Timestamp { fsp }, Date) | (Date, Timestamp { fsp }) => Timestamp { fsp: *fsp },
        (DateTime { fsp }, Date) | (Date, DateTime { fsp }) => DateTime { fsp: *fsp },
        _ => DateTime { fsp: 6 },
    })
}

/// What a value of the type is beside something else than a number: ENUM and SET are text.
pub(in crate::sql::bind) fn plain_type(ty: &DataType) -> DataType {
    match ty {
        DataType::Members(members) => DataType::Text {
            max: None,
            collation: members.collation(),
        },
        other => other.clone(),
    }
}

/// The type of an expression that yields one or the other (CASE, COALESCE, VALUES, …); `None` if
/// they have nothing in common.
pub(in crate::sql::bind) fn common_type(a: &DataType, b: &DataType) -> Option<DataType> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (DataType::Null, t) | (t, DataType::Null) => t.clone(),
        _ if a.is_members() || b.is_members() => return common_type(&plain_type(a), &plain_type(b)),
        _ if a.is_numeric() && b.is_numeric() => numeric_type(a, b),
        _ if a.is_text() && b.is_text() => text_type(a, b),
        _ if a.is_temporal() && b.is_temporal() => temporal_type(a, b).unwrap_or(DataType::TEXT),
        (DataType::Blob { .. }, DataType::Blob { .. } | DataType::Text { .. })
        | (DataType::Text { .. }, DataType::Blob { .. }) => DataType::BLOB,
        (DataType::Text { .. }, t) | (t, DataType::Text { .. })
            if !matches!(t, DataType::Vector { .. } | DataType::Geometry) =>
        {
            text_type(a, b)
        }
        _ if (a.is_numeric() || a.is_temporal()) && (b.is_numeric() || b.is_temporal()) => DataType::TEXT,
        _ => return None,
    })
}

/// The type in which two values that are no constants compare; `None` if they cannot.
pub(super) fn comparison_type(a: &DataType, b: &DataType) -> Option<DataType> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (DataType::Null, t) | (t, DataType::Null) => t.clone(),
        (DataType::Members(_), t) | (t, DataType::Members(_)) if t.is_numeric() => {
            numeric_type(&DataType::BIGINT, t)
        }
        _ if a.is_members() || b.is_members() => {
            return comparison_type(&plain_type(a), &plain_type(b));
        }
        _ if a.is_numeric() && b.is_numeric() => numeric_type(a, b),
        _ if a.is_text() && b.is_text() => text_type(a, b),
        _ if (a.is_numeric() && b.is_text()) || (a.is_text() && b.is_numeric()) => DataType::Double,
        _ if a.is_temporal() && b.is_temporal() => temporal_type(a, b)?,
        (t, DataType::Text { .. }) | (DataType::Text { .. }, t) if t.is_temporal() => t.clone(),
        (DataType::Text { .. }, DataType::Uuid) | (DataType::Uuid, DataType::Text { .. }) => DataType::Uuid,
        (DataType::Blob { .. }, DataType::Blob { .. } | DataType::Text { .. } | DataType::Uuid)
        | (DataType::Text { .. } | DataType::Uuid, DataType::Blob { .. }) => DataType::BLOB,
        (DataType::Json, DataType::Text { .. }) | (DataType::Text { .. }, DataType::Json) => text_type(a, b),
        _ => return None,
    })
}
