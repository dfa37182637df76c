//! Cutting a script into statements.
//!
//! A single pass over the bytes that knows strings, quoted names, comments and the bodies of triggers, and nothing
//! else, so that a script of any size can be run statement by statement without holding its tokens. It agrees with
//! the tokenizer on where those end. `DELIMITER ;;`, which MySQL's client reads, is a line of a script too: what ends
//! statements from then on.

use super::block::Blocks;
use super::lexeme::is_word_part;
use super::skip::{block_comment_end, line_end, quoted_end};
use super::versions::{version_comment_end, version_mark};
use crate::types::Position;

/// One statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptStatement<'a> {
    /// Its text, from its first word to before the semicolon, without surrounding white space.
    pub text: &'a str,
    /// Where it starts in the script.
    pub position: Position,
    /// Where it starts in the script, in bytes.
    pub offset: usize,
    /// Where what follows it starts in the script, in bytes: behind the delimiter.
    pub end: usize,
    /// Whether a semicolon ended it. The last statement of a script may lack one; one that ends inside
    /// a string or comment always does.
    pub terminated: bool,
}

/// Iterator over the statements of a script; empty statements are left out.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    sql: &'a str,
    at: usize,
    /// Byte up to which lines and columns have been counted.
    counted: usize,
    /// Line of `counted`, from 1.
    line: u64,
    /// Column of `counted`, from 1.
    column: u64,
    /// What ends a statement; `;` unless DELIMITER said otherwise.
    delimiter: &'a str,
}

/// Cuts a script into statements at the semicolons outside of strings, quoted names and comments.
pub fn split(sql: &str) -> Split<'_> {
    Split {
        sql,
        at: 0,
        counted: 0,
        line: 1,
        column: 1,
        delimiter: SEMICOLON,
    }
}

const SEMICOLON: &str = ";";

/// As [`split`], where `delimiter` ends statements until a line DELIMITER says otherwise.
pub fn split_at<'a>(sql: &'a str, delimiter: &'a str) -> Split<'a> {
    Split {
        delimiter,
        ..split(sql)
    }
}

/// What a line `DELIMITER ;;`, which is no statement, makes the delimiter; `None` if it is another line.
pub fn delimiter_of(line: &str) -> Option<&str> {
    const WORD: &str = "DELIMITER";
    let line = line.trim_start();
    let (word, delimiter) = line.split_at_checked(WORD.len())?;
    let given = word.eq_ignore_ascii_case(WORD) && delimiter.starts_with([' ', '\t']);
    Some(delimiter.trim()).filter(|d| given && !d.is_empty())
}

/// What starts at a byte.
enum Piece {
    /// White space or a comment, up to this byte.
    Blank(usize),
    /// Anything else, up to this byte.
    Text(usize),
    /// A string, a quoted name or a version comment, up to this byte.
    Quoted(usize),
    Semicolon,
}

fn piece(bytes: &[u8], at: usize) -> Option<Piece> {
    Some(match *bytes.get(at)? {
        b';' => Piece::Semicolon,
        q @ (b'\'' | b'"' | b'`') => Piece::Quoted(quoted_end(bytes, at, q)),
        b'#' => Piece::Blank(line_end(bytes, at)),
        b'-' if bytes.get(at + 1) == Some(&b'-') => Piece::Blank(line_end(bytes, at)),
        b'/' if bytes.get(at + 1) == Some(&b'*') => match version_mark(bytes.get(at..).unwrap_or(&[])) {
            Some(mark) => Piece::Quoted(version_comment_end(bytes, at, mark)),
            None => Piece::Blank(block_comment_end(bytes, at)),
        },
        b' ' | b'\t' | b'\r' | b'\n' => Piece::Blank(at + 1),
        _ => {
            let rest = bytes.get(at + 1..).unwrap_or(&[]);
            let special = |b: &u8| {
                matches!(
                    b,
                    b';' | b'\'' | b'"' | b'`' | b'#' | b'-' | b'/' | b' ' | b'\t' | b'\r' | b'\n'
                )
            };
            let n = rest.iter().position(special).unwrap_or(rest.len());
            Piece::Text(at + 1 + n)
        }
    })
}

/// Shows the words and signs of a piece of text to `blocks`.
fn words(text: &[u8], blocks: &mut Blocks) {
    let mut rest = text;
    while let Some(b) = rest.first().filter(|_| blocks.looks_at_words()) {
        let n = rest.iter().take_while(|b| is_word_part(**b)).count();
        match core::str::from_utf8(rest.get(..n).unwrap_or(&[])) {
            Ok(word) if n > 0 => blocks.word(word),
            _ => blocks.other(*b),
        }
        rest = rest.get(n.max(1)..).unwrap_or(&[]);
    }
}

impl<'a> Split<'a> {
    /// The position of byte `at`, which is not before the last one asked for: every byte is counted once, however many
    /// statements are on a line.
    fn position(&mut self, at: usize) -> Position {
        let mut passed = self.sql.get(self.counted..at).unwrap_or("");
        if let Some((before, line)) = passed.rsplit_once('\n') {
            self.line += before.matches('\n').count() as u64 + 1;
            self.column = 1;
            passed = line;
        }
        self.column += passed.chars().count() as u64;
        self.counted = at;
        Position {
            line: self.line,
            column: self.column,
        }
    }
}

impl<'a> Split<'a> {
    /// Whether a delimiter other than a semicolon is here.
    fn ends_here(&self) -> bool {
        let rest = self.sql.as_bytes().get(self.at..).unwrap_or(&[]);
        rest.starts_with(self.delimiter.as_bytes())
    }

    /// The end of a text that starts here, or the delimiter in it.
    fn before_delimiter(&self, to: usize) -> usize {
        let text = self.sql.get(self.at..to).unwrap_or("");
        text.find(self.delimiter).map_or(to, |n| self.at + n.max(1))
    }

    /// Takes a line DELIMITER, which is no statement.
    fn takes_delimiter(&mut self) -> bool {
        let line = self.sql.get(self.at..).and_then(|rest| rest.lines().next());
        let Some(line) = line.filter(|l| l.starts_with(['d', 'D'])) else {
            return false;
        };
        let Some(delimiter) = delimiter_of(line) else {
            return false;
        };
        self.delimiter = delimiter;
        self.at += line.len();
        true
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = ScriptStatement<'a>;

    fn next(&mut self) -> Option<ScriptStatement<'a>> {
        let bytes = self.sql.as_bytes();
        let mut start = None;
        let mut end = self.at;
        let mut terminated = false;
        let mut blocks = Blocks::default();
        while let Some(p) = piece(bytes, self.at) {
            if start.is_none() && self.takes_delimiter() {
                continue;
            }
            let p = match p {
                _ if self.delimiter == SEMICOLON => p,
                _ if self.ends_here() => {
                    self.at += self.delimiter.len();
                    if start.is_some() {
                        terminated = true;
                        break;
                    }
                    continue;
                }
                Piece::Semicolon => Piece::Text(self.at + 1),
                Piece::Text(to) => Piece::Text(self.before_delimiter(to)),
                other => other,
            };
            match p {
                Piece::Semicolon => {
                    self.at += 1;
                    if blocks.semicolon() && start.is_some() {
                        terminated = true;
                        break;
                    }
                }
                Piece::Blank(to) => self.at = to.min(bytes.len()),
                Piece::Text(to) | Piece::Quoted(to) => {
                    match p {
                        Piece::Text(_) => words(bytes.get(self.at..to).unwrap_or(&[]), &mut blocks),
                        _ => blocks.other(0),
                    }
                    start.get_or_insert(self.at);
                    self.at = to.min(bytes.len());
                    end = self.at;
                }
            }
        }
        let offset = start?;
        Some(ScriptStatement {
            text: self.sql.get(offset..end).unwrap_or(""),
            position: self.position(offset),
            offset,
            end: self.at,
            terminated,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql).map(|s| s.text).collect()
    }

    #[test]
    fn semicolons_in_strings_names_and_comments_do_not_cut() {
        let sql =
            "SELECT ';', 'it''s;', 'it\\';s' ; -- a;b\n# c;d\n/* e;f */ SELECT `a;b`, \"c\"\"d;\";;SELECT 1";
        assert_eq!(
            texts(sql),
            [
                "SELECT ';', 'it''s;', 'it\\';s'",
                "SELECT `a;b`, \"c\"\"d;\"",
                "SELECT 1"
            ]
        );
    }

    #[test]
    fn the_body_of_a_trigger_stays_together() {
        let begin = "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE u SET x = CASE WHEN y THEN 1 END; END";
        let only = "create trigger b before update on t for each row set new.a = 1";
        let branches = "CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW\nIF (new.a < 0) THEN SET NEW.a = IF(1, 2, 3); \
                        ELSEIF new.a = 1 THEN BEGIN DELETE FROM u; END; END IF";
        let select = "SELECT CASE WHEN 1 THEN 2 END AS begin";
        let sql = [begin, only, branches, select, "BEGIN", "COMMIT"].join(";\n");
        assert_eq!(texts(&sql), [begin, only, branches, select, "BEGIN", "COMMIT"]);
        assert!(!split(&begin[..begin.len() - 3]).next().unwrap().terminated);
    }

    #[test]
    fn positions_count_characters_and_lines() {
        let all: Vec<_> = split("-- ü\n\n  'ö' ; x").collect();
        assert_eq!(all[0].position, Position { line: 3, column: 3 });
        assert_eq!(all[1].position, Position { line: 3, column: 9 });
        assert!(all[0].terminated && !all[1].terminated);
    }

    #[test]
    fn unfinished_strings_and_comments_end_with_the_script() {
        assert_eq!(texts("SELECT 'a;\\"), ["SELECT 'a;\\"]);
        assert_eq!(texts("SELECT 1 /* ; "), ["SELECT 1"]);
        assert!(texts(" ;; -- only a comment").is_empty());
    }
}
