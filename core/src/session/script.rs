//! Texts of several statements: cut into statements only as they are run, so that a script of any size takes the memory
//! of one statement, and each finds its plan as it would alone.

use super::Params;
use crate::sql::parse::{Split, split};
use crate::types::{Error, Position};

/// The statements of a text that are still to be run.
pub(super) enum Script<'a> {
    /// The whole text: it is one statement, or takes parameters, which only one may.
    Whole(Option<&'a str>),
    Statements(Split<'a>),
}

/// A statement of a text.
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// Where it starts, if that is not where the text starts.
    pub(super) start: Option<Position>,
}

impl<'a> Script<'a> {
    pub(super) fn new(sql: &'a str, params: &Params) -> Script<'a> {
        let is_script = matches!(params, Params::None) && has_several(sql);
        match is_script {
            true => Script::Statements(split(sql)),
            false => Script::Whole(Some(sql)),
        }
    }
}

impl<'a> Iterator for Script<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        match self {
            Script::Whole(text) => text.take().map(|text| Part { text, start: None }),
            Script::Statements(statements) => statements.next().map(|s| Part {
                text: s.text,
                start: Some(s.position),
            }),
        }
    }
}

impl Part<'_> {
    /// An error of this statement, its position counted from the start of the text.
    pub(super) fn error(&self, error: Error) -> Error {
        match self.start {
            Some(start) => shift_position(error, start),
            None => error,
        }
    }
}

fn has_several(sql: &str) -> bool {
    let behind = sql.split_once(';').map_or("", |(_, behind)| behind);
    !behind.trim_ascii().is_empty() && split(sql).nth(1).is_some()
}

/// The error of a statement that starts at `start` of a longer text, its position counted from the start of that.
pub fn shift_position(mut error: Error, start: Position) -> Error {
    if let Error::Syntax { position, .. }
    | Error::Unsupported { position, .. }
    | Error::Unknown { position, .. }
    | Error::AmbiguousColumn { position, .. }
    | Error::Invalid { position, .. } = &mut error
        && let Some(position) = position
    {
        if position.line == 1 {
            position.column = position.column.saturating_add(start.column.saturating_sub(1));
        }
        position.line = position.line.saturating_add(start.line.saturating_sub(1));
    }
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn parts(sql: &str) -> Vec<(&str, Option<u64>)> {
        let script = Script::new(sql, &Params::None);
        script.map(|p| (p.text, p.start.map(|s| s.line))).collect()
    }

    #[test]
    fn one_statement_stays_as_it_is() {
        for sql in [
            " SELECT 1 ",
            "SELECT 1; \n",
            "SELECT ';', 2",
            "SELECT 1; -- that is all;",
            "",
        ] {
            assert_eq!(parts(sql), [(sql, None)]);
        }
        let params = Params::from(alloc::vec![crate::types::Value::Null]);
        assert_eq!(Script::new("SELECT ?; SELECT 1", &params).count(), 1);
    }

    #[test]
    fn several_are_cut() {
        assert_eq!(
            parts("SELECT 1;\nSELECT ';' ;\n"),
            [("SELECT 1", Some(1)), ("SELECT ';'", Some(2))]
        );
    }

    #[test]
    fn positions_count_from_the_start_of_the_text() {
        let at = |line, column| Position { line, column };
        let error = |position| Error::Invalid {
            message: "no".into(),
            position: Some(position),
        };
        assert_eq!(
            shift_position(error(at(1, 4)), at(3, 10)).position(),
            Some(at(3, 13))
        );
        assert_eq!(
            shift_position(error(at(2, 4)), at(3, 10)).position(),
            Some(at(4, 4))
        );
    }
}
