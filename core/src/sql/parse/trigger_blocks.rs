//! The statements of a trigger's body that have others inside: IF, CASE, WHILE, LOOP, REPEAT, BEGIN; and those that only
//! make sense among them: DECLARE, SET, SELECT … INTO, LEAVE, ITERATE, SIGNAL.

use super::block::Blocks;
use super::parsed::parsed;
use super::statement::{Ast, Statements, parse_expression, parse_statement};
use super::syntax_error::syntax;
use super::trigger::{TriggerStatement, is_word, place, trigger_statement, unsupported_at};
use crate::types::{Error, Result};
use alloc::{format, string::String, vec, vec::Vec};
use sqlparser::ast::{Expr, Ident};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Statements within one another.
const MAX_NESTING: usize = 16;

type Tokens<'t> = &'t [TokenWithSpan];

/// A statement with others inside, being parsed.
struct Compound<'s, 't> {
    sql: &'s str,
    tokens: Tokens<'t>,
    nesting: usize,
}

/// The tokens between the semicolons that are in no block.
pub(super) fn separated(tokens: Tokens<'_>) -> Vec<Tokens<'_>> {
    let mut blocks = Blocks::of_body();
    let mut all = Vec::new();
    let mut from = 0;
    for (i, t) in tokens.iter().enumerate() {
        if t.token != Token::SemiColon {
            blocks.token(&t.token);
        } else if blocks.depth() > 0 {
            blocks.semicolon();
        } else {
            all.push(tokens.get(from..i).unwrap_or(&[]));
            blocks = Blocks::of_body();
            from = i + 1;
        }
    }
    all.push(tokens.get(from..).unwrap_or(&[]));
    all.retain(|s| !s.is_empty());
    all
}

/// A label before a statement, and the statement.
fn labelled(tokens: Tokens<'_>) -> (Option<Ident>, Tokens<'_>) {
    match tokens {
        [label, colon, rest @ ..] if colon.token == Token::Colon => match &label.token {
            Token::Word(w) => (Some(w.to_ident(label.span)), rest),
            _ => (None, tokens),
        },
        _ => (None, tokens),
    }
}

/// A statement with others inside; `None`: it is none.
pub(super) fn compound(sql: &str, tokens: Tokens<'_>, nesting: usize) -> Result<Option<TriggerStatement>> {
    let (label, own) = labelled(tokens);
    let starts = ["BEGIN", "IF", "CASE", "WHILE", "LOOP", "REPEAT"];
    let Some(word) = starts.into_iter().find(|w| is_word(own.first(), w)) else {
        return match label {
            Some(_) => Err(syntax(
                sql,
                "expected BEGIN, WHILE, LOOP or REPEAT",
                place(own.first()),
            )),
            None => Ok(None),
        };
    };
    if nesting > MAX_NESTING {
        return Err(Error::TooDeep { limit: MAX_NESTING });
    }
    let c = Compound {
        sql,
        tokens: own,
        nesting,
    };
    if label.is_some() && (word == "IF" || word == "CASE") {
        return Err(syntax(sql, format!("{word} has no label"), place(own.first())));
    }
    c.statement(word, label).map(Some)
}

impl Compound<'_, '_> {
    fn expected<T>(&self, what: &str, at: usize) -> Result<T> {
        let at = at.min(self.tokens.len().saturating_sub(1));
        Err(syntax(
            self.sql,
            format!("expected {what}"),
            place(self.tokens.get(at)),
        ))
    }

    fn part(&self, from: usize, to: usize) -> Tokens<'_> {
        self.tokens.get(from + 1..to).unwrap_or(&[])
    }

    fn expr(&self, from: usize, to: usize) -> Result<Expr> {
        parse_expression(self.sql, self.part(from, to).to_vec())
    }

    fn block(&self, from: usize, to: usize) -> Result<Vec<TriggerStatement>> {
        let mut all = Vec::new();
        for statement in separated(self.part(from, to)) {
            all.append(&mut trigger_statement(self.sql, statement, self.nesting + 1)?);
        }
        Ok(all)
    }

    /// Where the words of this statement are, not those of one inside; the last is END.
    fn words(&self, wanted: &[&'static str]) -> Vec<(usize, &'static str)> {
        let mut blocks = Blocks::of_body();
        let mut words = Vec::new();
        for (i, t) in self.tokens.iter().enumerate() {
            if t.token == Token::SemiColon {
                blocks.semicolon();
                continue;
            }
            blocks.token(&t.token);
            let own = wanted.iter().find(|w| is_word(Some(t), w));
            match (blocks.depth(), own) {
                (1, Some(word)) if i > 0 => words.push((i, *word)),
                (0, _) if is_word(Some(t), "END") => {
                    words.push((i, "END"));
                    break;
                }
                _ => {}
            }
        }
        words
    }

    /// Refuses anything but the word of the statement, and its label, behind its END.
    fn ends(&self, end: usize, word: &str, label: Option<&Ident>) -> Result<()> {
        let mut rest = self.tokens.get(end + 1..).unwrap_or(&[]);
        if word != "BEGIN" {
            match rest {
                [first, others @ ..] if is_word(Some(first), word) => rest = others,
                _ => return self.expected(&format!("END {word}"), end),
            }
        }
        match (rest, label) {
            ([], _) => Ok(()),
            ([only], Some(label)) if is_word(Some(only), &label.value) => Ok(()),
            _ => self.expected(&format!("the end of the {word}"), end + 2),
        }
    }

    fn statement(&self, word: &'static str, label: Option<Ident>) -> Result<TriggerStatement> {
        match word {
            "IF" => self.branches(),
            "CASE" => self.case(),
            "WHILE" => {
                let [(then, "DO"), (end, "END")] = *self.words(&["DO"]) else {
                    return self.expected("DO and END WHILE", usize::MAX);
                };
                self.ends(end, word, label.as_ref())?;
                Ok(TriggerStatement::Loop {
                    label,
                    condition: Some(self.expr(0, then)?),
                    body: self.block(then, end)?,
                    until: None,
                })
            }
            "REPEAT" => {
                let [(until, "UNTIL"), (end, "END")] = *self.words(&["UNTIL"]) else {
                    return self.expected("UNTIL and END REPEAT", usize::MAX);
                };
                self.ends(end, word, label.as_ref())?;
                Ok(TriggerStatement::Loop {
                    label,
                    condition: None,
                    body: self.block(0, until)?,
                    until: Some(self.expr(until, end)?),
                })
            }
            _ => {
                let [(end, "END")] = *self.words(&[]) else {
                    return self.expected("END", usize::MAX);
                };
                self.ends(end, word, label.as_ref())?;
                let body = self.block(0, end)?;
                Ok(match word {
                    "LOOP" => TriggerStatement::Loop {
                        label,
                        condition: None,
                        body,
                        until: None,
                    },
                    _ => TriggerStatement::Block(label, body),
                })
            }
        }
    }

    /// IF condition THEN statements [ELSEIF condition THEN statements] [ELSE statements] END IF.
    fn branches(&self) -> Result<TriggerStatement> {
        let words = self.words(&["THEN", "ELSEIF", "ELSE"]);
        let mut at = words.iter().copied();
        let mut conditions = Vec::new();
        let mut from = 0;
        loop {
            let Some((then, "THEN")) = at.next() else {
                return self.expected("THEN", usize::MAX);
            };
            let Some((next, what)) = at.next() else {
                return self.expected("END IF", usize::MAX);
            };
            conditions.push((self.expr(from, then)?, self.block(then, next)?));
            from = next;
            match (what, at.clone().next()) {
                ("ELSEIF", _) => {}
                ("ELSE", Some((end, "END"))) => {
                    self.ends(end, "IF", None)?;
                    return Ok(TriggerStatement::If(conditions, self.block(next, end)?));
                }
                ("END", _) => {
                    self.ends(next, "IF", None)?;
                    return Ok(TriggerStatement::If(conditions, Vec::new()));
                }
                _ => return self.expected("END IF", next),
            }
        }
    }

    /// CASE [value] WHEN value THEN statements … [ELSE statements] END CASE.
    fn case(&self) -> Result<TriggerStatement> {
        let words = self.words(&["WHEN", "THEN", "ELSE"]);
        let mut at = words.iter().copied();
        let Some((mut from, "WHEN")) = at.next() else {
            return self.expected("WHEN", 1);
        };
        let operand = match from {
            1 => None,
            _ => Some(self.expr(0, from)?),
        };
        let mut branches = Vec::new();
        loop {
            let Some((then, "THEN")) = at.next() else {
                return self.expected("THEN", from);
            };
            let Some((next, what)) = at.next() else {
                return self.expected("END CASE", usize::MAX);
            };
            branches.push((self.expr(from, then)?, self.block(then, next)?));
            from = next;
            let otherwise = match (what, at.clone().next()) {
                ("WHEN", _) => continue,
                ("ELSE", Some((end, "END"))) => {
                    self.ends(end, "CASE", None)?;
                    Some(self.block(next, end)?)
                }
                ("END", _) => {
                    self.ends(next, "CASE", None)?;
                    None
                }
                _ => return self.expected("END CASE", next),
            };
            return Ok(TriggerStatement::Case {
                operand,
                branches,
                otherwise,
            });
        }
    }
}

/// `DECLARE a, b INT DEFAULT 0`.
pub(super) fn declare(s: &mut Statements<'_, '_>) -> Result<TriggerStatement> {
    s.skip(1);
    for word in ["CONTINUE", "EXIT", "UNDO"] {
        if s.is(0, word) && s.is(1, "HANDLER") {
            return s.unsupported("DECLARE … HANDLER in a trigger");
        }
    }
    for word in ["CURSOR", "CONDITION"] {
        if s.is(1, word) {
            return s.unsupported(format!("DECLARE … {word} in a trigger"));
        }
    }
    let names = s.run(|p| p.parse_comma_separated(|p| p.parse_identifier()))?;
    let data_type = s.run(|p| p.parse_data_type())?;
    let default = match s.take(&["DEFAULT"]) {
        true => Some(s.run(|p| p.parse_expr())?),
        false => None,
    };
    s.end()?;
    Ok(TriggerStatement::Declare {
        names,
        data_type,
        default,
    })
}

/// `SET NEW.a = 1, b = 2`.
pub(super) fn set(s: &mut Statements<'_, '_>) -> Result<Vec<TriggerStatement>> {
    s.skip(1);
    let mut all = Vec::new();
    loop {
        let is_new = s.is(0, "NEW") && s.parser.peek_nth_token_ref(1).token == Token::Period;
        if is_new {
            s.skip(2);
        } else if !matches!(s.parser.peek_token_ref().token, Token::Word(_))
            || s.parser.peek_nth_token_ref(1).token == Token::Period
            || matches!(s.parser.peek_nth_token_ref(1).token, Token::Word(_))
        {
            return s.unsupported("SET of anything but NEW.column and variables in a trigger");
        }
        let name = s.run(|p| p.parse_identifier())?;
        if !s.parser.consume_token(&Token::Eq) && !s.parser.consume_token(&Token::Assignment) {
            return s.expected("=");
        }
        let value = s.run(|p| p.parse_expr())?;
        all.push(match is_new {
            true => TriggerStatement::Set(name, value),
            false => TriggerStatement::Assign(name, value),
        });
        if !s.parser.consume_token(&Token::Comma) {
            break;
        }
    }
    s.end()?;
    Ok(all)
}

/// SIGNAL SQLSTATE [VALUE] '45000' [SET MESSAGE_TEXT = message].
pub(super) fn signal(s: &mut Statements<'_, '_>) -> Result<Option<Expr>> {
    s.skip(1);
    if !s.take(&["SQLSTATE"]) {
        return s.unsupported("SIGNAL of a condition (write SQLSTATE '45000')");
    }
    s.take(&["VALUE"]);
    if s.parser.peek_token_ref().token != Token::SingleQuotedString(String::from("45000")) {
        return s.unsupported("SIGNAL with an SQLSTATE other than '45000'");
    }
    s.skip(1);
    let mut message = None;
    if s.take(&["SET"]) {
        if !s.take(&["MESSAGE_TEXT"]) {
            return s.unsupported("SET of anything but MESSAGE_TEXT in SIGNAL");
        }
        if !s.parser.consume_token(&Token::Eq) {
            return s.expected("=");
        }
        message = Some(s.run(|p| p.parse_expr())?);
        if s.parser.peek_token_ref().token == Token::Comma {
            return s.unsupported("SET of several items in SIGNAL");
        }
    }
    s.end()?;
    Ok(message)
}

/// LEAVE and ITERATE: the label.
pub(super) fn jump(s: &mut Statements<'_, '_>) -> Result<Ident> {
    s.skip(1);
    let label = s.run(|p| p.parse_identifier())?;
    s.end()?;
    Ok(label)
}

/// `SELECT a, b INTO x, y FROM …`, also with INTO at the end; `None`: there is none.
pub(super) fn select_into(sql: &str, tokens: Tokens<'_>) -> Result<Option<TriggerStatement>> {
    if !["SELECT", "WITH"].iter().any(|w| is_word(tokens.first(), w)) {
        return Ok(None);
    }
    let mut depth = 0_usize;
    let at = tokens.iter().position(|t| {
        match t.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_word(Some(t), "INTO")
    });
    let Some(at) = at else { return Ok(None) };
    let mut names = vec![];
    let mut next = at + 1;
    loop {
        match tokens.get(next).map(|t| (&t.token, t.span)) {
            Some((Token::Word(w), span)) => names.push(w.to_ident(span)),
            _ => return unsupported_at("INTO of anything but variables in a trigger", tokens.get(next)),
        }
        next += 1;
        match tokens.get(next).map(|t| &t.token) {
            Some(Token::Comma) => next += 1,
            Some(Token::Period) => {
                return unsupported_at("INTO of anything but variables in a trigger", tokens.get(next));
            }
            _ => break,
        }
    }
    let mut rest = tokens.to_vec();
    rest.drain(at..next);
    let ast = parse_statement(sql, rest)?;
    match &ast {
        Ast::Sql(_) => Ok(Some(TriggerStatement::Into(names, parsed(ast, tokens)))),
        _ => unsupported_at("this SELECT … INTO in a trigger", tokens.first()),
    }
}
