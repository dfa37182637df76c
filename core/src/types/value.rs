//! One value outside a column: parameters, results, literals.

use super::convert::{self, ValueRef};
use super::vector::vector_bytes;
use super::{Collation, Column, DataType, Date, DateTime, Decimal, IntType, Result, Time, decimal};
use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::cmp::Ordering;
use core::fmt;

/// A single SQL value, as users pass it in and get it out.
///
/// Inside the engine values live in typed [`Column`](super::Column)s; a `Value` appears at the edges.
/// Its variants mirror the families of [`DataType`](super::DataType).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// SQL NULL.
    #[default]
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// Any integer type up to BIGINT.
    Int(i64),
    /// FLOAT, DOUBLE.
    Float(f64),
    /// DECIMAL, BIGINT UNSIGNED.
    Decimal(Decimal),
    /// CHAR, VARCHAR, TEXT.
    Text(String),
    /// BINARY, VARBINARY, BLOB.
    Blob(Vec<u8>),
    /// DATE.
    Date(Date),
    /// TIME.
    Time(Time),
    /// DATETIME and TIMESTAMP.
    DateTime(DateTime),
    /// JSON as text.
    Json(String),
    /// UUID.
    Uuid([u8; 16]),
    /// VECTOR.
    Vector(Vec<f32>),
    /// GEOMETRY as WKB.
    Geometry(Vec<u8>),
}

impl Value {
    /// Whether it is SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The widest type of the value's family that holds it exactly: BIGINT for integers, TEXT for
    /// text, a decimal's own digits.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Null => DataType::Null,
            Value::Bool(_) => DataType::Bool,
            Value::Int(_) => DataType::BIGINT,
            Value::Float(_) => DataType::Double,
            Value::Decimal(d) => DataType::Decimal {
                precision: d.digits().min(Decimal::MAX_PRECISION),
                scale: d.scale.min(Decimal::MAX_PRECISION),
                unsigned: false,
            },
            Value::Text(_) => DataType::TEXT,
            Value::Blob(_) => DataType::BLOB,
            Value::Date(_) => DataType::Date,
            Value::Time(_) => DataType::Time { fsp: 6 },
            Value::DateTime(_) => DataType::DateTime { fsp: 6 },
            Value::Json(_) => DataType::Json,
            Value::Uuid(_) => DataType::Uuid,
            Value::Vector(v) => DataType::Vector { dims: v.len() as u32 },
            Value::Geometry(_) => DataType::Geometry,
        }
    }

    /// Whether that is its [type](Value::data_type).
    #[inline]
    pub fn has_type(&self, ty: &DataType) -> bool {
        match (self, ty) {
            (Value::Int(_), DataType::Int(int)) => *int == IntType::I64,
            (Value::Text(_), DataType::Text { max, collation }) => {
                max.is_none() && *collation == Collation::Binary
            }
            (Value::Float(_), DataType::Double) | (Value::Null, DataType::Null) => true,
            _ => self.data_type() == *ty,
        }
    }

    /// The value as the engine reads it; a vector's bytes are put into `buffer`.
    pub(super) fn as_ref<'a>(&'a self, buffer: &'a mut Vec<u8>) -> ValueRef<'a> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(b) => ValueRef::Bool(*b),
            Value::Int(i) => ValueRef::Int(*i),
            Value::Float(f) => ValueRef::Float(*f),
            Value::Decimal(d) => ValueRef::Decimal(*d),
            Value::Text(t) => ValueRef::Text(t),
            Value::Blob(b) => ValueRef::Blob(b),
            Value::Date(d) => ValueRef::Date(*d),
            Value::Time(t) => ValueRef::Time(*t, None),
            Value::DateTime(t) => ValueRef::DateTime(*t, None),
            Value::Json(t) => ValueRef::Json(t),
            Value::Uuid(u) => ValueRef::Uuid(u),
            Value::Vector(v) => {
                *buffer = vector_bytes(v);
                ValueRef::Vector(buffer)
            }
            Value::Geometry(g) => ValueRef::Geometry(g),
        }
    }

    /// The value as one of type `ty`, by the rules of assignment (see [`Column::push_value`]).
    pub fn convert(&self, ty: &DataType) -> Result<Value> {
        let mut column = Column::new(ty.physical());
        column.push_value(self, ty)?;
        Ok(column.value(0, ty))
    }

    /// Order against another value: numbers of any kind by number, others within their family, text by
    /// bytes. `None` if either is NULL or they do not compare.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Text(a), Value::Text(b)) | (Value::Json(a), Value::Json(b)) => Some(a.cmp(b)),
            (Value::Blob(a), Value::Blob(b)) | (Value::Geometry(a), Value::Geometry(b)) => Some(a.cmp(b)),
            (Value::Uuid(a), Value::Uuid(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::DateTime(b)) => Some(a.at_midnight().cmp(b)),
            (Value::DateTime(a), Value::Date(b)) => Some(a.cmp(&b.at_midnight())),
            (Value::Vector(a), Value::Vector(b)) => a.partial_cmp(b),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
            (Value::Float(f), b) => compare_float(*f, b.exact_number()?),
            (a, Value::Float(f)) => compare_float(*f, a.exact_number()?).map(Ordering::reverse),
            (a, b) => Some(a.exact_number()?.cmp(&b.exact_number()?)),
        }
    }

    fn exact_number(&self) -> Option<Decimal> {
        match self {
            Value::Bool(b) => Some(Decimal::from(i64::from(*b))),
            Value::Int(i) => Some(Decimal::from(*i)),
            Value::Decimal(d) => Some(*d),
            _ => None,
        }
    }

    /// The value as SQL text that parses back to it.
    pub fn to_sql_literal(&self) -> String {
        match self {
            Value::Bool(b) => String::from(if *b { "TRUE" } else { "FALSE" }),
            // A float literal keeps its exponent, or it would parse as an exact decimal.
            Value::Float(f) => format!("{f:e}"),
            Value::Null | Value::Int(_) | Value::Decimal(_) | Value::Blob(_) => format!("{self}"),
            Value::Geometry(_) => format!("CAST({} AS GEOMETRY)", quote(&format!("{self}"))),
            Value::Date(_) => format!("DATE {}", quote(&format!("{self}"))),
            Value::Time(_) => format!("TIME {}", quote(&format!("{self}"))),
            Value::DateTime(_) => format!("TIMESTAMP {}", quote(&format!("{self}"))),
            Value::Text(_) | Value::Json(_) | Value::Uuid(_) | Value::Vector(_) => quote(&format!("{self}")),
        }
    }
}

/// Compares a float with an exact number; `None` for NaN.
fn compare_float(f: f64, exact: Decimal) -> Option<Ordering> {
    match f.partial_cmp(&exact.to_f64())? {
        // Equal after rounding: decide by the float's exact value, which is an integer if it is that big.
        Ordering::Equal if f.abs() >= 9e15 && f.abs() < 1e38 => {
            Some(decimal::compare(f as i128, 0, exact.unscaled, exact.scale))
        }
        other => Some(other),
    }
}

/// The text in single quotes, quotes doubled.
pub(crate) fn quote(text: &str) -> String {
    // The parser reads backslash escapes, as MySQL does.
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

impl fmt::Display for Value {
    /// Plain text as a shell shows it: `1.50`, `2024-02-29 13:14:15.123456`, `NULL`, `X'00FF'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = Vec::new();
        convert::write_text(self.as_ref(&mut buffer), f)
    }
}

/// One `From` per native type and variant.
macro_rules! from {
    ($($t:ty => $v:ident => $e:expr),* $(,)?) => {
        $(impl From<$t> for Value {
            fn from($v: $t) -> Value {
                $e
            }
        })*
    };
}

from! {
    bool => v => Value::Bool(v),
    i8 => v => Value::Int(i64::from(v)),
    i16 => v => Value::Int(i64::from(v)),
    i32 => v => Value::Int(i64::from(v)),
    i64 => v => Value::Int(v),
    u8 => v => Value::Int(i64::from(v)),
    u16 => v => Value::Int(i64::from(v)),
    u32 => v => Value::Int(i64::from(v)),
    u64 => v => i64::try_from(v).map_or(Value::Decimal(Decimal::new(i128::from(v), 0)), Value::Int),
    usize => v => Value::from(v as u64),
    isize => v => Value::Int(v as i64),
    f32 => v => Value::Float(convert::widen(v)),
    f64 => v => Value::Float(v),
    Decimal => v => Value::Decimal(v),
    &str => v => Value::Text(String::from(v)),
    String => v => Value::Text(v),
    &String => v => Value::Text(v.clone()),
    Cow<'_, str> => v => Value::Text(v.into_owned()),
    &[u8] => v => Value::Blob(Vec::from(v)),
    Vec<u8> => v => Value::Blob(v),
    Vec<f32> => v => Value::Vector(v),
    Date => v => Value::Date(v),
    Time => v => Value::Time(v),
    DateTime => v => Value::DateTime(v),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Value {
        v.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn prints_what_a_shell_shows() {
        for (v, plain, literal) in [
            (Value::Null, "NULL", "NULL"),
            (Value::from(true), "1", "TRUE"),
            (Value::from(3.0), "3", "3e0"),
            (Value::from(1e300), "1e300", "1e300"),
            (Value::from(0.1), "0.1", "1e-1"),
            (Value::Decimal(Decimal::new(150, 2)), "1.50", "1.50"),
            (Value::from("it's"), "it's", "'it''s'"),
            (Value::from(alloc::vec![0u8, 255]), "X'00FF'", "X'00FF'"),
            (Value::from(alloc::vec![1f32, 2.5]), "[1,2.5]", "'[1,2.5]'"),
            (
                Value::from(DateTime::parse("2024-02-29 13:14:15.5").unwrap()),
                "2024-02-29 13:14:15.500",
                "TIMESTAMP '2024-02-29 13:14:15.500'",
            ),
        ] {
            assert_eq!(v.to_string(), plain);
            assert_eq!(v.to_sql_literal(), literal);
        }
    }

    #[test]
    fn numbers_compare_exactly_across_kinds() {
        let big = Value::from(9_007_199_254_740_993i64); // 2^53 + 1
        assert_eq!(
            big.compare(&Value::from(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(Value::from(2).compare(&Value::from(2.0)), Some(Ordering::Equal));
        assert_eq!(
            Value::Decimal(Decimal::new(15, 1)).compare(&Value::from(1.5)),
            Some(Ordering::Equal)
        );
        assert_eq!(Value::Null.compare(&Value::Null), None);
        assert_eq!(Value::from("1").compare(&Value::from(1)), None);
    }
}
