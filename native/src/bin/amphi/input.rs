//! Lines of input cut into statements and commands as soon as they are complete.

use amphi::{
    Position,
    core::sql::parse::{delimiter_of, split_at},
};

/// Something to run.
#[derive(Debug, PartialEq)]
pub enum Item {
    /// A SQL statement without its semicolon.
    Statement(String),
    /// A line that starts with a dot, without it.
    Command(String),
}

/// Input that is not complete yet.
///
/// A line that starts with a dot is a command only where a statement could start.
pub struct Input {
    pending: String,
    /// What ends a statement.
    delimiter: String,
    /// Where `pending` starts in the source.
    start: Position,
    /// Lines taken so far.
    lines: u64,
}

impl Input {
    /// Nothing yet.
    pub fn new() -> Input {
        Input {
            pending: String::new(),
            delimiter: String::from(";"),
            start: Position { line: 1, column: 1 },
            lines: 0,
        }
    }

    /// Whether a statement has been started.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes a line and returns what it completes, with the places where that starts.
    pub fn push(&mut self, line: &str) -> Vec<(Item, Position)> {
        self.lines += 1;
        if self.pending.is_empty() {
            self.start = Position {
                line: self.lines,
                column: 1,
            };
            if let Some(command) = line.trim().strip_prefix('.') {
                return vec![(Item::Command(command.to_owned()), self.start)];
            }
        }
        if self.pending.is_empty()
            && let Some(delimiter) = delimiter_of(line)
        {
            self.delimiter = delimiter.to_owned();
            return Vec::new();
        }
        self.pending.push_str(line);
        self.pending.push('\n');
        // Most lines of a long statement have no semicolon and cannot complete anything.
        let items = if line.contains(&self.delimiter) {
            self.take_complete()
        } else {
            Vec::new()
        };
        if skip_blank(&self.pending).is_some_and(str::is_empty) {
            self.pending.clear();
        }
        items
    }

    /// What is left at the end of the input: a last statement may lack its semicolon.
    pub fn finish(&mut self) -> Vec<(Item, Position)> {
        let pending = std::mem::take(&mut self.pending);
        split_at(&pending, &self.delimiter)
            .map(|s| (Item::Statement(s.text.to_owned()), self.place(s.position)))
            .collect()
    }

    fn place(&self, within: Position) -> Position {
        Position {
            line: self.start.line + within.line - 1,
            column: match within.line {
                1 => self.start.column + within.column - 1,
                _ => within.column,
            },
        }
    }

    fn take_complete(&mut self) -> Vec<(Item, Position)> {
        let mut items = Vec::new();
        let mut rest = self.pending.as_str();
        for statement in split_at(&self.pending, &self.delimiter).take_while(|s| s.terminated) {
            items.push((
                Item::Statement(statement.text.to_owned()),
                self.place(statement.position),
            ));
            rest = self.pending.get(statement.end..).unwrap_or_default();
        }
        let consumed = self.pending.len() - rest.len();
        if let Some(done) = self.pending.get(..consumed) {
            let newlines = done.matches('\n').count() as u64;
            let last_line = done.rsplit('\n').next().unwrap_or_default();
            self.start = self.place(Position {
                line: newlines + 1,
                column: last_line.chars().count() as u64 + 1,
            });
        }
        self.pending = rest.to_owned();
        items
    }
}

/// The text after white space and comments; `None` if a comment has not ended.
fn skip_blank(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        if rest.starts_with("--") || rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if rest.starts_with("/*!") || rest.starts_with("/*M!") {
            // Perhaps not a comment.
            return Some(rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
        } else {
            return Some(rest);
        }
        rest = rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(source: &str) -> Vec<(Item, (u64, u64))> {
        let mut input = Input::new();
        let mut items = Vec::new();
        for line in source.lines() {
            items.extend(input.push(line));
        }
        items.extend(input.finish());
        items
            .into_iter()
            .map(|(item, at)| (item, (at.line, at.column)))
            .collect()
    }

    fn statement(text: &str) -> Item {
        Item::Statement(text.to_owned())
    }

    #[test]
    fn statements_span_lines_and_share_them() {
        let source = "SELECT 1,\n  2; SELECT 3; SELECT\n';' ;\nSELECT 5";
        let expected = [
            (statement("SELECT 1,\n  2"), (1, 1)),
            (statement("SELECT 3"), (2, 6)),
            (statement("SELECT\n';'"), (2, 16)),
            (statement("SELECT 5"), (4, 1)),
        ];
        assert_eq!(run(source), expected);
    }

    #[test]
    fn commands_are_lines_between_statements() {
        let source = "-- first\n.mode csv\n/* a\n;b */\nSELECT 1\n.5;\n  .tables";
        let expected = [
            (Item::Command("mode csv".to_owned()), (2, 1)),
            (statement("SELECT 1\n.5"), (5, 1)),
            (Item::Command("tables".to_owned()), (7, 1)),
        ];
        assert_eq!(run(source), expected);
    }

    #[test]
    fn a_comment_left_open_goes_on() {
        let source = "SELECT 1; /* not\nSELECT 2;\nyet */ SELECT 3;";
        assert_eq!(
            run(source).into_iter().map(|(item, _)| item).collect::<Vec<_>>(),
            [statement("SELECT 1"), statement("SELECT 3")]
        );
        assert!(run("-- only\n# comments\n;;").is_empty());
    }
}
