//! Statements about the session: user variables, PREPARE and EXECUTE, DO.
//!
//! The parser has no trees for them, or other systems'. What they have in common is that some expressions are
//! computed as a query would: their tokens are parsed as `SELECT expressions`, and what is done with
//! the row is said beside it.

use super::statement::{Ast, parse_statement};
use super::syntax_error::{start, syntax};
use super::tokens::StatementTokens;
use super::view_text::ViewText;
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{BinaryOperator, Expr, Ident, Select, SelectItem, SetExpr, Statement, Value};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What is done with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) enum SessionVerb {
    /// SET, SELECT … INTO: assign its columns.
    Assign,
    /// `SELECT @a := …`: answer it, and assign columns of the last one.
    Answer,
    /// DO: nothing.
    Do,
    /// PREPARE of this name: it is the text.
    Prepare(String),
    /// EXECUTE of this name: they are its parameters. IMMEDIATE: the first is the text of the statement.
    Execute(Option<String>),
    /// DEALLOCATE of this name, or ALL.
    Deallocate(Option<String>),
}

/// What a column is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) enum Target {
    /// The variable with this number, which is a user's.
    Variable(usize),
    /// The system variable of this name, in small letters.
    System(String),
}

/// A statement about the session.
#[derive(Debug, Clone)]
pub(in crate::sql) struct SessionStatement {
    pub(in crate::sql) verb: SessionVerb,
    /// The expressions, as a SELECT.
    pub(in crate::sql) query: Option<Box<Statement>>,
    /// Columns to assign.
    pub(in crate::sql) targets: Vec<(usize, Target)>,
}

/// Tokens, and which placeholders are variables.
struct Tokens<'a> {
    sql: &'a str,
    tokens: &'a [TokenWithSpan],
    parameters: usize,
    variables: usize,
}

impl Tokens<'_> {
    fn is(&self, n: usize, word: &str) -> bool {
        matches!(self.tokens.get(n).map(|t| &t.token),
            Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    }

    fn is_token(&self, n: usize, token: &Token) -> bool {
        self.tokens.get(n).is_some_and(|t| t.token == *token)
    }

    /// The number of the variable that a token is.
    fn variable(&self, n: usize) -> Option<usize> {
        match self.tokens.get(n).map(|t| &t.token) {
            Some(Token::Placeholder(p)) => variable(p, self.parameters).filter(|v| *v < self.variables),
            _ => None,
        }
    }

    /// An error that something was expected at a token.
    fn expected<T>(&self, what: &str, n: usize) -> Result<T> {
        let at = self.tokens.get(n).and_then(|t| start(t.span));
        let found = self
            .tokens
            .get(n)
            .map_or(String::from("the end"), |t| format!("{}", t.token));
        Err(syntax(self.sql, format!("expected {what}, found {found}"), at))
    }

    fn name(&self, n: usize) -> Result<String> {
        match self.tokens.get(n).map(|t| &t.token) {
            Some(Token::Word(w)) => Ok(w.value.to_ascii_lowercase()),
            _ => self.expected("the name of a prepared statement", n),
        }
    }

    fn end(&self, n: usize) -> Result<()> {
        match n < self.tokens.len() {
            true => self.expected("the end of the statement", n),
            false => Ok(()),
        }
    }

    fn rest(&self, n: usize) -> Vec<TokenWithSpan> {
        self.tokens.get(n..).unwrap_or_default().to_vec()
    }

    /// Expressions separated by commas, as the select list of a query.
    fn expressions(&self, tokens: Vec<TokenWithSpan>) -> Result<Box<Statement>> {
        let mut all = Vec::with_capacity(tokens.len() + 1);
        let span = tokens
            .first()
            .map_or_else(sqlparser::tokenizer::Span::empty, |t| t.span);
        all.push(TokenWithSpan::new(Token::make_keyword("SELECT"), span));
        all.extend(tokens);
        let Ast::Sql(statement) = parse_statement(self.sql, all)? else {
            return self.expected("expressions", 1);
        };
        match plain_select(&statement) {
            Some(select) if is_list(select) => Ok(statement),
            _ => self.expected("expressions separated by commas", 1),
        }
    }

    /// The text behind AS in PostgreSQL's `PREPARE name (types) AS text`, as a literal.
    fn prepared_text(&self, at: usize) -> Result<Option<TokenWithSpan>> {
        let mut at = at;
        if self.is_token(at, &Token::LParen) {
            let rest = self.tokens.get(at..).unwrap_or_default();
            match rest.iter().position(|t| t.token == Token::RParen) {
                Some(end) => at += end + 1,
                None => return self.expected("a list of types in parentheses", at),
            }
        }
        if !self.is(at, "AS") {
            return Ok(None);
        }
        let (Some(first), Some(last)) = (self.tokens.get(at + 1), self.tokens.last()) else {
            return self.expected("a statement", at + 1);
        };
        let Some(text) = ViewText::cut(self.sql, first.span.start, last.span.end) else {
            return self.expected("a statement", at + 1);
        };
        let quoted = text.as_str().replace('\\', "\\\\").replace('\'', "''");
        Ok(Some(TokenWithSpan::new(
            Token::SingleQuotedString(quoted),
            first.span,
        )))
    }

    /// The text of EXECUTE IMMEDIATE and the values behind USING, as a list.
    fn immediate(&self) -> Vec<TokenWithSpan> {
        let mut tokens = self.rest(2);
        let mut open = 0_usize;
        for t in &mut tokens {
            match &t.token {
                Token::LParen => open += 1,
                Token::RParen => open = open.saturating_sub(1),
                Token::Word(w) if open == 0 && w.keyword == Keyword::USING => t.token = Token::Comma,
                _ => {}
            }
        }
        tokens
    }

    /// SET @a = …, @b := …, name = ….
    fn set(&self) -> Result<SessionStatement> {
        let (mut rest, mut targets) = (Vec::new(), Vec::new());
        let (mut n, mut open) = (1, 0usize);
        loop {
            let target = match self.variable(n) {
                Some(variable) => Target::Variable(variable),
                None => {
                    n += usize::from(self.is(n, "SESSION") || self.is(n, "LOCAL"));
                    match self.tokens.get(n).map(|t| &t.token) {
                        Some(Token::Word(w)) if !self.is(n, "GLOBAL") => {
                            Target::System(w.value.to_ascii_lowercase())
                        }
                        _ => return self.expected("the name of a variable of the session", n),
                    }
                }
            };
            if !self.is_token(n + 1, &Token::Eq) && !self.is_token(n + 1, &Token::Assignment) {
                return self.expected("= or :=", n + 1);
            }
            n += 2;
            let is_system = matches!(target, Target::System(_));
            targets.push((targets.len(), target));
            // A word is the value of a system variable: SET sql_mode = ansi_quotes.
            if is_system
                && let Some(t) = self.tokens.get(n)
                && let Token::Word(w) = &t.token
                && (n + 1 == self.tokens.len() || self.is_token(n + 1, &Token::Comma))
            {
                rest.push(TokenWithSpan::new(
                    Token::SingleQuotedString(w.value.clone()),
                    t.span,
                ));
                n += 1;
                if n < self.tokens.len() {
                    rest.extend(self.tokens.get(n).cloned());
                    n += 1;
                    continue;
                }
                break;
            }
            while let Some(t) = self.tokens.get(n) {
                n += 1;
                rest.push(t.clone());
                match t.token {
                    Token::LParen => open += 1,
                    Token::RParen => open = open.saturating_sub(1),
                    Token::Comma if open == 0 => break,
                    _ => {}
                }
            }
            if n >= self.tokens.len() {
                break;
            }
        }
        Ok(SessionStatement {
            verb: SessionVerb::Assign,
            query: Some(self.expressions(rest)?),
            targets,
        })
    }

    /// `SELECT … INTO @a, @b …`: the place of INTO, and what stands behind the variables.
    fn assigned_variables(&self) -> Option<(usize, usize)> {
        let mut open = 0usize;
        for (n, t) in self.tokens.iter().enumerate() {
            match &t.token {
                Token::LParen => open += 1,
                Token::RParen => open = open.saturating_sub(1),
                Token::Word(w)
                    if open == 0 && w.keyword == Keyword::INTO && self.variable(n + 1).is_some() =>
                {
                    let mut after = n + 2;
                    while self.is_token(after, &Token::Comma) && self.variable(after + 1).is_some() {
                        after += 2;
                    }
                    return Some((n, after));
                }
                _ => {}
            }
        }
        None
    }
}

/// The number of the variable that a placeholder stands for.
fn variable(placeholder: &str, parameters: usize) -> Option<usize> {
    let number = placeholder.strip_prefix('?')?.parse::<usize>().ok()?;
    number.checked_sub(1)?.checked_sub(parameters)
}

/// The only SELECT of a query without ORDER BY and LIMIT.
fn plain_select(statement: &Statement) -> Option<&Select> {
    let Statement::Query(q) = statement else {
        return None;
    };
    let plain = q.with.is_none() && q.order_by.is_none() && q.limit_clause.is_none() && q.fetch.is_none();
    match q.body.as_ref() {
        SetExpr::Select(s) if plain && q.locks.is_empty() => Some(s),
        _ => None,
    }
}

/// Whether a SELECT is nothing but expressions.
fn is_list(s: &Select) -> bool {
    let expression = |i: &SelectItem| matches!(i, SelectItem::UnnamedExpr(_));
    s.projection.iter().all(expression)
        && s.from.is_empty()
        && s.selection.is_none()
        && s.having.is_none()
        && s.distinct.is_none()
        && s.qualify.is_none()
        && s.into.is_none()
        && s.named_window.is_empty()
        && matches!(&s.group_by, sqlparser::ast::GroupByExpr::Expressions(e, m) if e.is_empty() && m.is_empty())
}

/// A statement about the session, if the tokens are one.
pub(super) fn session_statement(sql: &str, statement: &StatementTokens) -> Result<Option<SessionStatement>> {
    let t = Tokens {
        sql,
        tokens: &statement.tokens,
        parameters: statement.parameters.len(),
        variables: statement.variables.len(),
    };
    let verb = |verb: SessionVerb, query: Option<Box<Statement>>| {
        Ok(Some(SessionStatement {
            verb,
            query,
            targets: Vec::new(),
        }))
    };
    let assigned = |n: usize| t.is_token(n + 1, &Token::Eq) || t.is_token(n + 1, &Token::Assignment);
    if t.is(0, "SET") && (t.variable(1).is_some() || (t.variables > 0 && (assigned(1) || assigned(2)))) {
        return t.set().map(Some);
    }
    if t.is(0, "DO") {
        return verb(SessionVerb::Do, Some(t.expressions(t.rest(1))?));
    }
    if t.is(0, "PREPARE") {
        let name = t.name(1)?;
        if let Some(text) = t.prepared_text(2)? {
            return verb(
                SessionVerb::Prepare(name),
                Some(t.expressions(alloc::vec![text])?),
            );
        }
        if !t.is(2, "FROM") {
            return t.expected("FROM", 2);
        }
        return verb(SessionVerb::Prepare(name), Some(t.expressions(t.rest(3))?));
    }
    if t.is(0, "EXECUTE") {
        if t.is(1, "IMMEDIATE") {
            return verb(SessionVerb::Execute(None), Some(t.expressions(t.immediate())?));
        }
        let name = t.name(1)?;
        // PostgreSQL puts the values in parentheses.
        let enclosed = t.is_token(2, &Token::LParen) && t.is_token(t.tokens.len() - 1, &Token::RParen);
        let using = match (t.is(2, "USING"), enclosed) {
            (true, _) => Some(t.expressions(t.rest(3))?),
            (false, true) => {
                let mut values = t.rest(3);
                values.pop();
                Some(t.expressions(values)?)
            }
            (false, false) => t.end(2).map(|()| None)?,
        };
        return verb(SessionVerb::Execute(Some(name)), using);
    }
    if t.is(0, "DEALLOCATE") || t.is(0, "DROP") && t.is(1, "PREPARE") {
        let at = 1 + usize::from(t.is(1, "PREPARE"));
        let name = t.name(at)?;
        t.end(at + 1)?;
        let all = t.is(0, "DEALLOCATE") && t.is(at, "ALL");
        return verb(SessionVerb::Deallocate((!all).then_some(name)), None);
    }
    if !statement.variables.is_empty()
        && (t.is(0, "SELECT") || t.is(0, "WITH") || t.is(0, "TABLE"))
        && let Some((from, to)) = t.assigned_variables()
    {
        let variables = (from + 1..to).filter_map(|n| t.variable(n));
        let targets = variables.map(Target::Variable).enumerate().collect();
        let mut tokens = t.rest(0);
        tokens.drain(from..to.min(tokens.len()));
        let Ast::Sql(query) = parse_statement(sql, tokens)? else {
            return t.expected("a query", 0);
        };
        return Ok(Some(SessionStatement {
            verb: SessionVerb::Assign,
            query: Some(query),
            targets,
        }));
    }
    Ok(None)
}

/// `SELECT @a := expression, …`: the SELECT without its assignments, and these.
///
/// Errors: a variable that the SELECT both assigns and reads row by row.
pub(super) fn assigning_select(ast: Ast, parameters: usize) -> Result<Ast> {
    let Ast::Sql(mut statement) = ast else {
        return Ok(ast);
    };
    let mut targets = Vec::new();
    if let Statement::Query(q) = statement.as_mut()
        && let SetExpr::Select(s) = q.body.as_mut()
    {
        let has_rows = !s.from.is_empty();
        let mut after_star = false;
        for (column, item) in s.projection.iter_mut().enumerate() {
            after_star |= matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
                continue;
            };
            let text = format!("{expr}");
            let Some((place, right)) = assignment(expr) else {
                refuse_reads(&targets, &text, parameters)?;
                continue;
            };
            let Some(number) = variable(&place, parameters) else {
                continue;
            };
            if after_star {
                return Err(Error::unsupported("an assignment (:=) behind *"));
            }
            refuse_reads(&targets, &format!("{right}"), parameters)?;
            targets.push((column, number));
            if has_rows {
                refuse_reads(&targets, &format!("{right}"), parameters)?;
            }
            *item = match item {
                SelectItem::ExprWithAlias { alias, .. } => SelectItem::ExprWithAlias {
                    expr: right,
                    alias: alias.clone(),
                },
                _ => SelectItem::ExprWithAlias {
                    expr: right,
                    alias: Ident::new(text),
                },
            };
        }
    }
    if targets.is_empty() {
        return Ok(Ast::Sql(statement));
    }
    if let Statement::Query(q) = statement.as_ref()
        && let SetExpr::Select(s) = q.body.as_ref()
    {
        for clause in [&s.selection, &s.having, &s.qualify].into_iter().flatten() {
            refuse_reads(&targets, &format!("{clause}"), parameters)?;
        }
    }
    Ok(Ast::Session(SessionStatement {
        verb: SessionVerb::Answer,
        query: Some(statement),
        targets: targets
            .into_iter()
            .map(|(column, number)| (column, Target::Variable(number)))
            .collect(),
    }))
}

/// The placeholder and the value of `placeholder := value`.
fn assignment(expr: &Expr) -> Option<(String, Expr)> {
    let mut expr = expr;
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    let Expr::BinaryOp {
        left,
        op: BinaryOperator::Assignment,
        right,
    } = expr
    else {
        return None;
    };
    match left.as_ref() {
        Expr::Value(v) => match &v.value {
            Value::Placeholder(p) => Some((p.clone(), right.as_ref().clone())),
            _ => None,
        },
        _ => None,
    }
}

/// Refuses a text of an expression that reads a variable that is assigned beside it: all of a SELECT sees
/// the variables as they were before.
fn refuse_reads(targets: &[(usize, usize)], text: &str, parameters: usize) -> Result<()> {
    let reads = |number: &usize| {
        let placeholder = format!("?{}", number + parameters + 1);
        let ends = |at: usize| {
            text.get(at..)
                .is_none_or(|t| !t.starts_with(|c: char| c.is_ascii_digit()))
        };
        text.match_indices(&placeholder).any(|(at, p)| ends(at + p.len()))
    };
    if targets.iter().any(|(_, number)| reads(number)) {
        return Err(Error::unsupported(
            "reading a user variable in the SELECT that assigns it (number rows with ROW_NUMBER(), or use SET)",
        ));
    }
    Ok(())
}
