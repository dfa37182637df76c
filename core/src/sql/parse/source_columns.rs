//! Columns of the query of `INSERT … SELECT … ON DUPLICATE KEY UPDATE c = s.x` that the update names.
//!
//! The query gives them as further columns, behind those that are inserted, under an alias that nobody else can write;
//! binding takes them off again. A query that would mean something else with a further column (DISTINCT, a set
//! operation) is left alone.

use alloc::{string::String, vec::Vec};
use sqlparser::ast::{Expr, Ident, Select, SelectItem};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The alias of what is carried along.
const CARRIED: &str = "ON DUPLICATE KEY UPDATE";

fn keyword(token: Option<&TokenWithSpan>) -> Keyword {
    match token.map(|t| &t.token) {
        Some(Token::Word(w)) if w.quote_style.is_none() => w.keyword,
        _ => Keyword::NoKeyword,
    }
}

fn name(token: Option<&TokenWithSpan>) -> Option<&str> {
    match token.map(|t| &t.token) {
        Some(Token::Word(w)) => Some(&w.value),
        _ => None,
    }
}

/// The places of the tokens outside of parentheses.
fn outer(tokens: &[TokenWithSpan]) -> Vec<usize> {
    let mut open = 0_usize;
    let mut places = Vec::new();
    for (at, t) in tokens.iter().enumerate() {
        match t.token {
            Token::LParen => open += 1,
            Token::RParen => open = open.saturating_sub(1),
            _ if open == 0 => places.push(at),
            _ => {}
        }
    }
    places
}

/// Adds the columns that the update names to the query's select list.
pub(super) fn carry(tokens: &mut Vec<TokenWithSpan>) {
    if keyword(tokens.first()) != Keyword::INSERT {
        return;
    }
    let outer = outer(tokens);
    let find = |word: Keyword| outer.iter().position(|at| keyword(tokens.get(*at)) == word);
    let after = |place: usize, n: usize| outer.get(place + n).map(|at| keyword(tokens.get(*at)));
    let (Some(select), Some(duplicate)) = (find(Keyword::SELECT), find(Keyword::DUPLICATE)) else {
        return;
    };
    let changes = [
        Keyword::UNION,
        Keyword::EXCEPT,
        Keyword::INTERSECT,
        Keyword::DISTINCT,
    ];
    let query = outer.get(select..duplicate).unwrap_or_default();
    if select > duplicate
        || query.iter().any(|at| changes.contains(&keyword(tokens.get(*at))))
        || after(duplicate, 1) != Some(Keyword::KEY)
    {
        return;
    }
    let from = query
        .iter()
        .copied()
        .find(|at| keyword(tokens.get(*at)) == Keyword::FROM);
    let (Some(from), Some(update)) = (from, outer.get(duplicate + 2).copied()) else {
        return;
    };
    let into = tokens.iter().position(|t| keyword(Some(t)) == Keyword::INTO);
    let table = into.map_or(1, |at| at + 1);
    let qualified = tokens.get(table + 1).is_some_and(|t| t.token == Token::Period);
    let Some(table) = name(tokens.get(table + if qualified { 2 } else { 0 })).map(String::from) else {
        return;
    };
    let mut carried: Vec<[TokenWithSpan; 3]> = Vec::new();
    let mut in_query = 0_usize;
    for at in update + 1..tokens.len() {
        let window = tokens.get(at..at + 3).unwrap_or_default();
        let [first, dot, last] = window else { break };
        // A subquery has names of its own.
        in_query = match (&first.token, keyword(Some(dot))) {
            (Token::LParen, Keyword::SELECT | Keyword::WITH) => in_query + 1,
            (Token::LParen, _) if in_query > 0 => in_query + 1,
            (Token::RParen, _) => in_query.saturating_sub(1),
            _ => in_query,
        };
        if in_query > 0 || dot.token != Token::Period {
            continue;
        }
        let (Some(of), Some(column)) = (name(Some(first)), name(Some(last))) else {
            continue;
        };
        let known = |c: &[TokenWithSpan; 3]| {
            let same =
                |at: usize, wanted: &str| name(c.get(at)).is_some_and(|n| n.eq_ignore_ascii_case(wanted));
            same(0, of) && same(2, column)
        };
        if !of.eq_ignore_ascii_case(&table) && !carried.iter().any(known) {
            carried.push([first.clone(), dot.clone(), last.clone()]);
        }
    }
    let mut items = Vec::with_capacity(carried.len() * 6);
    for column in carried {
        let span = column[0].span;
        let like = |token: Token| TokenWithSpan::new(token, span);
        items.push(like(Token::Comma));
        items.extend(column);
        items.push(like(Token::make_keyword("AS")));
        items.push(like(Token::make_word(CARRIED, Some('`'))));
    }
    tokens.splice(from..from, items);
}

/// The table and column of what a select list carries along, in order: its last items.
pub(in crate::sql) fn carried_columns(select: &Select) -> impl Iterator<Item = (&Ident, &Ident)> {
    select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias {
            expr: Expr::CompoundIdentifier(parts),
            alias,
        } if alias.value == CARRIED => match parts.as_slice() {
            [table, column] => Some((table, column)),
            _ => None,
        },
        _ => None,
    })
}
