//! The clauses of `JSON_VALUE(doc, path [RETURNING type] [NULL | ERROR | DEFAULT x ON EMPTY] [… ON ERROR])`, which the parser
//! knows but for RETURNING: they become arguments, two for ON EMPTY and two for ON ERROR, before it.

use alloc::string::String;
use alloc::vec::Vec;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// What a clause says: its word, and the tokens of its value.
type Clause = (&'static str, Vec<TokenWithSpan>);

/// Makes arguments of the clauses of each JSON_VALUE.
pub(super) fn clauses_as_arguments(tokens: &mut Vec<TokenWithSpan>) {
    let mut i = 0;
    while i < tokens.len() {
        if is_word(tokens.get(i), "JSON_VALUE")
            && matches!(tokens.get(i + 1).map(|t| &t.token), Some(Token::LParen))
        {
            rewrite(tokens, i + 2);
        }
        i += 1;
    }
}

/// The place of the parenthesis that ends the arguments which start at `start`.
fn end_of(tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, t) in tokens.iter().enumerate().skip(start) {
        match t.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return Some(i),
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The clause that ends before `end` with `ON word`, and where it starts.
fn clause(tokens: &[TokenWithSpan], end: usize, word: &str) -> Option<(Clause, usize)> {
    let on = end.checked_sub(2)?;
    if !is_word(tokens.get(end - 1), word) || !is_word(tokens.get(on), "ON") {
        return None;
    }
    let last = on.checked_sub(1)?;
    for simple in ["NULL", "ERROR"] {
        if is_word(tokens.get(last), simple) && !is_word(tokens.get(last.checked_sub(1)?), "DEFAULT") {
            return Some(((simple, Vec::new()), last));
        }
    }
    // A literal, maybe with a sign.
    let start = (last.saturating_sub(2)..last)
        .rev()
        .find(|i| is_word(tokens.get(*i), "DEFAULT"))?;
    Some((("DEFAULT", tokens.get(start + 1..on)?.to_vec()), start))
}

fn rewrite(tokens: &mut Vec<TokenWithSpan>, start: usize) {
    let Some(end) = end_of(tokens, start) else { return };
    let mut from = end;
    let mut found: [Option<Clause>; 2] = [None, None];
    for (slot, word) in [(1, "ERROR"), (0, "EMPTY")] {
        if let Some((clause, at)) = clause(tokens, from, word)
            && let Some(slot) = found.get_mut(slot)
        {
            *slot = Some(clause);
            from = at;
        }
    }
    if from == end {
        return;
    }
    let Some(span) = tokens.get(from).map(|t| t.span) else {
        return;
    };
    let like = |token: Token| TokenWithSpan { token, span };
    let mut arguments = Vec::new();
    for clause in found {
        let (word, value) = clause.unwrap_or(("NULL", Vec::new()));
        arguments.push(like(Token::Comma));
        arguments.push(like(Token::SingleQuotedString(String::from(word))));
        arguments.push(like(Token::Comma));
        match value.is_empty() {
            true => arguments.push(like(Token::make_keyword("NULL"))),
            false => arguments.extend(value),
        }
    }
    // RETURNING stays last.
    let mut depth = 0usize;
    let mut returning = from;
    for (i, t) in tokens.iter().enumerate().take(from).skip(start) {
        match &t.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(w) if depth == 0 && w.keyword == Keyword::RETURNING => {
                returning = i;
                break;
            }
            _ => {}
        }
    }
    let kept: Vec<TokenWithSpan> = tokens.get(returning..from).map(<[_]>::to_vec).unwrap_or_default();
    arguments.extend(kept);
    tokens.splice(returning..end, arguments);
}
