//! The rows of SQLite's json_each and json_tree.

use super::json_path::{Path, write_key};
use super::json_value::not_json;
use crate::types::{Json, Result};
use alloc::{format, string::String};

/// A value within a document.
pub struct JsonRow<'a, 't> {
    /// Its key or index in what it is part of.
    pub key: Option<&'a str>,
    /// The value.
    pub value: &'a Json<'t>,
    /// Its number within the document: every value and every key of an object counts.
    pub id: i64,
    /// The number of what it is part of.
    pub parent: Option<i64>,
    /// The path to it.
    pub full_key: &'a str,
    /// The path to what it is part of.
    pub path: &'a str,
}

/// Calls `f` with what is directly in an array or object, or the scalar itself; `deep`: with it and everything
/// below it. Of a document, or of what a path in it leads to.
///
/// # Errors
/// [`Error::Invalid`](crate::types::Error::Invalid) if the text is not JSON, or the path none; those of `f`.
pub fn json_rows(
    text: &str,
    path: Option<&str>,
    deep: bool,
    f: &mut dyn FnMut(&JsonRow<'_, '_>) -> Result<()>,
) -> Result<()> {
    let document = Json::parse(text).ok_or_else(|| not_json(text))?;
    let steps = path.map(Path::parse).transpose()?.unwrap_or_default();
    let Some(root) = steps.first(&document) else {
        return Ok(());
    };
    let mut walk = Walk {
        deep,
        id: number_of(root, &document, &mut 0).unwrap_or(0),
        f,
    };
    let at = path.unwrap_or("$").trim_ascii();
    let is_scalar = !matches!(root, Json::Array(_) | Json::Object(_));
    if deep || is_scalar {
        walk.row(None, root, None, at, at)?;
    }
    walk.below(root, deep.then_some(walk.id), &mut String::from(at))
}

/// The number of a value that is part of a document.
fn number_of(wanted: &Json<'_>, within: &Json<'_>, next: &mut i64) -> Option<i64> {
    let own = *next;
    *next += 1;
    if core::ptr::eq(wanted, within) {
        return Some(own);
    }
    match within {
        Json::Array(items) => items.iter().find_map(|item| number_of(wanted, item, next)),
        Json::Object(members) => members.iter().find_map(|(_, value)| {
            *next += 1;
            number_of(wanted, value, next)
        }),
        _ => None,
    }
}

/// How many numbers a value takes.
fn numbers(value: &Json<'_>) -> i64 {
    match value {
        Json::Array(items) => 1 + items.iter().map(numbers).sum::<i64>(),
        Json::Object(members) => 1 + members.iter().map(|(_, v)| 1 + numbers(v)).sum::<i64>(),
        _ => 1,
    }
}

struct Walk<'f> {
    deep: bool,
    /// The number of the value at hand.
    id: i64,
    f: &'f mut dyn FnMut(&JsonRow<'_, '_>) -> Result<()>,
}

impl Walk<'_> {
    fn row(
        &mut self,
        key: Option<&str>,
        value: &Json<'_>,
        parent: Option<i64>,
        full_key: &str,
        path: &str,
    ) -> Result<()> {
        (self.f)(&JsonRow {
            key,
            value,
            id: self.id,
            parent,
            full_key,
            path,
        })
    }

    /// The parts of a value, whose number is `self.id` and whose path is `path`.
    fn below(&mut self, value: &Json<'_>, parent: Option<i64>, path: &mut String) -> Result<()> {
        let len = path.len();
        self.id += 1;
        match value {
            Json::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{i}]"));
                    self.part(&format!("{i}"), item, parent, path, len)?;
                    path.truncate(len);
                }
            }
            Json::Object(members) => {
                for (key, value) in members {
                    self.id += 1;
                    write_key(key, path);
                    self.part(key, value, parent, path, len)?;
                    path.truncate(len);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn part(
        &mut self,
        key: &str,
        value: &Json<'_>,
        parent: Option<i64>,
        path: &mut String,
        len: usize,
    ) -> Result<()> {
        self.row(Some(key), value, parent, path, path.get(..len).unwrap_or(""))?;
        match self.deep {
            true => self.below(value, Some(self.id), path),
            false => {
                self.id += numbers(value);
                Ok(())
            }
        }
    }
}
