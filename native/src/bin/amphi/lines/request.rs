//! Requests as they are read.

use amphi::{Error, Result, Value, core::types::Decimal};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line of input. What is absent does not apply.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// To be repeated in the answer.
    pub id: Option<Box<RawValue>>,
    /// One statement.
    pub sql: Option<String>,
    /// Values of its placeholders.
    #[serde(default)]
    pub params: Vec<Box<RawValue>>,
    /// The session's number.
    #[serde(default)]
    pub session: u64,
    /// Whether to start anew.
    #[serde(default)]
    pub reset: bool,
    /// Whether to end the session.
    #[serde(default)]
    pub close: bool,
}

/// A binary value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binary {
    hex: String,
}

impl Request {
    /// The values of the placeholders.
    ///
    /// # Errors
    /// [`Error::Parameter`] for what is no value.
    pub fn values(&self) -> Result<Vec<Value>> {
        self.params.iter().map(|raw| value(raw)).collect()
    }
}

fn value(raw: &RawValue) -> Result<Value> {
    let no_value = || Error::Parameter {
        message: format!("{} is no value", raw.get()),
    };
    let parsed = serde_json::from_str(raw.get()).map_err(|_| no_value())?;
    Ok(match parsed {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(b),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Number(number) => {
            let is_whole = !raw.get().contains(['.', 'e', 'E']);
            match (number.as_i64(), number.as_f64()) {
                (Some(i), _) => Value::Int(i),
                // A whole number of any size stays exact.
                (None, _) if is_whole => Value::Decimal(Decimal::parse(raw.get()).ok_or_else(no_value)?),
                (None, Some(f)) => Value::Float(f),
                (None, None) => return Err(no_value()),
            }
        }
        serde_json::Value::Object(_) => {
            let binary: Binary = serde_json::from_str(raw.get()).map_err(|_| no_value())?;
            Value::Blob(bytes(&binary.hex).ok_or_else(no_value)?)
        }
        serde_json::Value::Array(_) => return Err(no_value()),
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|d| d.len() % 2 == 0)?;
    let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8);
    Some(digits.chunks(2).map(byte).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(params: &str) -> Result<Vec<Value>> {
        let line = format!(r#"{{"sql":"SELECT 1","params":{params}}}"#);
        serde_json::from_str::<Request>(&line).unwrap().values()
    }

    #[test]
    fn values_keep_their_types_and_digits() {
        let given = r#"[null, true, -7, 18446744073709551616, 2.5, 1e2, "x", {"hex":"cAfe"}]"#;
        let expected = vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(-7),
            Value::Decimal(Decimal::parse("18446744073709551616").unwrap()),
            Value::Float(2.5),
            Value::Float(100.0),
            Value::Text("x".to_owned()),
            Value::Blob(vec![0xca, 0xfe]),
        ];
        assert_eq!(values(given).unwrap(), expected);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for given in ["[[1]]", r#"[{"hex":"abc"}]"#, r#"[{"hex":"zz"}]"#, r#"[{"a":1}]"#] {
            assert!(matches!(values(given), Err(Error::Parameter { .. })), "{given}");
        }
    }
}
