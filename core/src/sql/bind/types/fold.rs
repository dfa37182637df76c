//! Converting constants while binding, where the result is exact.
//!
//! `int_column = '5'` must reach an index as the integer 5. Only conversions that lose nothing are done
//! here; every other one stays a cast, and evaluation decides whether it is an error.

use super::literal::{digits, parse_decimal};
use crate::types::{DataType, Date, DateTime, Decimal, Value};
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

/// A fixed-width run of digits.
fn number(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0i64, |n, b| {
        let digit = char::from(*b).to_digit(10)?;
        n.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years from March, so that the leap day is the last of its year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// `YYYY-MM-DD`.
fn parse_date(text: &str) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
        return None;
    };
    days(number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// `HH:MM:SS` within a day, with up to six digits of a fraction.
fn parse_time_of_day(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *clock.as_bytes() else {
        return None;
    };
    let (h, m, s) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    if h > 23 || m > 59 || s > 59 || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let micros = number(fraction.as_bytes())? * 10i64.pow(6 - u32::try_from(fraction.len()).ok()?);
    Some(((h * 60 + m) * 60 + s) * 1_000_000 + micros)
}

fn parse_date_time(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((d, t)) => (d, parse_time_of_day(t)?),
        None => (text, 0),
    };
    Some(parse_date(date)? * MICROS_PER_DAY + time)
}

/// Whether a value in microseconds has no more than `fsp` digits of fractional seconds.
fn has_fsp(micros: i64, fsp: u8) -> bool {
    let unit = 10i64.pow(6 - u32::from(fsp.min(6)));
    micros % unit == 0
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut out = [0u8; 16];
    let mut nibbles = 0usize;
    for (i, b) in bytes.iter().enumerate() {
        if matches!(i, 8 | 13 | 18 | 23) {
            if *b != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(*b).to_digit(16)? as u8;
        let slot = out.get_mut(nibbles / 2)?;
        *slot = *slot << 4 | digit;
        nibbles += 1;
    }
    Some(out)
}

fn text_fits(text: &str, max: Option<u32>) -> bool {
    max.is_none_or(|m| text.len() <= m as usize || text.chars().count() <= m as usize)
}

/// The value in the type, if it converts without loss in the obvious way.
pub(super) fn exact(value: &Value, to: &DataType) -> Option<Value> {
    match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Bool(b), DataType::Bool) => Some(Value::Bool(*b)),
        (Value::Bool(b), _) if to.is_numeric() => exact(&Value::Int(i64::from(*b)), to),
        (Value::Int(i), DataType::Bool) => match i {
            0 => Some(Value::Bool(false)),
            1 => Some(Value::Bool(true)),
            _ => None,
        },
        (Value::Int(i), DataType::Int(t)) => {
            let (low, high) = t.range();
            (low..=high).contains(i).then_some(Value::Int(*i))
        }
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
        (Value::Text(s), DataType::Date) => parse_date(s).map(|d| Value::Date(Date(d))),
        (Value::Text(s), DataType::DateTime { fsp } | DataType::Timestamp { fsp }) => parse_date_time(s)
            .filter(|m| has_fsp(*m, *fsp))
            .map(|m| Value::DateTime(DateTime(m))),
        (Value::Text(s), DataType::Time { fsp }) => parse_time_of_day(s)
            .filter(|m| has_fsp(*m, *fsp))
            .map(|m| Value::Time(crate::types::Time(m))),
        (Value::Text(s), DataType::Uuid) => parse_uuid(s).map(Value::Uuid),
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
    if parse_date(text).is_some() {
        Some(DataType::Date)
    } else {
        parse_date_time(text).map(|_| DataType::DateTime { fsp: 6 })
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
