//! The longer names of types and column attributes in CREATE and ALTER TABLE, as `sqlparser` knows them.
//!
//! ZEROFILL makes a column UNSIGNED, as in MySQL; the zeros are for programs that print numbers, and no value has any.

use alloc::vec::Vec;
use sqlparser::tokenizer::{Token, TokenWithSpan};

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Words, and what they are written as; the first that fits is taken.
const NAMES: [(&[&str], &[&str]); 13] = [
    (&["UNSIGNED", "ZEROFILL"], &["UNSIGNED"]),
    (&["ZEROFILL"], &["UNSIGNED"]),
    (&["LONG", "VARCHAR"], &["MEDIUMTEXT"]),
    (&["LONG", "CHAR", "VARYING"], &["MEDIUMTEXT"]),
    (&["LONG", "VARBINARY"], &["MEDIUMBLOB"]),
    (&["NATIONAL", "CHARACTER", "VARYING"], &["VARCHAR"]),
    (&["NATIONAL", "CHAR", "VARYING"], &["VARCHAR"]),
    (&["NATIONAL", "VARCHAR"], &["VARCHAR"]),
    (&["NATIONAL", "CHARACTER"], &["CHAR"]),
    (&["NATIONAL", "CHAR"], &["CHAR"]),
    (&["NCHAR", "VARYING"], &["VARCHAR"]),
    (&["NCHAR", "VARCHAR"], &["VARCHAR"]),
    (&["FIXED"], &["DECIMAL"]),
];

/// Rewrites the names of types where columns are defined.
pub(super) fn name_types(tokens: &mut Vec<TokenWithSpan>) {
    let defines = ["CREATE", "ALTER"].iter().any(|w| is_word(tokens.first(), w));
    if !defines || !tokens.iter().take(5).any(|t| is_word(Some(t), "TABLE")) {
        return;
    }
    like_table(tokens);
    let mut i = 3;
    while i < tokens.len() {
        let before = i.checked_sub(1).and_then(|b| tokens.get(b)).map(|t| &t.token);
        // A type stands behind a name, what is said of it behind words and parentheses.
        let follows = matches!(before, Some(Token::Word(_) | Token::RParen));
        let fits = |words: &[&str]| {
            words
                .iter()
                .enumerate()
                .all(|(k, w)| is_word(tokens.get(i + k), w))
        };
        if follows {
            let ends_type = matches!(before, Some(Token::RParen));
            if ends_type && is_word(tokens.get(i), "PERSISTENT") {
                set(tokens, i, 1, &["STORED"]);
            } else if ends_type && is_word(tokens.get(i), "BINARY") {
                // VARCHAR(5) BINARY compares bytes.
                set(tokens, i, 1, &["COLLATE", "BINARY"]);
            } else if fits(&["DOUBLE", "PRECISION"]) && is_open(tokens.get(i + 2)) {
                set(tokens, i, 2, &["DOUBLE"]);
            } else if fits(&["REAL"]) && is_open(tokens.get(i + 1)) {
                set(tokens, i, 1, &["DOUBLE"]);
            } else if let Some((words, written)) = NAMES.iter().find(|(words, _)| fits(words)) {
                set(tokens, i, words.len(), written);
            }
        }
        i += 1;
    }
}

fn is_open(token: Option<&TokenWithSpan>) -> bool {
    token.is_some_and(|t| t.token == Token::LParen)
}

fn set(tokens: &mut Vec<TokenWithSpan>, at: usize, count: usize, words: &[&str]) {
    let Some(span) = tokens.get(at).map(|t| t.span) else {
        return;
    };
    let words = words
        .iter()
        .map(|w| TokenWithSpan::new(Token::make_keyword(w), span));
    tokens.splice(at..at + count, words);
}

/// `CREATE TABLE t (LIKE u)` as `CREATE TABLE t LIKE u`.
fn like_table(tokens: &mut Vec<TokenWithSpan>) {
    let is = |t: Option<&TokenWithSpan>, token: &Token| t.is_some_and(|t| t.token == *token);
    let open = tokens.iter().position(|t| t.token == Token::LParen);
    let Some(open) = open.filter(|at| is_word(tokens.get(at + 1), "LIKE")) else {
        return;
    };
    let name_ends = if is(tokens.get(open + 3), &Token::Period) {
        5
    } else {
        3
    };
    if is(tokens.get(open + name_ends), &Token::RParen) {
        tokens.remove(open + name_ends);
        tokens.remove(open);
    }
}
