//! The dialect: MySQL's rules, and the habits of SQLite and PostgreSQL that do not contradict them.
//!
//! `sqlparser` asks a dialect two ways: by its `supports_…` methods, and here and there by its type;
//! for the latter this dialect passes as MySQL's. Two things differ from MySQL on purpose: double
//! quotes name identifiers, and `||` concatenates.

use alloc::{boxed::Box, vec, vec::Vec};
use core::any::TypeId;
use sqlparser::ast::{
    BinaryOperator, ColumnOption, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, UnaryOperator, Value,
};
use sqlparser::dialect::{Dialect, MySqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Amphi's dialect.
#[derive(Debug)]
pub(super) struct AmphiDialect {
    /// Whether INSERT's table has an alias. The parser would take any word behind the table for one.
    insert_alias: bool,
}

impl AmphiDialect {
    /// The dialect for a statement's tokens.
    pub(super) fn of(tokens: &[TokenWithSpan]) -> &'static AmphiDialect {
        let is = |at: usize, word: Keyword| match tokens.get(at).map(|t| &t.token) {
            Some(Token::Word(w)) => w.quote_style.is_none() && w.keyword == word,
            _ => false,
        };
        // WITH or EXPLAIN may stand before it.
        let insert_alias = (0..tokens.len()).any(|at| {
            let dot = tokens.get(at + 2).is_some_and(|t| t.token == Token::Period);
            is(at, Keyword::INTO) && is(at + if dot { 4 } else { 2 }, Keyword::AS)
        });
        match insert_alias {
            true => &ALIASED,
            false => &PLAIN,
        }
    }
}

/// The dialect where it makes no difference what the statement is.
pub(super) static PLAIN: AmphiDialect = AmphiDialect { insert_alias: false };
static ALIASED: AmphiDialect = AmphiDialect { insert_alias: true };

/// Between `+ -` and `* / %`, where the default leaves room.
const SHIFT: u8 = 25;
/// MySQL's `^` binds tighter than `*`.
const BIT_XOR: u8 = 42;
/// MySQL's XOR binds tighter than OR and looser than AND.
const XOR: u8 = 7;

impl Dialect for AmphiDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<MySqlDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`' || ch == '"'
    }

    fn identifier_quote_style(&self, _identifier: &str) -> Option<char> {
        Some('`')
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_' || !ch.is_ascii()
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.is_identifier_start(ch) || ch.is_ascii_digit() || ch == '$'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn supports_string_literal_concatenation(&self) -> bool {
        true
    }

    fn ignores_wildcard_escapes(&self) -> bool {
        true
    }

    fn supports_dollar_placeholder(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_start_transaction_modifier(&self) -> bool {
        true
    }

    fn supports_bitwise_shift_operators(&self) -> bool {
        true
    }

    fn supports_double_ampersand_operator(&self) -> bool {
        true
    }

    fn supports_bang_not_operator(&self) -> bool {
        true
    }

    fn supports_notnull_operator(&self) -> bool {
        true
    }

    fn supports_in_empty_list(&self) -> bool {
        true
    }

    fn supports_limit_comma(&self) -> bool {
        true
    }

    fn supports_insert_table_alias(&self) -> bool {
        self.insert_alias
    }

    fn supports_insert_set(&self) -> bool {
        true
    }

    fn supports_update_order_by(&self) -> bool {
        true
    }

    fn supports_create_table_select(&self) -> bool {
        true
    }

    fn supports_create_index_with_clause(&self) -> bool {
        true
    }

    fn supports_comment_on(&self) -> bool {
        true
    }

    fn supports_key_column_option(&self) -> bool {
        true
    }

    fn supports_constraint_keyword_without_name(&self) -> bool {
        true
    }

    fn supports_asc_desc_in_column_definition(&self) -> bool {
        true
    }

    fn supports_data_type_signed_suffix(&self) -> bool {
        true
    }

    fn supports_cross_join_constraint(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_table_hints(&self) -> bool {
        true
    }

    fn supports_match_against(&self) -> bool {
        true
    }

    fn supports_select_modifiers(&self) -> bool {
        true
    }

    fn supports_set_names(&self) -> bool {
        true
    }

    fn supports_comma_separated_set_assignments(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn supports_explain_with_utility_options(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn require_interval_qualifier(&self) -> bool {
        true
    }

    fn is_table_factor_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser<'_>) -> bool {
        MySqlDialect {}.is_table_factor_alias(explicit, kw, parser)
    }

    /// `SELECT 1 ON DUPLICATE KEY …`: ON is no alias.
    fn is_column_alias(&self, kw: &Keyword, parser: &mut Parser<'_>) -> bool {
        *kw != Keyword::ON && MySqlDialect {}.is_column_alias(kw, parser)
    }

    /// A literal or a plain name needs none of the parser's speculation; it is most of what
    /// expressions are made of.
    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let next = parser.peek_token_ref();
        let span = next.span;
        let value = match &next.token {
            Token::Number(n, long) => Value::Number(n.clone(), *long),
            Token::Placeholder(p) => Value::Placeholder(p.clone()),
            Token::SingleQuotedString(s) => {
                if matches!(parser.peek_nth_token_ref(1).token, Token::SingleQuotedString(_)) {
                    return None;
                }
                Value::SingleQuotedString(s.clone())
            }
            Token::Word(w) if w.quote_style.is_some() || w.keyword == Keyword::NoKeyword => {
                let after = &parser.peek_nth_token_ref(1).token;
                let plain = match after {
                    Token::Comma | Token::RParen | Token::Period | Token::EOF | Token::Eq => true,
                    Token::Word(_) => w.quote_style.is_some() || !w.value.starts_with('_'),
                    _ => false,
                };
                if !plain {
                    return None;
                }
                let ident = w.to_ident(span);
                parser.advance_token();
                return Some(Ok(Expr::Identifier(ident)));
            }
            Token::Word(w) if w.keyword == Keyword::NULL => Value::Null,
            Token::Word(w) if w.keyword == Keyword::ROW => return row(parser),
            Token::Word(w) if w.keyword == Keyword::INTERVAL => return super::interval::interval(parser),
            Token::ExclamationMark => {
                parser.advance_token();
                // Unlike NOT, `!` binds as tightly as a sign.
                let operand = parser.parse_subexpr(self.prec_value(Precedence::MulDivModOp));
                return Some(operand.map(|e| Expr::UnaryOp {
                    op: UnaryOperator::Not,
                    expr: Box::new(e),
                }));
            }
            _ => return None,
        };
        parser.advance_token();
        Some(Ok(Expr::Value(value.with_span(span))))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let op = match parser.peek_token_ref().token {
            Token::Word(ref w) => match w.keyword {
                Keyword::IS => return is(parser, expr, precedence),
                Keyword::REGEXP | Keyword::RLIKE | Keyword::NOT => return regexp(parser, expr, precedence),
                _ if is_sounds_like(parser) => {
                    parser.advance_token();
                    parser.advance_token();
                    let right = parser.parse_subexpr(precedence);
                    return Some(right.map(|right| Expr::BinaryOp {
                        left: Box::new(call("SOUNDEX", vec![expr.clone()])),
                        op: BinaryOperator::Eq,
                        right: Box::new(call("SOUNDEX", vec![right])),
                    }));
                }
                Keyword::DIV => BinaryOperator::MyIntegerDivide,
                Keyword::MOD => BinaryOperator::Modulo,
                Keyword::GLOB => BinaryOperator::Glob,
                _ => return None,
            },
            _ => return None,
        };
        parser.advance_token();
        Some(parser.parse_subexpr(precedence).map(|right| Expr::BinaryOp {
            left: Box::new(expr.clone()),
            op,
            right: Box::new(right),
        }))
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        Some(Ok(match &parser.peek_token_ref().token {
            Token::Word(w) => match w.keyword {
                Keyword::MOD => self.prec_value(Precedence::MulDivModOp),
                Keyword::NoKeyword if is_sounds_like(parser) => self.prec_value(Precedence::Eq),
                _ => return None,
            },
            Token::Overlap => self.prec_value(Precedence::And),
            Token::Caret => BIT_XOR,
            Token::ShiftLeft | Token::ShiftRight => SHIFT,
            _ => return None,
        }))
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        match prec {
            Precedence::Xor => XOR,
            other => MySqlDialect {}.prec_value(other),
        }
    }

    fn parse_column_option(
        &self,
        parser: &mut Parser<'_>,
    ) -> Result<Option<Result<Option<ColumnOption>, ParserError>>, ParserError> {
        if parser.parse_keyword(Keyword::AUTOINCREMENT) {
            let token = Token::make_keyword("AUTO_INCREMENT");
            return Ok(Some(Ok(Some(ColumnOption::DialectSpecific(vec![token])))));
        }
        Ok(None)
    }
}

fn keyword(parser: &Parser<'_>, n: usize) -> Keyword {
    match &parser.peek_nth_token_ref(n).token {
        Token::Word(w) => w.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// MySQL's `a SOUNDS LIKE b`.
fn is_sounds_like(parser: &Parser<'_>) -> bool {
    matches!(&parser.peek_token_ref().token, Token::Word(w)
        if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("SOUNDS"))
        && keyword(parser, 1) == Keyword::LIKE
}

/// A call of a function.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args
        .into_iter()
        .map(|e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// SQLite's `a IS b` and `a IS NOT b` of values; `None`: what follows is a word of the standard's.
fn is(parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
    let negated = keyword(parser, 1) == Keyword::NOT;
    let standard = [
        Keyword::NULL,
        Keyword::TRUE,
        Keyword::FALSE,
        Keyword::UNKNOWN,
        Keyword::DISTINCT,
        Keyword::JSON,
        Keyword::NORMALIZED,
        Keyword::NFC,
        Keyword::NFD,
        Keyword::NFKC,
        Keyword::NFKD,
    ];
    if standard.contains(&keyword(parser, 1 + usize::from(negated))) {
        return None;
    }
    (0..1 + usize::from(negated)).for_each(|_| parser.advance_token());
    let right = parser.parse_subexpr(precedence);
    let left = Box::new(left.clone());
    Some(right.map(Box::new).map(|right| match negated {
        true => Expr::IsDistinctFrom(left, right),
        false => Expr::IsNotDistinctFrom(left, right),
    }))
}

/// `a [NOT] REGEXP b`; the parser takes a NULL after it for a part of the operator.
fn regexp(parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
    let negated = keyword(parser, 0) == Keyword::NOT;
    let operator = keyword(parser, usize::from(negated));
    if !matches!(operator, Keyword::REGEXP | Keyword::RLIKE) {
        return None;
    }
    (0..1 + usize::from(negated)).for_each(|_| parser.advance_token());
    let pattern = parser.parse_subexpr(precedence);
    Some(pattern.map(|pattern| Expr::RLike {
        negated,
        expr: Box::new(left.clone()),
        pattern: Box::new(pattern),
        regexp: operator == Keyword::REGEXP,
    }))
}

/// `ROW (a, b)`, which is `(a, b)`; `None`: a name.
fn row(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    if parser.peek_nth_token_ref(1).token != Token::LParen {
        return None;
    }
    parser.advance_token();
    let values = parser.parse_prefix();
    Some(values.map(|values| match values {
        Expr::Nested(one) => Expr::Tuple(vec![*one]),
        other => other,
    }))
}
