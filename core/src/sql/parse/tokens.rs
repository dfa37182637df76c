//! From text to the tokens of each statement.
//!
//! The parser gets its tokens already cut at the semicolons, without white space, with names
//! unquoted and parameters numbered (`?3`), so that everything after works on positions only. String
//! literals stay as written, escapes and all: that way a CHECK or DEFAULT prints back to the same
//! text; [`unescape`](super::literal::unescape) resolves them when they are bound. The digits of `0xFF` keep
//! their `0x`: unlike `X'FF'` it is a number where one is asked for.

use super::dialect::AmphiDialect;
use super::limits::Depth;
use super::syntax_error::{from_tokenizer, position, syntax};
use crate::types::{Error, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Most parameters of one statement.
const MAX_PARAMETERS: usize = 65_535;

/// The tokens of one statement, and its parameters.
#[derive(Debug, Default)]
pub(super) struct StatementTokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    pub(super) parameters: Vec<Option<String>>,
}

/// The parameters met so far.
#[derive(Default)]
struct Parameters {
    /// By position; a position skipped by `?5` is unnamed.
    names: Vec<Option<String>>,
}

impl Parameters {
    /// The number, from 1, of a parameter written as `text`: a bare `?` is the next, as in SQLite.
    fn number(&mut self, text: &str) -> Result<usize> {
        let name = text.get(1..).unwrap_or("");
        let signed_number = text.starts_with(['?', '$']);
        let number = if name.is_empty() {
            self.names.len() + 1
        } else if signed_number && name.bytes().all(|b| b.is_ascii_digit()) {
            match name.parse::<usize>() {
                Ok(n) if n > 0 => n,
                _ => usize::MAX,
            }
        } else {
            let known = self.names.iter().position(|n| n.as_deref() == Some(name));
            match known {
                Some(i) => i + 1,
                None => {
                    self.names.push(Some(String::from(name)));
                    self.names.len()
                }
            }
        };
        if number > MAX_PARAMETERS {
            return Err(Error::Parameter {
                message: format!("{text}: parameters are numbered from 1 to {MAX_PARAMETERS}"),
            });
        }
        if self.names.len() < number {
            self.names.resize(number, None);
        }
        Ok(number)
    }
}

/// The name inside quotes, doubled quotes made single.
fn unquoted(name: &str, quote: char) -> String {
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        if c == quote {
            chars.next();
        }
    }
    out
}

/// Tokenizes a text and cuts it into statements.
pub(super) fn tokenize(sql: &str) -> Result<Vec<StatementTokens>> {
    let dialect = AmphiDialect;
    let all = Tokenizer::new(&dialect, sql)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|e| from_tokenizer(sql, e))?;
    let mut statements = Vec::new();
    let mut current = StatementTokens::default();
    let mut parameters = Parameters::default();
    let mut depth = Depth::new();
    let mut all = all.into_iter().peekable();
    while let Some(mut t) = all.next() {
        match &mut t.token {
            Token::Whitespace(_) => continue,
            Token::SemiColon => {
                current.parameters = core::mem::take(&mut parameters).names;
                let done = core::mem::take(&mut current);
                if !done.tokens.is_empty() {
                    statements.push(done);
                }
                depth = Depth::new();
                continue;
            }
            Token::Word(w) => {
                if let Some(q) = w.quote_style
                    && w.value.contains(q)
                {
                    w.value = unquoted(&w.value, q);
                }
            }
            Token::Colon | Token::AtSign => {
                // `:name` and `@name` are one parameter when written together.
                let sign = if t.token == Token::Colon { ':' } else { '@' };
                let name = match all.peek().map(|n| &n.token) {
                    Some(Token::Word(w)) if w.quote_style.is_none() => w.value.clone(),
                    Some(Token::Number(n, false)) if sign == ':' => n.clone(),
                    _ => String::new(),
                };
                if !name.is_empty() {
                    let number = parameters.number(&format!("{sign}{name}"))?;
                    t.token = Token::Placeholder(format!("?{number}"));
                    if let Some(n) = all.next() {
                        t.span.end = n.span.end;
                    }
                }
            }
            Token::HexStringLiteral(digits) => {
                let width = t.span.end.column.saturating_sub(t.span.start.column);
                if usize::try_from(width).is_ok_and(|w| w == digits.len() + 2) {
                    digits.insert_str(0, "0x");
                }
            }
            Token::Placeholder(p) => {
                if p == "$" {
                    return Err(syntax(
                        sql,
                        "expected a name or number after $",
                        position(t.span.start),
                    ));
                }
                *p = format!("?{}", parameters.number(p)?);
            }
            Token::AtAt => {
                return Err(Error::Unsupported {
                    feature: String::from("a system variable (@@…)"),
                    position: position(t.span.start),
                });
            }
            _ => {}
        }
        depth.accept(&t.token).map_err(|limit| Error::TooDeep { limit })?;
        current.tokens.push(t);
    }
    current.parameters = parameters.names;
    if !current.tokens.is_empty() {
        statements.push(current);
    }
    Ok(statements)
}
