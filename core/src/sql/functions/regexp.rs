//! Regular expressions, in the syntax of the `regex` crate: Perl's without backreferences and look-around,
//! with a bound on the time a match takes.
//!
//! Letters match with their case unless a flag says `i`, as comparisons do. Positions and occurrences
//! count from 1, positions in characters.

use super::ArgKind::{Int, Text};
use super::ScalarFunction;
use super::args::{Args, BOOL, INT, TEXT, function, try_ints, try_texts};
use super::text_writer::TextWriter;
use crate::types::{Column, Error, Result};
use alloc::{borrow::Cow, format};
use core::ops::Range;
use regex::{Regex, RegexBuilder};

/// Bytes that a compiled expression may take.
const MAX_COMPILED: usize = 1 << 20;

/// The family's functions.
pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "REGEXP_LIKE",
        &[],
        (2, 3),
        &[Text],
        BOOL,
        "Whether an expression matches part of a text, also written text REGEXP expression: (text, expression, flags).",
        |_, a, _, _, n| {
            let expressions = Expressions::new(a, 2)?;
            try_ints(n, |i| {
                Ok(Some(i64::from(expressions.get(i)?.is_match(a.text(0, i)))))
            })
        },
    ),
    function(
        "REGEXP_INSTR",
        &[],
        (2, 6),
        &[Text, Text, Int, Int, Int, Text],
        INT,
        "Where a match begins, or ends if `end` is 1; 0: nowhere: (text, expression, from, occurrence, end, flags).",
        |_, a, _, _, n| {
            let expressions = Expressions::new(a, 5)?;
            try_ints(n, |i| {
                let found = occurrence(a, &expressions, i)?;
                let at = found.map(|m| if optional(a, 4, i, 0) == 1 { m.end } else { m.start });
                let before = at.and_then(|at| a.text(0, i).get(..at));
                Ok(Some(before.map_or(0, |b| b.chars().count() as i64 + 1)))
            })
        },
    ),
    function(
        "REGEXP_SUBSTR",
        &[],
        (2, 5),
        &[Text, Text, Int, Int, Text],
        TEXT,
        "The part of a text that matches, NULL if none does: (text, expression, from, occurrence, flags).",
        |cx, a, _, _, n| {
            let expressions = Expressions::new(a, 4)?;
            try_texts(cx, n, |i, out| {
                let found = occurrence(a, &expressions, i)?;
                let part = found.and_then(|m| a.text(0, i).get(m));
                Ok(part.map(|part| out.push_str(part)))
            })
        },
    ),
    function(
        "REGEXP_COUNT",
        &[],
        (2, 4),
        &[Text, Text, Int, Text],
        INT,
        "How often an expression matches: (text, expression, from, flags).",
        |_, a, _, _, n| {
            let expressions = Expressions::new(a, 3)?;
            try_ints(n, |i| {
                let rest = rest(a, i)?;
                let expression = expressions.get(i)?;
                Ok(Some(rest.map_or(0, |(_, rest)| {
                    expression.find_iter(rest).count() as i64
                })))
            })
        },
    ),
    function(
        "REGEXP_REPLACE",
        &[],
        (3, 6),
        &[Text, Text, Text, Int, Int, Text],
        TEXT,
        "A text with one or (0) all matches replaced; \\1 and $1 are groups: (text, expression, replacement, from, occurrence, flags).",
        |cx, a, _, _, n| {
            let expressions = Expressions::new(a, 5)?;
            try_texts(cx, n, |i, out| replace(a, &expressions, i, out).map(Some))
        },
    ),
];

/// The expressions of a call. A constant one is compiled once.
struct Expressions<'a> {
    args: &'a [Column],
    /// The argument that has the flags.
    flags: usize,
    constant: Option<Regex>,
}

impl<'a> Expressions<'a> {
    fn new(args: &'a [Column], flags: usize) -> Result<Expressions<'a>> {
        let is_constant = |k: usize| args.get(k).is_none_or(|c| c.len() == 1);
        let mut expressions = Expressions {
            args,
            flags,
            constant: None,
        };
        if is_constant(1) && is_constant(flags) && !args.null(1, 0) {
            expressions.constant = Some(expressions.compile(0)?);
        }
        Ok(expressions)
    }

    fn get(&self, i: usize) -> Result<Cow<'_, Regex>> {
        match &self.constant {
            Some(regex) => Ok(Cow::Borrowed(regex)),
            None => self.compile(i).map(Cow::Owned),
        }
    }

    fn compile(&self, i: usize) -> Result<Regex> {
        let text = self.args.text(1, i);
        let mut builder = builder(text);
        let flags = if self.args.has(self.flags) {
            self.args.text(self.flags, i)
        } else {
            ""
        };
        for flag in flags.chars() {
            match flag {
                'i' => builder.case_insensitive(true),
                'c' => builder.case_insensitive(false),
                'm' => builder.multi_line(true),
                'n' | 's' => builder.dot_matches_new_line(true),
                'x' => builder.ignore_whitespace(true),
                other => {
                    return Err(Error::invalid(format!(
                        "'{other}' is no flag of a regular expression; there are i, c, m, n and x"
                    )));
                }
            };
        }
        built(text, &builder)
    }
}

fn builder(text: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED);
    builder
}

fn built(text: &str, builder: &RegexBuilder) -> Result<Regex> {
    builder
        .build()
        .map_err(|e| Error::invalid(format!("'{text}' is no regular expression that can be used: {e}")))
}

/// A regular expression without flags.
///
/// # Errors
/// [`Error::Invalid`] if it is none, or too big.
pub fn regular_expression(text: &str) -> Result<Regex> {
    built(text, &builder(text))
}

/// An optional number.
fn optional(a: &[Column], k: usize, i: usize, otherwise: i64) -> i64 {
    if a.has(k) { a.int(k, i) } else { otherwise }
}

/// The text from the position that argument 2 is, with the bytes before it; `None` beyond its end.
fn rest(a: &[Column], i: usize) -> Result<Option<(usize, &str)>> {
    from_position(a.text(0, i), optional(a, 2, i, 1))
}

fn from_position(text: &str, from: i64) -> Result<Option<(usize, &str)>> {
    let Some(skipped) = from.checked_sub(1).and_then(|n| usize::try_from(n).ok()) else {
        return Err(Error::invalid("a position in a text counts from 1"));
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = ends.clone().nth(skipped);
    Ok(start.and_then(|at| Some((at, text.get(at..)?))))
}

/// Where the match is that is asked for.
fn occurrence(a: &[Column], expressions: &Expressions<'_>, i: usize) -> Result<Option<Range<usize>>> {
    let Some((before, rest)) = rest(a, i)? else {
        return Ok(None);
    };
    let which = optional(a, 3, i, 1).max(1) as usize;
    let found = expressions
        .get(i)?
        .find_iter(rest)
        .nth(which - 1)
        .map(|m| m.range());
    Ok(found.map(|m| before + m.start..before + m.end))
}

fn replace(a: &[Column], expressions: &Expressions<'_>, i: usize, out: &mut TextWriter) -> Result<()> {
    let text = a.text(0, i);
    let Some((before, rest)) = from_position(text, optional(a, 3, i, 1))? else {
        out.push_str(text);
        return Ok(());
    };
    let which = usize::try_from(optional(a, 4, i, 0)).unwrap_or(0);
    let template = a.text(2, i);
    let expression = expressions.get(i)?;
    out.push_str(text.get(..before).unwrap_or_default());
    let mut end = 0;
    for (n, groups) in expression.captures_iter(rest).enumerate() {
        let Some(whole) = groups.get(0).filter(|_| which == 0 || which == n + 1) else {
            continue;
        };
        out.push_str(rest.get(end..whole.start()).unwrap_or_default());
        expand(template, &groups, out);
        end = whole.end();
        if out.overflowed() {
            break;
        }
    }
    out.push_str(rest.get(end..).unwrap_or_default());
    Ok(())
}

/// Writes a replacement: `\1` and `$1` are what the first group matched, `\\` and `$$` the signs themselves.
fn expand(template: &str, groups: &regex::Captures<'_>, out: &mut TextWriter) {
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, next) {
            ('\\' | '$', Some(digit)) if digit.is_ascii_digit() => {
                chars.next();
                let group = digit.to_digit(10).and_then(|d| groups.get(d as usize));
                out.push_str(group.map_or("", |g| g.as_str()));
            }
            ('\\', Some(_)) | ('$', Some('$')) => out.extend(chars.next()),
            (c, _) => out.push(c),
        }
    }
}
