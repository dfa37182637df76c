//! CREATE TRIGGER, in MySQL's form and SQLite's, and the statements of its body.
//!
//! The body is kept as text, statement by statement, and parsed again when a plan needs it.

use super::parsed::{Parsed, parsed};
use super::statement::{Ast, Statements, head, new_parser, parse_statement};
use super::syntax_error::{start, syntax};
use super::tokens::tokenize_body;
use super::trigger_blocks::{compound, declare, jump, select_into, separated, set, signal};
use crate::catalog::{TriggerEvent, TriggerTiming};
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, vec, vec::Vec};
use sqlparser::ast::{DataType, Expr, Ident, ObjectName, Value};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

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
    /// SET variable = value.
    Assign(Ident, Expr),
    /// SELECT … INTO variables: the query.
    Into(Vec<Ident>, Parsed),
    /// DECLARE: variables of the block it stands in.
    Declare {
        /// Their names.
        names: Vec<Ident>,
        /// Their type.
        data_type: DataType,
        /// Their first value; NULL otherwise.
        default: Option<Expr>,
    },
    /// SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message.
    Signal(Option<Expr>),
    /// IF: conditions and what follows THEN, in order; what follows ELSE.
    If(Vec<(Expr, Vec<TriggerStatement>)>, Vec<TriggerStatement>),
    /// CASE: the first branch whose value equals the operand, or is true without one.
    Case {
        /// What values are compared with.
        operand: Option<Expr>,
        /// WHEN … THEN.
        branches: Vec<(Expr, Vec<TriggerStatement>)>,
        /// ELSE; without it no branch is an error.
        otherwise: Option<Vec<TriggerStatement>>,
    },
    /// BEGIN … END, with its label.
    Block(Option<Ident>, Vec<TriggerStatement>),
    /// WHILE, LOOP and REPEAT.
    Loop {
        /// Its label.
        label: Option<Ident>,
        /// WHILE: what is asked before each turn.
        condition: Option<Expr>,
        /// What is done in a turn.
        body: Vec<TriggerStatement>,
        /// REPEAT: what is asked after each turn, and ends it.
        until: Option<Expr>,
    },
    /// LEAVE: goes on behind the block or loop of that label.
    Leave(Ident),
    /// ITERATE: goes on with the next turn of the loop of that label.
    Iterate(Ident),
}

pub(super) fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
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

pub(super) fn place(token: Option<&TokenWithSpan>) -> Option<Position> {
    token.and_then(|t| start(t.span))
}

pub(super) fn unsupported_at<T>(feature: impl Into<String>, at: Option<&TokenWithSpan>) -> Result<T> {
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
        conditions: Vec::new(),
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

pub(super) fn trigger_statement(
    sql: &str,
    tokens: &[TokenWithSpan],
    nesting: usize,
) -> Result<Vec<TriggerStatement>> {
    let first = tokens.first();
    if let Some(compound) = compound(sql, tokens, nesting)? {
        return Ok(vec![compound]);
    }
    let mut s = Statements {
        conditions: Vec::new(),
        parser: new_parser(tokens.to_vec()),
        sql,
        text: None,
    };
    let is = |word: &str| is_word(first, word);
    if is("SET") {
        return set(&mut s);
    }
    let own = match () {
        () if is("DECLARE") => Some(declare(&mut s)?),
        () if is("SIGNAL") => Some(TriggerStatement::Signal(signal(&mut s)?)),
        () if is("LEAVE") => Some(TriggerStatement::Leave(jump(&mut s)?)),
        () if is("ITERATE") => Some(TriggerStatement::Iterate(jump(&mut s)?)),
        () => select_into(sql, tokens)?,
    };
    if let Some(own) = own {
        return Ok(vec![own]);
    }
    const FOREIGN: [&str; 10] = [
        "CALL", "RETURN", "OPEN", "FETCH", "CLOSE", "RESIGNAL", "GET", "FOR", "PREPARE", "EXECUTE",
    ];
    if let Some(word) = FOREIGN.iter().find(|w| is(w)) {
        return unsupported_at(format!("{word} in a trigger"), first);
    }
    let ast = parse_statement(sql, tokens.to_vec())?;
    match &ast {
        Ast::Sql(_) => Ok(vec![TriggerStatement::Plain(parsed(ast, tokens))]),
        _ => unsupported_at(format!("{} in a trigger", head(tokens)), first),
    }
}

/// The message of a text literal, or an expression: what SIGNAL without one says.
pub(in crate::sql) fn default_message() -> Expr {
    Expr::Value(Value::SingleQuotedString(String::from("a trigger refused the change")).into())
}
