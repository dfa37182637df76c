//! A text as whoever types it sees it: words, texts, numbers, comments, each with its place.
//!
//! It shows the tokenizer's own tokens, and what the tokenizer cannot read, a quote that is still open, as
//! one piece up to the end: every byte that is not white space is in one piece, in order.

use super::dialect::PLAIN;
use alloc::vec::Vec;
use core::ops::Range;
use sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A word: a keyword or a name.
    Word,
    /// A name in quotes.
    QuotedName,
    /// A text, or a binary value, in quotes.
    Text,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// A placeholder of a parameter.
    Parameter,
    /// An operator, a bracket, a comma.
    Sign,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// What it is.
    pub kind: PieceKind,
}

/// Finds the bytes of places, which come in order.
struct Places<'a> {
    sql: &'a str,
    line: u64,
    column: u64,
    byte: usize,
}

impl Places<'_> {
    fn byte(&mut self, place: Location) -> usize {
        let rest = self.sql.get(self.byte..).unwrap_or("");
        for c in rest.chars() {
            if (self.line, self.column) >= (place.line, place.column) {
                break;
            }
            self.byte += c.len_utf8();
            (self.line, self.column) = match c {
                '\n' => (self.line + 1, 1),
                _ => (self.line, self.column + 1),
            };
        }
        self.byte
    }
}

/// The pieces of a text, which need not be complete.
pub fn pieces(sql: &str) -> Vec<Piece> {
    let mut tokens = Vec::new();
    let read = Tokenizer::new(&PLAIN, sql)
        .with_unescape(false)
        .tokenize_with_location_into_buf(&mut tokens);
    let mut places = Places {
        sql,
        line: 1,
        column: 1,
        byte: 0,
    };
    let mut pieces = Vec::new();
    let mut end = 0;
    for t in tokens {
        let start = places.byte(t.span.start);
        end = places.byte(t.span.end);
        if let Some(kind) = kind_of(&t.token) {
            // A comment may have the end of its line with it.
            let text = sql.get(start..end).unwrap_or("").trim_end();
            pieces.push(Piece {
                bytes: start..start + text.len(),
                kind,
            });
        }
    }
    if read.is_err() {
        let rest = sql.get(end..).unwrap_or("");
        let start = sql.len() - rest.trim_start().len();
        let kind = match sql.as_bytes().get(start) {
            Some(b'`' | b'"') => PieceKind::QuotedName,
            Some(b'/') => PieceKind::Comment,
            _ => PieceKind::Text,
        };
        let bytes = start..sql.len();
        if !bytes.is_empty() {
            pieces.push(Piece { bytes, kind });
        }
    }
    pieces
}

/// `None` for white space.
fn kind_of(token: &Token) -> Option<PieceKind> {
    Some(match token {
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            PieceKind::Comment
        }
        Token::Whitespace(_) => return None,
        Token::Word(w) if w.quote_style.is_some() => PieceKind::QuotedName,
        Token::Word(_) => PieceKind::Word,
        Token::Number(..) => PieceKind::Number,
        Token::Placeholder(_) => PieceKind::Parameter,
        Token::SingleQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::HexStringLiteral(_) => PieceKind::Text,
        _ => PieceKind::Sign,
    })
}

#[cfg(test)]
mod tests {
    use super::PieceKind::{Comment, Number, Parameter, QuotedName, Sign, Text, Word};
    use super::*;

    fn shown(sql: &str) -> Vec<(&str, PieceKind)> {
        pieces(sql)
            .into_iter()
            .map(|p| (sql.get(p.bytes).unwrap_or("outside"), p.kind))
            .collect()
    }

    #[test]
    fn every_piece_has_its_place_and_kind() {
        assert_eq!(
            shown("SELECT `ä b`, 'ü''\n\\'x' -- é\n+ 1.5e3 /* c */ ?;"),
            [
                ("SELECT", Word),
                ("`ä b`", QuotedName),
                (",", Sign),
                ("'ü''\n\\'x'", Text),
                ("-- é", Comment),
                ("+", Sign),
                ("1.5e3", Number),
                ("/* c */", Comment),
                ("?", Parameter),
                (";", Sign),
            ]
        );
    }

    #[test]
    fn what_is_still_open_is_one_piece() {
        assert_eq!(shown("a = 'b c"), [("a", Word), ("=", Sign), ("'b c", Text)]);
        assert_eq!(shown("a `b c"), [("a", Word), ("`b c", QuotedName)]);
        assert_eq!(shown("a /* b"), [("a", Word), ("/* b", Comment)]);
        assert!(shown(" \n").is_empty());
    }
}
