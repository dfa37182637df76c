//! One field of a record, as its file has it, and what it is in a table.

use super::infer::is_boolean;
use amphi::{DataType, Error, Result, Value, core::types::json_string};
use std::{borrow::Cow, path::Path};

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// Null, or not there.
    Null,
    /// A text that may mean anything; an empty one means NULL.
    Plain(&'a str),
    /// True or false.
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A text, and nothing else.
    Text(Cow<'a, str>),
    /// An object or an array of JSON.
    Json(&'a str),
}

/// A field as a value of its column.
///
/// # Errors
/// That it cannot be one.
pub fn value(field: &Field<'_>, ty: &DataType) -> Result<Value> {
    let json = |text: String| Value::from(text).convert(ty);
    match (field, ty) {
        (Field::Null | Field::Plain(""), _) => Ok(Value::Null),
        (Field::Plain(text), DataType::Bool) if is_boolean(text) => {
            Ok(Value::Bool(text.eq_ignore_ascii_case("true")))
        }
        (Field::Text(text), DataType::Json) => json(json_string(text)),
        (Field::Bool(b), DataType::Json) => json(b.to_string()),
        (Field::Bool(b), ty) => Value::Bool(*b).convert(ty),
        (Field::Plain(text) | Field::Number(text) | Field::Json(text), ty) => Value::from(*text).convert(ty),
        (Field::Text(text), ty) => Value::from(&**text).convert(ty),
    }
}

/// The file cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Data {
        message: format!("cannot read {}: {error}", path.display()),
        position: None,
    }
}
