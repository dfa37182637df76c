//! JSON: making documents, and documents with something changed.

use super::ArgKind::{Any, Text};
use super::args::{Args, JSON, TEXT, function, try_texts};
use super::json_path::{Index, Path, Paths, Step};
use super::json_value::{document, documents, value, write};
use super::{EvalContext, ScalarFunction};
use crate::types::{Column, DataType, Error, Json, Result};
use alloc::{borrow::Cow, vec, vec::Vec};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "JSON_OBJECT",
        &["JSON_BUILD_OBJECT", "JSONB_BUILD_OBJECT", "JSONB_OBJECT"],
        (0, usize::MAX),
        &[Any],
        JSON,
        "An object of keys and values: (key, value, …).",
        |cx, a, t, _, n| documents(cx, n, |i| object(cx, a, t, i).map(Some)),
    )
    .sees_null(),
    function(
        "JSON_ARRAY",
        &["JSON_BUILD_ARRAY", "JSONB_BUILD_ARRAY", "JSONB_ARRAY"],
        (0, usize::MAX),
        &[Any],
        JSON,
        "An array of values.",
        |cx, a, t, _, n| {
            documents(cx, n, |i| {
                let items: Result<Vec<_>> = (0..a.len()).map(|k| value(cx, a, t, k, i)).collect();
                Ok(Some(Json::Array(items?)))
            })
        },
    )
    .sees_null(),
    function(
        "JSON_SET",
        &[],
        (3, usize::MAX),
        &[Text, Any],
        JSON,
        "A document with values set at paths, whether there is one or not: (doc, path, value, …).",
        |cx, a, t, _, n| edit(cx, a, t, n, &|json, path, new| set(json, path, new, true, true)),
    )
    .sees_null(),
    function(
        "JSON_INSERT",
        &[],
        (3, usize::MAX),
        &[Text, Any],
        JSON,
        "A document with values set at paths where there is none: (doc, path, value, …).",
        |cx, a, t, _, n| edit(cx, a, t, n, &|json, path, new| set(json, path, new, true, false)),
    )
    .sees_null(),
    function(
        "JSON_REPLACE",
        &["JSONB_REPLACE"],
        (3, usize::MAX),
        &[Text, Any],
        JSON,
        "A document with the values at paths replaced where there is one: (doc, path, value, …).",
        |cx, a, t, _, n| edit(cx, a, t, n, &|json, path, new| set(json, path, new, false, true)),
    )
    .sees_null(),
    function(
        "JSON_ARRAY_APPEND",
        &[],
        (3, usize::MAX),
        &[Text, Any],
        JSON,
        "A document with values appended to the arrays at paths: (doc, path, value, …).",
        |cx, a, t, _, n| edit(cx, a, t, n, &append),
    )
    .sees_null(),
    function(
        "JSON_ARRAY_INSERT",
        &[],
        (3, usize::MAX),
        &[Text, Any],
        JSON,
        "A document with values put before the elements at paths: (doc, path, value, …).",
        |cx, a, t, _, n| edit(cx, a, t, n, &insert_before),
    )
    .sees_null(),
    function(
        "JSON_REMOVE",
        &["JSONB_REMOVE"],
        (2, usize::MAX),
        &[Text],
        JSON,
        "A document without the values at paths.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..a.len())?;
            documents(cx, n, |i| {
                let mut json = document(cx, a, 0, i)?;
                for k in 1..a.len() {
                    remove(&mut json, &*paths.get(k, i)?)?;
                }
                Ok(Some(json))
            })
        },
    ),
    function(
        "JSON_MERGE_PATCH",
        &["JSON_PATCH", "JSONB_PATCH"],
        (2, usize::MAX),
        &[Text],
        JSON,
        "Documents merged as in RFC 7396: later members replace earlier ones, and null removes them.",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let mut merged = document(cx, a, 0, i)?;
                for k in 1..a.len() {
                    merged = patched(merged, document(cx, a, k, i)?);
                }
                Ok(Some(merged))
            })
        },
    ),
    function(
        "JSON_MERGE_PRESERVE",
        &["JSON_MERGE"],
        (2, usize::MAX),
        &[Text],
        JSON,
        "Documents merged with all values kept: arrays are joined, members of one key merged.",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let mut merged = document(cx, a, 0, i)?;
                for k in 1..a.len() {
                    merged = joined(merged, document(cx, a, k, i)?);
                }
                Ok(Some(merged))
            })
        },
    ),
    function(
        "JSON_PRETTY",
        &["JSON_DETAILED", "JSONB_PRETTY"],
        (1, 1),
        &[Text],
        TEXT,
        "A document with a line for each of its elements.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                // If it is too long the writer knows.
                Ok(document(cx, a, 0, i)?.write_pretty(out).ok())
            })
        },
    ),
    function(
        "JSON",
        &["JSON_COMPACT", "JSON_LOOSE", "JSONB"],
        (1, 1),
        &[Text],
        JSON,
        "A text as a JSON document, in one line.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                write(&document(cx, a, 0, i)?, out)?;
                Ok(Some(()))
            })
        },
    ),
];

fn object<'a>(cx: &EvalContext<'_>, a: &'a [Column], types: &'a [DataType], i: usize) -> Result<Json<'a>> {
    if a.len() % 2 == 1 {
        return Err(Error::invalid("JSON_OBJECT takes keys and values in turn"));
    }
    let mut object = Json::Object(Vec::new());
    for k in (0..a.len()).step_by(2) {
        let key = match value(cx, a, types, k, i)? {
            Json::String(key) => key,
            Json::Null => return Err(Error::invalid("a key of a JSON object cannot be NULL")),
            other => Cow::Owned(alloc::format!("{other}")),
        };
        object.set_member(key, value(cx, a, types, k + 1, i)?);
    }
    Ok(object)
}

/// Changes documents at each path in turn by `change`, which gets the place and the new value. NULL as
/// document or path makes the result NULL.
fn edit(
    cx: &EvalContext<'_>,
    a: &[Column],
    types: &[DataType],
    rows: usize,
    change: &dyn for<'t> Fn(&mut Json<'t>, &Path, Json<'t>) -> Result<()>,
) -> Result<Column> {
    if a.len().is_multiple_of(2) {
        return Err(Error::invalid("after the document come paths and values in turn"));
    }
    let is_path = |k: &usize| k % 2 == 1;
    documents(cx, rows, |i| {
        if a.null(0, i) || (1..a.len()).filter(is_path).any(|k| a.null(k, i)) {
            return Ok(None);
        }
        let mut json = document(cx, a, 0, i)?;
        for k in (1..a.len()).filter(is_path) {
            let path = Path::parse(path_text(a, types, k, i)?)?;
            if path.is_many() {
                return Err(Error::invalid("a path that is changed has no *, ** or range"));
            }
            change(&mut json, &path, value(cx, a, types, k + 1, i)?)?;
        }
        Ok(Some(json))
    })
}

fn path_text<'a>(a: &'a [Column], types: &[DataType], k: usize, i: usize) -> Result<&'a str> {
    match types.get(k).is_some_and(DataType::is_text) {
        true => Ok(a.text(k, i)),
        false => Err(Error::invalid("a JSON path is a text")),
    }
}

/// What is done at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// A value is put there, in place of one that is there.
    Set,
    /// A value is put there if there is none.
    Insert,
}

/// Puts a value at a path without wildcards.
///
/// # Errors
/// None yet.
pub(super) fn put<'t>(json: &mut Json<'t>, path: &Path, new: Json<'t>, position: Position) -> Result<()> {
    set(json, path, new, true, position == Position::Set)
}

/// The value at steps without wildcards, to be changed.
pub(super) fn at<'j, 't>(mut json: &'j mut Json<'t>, steps: &[Step]) -> Option<&'j mut Json<'t>> {
    for step in steps {
        json = match (step, json) {
            (Step::Key(key), Json::Object(members)) => {
                members.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v)?
            }
            (Step::Index(index), Json::Array(items)) => {
                let at = index.position(items.len())?;
                items.get_mut(at)?
            }
            // What is no array is its own only element.
            (Step::Index(index), other)
                if index.position(1) == Some(0) && !matches!(other, Json::Array(_)) =>
            {
                other
            }
            _ => return None,
        };
    }
    Some(json)
}

fn set<'t>(json: &mut Json<'t>, path: &Path, new: Json<'t>, inserts: bool, replaces: bool) -> Result<()> {
    if let Some(old) = at(json, &path.steps) {
        if replaces {
            *old = new;
        }
        return Ok(());
    }
    let Some((last, parents)) = path.steps.split_last() else {
        return Ok(());
    };
    let Some(parent) = at(json, parents).filter(|_| inserts) else {
        return Ok(());
    };
    match (last, parent) {
        (Step::Key(key), parent @ Json::Object(_)) => parent.set_member(Cow::Owned(key.clone()), new),
        (Step::Index(index), Json::Array(items)) => match index.position(items.len()) {
            Some(_) => items.push(new),
            None => items.insert(0, new),
        },
        (Step::Index(index), scalar) => {
            let old = core::mem::replace(scalar, Json::Null);
            *scalar = Json::Array(match index {
                Index::First(_) => vec![old, new],
                Index::Last(_) => vec![new, old],
            });
        }
        _ => {}
    }
    Ok(())
}

fn append<'t>(json: &mut Json<'t>, path: &Path, new: Json<'t>) -> Result<()> {
    match at(json, &path.steps) {
        Some(Json::Array(items)) => items.push(new),
        Some(other) => {
            let old = core::mem::replace(other, Json::Null);
            *other = Json::Array(vec![old, new]);
        }
        None => {}
    }
    Ok(())
}

fn insert_before<'t>(json: &mut Json<'t>, path: &Path, new: Json<'t>) -> Result<()> {
    let Some((Step::Index(index), parents)) = path.steps.split_last() else {
        return Err(Error::invalid(
            "a path of JSON_ARRAY_INSERT ends with the place of an element",
        ));
    };
    if let Some(Json::Array(items)) = at(json, parents) {
        let at = index.position(items.len()).unwrap_or(0).min(items.len());
        items.insert(at, new);
    }
    Ok(())
}

fn remove(json: &mut Json<'_>, path: &Path) -> Result<()> {
    if path.is_many() {
        return Err(Error::invalid("a path that is removed has no *, ** or range"));
    }
    let Some((last, parents)) = path.steps.split_last() else {
        return Err(Error::invalid(
            "the whole document, $, cannot be removed from itself",
        ));
    };
    match (last, at(json, parents)) {
        (Step::Key(key), Some(Json::Object(members))) => members.retain(|(k, _)| k != key),
        (Step::Index(index), Some(Json::Array(items))) => {
            if let Some(at) = index.position(items.len()).filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        _ => {}
    }
    Ok(())
}

/// RFC 7396.
fn patched<'t>(target: Json<'t>, patch: Json<'t>) -> Json<'t> {
    let Json::Object(changes) = patch else {
        return patch;
    };
    let mut members = match target {
        Json::Object(members) => members,
        _ => Vec::new(),
    };
    for (key, change) in changes {
        let old = members.iter().position(|(k, _)| *k == key);
        match (old, change) {
            (Some(at), Json::Null) => {
                members.remove(at);
            }
            (None, Json::Null) => {}
            (Some(at), change) => {
                if let Some((_, value)) = members.get_mut(at) {
                    *value = patched(core::mem::replace(value, Json::Null), change);
                }
            }
            (None, change) => members.push((key, patched(Json::Null, change))),
        }
    }
    Json::Object(members)
}

fn joined<'t>(a: Json<'t>, b: Json<'t>) -> Json<'t> {
    match (a, b) {
        (Json::Object(mut members), Json::Object(more)) => {
            for (key, value) in more {
                match members.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, old)) => *old = joined(core::mem::replace(old, Json::Null), value),
                    None => members.push((key, value)),
                }
            }
            Json::Object(members)
        }
        (a, b) => {
            let items = |json| match json {
                Json::Array(items) => items,
                other => vec![other],
            };
            let mut all = items(a);
            all.extend(items(b));
            Json::Array(all)
        }
    }
}
