//! SQL values as Rust types. Nothing is rounded, cut or parsed: a value that is not exactly one of
//! the type is an error.

use amphi_core::{
    Error, Result, Value,
    types::{Date, DateTime, Decimal, Time, ValueRef},
};

/// A Rust type that a SQL value can be read as; see [`Row::get`](crate::Row::get).
///
/// NULL is read by `Option<T>` and [`Value`] only. Integers are range-checked. `String` also takes
/// dates, times, decimals, UUIDs, JSON and geometries, in their SQL text form.
pub trait FromValue: Sized {
    /// The value as this type.
    ///
    /// # Errors
    ///
    /// [`Error::TypeMismatch`] if the value is of another kind or NULL, [`Error::OutOfRange`] if it
    /// is a number that the type cannot hold exactly.
    fn from_value(value: Value) -> Result<Self>;

    /// The value where it is, as this type: the same, without a copy that the type does not need.
    ///
    /// # Errors
    ///
    /// As [`FromValue::from_value`].
    fn from_value_ref(value: ValueRef<'_>) -> Result<Self> {
        Self::from_value(value.to_value())
    }
}

/// The value as SQL text, short enough for a message.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_sql_literal();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

pub(crate) fn mismatch(value: &Value, expected: &str) -> Error {
    Error::TypeMismatch {
        value: shown(value),
        expected: expected.to_owned(),
        column: None,
    }
}

fn out_of_range(value: &Value, expected: &str) -> Error {
    Error::OutOfRange {
        value: shown(value),
        expected: expected.to_owned(),
        column: None,
    }
}

/// The value as a whole number; `None` if it is none.
pub(crate) fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(b) => Some(i128::from(*b)),
        Value::Int(i) => Some(i128::from(*i)),
        Value::Decimal(d) => {
            let whole = d.normalized();
            (whole.scale == 0).then_some(whole.unscaled)
        }
        _ => None,
    }
}

/// The value as a float, if that loses nothing a decimal reader would miss.
pub(crate) fn float(value: &Value) -> Result<f64> {
    match value {
        Value::Float(f) => Ok(*f),
        Value::Decimal(d) => Ok(d.to_f64()),
        // Every integer up to 2^53 is a float; beyond, some are not.
        Value::Int(i) if (*i as f64) as i128 == i128::from(*i) => Ok(*i as f64),
        Value::Int(_) => Err(out_of_range(value, "f64")),
        other => Err(mismatch(other, "f64")),
    }
}

/// The value as text, for the kinds whose usual form is text.
pub(crate) fn text(value: Value) -> Result<String> {
    match value {
        Value::Text(text) | Value::Json(text) => Ok(text),
        Value::Decimal(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Uuid(_)
        | Value::Geometry(_) => Ok(value.to_string()),
        other => Err(mismatch(&other, "String")),
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Value> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Option<T>> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn from_value_ref(value: ValueRef<'_>) -> Result<Option<T>> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value_ref(value).map(Some),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<bool> {
        match value {
            Value::Bool(b) => Ok(b),
            Value::Int(i @ (0 | 1)) => Ok(i == 1),
            other => Err(mismatch(&other, "bool")),
        }
    }
}

macro_rules! integers {
    ($($t:ident)*) => {
        $(impl FromValue for $t {
            fn from_value(value: Value) -> Result<$t> {
                let whole = integer(&value).ok_or_else(|| mismatch(&value, stringify!($t)))?;
                $t::try_from(whole).map_err(|_| out_of_range(&value, stringify!($t)))
            }

            #[inline]
            fn from_value_ref(value: ValueRef<'_>) -> Result<$t> {
                if let ValueRef::Int(i) = value
                    && let Ok(i) = $t::try_from(i)
                {
                    return Ok(i);
                }
                Self::from_value(value.to_value())
            }
        })*
    };
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<f64> {
        float(&value)
    }

    #[inline]
    fn from_value_ref(value: ValueRef<'_>) -> Result<f64> {
        match value {
            ValueRef::Float(f) => Ok(f),
            other => float(&other.to_value()),
        }
    }
}

impl FromValue for f32 {
    /// A double is rounded to the nearest `f32`; one too big for it is out of range.
    fn from_value(value: Value) -> Result<f32> {
        let wide = float(&value)?;
        let narrow = wide as f32;
        if narrow.is_finite() || !wide.is_finite() {
            Ok(narrow)
        } else {
            Err(out_of_range(&value, "f32"))
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<String> {
        text(value)
    }

    #[inline]
    fn from_value_ref(value: ValueRef<'_>) -> Result<String> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            other => text(other.to_value()),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Vec<u8>> {
        match value {
            Value::Blob(bytes) | Value::Geometry(bytes) => Ok(bytes),
            other => Err(mismatch(&other, "Vec<u8>")),
        }
    }
}

impl FromValue for [u8; 16] {
    fn from_value(value: Value) -> Result<[u8; 16]> {
        match value {
            Value::Uuid(bytes) => Ok(bytes),
            other => Err(mismatch(&other, "[u8; 16]")),
        }
    }
}

impl FromValue for Vec<f32> {
    fn from_value(value: Value) -> Result<Vec<f32>> {
        match value {
            Value::Vector(elements) => Ok(elements),
            other => Err(mismatch(&other, "Vec<f32>")),
        }
    }
}

impl FromValue for Decimal {
    fn from_value(value: Value) -> Result<Decimal> {
        match value {
            Value::Decimal(d) => Ok(d),
            Value::Int(i) => Ok(Decimal::from(i)),
            other => Err(mismatch(&other, "Decimal")),
        }
    }
}

impl FromValue for Date {
    fn from_value(value: Value) -> Result<Date> {
        match value {
            Value::Date(date) => Ok(date),
            other => Err(mismatch(&other, "Date")),
        }
    }
}

impl FromValue for Time {
    fn from_value(value: Value) -> Result<Time> {
        match value {
            Value::Time(time) => Ok(time),
            other => Err(mismatch(&other, "Time")),
        }
    }
}

impl FromValue for DateTime {
    fn from_value(value: Value) -> Result<DateTime> {
        match value {
            Value::DateTime(moment) => Ok(moment),
            Value::Date(date) => Ok(date.at_midnight()),
            other => Err(mismatch(&other, "DateTime")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromValue>(value: impl Into<Value>) -> Result<T> {
        T::from_value(value.into())
    }

    #[test]
    fn numbers_are_never_changed_silently() {
        assert_eq!(read::<u8>(255), Ok(255));
        assert!(matches!(read::<u8>(256), Err(Error::OutOfRange { .. })));
        assert!(matches!(read::<u64>(-1), Err(Error::OutOfRange { .. })));
        assert_eq!(read::<u64>(u64::MAX), Ok(u64::MAX));
        assert_eq!(read::<i64>(Decimal::new(1200, 2)), Ok(12));
        assert!(matches!(
            read::<i64>(Decimal::new(1250, 2)),
            Err(Error::TypeMismatch { .. })
        ));
        assert!(matches!(read::<i64>(1.0), Err(Error::TypeMismatch { .. })));
        assert!(matches!(
            read::<f64>((1i64 << 53) + 1),
            Err(Error::OutOfRange { .. })
        ));
        assert!(matches!(read::<f64>(i64::MAX), Err(Error::OutOfRange { .. })));
        assert_eq!(read::<f64>(1i64 << 60), Ok((1u64 << 60) as f64));
        assert!(matches!(read::<f32>(1e300), Err(Error::OutOfRange { .. })));
    }

    #[test]
    fn null_is_for_options() {
        assert_eq!(read::<Option<i64>>(None::<i64>), Ok(None));
        assert_eq!(read::<Option<i64>>(5), Ok(Some(5)));
        assert!(matches!(
            read::<i64>(None::<i64>),
            Err(Error::TypeMismatch { .. })
        ));
    }

    #[test]
    fn text_and_numbers_are_different_things() {
        assert!(read::<String>(5).is_err());
        assert!(read::<i64>("5").is_err());
        assert_eq!(read::<String>(Decimal::new(150, 2)), Ok("1.50".to_owned()));
        let long = read::<i64>("x".repeat(1000)).map_err(|e| e.to_string());
        assert!(long.is_err_and(|message| message.len() < 120));
    }
}
