//! The types of literals: `1` is BIGINT (beyond its range DECIMAL), `1.5` DECIMAL(2,1), `1e3` DOUBLE.

use crate::sql::plan::Expr;
use crate::types::{DataType, Decimal, Value};
use alloc::{string::String, vec::Vec};

/// TRUE or FALSE.
pub(in crate::sql::bind) fn bool_literal(value: bool) -> Expr {
    Expr::Literal {
        value: Value::Bool(value),
        ty: DataType::Bool,
    }
}

/// A BIGINT.
pub(in crate::sql::bind) fn int_literal(value: i64) -> Expr {
    Expr::Literal {
        value: Value::Int(value),
        ty: DataType::BIGINT,
    }
}

/// A TEXT.
pub(in crate::sql::bind) fn text_literal(value: impl Into<String>) -> Expr {
    Expr::Literal {
        value: Value::Text(value.into()),
        ty: DataType::TEXT,
    }
}

/// `0xFF` and `b'101'`: bytes, but a number where one is asked for, see [`bytes_as_number`]. Their type tells
/// them from `X'FF'`: it has their length.
pub(in crate::sql::bind) fn number_or_bytes(bytes: Vec<u8>) -> Expr {
    Expr::Literal {
        ty: DataType::Blob {
            max: Some(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
        },
        value: Value::Blob(bytes),
    }
}

/// The number that `0xFF` or `b'101'` is, of 64 bits as in MySQL; `None` if the expression is something else.
pub(in crate::sql::bind) fn bytes_as_number(e: &Expr) -> Option<Expr> {
    let Expr::Literal {
        value: Value::Blob(bytes),
        ty: DataType::Blob { max: Some(_) },
    } = e
    else {
        return None;
    };
    let value = bytes.iter().try_fold(0u64, |value, byte| {
        Some(value.checked_mul(256)? | u64::from(*byte))
    })?;
    number(&alloc::format!("{value}"))
}

/// The digits of an unscaled value; at least one.
pub(super) fn digits(unscaled: i128) -> u8 {
    let mut n = 1;
    let mut rest = unscaled.unsigned_abs() / 10;
    while rest > 0 {
        n += 1;
        rest /= 10;
    }
    n
}

/// `text` as an exact decimal: optional sign, digits, optional fraction, no exponent; at most 38 digits.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(r) => (true, r),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut unscaled: i128 = 0;
    for b in whole.bytes().chain(fraction.bytes()) {
        let digit = char::from(b).to_digit(10)?;
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    let scale = u8::try_from(fraction.len()).ok()?;
    if digits(unscaled) > Decimal::MAX_PRECISION || scale > Decimal::MAX_PRECISION {
        return None;
    }
    Some(Decimal::new(if negative { -unscaled } else { unscaled }, scale))
}

/// The literal of an unsigned number as written; `None` if it is none.
pub(in crate::sql::bind) fn number(text: &str) -> Option<Expr> {
    let is_float = text.contains(['e', 'E']);
    if !is_float && let Some(d) = parse_decimal(text) {
        if d.scale == 0
            && !text.contains('.')
            && let Ok(int) = i64::try_from(d.unscaled)
        {
            return Some(int_literal(int));
        }
        return Some(Expr::Literal {
            value: Value::Decimal(d),
            ty: DataType::Decimal {
                precision: digits(d.unscaled).max(d.scale).max(1),
                scale: d.scale,
                unsigned: false,
            },
        });
    }
    let value: f64 = text.parse().ok()?;
    Some(Expr::Literal {
        value: Value::Float(value),
        ty: DataType::Double,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Option<DataType> {
        number(text).map(|e| e.ty())
    }

    fn dec(precision: u8, scale: u8) -> Option<DataType> {
        Some(DataType::Decimal {
            precision,
            scale,
            unsigned: false,
        })
    }

    #[test]
    fn literals_have_the_type_that_holds_them_exactly() {
        assert_eq!(ty("9223372036854775807"), Some(DataType::BIGINT));
        assert_eq!(ty("9223372036854775808"), dec(19, 0));
        assert_eq!(ty("1.50"), dec(3, 2));
        assert_eq!(ty(".05"), dec(2, 2));
        assert_eq!(ty("1e3"), Some(DataType::Double));
        assert_eq!(ty("1.5E-3"), Some(DataType::Double));
        assert_eq!(
            ty("123456789012345678901234567890123456789012"),
            Some(DataType::Double)
        );
    }
}
