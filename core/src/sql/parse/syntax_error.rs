//! The parser's errors as ours: message, position, and the line with a caret under the place.

use crate::types::{Error, Position};
use alloc::{format, string::String};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, Span, TokenizerError};

/// Characters of the line shown on each side of the place.
const CONTEXT: usize = 60;

/// A parser's place as ours; its line 0 means "unknown".
pub(in crate::sql) fn position(location: Location) -> Option<Position> {
    (location.line > 0).then_some(Position {
        line: location.line,
        column: location.column,
    })
}

/// Where a span starts.
pub(in crate::sql) fn start(span: Span) -> Option<Position> {
    position(span.start)
}

/// The line at `at` and a line with a caret under the column; long lines are cut around it.
fn excerpt(sql: &str, at: Position) -> String {
    let line = usize::try_from(at.line).unwrap_or(usize::MAX).saturating_sub(1);
    let column = usize::try_from(at.column).unwrap_or(usize::MAX).saturating_sub(1);
    let Some(text) = sql.lines().nth(line) else {
        return String::new();
    };
    let from = column.saturating_sub(CONTEXT);
    let mut shown = String::new();
    if from > 0 {
        shown.push('…');
    }
    let mut rest = text.chars().skip(from);
    shown.extend(
        rest.by_ref()
            .take(2 * CONTEXT)
            .map(|c| if c.is_control() { ' ' } else { c }),
    );
    if rest.next().is_some() {
        shown.push('…');
    }
    let indent = column - from + usize::from(from > 0);
    format!("{shown}\n{:indent$}^", "")
}

/// A syntax error at a known place.
pub(super) fn syntax(sql: &str, message: impl Into<String>, at: Option<Position>) -> Error {
    Error::Syntax {
        message: message.into(),
        position: at,
        excerpt: at.map(|p| excerpt(sql, p)).unwrap_or_default(),
    }
}

/// The place after the last character that is no white space.
fn end_of(sql: &str) -> Position {
    let text = sql.trim_end();
    let last_line = text.rfind('\n').map_or(text, |i| text.get(i + 1..).unwrap_or(""));
    Position {
        line: text.matches('\n').count() as u64 + 1,
        column: last_line.chars().count() as u64 + 1,
    }
}

/// An error of the tokenizer.
pub(super) fn from_tokenizer(sql: &str, error: TokenizerError) -> Error {
    syntax(sql, error.message, position(error.location))
}

/// An error of the parser. It puts the place at the end of its message; without one the text ended too early.
pub(super) fn from_parser(sql: &str, error: ParserError) -> Error {
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return Error::TooDeep {
                limit: super::limits::MAX_RECURSION,
            };
        }
        ParserError::TokenizerError(m) | ParserError::ParserError(m) => m,
    };
    const MARK: &str = " at Line: ";
    let place = message.rfind(MARK).and_then(|i| {
        let (line, column) = message.get(i + MARK.len()..)?.split_once(", Column: ")?;
        let place = Position {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        };
        Some((i, place))
    });
    let (text, at) = match place {
        Some((i, at)) => (message.get(..i).unwrap_or(&message), at),
        None => (message.as_str(), end_of(sql)),
    };
    let text = text
        .replace("Expected: ", "expected ")
        .replace("found: EOF", "found the end");
    syntax(sql, text.replace("found: ", "found "), Some(at))
}
