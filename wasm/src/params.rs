//! Parameter values as `wasm/js/src/params.ts` writes them. Numbers are little-endian.
//!
//! Nothing: no values. Else a byte, 0 for values by position and 1 for values by name, their number (4), and for each its
//! name, if it has one, as a text; then a byte for its kind, and the value:
//!
//! | kind | value |
//! | --- | --- |
//! | 0 NULL, 1 FALSE, 2 TRUE | |
//! | 3 integer | 8 |
//! | 4 float | 8 |
//! | 5 text, 6 blob, 7 JSON | length (4), bytes |
//! | 8 number in digits | as a text |
//! | 9 instant | microseconds since 1970 in UTC (8) |
//! | 10 vector | its number of elements (4), each as a float (4) |
//! | 11 date, 12 date and time | as a text |
//!
//! Arguments go to functions of the program in the same form; only those have the last two kinds.

use amphi_core::{
    Error, Result, Value,
    session::Params,
    types::{DateTime, Decimal},
};
use std::fmt::Display;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| damaged())
    }

    fn length(&mut self) -> Result<usize> {
        Ok(u32::from_le_bytes(self.fixed()?) as usize)
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let n = self.length()?;
        self.take(n)
    }

    fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged())
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.fixed::<1>()? {
            [0] => Value::Null,
            [1] => Value::Bool(false),
            [2] => Value::Bool(true),
            [3] => Value::Int(i64::from_le_bytes(self.fixed()?)),
            [4] => Value::Float(f64::from_le_bytes(self.fixed()?)),
            [5] => Value::Text(self.text()?.to_owned()),
            [6] => Value::Blob(self.bytes()?.to_vec()),
            [7] => Value::Json(self.text()?.to_owned()),
            [8] => {
                let digits = self.text()?;
                Value::Decimal(Decimal::parse(digits).ok_or_else(|| Error::OutOfRange {
                    value: digits.to_owned(),
                    expected: "a number of 38 digits".to_owned(),
                    column: None,
                })?)
            }
            [9] => {
                let micros = i64::from_le_bytes(self.fixed()?);
                Value::DateTime(DateTime::from_micros(micros).ok_or_else(|| Error::OutOfRange {
                    value: format!("{micros} microseconds since 1970"),
                    expected: "DATETIME".to_owned(),
                    column: None,
                })?)
            }
            [10] => {
                let n = self.length()?;
                let bytes = self.take(n.checked_mul(4).ok_or_else(damaged)?)?;
                Value::Vector(
                    bytes
                        .as_chunks::<4>()
                        .0
                        .iter()
                        .map(|b| f32::from_le_bytes(*b))
                        .collect(),
                )
            }
            _ => return Err(damaged()),
        })
    }
}

fn damaged() -> Error {
    Error::Parameter {
        message: "their bytes do not decode".to_owned(),
    }
}

/// Reads parameter values.
///
/// # Errors
/// [`Error::Parameter`] if these are not the bytes of any, [`Error::OutOfRange`] for a value that SQL has not.
pub(crate) fn decode(bytes: &[u8]) -> Result<Params> {
    if bytes.is_empty() {
        return Ok(Params::None);
    }
    let mut reader = Reader(bytes);
    let [form] = reader.fixed()?;
    let count = reader.length()?;
    let params = match form {
        0 => Params::Positional((0..count).map(|_| reader.value()).collect::<Result<_>>()?),
        1 => {
            let named = |_| Ok((reader.text()?.to_owned(), reader.value()?));
            Params::Named((0..count).map(named).collect::<Result<_>>()?)
        }
        _ => return Err(damaged()),
    };
    if reader.0.is_empty() {
        Ok(params)
    } else {
        Err(damaged())
    }
}

/// Reads the one value that a function answers.
///
/// # Errors
/// As [`decode`]; [`Error::Parameter`] if there is not one.
pub(crate) fn decode_one(bytes: &[u8]) -> Result<Value> {
    match decode(bytes)? {
        Params::Positional(values) => {
            <[Value; 1]>::try_from(values).map_or_else(|_| Err(damaged()), |[v]| Ok(v))
        }
        Params::None | Params::Named(_) => Err(damaged()),
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) -> Result<()> {
    let length = u32::try_from(length).map_err(|_| Error::Parameter {
        message: "4 GiB are too much for a function".to_owned(),
    })?;
    out.extend(length.to_le_bytes());
    Ok(())
}

fn put_bytes(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) -> Result<()> {
    out.push(kind);
    put_length(out, bytes.len())?;
    out.extend(bytes);
    Ok(())
}

fn put_shown(out: &mut Vec<u8>, kind: u8, shown: &impl Display) -> Result<()> {
    put_bytes(out, kind, shown.to_string().as_bytes())
}

/// Writes values by position.
///
/// # Errors
/// [`Error::Parameter`] for one of 4 GiB.
pub(crate) fn encode(values: &[Value]) -> Result<Vec<u8>> {
    let mut out = vec![0];
    put_length(&mut out, values.len())?;
    for value in values {
        match value {
            Value::Null => out.push(0),
            Value::Bool(truth) => out.push(if *truth { 2 } else { 1 }),
            Value::Int(n) => {
                out.push(3);
                out.extend(n.to_le_bytes());
            }
            Value::Float(n) => {
                out.push(4);
                out.extend(n.to_le_bytes());
            }
            Value::Text(text) => put_bytes(&mut out, 5, text.as_bytes())?,
            Value::Blob(bytes) | Value::Geometry(bytes) => put_bytes(&mut out, 6, bytes)?,
            Value::Json(text) => put_bytes(&mut out, 7, text.as_bytes())?,
            Value::Decimal(digits) => put_shown(&mut out, 8, digits)?,
            Value::Vector(elements) => {
                out.push(10);
                put_length(&mut out, elements.len())?;
                out.extend(elements.iter().flat_map(|e| e.to_le_bytes()));
            }
            Value::Date(_) => put_shown(&mut out, 11, value)?,
            Value::DateTime(_) => put_shown(&mut out, 12, value)?,
            Value::Time(_) | Value::Uuid(_) => put_shown(&mut out, 5, value)?,
        }
    }
    Ok(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_decode_and_damage_is_an_error() {
        let mut bytes = vec![1, 2, 0, 0, 0, 1, 0, 0, 0, b'a', 3];
        bytes.extend(7i64.to_le_bytes());
        bytes.extend([1, 0, 0, 0, b'b', 8, 4, 0, 0, 0]);
        bytes.extend(b"1.50");
        let Params::Named(values) = decode(&bytes).unwrap() else {
            unreachable!("they are named");
        };
        assert_eq!(values[0], ("a".to_owned(), Value::Int(7)));
        assert_eq!(values[1], ("b".to_owned(), Value::Decimal(Decimal::new(150, 2))));
        for cut in 1..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        bytes.push(0);
        assert!(decode(&bytes).is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-3),
            Value::Float(2.5),
            "é".into(),
            Value::Blob(vec![0, 255]),
            Value::Json("[1]".to_owned()),
            Value::Decimal(Decimal::new(150, 2)),
            Value::Vector(vec![0.5, -1.0]),
        ];
        for value in values {
            assert_eq!(
                decode_one(&encode(std::slice::from_ref(&value)).unwrap()),
                Ok(value)
            );
        }
        assert!(decode_one(&encode(&[]).unwrap()).is_err());
    }
}
