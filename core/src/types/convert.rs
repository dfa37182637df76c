//! Converting values from one SQL type to another: the one place that knows how.
//!
//! Strict conversion is assignment: what does not fit or does not parse is an error. Lenient
//! conversion is MySQL's CAST and arithmetic: text counts as its numeric prefix (`'7x'` is 7, `'abc'`
//! is 0), text too long is cut, and what is no date is NULL. A number out of range is an error in both.

use super::column_builder::AppendValues;
use super::date_time::SECOND;
use super::date_time_text::hhmmss;
use super::vector::{format_vector, parse_vector, vector_bytes, vector_elements};
use super::{DataType, Date, DateTime, Decimal, Error, IntType, Members, Result, Time, decimal, geometry};
use super::{json_text, uuid};
use alloc::borrow::Cow;
use alloc::{format, string::String};
use core::fmt::{self, Write};

/// A borrowed view of one value, with what its text form depends on. See [`Value`](super::Value).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// NULL.
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// An integer of any width.
    Int(i64),
    /// DOUBLE.
    Float(f64),
    /// A FLOAT: a double that prints as a single.
    Single(f64),
    /// DECIMAL.
    Decimal(Decimal),
    /// CHAR, VARCHAR or TEXT.
    Text(&'a str),
    /// BLOB.
    Blob(&'a [u8]),
    /// DATE.
    Date(Date),
    /// TIME, with its `fsp`, if known.
    Time(Time, Option<u8>),
    /// DATETIME or TIMESTAMP, with its `fsp`, if known.
    DateTime(DateTime, Option<u8>),
    /// JSON, as its text.
    Json(&'a str),
    /// UUID: 16 bytes.
    Uuid(&'a [u8]),
    /// VECTOR: the bytes of its elements.
    Vector(&'a [u8]),
    /// GEOMETRY: as it is stored.
    Geometry(&'a [u8]),
    /// A value of an ENUM or SET: its number, and the list it is from.
    Member(i64, &'a Members),
}

/// Why a value does not convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Not a value of the type at all.
    Kind,
    /// Too big, too long, too precise.
    Range,
}

type Fit<T> = core::result::Result<T, Misfit>;

/// The double whose shortest text is that of the single: 0.1f32 is 0.1.
pub(crate) fn widen(v: f32) -> f64 {
    if v as i32 as f32 == v {
        f64::from(v)
    } else {
        format!("{v}").parse().unwrap_or(f64::from(v))
    }
}

/// Writes a float: the shortest text that reads back as the same, with an exponent beyond 15 digits as in MySQL.
pub(crate) fn write_f64(v: f64, f: &mut dyn Write) -> fmt::Result {
    let abs = v.abs();
    if v == 0.0 {
        f.write_str("0")
    } else if (1e-15..1e15).contains(&abs) {
        write!(f, "{v}")
    } else {
        write!(f, "{v:e}")
    }
}

/// Writes a value as plain text: blobs as `X'…'`, NULL as `NULL`.
pub(crate) fn write_text(v: ValueRef<'_>, f: &mut dyn Write) -> fmt::Result {
    match v {
        ValueRef::Null => f.write_str("NULL"),
        ValueRef::Bool(b) => f.write_str(if b { "1" } else { "0" }),
        ValueRef::Int(i) => write!(f, "{i}"),
        ValueRef::Float(x) => write_f64(x, f),
        ValueRef::Single(x) => write_f64(widen(x as f32), f),
        ValueRef::Decimal(d) => write!(f, "{d}"),
        ValueRef::Text(s) | ValueRef::Json(s) => f.write_str(s),
        ValueRef::Blob(b) => {
            f.write_str("X'")?;
            b.iter().try_for_each(|b| write!(f, "{b:02X}"))?;
            f.write_str("'")
        }
        ValueRef::Date(d) => write!(f, "{d}"),
        ValueRef::Time(t, None) => write!(f, "{t}"),
        ValueRef::Time(t, Some(fsp)) => write!(f, "{}", t.with_fsp(fsp)),
        ValueRef::DateTime(t, None) => write!(f, "{t}"),
        ValueRef::DateTime(t, Some(fsp)) => write!(f, "{}", t.with_fsp(fsp)),
        ValueRef::Uuid(b) => write!(f, "{}", uuid::format_uuid(b)),
        ValueRef::Vector(b) => write!(f, "{}", format_vector(b)),
        ValueRef::Geometry(b) => match geometry::write_wkt(b, f) {
            Some(()) => Ok(()),
            None => f.write_str("GEOMETRY"),
        },
        ValueRef::Member(n, members) => members.write(n, f),
    }
}

/// Rounds half away from zero to an integer, if it fits.
pub(crate) fn round_i64(x: f64) -> Fit<i64> {
    let r = libm::round(x);
    // 2^63 itself is out of range, -2^63 is not.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&r) {
        Ok(r as i64)
    } else {
        Err(Misfit::Range)
    }
}

/// The longest prefix of the text (without leading space) that is a number, maybe empty.
fn numeric_prefix(text: &str) -> &str {
    let text = text.trim_ascii_start();
    let b = text.as_bytes();
    let digits = |from: usize| b.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let sign = usize::from(matches!(b.first(), Some(b'+' | b'-')));
    let int = digits(sign);
    let mut end = sign + int;
    if b.get(end) == Some(&b'.') {
        let frac = digits(end + 1);
        end += if int + frac > 0 { 1 + frac } else { 0 };
    }
    if end == sign {
        return "";
    }
    if matches!(b.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(b.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    text.get(..end).unwrap_or("")
}

/// The whole text as a number's text, or, leniently, its numeric prefix.
fn number_text(text: &str, strict: bool) -> Fit<&str> {
    let prefix = numeric_prefix(text);
    match (prefix, strict) {
        ("", true) => Err(Misfit::Kind),
        ("", false) => Ok("0"),
        (p, true) if p.len() != text.trim_ascii().len() => Err(Misfit::Kind),
        (p, _) => Ok(p),
    }
}

fn int_of_text(text: &str, strict: bool) -> Fit<i64> {
    let number = number_text(text, strict)?;
    let number = if strict {
        number
    } else {
        number.split(['.', 'e', 'E']).next().unwrap_or(number)
    };
    match number.parse::<i64>() {
        Ok(i) => Ok(i),
        Err(_) if matches!(number, "" | "+" | "-") => Ok(0),
        Err(_) => Decimal::parse(number)
            .and_then(Decimal::to_i64)
            .ok_or(Misfit::Range),
    }
}

fn f64_of_text(text: &str, strict: bool) -> Fit<f64> {
    number_text(text, strict)?.parse().map_err(|_| Misfit::Kind)
}

/// Bytes as text where a number or date is wanted.
fn utf8(b: &[u8]) -> Fit<&str> {
    core::str::from_utf8(b).map_err(|_| Misfit::Kind)
}

/// A date and time as the number YYYYMMDDhhmmss, seconds rounded.
fn date_time_number(t: DateTime) -> i64 {
    let p = t.round(0).unwrap_or(t).parts();
    ((((p.year * 100 + p.month) * 100 + p.day) * 100 + p.hour) * 100 + p.minute) * 100 + p.second
}

fn time_number(t: Time) -> i64 {
    let (negative, h, m, s, _) = t.round(0).unwrap_or(t).parts();
    let n = (h * 100 + m) * 100 + s;
    if negative { -n } else { n }
}

fn date_number(d: Date) -> i64 {
    let (y, m, day) = d.ymd();
    (y * 100 + m) * 100 + day
}

fn to_i64(v: ValueRef<'_>, strict: bool) -> Fit<i64> {
    match v {
        ValueRef::Bool(b) => Ok(i64::from(b)),
        ValueRef::Int(i) | ValueRef::Member(i, _) => Ok(i),
        ValueRef::Float(x) | ValueRef::Single(x) => round_i64(x),
        ValueRef::Decimal(d) => d.to_i64().ok_or(Misfit::Range),
        ValueRef::Text(s) | ValueRef::Json(s) => int_of_text(s, strict),
        ValueRef::Blob(b) if !strict => int_of_text(utf8(b)?, false),
        ValueRef::Date(d) if !strict => Ok(date_number(d)),
        ValueRef::Time(t, _) if !strict => Ok(time_number(t)),
        ValueRef::DateTime(t, _) if !strict => Ok(date_time_number(t)),
        _ => Err(Misfit::Kind),
    }
}

/// A year: of two digits one from 1970 to 2069. As a number 0 is no year, as text it is 2000.
fn to_year(v: ValueRef<'_>, strict: bool) -> Fit<i64> {
    let year = to_i64(v, strict)?;
    let is_short = match v {
        ValueRef::Text(s) => s.trim_ascii().len() < 4,
        _ => year != 0,
    };
    Ok(match year {
        0..=69 if is_short => 2000 + year,
        70..=99 if is_short => 1900 + year,
        _ => year,
    })
}

fn to_f64(v: ValueRef<'_>, strict: bool) -> Fit<f64> {
    let x = match v {
        ValueRef::Float(x) | ValueRef::Single(x) => x,
        ValueRef::Decimal(d) => d.to_f64(),
        ValueRef::Text(s) | ValueRef::Json(s) => f64_of_text(s, strict)?,
        ValueRef::Blob(b) if !strict => f64_of_text(utf8(b)?, false)?,
        v => to_i64(v, strict)? as f64,
    };
    if x.is_finite() { Ok(x) } else { Err(Misfit::Range) }
}

fn to_decimal(v: ValueRef<'_>, strict: bool) -> Fit<Decimal> {
    match v {
        ValueRef::Float(x) => Decimal::from_f64(x).ok_or(Misfit::Range),
        ValueRef::Single(x) => Decimal::from_f64(widen(x as f32)).ok_or(Misfit::Range),
        ValueRef::Decimal(d) => Ok(d),
        ValueRef::Text(s) | ValueRef::Json(s) => Decimal::parse(number_text(s, strict)?).ok_or(Misfit::Range),
        ValueRef::Blob(b) if !strict => to_decimal(ValueRef::Text(utf8(b)?), false),
        v => to_i64(v, strict).map(Decimal::from),
    }
}

fn to_bool(v: ValueRef<'_>, strict: bool) -> Fit<bool> {
    match v {
        ValueRef::Bool(b) => Ok(b),
        ValueRef::Int(i) if strict && !(0..=1).contains(&i) => Err(Misfit::Range),
        ValueRef::Int(i) => Ok(i != 0),
        ValueRef::Text(s) => {
            let word = s.trim_ascii();
            if ["true", "t", "yes", "on"]
                .iter()
                .any(|w| w.eq_ignore_ascii_case(word))
            {
                Ok(true)
            } else if ["false", "f", "no", "off"]
                .iter()
                .any(|w| w.eq_ignore_ascii_case(word))
            {
                Ok(false)
            } else if strict {
                to_bool(ValueRef::Int(int_of_text(s, true)?), true)
            } else {
                Ok(f64_of_text(s, false)? != 0.0)
            }
        }
        ValueRef::Json("true") => Ok(true),
        ValueRef::Json("false") => Ok(false),
        v => {
            let x = to_f64(v, strict)?;
            if strict && x != 0.0 && x != 1.0 {
                Err(Misfit::Range)
            } else {
                Ok(x != 0.0)
            }
        }
    }
}

fn to_date_time(v: ValueRef<'_>) -> Fit<DateTime> {
    let parsed = match v {
        ValueRef::Date(d) => Some(Date::from_days(d.0).ok_or(Misfit::Range)?.at_midnight()),
        ValueRef::DateTime(t, _) => Some(DateTime::from_micros(t.0).ok_or(Misfit::Range)?),
        ValueRef::Text(s) => DateTime::parse(s),
        ValueRef::Int(n @ 101..=99_999_999) => DateTime::parse(&format!("{n:08}")),
        ValueRef::Int(n @ 100_000_000..=99_999_999_999_999) => DateTime::parse(&format!("{n:014}")),
        _ => None,
    };
    parsed.ok_or(Misfit::Kind)
}

fn to_time(v: ValueRef<'_>) -> Fit<Time> {
    match v {
        ValueRef::Time(t, _) => Time::from_micros(t.0).ok_or(Misfit::Range),
        ValueRef::DateTime(t, _) => Ok(DateTime::from_micros(t.0).ok_or(Misfit::Range)?.time()),
        ValueRef::Text(s) => Time::parse(s).ok_or(Misfit::Kind),
        ValueRef::Int(n) => {
            let s = n.checked_abs().and_then(hhmmss).ok_or(Misfit::Kind)?;
            Time::from_micros(s.saturating_mul(SECOND) * n.signum()).ok_or(Misfit::Range)
        }
        _ => Err(Misfit::Kind),
    }
}

/// The text form that conversion to TEXT gives: blobs are their bytes read as UTF-8.
fn to_text(v: ValueRef<'_>) -> Fit<Cow<'_, str>> {
    match v {
        ValueRef::Text(s) | ValueRef::Json(s) => Ok(Cow::Borrowed(s)),
        ValueRef::Blob(b) => Ok(Cow::Borrowed(utf8(b)?)),
        v => {
            let mut s = String::new();
            write_text(v, &mut s).map_err(|_| Misfit::Kind)?;
            Ok(Cow::Owned(s))
        }
    }
}

fn to_json(v: ValueRef<'_>) -> Fit<Cow<'_, str>> {
    match v {
        ValueRef::Json(s) | ValueRef::Text(s) if json_text::is_json(s) => Ok(Cow::Borrowed(s)),
        ValueRef::Bool(b) => Ok(Cow::Borrowed(if b { "true" } else { "false" })),
        // What is not finite has no form in JSON.
        ValueRef::Int(_)
        | ValueRef::Float(_)
        | ValueRef::Single(_)
        | ValueRef::Decimal(_)
        | ValueRef::Vector(_) => Some(to_text(v)?)
            .filter(|text| json_text::is_json(text))
            .ok_or(Misfit::Kind),
        ValueRef::Date(_) | ValueRef::Time(..) | ValueRef::DateTime(..) | ValueRef::Uuid(_) => {
            Ok(Cow::Owned(json_text::json_string(&to_text(v)?)))
        }
        _ => Err(Misfit::Kind),
    }
}

/// The number of the member that a value names, or has the number of.
fn to_member(v: ValueRef<'_>, members: &Members) -> Fit<i64> {
    let known = |n: i64| Some(n).filter(|n| members.has(*n)).ok_or(Misfit::Range);
    match v {
        ValueRef::Member(n, own) if own == members => known(n),
        ValueRef::Bool(_)
        | ValueRef::Int(_)
        | ValueRef::Float(_)
        | ValueRef::Single(_)
        | ValueRef::Decimal(_) => known(to_i64(v, true)?),
        ValueRef::Text(s) => match members.number(s) {
            Some(n) => Ok(n),
            // As in MySQL: digits that no member has for its name are its number.
            None => known(s.parse().map_err(|_| Misfit::Kind)?),
        },
        v => members.number(&to_text(v)?).ok_or(Misfit::Kind),
    }
}

fn push_converted(out: &mut impl AppendValues, v: ValueRef<'_>, to: &DataType, strict: bool) -> Fit<()> {
    // ENUM and SET are numbers beside numbers, and text beside anything else.
    if let ValueRef::Member(n, members) = v
        && !(to.is_numeric() || to.is_members())
    {
        return push_converted(out, ValueRef::Text(&members.text(n)), to, strict);
    }
    match to {
        DataType::Null => match v {
            ValueRef::Null => out.append_null(),
            _ => return Err(Misfit::Kind),
        },
        DataType::Bool => out.append_i64(i64::from(to_bool(v, strict)?)),
        DataType::Int(t) => {
            let i = match t {
                IntType::Year => to_year(v, strict)?,
                _ => to_i64(v, strict)?,
            };
            out.append_i64(Some(i).filter(|i| t.holds(*i)).ok_or(Misfit::Range)?);
        }
        DataType::Double => out.append_f64(to_f64(v, strict)?),
        DataType::Float => {
            let x = to_f64(v, strict)? as f32;
            out.append_f64(if x.is_finite() {
                f64::from(x)
            } else {
                return Err(Misfit::Range);
            });
        }
        DataType::Decimal {
            precision,
            scale,
            unsigned,
        } => {
            let d = to_decimal(v, strict)?;
            let d = d
                .rescale(*scale)
                .filter(|d| fits(d.unscaled, *precision, *unsigned));
            out.append_decimal(d.ok_or(Misfit::Range)?.unscaled);
        }
        DataType::Text { max, .. } => {
            let text = to_text(v)?;
            let end = match max {
                Some(max) if text.len() > *max as usize => text
                    .char_indices()
                    .nth(*max as usize)
                    .map_or(text.len(), |(at, _)| at),
                _ => text.len(),
            };
            // Blanks at the end that are too many are cut, as the standard has it.
            let cut = text.get(end..).unwrap_or_default();
            if strict && cut.bytes().any(|b| b != b' ') {
                return Err(Misfit::Range);
            }
            out.append_bytes(text.as_bytes().get(..end).unwrap_or(&[]));
        }
        DataType::Blob { max } => {
            let text;
            let mut bytes = match v {
                ValueRef::Text(s) | ValueRef::Json(s) => s.as_bytes(),
                ValueRef::Blob(b) | ValueRef::Uuid(b) | ValueRef::Vector(b) | ValueRef::Geometry(b) => b,
                _ if strict => return Err(Misfit::Kind),
                v => {
                    text = to_text(v)?;
                    text.as_bytes()
                }
            };
            if let Some(cut) = max
                .and_then(|m| bytes.get(..m as usize))
                .filter(|c| c.len() < bytes.len())
            {
                if strict {
                    return Err(Misfit::Range);
                }
                bytes = cut;
            }
            out.append_bytes(bytes);
        }
        DataType::Date => out.append_i64(to_date_time(v)?.date().0),
        DataType::DateTime { fsp } | DataType::Timestamp { fsp } => {
            out.append_i64(to_date_time(v)?.round(*fsp).ok_or(Misfit::Range)?.0);
        }
        DataType::Time { fsp } => out.append_i64(to_time(v)?.round(*fsp).ok_or(Misfit::Range)?.0),
        DataType::Json => out.append_bytes(to_json(v)?.as_bytes()),
        DataType::Uuid => match v {
            ValueRef::Uuid(b) => out.append_bytes(b),
            ValueRef::Blob(b) if b.len() == 16 => out.append_bytes(b),
            ValueRef::Text(s) => out.append_bytes(&uuid::parse_uuid(s).ok_or(Misfit::Kind)?),
            _ => return Err(Misfit::Kind),
        },
        DataType::Vector { dims } => {
            let parsed;
            let bytes = match v {
                ValueRef::Vector(b) | ValueRef::Blob(b) => b,
                ValueRef::Text(s) | ValueRef::Json(s) => {
                    parsed = vector_bytes(&parse_vector(s).ok_or(Misfit::Kind)?);
                    parsed.as_slice()
                }
                _ => return Err(Misfit::Kind),
            };
            let finite = vector_elements(bytes).all(f32::is_finite);
            if bytes.len() as u64 != u64::from(*dims) * 4 || !finite {
                return Err(Misfit::Kind);
            }
            out.append_bytes(bytes);
        }
        DataType::Members(members) => out.append_i64(to_member(v, members)?),
        DataType::Geometry => match v {
            ValueRef::Geometry(b) | ValueRef::Blob(b) if geometry::is_wkb(b) => out.append_bytes(b),
            ValueRef::Text(s) => out.append_bytes(&geometry::parse_wkt(s).ok_or(Misfit::Kind)?),
            _ => return Err(Misfit::Kind),
        },
    }
    Ok(())
}

/// Whether an unscaled decimal fits a type. BIGINT UNSIGNED ends at 2^64 - 1, not at 20 nines.
fn fits(v: i128, precision: u8, unsigned: bool) -> bool {
    let limit = decimal::pow10(u32::from(precision)).unwrap_or(i128::MAX);
    let limit = if unsigned && precision == 20 {
        limit.min(1 << 64)
    } else {
        limit
    };
    v < limit && (if unsigned { v >= 0 } else { v > -limit })
}

/// Appends a value converted to `to`.
pub(crate) fn push(out: &mut impl AppendValues, v: ValueRef<'_>, to: &DataType, strict: bool) -> Result<()> {
    if let ValueRef::Null = v {
        out.append_null();
        return Ok(());
    }
    match push_converted(out, v, to, strict) {
        Ok(()) => Ok(()),
        Err(Misfit::Kind) if !strict && (to.is_temporal() || to.is_text()) => {
            out.append_null();
            Ok(())
        }
        Err(why) => Err(misfit(why, v, to)),
    }
}

/// The error for a value that does not convert: shows its first 40 characters.
fn misfit(why: Misfit, v: ValueRef<'_>, to: &DataType) -> Error {
    let mut text = String::new();
    let _ = write_text(v, &mut text);
    if let Some((at, _)) = text.char_indices().nth(40) {
        text.truncate(at);
        text.push('…');
    }
    if !matches!(
        v,
        ValueRef::Bool(_)
            | ValueRef::Int(_)
            | ValueRef::Float(_)
            | ValueRef::Single(_)
            | ValueRef::Decimal(_)
            | ValueRef::Blob(_)
    ) {
        text = super::value::quote(&text);
    }
    let expected = format!("{to}");
    match why {
        Misfit::Kind => Error::TypeMismatch {
            value: text,
            expected,
            column: None,
        },
        Misfit::Range => Error::OutOfRange {
            value: text,
            expected,
            column: None,
        },
    }
}
