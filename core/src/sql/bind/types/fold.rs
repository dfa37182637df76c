//! Converting constants while binding, where the result is exact.
//!
//! `int_column = '5'` must reach an index as the integer 5. Only conversions that lose nothing are done
//! here; every other one stays a cast, and evaluation decides whether it is an error.

use super::literal::{digits, parse_decimal};
use crate::types::{DataType, Date, DateTime, Decimal, IntType, Members, Value};
use alloc::{format, string::String};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// `d` with exactly `scale` digits after the point, if none but zeros are dropped.
fn rescale(d: Decimal, scale: u8) -> Option<i128> {
    if scale >= d.scale {
        let factor = 10i128.checked_pow(u32::from(scale - d.scale))?;
        d.unscaled.checked_mul(factor)
    } else {
        let factor = 10i128.checked_pow(u32::from(d.scale - scale))?;
        (d.unscaled % factor == 0).then_some(d.unscaled / factor)
    }
}

fn to_decimal(d: Decimal, precision: u8, scale: u8, unsigned: bool) -> Option<Value> {
    let unscaled = rescale(d, scale)?;
    let bigint_unsigned = precision == 20 && scale == 0 && unsigned;
    let fits = digits(unscaled) <= precision
        && !(unsigned && unscaled < 0)
        && !(bigint_unsigned && unscaled > i128::from(u64::MAX));
    fits.then_some(Value::Decimal(Decimal::new(unscaled, scale)))
}

fn decimal_text(d: Decimal) -> String {
    format!("{}e-{}", d.unscaled, d.scale)
}

/// Whether `f64` holds the integer exactly.
fn exact_f64(i: i64) -> bool {
    i.unsigned_abs() <= 1 << 53
}

/// A text as microseconds of a date and time, with its whole fraction.
fn micros_of_date_time(text: &str) -> Option<i64> {
    let value = Value::Text(String::from(text)).convert(&DataType::DateTime { fsp: 6 });
    match value {
        Ok(Value::DateTime(t)) => Some(t.0),
        _ => None,
    }
}

/// A text as a date, if it has no time of day.
fn date_of(text: &str) -> Option<Date> {
    let micros = micros_of_date_time(text)?;
    (micros % MICROS_PER_DAY == 0).then_some(Date(micros / MICROS_PER_DAY))
}

/// Whether a value in microseconds has no more than `fsp` digits of fractional seconds.
fn has_fsp(micros: i64, fsp: u8) -> bool {
    let unit = 10i64.pow(6 - u32::from(fsp.min(6)));
    micros % unit == 0
}

fn text_fits(text: &str, max: Option<u32>) -> bool {
    max.is_none_or(|m| text.len() <= m as usize || text.chars().count() <= m as usize)
}

/// A value of an ENUM or SET as a constant: its text.
fn member(members: &Members, number: i64) -> Value {
    Value::Text(members.text(number).into_owned())
}

/// The value in the type, if it converts without loss in the obvious way.
pub(in crate::sql::bind) fn exact(value: &Value, to: &DataType) -> Option<Value> {
    match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Text(s), DataType::Members(members)) => members.equal_number(s).map(|n| member(members, n)),
        (
            Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Float(_),
            DataType::Members(members),
        ) => match exact(value, &DataType::BIGINT)? {
            Value::Int(n) if members.has(n) => Some(member(members, n)),
            _ => None,
        },
        (Value::Bool(b), DataType::Bool) => Some(Value::Bool(*b)),
        (Value::Bool(b), _) if to.is_numeric() => exact(&Value::Int(i64::from(*b)), to),
        (Value::Int(i), DataType::Bool) => match i {
            0 => Some(Value::Bool(false)),
            1 => Some(Value::Bool(true)),
            _ => None,
        },
        (Value::Int(i), DataType::Int(t)) => t.holds(*i).then_some(Value::Int(*i)),
        (
            Value::Int(i),
            DataType::Decimal {
                precision,
                scale,
                unsigned,
            },
        ) => to_decimal(Decimal::new(i128::from(*i), 0), *precision, *scale, *unsigned),
        (Value::Int(i), DataType::Double | DataType::Float) if exact_f64(*i) => {
            exact(&Value::Float(*i as f64), to)
        }
        (Value::Decimal(d), DataType::Int(_) | DataType::Bool) => {
            let whole = i64::try_from(rescale(*d, 0)?).ok()?;
            exact(&Value::Int(whole), to)
        }
        (
            Value::Decimal(d),
            DataType::Decimal {
                precision,
                scale,
                unsigned,
            },
        ) => to_decimal(*d, *precision, *scale, *unsigned),
        (Value::Decimal(d), DataType::Double | DataType::Float) => {
            exact(&Value::Float(decimal_text(*d).parse().ok()?), to)
        }
        (Value::Float(f), DataType::Double) => Some(Value::Float(*f)),
        (Value::Float(f), DataType::Float) => (f64::from(*f as f32) == *f).then_some(Value::Float(*f)),
        (Value::Float(f), DataType::Int(_) | DataType::Bool) => {
            let whole = *f as i64;
            (exact_f64(whole) && whole as f64 == *f)
                .then(|| exact(&Value::Int(whole), to))
                .flatten()
        }
        (Value::Text(s), DataType::Text { max, .. }) if text_fits(s, *max) => Some(Value::Text(s.clone())),
        // Of two digits, it is not the year of that number.
        (Value::Text(s), DataType::Int(IntType::Year)) if s.trim_ascii().len() < 4 => None,
        (Value::Text(s), DataType::Int(_) | DataType::Decimal { .. }) => {
            exact(&Value::Decimal(parse_decimal(s)?), to)
        }
        (Value::Text(s), DataType::Double) => {
            let plain = |c: u8| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E');
            if !s.bytes().all(plain) {
                return None;
            }
            let f: f64 = s.parse().ok()?;
            f.is_finite().then_some(Value::Float(f))
        }
        (Value::Text(s), DataType::Date) => date_of(s).map(Value::Date),
        (Value::Text(s), DataType::DateTime { fsp } | DataType::Timestamp { fsp }) => micros_of_date_time(s)
            .filter(|m| has_fsp(*m, *fsp))
            .map(|m| Value::DateTime(DateTime(m))),
        (Value::Text(_), DataType::Time { fsp }) => match value.convert(&DataType::Time { fsp: 6 }) {
            Ok(Value::Time(t)) if has_fsp(t.0, *fsp) => Some(Value::Time(t)),
            _ => None,
        },
        (Value::Text(_), DataType::Uuid) => value.convert(to).ok(),
        (Value::Text(s), DataType::Blob { max }) if max.is_none_or(|m| s.len() <= m as usize) => {
            Some(Value::Blob(s.as_bytes().to_vec()))
        }
        (Value::Blob(b), DataType::Blob { max }) if max.is_none_or(|m| b.len() <= m as usize) => {
            Some(Value::Blob(b.clone()))
        }
        (Value::Date(d), DataType::Date) => Some(Value::Date(*d)),
        (Value::Date(d), DataType::DateTime { .. }) => {
            Some(Value::DateTime(DateTime(d.0.checked_mul(MICROS_PER_DAY)?)))
        }
        (Value::DateTime(t), DataType::DateTime { fsp }) if has_fsp(t.0, *fsp) => Some(Value::DateTime(*t)),
        (Value::Time(t), DataType::Time { fsp }) if has_fsp(t.0, *fsp) => Some(Value::Time(*t)),
        (Value::Uuid(u), DataType::Uuid) => Some(Value::Uuid(*u)),
        _ => None,
    }
}

/// The type of the date or time that a text is written as, for comparing it with a DATE.
pub(super) fn date_or_date_time(text: &str) -> Option<DataType> {
    if date_of(text).is_some() {
        Some(DataType::Date)
    } else {
        micros_of_date_time(text).map(|_| DataType::DateTime { fsp: 6 })
    }
}

/// `-value`, if it is a number whose negation is representable; 2^63 becomes the smallest BIGINT.
pub(in crate::sql::bind) fn negate(value: &Value, ty: &DataType) -> Option<(Value, DataType)> {
    match value {
        Value::Int(i) => Some((Value::Int(i.checked_neg()?), ty.clone())),
        Value::Float(f) => Some((Value::Float(-f), ty.clone())),
        Value::Decimal(d) => {
            let unscaled = d.unscaled.checked_neg()?;
            match i64::try_from(unscaled) {
                Ok(i) if d.scale == 0 => Some((Value::Int(i), DataType::BIGINT)),
                _ => Some((Value::Decimal(Decimal::new(unscaled, d.scale)), ty.clone())),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::types::IntType;

    fn text(s: &str) -> Value {
        Value::Text(String::from(s))
    }

    fn decimal(precision: u8, scale: u8) -> DataType {
        DataType::Decimal {
            precision,
            scale,
            unsigned: false,
        }
    }

    #[test]
    fn numbers_convert_only_exactly() {
        let int = DataType::Int(IntType::I8);
        assert_eq!(exact(&text("12"), &int), Some(Value::Int(12)));
        assert_eq!(exact(&text("200"), &int), None);
        assert_eq!(exact(&text("12x"), &int), None);
        assert_eq!(exact(&text("12.0"), &int), Some(Value::Int(12)));
        assert_eq!(exact(&Value::Decimal(Decimal::new(15, 1)), &int), None);
        let d = exact(&Value::Decimal(Decimal::new(15, 1)), &decimal(10, 2));
        assert_eq!(d, Some(Value::Decimal(Decimal::new(150, 2))));
        assert_eq!(
            exact(&Value::Decimal(Decimal::new(1234, 3)), &decimal(10, 2)),
            None
        );
        let big = Value::Int((1 << 53) + 1);
        assert_eq!(exact(&big, &DataType::Double), None);
        let half = Value::Decimal(Decimal::new(5, 1));
        assert_eq!(exact(&half, &DataType::Double), Some(Value::Float(0.5)));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |s| exact(&text(s), &DataType::Date);
        assert_eq!(date("1970-01-01"), Some(Value::Date(Date(0))));
        assert_eq!(date("2000-02-29"), Some(Value::Date(Date(11_016))));
        assert_eq!(date("1969-12-31"), Some(Value::Date(Date(-1))));
        assert_eq!(date("1900-02-29"), None);
        assert_eq!(date("2024-13-01"), None);
        let at = exact(&text("1970-01-02 00:00:01.5"), &DataType::DateTime { fsp: 6 });
        assert_eq!(at, Some(Value::DateTime(DateTime(MICROS_PER_DAY + 1_500_000))));
        assert_eq!(
            exact(&text("1970-01-02 00:00:01.5"), &DataType::DateTime { fsp: 0 }),
            None
        );
    }

    #[test]
    fn uuids_are_sixteen_bytes() {
        let u = exact(&text("00112233-4455-6677-8899-aabbccddeeff"), &DataType::Uuid);
        let expected: [u8; 16] = core::array::from_fn(|i| (i as u8) * 0x11);
        assert_eq!(u, Some(Value::Uuid(expected)));
        assert_eq!(exact(&text("00112233-4455"), &DataType::Uuid), None);
    }
}
