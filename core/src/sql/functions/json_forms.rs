//! JSON under the names of PostgreSQL and MariaDB: kinds of documents, values as documents, documents compared.

use super::ArgKind::{Any, Text};
use super::ScalarFunction;
use super::args::{BOOL, JSON, TEXT, function, try_ints, try_texts};
use super::json_value::{document, documents, value};
use crate::shared_sort::sort_shared;
use crate::types::Json;
use alloc::borrow::Cow;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "JSON_TYPEOF",
        &["JSONB_TYPEOF"],
        (1, 1),
        &[Text],
        TEXT,
        "object, array, string, number, boolean or null: what a document is, in PostgreSQL's words.",
        |cx, a, _, _, n| {
            try_texts(cx, n, |i, out| {
                out.push_str(match document(cx, a, 0, i)? {
                    Json::Null => "null",
                    Json::Bool(_) => "boolean",
                    Json::Number(_) => "number",
                    Json::String(_) => "string",
                    Json::Array(_) => "array",
                    Json::Object(_) => "object",
                });
                Ok(Some(()))
            })
        },
    ),
    function(
        "TO_JSON",
        &["TO_JSONB"],
        (1, 1),
        &[Any],
        JSON,
        "A value as a document: a text is a string, a number a number.",
        |cx, a, t, _, n| documents(cx, n, |i| value(cx, a, t, 0, i).map(Some)),
    ),
    function(
        "JSON_STRIP_NULLS",
        &["JSONB_STRIP_NULLS"],
        (1, 1),
        &[Text],
        JSON,
        "A document without the members of its objects that are null.",
        |cx, a, _, _, n| documents(cx, n, |i| Ok(Some(stripped(document(cx, a, 0, i)?)))),
    ),
    function(
        "JSON_NORMALIZE",
        &[],
        (1, 1),
        &[Text],
        JSON,
        "A document with the members of its objects in the order of their keys.",
        |cx, a, _, _, n| documents(cx, n, |i| Ok(Some(normalized(document(cx, a, 0, i)?)))),
    ),
    function(
        "JSON_EQUALS",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether two documents are the same, whatever the order of their objects' members.",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                let same = document(cx, a, 0, i)?.is_same(&document(cx, a, 1, i)?);
                Ok(Some(i64::from(same)))
            })
        },
    ),
];

// The depth of both is that of a document, which reading it has limited.

fn stripped(json: Json<'_>) -> Json<'_> {
    match json {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(_, v)| !matches!(v, Json::Null));
            Json::Object(kept.map(|(k, v)| (k, stripped(v))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(stripped).collect()),
        other => other,
    }
}

fn normalized(json: Json<'_>) -> Json<'_> {
    match json {
        Json::Object(members) => {
            let mut members: alloc::vec::Vec<(Cow<'_, str>, Json<'_>)> =
                members.into_iter().map(|(k, v)| (k, normalized(v))).collect();
            sort_shared(&mut members, |a, b| a.0.cmp(&b.0));
            Json::Object(members)
        }
        Json::Array(items) => Json::Array(items.into_iter().map(normalized).collect()),
        other => other,
    }
}
