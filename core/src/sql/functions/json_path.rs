//! JSON paths, as MySQL writes them: `$`, then steps `.key`, `."any key"`, `[3]`, `[last]`, `[last-1]`,
//! `[1 to 3]`, `.*`, `[*]`, and `**` for any depth. SQLite's `[#-1]` is `[last]`.
//!
//! A value that is no array counts as an array of one element, as in MySQL.

use super::args::Args;
use crate::types::{Column, Error, Json, Result, json_string};
use alloc::{borrow::Cow, format, string::String, vec::Vec};

/// Steps a path may have, as in MySQL: walking it goes that deep.
const MAX_STEPS: usize = 100;
/// How often a path may have `**`: each multiplies what a walk costs.
const MAX_ANY_DEPTH: usize = 2;

/// The place of an element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Index {
    /// Counted from the first.
    First(usize),
    /// Counted back from the last.
    Last(usize),
}

impl Index {
    /// The position in an array of `len` elements, which may be beyond its end; `None`: before its beginning.
    pub(super) fn position(self, len: usize) -> Option<usize> {
        match self {
            Index::First(i) => Some(i),
            Index::Last(back) => len.checked_sub(back.checked_add(1)?),
        }
    }
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Key(String),
    AnyKey,
    Index(Index),
    Range(Index, Index),
    AnyIndex,
    /// This value and everything below it.
    AnyDepth,
}

/// A path from the root of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let hit = self.rest().starts_with(token);
        if hit {
            self.at += token.len();
        }
        hit
    }

    fn number(&mut self) -> Option<usize> {
        self.space();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = self.rest().get(..digits)?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    fn index(&mut self) -> Option<Index> {
        let is_sqlite = self.eat("#");
        if !is_sqlite && !self.eat("last") {
            return self.number().map(Index::First);
        }
        let back = if self.eat("-") { self.number()? } else { 0 };
        match is_sqlite {
            false => Some(Index::Last(back)),
            // `[#]` is the place after the last.
            true => back
                .checked_sub(1)
                .map(Index::Last)
                .or(Some(Index::First(usize::MAX))),
        }
    }

    fn key(&mut self) -> Option<String> {
        self.space();
        if self.rest().starts_with('"') {
            let mut escaped = false;
            let end = self.rest().char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            let quoted = self.rest().get(..end?.0 + 1)?;
            let Some(Json::String(key)) = Json::parse(quoted) else {
                return None;
            };
            let (key, len) = (key.into_owned(), quoted.len());
            self.at += len;
            return Some(key);
        }
        let is_part = |c: char| !matches!(c, '.' | '[' | '*' | ']' | '"') && !c.is_whitespace();
        let end = self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let key = self.rest().get(..end).filter(|k| !k.is_empty()).map(String::from);
        self.at += end;
        key
    }

    fn step(&mut self) -> Option<Step> {
        if self.eat("**") {
            return Some(Step::AnyDepth);
        }
        if self.eat(".") {
            return match self.eat("*") {
                true => Some(Step::AnyKey),
                false => self.key().map(Step::Key),
            };
        }
        if !self.eat("[") {
            return None;
        }
        let step = if self.eat("*") {
            Step::AnyIndex
        } else {
            let first = self.index()?;
            match self.eat("to") {
                true => Step::Range(first, self.index()?),
                false => Step::Index(first),
            }
        };
        self.eat("]").then_some(step)
    }
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::types::Error::Invalid) with the place at which it goes wrong.
    pub(super) fn parse(text: &str) -> Result<Path> {
        let mut reader = Reader { text, at: 0 };
        let mut steps = Vec::new();
        let mut is_whole = reader.eat("$");
        while is_whole && !reader.rest().trim_start().is_empty() {
            match reader.step() {
                Some(step) => steps.push(step),
                None => is_whole = false,
            }
        }
        // `**` must lead somewhere.
        if !is_whole || steps.last() == Some(&Step::AnyDepth) {
            let place = text.get(..reader.at).map_or(0, |t| t.chars().count()) + 1;
            return Err(Error::invalid(format!(
                "'{text}' is no JSON path: see character {place}; paths are like $.key[0]"
            )));
        }
        let any_depth = steps.iter().filter(|s| **s == Step::AnyDepth).count();
        if steps.len() > MAX_STEPS || any_depth > MAX_ANY_DEPTH {
            return Err(Error::invalid(format!(
                "a JSON path has at most {MAX_STEPS} steps, and {MAX_ANY_DEPTH} of them may be **"
            )));
        }
        Ok(Path { steps })
    }

    /// The path to a member of the root.
    pub(super) fn to_key(key: &str) -> Path {
        Path {
            steps: alloc::vec![Step::Key(key.into())],
        }
    }

    /// The path to an element of the root, counted back from the end if negative.
    pub(super) fn to_index(index: i64) -> Path {
        let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        let index = match index < 0 {
            true => Index::Last(distance.saturating_sub(1)),
            false => Index::First(distance),
        };
        Path {
            steps: alloc::vec![Step::Index(index)],
        }
    }

    /// Whether it may lead to several values.
    pub(super) fn is_many(&self) -> bool {
        let one = |s: &Step| matches!(s, Step::Key(_) | Step::Index(_));
        !self.steps.iter().all(one)
    }

    /// All values it leads to, in the order of the document.
    pub(super) fn find<'j, 't>(&self, root: &'j Json<'t>) -> Vec<&'j Json<'t>> {
        let mut found = Vec::new();
        walk(root, &self.steps, &mut |value| found.push(value));
        found
    }

    /// The first value it leads to.
    pub(super) fn first<'j, 't>(&self, root: &'j Json<'t>) -> Option<&'j Json<'t>> {
        match self.is_many() {
            true => self.find(root).first().copied(),
            false => {
                let mut found = None;
                walk(root, &self.steps, &mut |value| found = Some(value));
                found
            }
        }
    }
}

fn walk<'j, 't>(value: &'j Json<'t>, steps: &[Step], found: &mut dyn FnMut(&'j Json<'t>)) {
    let Some((step, rest)) = steps.split_first() else {
        found(value);
        return;
    };
    // What is no array is its own only element.
    let elements = match value {
        Json::Array(items) => items.as_slice(),
        other => core::slice::from_ref(other),
    };
    match step {
        Step::Key(key) => {
            if let Some(member) = value.member(key) {
                walk(member, rest, found);
            }
        }
        Step::AnyKey => {
            if let Json::Object(members) = value {
                members.iter().for_each(|(_, v)| walk(v, rest, found));
            }
        }
        Step::Index(index) => {
            let at = index.position(elements.len());
            if let Some(item) = at.and_then(|i| elements.get(i)) {
                walk(item, rest, found);
            }
        }
        Step::Range(from, to) => {
            let from = from.position(elements.len()).unwrap_or(0);
            let count = to
                .position(elements.len())
                .map_or(0, |to| to.saturating_add(1).saturating_sub(from));
            let range = elements.iter().skip(from).take(count);
            range.for_each(|item| walk(item, rest, found));
        }
        Step::AnyIndex => {
            if let Json::Array(items) = value {
                items.iter().for_each(|item| walk(item, rest, found));
            }
        }
        Step::AnyDepth => {
            walk(value, rest, found);
            match value {
                Json::Array(items) => items.iter().for_each(|item| walk(item, steps, found)),
                Json::Object(members) => members.iter().for_each(|(_, v)| walk(v, steps, found)),
                _ => {}
            }
        }
    }
}

/// Appends `.key` as a path has it.
pub(super) fn write_key(key: &str, out: &mut String) {
    let is_plain = !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !key.starts_with(|c: char| c.is_ascii_digit());
    out.push('.');
    match is_plain {
        true => out.push_str(key),
        false => out.push_str(&json_string(key)),
    }
}

/// A constant path is read once.
pub(super) struct Paths<'a> {
    constants: Vec<Option<Path>>,
    args: &'a [Column],
}

impl<'a> Paths<'a> {
    /// The arguments at `places` that are paths.
    pub(super) fn new(args: &'a [Column], places: impl Iterator<Item = usize>) -> Result<Paths<'a>> {
        let mut constants = Vec::new();
        for place in places {
            let path = match args.get(place) {
                Some(c) if c.len() == 1 && !c.is_null(0) => Some(Path::parse(args.text(place, 0))?),
                _ => None,
            };
            constants.resize(place.max(constants.len()), None);
            constants.push(path);
        }
        Ok(Paths { constants, args })
    }

    /// The path that argument `k` is at row `i`.
    pub(super) fn get(&self, k: usize, i: usize) -> Result<Cow<'_, Path>> {
        match self.constants.get(k) {
            Some(Some(path)) => Ok(Cow::Borrowed(path)),
            _ => Path::parse(self.args.text(k, i)).map(Cow::Owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn paths_find_what_they_name() {
        let text = r#"{"a": [1, {"b": 2}, [3, 4]], "b": {"b": 5}, "c d": 6, "": 7}"#;
        let doc = Json::parse(text).unwrap();
        let found = |path: &str| {
            let found = Path::parse(path).unwrap().find(&doc);
            let texts: Vec<String> = found.iter().map(|v| v.to_string()).collect();
            texts.join(" ")
        };
        for (path, expected) in [
            ("$.a[0]", "1"),
            ("$.a[last][last-1]", "3"),
            ("$.a[#-1][1]", "4"),
            ("$.a[0 to 1]", "1 {\"b\": 2}"),
            ("$.a[1].b", "2"),
            ("$.a[7]", ""),
            ("$.\"c d\"", "6"),
            ("$.\"\"", "7"),
            ("$.b[0].b", "5"),
            ("$.b.*", "5"),
            ("$**.b", "{\"b\": 5} 2 5"),
            ("$.a[*][0]", "1 {\"b\": 2} 3"),
        ] {
            assert_eq!(found(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let long = "$".to_string() + &"[0]".repeat(101);
        for bad in [
            long.as_str(),
            "$**.a**.a**.a",
            "",
            "a",
            "$.",
            "$[",
            "$[x]",
            "$**",
            "$.a b",
            "$[1",
            "$.\"a",
            "$]",
        ] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }
}
