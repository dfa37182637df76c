//! Words that ask for the same answer in another way: taken out of the tokens, or written as `sqlparser` knows them.
//!
//! What is dropped changes no result: MySQL's priorities and caches, `[NOT] MATERIALIZED` of a WITH query, the index
//! SQLite is to use, `.*` behind the names in a DELETE of several tables. What is rewritten says the same:
//! `UPDATE IGNORE` is SQLite's `UPDATE OR IGNORE`, `LOCK IN SHARE MODE` is `FOR SHARE`, `(a, b)` in FROM is
//! `(a CROSS JOIN b)`.

use alloc::string::String;
use alloc::vec::Vec;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

fn is_one_of(token: Option<&TokenWithSpan>, words: &[&str]) -> bool {
    words.iter().any(|w| is_word(token, w))
}

fn are(tokens: &[TokenWithSpan], at: usize, words: &[&str]) -> bool {
    words
        .iter()
        .enumerate()
        .all(|(i, w)| is_word(tokens.get(at + i), w))
}

fn is(token: Option<&TokenWithSpan>, wanted: &Token) -> bool {
    token.is_some_and(|t| t.token == *wanted)
}

/// Whether a token may be one of those that are looked for: of most statements none is.
fn may_advise(t: &TokenWithSpan) -> bool {
    match &t.token {
        Token::Word(w) if w.quote_style.is_none() => {
            const WORDS: [&str; 14] = [
                "ALL",
                "ANY",
                "SOME",
                "TRIM",
                "ISNULL",
                "LOW_PRIORITY",
                "QUICK",
                "IGNORE",
                "SQL_CACHE",
                "MATERIALIZED",
                "INDEXED",
                "LOCK",
                "FROM",
                "JOIN",
            ];
            WORDS.iter().any(|x| w.value.eq_ignore_ascii_case(x))
        }
        _ => false,
    }
}

/// Rewrites what a statement's tokens advise.
pub(super) fn take_advice(tokens: &mut Vec<TokenWithSpan>) {
    let start = usize::from(is_word(tokens.first(), "EXPLAIN"));
    if !tokens.iter().any(may_advise) {
        return;
    }
    if is_word(tokens.get(start), "UPDATE") {
        update(tokens, start + 1);
    } else if is_word(tokens.get(start), "DELETE") {
        delete(tokens, start + 1);
    }
    // Opened parentheses, and which of them stand where a table may.
    let mut open: Vec<bool> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match tokens.get(i).map(|t| &t.token) {
            Some(Token::LParen) => {
                let before = i.checked_sub(1).and_then(|b| tokens.get(b));
                let in_list = is(before, &Token::LParen) && open.last() == Some(&true);
                let query = is_one_of(tokens.get(i + 1), &["SELECT", "VALUES", "WITH", "TABLE"]);
                open.push((is_one_of(before, &["FROM", "JOIN"]) || in_list) && !query);
            }
            Some(Token::RParen) => {
                open.pop();
            }
            Some(Token::Comma) if open.last() == Some(&true) => cross(tokens, i),
            Some(Token::Word(w)) if w.quote_style.is_none() => word(tokens, i),
            _ => {}
        }
        i += 1;
    }
}

/// Rewrites what starts with the word at `i`.
fn word(tokens: &mut Vec<TokenWithSpan>, i: usize) {
    if is_word(tokens.get(i), "SELECT") {
        while is_one_of(tokens.get(i + 1), &["SQL_CACHE"]) && !ends_item(tokens.get(i + 2)) {
            tokens.remove(i + 1);
        }
    } else if is_one_of(tokens.get(i), &["ALL", "ANY", "SOME"])
        && is(tokens.get(i + 1), &Token::LParen)
        && is_word(tokens.get(i + 2), "VALUES")
    {
        select_values(tokens, i + 2);
    } else if is_word(tokens.get(i), "AS") {
        let not = usize::from(is_word(tokens.get(i + 1), "NOT"));
        if is_word(tokens.get(i + 1 + not), "MATERIALIZED") && is(tokens.get(i + 2 + not), &Token::LParen) {
            tokens.drain(i + 1..i + 2 + not);
        }
    } else if is_word(tokens.get(i), "TRIM")
        && is_one_of(tokens.get(i + 2), &["LEADING", "TRAILING", "BOTH"])
        && is_word(tokens.get(i + 3), "FROM")
    {
        // Blanks, unless it says what.
        if let Some(span) = tokens.get(i + 3).map(|t| t.span) {
            let blank = Token::SingleQuotedString(String::from(" "));
            tokens.insert(i + 3, TokenWithSpan::new(blank, span));
        }
    } else if is_word(tokens.get(i), "ISNULL") && follows_value(tokens, i) {
        if let Some(t) = tokens.get_mut(i) {
            t.token = Token::make_keyword("IS");
            let null = TokenWithSpan::new(Token::make_keyword("NULL"), t.span);
            tokens.insert(i + 1, null);
        }
    } else if are(tokens, i, &["INDEXED", "BY"]) && i > 0 {
        force_index(tokens, i);
    } else if are(tokens, i, &["NOT", "INDEXED"]) && i > 0 {
        tokens.drain(i..i + 2);
    } else if are(tokens, i, &["LOCK", "IN", "SHARE", "MODE"]) && i > 0 {
        tokens.drain(i..i + 2);
        if let Some(t) = tokens.get_mut(i) {
            t.token = Token::make_keyword("FOR");
        }
        if let Some(t) = tokens.get_mut(i + 1) {
            t.token = Token::make_keyword("SHARE");
        }
    }
}

/// Writes `VALUES …)` as `SELECT * FROM (VALUES …) AS v)`.
fn select_values(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    let Some(span) = tokens.get(at).map(|t| t.span) else {
        return;
    };
    let mut open = 0_usize;
    let end = tokens.iter().skip(at).position(|t| {
        match t.token {
            Token::LParen => open += 1,
            Token::RParen if open == 0 => return true,
            Token::RParen => open -= 1,
            _ => {}
        }
        false
    });
    let Some(end) = end.map(|e| at + e) else { return };
    let like = |token: Token| TokenWithSpan::new(token, span);
    let behind = [
        Token::RParen,
        Token::make_keyword("AS"),
        Token::make_word("values", Some('`')),
    ];
    tokens.splice(end..end, behind.map(like));
    let before = [
        Token::make_keyword("SELECT"),
        Token::Mul,
        Token::make_keyword("FROM"),
        Token::LParen,
    ];
    tokens.splice(at..at, before.map(like));
}

/// Writes `INDEXED BY i` as `FORCE INDEX (i)`.
fn force_index(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    let Some(name) = tokens.get(at + 2).cloned() else {
        return;
    };
    let like = |token: Token| TokenWithSpan::new(token, name.span);
    let words = [
        like(Token::make_keyword("FORCE")),
        like(Token::make_keyword("INDEX")),
    ];
    let (open, close) = (like(Token::LParen), like(Token::RParen));
    tokens.splice(at..at + 3, words.into_iter().chain([open, name, close]));
}

/// Whether this stands behind a value, and has no arguments.
fn follows_value(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|b| tokens.get(b)).map(|t| &t.token);
    !is(tokens.get(at + 1), &Token::LParen)
        && match before {
            Some(Token::Word(w)) => w.quote_style.is_some() || w.keyword == Keyword::NoKeyword,
            Some(
                Token::RParen | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_),
            ) => true,
            _ => false,
        }
}

/// Whether what stands before this is a column and not a word about the SELECT.
fn ends_item(token: Option<&TokenWithSpan>) -> bool {
    matches!(
        token.map(|t| &t.token),
        None | Some(Token::Comma | Token::Period | Token::RParen | Token::Eq)
    ) || is_one_of(token, &["FROM", "AS", "WHERE", "UNION", "LIMIT", "ORDER"])
}

/// Whether a word behind UPDATE or DELETE is one about how, and not a table's name.
fn advises(tokens: &[TokenWithSpan], at: usize, words: &[&str]) -> bool {
    is_one_of(tokens.get(at), words)
        && matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_some()
            || ![Keyword::SET, Keyword::AS, Keyword::JOIN].contains(&w.keyword))
}

fn update(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    if advises(tokens, at, &["LOW_PRIORITY"]) {
        tokens.remove(at);
    }
    if advises(tokens, at, &["IGNORE"])
        && let Some(span) = tokens.get(at).map(|t| t.span)
    {
        tokens.insert(at, TokenWithSpan::new(Token::make_keyword("OR"), span));
    }
}

fn delete(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    while advises(tokens, at, &["LOW_PRIORITY", "QUICK"]) {
        tokens.remove(at);
    }
    let mut i = at;
    while i < tokens.len() && !is_one_of(tokens.get(i), &["WHERE", "USING", "JOIN", "RETURNING", "ORDER"]) {
        match is(tokens.get(i), &Token::Period) && is(tokens.get(i + 1), &Token::Mul) {
            true => drop(tokens.drain(i..i + 2)),
            false => i += 1,
        }
    }
}

/// Writes a comma as CROSS JOIN.
fn cross(tokens: &mut Vec<TokenWithSpan>, at: usize) {
    let Some(comma) = tokens.get_mut(at) else { return };
    let span = comma.span;
    comma.token = Token::make_keyword("CROSS");
    tokens.insert(at + 1, TokenWithSpan::new(Token::make_keyword("JOIN"), span));
}
