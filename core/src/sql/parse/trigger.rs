//! CREATE TRIGGER, in MySQL's form and SQLite's, and the statements of its body.
//!
//! The body is kept as text, statement by statement, and parsed again when a plan needs it.

use super::block::Blocks;
use super::parsed::{Parsed, parsed};
use super::statement::{Ast, Statements, head, new_parser, parse_expression, parse_statement};
use super::syntax_error::{start, syntax};
use super::tokens::tokenize_body;
use crate::catalog::{TriggerEvent, TriggerTiming};
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, vec, vec::Vec};
use sqlparser::ast::{Expr, Ident, ObjectName, Value};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

/// Levels of IF and BEGIN within one another.
const MAX_NESTING: usize = 16;

/// CREATE TRIGGER as written.
#[derive(Debug, Clone)]
pub(in crate::sql) struct CreateTrigger {
    pub(in crate::sql) if_not_exists: bool,
    pub(in crate::sql) name: ObjectName,
    pub(in crate::sql) timing: TriggerTiming,
    pub(in crate::sql) event: TriggerEvent,
    pub(in crate::sql) update_of: Vec<Ident>,
    pub(in crate::sql) table: ObjectName,
    /// FOLLOWS (true) or PRECEDES, and the name of another trigger.
    pub(in crate::sql) place: Option<(bool, Ident)>,
    /// WHEN, and its text.
    pub(in crate::sql) when: Option<(Expr, String)>,
    /// The statements, and the text of each.
    pub(in crate::sql) body: Vec<(Vec<TriggerStatement>, String)>,
}

/// One statement of a trigger's body.
#[derive(Debug, Clone)]
pub(in crate::sql) enum TriggerStatement {
    /// One that other texts may have too.
    Plain(Parsed),
    /// SET NEW.column = value.
    Set(Ident, Expr),
    /// SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message.
    Signal(Option<Expr>),
    /// IF: conditions and what follows THEN, in order; what follows ELSE.
    If(Vec<(Expr, Vec<TriggerStatement>)>, Vec<TriggerStatement>),
}

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Whether the tokens are a CREATE TRIGGER, whatever kind.
pub(super) fn is_create_trigger(tokens: &[TokenWithSpan]) -> bool {
    let mut rest = tokens.iter();
    is_word(rest.next(), "CREATE")
        && rest
            .find(|t| {
                !["OR", "REPLACE", "TEMP", "TEMPORARY"]
                    .iter()
                    .any(|w| is_word(Some(t), w))
            })
            .is_some_and(|t| is_word(Some(t), "TRIGGER"))
}

/// Goes over a text to places of it, each behind the one before.
struct Texts<'s> {
    rest: core::str::Chars<'s>,
    line: u64,
    column: u64,
}

impl<'s> Texts<'s> {
    fn new(sql: &'s str) -> Texts<'s> {
        Texts {
            rest: sql.chars(),
            line: 1,
            column: 1,
        }
    }

    /// What is left of the text at a place.
    fn at(&mut self, place: Location) -> &'s str {
        while (self.line, self.column) < (place.line, place.column) {
            match self.rest.next() {
                Some('\n') => (self.line, self.column) = (self.line + 1, 1),
                Some(_) => self.column += 1,
                None => break,
            }
        }
        self.rest.as_str()
    }

    /// The text of some tokens that follow one another.
    fn of(&mut self, tokens: &[TokenWithSpan]) -> String {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return String::new();
        };
        let (from, to) = (self.at(first.span.start), self.at(last.span.end));
        let length = from.len().saturating_sub(to.len());
        String::from(from.get(..length).unwrap_or(from))
    }
}

fn place(token: Option<&TokenWithSpan>) -> Option<Position> {
    token.and_then(|t| start(t.span))
}

fn unsupported_at<T>(feature: impl Into<String>, at: Option<&TokenWithSpan>) -> Result<T> {
    Err(Error::Unsupported {
        feature: feature.into(),
        position: place(at),
    })
}

/// Refuses a CREATE TRIGGER that says `?`, `:name` or `@name`, which would have no value when it runs.
pub(super) fn refuse_parameters(tokens: &[TokenWithSpan]) -> Result<()> {
    let is_value = |t: &&TokenWithSpan| matches!(t.token, Token::Placeholder(_));
    match tokens.iter().find(is_value) {
        Some(value) if is_create_trigger(tokens) => {
            unsupported_at("a parameter or variable in a trigger", Some(value))
        }
        _ => Ok(()),
    }
}

/// Parses CREATE TRIGGER.
pub(super) fn create_trigger(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<CreateTrigger> {
    let mut s = Statements {
        parser: new_parser(tokens.clone()),
        sql,
        text: None,
    };
    s.skip(1);
    if s.take(&["OR"]) {
        return s.unsupported("CREATE OR REPLACE TRIGGER (drop it first)");
    }
    if s.is(0, "TEMP") || s.is(0, "TEMPORARY") {
        return s.unsupported("a temporary trigger");
    }
    s.skip(1);
    let if_not_exists = s.take(&["IF", "NOT", "EXISTS"]);
    let name = s.run(|p| p.parse_object_name(false))?;
    let timing = if s.take(&["AFTER"]) {
        TriggerTiming::After
    } else if s.is(0, "INSTEAD") {
        return s.unsupported("INSTEAD OF triggers");
    } else {
        // SQLite's default.
        s.take(&["BEFORE"]);
        TriggerTiming::Before
    };
    let mut update_of = Vec::new();
    let event = if s.take(&["INSERT"]) {
        TriggerEvent::Insert
    } else if s.take(&["DELETE"]) {
        TriggerEvent::Delete
    } else if s.take(&["UPDATE"]) {
        if s.take(&["OF"]) {
            update_of = s.run(|p| p.parse_comma_separated(|p| p.parse_identifier()))?;
        }
        TriggerEvent::Update
    } else {
        return s.expected("INSERT, UPDATE or DELETE");
    };
    if s.is(0, "OR") {
        return s.unsupported("a trigger for several events");
    }
    if !s.take(&["ON"]) {
        return s.expected("ON");
    }
    let table = s.run(|p| p.parse_object_name(false))?;
    if s.is(0, "FOR") && !s.take(&["FOR", "EACH", "ROW"]) {
        return s.unsupported("triggers other than FOR EACH ROW");
    }
    let mut texts = Texts::new(sql);
    let mut when = None;
    if s.take(&["WHEN"]) {
        let from = s.parser.index();
        let condition = s.run(|p| p.parse_expr())?;
        let text = texts.of(tokens.get(from..s.parser.index()).unwrap_or(&[]));
        when = Some((condition, text));
    }
    let mut other = None;
    if s.is(0, "FOLLOWS") || s.is(0, "PRECEDES") {
        let follows = s.is(0, "FOLLOWS");
        s.skip(1);
        other = Some((follows, s.run(|p| p.parse_identifier())?));
    }
    for word in ["EXECUTE", "REFERENCING"] {
        if s.is(0, word) {
            return s.unsupported(format!("{word} of a trigger"));
        }
    }
    let rest = tokens.get(s.parser.index()..).unwrap_or(&[]);
    let mut body = Vec::new();
    for statement in statements(sql, rest)? {
        body.push((trigger_statement(sql, statement, 0)?, texts.of(statement)));
    }
    if body.is_empty() {
        return Err(syntax(
            sql,
            "expected a statement of the trigger",
            place(tokens.last()),
        ));
    }
    Ok(CreateTrigger {
        if_not_exists,
        name,
        timing,
        event,
        update_of,
        table,
        place: other,
        when,
        body,
    })
}

/// Parses the text of one statement of a body.
pub(in crate::sql) fn parse_trigger_statement(text: &str) -> Result<Vec<TriggerStatement>> {
    trigger_statement(text, &tokenize_body(text)?, 0)
}

/// The statements of a body: those between BEGIN and END, or the only one.
fn statements<'t>(sql: &str, tokens: &'t [TokenWithSpan]) -> Result<Vec<&'t [TokenWithSpan]>> {
    if !is_word(tokens.first(), "BEGIN") {
        return Ok(if tokens.is_empty() {
            Vec::new()
        } else {
            vec![tokens]
        });
    }
    let Some((last, inner)) = tokens.split_last().filter(|(last, _)| is_word(Some(last), "END")) else {
        return Err(syntax(sql, "expected END", place(tokens.last())));
    };
    let _ = last;
    let inner = inner.get(1..).unwrap_or(&[]);
    Ok(separated(inner))
}

/// The tokens between the semicolons that are in no block.
fn separated(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
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

fn trigger_statement(sql: &str, tokens: &[TokenWithSpan], nesting: usize) -> Result<Vec<TriggerStatement>> {
    if nesting > MAX_NESTING {
        return Err(Error::TooDeep { limit: MAX_NESTING });
    }
    let first = tokens.first();
    let mut s = Statements {
        parser: new_parser(tokens.to_vec()),
        sql,
        text: None,
    };
    if is_word(first, "BEGIN") {
        let mut all = Vec::new();
        for inner in statements(sql, tokens)? {
            all.append(&mut trigger_statement(sql, inner, nesting + 1)?);
        }
        return Ok(all);
    }
    if is_word(first, "IF") {
        return Ok(vec![branches(sql, tokens, nesting)?]);
    }
    if is_word(first, "SET") {
        return set(&mut s);
    }
    if is_word(first, "SIGNAL") {
        return Ok(vec![TriggerStatement::Signal(signal(&mut s)?)]);
    }
    const FOREIGN: [&str; 17] = [
        "DECLARE", "WHILE", "LOOP", "REPEAT", "CASE", "CALL", "RETURN", "LEAVE", "ITERATE", "OPEN", "FETCH",
        "CLOSE", "RESIGNAL", "GET", "FOR", "PREPARE", "EXECUTE",
    ];
    if let Some(word) = FOREIGN.iter().find(|w| is_word(first, w)) {
        return unsupported_at(format!("{word} in a trigger"), first);
    }
    let ast = parse_statement(sql, tokens.to_vec())?;
    match &ast {
        Ast::Sql(_) => Ok(vec![TriggerStatement::Plain(parsed(ast, tokens))]),
        _ => unsupported_at(format!("{} in a trigger", head(tokens)), first),
    }
}

/// SET NEW.a = 1, NEW.b = 2.
fn set(s: &mut Statements<'_, '_>) -> Result<Vec<TriggerStatement>> {
    s.skip(1);
    let mut all = Vec::new();
    loop {
        if !s.is(0, "NEW") || s.parser.peek_nth_token_ref(1).token != Token::Period {
            return s.unsupported("SET of anything but NEW.column in a trigger");
        }
        s.skip(2);
        let column = s.run(|p| p.parse_identifier())?;
        if !s.parser.consume_token(&Token::Eq) && !s.parser.consume_token(&Token::Assignment) {
            return s.expected("=");
        }
        let value = s.run(|p| p.parse_expr())?;
        all.push(TriggerStatement::Set(column, value));
        if !s.parser.consume_token(&Token::Comma) {
            break;
        }
    }
    s.end()?;
    Ok(all)
}

/// SIGNAL SQLSTATE [VALUE] '45000' [SET MESSAGE_TEXT = message].
fn signal(s: &mut Statements<'_, '_>) -> Result<Option<Expr>> {
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

/// IF condition THEN statements [ELSEIF condition THEN statements] [ELSE statements] END IF.
fn branches(sql: &str, tokens: &[TokenWithSpan], nesting: usize) -> Result<TriggerStatement> {
    let mut blocks = Blocks::of_body();
    // Where the words of this IF are, not those of one inside.
    let mut words = Vec::new();
    for (i, t) in tokens.iter().enumerate() {
        if t.token == Token::SemiColon {
            blocks.semicolon();
            continue;
        }
        blocks.token(&t.token);
        let own = ["IF", "THEN", "ELSEIF", "ELSE"]
            .iter()
            .find(|w| is_word(Some(t), w));
        match (blocks.depth(), own) {
            (1, Some(word)) if *word != "IF" || i == 0 => words.push((i, *word)),
            (0, _) if is_word(Some(t), "END") => {
                words.push((i, "END"));
                break;
            }
            _ => {}
        }
    }
    let part = |from: usize, to: usize| tokens.get(from + 1..to).unwrap_or(&[]);
    let block = |from: usize, to: usize| -> Result<Vec<TriggerStatement>> {
        let mut all = Vec::new();
        for statement in separated(part(from, to)) {
            all.append(&mut trigger_statement(sql, statement, nesting + 1)?);
        }
        Ok(all)
    };
    let mut conditions = Vec::new();
    let mut at = words.iter();
    let expected =
        |what: &str, at: usize| Err(syntax(sql, format!("expected {what}"), place(tokens.get(at))));
    let mut next = at.next();
    loop {
        match next {
            Some((i, "IF" | "ELSEIF")) => {
                let Some((then, "THEN")) = at.next() else {
                    return expected("THEN", tokens.len().saturating_sub(1));
                };
                let condition = parse_expression(sql, part(*i, *then).to_vec())?;
                next = at.next();
                let Some((end, _)) = next else {
                    return expected("END IF", tokens.len().saturating_sub(1));
                };
                conditions.push((condition, block(*then, *end)?));
            }
            Some((i, "ELSE")) => {
                let Some((end, "END")) = at.next() else {
                    return expected("END IF", *i);
                };
                ends(sql, tokens, *end)?;
                return Ok(TriggerStatement::If(conditions, block(*i, *end)?));
            }
            Some((end, "END")) => {
                ends(sql, tokens, *end)?;
                return Ok(TriggerStatement::If(conditions, Vec::new()));
            }
            Some((i, _)) => return expected("END IF", *i),
            None => return expected("END IF", tokens.len().saturating_sub(1)),
        }
    }
}

/// Refuses anything but IF after the END at a place.
fn ends(sql: &str, tokens: &[TokenWithSpan], end: usize) -> Result<()> {
    let rest = tokens.get(end + 1..).unwrap_or(&[]);
    match is_word(rest.first(), "IF") && rest.len() == 1 {
        true => Ok(()),
        false => Err(syntax(sql, "expected END IF", place(tokens.get(end)))),
    }
}

/// The message of a text literal, or an expression: what SIGNAL without one says.
pub(in crate::sql) fn default_message() -> Expr {
    Expr::Value(Value::SingleQuotedString(String::from("a trigger refused the change")).into())
}
