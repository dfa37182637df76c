//! The LIMIT of `GROUP_CONCAT(… ORDER BY … SEPARATOR '…' LIMIT 1, 2)`, which the parser wants before SEPARATOR and as one
//! expression: `LIMIT (1, 2)`.

use alloc::vec::Vec;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

fn is_word(token: Option<&TokenWithSpan>, keyword: Keyword) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.keyword == keyword)
}

fn is(token: Option<&TokenWithSpan>, wanted: &Token) -> bool {
    token.is_some_and(|t| t.token == *wanted)
}

/// Puts the clauses of each GROUP_CONCAT into the parser's order.
pub(super) fn order_clauses(tokens: &mut Vec<TokenWithSpan>) {
    // Opened parentheses, and which of them are GROUP_CONCAT's.
    let mut open: Vec<bool> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let at = |k: usize| tokens.get(i + k);
        match tokens.get(i).map(|t| &t.token) {
            Some(Token::LParen) => {
                let before = i.checked_sub(1).and_then(|b| tokens.get(b)).map(|t| &t.token);
                open.push(matches!(before, Some(Token::Word(w))
                    if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("GROUP_CONCAT")));
            }
            Some(Token::RParen) => {
                open.pop();
            }
            Some(Token::Word(_)) if open.last() == Some(&true) => {
                let separator = usize::from(is_word(at(0), Keyword::SEPARATOR)) * 2;
                if is_word(at(separator), Keyword::LIMIT) {
                    limit(tokens, i, separator);
                }
            }
            _ => {}
        }
        i += 1;
    }
}

/// Rewrites `[SEPARATOR '…'] LIMIT a[, b]` at `i`, where the separator takes so many tokens.
fn limit(tokens: &mut Vec<TokenWithSpan>, i: usize, separator: usize) {
    let start = i + separator;
    let number = |k: usize| {
        tokens
            .get(start + k)
            .filter(|t| matches!(t.token, Token::Number(..)))
    };
    let (Some(first), second) = (number(1).cloned(), number(3).cloned()) else {
        return;
    };
    let between = tokens.get(start + 2);
    let pair = match second {
        Some(second) if is(between, &Token::Comma) => Some((first.clone(), second)),
        Some(second) if is_word(between, Keyword::OFFSET) => Some((second, first.clone())),
        _ => None,
    };
    let end = start + if pair.is_some() { 4 } else { 2 };
    if !is(tokens.get(end), &Token::RParen) {
        return;
    }
    let Some(word) = tokens.get(start).cloned() else {
        return;
    };
    let like = |token: Token| TokenWithSpan {
        token,
        span: first.span,
    };
    let mut clauses = alloc::vec![word];
    match pair {
        Some((skipped, most)) => clauses.extend([
            like(Token::LParen),
            skipped,
            like(Token::Comma),
            most,
            like(Token::RParen),
        ]),
        None => clauses.push(first),
    }
    clauses.extend(tokens.get(i..start).unwrap_or_default().iter().cloned());
    tokens.splice(i..end, clauses);
}
