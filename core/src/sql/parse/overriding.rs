//! `OVERRIDING SYSTEM VALUE` and `OVERRIDING USER VALUE` of INSERT, for which the parser has no tree.
//!
//! The clause is parsed as one more column of the list before it, whose unquoted name nobody can write: `INSERT INTO t
//! (a) OVERRIDING USER VALUE VALUES (1)` as if it said `INSERT INTO t (a, "OVERRIDING USER VALUE") VALUES (1)`. Binding
//! takes it off again.

use alloc::vec::Vec;
use sqlparser::ast::{ObjectName, ObjectNamePart};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What INSERT does with values that are given for identity columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Overriding {
    /// They count, also in a column that is GENERATED ALWAYS.
    System,
    /// They do not.
    User,
}

const FORMS: [(&str, &str, Overriding); 2] = [
    ("SYSTEM", "OVERRIDING SYSTEM VALUE", Overriding::System),
    ("USER", "OVERRIDING USER VALUE", Overriding::User),
];

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Puts the clause among the columns.
pub(super) fn name_clauses(tokens: &mut Vec<TokenWithSpan>) {
    let mut at = 0;
    while at < tokens.len() {
        let found = FORMS.iter().find(|(word, ..)| {
            is_word(tokens.get(at), "OVERRIDING")
                && is_word(tokens.get(at + 1), word)
                && is_word(tokens.get(at + 2), "VALUE")
        });
        if let (Some((_, clause, _)), Some(span), Some(before)) =
            (found, tokens.get(at).map(|t| t.span), at.checked_sub(1))
        {
            let mut name = Token::make_word("", None);
            if let Token::Word(w) = &mut name {
                w.value = (*clause).into();
                w.keyword = Keyword::NoKeyword;
            }
            let has_list = tokens.get(before).is_some_and(|t| t.token == Token::RParen);
            let (from, first) = match has_list {
                true => (before, Token::Comma),
                false => (at, Token::LParen),
            };
            let column = [first, name, Token::RParen].map(|t| TokenWithSpan::new(t, span));
            tokens.splice(from..at + 3, column);
        }
        at += 1;
    }
}

/// What the last of an INSERT's columns says, if it is the clause, and the columns before it.
pub(in crate::sql) fn overriding(columns: &[ObjectName]) -> (Option<Overriding>, &[ObjectName]) {
    if let Some((last, columns)) = columns.split_last()
        && let [ObjectNamePart::Identifier(name)] = last.0.as_slice()
        && name.quote_style.is_none()
        && let Some((.., form)) = FORMS.iter().find(|(_, clause, _)| *clause == name.value)
    {
        return (Some(*form), columns);
    }
    (None, columns)
}
