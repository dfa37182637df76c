//! PostgreSQL's functions of documents, whose paths are lists of keys and places: `{a,0,b}`. As in PostgreSQL 15.

use super::ArgKind::{Any, Bool, Text};
use super::args::{Args, BOOL, INT, JSON, TEXT, function, try_ints, try_texts};
use super::json_edit::{Position, put};
use super::json_path::{Index, Path, Step};
use super::json_value::{document, documents, parse, value, write_plain};
use super::{EvalContext, ScalarFunction};
use crate::types::{Column, DataType, Error, Json, Result};
use alloc::{borrow::Cow, format, string::String, vec::Vec};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "JSON_EXTRACT_PATH",
        &["JSONB_EXTRACT_PATH"],
        (1, usize::MAX),
        &[Text],
        JSON,
        "The value at the end of keys and places: (doc, key, …).",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let document = document(cx, a, 0, i)?;
                let keys = (1..a.len()).map(|k| a.text(k, i));
                Ok(descend(&document, keys).cloned())
            })
        },
    ),
    function(
        "JSON_EXTRACT_PATH_TEXT",
        &["JSONB_EXTRACT_PATH_TEXT"],
        (1, usize::MAX),
        &[Text],
        TEXT,
        "As JSON_EXTRACT_PATH, as text: a string without its quotes, NULL of null.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let document = document(cx, a, 0, i)?;
                let keys = (1..a.len()).map(|k| a.text(k, i));
                let found = descend(&document, keys).filter(|j| **j != Json::Null);
                Ok(found.map(|json| write_plain(json, out)))
            })
        },
    ),
    function(
        "JSONB_SET",
        &[],
        (3, 4),
        &[Text, Text, Any, Bool],
        JSON,
        "A document with a value set: (doc, '{key,0}', a document, whether to create), or as JSON_SET with a path that starts with $.",
        |cx, a, t, _, n| documents(cx, n, |i| changed(cx, a, t, i, Position::Set)),
    ),
    function(
        "JSONB_INSERT",
        &[],
        (3, 4),
        &[Text, Text, Any, Bool],
        JSON,
        "A document with a value inserted: (doc, '{key,0}', a document, whether behind the place), or as JSON_INSERT with a path that starts with $.",
        |cx, a, t, _, n| documents(cx, n, |i| changed(cx, a, t, i, Position::Insert)),
    ),
    function(
        "JSONB_EXISTS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether an object has a key, an array a string, or a string is it.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                let key = a.text(1, i);
                let is_it = |j: &Json<'_>| matches!(j, Json::String(s) if s == key);
                Ok(Some(i64::from(match document(cx, a, 0, i)? {
                    Json::Array(items) => items.iter().any(is_it),
                    Json::Object(members) => members.iter().any(|(k, _)| k == key),
                    other => is_it(&other),
                })))
            })
        },
    ),
    function(
        "JSONB_PATH_EXISTS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether a path leads to a value; paths are MySQL's, without filters.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                let found = Path::parse(a.text(1, i))?
                    .first(&document(cx, a, 0, i)?)
                    .is_some();
                Ok(Some(i64::from(found)))
            })
        },
    ),
    function(
        "JSONB_PATH_QUERY_ARRAY",
        &[],
        (2, 2),
        &[Text],
        JSON,
        "All values that a path leads to, as an array.",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let document = document(cx, a, 0, i)?;
                let found = Path::parse(a.text(1, i))?;
                Ok(Some(Json::Array(
                    found.find(&document).into_iter().cloned().collect(),
                )))
            })
        },
    ),
    function(
        "JSONB_PATH_QUERY_FIRST",
        &[],
        (2, 2),
        &[Text],
        JSON,
        "The first value that a path leads to.",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let document = document(cx, a, 0, i)?;
                Ok(Path::parse(a.text(1, i))?.first(&document).cloned())
            })
        },
    ),
    function(
        "JSON_MEMBER",
        &[],
        (2, 2),
        &[Any, Text],
        BOOL,
        "Whether a value is an element of an array, also written x MEMBER OF(array).",
        |cx, a, t, _, n| {
            try_ints(n, |i| {
                let (wanted, document) = (value(cx, a, t, 0, i)?, document(cx, a, 1, i)?);
                Ok(Some(i64::from(match &document {
                    Json::Array(items) => items.iter().any(|item| item.is_same(&wanted)),
                    other => other.is_same(&wanted),
                })))
            })
        },
    ),
    function(
        "JSON_IS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether a text is JSON: a 'VALUE', 'SCALAR', 'ARRAY' or 'OBJECT'; also written x IS JSON ARRAY.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                let text = a.text(0, i);
                cx.scratch.take(Json::memory_of(text))?;
                let json = Json::parse(text);
                Ok(Some(i64::from(match a.text(1, i) {
                    "ARRAY" => matches!(json, Some(Json::Array(_))),
                    "OBJECT" => matches!(json, Some(Json::Object(_))),
                    "SCALAR" => json.is_some_and(|j| !matches!(j, Json::Array(_) | Json::Object(_))),
                    _ => json.is_some(),
                })))
            })
        },
    ),
    function(
        "JSON_STORAGE_SIZE",
        &[],
        (1, 1),
        &[Text],
        INT,
        "How many bytes a document takes as text.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                document(cx, a, 0, i)?;
                Ok(Some(a.text(0, i).len() as i64))
            })
        },
    ),
];

/// The place in an array that a key says, counted from the end if it is negative.
fn place(key: &str) -> Option<Index> {
    let number = key.trim_ascii().parse::<i64>().ok()?;
    let distance = usize::try_from(number.unsigned_abs()).ok()?;
    match number < 0 {
        true => distance.checked_sub(1).map(Index::Last),
        false => Some(Index::First(distance)),
    }
}

fn step<'j, 't>(json: &'j Json<'t>, key: &str) -> Option<&'j Json<'t>> {
    match json {
        Json::Array(items) => items.get(place(key)?.position(items.len())?),
        other => other.member(key),
    }
}

fn descend<'j, 't, 'k>(json: &'j Json<'t>, keys: impl Iterator<Item = &'k str>) -> Option<&'j Json<'t>> {
    let mut at = json;
    for key in keys {
        at = step(at, key)?;
    }
    Some(at)
}

/// The keys of `{a,0,"b c"}`.
fn keys(path: &str) -> Result<Vec<Cow<'_, str>>> {
    let wrong = || Error::invalid(format!("'{path}' is no list of keys such as {{a,0}}"));
    let list = path.trim_ascii();
    let list = list
        .strip_prefix('{')
        .and_then(|l| l.strip_suffix('}'))
        .ok_or_else(wrong)?;
    let mut out = Vec::new();
    let mut rest = list.trim_ascii();
    while !rest.is_empty() {
        let key = match rest.strip_prefix('"') {
            Some(_) => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, c)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                let (quoted, after) = rest
                    .split_at_checked(end.ok_or_else(wrong)?.0 + 1)
                    .ok_or_else(wrong)?;
                rest = after;
                let mut key = String::new();
                let mut chars = quoted.get(1..quoted.len() - 1).unwrap_or_default().chars();
                while let Some(c) = chars.next() {
                    key.extend(if c == '\\' { chars.next() } else { Some(c) });
                }
                Cow::Owned(key)
            }
            None => {
                let (key, after) = rest
                    .split_at_checked(rest.find(',').unwrap_or(rest.len()))
                    .ok_or_else(wrong)?;
                rest = after;
                Cow::Borrowed(key.trim_ascii())
            }
        };
        out.push(key);
        rest = match rest.trim_ascii().strip_prefix(',') {
            Some(more) if !more.trim_ascii().is_empty() => more.trim_ascii(),
            Some(_) => return Err(wrong()),
            None if rest.trim_ascii().is_empty() => "",
            None => return Err(wrong()),
        };
    }
    Ok(out)
}

/// JSONB_SET and JSONB_INSERT of a row.
fn changed<'a>(
    cx: &EvalContext<'_>,
    a: &'a [Column],
    types: &'a [DataType],
    i: usize,
    position: Position,
) -> Result<Option<Json<'a>>> {
    let mut json = document(cx, a, 0, i)?;
    let text = a.text(1, i);
    if text.starts_with('$') {
        let path = Path::parse(text)?;
        if path.is_many() {
            return Err(Error::invalid("a path that is changed has no *, ** or range"));
        }
        put(&mut json, &path, value(cx, a, types, 2, i)?, position)?;
        return Ok(Some(json));
    }
    let flag = a.has(3).then(|| a.int(3, i) != 0);
    let new = match types.get(2) {
        Some(ty) if ty.is_text() => parse(cx, a.text(2, i))?,
        _ => value(cx, a, types, 2, i)?,
    };
    let keys = keys(text)?;
    let Some((last, parents)) = keys.split_last() else {
        return Ok(Some(json));
    };
    // Keys are places where there is an array.
    let mut steps = Vec::with_capacity(parents.len());
    let mut at = &json;
    for key in parents {
        let Some(next) = step(at, key) else {
            return Ok(Some(json));
        };
        steps.push(match (at, place(key)) {
            (Json::Array(_), Some(index)) => Step::Index(index),
            _ => Step::Key(String::from(&**key)),
        });
        at = next;
    }
    match at {
        Json::Array(items) => {
            let index =
                place(last).ok_or_else(|| Error::invalid(format!("'{last}' is no place in an array")))?;
            let at = index.position(items.len());
            let len = items.len();
            let parent = Path { steps };
            let found = at.filter(|at| *at < len);
            let is_before_all = at.is_none();
            let change: fn(&mut Vec<Json<'a>>, usize, Json<'a>, bool) = match position {
                Position::Set => |items, at, new, found| match (found, items.get_mut(at)) {
                    (true, Some(old)) => *old = new,
                    _ => items.insert(at.min(items.len()), new),
                },
                Position::Insert => |items, at, new, _| items.insert(at.min(items.len()), new),
            };
            let to = match (found, position, flag) {
                (None, Position::Set, Some(false)) => return Ok(Some(json)),
                (Some(at), Position::Insert, Some(true)) => at + 1,
                (Some(at), _, _) => at,
                (None, _, _) if is_before_all => 0,
                (None, _, _) => len,
            };
            if let Some(Json::Array(items)) = super::json_edit::at(&mut json, &parent.steps) {
                change(items, to, new, found.is_some());
            }
        }
        Json::Object(_) => {
            let exists = at.member(last).is_some();
            let creates = position == Position::Insert || flag != Some(false);
            if position == Position::Insert && exists {
                return Err(Error::invalid(format!(
                    "the object has a member '{last}' already"
                )));
            }
            if let Some(parent) = super::json_edit::at(&mut json, &steps)
                && (exists || creates)
            {
                parent.set_member(Cow::Owned(String::from(&**last)), new);
            }
        }
        _ => {}
    }
    Ok(Some(json))
}
