//! JSON_SCHEMA_VALID: documents against a JSON Schema (draft 4, as in MySQL; `const` and numbers for
//! `exclusiveMinimum` and `exclusiveMaximum` are of later drafts).
//!
//! A `$ref` names a part of the same schema (`#/definitions/address`).

use super::ArgKind::Text;
use super::args::{BOOL, JSON, function, try_ints};
use super::json_value::{document, documents};
use super::regexp::regular_expression;
use super::{EvalContext, ScalarFunction};
use crate::types::{Error, Json, Result};
use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::cmp::Ordering;

/// How deep schemas may apply schemas.
const MAX_DEPTH: usize = 100;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "JSON_SCHEMA_VALID",
        &[],
        (2, 2),
        &[Text],
        BOOL,
        "Whether a document is as a JSON Schema (draft 4) says: (schema, document).",
        |cx, a, _, _, n| {
            try_ints(n, |i| {
                cx.check_interrupt()?;
                let (schema, json) = (document(cx, a, 0, i)?, document(cx, a, 1, i)?);
                Ok(Some(i64::from(check(cx, &schema, &json)?.is_none())))
            })
        },
    ),
    function(
        "JSON_SCHEMA_VALIDATION_REPORT",
        &[],
        (2, 2),
        &[Text],
        JSON,
        "Where a document is not as a JSON Schema says, as a document: (schema, document).",
        |cx, a, _, _, n| {
            documents(cx, n, |i| {
                let (schema, json) = (document(cx, a, 0, i)?, document(cx, a, 1, i)?);
                Ok(Some(report(check(cx, &schema, &json)?)))
            })
        },
    ),
];

/// What a document does not fulfil.
struct Failure {
    /// Where in the schema, and in the document, as `#/a/0`.
    schema: String,
    document: String,
    keyword: &'static str,
}

fn report(failure: Option<Failure>) -> Json<'static> {
    let text = |s: String| Json::String(Cow::Owned(s));
    let mut members = Vec::from([(Cow::Borrowed("valid"), Json::Bool(failure.is_none()))]);
    if let Some(f) = failure {
        let reason = format!(
            "The JSON document location '{}' failed requirement '{}' at JSON Schema location '{}'",
            f.document, f.keyword, f.schema
        );
        members.extend([
            (Cow::Borrowed("reason"), text(reason)),
            (Cow::Borrowed("schema-location"), text(f.schema)),
            (Cow::Borrowed("document-location"), text(f.document)),
            (
                Cow::Borrowed("schema-failed-keyword"),
                text(String::from(f.keyword)),
            ),
        ]);
    }
    Json::Object(members)
}

fn check(cx: &EvalContext<'_>, schema: &Json<'_>, json: &Json<'_>) -> Result<Option<Failure>> {
    if !matches!(schema, Json::Object(_)) {
        return Err(Error::invalid("a JSON Schema is an object"));
    }
    let mut checker = Checker {
        cx,
        root: schema,
        schema: String::from("#"),
        document: String::from("#"),
        depth: 0,
    };
    checker.check(schema, json)
}

/// A check on its way through schema and document.
struct Checker<'a, 't> {
    cx: &'a EvalContext<'a>,
    root: &'a Json<'t>,
    schema: String,
    document: String,
    depth: usize,
}

/// Whether a value is of a schema's type.
fn is_type(name: &str, json: &Json<'_>) -> bool {
    match json {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Number(n) => name == "number" || name == "integer" && n.parse::<i128>().is_ok(),
        Json::String(_) => name == "string",
        Json::Array(_) => name == "array",
        Json::Object(_) => name == "object",
    }
}

fn size(json: Option<&Json<'_>>) -> Option<usize> {
    match json? {
        Json::Number(n) => n.parse().ok(),
        _ => None,
    }
}

fn is_match(pattern: &str, text: &str) -> Result<bool> {
    Ok(regular_expression(pattern)?.is_match(text))
}

impl<'a, 't> Checker<'a, 't> {
    fn fails(&self, keyword: &'static str) -> Option<Failure> {
        Some(Failure {
            schema: self.schema.clone(),
            document: self.document.clone(),
            keyword,
        })
    }

    fn check(&mut self, schema: &'a Json<'t>, json: &Json<'_>) -> Result<Option<Failure>> {
        self.cx.check_interrupt()?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::invalid(format!(
                "the schema is applied more than {MAX_DEPTH} levels deep"
            )));
        }
        let found = match schema.member("$ref") {
            Some(Json::String(place)) => {
                let referred = self.referred(place)?;
                let before = core::mem::replace(&mut self.schema, String::from(&**place));
                let found = self.check(referred, json);
                self.schema = before;
                found?
            }
            _ => self.keywords(schema, json)?,
        };
        self.depth -= 1;
        Ok(found)
    }

    /// The part of the schema that a `$ref` names.
    fn referred(&self, place: &str) -> Result<&'a Json<'t>> {
        let unknown = || Error::invalid(format!("the schema has nothing at '{place}'"));
        let Some(path) = place.strip_prefix('#') else {
            return Err(Error::unsupported(format!("a schema elsewhere ('{place}')")));
        };
        let mut at = self.root;
        for part in path.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            at = match at {
                Json::Array(items) => part.parse::<usize>().ok().and_then(|i| items.get(i)),
                other => other.member(&part),
            }
            .ok_or_else(unknown)?;
        }
        Ok(at)
    }

    /// Checks by a schema that is further down.
    fn within(
        &mut self,
        keyword: &str,
        part: Option<&str>,
        schema: &'a Json<'t>,
        json: &Json<'_>,
    ) -> Result<Option<Failure>> {
        let length = self.schema.len();
        for step in [Some(keyword), part].into_iter().flatten() {
            self.schema.push('/');
            self.schema.push_str(step);
        }
        let found = self.check(schema, json);
        self.schema.truncate(length);
        found
    }

    fn in_document(
        &mut self,
        place: &str,
        keyword: &str,
        part: Option<&str>,
        schema: &'a Json<'t>,
        json: &Json<'_>,
    ) -> Result<Option<Failure>> {
        let length = self.document.len();
        self.document.push('/');
        self.document.push_str(place);
        let found = self.within(keyword, part, schema, json);
        self.document.truncate(length);
        found
    }

    fn keywords(&mut self, schema: &'a Json<'t>, json: &Json<'_>) -> Result<Option<Failure>> {
        let is_one = match schema.member("type") {
            Some(Json::String(name)) => is_type(name, json),
            Some(Json::Array(names)) => names
                .iter()
                .any(|n| matches!(n, Json::String(name) if is_type(name, json))),
            _ => true,
        };
        if !is_one {
            return Ok(self.fails("type"));
        }
        if let Some(Json::Array(values)) = schema.member("enum")
            && !values.iter().any(|v| v.is_same(json))
        {
            return Ok(self.fails("enum"));
        }
        if schema.member("const").is_some_and(|v| !v.is_same(json)) {
            return Ok(self.fails("const"));
        }
        let found = match json {
            Json::Number(n) => self.number(schema, n),
            Json::String(s) => self.string(schema, s)?,
            Json::Array(items) => self.array(schema, items)?,
            Json::Object(members) => self.object(schema, members)?,
            Json::Null | Json::Bool(_) => None,
        };
        match found {
            None => self.combined(schema, json),
            failure => Ok(failure),
        }
    }

    fn number(&self, schema: &Json<'_>, n: &str) -> Option<Failure> {
        let value = n.parse::<f64>().ok()?;
        let limit = |name: &str| match schema.member(name) {
            Some(Json::Number(l)) => l.parse::<f64>().ok(),
            _ => None,
        };
        let is_exclusive = |name: &str| schema.member(name) == Some(&Json::Bool(true));
        let beyond = |limit: Option<f64>, wanted: Ordering, exclusive: bool| {
            let order = limit.and_then(|l| value.partial_cmp(&l));
            order.is_some_and(|o| o == wanted.reverse() || exclusive && o == Ordering::Equal)
        };
        if beyond(
            limit("minimum"),
            Ordering::Greater,
            is_exclusive("exclusiveMinimum"),
        ) {
            return self.fails("minimum");
        }
        if beyond(limit("exclusiveMinimum"), Ordering::Greater, true) {
            return self.fails("exclusiveMinimum");
        }
        if beyond(limit("maximum"), Ordering::Less, is_exclusive("exclusiveMaximum")) {
            return self.fails("maximum");
        }
        if beyond(limit("exclusiveMaximum"), Ordering::Less, true) {
            return self.fails("exclusiveMaximum");
        }
        let step = limit("multipleOf").filter(|s| *s > 0.0)?;
        let times = value / step;
        match (times - libm::rint(times)).abs() > 1e-9 * times.abs().max(1.0) {
            true => self.fails("multipleOf"),
            false => None,
        }
    }

    fn string(&self, schema: &Json<'_>, s: &str) -> Result<Option<Failure>> {
        let length = s.chars().count();
        if size(schema.member("minLength")).is_some_and(|l| length < l) {
            return Ok(self.fails("minLength"));
        }
        if size(schema.member("maxLength")).is_some_and(|l| length > l) {
            return Ok(self.fails("maxLength"));
        }
        match schema.member("pattern") {
            Some(Json::String(pattern)) if !is_match(pattern, s)? => Ok(self.fails("pattern")),
            _ => Ok(None),
        }
    }

    fn array(&mut self, schema: &'a Json<'t>, items: &[Json<'_>]) -> Result<Option<Failure>> {
        if size(schema.member("minItems")).is_some_and(|l| items.len() < l) {
            return Ok(self.fails("minItems"));
        }
        if size(schema.member("maxItems")).is_some_and(|l| items.len() > l) {
            return Ok(self.fails("maxItems"));
        }
        if schema.member("uniqueItems") == Some(&Json::Bool(true)) {
            for (i, item) in items.iter().enumerate() {
                self.cx.check_interrupt()?;
                if items.iter().take(i).any(|before| before.is_same(item)) {
                    return Ok(self.fails("uniqueItems"));
                }
            }
        }
        for (i, item) in items.iter().enumerate() {
            let place = format!("{i}");
            let found = match schema.member("items") {
                Some(Json::Array(schemas)) => match (schemas.get(i), schema.member("additionalItems")) {
                    (Some(own), _) => self.in_document(&place, "items", Some(&place), own, item)?,
                    (None, Some(Json::Bool(false))) => self.fails("additionalItems"),
                    (None, Some(more @ Json::Object(_))) => {
                        self.in_document(&place, "additionalItems", None, more, item)?
                    }
                    (None, _) => None,
                },
                Some(each @ Json::Object(_)) => self.in_document(&place, "items", None, each, item)?,
                _ => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn object(
        &mut self,
        schema: &'a Json<'t>,
        members: &[(Cow<'_, str>, Json<'_>)],
    ) -> Result<Option<Failure>> {
        if size(schema.member("minProperties")).is_some_and(|l| members.len() < l) {
            return Ok(self.fails("minProperties"));
        }
        if size(schema.member("maxProperties")).is_some_and(|l| members.len() > l) {
            return Ok(self.fails("maxProperties"));
        }
        let has = |name: &Json<'_>| match name {
            Json::String(name) => members.iter().any(|(k, _)| k == name),
            _ => true,
        };
        if let Some(Json::Array(names)) = schema.member("required")
            && !names.iter().all(has)
        {
            return Ok(self.fails("required"));
        }
        for (key, value) in members {
            if let Some(found) = self.member(schema, key, value)? {
                return Ok(Some(found));
            }
        }
        if let Some(Json::Object(dependencies)) = schema.member("dependencies") {
            for (key, needed) in dependencies {
                if !members.iter().any(|(k, _)| k == key) {
                    continue;
                }
                match needed {
                    Json::Array(names) if !names.iter().all(has) => return Ok(self.fails("dependencies")),
                    other @ Json::Object(_) => {
                        let whole = Json::Object(members.to_vec());
                        let found = self.within("dependencies", Some(key), other, &whole)?;
                        if found.is_some() {
                            return Ok(found);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// Checks one member of an object.
    fn member(&mut self, schema: &'a Json<'t>, key: &str, value: &Json<'_>) -> Result<Option<Failure>> {
        let mut is_known = false;
        if let Some(own) = schema.member("properties").and_then(|p| p.member(key)) {
            is_known = true;
            let found = self.in_document(key, "properties", Some(key), own, value)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        if let Some(Json::Object(patterns)) = schema.member("patternProperties") {
            for (pattern, own) in patterns {
                if is_match(pattern, key)? {
                    is_known = true;
                    let found = self.in_document(key, "patternProperties", Some(pattern), own, value)?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
            }
        }
        match schema.member("additionalProperties") {
            Some(Json::Bool(false)) if !is_known => Ok(self.fails("additionalProperties")),
            Some(other @ Json::Object(_)) if !is_known => {
                self.in_document(key, "additionalProperties", None, other, value)
            }
            _ => Ok(None),
        }
    }

    /// What several schemas say together.
    fn combined(&mut self, schema: &'a Json<'t>, json: &Json<'_>) -> Result<Option<Failure>> {
        if let Some(Json::Array(all)) = schema.member("allOf") {
            for (i, one) in all.iter().enumerate() {
                if self.within("allOf", Some(&format!("{i}")), one, json)?.is_some() {
                    return Ok(self.fails("allOf"));
                }
            }
        }
        for (keyword, wanted) in [("anyOf", None), ("oneOf", Some(1))] {
            let Some(Json::Array(some)) = schema.member(keyword) else {
                continue;
            };
            let mut count = 0;
            for (i, one) in some.iter().enumerate() {
                count += usize::from(self.within(keyword, Some(&format!("{i}")), one, json)?.is_none());
            }
            if count == 0 || wanted.is_some_and(|w| w != count) {
                return Ok(self.fails(keyword));
            }
        }
        match schema.member("not") {
            Some(other) if self.within("not", None, other, json)?.is_none() => Ok(self.fails("not")),
            _ => Ok(None),
        }
    }
}
