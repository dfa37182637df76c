//! Answers as lines of JSON.

use amphi::{
    Error, Outcome, Result, Value,
    core::types::{DataType, json_string},
};
use std::fmt::Write as _;

/// An answer without its `id` and braces.
pub type Answer = String;

/// So many rows were changed.
pub fn affected(rows: u64) -> Answer {
    format!("\"ok\":{rows}")
}

/// What a statement answered.
///
/// # Errors
/// Those of computing the rest of a result.
pub fn of_outcome(outcome: Outcome) -> Result<Answer> {
    let mut rows = match outcome {
        Outcome::Rows(rows) => rows,
        Outcome::Affected { rows, .. } => return Ok(affected(rows)),
        Outcome::Done => return Ok(affected(0)),
    };
    let columns = rows.columns().to_vec();
    let names: Vec<String> = columns.iter().map(|c| json_string(&c.name)).collect();
    let mut line = format!("\"columns\":[{}],\"rows\":[", names.join(","));
    for (i, row) in rows.by_ref().enumerate() {
        line.push_str(if i == 0 { "[" } else { ",[" });
        for (j, (value, column)) in row?.values().zip(&columns).enumerate() {
            line.push_str(if j == 0 { "" } else { "," });
            push_value(&value, &column.ty, &mut line);
        }
        line.push(']');
    }
    line.push(']');
    Ok(line)
}

/// An error of the database.
pub fn of_error(error: &Error) -> Answer {
    let message = json_string(&error.to_string());
    let mut line = format!("\"error\":{message},\"code\":\"{}\"", error.code());
    // Writing to a string does not fail.
    let _ = kind(error).map_or(Ok(()), |kind| write!(line, ",\"kind\":\"{kind}\""));
    let _ = error.position().map_or(Ok(()), |p| {
        write!(line, ",\"line\":{},\"column\":{}", p.line, p.column)
    });
    line
}

/// A failure of another kind.
pub fn of_failure(message: &str, kind: &str) -> Answer {
    format!("\"error\":{},\"kind\":\"{kind}\"", json_string(message))
}

fn kind(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Syntax { .. } => "syntax",
        Error::Unsupported { .. } => "unsupported",
        Error::WriteConflict { .. } => "conflict",
        Error::Locked { .. } => "locked",
        Error::NotNull { .. }
        | Error::DuplicateKey { .. }
        | Error::CheckViolated { .. }
        | Error::ForeignKeyViolated { .. } => "constraint",
        _ => return None,
    })
}

fn push_value(value: &Value, ty: &DataType, line: &mut String) {
    // Writing to a string does not fail.
    let _ = match value {
        Value::Null => line.write_str("null"),
        Value::Float(f) if !f.is_finite() => line.write_str("null"),
        Value::Bool(b) => write!(line, "{b}"),
        Value::Int(_) | Value::Float(_) => write!(line, "{value}"),
        Value::Decimal(_) if *ty == DataType::BIGINT_UNSIGNED => write!(line, "{value}"),
        Value::Blob(bytes) | Value::Geometry(bytes) => {
            line.push_str("{\"hex\":\"");
            bytes.iter().for_each(|b| {
                let _ = write!(line, "{b:02X}");
            });
            line.write_str("\"}")
        }
        other => line.write_str(&json_string(&other.to_string())),
    };
}
