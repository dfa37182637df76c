//! `INTERVAL value unit`, with the units that `sqlparser` does not know.
//!
//! INTERVAL before a value is never a name, as in MySQL, so nothing is tried twice.

use alloc::boxed::Box;
use sqlparser::ast::{DateTimeField, Expr, Interval};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// The compound units of MySQL, and `SQL_TSI_…`.
fn is_compound(word: &str) -> bool {
    const PARTS: [&str; 7] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND"];
    let is_part = |w: &str| PARTS.iter().any(|p| p.eq_ignore_ascii_case(w));
    match word.split_once('_') {
        Some((first, last)) if is_part(first) => is_part(last),
        Some((first, _)) => {
            first.eq_ignore_ascii_case("SQL")
                && word.get(..8).is_some_and(|w| w.eq_ignore_ascii_case("SQL_TSI_"))
        }
        None => false,
    }
}

fn unit(parser: &mut Parser<'_>) -> Result<Option<DateTimeField>, ParserError> {
    if parser.next_token_is_temporal_unit() {
        return parser.parse_date_time_field().map(Some);
    }
    match &parser.peek_token_ref().token {
        Token::Word(w) if w.quote_style.is_none() && is_compound(&w.value) => {
            let name = w.to_ident(parser.peek_token_ref().span);
            parser.advance_token();
            Ok(Some(DateTimeField::Custom(name)))
        }
        _ => Ok(None),
    }
}

/// Whether what follows INTERVAL starts a value.
fn is_value(token: &Token) -> bool {
    match token {
        Token::Word(w) => {
            w.quote_style.is_some()
                || matches!(
                    w.keyword,
                    Keyword::NoKeyword | Keyword::NULL | Keyword::CASE | Keyword::CAST
                )
        }
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Placeholder(_)
        | Token::LParen
        | Token::Minus
        | Token::Plus => true,
        _ => false,
    }
}

/// The interval where the parser is, at the word INTERVAL; `None`: it is a name.
///
/// `INTERVAL (a, b, …)` without a unit is MySQL's function.
#[inline(never)]
pub(super) fn interval(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    is_value(&parser.peek_nth_token_ref(1).token).then(|| {
        parser.advance_token();
        // `INTERVAL '1 day'`: the text says the unit, and nothing after it belongs to it.
        let says_unit = match &parser.peek_token_ref().token {
            Token::SingleQuotedString(s) => s.contains(|c: char| c.is_ascii_alphabetic()),
            _ => false,
        };
        let value = match says_unit {
            true => Expr::Value(parser.parse_value()?),
            false => parser.parse_expr()?,
        };
        let leading_field = unit(parser)?;
        match (value, leading_field) {
            (Expr::Tuple(args), None) => Ok(super::dialect::call("INTERVAL", args)),
            (_, None) if !says_unit => {
                let found = parser.peek_token_ref();
                parser.expected_ref("a unit of time, such as DAY, after INTERVAL", found)
            }
            (value, leading_field) => Ok(Expr::Interval(Interval {
                value: Box::new(value),
                leading_field,
                leading_precision: None,
                last_field: None,
                fractional_seconds_precision: None,
            })),
        }
    })
}
