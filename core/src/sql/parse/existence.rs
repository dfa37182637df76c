//! `IF EXISTS` and `IF NOT EXISTS` of the actions of ALTER TABLE, for which the parser has no place in its trees.
//!
//! The words are taken out of the tokens; what they ask is kept with the place of the action's first word.

use alloc::vec::Vec;
use sqlparser::ast::Ident;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

/// What an action asks about before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Part {
    /// A column.
    Column,
    /// An index, or another constraint.
    Constraint,
    /// The primary key.
    PrimaryKey,
}

/// Under which condition an action of ALTER TABLE is done.
#[derive(Debug, Clone)]
pub(in crate::sql) struct Existence {
    /// What is asked about.
    pub(in crate::sql) part: Part,
    /// Its name; nothing for a primary key.
    pub(in crate::sql) name: Option<Ident>,
    /// Whether it must be there, or must not.
    pub(in crate::sql) exists: bool,
}

/// The words before the condition, what it is about, and whether that must exist.
const ACTIONS: [(&[&str], Part, bool); 24] = [
    (&["MODIFY", "COLUMN"], Part::Column, true),
    (&["MODIFY"], Part::Column, true),
    (&["CHANGE", "COLUMN"], Part::Column, true),
    (&["CHANGE"], Part::Column, true),
    (&["ALTER", "COLUMN"], Part::Column, true),
    (&["ALTER"], Part::Column, true),
    (&["RENAME", "COLUMN"], Part::Column, true),
    (&["RENAME", "INDEX"], Part::Constraint, true),
    (&["RENAME", "KEY"], Part::Constraint, true),
    (&["RENAME", "CONSTRAINT"], Part::Constraint, true),
    (&["DROP", "PRIMARY", "KEY"], Part::PrimaryKey, true),
    (&["ADD", "INDEX"], Part::Constraint, false),
    (&["ADD", "KEY"], Part::Constraint, false),
    (&["ADD", "UNIQUE", "INDEX"], Part::Constraint, false),
    (&["ADD", "UNIQUE", "KEY"], Part::Constraint, false),
    (&["ADD", "UNIQUE"], Part::Constraint, false),
    (&["ADD", "FULLTEXT", "INDEX"], Part::Constraint, false),
    (&["ADD", "FULLTEXT", "KEY"], Part::Constraint, false),
    (&["ADD", "FULLTEXT"], Part::Constraint, false),
    (&["ADD", "SPATIAL", "INDEX"], Part::Constraint, false),
    (&["ADD", "SPATIAL"], Part::Constraint, false),
    (&["ADD", "FOREIGN", "KEY"], Part::Constraint, false),
    (&["ADD", "CONSTRAINT"], Part::Constraint, false),
    (&["ADD", "PRIMARY", "KEY"], Part::PrimaryKey, false),
];

fn is(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

fn are(tokens: &[TokenWithSpan], at: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(i, w)| is(tokens.get(at + i), w))
}

/// Takes the conditions of the actions of ALTER TABLE out of its tokens.
pub(super) fn take_conditions(tokens: &mut Vec<TokenWithSpan>) -> Vec<(Location, Existence)> {
    let mut found = Vec::new();
    let table = 1 + usize::from(is(tokens.get(1), "IGNORE"));
    if !is(tokens.first(), "ALTER") || !is(tokens.get(table), "TABLE") {
        return found;
    }
    let mut open = 0_usize;
    let mut at = table + 1;
    while at < tokens.len() {
        match tokens.get(at).map(|t| &t.token) {
            Some(Token::LParen) => open += 1,
            Some(Token::RParen) => open = open.saturating_sub(1),
            Some(Token::Word(_)) if open == 0 => found.extend(take_condition(tokens, at)),
            _ => {}
        }
        at += 1;
    }
    found
}

fn take_condition(tokens: &mut Vec<TokenWithSpan>, at: usize) -> Option<(Location, Existence)> {
    let asked = |(words, _, exists): &&(&[&str], Part, bool)| {
        let condition: &[&str] = match exists {
            true => &["IF", "EXISTS"],
            false => &["IF", "NOT", "EXISTS"],
        };
        are(tokens, at, words) && are(tokens, at + words.len(), condition)
    };
    let (words, part, exists) = ACTIONS.iter().find(asked)?;
    let from = at + words.len();
    tokens.drain(from..from + if *exists { 2 } else { 3 });
    let name = match tokens.get(from) {
        Some(TokenWithSpan {
            token: Token::Word(w),
            span,
        }) => Some(w.to_ident(*span)),
        _ => None,
    };
    let place = tokens.get(at)?.span.start;
    let (part, exists) = (*part, *exists);
    Some((place, Existence { part, name, exists }))
}
