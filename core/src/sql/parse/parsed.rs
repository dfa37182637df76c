//! Parsed statements and how texts become them.

use super::statement::{Ast, head, nothing, parse_expression, parse_statement};
use super::syntax_error::start;
use super::tokens::{StatementTokens, tokenize};
use crate::types::{Error, Position, Result};
use alloc::{string::String, sync::Arc, vec::Vec};

/// One parsed statement and its parameters.
#[derive(Debug, Clone)]
pub struct Parsed {
    ast: Arc<Ast>,
    parameters: Vec<Option<String>>,
    head: String,
    position: Option<Position>,
}

impl Parsed {
    /// How many parameter values the statement needs.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// The parameters in order: the name of `:name`, `@name` and `$name` without its sign, `None` for
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

fn parse_tokens(sql: &str, statement: StatementTokens) -> Result<Parsed> {
    let StatementTokens { tokens, parameters } = statement;
    let head = head(&tokens);
    let position = tokens.first().and_then(|t| start(t.span));
    let ast = Arc::new(parse_statement(sql, tokens)?);
    Ok(Parsed {
        ast,
        parameters,
        head,
        position,
    })
}

/// Parses a text of statements separated by semicolons; none is fine.
///
/// Errors: [`Error::Syntax`], [`Error::TooDeep`], [`Error::Unsupported`], [`Error::Parameter`].
pub fn parse(sql: &str) -> Result<Vec<Parsed>> {
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
    if statements.next().is_some() || !tokens.parameters.is_empty() {
        return Err(Error::invalid("an expression without parameters is needed"));
    }
    parse_expression(sql, tokens.tokens)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod measure {
    use super::*;
    use alloc::string::ToString;
    #[test]
    #[ignore]
    fn measure() {
        let kib: usize = std::env::var("KIB").unwrap().parse().unwrap();
        let what = std::env::var("WHAT").unwrap();
        let n: usize = std::env::var("N").unwrap().parse().unwrap();
        let sql = match what.as_str() {
            "plus" => alloc::format!("SELECT 1{}", "+1".repeat(n)),
            "and" => alloc::format!("SELECT 1{}", " AND 1".repeat(n)),
            "isnull" => alloc::format!("SELECT 1{}", " IS NULL".repeat(n)),
            "cast" => alloc::format!("SELECT 1{}", "::int".repeat(n)),
            "union" => alloc::format!("SELECT 1{}", " UNION SELECT 1".repeat(n)),
            "paren" => alloc::format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n)),
            "call" => alloc::format!("SELECT {}1{}", "abs(".repeat(n), ")".repeat(n)),
            "sub" => alloc::format!("SELECT {}1{}", "(SELECT ".repeat(n), ")".repeat(n)),
            "derived" => alloc::format!(
                "SELECT * FROM {}t{}",
                "(SELECT * FROM ".repeat(n),
                ") x".repeat(n)
            ),
            "case" => alloc::format!("SELECT {}1{}", "CASE WHEN ".repeat(n), " THEN 1 END".repeat(n)),
            "not" => alloc::format!("SELECT {}1", "NOT ".repeat(n)),
            "neg" => alloc::format!("SELECT {}1", "- ".repeat(n)),
            "join" => alloc::format!("SELECT * FROM {}t{}", "(".repeat(n), " JOIN t)".repeat(n)),
            "joins" => alloc::format!("SELECT * FROM t{}", " JOIN t".repeat(n)),
            "exists" => alloc::format!("SELECT {}1{}", "EXISTS(SELECT 1 WHERE ".repeat(n), ")".repeat(n)),
            "cte" => alloc::format!("{}SELECT 1{}", "WITH a AS (".repeat(n), ") SELECT 1".repeat(n)),
            "mix" => alloc::format!(
                "SELECT {}1{}",
                "1 OR 1 AND NOT 1 = 1 | 1 + 1 * - 1 ^ (".repeat(n),
                ")".repeat(n)
            ),
            "infix" => alloc::format!("SELECT {}1{}", "1+(".repeat(n), ")".repeat(n)),
            "check" => alloc::format!(
                "CREATE TABLE t (a INT CHECK({}1{}))",
                "(".repeat(n),
                ")".repeat(n)
            ),
            "insert" => alloc::format!("INSERT INTO t VALUES ({}1{})", "(".repeat(n), ")".repeat(n)),
            "inssub" => alloc::format!(
                "INSERT INTO t VALUES ({}1{})",
                "(SELECT ".repeat(n),
                ")".repeat(n)
            ),
            "insq" => alloc::format!("WITH a AS {}", "(INSERT INTO t WITH b AS ".repeat(n)),
            "update" => alloc::format!("UPDATE t SET a={}1{}", "(".repeat(n), ")".repeat(n)),
            "explain" => alloc::format!("EXPLAIN SELECT {}1{}", "(".repeat(n), ")".repeat(n)),
            "over" => alloc::format!("SELECT {}1{}", "sum(1) over (order by ".repeat(n), ")".repeat(n)),
            "cast1" => alloc::format!("SELECT {}1{}", "cast(".repeat(n), " as int)".repeat(n)),
            "extract" => alloc::format!("SELECT {}1{}", "extract(year from ".repeat(n), ")".repeat(n)),
            "substr" => alloc::format!("SELECT {}1{}", "substring(".repeat(n), " from 1)".repeat(n)),
            "trim" => alloc::format!("SELECT {}1{}", "trim(".repeat(n), ")".repeat(n)),
            "pos" => alloc::format!("SELECT {}1{}", "position(1 in ".repeat(n), ")".repeat(n)),
            "agg" => alloc::format!("SELECT {}1{}", "sum(distinct ".repeat(n), ")".repeat(n)),
            "insubq" => alloc::format!("SELECT {}1{}", "1 in (select ".repeat(n), ")".repeat(n)),
            "interval" => alloc::format!("SELECT {}1{}", "interval ".repeat(n), " day".repeat(n)),
            "array" => alloc::format!("SELECT {}1{}", "[".repeat(n), "]".repeat(n)),
            "joinon" => alloc::format!(
                "SELECT * FROM t JOIN t ON {}1{}",
                "(SELECT * FROM t JOIN t ON ".repeat(n),
                ")".repeat(n)
            ),
            "casew" => alloc::format!(
                "SELECT {}1{}",
                "CASE 1 WHEN 1 THEN 1 ELSE ".repeat(n),
                " END".repeat(n)
            ),
            "inlist" => alloc::format!("SELECT {}1{}", "1 IN (".repeat(n), ")".repeat(n)),
            _ => panic!(),
        };
        let show = std::env::var("SHOW").is_ok();
        std::thread::Builder::new()
            .stack_size(kib << 10)
            .spawn(move || {
                let p = parse(&sql);
                match p {
                    Err(e) => std::println!("{e}"),
                    Ok(p) => {
                        let q = p.clone();
                        if show {
                            if let Ast::Sql(s) = &*q[0].ast {
                                std::println!("len {}", s.to_string().len());
                            }
                        }
                        std::println!("ok");
                    }
                }
            })
            .unwrap()
            .join()
            .unwrap();
    }
}
