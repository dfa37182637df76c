//! From text to the tokens of each statement.
//!
//! The parser gets its tokens already cut at the semicolons, without white space, with names
//! unquoted and parameters numbered (`?3`), so that everything after works on positions only. String
//! literals stay as written, escapes and all: that way a CHECK or DEFAULT prints back to the same
//! text; [`unescape`](super::literal::unescape) resolves them when they are bound. The digits of `0xFF` keep
//! their `0x`: unlike `X'FF'` it is a number where one is asked for.

use super::block::Blocks;
use super::dialect::PLAIN;
use super::limits::Depth;
use super::syntax_error::{from_tokenizer, position, syntax};
use crate::types::{Error, Result};
use alloc::{format, string::String, vec::Vec};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Most parameters of one statement.
const MAX_PARAMETERS: usize = 65_535;

/// The tokens of one statement, and its parameters.
#[derive(Debug, Default)]
pub(super) struct StatementTokens {
    pub(super) tokens: Vec<TokenWithSpan>,
    pub(super) parameters: Vec<Option<String>>,
    /// Variables of the session, numbered after the parameters.
    pub(super) variables: Vec<Variable>,
}

/// A variable of the session that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// `@name`, in small letters.
    User(String),
    /// `@@name`, in small letters.
    System(String),
}

impl StatementTokens {
    /// Numbers variables after the parameters, when all of these are known.
    fn finish(&mut self, parameters: Parameters) {
        drop_definer(&mut self.tokens);
        let Parameters { names, variables } = parameters;
        for t in &mut self.tokens {
            if let Token::Placeholder(p) = &mut t.token
                && let Some(Ok(n)) = p.strip_prefix('@').map(str::parse::<usize>)
            {
                *p = format!("?{}", names.len().saturating_add(n));
            }
        }
        self.parameters = names;
        self.variables = variables;
    }
}

/// The parameters met so far.
#[derive(Default)]
struct Parameters {
    /// By position; a position skipped by `?5` is unnamed.
    names: Vec<Option<String>>,
    /// Variables of the session.
    variables: Vec<Variable>,
}

impl Parameters {
    /// What stands for a variable until all parameters are numbered.
    fn variable(&mut self, variable: Variable) -> Result<Token> {
        let known = self.variables.iter().position(|v| *v == variable);
        let index = known.unwrap_or_else(|| {
            self.variables.push(variable);
            self.variables.len() - 1
        });
        if index >= MAX_PARAMETERS {
            return Err(Error::invalid("the statement names too many variables"));
        }
        Ok(Token::Placeholder(format!("@{}", index + 1)))
    }

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

/// Whether what follows these tokens is the name that SET sets.
fn sets_variable(tokens: &[TokenWithSpan]) -> bool {
    let is_set = |t: &TokenWithSpan| matches!(&t.token, Token::Word(w) if w.keyword == Keyword::SET);
    let mut open = 0usize;
    for t in tokens {
        match t.token {
            Token::LParen => open += 1,
            Token::RParen => open = open.saturating_sub(1),
            _ => {}
        }
    }
    tokens.first().is_some_and(is_set)
        && (tokens.len() == 1 || (open == 0 && tokens.last().is_some_and(|t| t.token == Token::Comma)))
}

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// Where `DEFINER = user` stands in the beginning of a definition.
fn definer(tokens: &[TokenWithSpan]) -> Option<usize> {
    const MOST_BEFORE: usize = 8;
    let defines = ["CREATE", "ALTER"].iter().any(|w| is_word(tokens.first(), w));
    let mut before = tokens.iter().take(MOST_BEFORE);
    let at = before
        .position(|t| is_word(Some(t), "DEFINER"))
        .filter(|_| defines)?;
    (tokens.get(at + 1)?.token == Token::Eq).then_some(at)
}

/// Whether these tokens end with the user of a DEFINER.
fn names_definer(tokens: &[TokenWithSpan]) -> bool {
    definer(tokens).is_some_and(|at| at + 3 == tokens.len())
}

/// Takes `DEFINER = user` away: there are no users with rights of their own, so it holds whoever it is.
fn drop_definer(tokens: &mut Vec<TokenWithSpan>) {
    let Some(at) = definer(tokens) else { return };
    let is_call = tokens.get(at + 3).is_some_and(|t| t.token == Token::LParen)
        && tokens.get(at + 4).is_some_and(|t| t.token == Token::RParen);
    let end = (at + if is_call { 5 } else { 3 }).min(tokens.len());
    tokens.drain(at..end);
}

/// Tokenizes a text and cuts it into statements.
pub(super) fn tokenize(sql: &str) -> Result<Vec<StatementTokens>> {
    cut(sql, Blocks::default())
}

/// The tokens of one statement of a trigger's body, which has no parameters.
pub(super) fn tokenize_body(sql: &str) -> Result<Vec<TokenWithSpan>> {
    let mut statements = cut(sql, Blocks::of_body())?.into_iter();
    let tokens = statements.next().unwrap_or_default();
    if statements.next().is_some() || !tokens.parameters.is_empty() || !tokens.variables.is_empty() {
        return Err(Error::invalid("a trigger has statements without parameters"));
    }
    Ok(tokens.tokens)
}

/// The statements of a text whose first one is at the place that `blocks` says.
fn cut(sql: &str, mut blocks: Blocks) -> Result<Vec<StatementTokens>> {
    let all = Tokenizer::new(&PLAIN, sql)
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
            Token::SemiColon if !blocks.semicolon() => {
                // A statement of a trigger's body starts.
                depth = Depth::new();
                current.tokens.push(t);
                continue;
            }
            Token::SemiColon => {
                let mut done = core::mem::take(&mut current);
                done.finish(core::mem::take(&mut parameters));
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
            // The end of a label in a trigger.
            Token::Colon if blocks.is_label() => {}
            Token::Colon => {
                // `:name` is one parameter when written together.
                let name = match all.peek().map(|n| &n.token) {
                    Some(Token::Word(w)) if w.quote_style.is_none() => w.value.clone(),
                    Some(Token::Number(n, false)) => n.clone(),
                    _ => String::new(),
                };
                if !name.is_empty() {
                    let number = parameters.number(&format!(":{name}"))?;
                    t.token = Token::Placeholder(format!("?{number}"));
                    if let Some(n) = all.next() {
                        t.span.end = n.span.end;
                    }
                }
            }
            // The host of a user.
            Token::AtSign if names_definer(&current.tokens) => {
                all.next();
                continue;
            }
            Token::AtSign => {
                let name = match all.peek().map(|n| &n.token) {
                    Some(Token::Word(w)) => Some(w.value.to_ascii_lowercase()),
                    Some(Token::SingleQuotedString(s)) => Some(s.to_ascii_lowercase()),
                    _ => None,
                };
                if let Some(name) = name {
                    t.token = parameters.variable(Variable::User(name))?;
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
            // Two signs, of which each is an operator.
            Token::DoubleExclamationMark => {
                t.token = Token::ExclamationMark;
                depth.accept(&t.token).map_err(|limit| Error::TooDeep { limit })?;
                current.tokens.push(t.clone());
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
                let at = position(t.span.start);
                let mut word = || match all.next() {
                    Some(n) => match n.token {
                        Token::Word(w) => {
                            t.span.end = n.span.end;
                            Ok(Some(w.value.to_ascii_lowercase()))
                        }
                        Token::Period => Ok(None),
                        _ => Err(syntax(sql, "expected a name after @@", at)),
                    },
                    None => Err(syntax(sql, "expected a name after @@", at)),
                };
                let mut name = word()?.unwrap_or_default();
                let is_set = sets_variable(&current.tokens);
                if ["session", "local", "global"].contains(&name.as_str()) {
                    // A name of two parts; a session sees one value of it.
                    if word()?.is_some() {
                        return Err(syntax(sql, "expected a name after @@session. or @@global.", at));
                    }
                    if is_set && name == "global" {
                        return Err(Error::Unsupported {
                            feature: String::from("SET GLOBAL"),
                            position: at,
                        });
                    }
                    name = word()?.unwrap_or_default();
                }
                t.token = match is_set {
                    // SET @@name is SET name.
                    true => Token::make_word(&name, None),
                    false => parameters.variable(Variable::System(name))?,
                };
            }
            _ => {}
        }
        blocks.token(&t.token);
        depth.accept(&t.token).map_err(|limit| Error::TooDeep { limit })?;
        current.tokens.push(t);
    }
    current.finish(parameters);
    if !current.tokens.is_empty() {
        statements.push(current);
    }
    Ok(statements)
}
