//! JSON_TABLE: rows and typed columns out of a document, as in MySQL.

use super::json_path::Path;
use super::json_value::{not_json, write_plain};
use crate::types::{Column, DataType, Error, Json, Result, Value};
use alloc::{format, string::String, vec::Vec};

/// Levels of NESTED PATH, as in MySQL.
const MAX_NESTED: usize = 16;

/// What makes the rows: the values that a path leads to, and columns of each.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonTable {
    path: Path,
    columns: Vec<JsonTableColumn>,
}

/// A column, or several.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTableColumn {
    /// FOR ORDINALITY: the number of the row among its siblings.
    Ordinality(String),
    /// The value at a path.
    Value {
        /// Name.
        name: String,
        /// Type.
        ty: DataType,
        /// Where it is.
        path: JsonTablePath,
        /// If there is none.
        on_empty: JsonTableDefault,
        /// If it does not convert.
        on_error: JsonTableDefault,
    },
    /// Whether there is a value at a path.
    Exists {
        /// Name.
        name: String,
        /// Type.
        ty: DataType,
        /// Where it would be.
        path: JsonTablePath,
    },
    /// NESTED PATH: rows of their own for each row.
    Nested(JsonTable),
}

/// A path that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonTablePath(Path);

/// What stands in for a value.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTableDefault {
    /// NULL.
    Null,
    /// Nothing: it is an error.
    Error,
    /// Another value, of the column's type.
    Value(Value),
}

impl JsonTablePath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the place at which it goes wrong.
    pub fn new(path: &str) -> Result<JsonTablePath> {
        Path::parse(path).map(JsonTablePath)
    }
}

impl JsonTable {
    /// The rows at a path.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the path is none, or there are too many levels.
    pub fn new(path: &str, columns: Vec<JsonTableColumn>) -> Result<JsonTable> {
        let table = JsonTable {
            path: Path::parse(path)?,
            columns,
        };
        match table.levels() > MAX_NESTED {
            true => Err(Error::invalid(format!(
                "JSON_TABLE has more than {MAX_NESTED} levels of NESTED PATH"
            ))),
            false => Ok(table),
        }
    }

    fn levels(&self) -> usize {
        let level = |c: &JsonTableColumn| match c {
            JsonTableColumn::Nested(t) => t.levels() + 1,
            _ => 0,
        };
        self.columns.iter().map(level).max().unwrap_or(0)
    }

    /// Names and types of all columns, in order.
    pub fn columns(&self) -> Vec<(&str, DataType)> {
        let mut out = Vec::new();
        for column in &self.columns {
            match column {
                JsonTableColumn::Ordinality(name) => out.push((name.as_str(), DataType::BIGINT)),
                JsonTableColumn::Value { name, ty, .. } | JsonTableColumn::Exists { name, ty, .. } => {
                    out.push((name.as_str(), ty.clone()));
                }
                JsonTableColumn::Nested(t) => out.append(&mut t.columns()),
            }
        }
        out
    }

    /// Calls `f` with each row of a document: the values of all columns.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text is not JSON; what ON EMPTY and ON ERROR say; those of `f`.
    pub fn rows(&self, text: &str, f: &mut dyn FnMut(&[Value]) -> Result<()>) -> Result<()> {
        let document = Json::parse(text).ok_or_else(|| not_json(text))?;
        let mut row = alloc::vec![Value::Null; self.columns().len()];
        self.rows_of(&document, &mut row, 0, f).map(drop)
    }

    /// The rows of one value, whose columns start at `from`; whether there were any.
    fn rows_of(
        &self,
        value: &Json<'_>,
        row: &mut [Value],
        from: usize,
        f: &mut dyn FnMut(&[Value]) -> Result<()>,
    ) -> Result<bool> {
        let found = self.path.find(value);
        for (number, item) in (1..).zip(&found) {
            self.row(item, number, row, from, f)?;
        }
        let end = from + self.columns().len();
        if let Some(own) = row.get_mut(from..end) {
            own.fill(Value::Null);
        }
        Ok(!found.is_empty())
    }

    fn row(
        &self,
        item: &Json<'_>,
        number: i64,
        row: &mut [Value],
        from: usize,
        f: &mut dyn FnMut(&[Value]) -> Result<()>,
    ) -> Result<()> {
        let mut place = from;
        let mut nested = Vec::new();
        for column in &self.columns {
            let value = match column {
                JsonTableColumn::Ordinality(_) => Value::Int(number),
                JsonTableColumn::Exists { path, ty, .. } => {
                    let exists = !path.0.find(item).is_empty();
                    converted(&Value::Int(i64::from(exists)), ty)?
                }
                JsonTableColumn::Value {
                    name,
                    ty,
                    path,
                    on_empty,
                    on_error,
                } => extracted(name, ty, &path.0.find(item), on_empty, on_error)?,
                JsonTableColumn::Nested(table) => {
                    nested.push((table, place));
                    place += table.columns().len();
                    continue;
                }
            };
            if let Some(slot) = row.get_mut(place) {
                *slot = value;
            }
            place += 1;
        }
        // Siblings are not combined: each has rows of its own.
        let mut any = false;
        for (table, start) in nested {
            any |= table.rows_of(item, row, start, f)?;
        }
        if any { Ok(()) } else { f(row) }
    }
}

/// A value of one type as one of another.
fn converted(value: &Value, to: &DataType) -> Result<Value> {
    let from = value.data_type();
    let mut column = Column::new(from.physical());
    column.push_value(value, &from)?;
    Ok(column.convert(&from, to, true)?.value(0, to))
}

/// What a default that is written as text stands for, in a column of that type.
///
/// # Errors
/// If it does not convert.
pub fn json_table_default(text: &str, ty: &DataType) -> Result<Value> {
    match Json::parse(text) {
        Some(json) if !matches!(ty, DataType::Json) => of_json(&json, ty),
        _ => converted(&Value::Text(String::from(text)), ty),
    }
}

/// A scalar as a value of a type.
///
/// # Errors
/// If it does not convert.
pub(super) fn of_json(json: &Json<'_>, ty: &DataType) -> Result<Value> {
    let text = || {
        let mut text = String::new();
        write_plain(json, &mut text);
        text
    };
    let value = match json {
        _ if *ty == DataType::Json => return Ok(Value::Json(format!("{json}"))),
        Json::Null => return Ok(Value::Null),
        Json::Array(_) | Json::Object(_) => {
            return Err(Error::invalid("an array or object is no value of a column"));
        }
        Json::Bool(b) if ty.is_text() => Value::Text(String::from(if *b { "true" } else { "false" })),
        Json::Bool(b) => Value::Int(i64::from(*b)),
        Json::Number(n) if !ty.is_text() => match (n.parse::<i64>(), n.parse::<f64>()) {
            (Ok(n), _) => Value::Int(n),
            (Err(_), Ok(n)) if !matches!(ty, DataType::Decimal { .. }) => Value::Float(n),
            _ => Value::Text(text()),
        },
        _ => Value::Text(text()),
    };
    converted(&value, ty)
}

fn extracted(
    name: &str,
    ty: &DataType,
    found: &[&Json<'_>],
    on_empty: &JsonTableDefault,
    on_error: &JsonTableDefault,
) -> Result<Value> {
    let (instead, problem) = match found {
        [] => (on_empty, "no value"),
        [one] => match of_json(one, ty) {
            Ok(value) => return Ok(value),
            Err(_) => (on_error, "a value that does not convert"),
        },
        _ => (on_error, "several values"),
    };
    match instead {
        JsonTableDefault::Null => Ok(Value::Null),
        JsonTableDefault::Value(value) => Ok(value.clone()),
        JsonTableDefault::Error => Err(Error::invalid(format!(
            "JSON_TABLE: there is {problem} for column {name}"
        ))),
    }
}
