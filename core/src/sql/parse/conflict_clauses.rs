//! ON CONFLICT clauses for which the parser has no tree: those with a condition or an expression in what they look
//! at, and several of them.
//!
//! They are written out as the assignments of one `ON CONFLICT DO UPDATE`, in which unquoted names that nobody can
//! write say what follows: `ON CONFLICT (a) WHERE b = 1 DO NOTHING` is parsed as if it said `ON CONFLICT DO UPDATE SET
//! "ON CONFLICT" = (a), "CONFLICT WHERE" = b = 1, "DO NOTHING" = TRUE`. Binding takes them apart again.

use alloc::{vec, vec::Vec};
use core::ops::Range;
use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, DoUpdate, Expr, Ident, ObjectName, ObjectNamePart,
    OnConflict, OnConflictAction,
};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

const TARGET: &str = "ON CONFLICT";
const TARGET_WHERE: &str = "CONFLICT WHERE";
const NOTHING: &str = "DO NOTHING";
const UPDATE_WHERE: &str = "DO UPDATE WHERE";

/// One ON CONFLICT clause.
#[derive(Debug)]
pub(in crate::sql) struct ConflictClause<'a> {
    /// The key it looks at; `None`: any.
    pub(in crate::sql) target: Option<ClauseTarget<'a>>,
    /// The condition behind that: it means a partial index.
    pub(in crate::sql) condition: Option<&'a Expr>,
    /// DO UPDATE; `None`: DO NOTHING.
    pub(in crate::sql) update: Option<ClauseUpdate<'a>>,
}

/// The key an ON CONFLICT clause looks at.
#[derive(Debug)]
pub(in crate::sql) enum ClauseTarget<'a> {
    /// Columns.
    Columns(&'a [Ident]),
    /// Expressions, of which some may be columns.
    Exprs(&'a [Expr]),
    /// A constraint.
    Constraint(&'a ObjectName),
}

/// DO UPDATE of an ON CONFLICT clause.
#[derive(Debug)]
pub(in crate::sql) struct ClauseUpdate<'a> {
    /// SET.
    pub(in crate::sql) assignments: &'a [Assignment],
    /// WHERE.
    pub(in crate::sql) filter: Option<&'a Expr>,
}

/// A clause as it stands in the tokens.
struct Written {
    target: Option<Range<usize>>,
    condition: Option<Range<usize>>,
    /// Assignments, and WHERE.
    update: Option<(Range<usize>, Option<Range<usize>>)>,
    end: usize,
}

fn is(tokens: &[TokenWithSpan], at: usize, words: &[Keyword]) -> bool {
    words.iter().enumerate().all(|(i, word)| {
        matches!(tokens.get(at + i).map(|t| &t.token),
            Some(Token::Word(w)) if w.quote_style.is_none() && w.keyword == *word)
    })
}

/// The first place from `at` on where one of these words stands, not within parentheses, or where the
/// parentheses around end.
fn until(tokens: &[TokenWithSpan], at: usize, words: &[&[Keyword]]) -> usize {
    let mut depth = 0_usize;
    for (i, t) in tokens.iter().enumerate().skip(at) {
        match &t.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return i,
            Token::RParen => depth -= 1,
            Token::SemiColon => return i,
            _ if depth == 0 && words.iter().any(|w| is(tokens, i, w)) => return i,
            _ => {}
        }
    }
    tokens.len()
}

/// Reads the clause that starts at `at`; `None`: the parser is to say what is wrong with it.
fn clause(tokens: &[TokenWithSpan], at: usize) -> Option<Written> {
    use Keyword::{CONFLICT, CONSTRAINT, DO, NOTHING, ON, RETURNING, SET, UPDATE, WHERE};
    let mut next = at + 2;
    let start = next;
    if matches!(tokens.get(next).map(|t| &t.token), Some(Token::LParen)) {
        next = until(tokens, next + 1, &[]) + 1;
    } else if is(tokens, next, &[ON, CONSTRAINT]) {
        next = until(tokens, next + 2, &[&[WHERE], &[DO]]);
    }
    let target = (next > start).then_some(start..next);
    let mut condition = None;
    if is(tokens, next, &[WHERE]) {
        let end = until(tokens, next, &[&[DO]]);
        condition = Some(next + 1..end);
        next = end;
    }
    if is(tokens, next, &[DO, NOTHING]) {
        return Some(Written {
            target,
            condition,
            update: None,
            end: next + 2,
        });
    }
    if !is(tokens, next, &[DO, UPDATE, SET]) {
        return None;
    }
    let ends: [&[Keyword]; 2] = [&[ON, CONFLICT], &[RETURNING]];
    let set = next + 3..until(tokens, next + 3, &[ends[0], ends[1], &[WHERE]]);
    let mut end = set.end;
    let mut filter = None;
    if is(tokens, end, &[WHERE]) {
        let from = end + 1;
        end = until(tokens, from, &ends);
        filter = Some(from..end);
    }
    Some(Written {
        target,
        condition,
        update: Some((set, filter)),
        end,
    })
}

/// Whether a clause is ON CONFLICT ON CONSTRAINT, which stands alone.
fn is_constraint(tokens: &[TokenWithSpan], clause: &Written) -> bool {
    let target = clause.target.as_ref();
    target.is_some_and(|t| is(tokens, t.start, &[Keyword::ON, Keyword::CONSTRAINT]))
}

/// Whether the parser has a tree for what a clause looks at.
fn is_plain(tokens: &[TokenWithSpan], clause: &Written) -> bool {
    let target = clause.target.clone().and_then(|r| tokens.get(r)).unwrap_or(&[]);
    let plain = |t: &TokenWithSpan| {
        matches!(
            t.token,
            Token::LParen | Token::RParen | Token::Comma | Token::Word(_)
        )
    };
    let in_order = target.windows(2).all(|pair| match pair {
        [a, b] => {
            let word = |t: &TokenWithSpan| matches!(t.token, Token::Word(_));
            let inner = |t: &TokenWithSpan| t.token == Token::LParen;
            !inner(b) && (word(a) != word(b))
        }
        _ => true,
    });
    clause.condition.is_none() && (is_constraint(tokens, clause) || (target.iter().all(plain) && in_order))
}

/// Writes the ON CONFLICT clauses that the parser cannot read as assignments.
pub(super) fn as_assignments(tokens: &mut Vec<TokenWithSpan>) {
    let mut at = 0;
    while at < tokens.len() {
        if !is(tokens, at, &[Keyword::ON, Keyword::CONFLICT]) {
            at += 1;
            continue;
        }
        let mut clauses = Vec::new();
        let mut end = at;
        while is(tokens, end, &[Keyword::ON, Keyword::CONFLICT]) {
            let Some(clause) = clause(tokens, end) else {
                return;
            };
            end = clause.end;
            clauses.push(clause);
        }
        if clauses.len() > 1 || !clauses.iter().all(|c| is_plain(tokens, c)) {
            let alone = clauses.iter().any(|c| is_constraint(tokens, c));
            let Some(written) = written(tokens, at, &clauses).filter(|_| !alone) else {
                return;
            };
            let length = written.len();
            tokens.splice(at..end.min(tokens.len()), written);
            end = at + length;
        }
        at = end.max(at + 1);
    }
}

fn written(tokens: &[TokenWithSpan], at: usize, clauses: &[Written]) -> Option<Vec<TokenWithSpan>> {
    let span = tokens.get(at)?.span;
    let token = |token: Token| TokenWithSpan::new(token, span);
    let mut out: Vec<TokenWithSpan> = tokens.get(at..at + 2)?.to_vec();
    out.extend(["DO", "UPDATE", "SET"].map(|w| token(Token::make_keyword(w))));
    let mut first = true;
    let mut add = |name: &str, value: &[TokenWithSpan]| {
        if !first {
            out.push(token(Token::Comma));
        }
        first = false;
        if !name.is_empty() {
            let mut word = Token::make_word("", None);
            if let Token::Word(w) = &mut word {
                w.value = name.into();
                w.keyword = Keyword::NoKeyword;
            }
            out.push(token(word));
            out.push(token(Token::Eq));
        }
        out.extend_from_slice(value);
    };
    let text = |range: &Range<usize>| tokens.get(range.clone());
    for clause in clauses {
        match &clause.target {
            None => add(TARGET, &[token(Token::make_keyword("NULL"))]),
            Some(target) => {
                // `ROW (a)` is a row, also of one.
                let mut row = vec![token(Token::make_keyword("ROW"))];
                row.extend_from_slice(text(target)?);
                add(TARGET, &row);
            }
        }
        if let Some(condition) = &clause.condition {
            add(TARGET_WHERE, text(condition)?);
        }
        match &clause.update {
            None => add(NOTHING, &[token(Token::make_keyword("TRUE"))]),
            Some((set, filter)) => {
                add("", text(set)?);
                if let Some(filter) = filter {
                    add(UPDATE_WHERE, text(filter)?);
                }
            }
        }
    }
    Some(out)
}

/// What one of the names that nobody can write says about the assignment.
fn says<'a>(assignment: &'a Assignment, name: &str) -> Option<&'a Expr> {
    let AssignmentTarget::ColumnName(ObjectName(parts)) = &assignment.target else {
        return None;
    };
    match parts.as_slice() {
        [ObjectNamePart::Identifier(i)] if i.quote_style.is_none() && i.value == name => {
            Some(&assignment.value)
        }
        _ => None,
    }
}

/// The ON CONFLICT clauses of an INSERT, in order.
pub(in crate::sql) fn conflict_clauses(on: &OnConflict) -> Vec<ConflictClause<'_>> {
    let several = match &on.action {
        OnConflictAction::DoUpdate(DoUpdate { assignments, .. }) => assignments
            .first()
            .and_then(|a| says(a, TARGET))
            .map(|_| assignments),
        OnConflictAction::DoNothing => None,
    };
    let Some(mut rest) = several.map(Vec::as_slice) else {
        return vec![ConflictClause {
            target: on.conflict_target.as_ref().map(|t| match t {
                ConflictTarget::Columns(names) => ClauseTarget::Columns(names),
                ConflictTarget::OnConstraint(name) => ClauseTarget::Constraint(name),
            }),
            condition: None,
            update: match &on.action {
                OnConflictAction::DoNothing => None,
                OnConflictAction::DoUpdate(DoUpdate {
                    assignments,
                    selection,
                }) => Some(ClauseUpdate {
                    assignments,
                    filter: selection.as_ref(),
                }),
            },
        }];
    };
    let mut clauses = Vec::new();
    while let Some((first, others)) = rest.split_first() {
        let target = match says(first, TARGET) {
            Some(Expr::Tuple(exprs)) => Some(ClauseTarget::Exprs(exprs)),
            _ => None,
        };
        rest = others;
        let mut take = |name: &str| {
            let (first, others) = rest.split_first()?;
            let value = says(first, name)?;
            rest = others;
            Some(value)
        };
        let condition = take(TARGET_WHERE);
        let nothing = take(NOTHING).is_some();
        let names = [TARGET, UPDATE_WHERE];
        let ends = |a: &Assignment| names.iter().any(|n| says(a, n).is_some());
        let (assignments, others) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
        rest = others;
        let filter = rest.split_first().and_then(|(first, others)| {
            let filter = says(first, UPDATE_WHERE)?;
            rest = others;
            Some(filter)
        });
        clauses.push(ConflictClause {
            target,
            condition,
            update: (!nothing).then_some(ClauseUpdate { assignments, filter }),
        });
    }
    clauses
}
