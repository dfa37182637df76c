//! `EXCLUDE …` of a window frame, for which the parser has no tree.
//!
//! The clause is taken out of the tokens and becomes part of the name of the window that a specification starts from:
//! `(w ROWS 1 PRECEDING EXCLUDE TIES)` is parsed as if it said `("w EXCLUDE TIES" ROWS 1 PRECEDING)`, unquoted, which
//! nobody can write; binding takes the two apart again.

use alloc::{format, string::String, vec::Vec};
use sqlparser::ast::Ident;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What a frame excludes, as it is written behind EXCLUDE.
const EXCLUSIONS: [&[&str]; 4] = [&["CURRENT", "ROW"], &["GROUP"], &["TIES"], &["NO", "OTHERS"]];

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// The words of the exclusion at a place, if the window's specification ends with it.
fn exclusion(tokens: &[TokenWithSpan], at: usize) -> Option<&'static [&'static str]> {
    let is = |words: &&[&str]| {
        let said = words
            .iter()
            .enumerate()
            .all(|(i, w)| is_word(tokens.get(at + 1 + i), w));
        said && tokens
            .get(at + 1 + words.len())
            .is_some_and(|t| t.token == Token::RParen)
    };
    is_word(tokens.get(at), "EXCLUDE").then(|| EXCLUSIONS.into_iter().find(|w| is(w)))?
}

/// Moves the exclusions of frames to where binding finds them.
pub(super) fn name_exclusions(tokens: &mut Vec<TokenWithSpan>) {
    // Opened parentheses, and whether a frame stands in them.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match tokens.get(i).map(|t| &t.token) {
            Some(Token::LParen) => open.push((i, false)),
            Some(Token::RParen) => {
                open.pop();
            }
            Some(Token::Word(_)) => {
                let units = ["ROWS", "RANGE", "GROUPS"];
                if let Some((start, in_frame)) = open.last_mut() {
                    *in_frame |= units.iter().any(|u| is_word(tokens.get(i), u));
                    if let Some(words) = exclusion(tokens, i).filter(|_| *in_frame) {
                        let start = *start;
                        i = moved(tokens, start, i, words);
                        continue;
                    }
                }
            }
            _ => {}
        }
        i += 1;
    }
}

/// Moves an exclusion at `at` to behind the parenthesis at `start`; returns the place that follows it.
fn moved(tokens: &mut Vec<TokenWithSpan>, start: usize, at: usize, words: &[&str]) -> usize {
    let clause = format!("EXCLUDE {}", words.join(" "));
    let span = tokens.get(at).map(|t| t.span);
    tokens.drain(at..at + 1 + words.len());
    if let Some(t) = tokens.get_mut(start + 1)
        && let Token::Word(w) = &mut t.token
        && (w.keyword == Keyword::NoKeyword || w.quote_style.is_some())
    {
        w.value = format!("{} {clause}", w.value);
        w.quote_style = None;
        w.keyword = Keyword::NoKeyword;
        return at;
    }
    if let Some(span) = span {
        let mut name = TokenWithSpan::new(Token::make_word("", None), span);
        if let Token::Word(w) = &mut name.token {
            w.value = clause;
            w.keyword = Keyword::NoKeyword;
        }
        tokens.insert(start + 1, name);
    }
    at + 1
}

/// The name of the window that a specification starts from, if any, and what its frame excludes.
pub(in crate::sql) fn excluded(name: &Ident) -> (Option<Ident>, &'static [&'static str]) {
    if name.quote_style.is_none() {
        for words in EXCLUSIONS {
            let clause = format!("EXCLUDE {}", words.join(" "));
            if let Some(base) = name.value.strip_suffix(clause.as_str()) {
                let base = base.strip_suffix(' ').map(String::from);
                let ident = |value| Ident {
                    value,
                    ..name.clone()
                };
                return (base.map(ident), words);
            }
        }
    }
    (Some(name.clone()), &[])
}
