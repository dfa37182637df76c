//! Parsed statements and how texts become them.

use super::session_statement::{SessionVerb, assigning_select, session_statement};
use super::statement::{Ast, head, nothing, parse_expression, parse_statement};
use super::syntax_error::start;
use super::system_tables::pragma;
use super::tokens::{StatementTokens, Variable, tokenize};
use super::trigger::refuse_parameters;
use super::versions::executed;
use crate::types::{Error, Position, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use sqlparser::tokenizer::TokenWithSpan;

/// One parsed statement and its parameters.
#[derive(Debug, Clone)]
pub struct Parsed {
    ast: Arc<Ast>,
    parameters: Vec<Option<String>>,
    variables: Vec<Variable>,
    head: String,
    position: Option<Position>,
}

impl Parsed {
    /// How many parameter values the statement needs.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// The variables of the session that it names, in order; their values follow those of the parameters.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// How many values binding and running it take: those of parameters and of variables.
    pub fn value_count(&self) -> usize {
        self.parameters.len() + self.variables.len()
    }

    /// The name of the prepared statement that it executes; `Some(None)`: one that it brings along.
    pub fn executes(&self) -> Option<Option<&str>> {
        match self.ast.as_ref() {
            Ast::Session(s) => match &s.verb {
                SessionVerb::Execute(name) => Some(name.as_deref()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether PREPARE in SQL may prepare it: no statement about prepared statements.
    pub fn may_be_prepared(&self) -> bool {
        match self.ast.as_ref() {
            Ast::Session(s) => !matches!(
                s.verb,
                SessionVerb::Prepare(_) | SessionVerb::Execute(_) | SessionVerb::Deallocate(_)
            ),
            _ => true,
        }
    }

    /// The parameters in order: the name of `:name` and `$name` without its sign, `None` for
    /// `?`, `?1` and `$1`. The same name or number is one parameter.
    pub fn parameter_names(&self) -> &[Option<String>] {
        &self.parameters
    }

    /// Where the statement starts in the text.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The tree.
    pub(in crate::sql) fn ast(&self) -> &Ast {
        &self.ast
    }

    /// That a statement starting with these words is not offered.
    pub(in crate::sql) fn unsupported(&self) -> Error {
        Error::Unsupported {
            feature: self.head.clone(),
            position: self.position,
        }
    }
}

/// A statement without parameters, from its tree and the tokens it was made of.
pub(super) fn parsed(ast: Ast, tokens: &[TokenWithSpan]) -> Parsed {
    Parsed {
        ast: Arc::new(ast),
        parameters: Vec::new(),
        variables: Vec::new(),
        head: head(tokens),
        position: tokens.first().and_then(|t| start(t.span)),
    }
}

fn parse_tokens(sql: &str, statement: StatementTokens) -> Result<Parsed> {
    if let Some(sql) = pragma(&statement.tokens)? {
        let statement = tokenize(&sql)?.pop().unwrap_or_default();
        return parse_tokens(&sql, statement);
    }
    let head = head(&statement.tokens);
    let position = statement.tokens.first().and_then(|t| start(t.span));
    refuse_parameters(&statement.tokens)?;
    let session = session_statement(sql, &statement)?;
    let StatementTokens {
        tokens,
        parameters,
        variables,
    } = statement;
    // The parameters of a statement that is prepared are its own.
    let prepares = session
        .as_ref()
        .is_some_and(|s| matches!(s.verb, SessionVerb::Prepare(_)) && variables.is_empty());
    let parameters = if prepares { Vec::new() } else { parameters };
    let ast = match session {
        Some(session) => Ast::Session(session),
        None if variables.is_empty() => parse_statement(sql, tokens)?,
        None => assigning_select(parse_statement(sql, tokens)?, parameters.len())?,
    };
    Ok(Parsed {
        ast: Arc::new(ast),
        variables,
        parameters,
        head,
        position,
    })
}

/// Parses a text of statements separated by semicolons; none is fine.
///
/// Errors: [`Error::Syntax`], [`Error::TooDeep`], [`Error::Unsupported`], [`Error::Parameter`].
pub fn parse(sql: &str) -> Result<Vec<Parsed>> {
    let sql = &*executed(sql);
    tokenize(sql)?
        .into_iter()
        .map(|statement| parse_tokens(sql, statement))
        .collect()
}

/// Parses a text of exactly one statement, with or without a semicolon.
pub fn parse_one(sql: &str) -> Result<Parsed> {
    let mut all = parse(sql)?;
    match (all.pop(), all.last()) {
        (Some(one), None) => Ok(one),
        (Some(second), Some(_)) => Err(Error::Invalid {
            message: String::from("more than one statement; run them one by one or as a script"),
            position: second.position,
        }),
        (None, _) => Err(nothing(sql)),
    }
}

/// Parses one expression without parameters: the text of a CHECK or DEFAULT.
pub(in crate::sql) fn parse_expr(sql: &str) -> Result<sqlparser::ast::Expr> {
    let mut statements = tokenize(sql)?.into_iter();
    let tokens = statements.next().unwrap_or_default();
    if statements.next().is_some() || !tokens.parameters.is_empty() || !tokens.variables.is_empty() {
        return Err(Error::invalid("an expression without parameters is needed"));
    }
    parse_expression(sql, tokens.tokens)
}
