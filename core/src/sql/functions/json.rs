//! JSON: looking into documents. As in MySQL, with paths as [`json_path`](super::json_path) has them.

use super::ArgKind::{Any, Text};
use super::args::{Args, BOOL, INT, JSON, TEXT, function, try_ints, try_texts};
use super::json_path::{Path, Paths, write_key};
use super::json_value::{document, documents, value, write_plain};
use super::{EvalContext, ScalarFunction};
use crate::sql::exec::eval::Pattern;
use crate::types::{Column, DataType, Error, Json, Result, is_json, write_json_string};
use alloc::{borrow::Cow, format, string::String, vec::Vec};

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "JSON_EXTRACT",
        &["JSONB_EXTRACT"],
        (2, usize::MAX),
        &[Text],
        JSON,
        "The value at a path; an array of them for several paths, or one with wildcards.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..a.len())?;
            documents(cx, n, |i| extract(cx, a, &paths, i))
        },
    ),
    function(
        "JSON_VALUE",
        &["JSON_EXTRACT_SCALAR"],
        (2, 2),
        &[Text],
        TEXT,
        "The scalar at a path as text; NULL of an array, an object or null.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..2)?;
            try_texts(cx, n, |i, out| {
                let document = document(cx, a, 0, i)?;
                Ok(match paths.get(1, i)?.first(&document) {
                    None | Some(Json::Null | Json::Array(_) | Json::Object(_)) => None,
                    Some(scalar) => {
                        write_plain(scalar, out);
                        Some(())
                    }
                })
            })
        },
    ),
    function(
        "JSON_QUERY",
        &[],
        (2, 2),
        &[Text],
        JSON,
        "The array or object at a path; NULL of a scalar.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..2)?;
            documents(cx, n, |i| {
                let document = document(cx, a, 0, i)?;
                let found = paths.get(1, i)?.first(&document).cloned();
                Ok(found.filter(|j| matches!(j, Json::Array(_) | Json::Object(_))))
            })
        },
    ),
    function(
        "JSON_GET",
        &[],
        (2, 2),
        &[Text, Any],
        JSON,
        "What doc -> x gives: the value at a path, the member of that name, or the element of that number.",
        |cx, a, t, _, n| documents(cx, n, |i| member(cx, a, t, i)),
    ),
    function(
        "JSON_UNQUOTE",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "A JSON string without its quotes and escapes; any other text as it is.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                let text = a.text(0, i);
                match Json::parse(text).filter(|_| text.starts_with('"')) {
                    Some(string) => write_plain(&string, out),
                    None => out.push_str(text),
                }
                Ok(Some(()))
            })
        },
    ),
    function(
        "JSON_QUOTE",
        &[],
        (1, 1),
        &[Text],
        TEXT,
        "A text as a JSON string.",
        |cx, a, _, _, n| try_texts(cx, n, |i, out| Ok(write_json_string(a.text(0, i), out).ok())),
    ),
    function(
        "JSON_VALID",
        &[],
        (1, 1),
        &[Text],
        BOOL,
        "Whether a text is JSON.",
        |_, a, _, _, n| try_ints(n, |i| Ok(Some(i64::from(is_json(a.text(0, i)))))),
    ),
    function(
        "JSON_TYPE",
        &[],
        (1, 2),
        &[Text],
        TEXT,
        "OBJECT, ARRAY, STRING, INTEGER, DOUBLE, BOOLEAN or NULL: what a document, or the value at a path, is.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..a.len())?;
            try_texts(cx, n, |i, out| {
                let document = document(cx, a, 0, i)?;
                Ok(at_path(a, &paths, 1, i, &document)?.map(|j| out.push_str(type_name(j))))
            })
        },
    ),
    function(
        "JSON_LENGTH",
        &["JSON_ARRAY_LENGTH", "JSONB_ARRAY_LENGTH"],
        (1, 2),
        &[Text],
        INT,
        "How many elements or members a document, or the value at a path, has; 1 of a scalar.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..a.len())?;
            try_ints(n, |i| {
                let document = document(cx, a, 0, i)?;
                Ok(at_path(a, &paths, 1, i, &document)?.map(|j| match j {
                    Json::Array(items) => items.len() as i64,
                    Json::Object(members) => members.len() as i64,
                    _ => 1,
                }))
            })
        },
    ),
    function(
        "JSON_DEPTH",
        &[],
        (1, 1),
        &[Text],
        INT,
        "Levels of a document: 1 of a scalar, [] or {}.",
        |cx, a, _, _, n| try_ints(n, |i| Ok(Some(document(cx, a, 0, i)?.depth() as i64))),
    ),
    function(
        "JSON_KEYS",
        &[],
        (1, 2),
        &[Text],
        JSON,
        "The keys of an object, or of the one at a path, as an array.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..a.len())?;
            documents(cx, n, |i| {
                let document = document(cx, a, 0, i)?;
                Ok(match at_path(a, &paths, 1, i, &document)? {
                    Some(Json::Object(members)) => {
                        let keys = members.iter().map(|(k, _)| Json::String(k.clone()));
                        Some(Json::Array(keys.collect()))
                    }
                    _ => None,
                })
            })
        },
    ),
    function(
        "JSON_CONTAINS",
        &["JSONB_CONTAINS"],
        (2, 3),
        &[Text],
        BOOL,
        "Whether a document, or the value at a path in it, contains another document.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 2..a.len())?;
            try_ints(n, |i| {
                let (whole, part) = (document(cx, a, 0, i)?, document(cx, a, 1, i)?);
                let target = at_path(a, &paths, 2, i, &whole)?;
                Ok(target.map(|t| i64::from(contains(t, &part))))
            })
        },
    ),
    function(
        "JSON_CONTAINS_PATH",
        &[],
        (3, usize::MAX),
        &[Text],
        BOOL,
        "Whether a document has a value at one or all of the paths: (doc, 'one' or 'all', path, …).",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 2..a.len())?;
            try_ints(n, |i| {
                let document = document(cx, a, 0, i)?;
                let all = wants_all(a.text(1, i))?;
                for k in 2..a.len() {
                    if paths.get(k, i)?.first(&document).is_some() != all {
                        return Ok(Some(i64::from(!all)));
                    }
                }
                Ok(Some(i64::from(all)))
            })
        },
    ),
    function(
        "JSON_EXISTS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether a document has a value at a path.",
        |cx, a, _, _, n| {
            let paths = Paths::new(a, 1..2)?;
            try_ints(n, |i| {
                let document = document(cx, a, 0, i)?;
                Ok(Some(i64::from(paths.get(1, i)?.first(&document).is_some())))
            })
        },
    ),
    function(
        "JSON_OVERLAPS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether two arrays share an element, two objects a member, or two scalars are the same.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                Ok(Some(i64::from(overlaps(
                    &document(cx, a, 0, i)?,
                    &document(cx, a, 1, i)?,
                ))))
            })
        },
    ),
    function(
        "JSON_SEARCH",
        &[],
        (3, usize::MAX),
        &[Text],
        JSON,
        "The path of a string like a pattern, or all: (doc, 'one' or 'all', pattern, escape, path, …).",
        |cx, a, _, _, n| documents(cx, n, |i| search(cx, a, i)),
    )
    .sees_null(),
];

/// The value at the path that argument `k` is; without one, the document. `None`: there is no such value.
fn at_path<'j, 't>(
    a: &[Column],
    paths: &Paths<'_>,
    k: usize,
    i: usize,
    document: &'j Json<'t>,
) -> Result<Option<&'j Json<'t>>> {
    match a.has(k) {
        false => Ok(Some(document)),
        true => {
            let path = paths.get(k, i)?;
            if path.is_many() {
                return Err(Error::invalid("a path with *, ** or a range cannot stand here"));
            }
            Ok(path.first(document))
        }
    }
}

fn extract<'a>(
    cx: &EvalContext<'_>,
    a: &'a [Column],
    paths: &Paths<'_>,
    i: usize,
) -> Result<Option<Json<'a>>> {
    let document = document(cx, a, 0, i)?;
    let mut found: Vec<Json<'a>> = Vec::new();
    let mut many = a.len() > 2;
    for k in 1..a.len() {
        let path = paths.get(k, i)?;
        many |= path.is_many();
        found.extend(path.find(&document).into_iter().cloned());
    }
    Ok(match many {
        true if found.is_empty() => None,
        true => Some(Json::Array(found)),
        false => found.pop(),
    })
}

fn member<'a>(
    cx: &EvalContext<'_>,
    a: &'a [Column],
    types: &[DataType],
    i: usize,
) -> Result<Option<Json<'a>>> {
    let document = document(cx, a, 0, i)?;
    let path = match value(cx, a, types, 1, i)? {
        Json::Number(n) => Path::to_index(n.parse().unwrap_or(i64::MAX)),
        Json::String(s) if s.starts_with('$') => Path::parse(&s)?,
        other => {
            let mut key = String::new();
            write_plain(&other, &mut key);
            Path::to_key(&key)
        }
    };
    if path.is_many() {
        let found: Vec<Json<'_>> = path.find(&document).into_iter().cloned().collect();
        return Ok((!found.is_empty()).then_some(Json::Array(found)));
    }
    Ok(path.first(&document).cloned())
}

fn type_name(json: &Json<'_>) -> &'static str {
    match json {
        Json::Null => "NULL",
        Json::Bool(_) => "BOOLEAN",
        Json::Number(n) if n.parse::<i64>().is_ok() => "INTEGER",
        Json::Number(_) => "DOUBLE",
        Json::String(_) => "STRING",
        Json::Array(_) => "ARRAY",
        Json::Object(_) => "OBJECT",
    }
}

/// As MySQL has it: an array contains an array all of whose elements it contains, and anything that one of
/// its elements contains; an object one whose members it contains; a scalar its equal.
fn contains(target: &Json<'_>, part: &Json<'_>) -> bool {
    match (target, part) {
        (Json::Array(items), Json::Array(parts)) => {
            parts.iter().all(|p| items.iter().any(|item| contains(item, p)))
        }
        (Json::Array(items), part) => items.iter().any(|item| contains(item, part)),
        (Json::Object(_), Json::Object(parts)) => parts
            .iter()
            .all(|(k, p)| target.member(k).is_some_and(|t| contains(t, p))),
        (target, part) => target.is_same(part),
    }
}

fn overlaps(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (a, b) {
        (Json::Object(members), Json::Object(_)) => members
            .iter()
            .any(|(k, v)| b.member(k).is_some_and(|o| v.is_same(o))),
        (Json::Array(a), Json::Array(b)) => a.iter().any(|x| b.iter().any(|y| x.is_same(y))),
        (Json::Array(items), other) | (other, Json::Array(items)) => items.iter().any(|i| i.is_same(other)),
        (a, b) => a.is_same(b),
    }
}

/// `one` or `all`.
fn wants_all(word: &str) -> Result<bool> {
    match word {
        w if w.eq_ignore_ascii_case("one") => Ok(false),
        w if w.eq_ignore_ascii_case("all") => Ok(true),
        other => Err(Error::invalid(format!("'{other}' must be 'one' or 'all'"))),
    }
}

fn search<'a>(cx: &EvalContext<'_>, a: &'a [Column], i: usize) -> Result<Option<Json<'a>>> {
    if (0..a.len()).any(|k| k != 3 && a.null(k, i)) {
        return Ok(None);
    }
    let document = document(cx, a, 0, i)?;
    let all = wants_all(a.text(1, i))?;
    let escape = if a.has(3) && !a.null(3, i) {
        a.text(3, i).chars().next()
    } else {
        None
    };
    let pattern = Pattern::new(a.text(2, i), escape.or(Some('\\')), true);
    let mut within = Vec::new();
    for k in 4..a.len() {
        within.extend(Path::parse(a.text(k, i))?.find(&document));
    }
    let mut found: Vec<Json<'_>> = Vec::new();
    let mut path = String::from("$");
    let is_within = |value: &Json<'_>| a.len() <= 4 || within.iter().any(|w| core::ptr::eq(*w, value));
    visit(
        &document,
        &mut path,
        a.len() <= 4,
        &is_within,
        &mut |value, path| {
            if matches!(value, Json::String(s) if pattern.matches(s.as_bytes())) {
                found.push(Json::String(Cow::Owned(path.into())));
            }
            all || found.is_empty()
        },
    );
    Ok(match found.len() {
        0 => None,
        1 => found.pop(),
        _ => Some(Json::Array(found)),
    })
}

/// Calls `f` with every value below one that is within, and its path, until it says no. Returns what it said last.
fn visit<'t>(
    json: &Json<'t>,
    path: &mut String,
    inside: bool,
    is_within: &dyn Fn(&Json<'_>) -> bool,
    f: &mut dyn FnMut(&Json<'t>, &str) -> bool,
) -> bool {
    let inside = inside || is_within(json);
    if inside && !f(json, path) {
        return false;
    }
    let length = path.len();
    match json {
        Json::Array(items) => items.iter().enumerate().all(|(i, item)| {
            path.push_str(&format!("[{i}]"));
            let goes_on = visit(item, path, inside, is_within, f);
            path.truncate(length);
            goes_on
        }),
        Json::Object(members) => members.iter().all(|(key, value)| {
            write_key(key, path);
            let goes_on = visit(value, path, inside, is_within, f);
            path.truncate(length);
            goes_on
        }),
        _ => true,
    }
}
