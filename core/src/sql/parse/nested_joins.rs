//! Joins whose conditions come after those of joins inside them: `a JOIN b JOIN c ON … ON …`, which the parser takes
//! with parentheses only.
//!
//! Every ON or USING belongs to the nearest join before it that has none yet. Where others were joined between the
//! two, these are put in parentheses: `a JOIN (b JOIN c ON …) ON …`.

use crate::shared_sort::sort_shared;
use alloc::vec::Vec;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// A join that has no condition yet.
#[derive(Clone, Copy)]
struct Open {
    /// The place behind JOIN.
    right: usize,
    /// Whether others were joined since.
    nests: bool,
}

fn keyword(token: Option<&TokenWithSpan>) -> Keyword {
    match token.map(|t| &t.token) {
        Some(Token::Word(w)) if w.quote_style.is_none() => w.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// Whether the join whose JOIN stands at a place takes no condition.
fn is_unconditional(tokens: &[TokenWithSpan], join: usize) -> bool {
    let mut before = join;
    while let Some(at) = before.checked_sub(1) {
        before = at;
        match keyword(tokens.get(at)) {
            Keyword::CROSS | Keyword::NATURAL => return true,
            Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::OUTER | Keyword::INNER => {}
            _ => return false,
        }
    }
    false
}

/// Puts joins in parentheses where their place asks for it.
pub(super) fn enclose(tokens: &mut Vec<TokenWithSpan>) {
    let joins = tokens
        .iter()
        .filter(|t| keyword(Some(t)) == Keyword::JOIN)
        .count();
    if joins < 2 {
        return;
    }
    // Joins without a condition, for every parenthesis that is open.
    let mut levels: Vec<Vec<Open>> = alloc::vec![Vec::new()];
    let mut parentheses: Vec<(usize, Token)> = Vec::new();
    for at in 0..tokens.len() {
        let Some(open) = levels.last_mut() else { return };
        match tokens.get(at).map(|t| &t.token) {
            Some(Token::LParen) => {
                levels.push(Vec::new());
                continue;
            }
            Some(Token::RParen) => {
                levels.pop();
                if levels.is_empty() {
                    return;
                }
                continue;
            }
            Some(Token::Comma) => open.clear(),
            _ => {}
        }
        match keyword(tokens.get(at)) {
            Keyword::JOIN | Keyword::STRAIGHT_JOIN => {
                open.iter_mut().for_each(|o| o.nests = true);
                if !is_unconditional(tokens, at) {
                    open.push(Open {
                        right: at + 1,
                        nests: false,
                    });
                }
            }
            Keyword::ON | Keyword::USING => {
                let upsert = [Keyword::DUPLICATE, Keyword::CONFLICT];
                if upsert.contains(&keyword(tokens.get(at + 1))) {
                    open.clear();
                } else if let Some(join) = open.pop()
                    && join.nests
                {
                    parentheses.push((join.right, Token::LParen));
                    parentheses.push((at, Token::RParen));
                }
            }
            Keyword::WHERE | Keyword::GROUP | Keyword::SELECT | Keyword::SET | Keyword::UNION => open.clear(),
            _ => {}
        }
    }
    // At one place, the inner one closes first and the outer one opens first: any order of their own kind will do.
    sort_shared(&mut parentheses, |(a, _), (b, _)| a.cmp(b));
    for (at, token) in parentheses.into_iter().rev() {
        if let Some(span) = tokens.get(at).map(|t| t.span) {
            tokens.insert(at, TokenWithSpan::new(token, span));
        }
    }
}
