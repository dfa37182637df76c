//! JSON documents as arguments and results: what all functions of the family share.

use super::EvalContext;
use super::args::{Args, try_texts};
use super::text_writer::TextWriter;
use crate::types::{Column, DataType, Error, Json, MAX_JSON_DEPTH, Result, ValueRef};
use alloc::{borrow::Cow, format, string::String};
use core::fmt::Write;

/// Reads a text as a document.
///
/// # Errors
/// [`Error::Invalid`](crate::types::Error::Invalid) if it is not JSON; [`Error::QueryMemory`] if its tree would be too big.
pub(super) fn parse<'a>(cx: &EvalContext<'_>, text: &'a str) -> Result<Json<'a>> {
    // The tree is gone when the row is done, so it only has to fit.
    if Json::memory_of(text) > cx.scratch.room() {
        return Err(cx.scratch.exceeded());
    }
    Json::parse(text).ok_or_else(|| not_json(text))
}

pub(super) fn not_json(text: &str) -> Error {
    let shown: String = text.chars().take(40).collect();
    Error::invalid(format!("'{shown}' is not JSON"))
}

/// The document that argument `k` is at row `i`.
///
/// # Errors
/// Those of [`parse`].
pub(super) fn document<'a>(cx: &EvalContext<'_>, a: &'a [Column], k: usize, i: usize) -> Result<Json<'a>> {
    parse(cx, a.text(k, i))
}

/// The value of any type that argument `k` is at row `i`, as JSON: text becomes a string, whatever is in it.
///
/// # Errors
/// [`Error::Invalid`](crate::types::Error::Invalid) of what has no form in JSON.
pub(super) fn value<'a>(
    cx: &EvalContext<'_>,
    a: &'a [Column],
    types: &'a [DataType],
    k: usize,
    i: usize,
) -> Result<Json<'a>> {
    let (Some(column), row) = a.arg(k, i) else {
        return Ok(Json::Null);
    };
    let ty = types.get(k).unwrap_or(&DataType::Null);
    let value = column.value_ref(row, ty);
    if let ValueRef::Json(text) = value {
        return parse(cx, text);
    }
    of_value(value, ty)
}

/// A value of that type as JSON: text becomes a string, whatever is in it.
///
/// # Errors
/// [`Error::Invalid`](crate::types::Error::Invalid) of what has no form in JSON.
pub fn of_value<'a>(value: ValueRef<'a>, ty: &DataType) -> Result<Json<'a>> {
    let text = || {
        let mut text = String::new();
        value.write_text(&mut text);
        text
    };
    let no_form = || {
        Error::invalid(format!(
            "a value of type {ty} has no form in JSON; convert it to text first"
        ))
    };
    match value {
        ValueRef::Null => Ok(Json::Null),
        ValueRef::Bool(b) => Ok(Json::Bool(b)),
        ValueRef::Text(s) => Ok(Json::String(Cow::Borrowed(s))),
        ValueRef::Member(n, members) => Ok(Json::String(members.text(n))),
        ValueRef::Json(s) => Json::parse(s).ok_or_else(no_form),
        ValueRef::Int(_)
        | ValueRef::Float(_)
        | ValueRef::Single(_)
        | ValueRef::Decimal(_)
        | ValueRef::Vector(_) => Json::parse(&text()).map(Json::into_owned).ok_or_else(no_form),
        ValueRef::Date(_) | ValueRef::Time(..) | ValueRef::DateTime(..) | ValueRef::Uuid(_) => {
            Ok(Json::String(Cow::Owned(text())))
        }
        _ => Err(no_form()),
    }
}

/// A column of documents; `None` is NULL.
pub(super) fn documents<'a>(
    cx: &EvalContext<'_>,
    rows: usize,
    mut f: impl FnMut(usize) -> Result<Option<Json<'a>>>,
) -> Result<Column> {
    try_texts(cx, rows, |i, out| match f(i)? {
        Some(json) => write(&json, out).map(Some),
        None => Ok(None),
    })
}

/// Writes the text of a document that may be kept.
///
/// # Errors
/// [`Error::OutOfRange`](crate::types::Error::OutOfRange) if it is too deep to be read again.
pub(super) fn write(json: &Json<'_>, out: &mut TextWriter) -> Result<()> {
    if !json.is_writable() {
        return Err(Error::OutOfRange {
            value: String::from("the result"),
            expected: format!("JSON of at most {MAX_JSON_DEPTH} levels"),
            column: None,
        });
    }
    // If it is too long the writer knows.
    let _ = json.write(out);
    Ok(())
}

/// Writes a value as plain text: a string without its quotes.
pub fn write_plain(json: &Json<'_>, out: &mut impl Write) {
    // If it is too long the writer knows.
    let _ = match json {
        Json::String(s) => out.write_str(s),
        other => other.write(out),
    };
}
